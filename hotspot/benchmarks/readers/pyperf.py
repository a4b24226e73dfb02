"""pyperf's JSON. A measurement is the mean of a run, which is a process of its own; warm-ups do not count.

Format: https://pyperf.readthedocs.io/en/latest/api.html
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import numpy as np

from hotspot.benchmarks.readers.base import Collector, Found, ResultsFile

NAME = "pyperf"

Metadata = dict[str, Any]


class _Run(msgspec.Struct):
    metadata: Metadata = {}
    values: list[float] = []


class _Benchmark(msgspec.Struct):
    runs: list[_Run]
    metadata: Metadata = {}


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]
    metadata: Metadata = {}


def recognises(file: ResultsFile) -> bool:
    """Whether the top level is pyperf's ``benchmarks``, ``version`` and nothing of other tools."""
    return {"benchmarks", "version"} <= file.keys and not {"machine_info", "context"} & file.keys


def read(file: ResultsFile) -> Found:
    """Read every benchmark that measures time."""
    document = file.decoded(_File)
    collector = Collector(file.path, one_process=False)
    for position, benchmark in enumerate(document.benchmarks, start=1):
        known = {**document.metadata, **benchmark.metadata}
        name = str(known.get("name") or f"benchmark {position}")
        if (unit := known.get("unit", "second")) != "second":
            collector.skip(name, f"measures {unit}s, not time")
            continue
        runs = [run for run in benchmark.runs if run.values]  # those without calibrated the loops
        peaks = [peak for run in runs if (peak := _peak_bytes({**known, **run.metadata})) is not None]
        starts = [start for run in runs if (start := _started(run.metadata)) is not None]
        collector.add(name, [np.mean(run.values) for run in runs], peak_bytes=peaks, started=starts)
    return collector.found(
        {
            "host": _text(document.metadata, "hostname"),
            "cpu": _text(document.metadata, "cpu_model_name"),
            "cores": _text(document.metadata, "cpu_count"),
            "system": _text(document.metadata, "platform"),
        }
    )


def _peak_bytes(metadata: Metadata) -> int | None:
    """The peak memory of the measured command, where a command was measured, else of the worker."""
    peak = metadata.get("command_max_rss", metadata.get("mem_max_rss"))
    return peak if isinstance(peak, int) and peak > 0 else None


def _started(metadata: Metadata) -> float | None:
    """When a run began; pyperf notes local time, which is good enough to put runs into order."""
    try:
        return datetime.datetime.fromisoformat(str(metadata.get("date"))).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _text(metadata: Metadata, key: str) -> str | None:
    value = metadata.get(key)
    return None if value is None else str(value)
