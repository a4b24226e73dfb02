"""Whether a benchmark got faster: Hodges-Lehmann on log times, its exact interval, and the verdict.

    compare(before, after, comparisons=m) -> Ratio -> with_drift -> judge -> Judgement

rho = after / before, so 0.8 is a fifth faster. Times may be in any unit, the same on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.analysis.statistics.tails import normal_quantile

FloatArray = NDArray[np.float64]

MIN_MEASUREMENTS = 10
"""Measurements a side below which there is too little data to judge."""

ALPHA = 0.05
THRESHOLD = 0.05
"""A ratio within 1 +- this is too small to be what was asked for, however real."""

DRIFT = 0.10
"""Allowance for what a machine may drift between two recordings made one after the other."""

# Up to this many pairs the distribution of Mann-Whitney's U is counted out; beyond, the normal one is close and, with
# its heavier tails, on the safe side.
_EXACT_PAIRS = 2500


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ratio of the times after to those before.

    Attributes:
        rho: Hodges-Lehmann estimate, exp of the median difference of log times.
        low: Lower end of the interval; 0 where the measurements are too few for its level.
        high: Upper end; infinite where they are too few.
        before: Number of measurements before.
        after: Number of measurements after.
        drift: Allowance the interval was widened by; 0 for none.
    """

    rho: float
    low: float
    high: float
    before: int
    after: int
    drift: float = 0.0


Verdict = Literal["VERIFIED", "MARGINAL", "REGRESSION"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on one benchmark.

    Attributes:
        verdict: VERIFIED (faster), REGRESSION (slower) or MARGINAL.
        decisive: False where a MARGINAL only means too little data.
        measurements_needed: Measurements a side that would settle an indecisive one; None where none are needed, where the
            interval has no end yet, or where the drift allowance hides the answer whatever their number: then the sides
            must be interleaved.
    """

    verdict: Verdict
    decisive: bool
    measurements_needed: int | None


def compare(before: ArrayLike, after: ArrayLike, *, comparisons: int = 1) -> Ratio:
    """Estimate rho with an interval at level 1 - 0.05 / m by inverting the Mann-Whitney test on log times.

    The interval runs from the c-th smallest to the c-th largest of the n_A n_B differences of log times, c the largest
    number with P(U < c) <= 0.025 / m. Sources: Hodges and Lehmann, Ann. Math. Stat. 34 (1963) 598; Hollander, Wolfe and
    Chicken, Nonparametric Statistical Methods, 4.3.

    Args:
        before: Times before, in any unit.
        after: Times after, in the same.
        comparisons: m, the number of benchmarks compared together.

    Raises:
        ValueError: A side without times, a time that is not a positive number, no comparison.
    """
    log_before, log_after = _log_times("before", before), _log_times("after", after)
    if comparisons < 1:
        raise ValueError(f"comparisons must be at least 1, not {comparisons}")
    pairs = log_before.size * log_after.size
    middle = [_kth_difference(log_before, log_after, rank) for rank in ((pairs + 1) // 2, pairs // 2 + 1)]
    rank = _interval_rank(log_before.size, log_after.size, ALPHA / (2 * comparisons))
    return Ratio(
        rho=math.exp(sum(middle) / 2),
        low=math.exp(_kth_difference(log_before, log_after, rank)) if rank else 0.0,
        high=math.exp(_kth_difference(log_before, log_after, pairs + 1 - rank)) if rank else math.inf,
        before=log_before.size,
        after=log_after.size,
    )


def difference(before: ArrayLike, after: ArrayLike) -> tuple[float, tuple[float, float] | None]:
    """Return after - before by Hodges-Lehmann, and its 95% interval: as `compare`, on the values themselves.

    The interval is None where there are too few measurements for its level.

    Raises:
        ValueError: A side is empty or holds a value that is not finite.
    """
    first, second = (np.sort(np.asarray(side, dtype=np.float64).ravel()) for side in (before, after))
    if not first.size or not second.size or not np.all(np.isfinite([*first, *second])):
        raise ValueError("both sides must hold finite numbers, at least one")
    pairs = first.size * second.size
    middle = [_kth_difference(first, second, rank) for rank in ((pairs + 1) // 2, pairs // 2 + 1)]
    rank = _interval_rank(first.size, second.size, ALPHA / 2)
    if not rank:
        return sum(middle) / 2, None
    ends = (_kth_difference(first, second, rank), _kth_difference(first, second, pairs + 1 - rank))
    return sum(middle) / 2, ends


def with_drift(ratio: Ratio, drift: float = DRIFT) -> Ratio:
    """Widen the interval to [low / (1 + drift), high * (1 + drift)].

    For sides measured one after the other, or in one process each: no test within them can see a drift between them.

    Raises:
        ValueError: `drift` is negative.
    """
    if not drift >= 0:
        raise ValueError(f"drift must not be negative, not {drift}")
    return replace(ratio, low=ratio.low / (1 + drift), high=ratio.high * (1 + drift), drift=drift)


def judge(ratio: Ratio, threshold: float = THRESHOLD) -> Judgement:
    """VERIFIED: interval below 1 and rho <= 0.95; REGRESSION: interval above 1 and rho >= 1.05; else MARGINAL.

    A MARGINAL is decisive where the interval lies within 0.95 to 1.05. For profiles, rho is 1 + D of the whole program.
    """
    if ratio.high < 1 and ratio.rho <= 1 - threshold:
        return Judgement("VERIFIED", True, None)
    if ratio.low > 1 and ratio.rho >= 1 + threshold:
        return Judgement("REGRESSION", True, None)
    if ratio.low >= 1 - threshold and ratio.high <= 1 + threshold:
        return Judgement("MARGINAL", True, None)
    return Judgement("MARGINAL", False, _measurements_needed(ratio, threshold))


def with_others(target: Judgement, others: Iterable[Judgement]) -> Judgement:
    """The verdict on a change: a verified target does not outweigh another benchmark that regressed."""
    if target.verdict == "VERIFIED" and any(other.verdict == "REGRESSION" for other in others):
        return Judgement("REGRESSION", True, None)
    return target


def _measurements_needed(ratio: Ratio, threshold: float) -> int | None:
    """Measurements a side at which the interval, shrinking with their root, would settle the estimate as it stands."""
    if ratio.low <= 0 or math.isinf(ratio.high):
        return None
    at = math.log(ratio.rho)
    if 1 - threshold < ratio.rho < 1 + threshold:
        room = min(at - math.log(1 - threshold), math.log(1 + threshold) - at)
    else:
        room = abs(at)
    allowance = math.log1p(ratio.drift)
    if room <= allowance:
        return None
    width = (math.log(ratio.high) - math.log(ratio.low)) / 2 - allowance
    return math.ceil(min(ratio.before, ratio.after) * (width / (room - allowance)) ** 2)


def _log_times(side: str, times: ArrayLike) -> FloatArray:
    values = np.asarray(times, dtype=np.float64).ravel()
    if values.size == 0 or not np.all(np.isfinite(values) & (values > 0)):
        raise ValueError(f"the times {side} must be positive numbers, at least one")
    return np.sort(np.log(values))


def _kth_difference(before: FloatArray, after: FloatArray, rank: int) -> float:
    """The rank-th smallest (from 1) of all differences after_j - before_i, both sorted.

    By bisection on the value: a side may hold 100,000 rounds, and 10^10 differences fit nowhere.
    """
    low, high = float(after[0] - before[-1]), float(after[-1] - before[0])
    for _ in range(100):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if int(np.searchsorted(before, after - middle, side="left").sum()) <= after.size * before.size - rank:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=1024)
def _interval_rank(before: int, after: int, tail: float) -> int:
    """The largest c with P(U < c) <= tail under Mann-Whitney's null hypothesis; 0 where there is none."""
    if before * after > _EXACT_PAIRS:
        deviation = math.sqrt(before * after * (before + after + 1) / 12)
        return max(0, math.floor(before * after / 2 + normal_quantile(tail) * deviation))
    return int(np.searchsorted(np.cumsum(_mann_whitney(before, after)), tail, side="right"))


def _mann_whitney(before: int, after: int) -> FloatArray:
    """P(U = u) for u = 0 ... before * after, without ties.

    The largest of i + j values comes from the first side with chance i / (i + j) and then exceeds all j of the other:
    P_ij(u) = i/(i+j) P_(i-1)j(u - j) + j/(i+j) P_i(j-1)(u). Source: Mann and Whitney, Ann. Math. Stat. 18 (1947) 50.
    """
    before, after = max(before, after), min(before, after)  # U's distribution is the same; fewer rows to keep
    length = before * after + 1
    row: list[FloatArray] = [np.eye(1, length)[0] for _ in range(after + 1)]  # i = 0: U is 0
    for i in range(1, before + 1):
        for j in range(1, after + 1):
            taken = np.zeros(length)
            taken[j:] = row[j][: length - j]
            row[j] = i / (i + j) * taken + j / (i + j) * row[j - 1]
    return row[after]
