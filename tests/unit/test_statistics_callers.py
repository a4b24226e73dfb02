"""Whether a function or one of its callers is to blame, and how much data would settle a row."""

import math

import numpy as np
import pytest
from hotspot.analysis.statistics import (
    Blame,
    DataNeeded,
    between_run_floor,
    blame,
    caller_agreement,
    data_needed,
    log_ratio_error,
    runs_needed,
    samples_needed,
)
from hotspot.analysis.statistics.callers import split_dispersion


def agreement(
    before: list[float], after: list[float], size_ratio: float = 1.0, dispersion: float = 1.0
) -> float:
    return caller_agreement(before, after, size_ratio=size_ratio, dispersion=dispersion)


RUNS = 4
IS_AFTER = np.array([False] * RUNS + [True] * RUNS)


def blamed(
    before: list[float], after: list[float], size_ratio: float = 1.0, dispersion: float = 1.0
) -> Blame:
    """Blame on runs that do not differ within a side."""
    sides = [np.repeat(np.array(side, dtype=float)[:, None] / RUNS, RUNS, axis=1) for side in (before, after)]
    counts = np.concatenate(sides, axis=1) if before else np.zeros((0, 2 * RUNS))
    return blame(counts, is_after=IS_AFTER, size_ratio=size_ratio, dispersion=dispersion)


ITSELF = Blame(None, True)


def test_agreement_by_hand() -> None:
    # Expected 150 and 150: (50^2 + 50^2) / 150 = 33.33; the other caller adds nothing. One degree of freedom.
    assert agreement([100, 100], [200, 100]) == pytest.approx(math.erfc(math.sqrt(100 / 3 / 2)), rel=1e-9)


def test_dispersion_and_work_excuse_a_difference() -> None:
    assert agreement([100, 100], [200, 100], dispersion=10) == pytest.approx(math.erfc(math.sqrt(10 / 3 / 2)))
    assert agreement([100, 50], [200, 100], size_ratio=2.0) == pytest.approx(1)


@pytest.mark.parametrize(
    ("before", "after"), [([], []), ([100], [900]), ([100, 0], [900, 0]), ([0, 0], [0, 0])]
)
def test_fewer_than_two_callers_cannot_disagree(before: list[float], after: list[float]) -> None:
    assert agreement(before, after) == 1
    assert blamed(before, after).caller is None


def test_one_caller_calls_more_or_less() -> None:
    assert blamed([300, 200, 100], [310, 600, 95]) == Blame(1, True)
    assert blamed([300, 600, 100], [310, 200, 95]) == Blame(1, True)


def test_a_new_caller_is_to_blame() -> None:
    assert blamed([300, 0], [300, 400]) == Blame(1, True)


def test_callee_slower_under_every_caller() -> None:
    assert blamed([300, 200, 250], [450, 300, 375]) == ITSELF


def test_callee_slower_although_one_caller_holds_most() -> None:
    # 90% of the change is under the first, but the other went up by half as well: 2.5 errors are 0.23, ln 1.5 is 0.41.
    assert blamed([9000, 200], [13500, 300]) == ITSELF


def test_the_dominant_caller_calls_more() -> None:
    # The other one's 0% are 4 errors from 50%, and 0 from 1.
    assert blamed([9000, 200], [13500, 200]) == Blame(0, True)


def test_a_rest_that_is_too_small_to_tell_is_not_certain() -> None:
    # A third more: with 20 samples under the other caller, neither 20 nor 27 refuses the other story.
    assert blamed([3000, 20], [4000, 20]) == Blame(0, False)
    assert blamed([3000, 20], [4000, 27]) == Blame(None, False)
    assert blamed([3000, 20], [4000, 24]) == Blame(
        None, False
    )  # in the middle: no caller without an advantage


def test_a_caller_must_hold_seven_tenths() -> None:
    assert blamed([300, 400], [420, 435]).caller == 0  # 120 of 155 more, the others by 1.2 errors
    assert blamed([300, 400], [420, 460]) == ITSELF  # 120 of 180


def test_no_change_blames_nobody() -> None:
    assert blamed([100, 100], [100, 100]) == ITSELF


def test_work_is_not_a_change() -> None:
    assert blamed([300, 200], [600, 1200], size_ratio=2.0) == Blame(1, True)


def test_runs_that_differ_as_a_whole_say_nothing_against_a_caller() -> None:
    slow_runs = np.array([1.0, 1.6, 0.7, 1.2, 1.0, 1.5, 0.8, 1.1])
    table = np.array([[200.0] * 4 + [300] * 4, [100.0] * 8]) * slow_runs
    assert split_dispersion(table[0], table.sum(axis=0), IS_AFTER) == 1
    assert blame(table, is_after=IS_AFTER, size_ratio=1.0, dispersion=9.0) == Blame(0, True)


def test_split_dispersion_by_hand() -> None:
    # Shares of 0.5 before, chi-squared (10^2 + 10^2) / 25; and of 0.4 after, no spread: 8 over 2 degrees of freedom.
    part, whole = np.array([40.0, 60, 40, 40]), np.array([100.0, 100, 100, 100])
    assert split_dispersion(part, whole, np.array([False, False, True, True])) == pytest.approx(4)
    assert split_dispersion(part * 0, whole, np.array([False, False, True, True])) == 1
    assert split_dispersion(part, whole * 0, np.array([False, False, True, True])) == 1


def test_log_ratio_error() -> None:
    assert log_ratio_error(49.5, 99.5, 4.0) == pytest.approx(2 * math.sqrt(1 / 50 + 1 / 100))
    assert math.isfinite(log_ratio_error(0, 0, 1.0))


# z = PHI^-1(1 - 0.05 / 2m) + 1.28; for m = 1 it is 1.95996 + 1.28
Z = 3.2399640


def test_samples_by_hand() -> None:
    assert samples_needed(0.1, 0.02, tested=1, s0sq=1.5) == math.ceil(Z**2 * 1.5 * 0.22 / 0.0004)
    assert samples_needed(0.1, -0.02, tested=1, s0sq=1.5) == samples_needed(0.1, 0.02, tested=1, s0sq=1.5)


def test_change_counts_as_the_smallest_worth_telling() -> None:
    assert samples_needed(0.1, 0.0, tested=9, s0sq=1.0) == samples_needed(0.1, 0.002, tested=9, s0sq=1.0)
    assert samples_needed(0, 0.0, tested=1, s0sq=1.0) == math.ceil(Z**2 / 0.002)


def test_more_sets_need_more_samples() -> None:
    assert samples_needed(0.1, 0.02, tested=1000, s0sq=1.0) > samples_needed(0.1, 0.02, tested=10, s0sq=1.0)
    assert samples_needed(0.1, 0.02, tested=0, s0sq=1.0) == samples_needed(0.1, 0.02, tested=1, s0sq=1.0)


def test_runs_by_hand() -> None:
    assert runs_needed(0.3, 0.02, tested=1, spread=0.1) == math.ceil(2 * (Z * 0.3 * 0.1 / 0.02) ** 2)
    assert runs_needed(0.01, 0.02, tested=1, spread=0.1) == 5
    assert runs_needed(0.3, 0.02, tested=1, spread=0.0) == 5


def test_runs_are_asked_for_below_the_floor_and_samples_above() -> None:
    floor = between_run_floor(0.3, tested=1, spread=0.05, runs=5)
    assert floor == pytest.approx(Z * 0.3 * 0.05 * math.sqrt(2 / 5))

    def ask(change: float) -> DataNeeded:
        return data_needed(0.3, change, tested=1, s0sq=1.0, spread=0.05, runs=5)

    assert ask(0.9 * floor) == DataNeeded(None, runs_needed(0.3, 0.9 * floor, tested=1, spread=0.05))
    assert ask(-1.1 * floor) == DataNeeded(samples_needed(0.3, 1.1 * floor, tested=1, s0sq=1.0), None)
    assert ask(0.9 * floor).runs == 7  # 5 / 0.9^2, rounded up
