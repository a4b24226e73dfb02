"""JMH's ``-rf json``. A measurement is each iteration, taken as of one process: few forks share many iterations.

Format: https://github.com/openjdk/jmh. Throughput becomes the time of one operation; sampled modes keep a histogram, not
measurements, in time order, so they are skipped.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hotspot.benchmarks.readers.base import TIME_UNITS, Collector, Found, ResultsFile

NAME = "jmh"


class _Metric(msgspec.Struct):
    scoreUnit: str
    rawData: list[list[float]] | None = None


class _Benchmark(msgspec.Struct):
    benchmark: str
    mode: str
    primaryMetric: _Metric
    params: dict[str, Any] = {}


def recognises(file: ResultsFile) -> bool:
    """Whether it is an array of objects with ``primaryMetric``."""
    return {"benchmark", "primaryMetric"} <= file.keys


def read(file: ResultsFile) -> Found:
    """Read the iterations of every benchmark whose score is a time or a throughput."""
    collector = Collector(file.path, one_process=True)
    for one in file.decoded(list[_Benchmark]):
        params = ", ".join(f"{key}={value}" for key, value in one.params.items())
        name = f"{one.benchmark}({params})" if params else one.benchmark
        scores = [score for fork in one.primaryMetric.rawData or [] for score in fork]
        above, _, below = one.primaryMetric.scoreUnit.partition("/")
        if not scores:
            collector.skip(name, f"mode {one.mode} keeps no single iterations")
        elif above == "ops" and below in TIME_UNITS:
            collector.add(name, [TIME_UNITS[below] / score if score > 0 else 0.0 for score in scores])
        elif below == "op" and above in TIME_UNITS:
            collector.add(name, [score * TIME_UNITS[above] for score in scores])
        else:
            collector.skip(name, f"its unit {one.primaryMetric.scoreUnit} is no time")
    return collector.found()
