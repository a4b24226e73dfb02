"""How much more runs differ than sampling explains: phi of each set, shrunk toward what sets of its size show.

A few runs say little about one set's variance, many sets together say much about the program and the machine. The
shrinkage is limma's (Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004) art. 3), around a trend that grows with the counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hotspot.analysis.statistics.effect import BoolArray, FloatArray, as_counts, sufficient
from hotspot.analysis.statistics.tails import chi2_median, digamma, inverse_trigamma, trigamma

MIN_RUNS = 3
"""Runs a side below which there is no variance to speak of, only screening."""

MIN_FIT_MEAN = 5
"""Sets with fewer samples a run tell nothing about the trend."""

MIN_FIT_SETS = 5
MAX_PRIOR_DEGREES = 1000.0


@dataclass(frozen=True, slots=True)
class Model:
    """What all sets together say about the runs; kept while sets are recomputed without a culprit's samples.

    Attributes:
        is_after: Which runs are of the side after, shape (K,).
        factors: e_k, the work of each run, shape (K,).
        total_before: N_A, all samples before.
        a2: Squared coefficient of variation between runs, the slope of the trend phi0 = 1 + a2 * mean mu.
        d0: Degrees of freedom of the prior: how many runs the trend is worth.
        s0sq: Scale of the prior, at least 1.
    """

    is_after: BoolArray
    factors: FloatArray
    total_before: float
    a2: float
    d0: float
    s0sq: float

    @property
    def size_ratio(self) -> float:
        """The ratio s = sum e_B / sum e_A."""
        return float(self.factors[self.is_after].sum() / self.factors[~self.is_after].sum())


def fit_model(
    counts: ArrayLike,
    *,
    is_after: ArrayLike,
    factors: ArrayLike,
    total_before: float,
    candidates: BoolArray | None = None,
) -> Model:
    """Estimate a2, d0 and s0sq from the tested sets with a mean of 5 samples a run or more.

    With fewer than 5 of these a2 = 0, d0 = 4, s0sq = 1.

    Args:
        counts: Samples of each set in each run, shape (m, K).
        is_after: Which runs are of the side after, shape (K,).
        factors: e_k, shape (K,).
        total_before: N_A, all samples before.
        candidates: False for sets that are not to be tested, shape (m,).

    Raises:
        ValueError: Fewer than 3 runs on a side, shapes that do not fit, a factor that is not positive.
    """
    x = as_counts(counts)
    after = np.asarray(is_after, dtype=np.bool_)
    e = np.asarray(factors, dtype=np.float64)
    if x.ndim != 2 or after.shape != (x.shape[1],) or e.shape != after.shape:
        raise ValueError(
            f"{x.shape} counts, sides of shape {after.shape} and factors of shape {e.shape} do not fit"
        )
    if min(np.count_nonzero(after), np.count_nonzero(~after)) < MIN_RUNS:
        raise ValueError(f"fewer than {MIN_RUNS} runs on a side are a screening")
    if not np.all(np.isfinite(e) & (e > 0)):
        raise ValueError(f"size factors must be positive numbers, not {e.tolist()}")
    x = x[tested_sets(x, is_after=after, candidates=candidates)]
    phi, degrees, mean = pearson_dispersion(x, is_after=after, factors=e)
    fit = mean >= MIN_FIT_MEAN
    if np.count_nonzero(fit) < MIN_FIT_SETS:
        return Model(after, e, total_before, a2=0.0, d0=4.0, s0sq=1.0)
    a2 = _trend(phi[fit], degrees[fit], mean[fit])
    d0, s0sq = _prior(phi[fit] / (1 + a2 * mean[fit]), degrees[fit])
    return Model(after, e, total_before, a2=a2, d0=d0, s0sq=s0sq)


def tested_sets(counts: FloatArray, *, is_after: BoolArray, candidates: BoolArray | None) -> BoolArray:
    """Which of m sets are tested: enough samples, no negative count in any run, and a candidate."""
    before, after = counts[:, ~is_after].sum(axis=1), counts[:, is_after].sum(axis=1)
    tested: BoolArray = sufficient(before, after, candidates) & (counts >= 0).all(axis=1)
    return tested


def pearson_dispersion(
    counts: FloatArray, *, is_after: BoolArray, factors: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """phi_M, its degrees of freedom d_M and mean mu of each set, each of shape (m,).

    phi_M = (1/d_M) sum_k (x_k - mu_k)^2 / mu_k with mu_k = e_k x_side / sum e_side, and d_M = K_A + K_B - 2, or K - 1 of
    the other side where one side has no sample at all and so gives no terms. Floored at max(0.01, 0.01 * median), for
    runs that agree by accident have no logarithm.

    Args:
        counts: Samples, shape (m, K), not negative.
        is_after: Which runs are of the side after, at least two on each side.
        factors: e_k, shape (K,).
    """
    chi2 = np.zeros(len(counts))
    mean = counts.mean(axis=1)  # that of mu: on each side mu and x have the same sum
    degrees = np.full(len(counts), float(len(is_after) - 2))
    for side in (is_after, ~is_after):
        x, e = counts[:, side], factors[side]
        total = x.sum(axis=1, keepdims=True)
        mu = total * (e / e.sum())
        chi2 += np.divide(np.square(x - mu), mu, out=np.zeros_like(x), where=mu > 0).sum(axis=1)
        degrees = np.where(total[:, 0] > 0, degrees, np.count_nonzero(~side) - 1.0)
    phi = chi2 / degrees
    floor = max(0.01, 0.01 * float(np.median(phi))) if len(phi) else 0.01
    return np.maximum(phi, floor), degrees, mean


def _trend(phi: FloatArray, degrees: FloatArray, mean: FloatArray) -> float:
    """a2 = max(0, median of (phi_M / c - 1) / mean mu), c = median(chi2_d) / d, over the upper half of the sets by mean."""
    upper = mean >= np.median(mean)
    center = chi2_median(degrees[upper]) / degrees[upper]
    return max(0.0, float(np.median((phi[upper] / center - 1) / mean[upper])))


def _prior(ratio: FloatArray, degrees: FloatArray) -> tuple[float, float]:
    """d0 and s0sq of limma's prior from ratio = phi_M / phi0.

    z = ln ratio - digamma(d/2) + ln(d/2); d0 = 2 inverse trigamma(Var z - mean trigamma(d/2)), at most 1000 and 1000 where
    that is not positive; s0sq = max(1, exp(mean z + digamma(d0/2) - ln(d0/2))).
    """
    half = degrees / 2
    z = np.log(ratio) - digamma(half) + np.log(half)
    excess = float(z.var(ddof=1) - trigamma(half).mean())
    d0 = min(MAX_PRIOR_DEGREES, 2 * inverse_trigamma(excess)) if excess > 0 else MAX_PRIOR_DEGREES
    bias = float(digamma(np.array([d0 / 2]))[0] - np.log(d0 / 2))
    return d0, max(1.0, float(np.exp(z.mean() + bias)))


def moderated(phi: FloatArray, degrees: FloatArray, mean: FloatArray, model: Model) -> FloatArray:
    """phi~ = max(1, (d0 phi0 s0sq + d phi_M) / (d0 + d)) with phi0 = 1 + a2 * mean mu."""
    prior = (1 + model.a2 * mean) * model.s0sq
    shrunk: FloatArray = np.maximum(1.0, (model.d0 * prior + degrees * phi) / (model.d0 + degrees))
    return shrunk
