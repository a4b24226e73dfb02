"""Screening: one or two profiles a side, whose run-to-run spread can only be assumed.

No significance found here is a verdict (one profile a side false-alarms in 3-13% of A/A pairs whatever the floor); it
says what is likely and worth recording again. numpy and the standard library only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hotspot.analysis.statistics.effect import (
    ALPHA,
    MIN_CHANGE,
    BoolArray,
    SetTests,
    as_counts,
    change,
    change_error,
    decide,
    deviance_root,
    spread_dispersion,
    sufficient,
)
from hotspot.analysis.statistics.tails import normal_quantile, normal_two_sided

SPREAD = 0.05
"""Assumed coefficient of variation between runs."""


def screen(
    before: ArrayLike,
    after: ArrayLike,
    *,
    total_before: float,
    size_ratio: float,
    spread: float = SPREAD,
    min_change: float = MIN_CHANGE,
    candidates: BoolArray | None = None,
) -> SetTests:
    """Test m sets on counts pooled over the runs of each side.

    t is the signed deviance over phi~ = 1 + spread^2 (x_A + x_B) / 2; p and interval are normal; no guard.

    Args:
        before: x_A of each set: samples, or weight over the weight of one sample (`mean_weight`).
        after: x_B of each set.
        total_before: N_A, all samples before.
        size_ratio: s = sum e_B / sum e_A.
        spread: Assumed coefficient of variation between runs.
        min_change: Smallest |D| that counts, in shares.
        candidates: False for sets that are not to be tested, such as those equal to another.

    Raises:
        ValueError: A total or ratio that is not positive, a negative spread.
    """
    x_before, x_after = as_counts(before), as_counts(after)
    tested = sufficient(x_before, x_after, candidates)
    moved = change(x_before, x_after, size_ratio, total_before)
    # Untested sets may hold anything; as empty ones they pass through every formula.
    x_before, x_after = np.where(tested, x_before, 0.0), np.where(tested, x_after, 0.0)
    dispersion = spread_dispersion(x_before, x_after, spread)
    t = deviance_root(x_before, x_after, size_ratio) / np.sqrt(dispersion)
    return decide(
        change=moved,
        error=change_error(x_before, x_after, size_ratio, total_before, dispersion),
        quantile=normal_quantile(1 - ALPHA / 2),
        t=t,
        p=normal_two_sided(t),
        dispersion=dispersion,
        tested=tested,
        min_change=min_change,
    )
