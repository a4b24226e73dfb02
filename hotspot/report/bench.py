"""Benchmark results for people: what was measured, and what changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hotspot.analysis.benchmarks import MIN_MEASUREMENTS
from hotspot.benchmarks.compare import Comparison, Row
from hotspot.benchmarks.medians import median_interval
from hotspot.benchmarks.model import Benchmark, Results
from hotspot.report.table import Cell, Column, Report, Table, clean, clean_sentence
from hotspot.units import human_bytes, human_seconds


def percent(ratio: float) -> str:
    """Return a ratio as a signed change: 0.9 is ``-10.0%``; from threefold on as ``x3.2``."""
    return f"x{ratio:.3g}" if ratio >= 3 else f"{(ratio - 1) * 100:+z.1f}%"


def change_text(row: Row) -> str:
    """Return a pair's change with its interval: ``-18.3% (-21.0% to -15.2%)``."""
    ratio = row.ratio
    if ratio.low <= 0 or math.isinf(ratio.high):
        return percent(ratio.rho)
    return f"{percent(ratio.rho)} ({percent(ratio.low)} to {percent(ratio.high)})"


def verdict_text(row: Row, threshold: float) -> tuple[str, str | None]:
    """Return a pair's verdict in words, and their tone."""
    if row.judgement is None:
        return f"too few measurements ({row.too_few} of {MIN_MEASUREMENTS})", "quiet"
    if row.verdict == "VERIFIED":
        return "faster (VERIFIED)", "better"
    if row.verdict == "REGRESSION":
        return "slower (REGRESSION)", "worse"
    if row.judgement.decisive:
        return f"within {threshold:.0%} (MARGINAL)", None
    needed = row.judgement.measurements_needed
    if needed is not None:
        return f"inconclusive (MARGINAL): about {needed} measurements a side would settle it", "quiet"
    if row.ratio.drift:
        return "inconclusive (MARGINAL): measure in turn to settle it", "quiet"
    return "inconclusive (MARGINAL)", "quiet"


def comparison_report(comparison: Comparison) -> Report:
    """Return the table Benchmark, Before, After, Change and what goes with it."""
    rows = comparison.rows
    peaks = any(_peaks(row) for row in rows)
    columns = [
        Column("Benchmark", grow=True),
        Column("Before", "right"),
        Column("After", "right"),
        Column("Change", "right"),
        Column("Verdict"),
    ]
    if peaks:
        columns.append(Column("Peak memory", "right"))
    cells = []
    for row in rows:
        verdict, tone = verdict_text(row, comparison.threshold)
        line = [
            Cell(clean(row.name)),
            Cell(human_seconds(row.before.median)),
            Cell(human_seconds(row.after.median)),
            Cell(change_text(row), tone=tone if tone != "quiet" else None),
            Cell(verdict, tone=tone),
        ]
        cells.append(tuple([*line, Cell(peak_text(row))] if peaks else line))
    level = 1 - 0.05 / max(len(comparison.judged), 1)
    closing = (
        [f"medians; change with its {level * 100:.4g}% interval; {_counts(rows)} a side"]
        if comparison.judged
        else [f"medians; {_counts(rows)} a side"]
    )
    if comparison.only_before:
        closing.append(f"only before: {', '.join(map(clean, comparison.only_before))}")
    if comparison.only_after:
        closing.append(f"only after: {', '.join(map(clean, comparison.only_after))}")
    closing += [clean_sentence(note) for note in comparison.notes]
    return Report((Table(tuple(columns), tuple(cells)), "", *(Cell(text, tone="quiet") for text in closing)))


def measured_table(results: Sequence[Results]) -> Table:
    """Return what was measured: median, its interval, the range, peak memory."""
    several = len(results) > 1 and len({one.name for side in results for one in side.benchmarks}) < sum(
        len(side.benchmarks) for side in results
    )
    columns = [
        *([Column("Side")] if several else []),
        Column("Benchmark", grow=True),
        Column("Median", "right"),
        Column("95% interval", "right"),
        Column("Min", "right"),
        Column("Max", "right"),
        Column("Peak memory", "right"),
        Column("Runs", "right"),
    ]
    rows = []
    for side in results:
        for one in side.benchmarks:
            interval = median_interval(one.seconds)
            rows.append(
                (
                    *([Cell(clean(side.path))] if several else []),
                    Cell(clean(one.name)),
                    Cell(human_seconds(one.median), tone="strong"),
                    Cell("" if interval is None else " to ".join(map(human_seconds, interval))),
                    Cell(human_seconds(float(one.seconds.min()))),
                    Cell(human_seconds(float(one.seconds.max()))),
                    Cell(_peak(one)),
                    Cell(str(one.seconds.size)),
                )
            )
    return Table(tuple(columns), tuple(rows))


def peak_text(row: Row) -> str:
    """Return both sides' peak memory, or nothing where it is not known."""
    return f"{_peak(row.before)} -> {_peak(row.after)}" if _peaks(row) else ""


def _peaks(row: Row) -> bool:
    return bool(row.before.peak_bytes and row.after.peak_bytes)


def _peak(benchmark: Benchmark) -> str:
    peak = benchmark.median_peak_bytes
    return "" if peak is None else human_bytes(peak)


def _counts(rows: Sequence[Row]) -> str:
    counts = [size for row in rows for size in (row.ratio.before, row.ratio.after)]
    low, high = min(counts), max(counts)
    return f"{low:,} measurements" if low == high else f"{low:,} to {high:,} measurements"
