"""Two sides of benchmark results: paired by name, each pair with its ratio, interval and verdict.

    compare_results(before, after) -> Comparison

The statistics are `hotspot.analysis.benchmarks`; here it is decided what is compared with what, and how far apart in time
the two were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hotspot.analysis.benchmarks import (
    DRIFT,
    MIN_MEASUREMENTS,
    THRESHOLD,
    Judgement,
    Ratio,
    Verdict,
    compare,
    judge,
    with_drift,
)
from hotspot.benchmarks.medians import median_interval
from hotspot.benchmarks.model import Benchmark, Results
from hotspot.errors import TooFewSamples, UsageError

_LONGEST_BLOCK = 3
"""Runs of one side in a row up to which two sides count as interleaved; in turn or in random pairs there are two."""


@dataclass(frozen=True, slots=True)
class Row:
    """One benchmark on both sides.

    Attributes:
        before: the baseline's measurements.
        after: those of the other side.
        ratio: after / before with its interval, the drift allowance in it.
        judgement: the verdict; None where a side has fewer than `MIN_MEASUREMENTS`.
        interleaved: both sides are known to have been measured in turn.
    """

    before: Benchmark
    after: Benchmark
    ratio: Ratio
    judgement: Judgement | None
    interleaved: bool

    @property
    def name(self) -> str:
        """The benchmark's name; both where they differ."""
        same = self.before.name == self.after.name
        return self.before.name if same else f"{self.before.name} -> {self.after.name}"

    @property
    def verdict(self) -> Verdict | None:
        """VERIFIED, MARGINAL or REGRESSION; None where there is too little data."""
        return None if self.judgement is None else self.judgement.verdict

    @property
    def too_few(self) -> int | None:
        """The smaller number of measurements a side where that is too few to judge, else None."""
        return None if self.judgement is not None else min(self.ratio.before, self.ratio.after)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON; times in seconds, memory in bytes, ``change`` as a share (0.1 is 10% slower)."""
        judged, ratio = self.judgement, self.ratio
        bounded = ratio.low > 0 and np.isfinite(ratio.high)
        return {
            "name": self.name,
            "before": _side(self.before),
            "after": _side(self.after),
            "change": ratio.rho - 1,
            "rho": ratio.rho,
            "interval": [ratio.low, ratio.high] if bounded else None,
            "drift": ratio.drift,
            "interleaved": self.interleaved,
            "verdict": self.verdict,
            "decisive": None if judged is None else judged.decisive,
            "measurements_needed": MIN_MEASUREMENTS if judged is None else judged.measurements_needed,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare_results` found.

    Attributes:
        before: the baseline.
        after: the other side.
        rows: the pairs, in the baseline's order.
        only_before: names of benchmarks without a partner.
        only_after: the same on the other side.
        threshold: what a change must reach to count.
        notes: what was assumed, in sentences.
    """

    before: Results
    after: Results
    rows: tuple[Row, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    threshold: float
    notes: tuple[str, ...]

    @property
    def judged(self) -> tuple[Row, ...]:
        """Rows with enough measurements."""
        return tuple(row for row in self.rows if row.judgement is not None)

    def with_verdict(self, verdict: Verdict) -> tuple[Row, ...]:
        """Rows of that verdict."""
        return tuple(row for row in self.rows if row.verdict == verdict)

    def row(self, name: str) -> Row | None:
        """Return the row in which a benchmark of that name stands on either side."""
        return next((row for row in self.rows if name in (row.before.name, row.after.name, row.name)), None)

    def require_judged(self) -> None:
        """Refuse where nothing could be judged.

        Raises:
            TooFewSamples: every row has too few measurements.
        """
        if not self.judged:
            most = max(row.too_few or 0 for row in self.rows)
            raise TooFewSamples(
                f"too few measurements to compare: {most} a side, {MIN_MEASUREMENTS} are needed",
                hint=f"measure again, say `hotspot bench run -n {MIN_MEASUREMENTS}` (hyperfine --runs, go test -count, "
                "--benchmark_repetitions)",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON."""
        return {
            "schema": "hotspot.bench-compare/1",
            "before": _results(self.before),
            "after": _results(self.after),
            "threshold": self.threshold,
            "rows": [row.to_dict() for row in self.rows],
            "only_before": list(self.only_before),
            "only_after": list(self.only_after),
            "notes": list(self.notes),
        }


def compare_results(
    before: Results, after: Results, *, drift: float = DRIFT, threshold: float = THRESHOLD
) -> Comparison:
    """Compare benchmarks of one name; where each side holds exactly one, they pair whatever their names.

    Args:
        before: the baseline.
        after: what to compare with it.
        drift: allowance for what the machine may have drifted between the sides (0.1 is 10%). It is not made where the
            files tell that the sides were measured in turn, each measurement in a process of its own.
        threshold: how much a change must reach to count.

    Raises:
        UsageError: no benchmark of one side has a partner on the other.
    """
    return compare_sides([before, after], drift=drift, threshold=threshold)


def compare_sides(
    sides: Sequence[Results], *, drift: float = DRIFT, threshold: float = THRESHOLD
) -> Comparison:
    """Compare the first of several sides with each of the others; see `compare_results`."""
    before, *others = sides
    after = others[0] if len(others) == 1 else _joined(others)
    pairs = [pair for other in others for pair in _pairs(before, other)]
    if not pairs:
        raise UsageError(
            f"no benchmark of {before.path} is in {after.path}",
            hint=f"the one has {_some(before)}, the other {_some(after)}",
        )
    judged = sum(_enough(one, other) for one, other in pairs)
    rows = tuple(_row(one, other, max(judged, 1), drift, threshold) for one, other in pairs)
    paired = {one.name for one, _ in pairs}, {other.name for _, other in pairs}
    return Comparison(
        before=before,
        after=after,
        rows=rows,
        only_before=tuple(one.name for one in before.benchmarks if one.name not in paired[0]),
        only_after=tuple(one.name for one in after.benchmarks if one.name not in paired[1]),
        threshold=threshold,
        notes=_notes(before, after, rows, drift),
    )


def sides_within(results: Results) -> tuple[Results, ...]:
    """Return the sides that one file holds: those it was measured with, else each benchmark as a side of its own.

    Raises:
        UsageError: it holds one benchmark only.
    """
    if results.sides:
        return results.sides
    if len(results.benchmarks) < 2:
        raise UsageError(
            f"{results.path} holds one benchmark: nothing to compare it with", hint="give BEFORE and AFTER"
        )
    return tuple(replace(results, benchmarks=(benchmark,), skipped=()) for benchmark in results.benchmarks)


def _joined(sides: Sequence[Results]) -> Results:
    every = tuple(benchmark for side in sides for benchmark in side.benchmarks)
    return replace(sides[0], path=", ".join(side.path for side in sides), benchmarks=every)


def _pairs(before: Results, after: Results) -> list[tuple[Benchmark, Benchmark]]:
    if len(before.benchmarks) == len(after.benchmarks) == 1:
        return [(before.benchmarks[0], after.benchmarks[0])]
    found = [(one, after.named(one.name)) for one in before.benchmarks]
    return [(one, other) for one, other in found if other is not None]


def _enough(before: Benchmark, after: Benchmark) -> bool:
    return min(before.seconds.size, after.seconds.size) >= MIN_MEASUREMENTS


def _row(before: Benchmark, after: Benchmark, comparisons: int, drift: float, threshold: float) -> Row:
    ratio = compare(before.seconds, after.seconds, comparisons=comparisons)
    interleaved = measured_in_turn(before, after)
    if not interleaved:
        ratio = with_drift(ratio, drift)
    judgement = judge(ratio, threshold) if _enough(before, after) else None
    return Row(before, after, ratio, judgement, interleaved)


def measured_in_turn(before: Benchmark, after: Benchmark) -> bool:
    """Whether the files tell that the sides took turns, each measurement in a process of its own."""
    if before.one_process or after.one_process or not before.started or not after.started:
        return False
    started = np.array([*before.started, *after.started])
    side = np.repeat([0, 1], [len(before.started), len(after.started)])[np.argsort(started, kind="stable")]
    blocks = np.diff(np.concatenate(([0], np.flatnonzero(np.diff(side)) + 1, [side.size])))
    return bool(blocks.max() <= _LONGEST_BLOCK)


def _notes(before: Results, after: Results, rows: Sequence[Row], drift: float) -> tuple[str, ...]:
    notes = [
        f"not taken from {side.path}: {sentence}" for side in (before, after) for sentence in side.skipped
    ]
    for key in ("cpu", "host"):
        machines = before.machine.get(key), after.machine.get(key)
        if all(machines) and machines[0] != machines[1]:
            notes.append(
                f"measured on different machines ({machines[0]} and {machines[1]}): no interval allows for that"
            )
            break
    if any(not row.interleaved for row in rows):
        if any(row.before.one_process or row.after.one_process for row in rows):
            why = "measurements of one process a side hide what differs between processes"
        else:
            why = "the sides were not measured in turn"
        allowed = f"every interval is widened by {drift:.0%}" if drift else "no allowance was asked for"
        notes.append(
            f"{why}: {allowed}; measuring them in turn (`hotspot bench run`) would settle what that leaves open"
        )
    return tuple(notes)


def _side(benchmark: Benchmark) -> dict[str, Any]:
    interval = median_interval(benchmark.seconds)
    return {
        "name": benchmark.name,
        "median": benchmark.median,
        "interval": None if interval is None else list(interval),
        "measurements": int(benchmark.seconds.size),
        "peak_bytes": benchmark.median_peak_bytes,
    }


def _results(results: Results) -> dict[str, Any]:
    return {
        "path": results.path,
        "sha256": results.sha256,
        "format": results.format,
        "revision": results.revision,
        "machine": dict(results.machine),
    }


def _some(results: Results) -> str:
    names = [benchmark.name for benchmark in results.benchmarks]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
