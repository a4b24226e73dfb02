"""Size factors, the weight of one sample, and what the runs allow."""

import numpy as np
import pytest
from hotspot.analysis.statistics import basis, mean_weight, size_factors, weighted_median

# The second half of so many runs.
AFTER = {runs: np.arange(runs) >= (runs + 1) // 2 for runs in (2, 3, 4)}


def counts_of(runs: list[float], functions: int = 10) -> np.ndarray:
    """Functions of growing size, each run scaled by its entry."""
    return np.outer(np.arange(1, functions + 1) * 50, runs)


def test_work_is_divided_by_its_mean() -> None:
    sizes = size_factors(counts_of([1, 1, 1]), AFTER[3], work=[100, 200, 300])
    assert sizes.normalised_by == "work"
    assert sizes.factors.tolist() == [0.5, 1.0, 1.5]


@pytest.mark.parametrize("work", [[1, 2], [1, 2, 0], [1, 2, -3], [1, 2, float("nan")]])
def test_bad_work_is_refused(work: list[float]) -> None:
    with pytest.raises(ValueError, match="positive numbers"):
        size_factors(counts_of([1, 1, 1]), AFTER[3], work=work)


def test_identical_runs_did_the_same_work() -> None:
    sizes = size_factors(counts_of([1, 1, 1, 1]), AFTER[4])
    assert sizes.normalised_by == "reference"
    assert sizes.factors.tolist() == [1, 1, 1, 1]


def test_reference_follows_the_work_and_not_the_total() -> None:
    counts = counts_of([1, 1, 2, 2])
    counts[9, 2:] *= 50  # one function explodes; the total of these runs is ten times the others'
    sizes = size_factors(counts, AFTER[counts.shape[1]])
    assert sizes.factors[2] / sizes.factors[0] == pytest.approx(2, rel=0.01)


def test_reference_is_the_weighted_median_of_the_log_ratios() -> None:
    counts = np.array([[5 + row, 9 + 3 * row] for row in range(8)], dtype=float)
    logs = np.log(counts + 0.5)
    ratio = logs[:, 1] - logs.mean(axis=1)
    # Means 7, 9 ... 21 sum to 112; half lies within the sixth value when sorted from the smallest row.
    order = np.argsort(ratio)
    cumulated = np.cumsum(counts.mean(axis=1)[order])
    middle = ratio[order][np.searchsorted(cumulated, 56)]
    assert size_factors(counts, AFTER[counts.shape[1]]).factors[1] == pytest.approx(np.exp(middle))


def test_weight_of_a_reference_function_is_bounded() -> None:
    # Nine small functions (weight 100 each) outvote one of weight 200 that would have 100,000.
    counts = np.vstack([np.full((9, 2), 100.0), [[50_000.0, 150_000.0]]])
    assert size_factors(counts, AFTER[counts.shape[1]]).factors.tolist() == [1, 1]


def test_in_short_runs_one_function_does_not_decide_alone_what_did_not_change() -> None:
    # Eight functions of 5 samples stayed; the one that holds most of the run grew from 120 to 900.
    counts = np.vstack([np.full((8, 2), 5.0), [[120.0, 900.0]]])
    assert size_factors(counts, AFTER[counts.shape[1]]).factors.tolist() == [1, 1]


def test_what_one_side_alone_has_is_no_reference_however_much_of_it_there_is() -> None:
    # A copy in depth came in with all its helpers, which hold four times what the ten old functions do.
    counts = np.vstack([np.full((10, 4), 40.0), np.tile([[0.0, 0.0, 320.0, 320.0]], (5, 1))])
    assert size_factors(counts, AFTER[4]).factors.tolist() == [1, 1, 1, 1]
    assert size_factors(counts[2:], AFTER[4]).normalised_by == "reference"
    assert size_factors(counts[3:], AFTER[4]).normalised_by == "equal_work"


def test_what_one_side_hardly_has_hardly_counts() -> None:
    counts = np.vstack([np.full((10, 4), 40.0), np.tile([[1.0, 1.0, 320.0, 320.0]], (5, 1))])
    assert size_factors(counts, AFTER[4]).factors.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("functions", [0, 1, 2, 7])
def test_few_functions_mean_equal_work(functions: int) -> None:
    sizes = size_factors(counts_of([1, 5], functions), AFTER[2])
    assert sizes.normalised_by == "equal_work"
    assert sizes.factors.tolist() == [1, 1]


def test_small_functions_are_no_reference() -> None:
    assert size_factors(np.full((50, 4), 3.9), AFTER[4]).normalised_by == "equal_work"
    assert size_factors(np.full((8, 4), 4), AFTER[4]).normalised_by == "reference"


def test_zero_counts_have_a_logarithm() -> None:
    counts = counts_of([1, 1, 1])
    counts[3, 1] = 0
    assert np.isfinite(size_factors(counts, AFTER[counts.shape[1]]).factors).all()


def test_a_single_run_is_its_own_measure() -> None:
    assert size_factors(counts_of([7]), np.zeros(1, dtype=bool)).factors.tolist() == [1]


def test_no_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="no runs"):
        size_factors(np.empty((3, 0)), np.zeros(0, dtype=bool))


@pytest.mark.parametrize(
    ("values", "weights", "median"),
    [
        ([3, 1, 2], [1, 1, 1], 2),
        ([4, 1, 2, 3], [1, 1, 1, 1], 2.5),
        ([1, 2, 3], [1, 1, 5], 3),
        ([1, 2, 3], [1, 1, 2], 2.5),
        ([5], [2], 5),
    ],
)
def test_weighted_median(values: list[float], weights: list[float], median: float) -> None:
    assert weighted_median(np.array(values, dtype=float), np.array(weights, dtype=float)) == median


def test_mean_weight() -> None:
    assert mean_weight([10, 10, 10]) == 10
    assert mean_weight([1, 3]) == 2.5
    assert mean_weight([-1, 3]) == 2.5
    assert mean_weight(np.array([2**40, 2**40])) == 2**40
    assert mean_weight([]) == 1
    assert mean_weight([0, 0]) == 1


@pytest.mark.parametrize(
    ("before", "after", "normalised_by", "weights_only", "expected"),
    [
        (5, 5, "work", False, "replicated"),
        (5, 9, "reference", False, "replicated"),
        (5, 5, "equal_work", False, "low_confidence"),
        (4, 9, "work", False, "low_confidence"),
        (3, 3, "equal_work", False, "low_confidence"),
        (2, 9, "work", False, "screening"),
        (1, 1, "reference", False, "screening"),
        (9, 9, "work", True, "screening"),
    ],
)
def test_basis(before: int, after: int, normalised_by: str, weights_only: bool, expected: str) -> None:
    assert basis(before, after, normalised_by, weights_only) == expected
