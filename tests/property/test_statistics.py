"""The vectorised statistics against their definition, written out set by set with loops and scipy.stats; and invariants."""

import math
import statistics

import numpy as np
import pytest
from hotspot.analysis.statistics import (
    Model,
    SetTests,
    benjamini_hochberg,
    fit_model,
    replicated,
    screen,
    size_factors,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

COUNT = st.one_of(st.just(0), st.integers(0, 30), st.integers(0, 3000))


@st.composite
def studies(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts (m, K) with some sides empty, which runs are after, and the work of each run."""
    before, after = draw(st.integers(3, 6)), draw(st.integers(3, 6))
    sets = draw(st.integers(0, 14))
    row = st.lists(COUNT, min_size=before + after, max_size=before + after)
    counts = np.array([draw(row) for _ in range(sets)], dtype=np.int64).reshape(sets, before + after)
    for side in range(sets):
        empty = draw(st.sampled_from(["neither", "before", "after"]))
        if empty != "neither":
            counts[side, slice(0, before) if empty == "before" else slice(before, None)] = 0
    work = draw(st.lists(st.floats(0.2, 5), min_size=before + after, max_size=before + after))
    return counts, np.array([False] * before + [True] * after), np.array(work)


def enough_by_definition(counts: np.ndarray) -> list[int]:
    return [index for index, row in enumerate(counts) if row.sum() >= 20]


def dispersion_by_definition(row: np.ndarray, is_after: np.ndarray, e: np.ndarray) -> tuple[float, int]:
    chi2, degrees = 0.0, len(row) - 2
    for side, other in ((is_after, ~is_after), (~is_after, is_after)):
        total = row[side].sum()
        if total == 0:
            degrees = int(other.sum()) - 1
            continue
        for k in np.flatnonzero(side):
            mu = e[k] * total / e[side].sum()
            chi2 += (row[k] - mu) ** 2 / mu
    return chi2 / degrees, degrees


def floored_by_definition(
    counts: np.ndarray, is_after: np.ndarray, e: np.ndarray
) -> dict[int, tuple[float, int]]:
    raw = {
        index: dispersion_by_definition(counts[index], is_after, e) for index in enough_by_definition(counts)
    }
    floor = max(0.01, 0.01 * statistics.median(phi for phi, _ in raw.values())) if raw else 0.01
    return {index: (max(phi, floor), degrees) for index, (phi, degrees) in raw.items()}


def model_by_definition(
    counts: np.ndarray, is_after: np.ndarray, e: np.ndarray
) -> tuple[float, float, float]:
    floored = floored_by_definition(counts, is_after, e)
    fit = [(counts[index].mean(), *floored[index]) for index in floored if counts[index].mean() >= 5]
    if len(fit) < 5:
        return 0.0, 4.0, 1.0
    middle = statistics.median(mean for mean, _, _ in fit)
    a2 = max(
        0.0,
        statistics.median(
            (phi / (stats.chi2.median(d) / d) - 1) / mean for mean, phi, d in fit if mean >= middle
        ),
    )
    z = [math.log(phi / (1 + a2 * mean)) - special.digamma(d / 2) + math.log(d / 2) for mean, phi, d in fit]
    excess = statistics.variance(z) - statistics.mean(float(special.polygamma(1, d / 2)) for _, _, d in fit)
    d0 = 1000.0
    if excess > 0:
        half = optimize.brentq(
            lambda y: float(special.polygamma(1, y)) - excess, 1e-6, 1e9, xtol=1e-12, rtol=1e-14
        )
        d0 = min(d0, 2 * half)
    return a2, d0, max(1.0, math.exp(statistics.mean(z) + special.digamma(d0 / 2) - math.log(d0 / 2)))


def p_by_definition(row: np.ndarray, phi: float, degrees: int, model: Model) -> tuple[float, float, float]:
    """t, p and the half width of the interval for one set."""
    after, e = model.is_after, model.factors
    s = e[after].sum() / e[~after].sum()
    x_a, x_b = float(row[~after].sum()), float(row[after].sum())
    phi0 = 1 + model.a2 * row.mean()
    shrunk = max(1.0, (model.d0 * phi0 * model.s0sq + degrees * phi) / (model.d0 + degrees))
    m_a = (x_a + x_b) / (1 + s)
    terms = [x * math.log(x / m) for x, m in ((x_a, m_a), (x_b, s * m_a)) if x > 0]
    t = math.copysign(math.sqrt(max(0.0, 2 * sum(terms)) / shrunk), x_b - s * m_a)
    p = float(2 * stats.t.sf(abs(t), model.d0 + degrees))
    rate = row / e
    apart = min(rate[after]) > max(rate[~after]) or min(rate[~after]) > max(rate[after])
    if min(x_a, x_b) < 20 and not apart:
        p = 1.0
    width = (
        stats.t.ppf(0.975, model.d0 + degrees) * math.sqrt(shrunk * (x_a + x_b / s**2)) / model.total_before
    )
    return t, p, float(width)


@settings(max_examples=60, deadline=None)
@given(studies())
def test_replicated_follows_its_definition(study: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    counts, is_after, work = study
    e = size_factors(counts, is_after, work).factors
    model = fit_model(counts, is_after=is_after, factors=e, total_before=10_000)
    assert (model.a2, model.d0, model.s0sq) == pytest.approx(
        model_by_definition(counts, is_after, e), rel=1e-6
    )
    found = replicated(counts, model)
    floored = floored_by_definition(counts, is_after, e)
    assert np.flatnonzero(found.tested).tolist() == list(floored)
    for index, (phi, degrees) in floored.items():
        t, p, width = p_by_definition(counts[index], phi, degrees, model)
        assert found.t[index] == pytest.approx(t, rel=1e-6, abs=1e-6)
        assert found.p[index] == pytest.approx(p, rel=1e-5, abs=1e-12)
        assert found.high[index] - found.change[index] == pytest.approx(width, rel=1e-6)
    check_invariants(found)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(COUNT, COUNT), max_size=12),
    st.floats(0.1, 10),
    st.sampled_from([0.0, 0.05, 0.5]),
)
def test_screening_never_breaks(pairs: list[tuple[int, int]], ratio: float, spread: float) -> None:
    before, after = ([pair[side] for pair in pairs] for side in (0, 1))
    check_invariants(screen(before, after, total_before=10_000, size_ratio=ratio, spread=spread))
    # What rises in one direction falls by the same evidence in the other.
    there = screen(before, after, total_before=10_000, size_ratio=ratio, spread=spread)
    back = screen(after, before, total_before=10_000, size_ratio=1 / ratio, spread=spread)
    assert back.t == pytest.approx(-there.t, rel=1e-6, abs=1e-6)


def check_invariants(found: SetTests) -> None:
    for column in (found.change, found.low, found.high, found.t, found.p, found.q, found.dispersion):
        assert not np.isnan(column).any()
    assert ((found.p >= 0) & (found.p <= 1)).all()
    assert (found.p <= found.q).all()
    assert (found.q <= 1).all()
    assert (found.dispersion >= 1).all()
    assert (found.low <= found.change).all()
    assert (found.change <= found.high).all()
    assert not (found.significant & ~found.tested).any()
    assert np.isfinite(found.high[found.tested]).all()


@given(st.lists(st.floats(0, 1), max_size=30))
def test_benjamini_hochberg_rejects_what_the_step_up_rejects(p: list[float]) -> None:
    q = benjamini_hochberg(p)
    ordered = sorted(p)
    # The original procedure: reject the k smallest, k the largest with p_(k) <= alpha k / m.
    passing = [rank for rank, value in enumerate(ordered, 1) if value * (len(p) / rank) <= 0.05]
    assert np.count_nonzero(q <= 0.05) == max(passing, default=0)
    assert [q[i] for i in np.argsort(p, kind="stable")] == sorted(q)


@given(studies())
def test_size_factors_are_positive_and_follow_the_scale(
    study: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    counts, is_after, work = study
    sizes = size_factors(counts, is_after)
    assert (sizes.factors > 0).all()
    assert size_factors(counts, is_after, work).factors.mean() == pytest.approx(1)
