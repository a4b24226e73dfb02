"""What the screening and the replicated test share: the size of a change, its deviance, and the decision over all sets.

A *set* is a set of samples that is compared between the sides: a function's self samples, its total samples, or those of
a call edge. Sets may overlap; x_A and x_B are a set's samples before and after, summed over the runs of a side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ALPHA = 0.05
"""False discovery rate of the whole diff, and one minus the level of each interval."""

MIN_CHANGE = 0.002
"""Smallest change worth telling, in shares of the baseline's time (0.2 points)."""

LEAST_CHANGE = -1.0
"""No change is below it: a program that takes no time at all has lost 100% of the baseline's."""

MIN_SAMPLES = 20
"""Sets with fewer samples on both sides together are not tested."""


@dataclass(frozen=True, slots=True)
class SetTests:
    """The outcome for m sets, as columns of length m; never NaN.

    Where `tested` is false, p and q are 1, t is 0 and the interval is (-inf, inf): there is nothing to print but `change`.

    Attributes:
        change: D, signed, in shares of the baseline program's time (0.02 is two points slower).
        low: Lower end of the 95% interval of `change`, never below -1.
        high: Upper end.
        t: Signed root of the deviance over the dispersion; positive is slower.
        p: Two-sided p-value.
        q: Benjamini-Hochberg adjusted p-value over the tested sets.
        dispersion: phi~, the variance over that of pure sampling.
        tested: Whether the set had enough samples, and its counts made sense.
        significant: q <= 0.05 and |change| >= `min_change`.
    """

    change: FloatArray
    low: FloatArray
    high: FloatArray
    t: FloatArray
    p: FloatArray
    q: FloatArray
    dispersion: FloatArray
    tested: BoolArray
    significant: BoolArray


def as_counts(x: ArrayLike) -> FloatArray:
    """Counts as float64, which holds each up to 2^53 exactly.

    Raises:
        ValueError: A count is NaN or infinite.
    """
    counts = np.asarray(x, dtype=np.float64)
    if not np.isfinite(counts).all():
        raise ValueError("a count is not a finite number")
    return counts


def change(before: FloatArray, after: FloatArray, size_ratio: float, total_before: float) -> FloatArray:
    """D = (x_B / s - x_A) / N_A: the change in shares of the baseline's time; adds up over disjoint sets.

    Args:
        before: x_A of each set, in samples.
        after: x_B of each set.
        size_ratio: s = sum e_B / sum e_A, the work after over the work before.
        total_before: N_A, all samples before.

    Raises:
        ValueError: `size_ratio` or `total_before` is not a positive number.
    """
    for name, value in (("size_ratio", size_ratio), ("total_before", total_before)):
        if not (value > 0 and np.isfinite(value)):
            raise ValueError(f"{name} must be a positive number, not {value}")
    moved: FloatArray = (after / size_ratio - before) / total_before
    return moved


def deviance_root(before: FloatArray, after: FloatArray, size_ratio: float) -> FloatArray:
    """Signed root of the Poisson deviance of x_A, x_B from "nothing changed but the work".

    With m_A = (x_A + x_B) / (1 + s) and m_B = s m_A: sign(x_B - m_B) sqrt(2 [x_A ln(x_A/m_A) + x_B ln(x_B/m_B)]), 0 ln 0 = 0.
    It stays right near zero, where the ratio of the sides has no finite error.
    """
    expected_before = (before + after) / (1 + size_ratio)
    expected_after = size_ratio * expected_before
    terms = _x_log_ratio(before, expected_before) + _x_log_ratio(after, expected_after)
    # Rounding can leave a deviance of zero a hair below it.
    root: FloatArray = np.sign(after - expected_after) * np.sqrt(np.maximum(0.0, 2 * terms))
    return root


def _x_log_ratio(x: FloatArray, expected: FloatArray) -> FloatArray:
    positive = (x > 0) & (expected > 0)
    ratio = np.divide(x, expected, out=np.ones_like(x), where=positive)
    return x * np.log(ratio)


def change_error(
    before: FloatArray, after: FloatArray, size_ratio: float, total_before: float, dispersion: FloatArray
) -> FloatArray:
    """One standard error of D: sqrt(phi~ (x_A + x_B / s^2)) / N_A."""
    width: FloatArray = np.sqrt(dispersion * (before + after / size_ratio**2)) / total_before
    return width


def spread_dispersion(before: FloatArray, after: FloatArray, spread: float) -> FloatArray:
    """1 + spread^2 (x_A + x_B) / 2: the dispersion if runs differ by an assumed `spread` (0.05 is 5%)."""
    if not (spread >= 0 and np.isfinite(spread)):
        raise ValueError(f"spread must not be negative, not {spread}")
    dispersion: FloatArray = 1 + spread**2 * (before + after) / 2
    return dispersion


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Adjusted p-values: q_(i) = min over j >= i of p_(j) m / j, in the order given.

    Source: Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995) 289.
    """
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] * (p.size / np.arange(1, p.size + 1))  # never below p, which p * m / m can be
    q = np.empty_like(p)
    q[order] = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return q


def sufficient(before: FloatArray, after: FloatArray, candidates: BoolArray | None) -> BoolArray:
    """Which sets are tested: enough samples, no negative count (pprof differences have them), and a candidate.

    Args:
        before: x_A of each set.
        after: x_B of each set.
        candidates: False for sets left out for other reasons, such as being equal to another; None for all.
    """
    enough: BoolArray = (before + after >= MIN_SAMPLES) & (before >= 0) & (after >= 0)
    return enough if candidates is None else enough & candidates


def decide(
    *,
    change: FloatArray,
    error: FloatArray,
    quantile: FloatArray | float,
    t: FloatArray,
    p: FloatArray,
    dispersion: FloatArray,
    tested: BoolArray,
    min_change: float,
) -> SetTests:
    """Put the columns together: intervals change +- quantile * error, q over the tested sets, significance.

    The normal approximation knows no bounds, the change has one: what of an interval lies below `LEAST_CHANGE` is cut off,
    and since the true change is never there, it holds it as often as before. The bound of a set is minus its share; but
    that is only estimated, and a set that is gone would be missed by half of the intervals that end at the estimate.
    """
    margin = np.where(tested, quantile * error, np.inf)
    p = np.where(tested, p, 1.0)
    q = np.ones_like(p)
    q[tested] = benjamini_hochberg(p[tested])
    return SetTests(
        change=change,
        low=np.where(tested, np.maximum(change - margin, np.minimum(change, LEAST_CHANGE)), -np.inf),
        high=change + margin,
        t=np.where(tested, t, 0.0),
        p=p,
        q=q,
        dispersion=dispersion,
        tested=tested,
        significant=tested & (q <= ALPHA) & (np.abs(change) >= min_change),
    )
