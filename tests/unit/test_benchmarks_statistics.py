"""Benchmarks: the Hodges-Lehmann ratio, its interval, drift, and the verdict."""

import math

import numpy as np
import pytest
from hotspot.analysis.benchmarks import Judgement, Ratio, compare, judge, with_drift, with_others
from hypothesis import given
from hypothesis import strategies as st


def ratio(rho: float, low: float, high: float, count: int = 10, drift: float = 0.0) -> Ratio:
    return Ratio(rho, low, high, count, count, drift)


def steps(start: float, factor: float, count: int) -> list[float]:
    return [start * factor**step for step in range(count)]


# --- ratio and interval ---------------------------------------------------------------------------------------------


def test_ratio_is_the_median_of_all_ratios() -> None:
    assert compare([1, 2, 4], [3, 6]).rho == pytest.approx(math.sqrt(1.5 * 3))  # 0.75 1.5 1.5 3 3 6
    assert compare([1.0], [3.0]).rho == pytest.approx(3)


def test_interval_inverts_mann_whitney() -> None:
    # For 10 against 10 the table has P(U <= 23) = 0.0217 and P(U <= 24) = 0.0262: the 24th from either end.
    before, after = steps(1, 1.01, 10), steps(0.8, 1.013, 10)
    ratios = sorted(later / earlier for later in after for earlier in before)
    found = compare(before, after)
    assert (found.low, found.high) == (pytest.approx(ratios[23]), pytest.approx(ratios[-24]))
    assert (found.before, found.after, found.drift) == (10, 10, 0)


def test_more_benchmarks_need_wider_intervals() -> None:
    before, after = steps(1, 1.01, 12), steps(0.9, 1.01, 12)
    one, many = compare(before, after), compare(before, after, comparisons=50)
    assert many.low < one.low < one.rho < one.high < many.high
    assert one.rho == many.rho


def test_too_few_measurements_have_no_interval() -> None:
    found = compare([1, 2, 3], [4, 5, 6])
    assert (found.low, found.high) == (0, math.inf)
    assert found.rho == pytest.approx(2.5)
    assert judge(found) == Judgement("MARGINAL", False, None)


def test_equal_times() -> None:
    found = compare([5] * 10, [5] * 10)
    assert (found.rho, found.low, found.high) == (1, 1, 1)
    assert judge(found) == Judgement("MARGINAL", True, None)


def test_exact_and_approximate_intervals_meet() -> None:
    rng = np.random.default_rng(4)
    times = rng.lognormal(0, 0.1, 101)
    exact = compare(times[:50], times[50:100])  # 2500 pairs
    approximate = compare(times[:50], times[50:101])  # 2550
    assert math.log(approximate.high / approximate.low) == pytest.approx(
        math.log(exact.high / exact.low), rel=0.1
    )


def test_a_hundred_thousand_rounds_fit_in_memory() -> None:
    before = np.random.default_rng(2).lognormal(0, 0.1, 100_000)
    found = compare(before, before * 1.2)
    assert found.rho == pytest.approx(1.2)
    assert 1.19 < found.low < 1.2 < found.high < 1.21


@pytest.mark.parametrize("times", [[], [1, 0], [1, -1], [1, math.nan], [1, math.inf]])
def test_bad_times_are_refused(times: list[float]) -> None:
    with pytest.raises(ValueError, match="times before"):
        compare(times, [1, 2])
    with pytest.raises(ValueError, match="times after"):
        compare([1, 2], times)


def test_no_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match="comparisons"):
        compare([1], [1], comparisons=0)


@given(*[st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=14)] * 2)
def test_against_all_differences(before: list[float], after: list[float]) -> None:
    logs = np.sort(np.subtract.outer(np.log(after), np.log(before)).ravel())
    found = compare(before, after)
    assert math.log(found.rho) == pytest.approx(float(np.median(logs)), abs=1e-9)
    if math.isfinite(found.high):
        rank = int(np.argmin(np.abs(logs - math.log(found.low))))
        assert logs[rank] == pytest.approx(math.log(found.low), abs=1e-9)
        assert found.low <= found.rho <= found.high
    swapped = compare(after, before)
    assert swapped.rho == pytest.approx(1 / found.rho, rel=1e-9)
    assert swapped.low == pytest.approx(1 / found.high if math.isfinite(found.high) else 0, rel=1e-9)


def test_interval_covers() -> None:
    rng = np.random.default_rng(21)
    found = [compare(rng.lognormal(0, 0.05, 10), rng.lognormal(math.log(0.9), 0.05, 12)) for _ in range(300)]
    assert 0.92 <= sum(one.low <= 0.9 <= one.high for one in found) / 300 <= 0.99


# --- verdict --------------------------------------------------------------------------------------------------------


def test_drift_widens_both_ends() -> None:
    widened = with_drift(ratio(0.8, 0.77, 0.83))
    assert (widened.low, widened.high) == (pytest.approx(0.7), pytest.approx(0.913))
    assert widened.drift == 0.1
    assert with_drift(ratio(0.8, 0.77, 0.83), 0.0) == ratio(0.8, 0.77, 0.83)
    with pytest.raises(ValueError, match="drift"):
        with_drift(ratio(1, 1, 1), -0.1)


@pytest.mark.parametrize(
    ("rho", "low", "high", "verdict", "decisive"),
    [
        (0.80, 0.75, 0.85, "VERIFIED", True),
        (0.95, 0.92, 0.99, "VERIFIED", True),
        (0.96, 0.94, 0.98, "MARGINAL", False),  # real, but less than was asked for
        (0.97, 0.955, 0.99, "MARGINAL", True),
        (0.94, 0.88, 1.00, "MARGINAL", False),
        (1.00, 0.95, 1.05, "MARGINAL", True),
        (1.00, 0.90, 1.10, "MARGINAL", False),
        (1.04, 1.01, 1.07, "MARGINAL", False),
        (1.05, 1.01, 1.09, "REGRESSION", True),
        (1.30, 1.00, 1.60, "MARGINAL", False),
    ],
)
def test_verdicts(rho: float, low: float, high: float, verdict: str, decisive: bool) -> None:
    found = judge(ratio(rho, low, high))
    assert (found.verdict, found.decisive) == (verdict, decisive)


def test_a_fifth_survives_drift_and_six_percent_does_not() -> None:
    assert judge(with_drift(ratio(0.80, 0.79, 0.81))).verdict == "VERIFIED"
    six = judge(with_drift(ratio(0.94, 0.935, 0.945)))
    assert six == Judgement("MARGINAL", False, None)  # no number of runs would settle it: interleave


def test_measurements_that_would_settle_it() -> None:
    # Half the width on the log scale is ln(1.2); for 0.9 to lie clear of 1 it must be below ln(1/0.9).
    wide = ratio(0.9, 0.9 / 1.2, 0.9 * 1.2)
    assert judge(wide).measurements_needed == math.ceil(10 * (math.log(1.2) / math.log(1 / 0.9)) ** 2)
    # For 1 to lie within 0.95 to 1.05 it must be below ln(1.05).
    none = ratio(1.0, 1 / 1.2, 1.2)
    assert judge(none).measurements_needed == math.ceil(10 * (math.log(1.2) / math.log(1.05)) ** 2)


def test_drift_is_not_part_of_what_shrinks() -> None:
    drifted = with_drift(ratio(0.8, 0.8 / 1.3, 0.8 * 1.3))
    room = math.log(1 / 0.8) - math.log(1.1)
    assert judge(drifted).measurements_needed == math.ceil(10 * (math.log(1.3) / room) ** 2)


def test_interval_of_a_profile_may_reach_below_nothing() -> None:
    assert judge(ratio(0.5, -0.2, 1.2, count=3)) == Judgement("MARGINAL", False, None)


def test_verified_target_does_not_outweigh_a_regression() -> None:
    verified, marginal, regression = (
        Judgement(verdict, True, None) for verdict in ("VERIFIED", "MARGINAL", "REGRESSION")
    )
    assert with_others(verified, [marginal, regression]) == regression
    assert with_others(verified, [marginal, verified]) == verified
    assert with_others(marginal, [regression]) == marginal
