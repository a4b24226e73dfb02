"""Baselines for people: the list, one of them, and how benchmarks went over them."""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.benchmarks.baselines import Baseline
from hotspot.benchmarks.trend import Trend
from hotspot.report.bench import measured_table, percent
from hotspot.report.table import Cell, Column, Report, Table, clean
from hotspot.units import human_bytes, human_seconds


def what_it_holds(baseline: Baseline) -> str:
    """Return what a baseline holds, in a few words."""
    benchmarks = len(baseline.results.benchmarks) if baseline.results is not None else 0
    parts = [_counted(benchmarks, "benchmark"), _counted(len(baseline.profiles), "profile")]
    return ", ".join(part for part in parts if part)


def list_report(baselines: Sequence[Baseline]) -> Report:
    """Return a line a baseline."""
    if not baselines:
        return Report(("no baseline is saved; `hotspot bench baseline save RESULT` saves one",))
    columns = (
        Column("baseline"),
        Column("label"),
        Column("saved"),
        Column("revision"),
        Column("holds", grow=True),
        Column("machine", grow=True),
    )
    rows = tuple(
        (
            Cell(clean(one.id)),
            Cell(clean(one.label or "")),
            Cell(f"{one.created:%Y-%m-%d %H:%M}"),
            Cell(clean(_revision(one))),
            Cell(what_it_holds(one)),
            Cell(clean(_machine(one))),
        )
        for one in baselines
    )
    return Report((Table(columns, rows),))


def show_report(baseline: Baseline) -> Report:
    """Return everything a baseline holds."""
    lines: list[str | Cell | Table] = [
        Cell(clean(baseline.id) + (f" ({clean(baseline.label)})" if baseline.label else ""), tone="strong"),
        f"saved     {baseline.created:%Y-%m-%d %H:%M} UTC",
        f"revision  {clean(_revision(baseline))}",
        f"machine   {clean(_machine(baseline))}",
        *(f"profile   {clean(path.name)}" for path in baseline.profiles),
    ]
    if baseline.results is not None:
        lines += ["", measured_table([baseline.results])]
    return Report(tuple(lines))


def trend_report(trend: Trend) -> Report:
    """Return a block a benchmark: its sparkline, then a line a baseline."""
    parts: list[str | Cell | Table] = []
    columns = (
        Column("baseline"),
        Column("saved"),
        Column("median", "right"),
        Column("peak memory", "right"),
        Column("change", "right"),
    )
    for series in trend.series:
        parts.append(Cell(f"{clean(series.name)}  {series.sparkline}", tone="strong"))
        rows = []
        for point in series.points:
            peak = point.benchmark.median_peak_bytes
            tone = None if point.change is None else "worse" if point.change > 1 else "better"
            rows.append(
                (
                    Cell(clean(point.baseline.label or point.baseline.id)),
                    Cell(f"{point.baseline.created:%Y-%m-%d %H:%M}"),
                    Cell(human_seconds(point.benchmark.median)),
                    Cell("" if peak is None else human_bytes(peak)),
                    Cell("" if point.change is None else percent(point.change), tone=tone),
                )
            )
        parts += [Table(columns, tuple(rows)), ""]
    parts.append(Cell("change: to the baseline before, where it is real (allowing for drift)", tone="quiet"))
    if trend.other_machines:
        left_out = (
            f"{_counted(trend.other_machines, 'baseline')} of other machines or without benchmarks left out"
        )
        parts.append(Cell(left_out, tone="quiet"))
    return Report(tuple(parts))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""


def _revision(baseline: Baseline) -> str:
    if baseline.revision is None:
        return "unknown"
    return baseline.revision[:10] + (" with uncommitted changes" if baseline.dirty else "")


def _machine(baseline: Baseline) -> str:
    machine = baseline.machine
    cores = f"{machine['cores']} cores" if "cores" in machine else ""
    return ", ".join(part for part in (machine.get("cpu", ""), cores) if part) or "unknown"
