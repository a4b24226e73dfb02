"""google-benchmark's ``--benchmark_format=json``. A measurement is each repetition, all of them in one process.

Format: https://github.com/google/benchmark/blob/main/docs/user_guide.md. Aggregates (mean, median, fits) are no measurements.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hotspot.benchmarks.readers.base import TIME_UNITS, Collector, Found, ResultsFile

NAME = "google-benchmark"


class _Benchmark(msgspec.Struct):
    name: str
    run_name: str | None = None
    run_type: str = "iteration"  # versions before 1.5 do not say, and name aggregates by a suffix
    real_time: float | None = None
    time_unit: str = "ns"
    error_occurred: bool = False
    error_message: str = ""
    skipped: bool = False
    skip_message: str = ""


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]
    context: dict[str, Any] = {}


_OLD_AGGREGATES = ("_mean", "_median", "_stddev", "_cv", "_BigO", "_RMS")


def recognises(file: ResultsFile) -> bool:
    """Whether the top level has google-benchmark's ``context`` beside ``benchmarks``."""
    return {"benchmarks", "context"} <= file.keys


def read(file: ResultsFile) -> Found:
    """Read the real time of every repetition."""
    document = file.decoded(_File)
    collector = Collector(file.path, one_process=True)
    times: dict[str, list[float]] = {}
    aggregated: dict[str, None] = {}
    for benchmark in document.benchmarks:
        name = benchmark.run_name or benchmark.name
        if benchmark.error_occurred or benchmark.skipped:
            message = benchmark.error_message or benchmark.skip_message or "no reason given"
            collector.skip(name, f"did not run: {message}")
        elif _is_aggregate(benchmark):
            aggregated[name] = None
        elif benchmark.real_time is not None and benchmark.time_unit in TIME_UNITS:
            times.setdefault(name, []).append(benchmark.real_time * TIME_UNITS[benchmark.time_unit])
        else:
            collector.skip(name, f"no real_time in a known unit (time_unit is {benchmark.time_unit!r})")
    for name, seconds in times.items():
        collector.add(name, seconds)
    if not times:
        for name in aggregated:
            collector.skip(name, "aggregates only; leave --benchmark_report_aggregates_only out")
    context = document.context
    return collector.found(
        {"host": str(context.get("host_name") or ""), "cores": str(context.get("num_cpus") or "")}
    )


def _is_aggregate(benchmark: _Benchmark) -> bool:
    return benchmark.run_type == "aggregate" or benchmark.name.endswith(_OLD_AGGREGATES)
