"""Tails and quantiles of the normal, Student and chi-squared distributions.

The normal ones use the standard library alone, so that a diff of two files never waits for scipy; the others import
`scipy.special` when first called (0.2 s), never `scipy.stats` (a second).
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from hotspot.analysis.statistics.effect import FloatArray

_NORMAL = NormalDist()


def normal_two_sided(t: FloatArray) -> FloatArray:
    """P(|Z| >= |t|) for a standard normal Z."""
    scaled = np.abs(t) / math.sqrt(2)
    return np.array([math.erfc(value) for value in scaled.tolist()], dtype=np.float64)


def normal_quantile(probability: float) -> float:
    """The z with P(Z <= z) = `probability`, which lies strictly between 0 and 1."""
    return _NORMAL.inv_cdf(probability)


def student_two_sided(t: FloatArray, degrees: FloatArray) -> FloatArray:
    """P(|T| >= |t|) for Student's T with `degrees` degrees of freedom."""
    from scipy.special import stdtr  # type: ignore[import-untyped]  # scipy ships no types

    tail: FloatArray = 2 * stdtr(degrees, -np.abs(t))
    return tail


def student_quantile(probability: float, degrees: FloatArray) -> FloatArray:
    """The t with P(T <= t) = `probability`."""
    from scipy.special import stdtrit

    # Sets differ in degrees by a side's runs at most: a hundred thousand of them have two or three.
    distinct, inverse = np.unique(degrees, return_inverse=True)
    quantile: FloatArray = np.asarray(stdtrit(distinct, probability), dtype=np.float64)[inverse.reshape(-1)]
    return quantile


def chi2_upper(x: float, degrees: float) -> float:
    """P(X >= x) for chi-squared X."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, x))


def chi2_median(degrees: FloatArray) -> FloatArray:
    """The median of chi-squared."""
    from scipy.special import chdtri

    distinct, inverse = np.unique(degrees, return_inverse=True)
    median: FloatArray = np.asarray(chdtri(distinct, 0.5), dtype=np.float64)[inverse.reshape(-1)]
    return median


def digamma(x: FloatArray) -> FloatArray:
    """The derivative of ln gamma."""
    from scipy.special import psi

    value: FloatArray = psi(x)
    return value


def trigamma(x: FloatArray, order: int = 1) -> FloatArray:
    """The derivative of digamma (or, by `order`, a higher one)."""
    from scipy.special import polygamma

    value: FloatArray = polygamma(order, x)
    return value


def inverse_trigamma(value: float) -> float:
    """The y > 0 with trigamma(y) = `value` > 0, by Newton's method on 1/trigamma, which is nearly straight.

    Source: Smyth, Stat. Appl. Genet. Mol. Biol. 3 (2004), appendix.
    """
    if value > 1e7:
        return 1 / math.sqrt(value)
    if value < 1e-6:
        return 1 / value
    y = 0.5 + 1 / value
    for _ in range(50):
        at = np.array([y])
        slope = float(trigamma(at, 2)[0])
        here = float(trigamma(at)[0])
        step = here * (1 - here / value) / slope
        y += step
        if abs(step) < 1e-10 * y:
            break
    return y
