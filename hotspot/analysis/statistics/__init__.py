"""When a difference between profiles is real: size factors, screening, the replicated test, callers, how much is missing.

Pure functions on numpy arrays; no profile in sight. Counts are samples of *sets* (a function's self samples, its total
samples, a call edge's), one row a set:

    size_factors -> e_k -> screen(pooled counts)                        1 or 2 runs a side, or weights only
                        -> fit_model(counts) -> replicated(counts)      3 or more runs a side

`screen` and `replicated` give the same columns, `SetTests`. Nothing here returns NaN: what does not exist is masked by
`tested` or is None. Importing this package, and screening, leaves scipy alone.
"""

from hotspot.analysis.statistics.effect import (
    ALPHA,
    MIN_CHANGE,
    MIN_SAMPLES,
    SetTests,
    benjamini_hochberg,
)
from hotspot.analysis.statistics.screening import SPREAD, screen
from hotspot.analysis.statistics.sizes import (
    Basis,
    NormalisedBy,
    SizeFactors,
    basis,
    mean_weight,
    size_factors,
    weighted_median,
)

__all__ = [
    "ALPHA",
    "MIN_CHANGE",
    "MIN_SAMPLES",
    "SPREAD",
    "Basis",
    "NormalisedBy",
    "SetTests",
    "SizeFactors",
    "basis",
    "benjamini_hochberg",
    "mean_weight",
    "screen",
    "size_factors",
    "weighted_median",
]
