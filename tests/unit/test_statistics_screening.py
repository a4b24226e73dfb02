"""Screening, and the parts it shares with the replicated test: effect, deviance, Benjamini-Hochberg, the decision."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hotspot.analysis.statistics import SetTests, benjamini_hochberg, screen
from hotspot.analysis.statistics.tails import normal_quantile, normal_two_sided

ROOT = Path(__file__).parents[2]


def screened(before: list[float], after: list[float], **options: object) -> SetTests:
    """Screen against 20,000 samples and equal work, unless told otherwise."""
    return screen(before, after, **({"total_before": 20_000, "size_ratio": 1.0} | options))


def test_one_set_by_hand() -> None:
    found = screened([1000], [1200])
    assert found.change.tolist() == [0.01]
    assert found.dispersion.tolist() == pytest.approx([1 + 0.0025 * 1100])
    deviance = 2 * (1000 * math.log(1000 / 1100) + 1200 * math.log(1200 / 1100))
    assert found.t[0] == pytest.approx(math.sqrt(deviance / 3.75))
    assert found.t[0] == pytest.approx(2.2034, abs=1e-4)
    assert found.p[0] == pytest.approx(0.02757, abs=1e-5)
    margin = 1.959964 * math.sqrt(3.75 * 2200) / 20_000
    assert (found.low[0], found.high[0]) == (pytest.approx(0.01 - margin), pytest.approx(0.01 + margin))
    assert found.significant.tolist() == [True]


def test_faster_is_negative() -> None:
    found = screened([1200], [1000])
    assert found.change.tolist() == [-0.01]
    assert found.t[0] < 0


def test_twice_the_work_and_twice_the_samples_is_no_change() -> None:
    found = screened([500, 3000], [1000, 6000], size_ratio=2.0)
    assert found.change.tolist() == [0, 0]
    assert found.t.tolist() == [0, 0]
    assert found.p.tolist() == [1, 1]
    assert not found.significant.any()


def test_work_shrinks_the_interval_of_the_after_side() -> None:
    found = screened([100], [400], size_ratio=4.0, spread=0.0)
    assert found.high[0] == pytest.approx(1.959964 * math.sqrt(100 + 400 / 16) / 20_000)


@pytest.mark.parametrize(("before", "after"), [(0, 2000), (2000, 0)])
def test_from_nothing_is_significant(before: int, after: int) -> None:
    # The ratio of the sides has no finite error here: a Wald test of it gave p = 0.15.
    found = screened([before, 5000], [after, 5000])
    assert found.significant.tolist() == [True, False]
    assert found.p[0] < 1e-10


def test_twenty_samples_are_tested_nineteen_are_not() -> None:
    found = screened([10, 10, 0], [10, 9, 0])
    assert found.tested.tolist() == [True, False, False]
    assert found.change[1] == pytest.approx(-1 / 20_000)
    assert (found.p[1], found.q[1], found.t[1]) == (1, 1, 0)
    assert (found.low[1], found.high[1]) == (-math.inf, math.inf)


def test_no_interval_passes_all_that_there_was() -> None:
    wide = screened([20_000, 1000], [100, 1000], spread=0.5)
    assert wide.low[0] == -1
    assert wide.change[0] == pytest.approx(-0.995)
    assert -0.31 < wide.high[0] < -0.29
    # the end that is cut off takes nothing from the other, nor from sets that are far from it
    margin = 1.959964 * math.sqrt((1 + 0.25 * 1000) * 2000) / 20_000
    assert (wide.low[1], wide.high[1]) == (pytest.approx(-margin), pytest.approx(margin))


def test_sets_left_out_do_not_count() -> None:
    apart = screened([1000, 1000], [1250, 1250], candidates=np.array([True, False]))
    alone = screened([1000], [1250])
    assert apart.tested.tolist() == [True, False]
    assert apart.q[0] == alone.q[0] == alone.p[0]


def test_negative_counts_are_not_tested() -> None:
    found = screened([-500, 100], [500, 100])
    assert found.tested.tolist() == [False, True]
    assert found.change[0] == pytest.approx(1000 / 20_000)


def test_real_but_too_small_to_tell() -> None:
    found = screened([30], [90], total_before=1_000_000)
    assert found.q[0] < 1e-6
    assert not found.significant[0]
    assert screened([30], [90], total_before=1_000_000, min_change=0.00006).significant[0]


def test_a_wider_spread_doubts_more() -> None:
    assert screened([2000], [2400], spread=0.05).significant[0]
    assert not screened([2000], [2400], spread=0.2).significant[0]


def test_no_sets() -> None:
    found = screened([], [])
    assert found.change.shape == found.q.shape == found.significant.shape == (0,)


@pytest.mark.parametrize(
    "options",
    [
        {"total_before": 0},
        {"size_ratio": 0.0},
        {"size_ratio": math.nan},
        {"spread": -0.1},
        {"spread": math.nan},
    ],
)
def test_bad_totals_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        screened([100], [100], **options)


def test_a_count_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        screened([100, math.nan], [100, 100])


def test_benjamini_hochberg_by_hand() -> None:
    # In order 0.01 0.03 0.04 0.05 0.8, times 5/i: 0.05 0.075 0.0667 0.0625 0.8; then the least from the right.
    q = benjamini_hochberg([0.04, 0.01, 0.8, 0.03, 0.05])
    assert q.tolist() == pytest.approx([0.0625, 0.05, 0.8, 0.0625, 0.0625])


def test_benjamini_hochberg_edges() -> None:
    assert benjamini_hochberg([]).tolist() == []
    assert benjamini_hochberg([0.03]).tolist() == [0.03]
    assert benjamini_hochberg([1, 1, 1]).tolist() == [1, 1, 1]
    assert benjamini_hochberg([0, 0.5]).tolist() == [0, 0.5]


def test_normal_tails() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963985)
    assert normal_two_sided(np.array([0.0, 1.959963985, -1.959963985, 40.0])).tolist() == pytest.approx(
        [1, 0.05, 0.05, 0], abs=1e-9
    )


def test_screening_leaves_scipy_alone() -> None:
    code = (
        "import sys; from hotspot.analysis.statistics import screen; "
        "screen([100] * 9, [150] * 9, total_before=1000, size_ratio=1.0); "
        "sys.exit(any(name.startswith('scipy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
