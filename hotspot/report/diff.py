"""A comparison for people: the sentence first, then what moved."""

from __future__ import annotations

from hotspot.analysis.diff import Diff, merged_side
from hotspot.analysis.diff_rows import DiffRow
from hotspot.analysis.sentence import interval_text, points
from hotspot.report.rank import headline
from hotspot.report.table import Cell, Column, Report, Table, clean, clean_sentence
from hotspot.units import human_share

_COLUMNS = (
    Column("change", "right"),
    Column("95% interval", "right"),
    Column("self before", "right"),
    Column("after", "right"),
    Column("total before", "right"),
    Column("after", "right"),
    Column("status"),
    Column("function", grow=True),
    Column("where", grow=True),
)
_WORDS = {
    "suspect": ("likely slower", "likely faster"),
    "regressed": ("slower", "faster"),
    "improved": ("slower", "faster"),
}


def diff_report(diff: Diff, n: int = 20) -> Report:
    """Return the report; ``n`` rows at most, all where 0."""
    human = diff.before[0].value_type.human
    shown = diff.rows[:n] if n else diff.rows
    totals = tuple(sum(run.total for run in side) for side in (diff.before, diff.after))
    parts: list[str | Cell | Table] = [
        Cell(f"before  {headline(merged_side(diff.before))}{_runs(len(diff.before))}", tone="quiet"),
        Cell(f"after   {headline(merged_side(diff.after))}{_runs(len(diff.after))}", tone="quiet"),
        "",
        Cell(clean_sentence(diff.sentence), tone="strong"),
        "",
        Table(_COLUMNS, tuple(_row(row) for row in shown)),
    ]
    rest = len(diff.rows) - len(shown)
    if rest:
        parts.append(Cell(f"{rest:,} more functions (-n 0 shows all)", tone="quiet"))
    parts += [
        "",
        Cell(
            f"change: points of the baseline's time ({human(totals[0])} before, {human(totals[1])} after; "
            f"after did {diff.size_factor:.3f} x the work, by {_BASIS[diff.normalised_by]})",
            tone="quiet",
        ),
    ]
    parts += [Cell(f"note: {clean_sentence(text)}", tone="quiet") for text in diff.notes]
    return Report(tuple(parts))


_BASIS = {
    "work": "the work given",
    "reference": "functions that did not change",
    "equal_work": "assumption",
}


def _runs(runs: int) -> str:
    return f" | {runs} runs" if runs > 1 else ""


def _row(row: DiffRow) -> tuple[Cell, ...]:
    tone = None
    if row.significant:
        tone = "worse" if row.change > 0 else "better"
    words = _WORDS.get(row.status)
    status = (words[0] if row.change > 0 else words[1]) if words else row.status.replace("_", " ")
    place = (
        f"{row.file}:{row.line}"
        if row.file and row.line
        else row.file or (row.module or "").rsplit("/", 1)[-1]
    )
    matched = "" if row.matched_by in (None, "exact") else f" (matched by {row.matched_by})"
    return (
        Cell(points(row.change), tone=tone),
        Cell(interval_text(row.interval) if row.interval else "", tone="quiet"),
        Cell(_at_most(row.self_share_before, row.self_before, row.self_max_before)),
        Cell(_at_most(row.self_share_after, row.self_after, row.self_max_after)),
        Cell(human_share(row.total_share_before)),
        Cell(human_share(row.total_share_after)),
        Cell(status, tone=tone or "quiet"),
        Cell(clean(row.function) + matched, tone="strong" if row.significant else None),
        Cell(clean(place), tone="quiet"),
    )


def _at_most(share: float, weight: int, most: int | None) -> str:
    if most is not None and not weight:
        return f"at most {most:,}"
    return human_share(share)
