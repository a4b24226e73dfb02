"""The replicated test: three or more runs a side, judged against how much the runs of one side differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hotspot.analysis.statistics.dispersion import Model, moderated, pearson_dispersion, tested_sets
from hotspot.analysis.statistics.effect import (
    ALPHA,
    MIN_CHANGE,
    MIN_SAMPLES,
    BoolArray,
    FloatArray,
    SetTests,
    as_counts,
    change,
    change_error,
    decide,
    deviance_root,
    spread_dispersion,
)
from hotspot.analysis.statistics.tails import student_quantile, student_two_sided


def replicated(
    counts: ArrayLike,
    model: Model,
    *,
    min_change: float = MIN_CHANGE,
    sequence_spread: float | None = None,
    candidates: BoolArray | None = None,
) -> SetTests:
    """Test m sets by the signed deviance over phi~, against Student's t on d0 + d_M degrees of freedom.

    Call it again with the same model and other counts after a culprit's samples are taken out.

    Args:
        counts: Samples of each set in each run, shape (m, K).
        model: From `fit_model`.
        min_change: Smallest |D| that counts, in shares.
        sequence_spread: Where one side was recorded after the other: the spread that hides between them;
            phi~ becomes at least 1 + spread^2 (x_A + x_B) / 2.
        candidates: False for sets that are not to be tested, shape (m,).

    Raises:
        ValueError: Another number of runs than the model's, a count that is not finite.
    """
    x = as_counts(counts)
    if x.ndim != 2 or x.shape[1] != len(model.is_after):
        raise ValueError(f"counts of shape {x.shape} for a model of {len(model.is_after)} runs")
    s = model.size_ratio
    before, after = x[:, ~model.is_after].sum(axis=1), x[:, model.is_after].sum(axis=1)
    tested = tested_sets(x, is_after=model.is_after, candidates=candidates)
    moved = change(before, after, s, model.total_before)
    # Untested sets go through the formulas as empty ones.
    x, before, after = x * tested[:, None], before * tested, after * tested

    dispersion, degrees = np.ones(len(x)), np.ones(len(x))
    phi, degrees[tested], mean = pearson_dispersion(x[tested], is_after=model.is_after, factors=model.factors)
    dispersion[tested] = moderated(phi, degrees[tested], mean, model)
    if sequence_spread is not None:
        dispersion = np.maximum(dispersion, spread_dispersion(before, after, sequence_spread))

    t = deviance_root(before, after, s) / np.sqrt(dispersion)
    p = student_two_sided(t, model.d0 + degrees)
    return decide(
        change=moved,
        error=change_error(before, after, s, model.total_before, dispersion),
        quantile=student_quantile(1 - ALPHA / 2, model.d0 + degrees),
        t=t,
        p=np.where(_is_burst(x, before, after, model), 1.0, p),
        dispersion=dispersion,
        tested=tested,
        min_change=min_change,
    )


def _is_burst(x: FloatArray, before: FloatArray, after: FloatArray, model: Model) -> BoolArray:
    """Sets whose smaller side has under 20 samples and whose sides overlap by rate x_k / e_k.

    A burst in one run is not a new function; without this guard 3-7% of A/A pairs raised an alarm.
    """
    rate = x / model.factors
    rate_before, rate_after = rate[:, ~model.is_after], rate[:, model.is_after]
    apart = (rate_after.min(axis=1) > rate_before.max(axis=1)) | (
        rate_before.min(axis=1) > rate_after.max(axis=1)
    )
    burst: BoolArray = (np.minimum(before, after) < MIN_SAMPLES) & ~apart
    return burst
