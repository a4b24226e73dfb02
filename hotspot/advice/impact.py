"""What a finding is worth: Amdahl's law over the share it explains and the gain that is typical for its rule."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Impact:
    """By how much the whole gets smaller, as shares of it.

    Attributes:
        share: of the whole that the finding explains.
        interval: 95% interval of that share, None where samples were not counted.
        gain: the factors that are typical for the explained part, from and to.
        ceiling: what would be saved if the explained part cost nothing.
        low: what is saved at the lower end of both ranges.
        high: at the upper end of the gain.
        typical: at the share as measured and the geometric middle of the gain.
    """

    share: float
    interval: tuple[float, float] | None
    gain: tuple[float, float]

    @property
    def ceiling(self) -> float:
        """What is saved if the explained part costs nothing."""
        return self.share

    @property
    def low(self) -> float:
        """What is saved at the lower end of share and gain."""
        share = self.interval[0] if self.interval else self.share
        return saved(share, self.gain[0])

    @property
    def high(self) -> float:
        """What is saved at the upper end of the gain, with the share as measured: never more than the ceiling."""
        return saved(self.share, self.gain[1])

    @property
    def typical(self) -> float:
        """What is saved in the middle of the gain's range (geometric: gains multiply)."""
        return saved(self.share, math.sqrt(self.gain[0] * self.gain[1]))


def impact(share: float, gain: tuple[float, float], samples: int | None) -> Impact:
    """Return what a part of the whole is worth.

    Args:
        share: of the part, 0 to 1.
        gain: see `Impact`.
        samples: of the whole profile; None where they are not counted.
    """
    interval = binomial_interval(round(share * samples), samples) if samples else None
    return Impact(share, interval, gain)


def saved(share: float, gain: float) -> float:
    """Return by which share of itself the whole shrinks when a part of it gets ``gain`` times as fast.

    G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities", 1967.
    """
    return share * (1 - 1 / gain)


def speedup(saving: float) -> float:
    """Return how many times as fast the whole is when a share of it is saved; infinite for all of it."""
    return 1 / (1 - saving) if saving < 1 else math.inf


def binomial_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95% Wilson score interval of a proportion (Wilson 1927), which holds for few samples too."""
    z = 1.959963984540054
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    return max(0.0, centre - half), min(1.0, centre + half)
