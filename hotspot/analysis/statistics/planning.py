"""How much data would settle a row that is inconclusive or suspect; good to about +-30%."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hotspot.analysis.statistics.effect import ALPHA, MIN_CHANGE
from hotspot.analysis.statistics.tails import normal_quantile

POWER_QUANTILE = 1.28
"""The normal quantile of 90% power."""

MIN_SETTLING_RUNS = 5


@dataclass(frozen=True, slots=True)
class DataNeeded:
    """Totals a side; one of the two, never both: more samples do not help where the runs differ by more than the change.

    Attributes:
        samples: Samples a side, over all runs.
        runs: Runs a side.
    """

    samples: int | None
    runs: int | None


def detection_quantile(tested: int) -> float:
    """How many standard errors are found with 90% power among m sets: z = PHI^-1(1 - 0.05 / 2m) + 1.28."""
    return normal_quantile(1 - ALPHA / (2 * max(1, tested))) + POWER_QUANTILE


def samples_needed(
    share: float, change: float, *, tested: int, s0sq: float, min_change: float = MIN_CHANGE
) -> int:
    """N = z^2 s0sq (2w + delta) / delta^2 samples a side, delta = |D| but at least `min_change`.

    Args:
        share: w, the set's share before, 0 to 1.
        change: D of the set, in shares.
        tested: m, the number of sets tested.
        s0sq: Scale of the dispersion (`Model.s0sq`; 1 in a screening).
        min_change: Smallest |D| that counts.
    """
    delta = max(abs(change), min_change)
    return math.ceil(detection_quantile(tested) ** 2 * s0sq * (2 * share + delta) / delta**2)


def runs_needed(
    share: float, change: float, *, tested: int, spread: float, min_change: float = MIN_CHANGE
) -> int:
    """K = max(5, ceil(2 (z w a / delta)^2)) runs a side, a = `spread` between runs (sqrt(a2), or the assumed one)."""
    delta = max(abs(change), min_change)
    ratio = detection_quantile(tested) * share * spread / delta
    return max(MIN_SETTLING_RUNS, math.ceil(2 * ratio**2))


def between_run_floor(share: float, *, tested: int, spread: float, runs: int) -> float:
    """The smallest change that K runs a side can show, however many samples they have: z w a sqrt(2 / K)."""
    return detection_quantile(tested) * share * spread * math.sqrt(2 / runs)


def data_needed(
    share: float,
    change: float,
    *,
    tested: int,
    s0sq: float,
    spread: float,
    runs: int,
    min_change: float = MIN_CHANGE,
) -> DataNeeded:
    """Runs where the change lies below what the runs can show, else samples. Arguments as above; `runs` of the smaller side."""
    if max(abs(change), min_change) < between_run_floor(share, tested=tested, spread=spread, runs=runs):
        return DataNeeded(
            None, runs_needed(share, change, tested=tested, spread=spread, min_change=min_change)
        )
    return DataNeeded(samples_needed(share, change, tested=tested, s0sq=s0sq, min_change=min_change), None)
