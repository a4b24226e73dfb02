"""pytest-benchmark's ``--benchmark-json``. A measurement is each round, all of them in one process.

Format: https://pytest-benchmark.readthedocs.io. ``--benchmark-save`` leaves the rounds out unless ``--benchmark-save-data``
is given.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hotspot.benchmarks.readers.base import Collector, Found, ResultsFile

NAME = "pytest-benchmark"


class _Stats(msgspec.Struct):
    data: list[float | str] | None = None  # published files have "..." where somebody cut them
    rounds: int = 0


class _Benchmark(msgspec.Struct):
    name: str
    stats: _Stats
    fullname: str | None = None


class _File(msgspec.Struct):
    benchmarks: list[_Benchmark]
    machine_info: dict[str, Any] = {}
    commit_info: dict[str, Any] = {}


def recognises(file: ResultsFile) -> bool:
    """Whether the top level has pytest-benchmark's ``machine_info`` beside ``benchmarks``."""
    return {"benchmarks", "machine_info"} <= file.keys


def read(file: ResultsFile) -> Found:
    """Read every benchmark that kept its rounds."""
    document = file.decoded(_File)
    collector = Collector(file.path, one_process=True)
    for benchmark in document.benchmarks:
        name = benchmark.fullname or benchmark.name
        rounds = [seconds for seconds in benchmark.stats.data or () if isinstance(seconds, float)]
        if rounds:
            collector.add(name, rounds)
            if len(rounds) < benchmark.stats.rounds:
                collector.skip(
                    name, f"{benchmark.stats.rounds - len(rounds)} of its rounds are not in the file"
                )
        else:
            collector.skip(name, "holds a mean but not its rounds; save them with --benchmark-save-data")
    machine, commit = document.machine_info, document.commit_info
    cpu = machine.get("cpu")
    cpu = cpu if isinstance(cpu, dict) else {}
    return collector.found(
        {
            "host": str(machine.get("node") or ""),
            "cpu": str(cpu.get("brand_raw") or cpu.get("brand") or ""),
            "cores": str(cpu.get("count") or ""),
            "system": " ".join(str(machine[key]) for key in ("system", "release") if machine.get(key)),
        },
        _revision(commit),
    )


def _revision(commit: dict[str, Any]) -> str | None:
    """The commit that was measured; with uncommitted changes it is not that commit."""
    revision = commit.get("id")
    known = isinstance(revision, str) and re.fullmatch(r"[0-9a-f]{7,64}", revision)
    return revision if known and not commit.get("dirty") else None
