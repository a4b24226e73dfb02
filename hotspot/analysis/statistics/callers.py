"""Who is to blame for a set that changed: the function itself, or one caller that calls it more or less often."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from hotspot.analysis.statistics.effect import as_counts
from hotspot.analysis.statistics.tails import chi2_upper

AGREEMENT_ALPHA = 0.01
HELD_SHARE = 0.7
UNCHANGED_ERRORS = 2.5


def caller_agreement(before: ArrayLike, after: ArrayLike, *, size_ratio: float, dispersion: float) -> float:
    """p-value of "the callers' ratios agree": Pearson's test on the sides-by-callers table.

    Expected is the ratio s for each caller; the statistic is divided by the set's phi~ and compared with chi-squared on
    callers - 1 degrees of freedom. Callers without a sample do not count; 1.0 where fewer than two are left.

    Args:
        before: Samples of the set under each caller before, shape (callers,).
        after: The same after.
        size_ratio: s = sum e_B / sum e_A.
        dispersion: phi~ of the set.
    """
    x_before, x_after = as_counts(before), as_counts(after)
    seen = x_before + x_after > 0
    x_before, x_after = x_before[seen], x_after[seen]
    if len(x_before) < 2:
        return 1.0
    expected_before = (x_before + x_after) / (1 + size_ratio)
    expected_after = size_ratio * expected_before
    chi2 = np.sum(
        (x_before - expected_before) ** 2 / expected_before + (x_after - expected_after) ** 2 / expected_after
    )
    return chi2_upper(float(chi2) / dispersion, len(x_before) - 1)


def log_ratio_error(before: float, after: float, dispersion: float) -> float:
    """Standard error of ln(x_B / x_A): sqrt(phi~ (1/(x_A + 1/2) + 1/(x_B + 1/2)))."""
    return math.sqrt(dispersion * (1 / (before + 0.5) + 1 / (after + 0.5)))


def blamed_caller(before: ArrayLike, after: ArrayLike, *, size_ratio: float, dispersion: float) -> int | None:
    """Index of the caller that calls the set's function more (or less) often, or None where it is the function itself.

    That is: two callers or more whose ratios disagree (p < 0.01), one that holds 70% or more of the change, and the pooled
    ratio of the others within 2.5 standard errors of 1. Arguments as for `caller_agreement`.
    """
    x_before, x_after = as_counts(before), as_counts(after)
    moved = x_after / size_ratio - x_before
    total = float(moved.sum())
    if total == 0:
        return None
    blamed = int(np.argmax(moved / total))
    if moved[blamed] / total < HELD_SHARE:
        return None
    if caller_agreement(x_before, x_after, size_ratio=size_ratio, dispersion=dispersion) >= AGREEMENT_ALPHA:
        return None
    rest_before = float(x_before.sum() - x_before[blamed])
    rest_after = float(x_after.sum() - x_after[blamed])
    log_ratio = math.log((rest_after + 0.5) / (rest_before + 0.5) / size_ratio)
    unchanged = abs(log_ratio) <= UNCHANGED_ERRORS * log_ratio_error(rest_before, rest_after, dispersion)
    return blamed if unchanged else None
