"""How much work each run did, and what one sample weighs: what counts are brought to before they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from hotspot.analysis.statistics.effect import FloatArray, as_counts
from hotspot.profile import Bool

NormalisedBy = Literal["work", "reference", "equal_work"]
Basis = Literal["replicated", "low_confidence", "screening"]

MIN_REFERENCE_FUNCTIONS = 8
MIN_REFERENCE_SAMPLES = 4
MAX_REFERENCE_WEIGHT = 200
MOST_OF_RARER_SIDE = 10
# Of the weight of all of them: in short runs one dominant function would else decide alone what "did not change" means,
# and its own slowdown would count as more work done.
MAX_REFERENCE_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class SizeFactors:
    """Relative work of each run.

    Attributes:
        factors: e_k, shape (K,), positive.
        normalised_by: Where they come from: known `work`, `reference` functions, or nowhere (`equal_work`).
    """

    factors: FloatArray
    normalised_by: NormalisedBy


def size_factors(self_counts: ArrayLike, is_after: Bool, work: ArrayLike | None = None) -> SizeFactors:
    """Estimate e_k, the work of each run relative to the others, never from its total samples.

    With `work` known: W_k / mean W. Else over the functions averaging at least 4 samples a run, exp of the weighted median
    of ln(x_jk + 1/2) - mean over runs of ln(x_jk + 1/2): most functions do not change, and one that grows must not make
    every other look smaller. A function weighs its mean, up to 200, up to a quarter of all weight, and up to ten times its
    mean on the side where it is rarer. What one side alone has surely changed and weighs nothing: a slowdown often comes
    with several new functions, which would together outvote the old ones. (To weigh all functions by their rarer side would
    prefer those with a chance excess there, and so be biased.) With fewer than 8 functions that weigh anything every
    run counts as equal.

    Args:
        self_counts: Self samples, shape (functions, K), over the runs of both sides.
        is_after: Which runs are the side after, bool[K].
        work: W_k, shape (K,), where every run's is known.

    Raises:
        ValueError: There is no run, `work` has another number of runs, or a run without work.
    """
    counts = as_counts(self_counts)
    runs = counts.shape[1]
    if runs == 0:
        raise ValueError("no runs")
    if work is not None:
        done = np.asarray(work, dtype=np.float64)
        if done.shape != (runs,) or not np.all(np.isfinite(done) & (done > 0)):
            raise ValueError(f"the work of {runs} runs must be {runs} positive numbers, not {done.tolist()}")
        return SizeFactors(done / done.mean(), "work")
    mean = counts.mean(axis=1)
    rarer = np.minimum.reduce([counts[:, side].mean(axis=1) for side in (is_after, ~is_after) if side.any()])
    reference = (mean >= MIN_REFERENCE_SAMPLES) & (counts >= 0).all(axis=1) & (rarer > 0)
    if np.count_nonzero(reference) < MIN_REFERENCE_FUNCTIONS:
        return SizeFactors(np.ones(runs), "equal_work")
    logs = np.log(counts[reference] + 0.5)
    logs -= logs.mean(axis=1, keepdims=True)
    weight = np.minimum(mean, np.minimum(MAX_REFERENCE_WEIGHT, MOST_OF_RARER_SIDE * rarer))
    weights = _bounded(weight[reference])
    medians = [weighted_median(logs[:, run], weights) for run in range(runs)]
    return SizeFactors(np.exp(medians), "reference")


def _bounded(weights: FloatArray) -> FloatArray:
    """Cut weights down so that none is more than `MAX_REFERENCE_SHARE` of their sum."""
    while weights.max() > MAX_REFERENCE_SHARE * weights.sum() * (1 + 1e-9):
        weights = np.minimum(weights, MAX_REFERENCE_SHARE * weights.sum())
    return weights


def weighted_median(values: FloatArray, weights: FloatArray) -> float:
    """The value with half the weight on either side; the mean of two where the halves meet between them.

    With equal weights it is the ordinary median. There must be at least one value, and positive weights.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    cumulated = np.cumsum(weights[order])
    half = cumulated[-1] / 2
    lower = int(np.searchsorted(cumulated, half, side="left"))
    upper = int(np.searchsorted(cumulated, half, side="right"))
    return float((ordered[lower] + ordered[min(upper, len(ordered) - 1)]) / 2)


def mean_weight(weights: ArrayLike) -> float:
    """Weight of one sample where only weights are known: (sum w^2) / (sum w).

    Weights over it have the variance of counts. Signs are ignored; where nothing weighs anything it is 1.
    """
    magnitudes = np.abs(np.asarray(weights, dtype=np.float64))
    total = float(magnitudes.sum())
    return float(np.square(magnitudes).sum()) / total if total > 0 else 1.0


def basis(
    runs_before: int, runs_after: int, normalised_by: NormalisedBy, weights_only: bool = False
) -> Basis:
    """What the runs allow: a verdict from 5 a side, one of low confidence from 3, else a screening.

    Runs assumed to have done equal work give low confidence at best; weights that are not counts, a screening.
    """
    fewest = min(runs_before, runs_after)
    if fewest <= 2 or weights_only:
        return "screening"
    return "low_confidence" if fewest < 5 or normalised_by == "equal_work" else "replicated"
