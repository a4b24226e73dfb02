"""A median with an interval that assumes nothing about the distribution."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

_EXACT = 1000  # beyond, the normal approximation of the binomial is within one rank


def median_interval(values: ArrayLike, tail: float = 0.025) -> tuple[float, float] | None:
    """Return the interval for the median at level 1 - 2 * tail: the k-th smallest to the k-th largest value.

    k is the largest number with P(B < k) <= tail, B binomial with n trials of 1/2: the chance that fewer than k values
    fall below the median. None for fewer than six values, whose extremes do not reach 95%. Source: Conover, Practical
    Nonparametric Statistics, 3.2.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64).ravel())
    k = _rank(ordered.size, tail)
    return None if k == 0 else (float(ordered[k - 1]), float(ordered[ordered.size - k]))


@lru_cache(maxsize=256)
def _rank(n: int, tail: float) -> int:
    if n > _EXACT:
        from hotspot.analysis.statistics.tails import normal_quantile

        return max(0, math.floor(n / 2 + normal_quantile(tail) * math.sqrt(n) / 2))
    below, k = 0, 0
    while (below := below + math.comb(n, k)) <= tail * 2**n:
        k += 1
    return k
