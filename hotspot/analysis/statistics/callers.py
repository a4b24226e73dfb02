"""Who is to blame for a set that changed: the function itself, or one caller that calls it more or less often.

Two stories are told apart by the callers that hold little of the change. Where a function got slower, it did so under
all of them alike; where one caller calls it more, the others did not move. Which story the others fit better decides,
and where they hold too few samples to refuse the other one, the answer is not certain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hotspot.analysis.statistics.effect import BoolArray, FloatArray, as_counts
from hotspot.analysis.statistics.tails import chi2_upper

HELD_SHARE = 0.7
UNCHANGED_ERRORS = 2.5
REFUSED_ERRORS = 2.0
ADVANTAGE = 0.5


@dataclass(frozen=True, slots=True)
class Blame:
    """Whom the callers' samples speak against.

    Attributes:
        caller: Index of the caller that calls the function more (or less) often, None where it is the function itself.
        certain: Whether the other story is refused.
    """

    caller: int | None
    certain: bool


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


def split_dispersion(part: FloatArray, whole: FloatArray, is_after: BoolArray) -> float:
    """How much more the runs of a side differ in part / whole than sampling explains, at least 1.

    Unlike phi~ this leaves out what slows a run down as a whole, which moves all callers alike.

    Args:
        part: Samples under one caller in each run, shape (K,).
        whole: Samples under all callers, shape (K,).
        is_after: Which runs are of the side after, shape (K,).
    """
    chi2, degrees = 0.0, 0
    for side in (is_after, ~is_after):
        x, n = part[side], whole[side]
        share = x.sum() / n.sum() if n.sum() else 0.0
        if not 0 < share < 1:
            continue
        expected = n[n > 0] * share
        chi2 += float(np.sum((x[n > 0] - expected) ** 2 / (expected * (1 - share))))
        degrees += len(expected) - 1
    return max(1.0, chi2 / degrees) if degrees > 0 else 1.0


def blame(counts: ArrayLike, *, is_after: BoolArray, size_ratio: float, dispersion: float) -> Blame:
    """Decide between "the function got slower" and "one caller calls it more" (or faster, and less).

    A caller is to blame where it holds 70% or more of the change, the others' pooled ratio is within 2.5 standard errors
    of 1, and closer to 1 than to the caller's own ratio by half an error. The error of the distance to 1 is of phi~, that
    of the distance to the caller's of `split_dispersion`.

    Args:
        counts: Samples of the set under each caller in each run, shape (callers, K).
        is_after: Which runs are of the side after, shape (K,).
        size_ratio: s = sum e_B / sum e_A.
        dispersion: phi~ of the set.
    """
    x = as_counts(counts)
    before, after = x[:, ~is_after].sum(axis=1), x[:, is_after].sum(axis=1)
    moved = after / size_ratio - before
    total = float(moved.sum())
    if np.count_nonzero(x.any(axis=1)) < 2 or total == 0:
        return Blame(None, True)
    first = int(np.argmax(moved / total))
    if moved[first] / total < HELD_SHARE:
        return Blame(None, True)
    own = (float(before[first]), float(after[first]))
    rest = (float(before.sum()) - own[0], float(after.sum()) - own[1])
    from_one = math.log((rest[1] + 0.5) / (rest[0] + 0.5) / size_ratio)
    from_caller = from_one - math.log((own[1] + 0.5) / (own[0] + 0.5) / size_ratio)
    still = abs(from_one) / log_ratio_error(*rest, dispersion)
    phi = split_dispersion(x[first], x.sum(axis=0), is_after)
    alike = abs(from_caller) / math.hypot(log_ratio_error(*rest, phi), log_ratio_error(*own, phi))
    if still <= UNCHANGED_ERRORS and still + ADVANTAGE <= alike:
        return Blame(first, alike > REFUSED_ERRORS)
    return Blame(None, still > REFUSED_ERRORS)
