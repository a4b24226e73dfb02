"""Measure commands in turn: wall time and peak memory of each run, or what a benchmark tool wrote about its own.

measure(sides) -> Session -> .results(side) for comparing, .to_dict() for the file (hyperfine's JSON and more)
"""

from __future__ import annotations

import shlex
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hotspot.benchmarks.load import load_results
from hotspot.benchmarks.model import Benchmark, Results, unique_names
from hotspot.errors import HotspotError
from hotspot.record.interleave import Side, Step, StoppedEarly, Turn, full_rounds, interleave
from hotspot.record.process import Finished, Stream, run_measured
from hotspot.record.worktrees import last_lines
from hotspot.state import Machine, machine_facts

SCHEMA = "hotspot.bench/1"
OUTPUT = "{output}"
"""In a command, stands for a file that the command writes its own benchmark results to."""

ROUNDS = 20
WARMUP = 1


class BenchmarkFailed(HotspotError):
    """A command that was to be measured failed; a failing run measures the failure."""


@dataclass(frozen=True)
class Revision:
    """What of the project's history ran on a side: a full hash, and whether uncommitted changes came with it."""

    commit: str
    dirty: bool = False


@dataclass(frozen=True)
class Measured:
    """One run.

    Attributes:
        finished: the process.
        seconds: benchmark -> seconds: the command's own wall time, or what it wrote to ``{output}``.
    """

    finished: Finished
    seconds: dict[str, float]


@dataclass(frozen=True, eq=False)
class Session:
    """Sides measured in turn.

    Attributes:
        sides: in the order they took turns; the first is the baseline.
        revisions: of each side, where it is one.
        turns: every run that counts, in the order they were made.
        warmup: runs of each side that did not count.
        complete: False where it was stopped before all rounds were done.
    """

    sides: tuple[Side, ...]
    revisions: tuple[Revision | None, ...]
    turns: tuple[Turn[Measured], ...]
    machine: Machine
    warmup: int
    complete: bool = True

    def results(self, side: int) -> Results:
        """Return the benchmarks of a side, as if read from a file."""
        revision = self.revisions[side]
        return Results(
            path=self.sides[side].label,
            sha256="",
            format="hyperfine",
            benchmarks=tuple(self._benchmark(side, name) for name in self._names(side)),
            machine=machine_texts(self.machine),
            revision=revision.commit if revision is not None and not revision.dirty else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object: hyperfine's, with ``hotspot`` and more keys a result beside."""
        entries = [(side, name) for side in range(len(self.sides)) for name in self._names(side)]
        shared = {name for side, name in entries if [n for _, n in entries].count(name) > 1}
        titles = unique_names(
            f"{name} @ {self.sides[side].label}" if name in shared else name for side, name in entries
        )
        return {
            "results": [
                self._result(side, name, title) for (side, name), title in zip(entries, titles, strict=True)
            ],
            "hotspot": {
                "schema": SCHEMA,
                "machine": self.machine.to_dict(),
                "sides": [
                    {
                        "label": side.label,
                        "command": list(side.command),
                        "revision": None if revision is None or revision.dirty else revision.commit,
                        "dirty": None if revision is None else revision.dirty,
                    }
                    for side, revision in zip(self.sides, self.revisions, strict=True)
                ],
                "order": [turn.side for turn in self.turns],
                "warmup": self.warmup,
                "complete": self.complete,
            },
        }

    def _of(self, side: int) -> list[Turn[Measured]]:
        return [turn for turn in self.turns if turn.side == side]

    def _names(self, side: int) -> list[str]:
        """Benchmarks that every run of a side measured."""
        runs = [turn.result.seconds for turn in self._of(side)]
        return [name for name in runs[0] if all(name in run for run in runs)]

    def _benchmark(self, side: int, name: str) -> Benchmark:
        turns = self._of(side)
        return Benchmark(
            name,
            np.array([turn.result.seconds[name] for turn in turns]),
            one_process=False,
            peak_bytes=tuple(turn.result.finished.peak_bytes for turn in turns),
            started=tuple(turn.started.timestamp() for turn in turns),
        )

    def _result(self, side: int, name: str, title: str) -> dict[str, Any]:
        benchmark = self._benchmark(side, name)
        times = benchmark.seconds.tolist()
        runs = [turn.result.finished for turn in self._of(side)]
        return {
            "command": title,
            "mean": statistics.fmean(times),
            "stddev": statistics.stdev(times) if len(times) > 1 else None,
            "median": benchmark.median,
            "user": statistics.fmean(run.user_seconds for run in runs),
            "system": statistics.fmean(run.system_seconds for run in runs),
            "min": min(times),
            "max": max(times),
            "times": times,
            "exit_codes": [run.exit_code for run in runs],
            "memory_usage_byte": list(benchmark.peak_bytes),
            "started": list(benchmark.started),
            "side": side,
            "name": name,
        }


def measure(
    sides: Sequence[Side],
    *,
    revisions: Sequence[Revision | None] | None = None,
    rounds: int = ROUNDS,
    warmup: int = WARMUP,
    show_output: bool = False,
    progress: Callable[[Step], None] | None = None,
) -> Session:
    """Run every side once a round, in turn.

    Args:
        sides: what to run; the first is the baseline.
        revisions: of each side, to be kept with the results.
        rounds: runs of each side that count.
        warmup: runs of each side before these.
        show_output: let the programs print; else their output is thrown away.
        progress: told before each run.

    Returns:
        The session; after Ctrl-C the full rounds until then.

    Raises:
        CannotRun: a command cannot be started.
        BenchmarkFailed: a run ended with an exit code other than 0, or wrote no results to ``{output}``.
        StoppedEarly: Ctrl-C before the first round was done.
    """
    labels = unique_names(side.label for side in sides)
    sides = [Side(label, side.command, side.cwd, side.env) for label, side in zip(labels, sides, strict=True)]

    def run(side: Side, _: int) -> Measured:
        return _run(side, show_output)

    complete = True
    try:
        turns = interleave(sides, rounds, run, warmup=warmup, progress=progress)
    except StoppedEarly as stopped:
        turns = full_rounds(stopped.turns, len(sides))
        if not stopped.interrupted and isinstance(stopped.__cause__, HotspotError):
            raise stopped.__cause__ from None
        if not turns:
            raise
        complete = False
    return Session(
        tuple(sides),
        tuple(revisions) if revisions is not None else (None,) * len(sides),
        turns,
        machine_facts(),
        warmup,
        complete,
    )


def machine_texts(machine: Machine) -> dict[str, str]:
    """Return what of a machine matters when its measurements are set against another's."""
    facts = {
        "cpu": machine.cpu,
        "cores": machine.cores,
        "system": f"{machine.system} {machine.kernel}",
        "architecture": machine.architecture,
    }
    return {key: str(value) for key, value in facts.items() if value is not None}


def _run(side: Side, show_output: bool) -> Measured:
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as folder, tempfile.TemporaryFile() as said:
        written = Path(folder) / "results.json"
        command = tuple(part.replace(OUTPUT, str(written)) for part in side.command)
        stdout: Stream = None if show_output else said
        finished = run_measured(
            command, cwd=side.cwd, env=side.env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stdout
        )
        if finished.exit_code != 0:
            raise _failure(side, finished, "" if show_output else _end_of(said))
        if command == side.command:
            return Measured(finished, {shlex.join(command): finished.seconds})
        if not written.exists():
            raise BenchmarkFailed(f"{side.label}: `{shlex.join(side.command)}` wrote no results to {OUTPUT}")
        return Measured(finished, {one.name: one.median for one in load_results(str(written)).benchmarks})


def _failure(side: Side, finished: Finished, said: str) -> BenchmarkFailed:
    code = finished.exit_code
    ended = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
    where = "" if side.label == shlex.join(side.command) else f"{side.label}: "
    return BenchmarkFailed(
        f"{where}`{shlex.join(side.command)}` {ended}" + (f": {said}" if said else ""),
        hint="a failing run measures the failure; mend it first",
    )


def _end_of(stream: Any) -> str:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - (1 << 14)))
    return last_lines(stream.read().decode("utf-8", "backslashreplace"))
