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
    check_sizes(size)
    if size.size < MIN_RUNS * np.unique(size).size:
        raise TooFewSamples(
            f"growth needs at least {MIN_RUNS} runs of each size", hint="give a larger --runs"
        )
    largest = float(size.max())
    powers = (size / largest) ** _EXPONENTS[:, None]
    startup, factor = _lines(powers, time)
    errors = (startup[:, None] + factor[:, None] * powers) / time - 1
    squares = np.square(errors).sum(axis=1)
    best = int(np.argmin(squares))
    freedom = size.size - 3
    quantile = float(student_quantile(0.975, np.array([float(freedom)]))[0])
    inside = _EXPONENTS[squares <= squares[best] * (1 + quantile**2 / freedom)]
    exponent = float(_EXPONENTS[best])
    return Growth(
        exponent,
        float(inside.min()),
        float(inside.max()),
        float(startup[best]),
        float(factor[best]) / largest**exponent,
    )


def check_sizes(sizes: ArrayLike) -> None:
    """Refuse sizes from which no growth can be told.

    Raises:
        UsageError: too few different ones, or one that is negative.
    """
    size = np.asarray(sizes, dtype=np.float64)
    if bool(np.any(size < 0)) or np.unique(size).size < MIN_SIZES:
        raise UsageError(f"growth needs at least {MIN_SIZES} different sizes, none of them negative")


def _lines(x: FloatArray, time: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return intercepts and slopes, neither negative, of the lines with the least relative errors.

    Args:
        x: one row a line, float64[lines, runs].
        time: float64[runs].
    """
    ones, xs = 1 / time, x / time
    a, b, c = float(ones @ ones), xs @ ones, np.square(xs).sum(axis=1)
    p, q = float(ones.sum()), xs.sum(axis=1)
    determinant = a * c - b * b
    solvable = determinant > 1e-9 * a * c
    divisor = np.where(solvable, determinant, 1.0)
    intercept, slope = (c * p - b * q) / divisor, (a * q - b * p) / divisor
    # Where the best line has a negative part, or x hardly varies, the best of those with only one part.
    only_slope = solvable & (intercept < 0)
    only_intercept = ~solvable | (slope < 0)
    intercept = np.where(only_slope, 0.0, np.where(only_intercept, p / a, intercept))
    slope = np.where(only_slope, q / c, np.where(only_intercept, 0.0, slope))
    return intercept, slope
