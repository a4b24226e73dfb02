"""hyperfine's ``--export-json``, and ``hotspot bench run -o``, which writes the same with more beside it.

Format: https://github.com/sharkdp/hyperfine. A measurement is each time, of a process of its own.
"""

from __future__ import annotations

import msgspec

from hotspot.benchmarks.readers.base import Collector, Found, ResultsFile

NAME = "hyperfine"


class _Result(msgspec.Struct):
    command: str
    times: list[float] | None = None
    exit_codes: list[int | None] | None = None
    memory_usage_byte: list[int] | None = None
    # hotspot's own
    started: list[float] | None = None


class _Hotspot(msgspec.Struct):
    """What `hotspot bench run` adds at top level."""

    machine: dict[str, str] = {}
    revision: str | None = None


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
        codes = result.exit_codes or []
        failed = [code for code in codes if code != 0]
        if failed:
            codes_text = ", ".join(sorted({"a signal" if code is None else str(code) for code in failed}))
            collector.skip(
                result.command, f"failed in {len(failed)} of {len(codes)} runs (exit code {codes_text})"
            )
        elif not result.times:
            collector.skip(result.command, "holds a mean but not the times (`times`) it was taken from")
        else:
            collector.add(
                result.command,
                result.times,
                peak_bytes=result.memory_usage_byte or (),
                started=result.started or (),
            )
    ours = document.hotspot or _Hotspot()
    return collector.found(ours.machine, ours.revision)
