"""hyperfine's ``--export-json``, and ``hotspot bench run -o``, which writes the same with more beside it.

Format: https://github.com/sharkdp/hyperfine. A measurement is each time, of a process of its own.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from hotspot.benchmarks.readers.base import Collector, Found, FoundSide, ResultsFile

NAME = "hyperfine"


class _Result(msgspec.Struct):
    command: str
    times: list[float] | None = None
    exit_codes: list[int | None] | None = None
    memory_usage_byte: list[int] | None = None
    # hotspot's own: when each run began, on which side of the comparison, and the name that both sides share
    started: list[float] | None = None
    side: int | None = None
    name: str | None = None


class _Side(msgspec.Struct):
    label: str
    revision: str | None = None


class _Hotspot(msgspec.Struct):
    """What `hotspot bench run` adds at top level."""

    machine: dict[str, str | int | None] = {}
    sides: list[_Side] = []


class _File(msgspec.Struct):
    results: list[_Result]
    hotspot: _Hotspot | None = None


def recognises(file: ResultsFile) -> bool:
    """Whether the top level is an object with ``results`` and not asv's."""
    return "results" in file.keys and "result_columns" not in file.keys


def read(file: ResultsFile) -> Found:
    """Read the commands; one that failed in any run is skipped, for a failing run measures the failure."""
    document = file.decoded(_File)
    collector = Collector(file.path, one_process=False)
    for result in document.results:
        _add(collector, result, result.command)
    ours = document.hotspot or _Hotspot()
    found = collector.found(
        {key: None if value is None else str(value) for key, value in ours.machine.items()},
        ours.sides[0].revision if len(ours.sides) == 1 else None,
    )
    return replace(found, sides=_sides(file.path, document)) if len(ours.sides) > 1 else found


def _sides(path: str, document: _File) -> tuple[FoundSide, ...]:
    assert document.hotspot is not None
    sides = []
    for number, side in enumerate(document.hotspot.sides):
        collector = Collector(path, one_process=False)
        for result in document.results:
            if result.side == number:
                _add(collector, result, result.name or result.command)
        sides.append(FoundSide(side.label, side.revision, collector.found().benchmarks))
    return tuple(sides)


def _add(collector: Collector, result: _Result, name: str) -> None:
    codes = result.exit_codes or []
    failed = [code for code in codes if code != 0]
    if failed:
        told = ", ".join(sorted({"a signal" if code is None else str(code) for code in failed}))
        collector.skip(name, f"failed in {len(failed)} of {len(codes)} runs (exit code {told})")
    elif not result.times:
        collector.skip(name, "holds a mean but not the times (`times`) it was taken from")
    else:
        peaks, starts = result.memory_usage_byte or (), result.started or ()
        collector.add(name, result.times, peak_bytes=peaks, started=starts)
