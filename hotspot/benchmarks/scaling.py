"""How the time of a command grows with the size of its input: time = start-up + factor * size^exponent.

    fit(sizes, seconds) -> Growth

The start-up cost is a parameter of its own: on log axes alone it would bend the line and make every program look better
than it is. The price is that the sizes must span enough to tell the two apart; the interval says whether they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.analysis.statistics.tails import student_quantile
from hotspot.errors import TooFewSamples, UsageError

FloatArray = NDArray[np.float64]

MIN_SIZES = 4
MIN_RUNS = 3
_EXPONENTS = np.round(np.arange(0.0, 5.0001, 0.005), 3)


@dataclass(frozen=True, slots=True)
class Growth:
    """A fitted growth.

    Attributes:
        exponent: of the size.
        low: lower end of its 95% interval.
        high: upper end.
        startup: seconds that do not depend on the size.
        factor: seconds at size 1, without start-up.
    """

    exponent: float
    low: float
    high: float
    startup: float
    factor: float

    def seconds(self, size: float) -> float:
        """Return the fitted time at a size."""
        return float(self.startup + self.factor * size**self.exponent)

    def at_most(self, limit: float) -> bool | None:
        """Whether the exponent is at most ``limit``; None where the interval holds both answers."""
        return True if self.high <= limit else False if self.low > limit else None

    def to_dict(self) -> dict[str, Any]:
        """Return the growth as JSON."""
        return {
            "exponent": self.exponent,
            "interval": [self.low, self.high],
            "startup_seconds": self.startup,
            "factor_seconds": self.factor,
        }


def fit(sizes: ArrayLike, seconds: ArrayLike) -> Growth:
    """Fit time = start-up + factor * size^exponent by least squares of relative errors.

    For each exponent on a grid, start-up and factor (neither negative) are a linear problem; the interval holds the
    exponents whose sum of squares is not worse than the best by more than t^2 / (n - 3) of it. Source: profile
    likelihood, Bates and Watts, Nonlinear Regression Analysis and Its Applications, 6.1.2.

    Args:
        sizes: of each run, not negative; at least `MIN_SIZES` different ones.
        seconds: of each run, positive; `MIN_RUNS` or more a size.

    Raises:
        UsageError: too few sizes, or one that is negative.
        TooFewSamples: too few runs.
    """
    size, time = np.asarray(sizes, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    if bool(np.any(size < 0)) or np.unique(size).size < MIN_SIZES:
        raise UsageError(f"growth needs at least {MIN_SIZES} different sizes, none of them negative")
    if size.size < MIN_RUNS * np.unique(size).size:
        raise TooFewSamples(
            f"growth needs at least {MIN_RUNS} runs of each size", hint="give a larger --runs"
        )
    largest = float(size.max())
    fits = [_fit_linear((size / largest) ** exponent, time) for exponent in _EXPONENTS]
    squares = np.array([square for square, _, _ in fits])
    best = int(np.argmin(squares))
    freedom = size.size - 3
    quantile = float(student_quantile(0.975, np.array([float(freedom)]))[0])
    allowed = squares[best] * (1 + quantile**2 / freedom)
    inside = _EXPONENTS[squares <= allowed]
    exponent = float(_EXPONENTS[best])
    _, startup, factor = fits[best]
    return Growth(exponent, float(inside.min()), float(inside.max()), startup, factor / largest**exponent)


def _fit_linear(x: FloatArray, time: FloatArray) -> tuple[float, float, float]:
    """Return the sum of squared relative errors, intercept and slope of the best line with neither negative."""
    design = np.stack([1 / time, x / time], axis=1)
    candidates = []
    solution, *_ = np.linalg.lstsq(design, np.ones_like(time), rcond=None)
    if solution.min() >= 0:
        candidates.append((float(solution[0]), float(solution[1])))
    else:
        for column in (0, 1):
            only = design[:, column]
            value = float(only.sum() / (only @ only)) if bool(np.any(only)) else 0.0
            candidates.append((value, 0.0) if column == 0 else (0.0, value))
    scored = [
        (float(((design @ np.array(candidate) - 1) ** 2).sum()), *candidate) for candidate in candidates
    ]
    return min(scored)
