"""When a difference between profiles is real: size factors, screening, the replicated test, callers, how much is missing.

Pure functions on numpy arrays; no profile in sight. Counts are samples of *sets* (a function's self samples, its total
samples, a call edge's), one row a set:

    size_factors -> e_k -> screen(pooled counts)                        1 or 2 runs a side, or weights only
                        -> fit_model(counts) -> replicated(counts)      3 or more runs a side

`screen` and `replicated` give the same columns, `SetTests`. Nothing here returns NaN: what does not exist is masked by
`tested` or is None. Importing this package, and screening, leaves scipy alone.
"""

from hotspot.analysis.statistics.callers import Blame, blame, caller_agreement, log_ratio_error
from hotspot.analysis.statistics.dispersion import MIN_RUNS, Model, fit_model, pearson_dispersion
from hotspot.analysis.statistics.effect import (
    ALPHA,
    MIN_CHANGE,
    MIN_SAMPLES,
    SetTests,
    benjamini_hochberg,
)
from hotspot.analysis.statistics.planning import (
    DataNeeded,
    between_run_floor,
    data_needed,
    runs_needed,
    samples_needed,
)
from hotspot.analysis.statistics.replicated import replicated
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
    "MIN_RUNS",
    "MIN_SAMPLES",
    "SPREAD",
    "Basis",
    "Blame",
    "DataNeeded",
    "Model",
    "NormalisedBy",
    "SetTests",
    "SizeFactors",
    "basis",
    "benjamini_hochberg",
    "between_run_floor",
    "blame",
    "caller_agreement",
    "data_needed",
    "fit_model",
    "log_ratio_error",
    "mean_weight",
    "pearson_dispersion",
    "replicated",
    "runs_needed",
    "samples_needed",
    "screen",
    "size_factors",
    "weighted_median",
]
