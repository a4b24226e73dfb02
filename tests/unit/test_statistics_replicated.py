"""The replicated test: dispersion, the model kept between scans, the guard, and how often it is right."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hotspot.analysis.statistics import (
    Model,
    SetTests,
    fit_model,
    pearson_dispersion,
    replicated,
    size_factors,
)
from hotspot.analysis.statistics.tails import (
    chi2_median,
    chi2_upper,
    inverse_trigamma,
    student_quantile,
    student_two_sided,
    trigamma,
)

ROOT = Path(__file__).parents[2]


def sides(before: int, after: int) -> np.ndarray:
    return np.array([False] * before + [True] * after)


def flat_model(before: int, after: int, *, total_before: float = 20_000, **state: float) -> Model:
    """Equal work, and the prior of a program with too few sets to learn from."""
    prior = {"a2": 0.0, "d0": 4.0, "s0sq": 1.0} | state
    return Model(sides(before, after), np.ones(before + after), total_before, **prior)


def judged(counts: np.ndarray, before: int, after: int) -> SetTests:
    counts = np.asarray(counts)
    is_after = sides(before, after)
    factors = size_factors(counts, is_after).factors
    total = float(counts[:, ~is_after].sum())
    model = fit_model(counts, is_after=is_after, factors=factors, total_before=total)
    return replicated(counts, model)


# --- dispersion -----------------------------------------------------------------------------------------------------


def dispersion_of(
    counts: list[list[float]], before: int, after: int
) -> tuple[list[float], list[float], list[float]]:
    phi, degrees, mean = pearson_dispersion(
        np.array(counts, dtype=float), is_after=sides(before, after), factors=np.ones(before + after)
    )
    return phi.tolist(), degrees.tolist(), mean.tolist()


def test_dispersion_by_hand() -> None:
    # before: mu 100, (10^2 + 10^2) / 100 = 2; after: mu 50, (5^2 + 5^2) / 50 = 1; 3 / (3 + 3 - 2)
    assert dispersion_of([[90, 100, 110, 45, 50, 55]], 3, 3) == ([0.75], [4], [75])


@pytest.mark.parametrize(
    ("counts", "before", "after", "degrees"),
    [
        ([0, 0, 0, 90, 100, 110], 3, 3, 2),
        ([90, 100, 110, 0, 0, 0], 3, 3, 2),
        ([0, 0, 0, 80, 90, 100, 110, 120], 3, 5, 4),
        ([1, 0, 0, 80, 90, 100, 110, 120], 3, 5, 6),
    ],
)
def test_a_side_of_zeros_has_no_say(counts: list[float], before: int, after: int, degrees: int) -> None:
    assert dispersion_of([counts], before, after)[1] == [degrees]


def test_runs_of_different_work_agree() -> None:
    phi, _, _ = pearson_dispersion(
        np.array([[100.0, 200, 300, 400, 500, 600]]), is_after=sides(3, 3), factors=np.arange(1.0, 7)
    )
    assert phi.tolist() == [0.01]  # the floor: no difference at all


def test_floor_follows_the_median() -> None:
    phi, _, _ = dispersion_of([[1000, 0, 0, 500, 500, 500]] * 3 + [[50] * 6], 3, 3)
    assert phi == pytest.approx([500, 500, 500, 5])


def test_two_runs_a_side_have_a_dispersion() -> None:
    assert dispersion_of([[90, 110, 90, 110]], 2, 2) == ([2], [2], [100])


# --- model ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 2), (2, 9), (9, 1)])
def test_too_few_runs_are_refused(before: int, after: int) -> None:
    with pytest.raises(ValueError, match="screening"):
        fit_model(
            np.ones((9, before + after)),
            is_after=sides(before, after),
            factors=np.ones(before + after),
            total_before=1000,
        )


def test_shapes_and_factors_are_checked() -> None:
    counts = np.ones((2, 6))
    with pytest.raises(ValueError, match="do not fit"):
        fit_model(counts, is_after=sides(3, 2), factors=np.ones(6), total_before=1)
    with pytest.raises(ValueError, match="positive"):
        fit_model(counts, is_after=sides(3, 3), factors=[1, 1, 1, 1, 1, 0], total_before=1)
    with pytest.raises(ValueError, match="model of 6 runs"):
        replicated(np.ones((2, 5)), flat_model(3, 3))


def test_two_functions_fall_back_to_the_default_prior() -> None:
    counts = [[900, 1000, 1100, 900, 1000, 1100], [500, 510, 490, 500, 505, 495]]
    model = fit_model(counts, is_after=sides(3, 3), factors=np.ones(6), total_before=4500)
    assert (model.a2, model.d0, model.s0sq) == (0.0, 4.0, 1.0)


def test_small_sets_do_not_shape_the_model() -> None:
    # 24 samples over 6 runs are tested, but at 4 a run tell nothing about the trend.
    model = fit_model(np.full((50, 6), 4), is_after=sides(3, 3), factors=np.ones(6), total_before=600)
    assert (model.a2, model.d0, model.s0sq) == (0.0, 4.0, 1.0)


def test_identical_runs_make_a_firm_model() -> None:
    model = fit_model(
        np.full((50, 10), 1000), is_after=sides(5, 5), factors=np.ones(10), total_before=250_000
    )
    assert (model.a2, model.d0, model.s0sq) == (0.0, 1000.0, 1.0)


def test_spread_between_runs_is_found() -> None:
    rng = np.random.default_rng(7)
    mean = np.geomspace(50, 20_000, 200)[:, None] * np.ones(10)
    counts = rng.poisson(mean * rng.gamma(100, 1 / 100, mean.shape))  # coefficient of variation 10%
    model = fit_model(counts, is_after=sides(5, 5), factors=np.ones(10), total_before=1e6)
    assert np.sqrt(model.a2) == pytest.approx(0.10, abs=0.015)
    assert 1 <= model.s0sq < 1.3
    assert model.d0 > 20


def test_pure_sampling_noise_has_no_spread() -> None:
    counts = np.random.default_rng(3).poisson(np.full((300, 10), 400.0))
    model = fit_model(counts, is_after=sides(5, 5), factors=np.ones(10), total_before=600_000)
    # The median of 150 dispersions is good to 5%; the trend at the mean stays within three times that.
    assert model.a2 * 400 < 0.15
    assert model.s0sq < 1.1
    assert model.d0 > 100


# --- test -----------------------------------------------------------------------------------------------------------


def test_one_set_by_hand() -> None:
    found = replicated([[90, 100, 110, 190, 200, 210]], flat_model(3, 3))
    assert found.change.tolist() == [0.015]
    # phi_M = (200/100 + 200/200) / 4 = 0.75; phi~ = max(1, (4 + 3) / 8) = 1; m = 450 a side
    deviance = 2 * (300 * np.log(300 / 450) + 600 * np.log(600 / 450))
    assert found.t[0] == pytest.approx(np.sqrt(deviance))
    assert found.dispersion.tolist() == [1]
    quantile = 2.306004  # Student, 4 + 4 degrees
    assert found.high[0] - 0.015 == pytest.approx(quantile * np.sqrt(900) / 20_000, rel=1e-6)


def test_identical_runs_differ_in_nothing() -> None:
    found = judged(np.outer(np.arange(1, 31) * 20, np.ones(10)), 5, 5)
    assert found.tested.all()
    assert found.change == pytest.approx(np.zeros(30), abs=1e-12)
    assert not found.significant.any()
    assert (found.low < 0).all()
    assert (found.high > 0).all()


@pytest.mark.parametrize(("before", "after"), [(3, 3), (5, 5), (3, 6)])
def test_new_function_of_a_tenth_is_significant(before: int, after: int) -> None:
    rng = np.random.default_rng(1)
    rest = rng.poisson(np.full((40, before + after), 100.0))
    new = np.where(sides(before, after), rng.poisson(400, before + after), 0)
    found = judged(np.vstack([new, rest]), before, after)
    assert found.significant.tolist() == [True] + [False] * 40
    found = judged(np.vstack([new[::-1], rest]), after, before)
    assert found.significant[0]
    assert found.change[0] < 0


def test_a_burst_in_one_run_is_not_a_new_function() -> None:
    burst = [0, 0, 0, 0, 0, 0, 0, 900, 0, 0]
    steady = [0, 0, 0, 0, 0, 180, 175, 185, 170, 190]
    found = replicated([burst, steady], flat_model(5, 5))
    assert found.p[0] == 1
    assert found.significant.tolist() == [False, True]


def test_guard_compares_rates_not_counts() -> None:
    # 6 against 5, but in a run that did ten times the work: the rates are apart, the counts are not.
    model = Model(sides(3, 3), np.array([10.0, 10, 10, 1, 1, 1]), 20_000, a2=0.0, d0=4.0, s0sq=1.0)
    found = replicated([[6, 5, 5, 5, 30, 40]], model)
    assert found.p[0] < 1e-3


def test_guard_leaves_well_filled_sets_alone() -> None:
    # Overlapping runs, but 20 samples on the smaller side: the test itself may judge.
    found = replicated([[4, 4, 12, 11, 60, 80]], flat_model(3, 3))
    assert found.p[0] < 1


def test_work_explains_more_samples() -> None:
    model = Model(sides(3, 3), np.array([1.0, 1, 1, 2, 2, 2]), 20_000, a2=0.0, d0=4.0, s0sq=1.0)
    found = replicated([[500, 510, 490, 1000, 990, 1010]], model)
    assert found.change.tolist() == [0]
    assert found.p.tolist() == [1]


def test_unequal_runs_compare_work_with_work() -> None:
    found = replicated([[100, 100, 100, 100, 100, 100, 100, 100]], flat_model(3, 5))
    assert found.change[0] == pytest.approx(0)
    assert found.p[0] == pytest.approx(1)


def test_recording_in_sequence_doubts_more() -> None:
    counts = [[1000, 1010, 990, 1150, 1160, 1140]]
    model = flat_model(3, 3)
    assert replicated(counts, model).significant[0]
    widened = replicated(counts, model, sequence_spread=0.05)
    assert widened.dispersion[0] == pytest.approx(1 + 0.0025 * 6450 / 2)
    assert not widened.significant[0]


def test_untested_sets_are_masked() -> None:
    counts = np.array([[3.0] * 6, [0] * 6, [100, 100, -1, 100, 100, 100], [100] * 6])
    found = replicated(counts, flat_model(3, 3), candidates=np.array([True, True, True, False]))
    assert not found.tested.any()
    assert found.p.tolist() == found.q.tolist() == found.dispersion.tolist() == [1, 1, 1, 1]
    assert np.isinf(found.low).all()
    assert found.change[2] == pytest.approx(101 / 20_000)


def test_no_sets() -> None:
    model = fit_model(np.empty((0, 6)), is_after=sides(3, 3), factors=np.ones(6), total_before=1)
    assert replicated(np.empty((0, 6)), model).p.shape == (0,)


def test_model_is_kept_when_a_culprit_is_taken_out() -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(np.full((30, 10), 200.0))
    counts[0, 5:] += 300
    total = counts.copy()[0] + counts[1]  # a caller of the culprit, by total
    sets = np.vstack([counts, total])
    model = fit_model(
        sets, is_after=sides(5, 5), factors=np.ones(10), total_before=float(counts[:, :5].sum())
    )
    assert replicated(sets, model).significant[[0, 30]].all()
    sets[30] -= sets[0]
    sets[0] = 0
    again = replicated(sets, model)
    assert not again.significant.any()
    assert not again.tested[0]


def test_replicated_leaves_scipy_stats_alone() -> None:
    code = (
        "import sys; import numpy as np; from hotspot.analysis.statistics import fit_model, replicated; "
        "sides = np.arange(6) > 2; x = np.random.default_rng(1).poisson(50, (9, 6)); "
        "replicated(x, fit_model(x, is_after=sides, factors=np.ones(6), total_before=1000)); "
        "sys.exit('scipy.stats' in sys.modules or 'scipy.special' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


# --- tails against printed tables -----------------------------------------------------------------------------------


def test_student_against_the_table() -> None:
    assert student_quantile(0.975, np.array([1.0, 4, 10, 30])).tolist() == pytest.approx(
        [12.7062, 2.77645, 2.22814, 2.04227], rel=1e-5
    )
    assert student_two_sided(np.array([-2.22814, 0.0]), np.array([10.0, 3])).tolist() == pytest.approx(
        [0.05, 1], rel=1e-4
    )


def test_chi2_against_the_table() -> None:
    assert chi2_upper(3.841459, 1) == pytest.approx(0.05, rel=1e-5)
    assert chi2_median(np.array([2.0, 8])).tolist() == pytest.approx([2 * np.log(2), 7.344121], rel=1e-6)


@pytest.mark.parametrize("y", [1e-5, 0.1, 0.5, 1, 7.3, 500, 1e5])
def test_inverse_trigamma_undoes_trigamma(y: float) -> None:
    assert inverse_trigamma(float(trigamma(np.array([y]))[0])) == pytest.approx(y, rel=1e-6)


# --- how often it is right ------------------------------------------------------------------------------------------

FUNCTIONS = 60
SHARES = 1 / np.arange(2, FUNCTIONS + 2)
SHARES /= SHARES.sum()
SPREAD = 0.08


def drawn_runs(rng: np.random.Generator, cost: np.ndarray, runs: int = 5) -> np.ndarray:
    """Runs of a program whose functions wobble by 8% each and whose runs do 10% more or less work: 4000 samples each."""
    work = rng.lognormal(0, 0.1, runs)
    wobble = rng.gamma(1 / SPREAD**2, SPREAD**2, (FUNCTIONS, runs))
    return rng.poisson(4000 * cost[:, None] * work * wobble)


def test_equal_sides_rarely_alarm() -> None:
    rng = np.random.default_rng(11)
    alarms = sum(
        judged(np.hstack([drawn_runs(rng, SHARES), drawn_runs(rng, SHARES)]), 5, 5).significant.any()
        for _ in range(200)
    )
    assert alarms <= 20


def test_three_points_are_found_and_nothing_else_is_blamed() -> None:
    rng = np.random.default_rng(12)
    slower = SHARES.copy()
    slower[8] += 0.03
    hits = blamed = 0
    for _ in range(100):
        found = judged(np.hstack([drawn_runs(rng, SHARES), drawn_runs(rng, slower)]), 5, 5)
        hits += bool(found.significant[8] and found.change[8] > 0)
        blamed += int(np.argmax(np.abs(found.t))) != 8
    assert hits >= 80
    assert blamed <= 10


def test_intervals_hold_what_they_promise() -> None:
    rng = np.random.default_rng(13)
    slower = SHARES.copy()
    slower[3] *= 1.2
    held = np.concatenate(
        [
            (found.low <= slower - SHARES) & (slower - SHARES <= found.high)
            for found in (
                judged(np.hstack([drawn_runs(rng, SHARES), drawn_runs(rng, slower)]), 5, 5)
                for _ in range(100)
            )
        ]
    )
    assert 0.90 <= held.mean() <= 0.99
