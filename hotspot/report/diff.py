"""A comparison for people: the sentence first, then what moved."""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.analysis.diff import Diff
from hotspot.analysis.diff_rows import DiffRow
from hotspot.analysis.matches import Match
from hotspot.analysis.sentence import interval_text, points
from hotspot.profile import Profile
from hotspot.report.fitting import name_cell, place_cell
from hotspot.report.rank import headline
from hotspot.report.table import Cell, Column, Report, Table, clean, clean_sentence
from hotspot.units import human_share

COLUMNS = (
    Column("change", "right"),
    Column("95% interval", "right"),
    Column("self before", "right"),
    Column("after", "right"),
    Column("total before", "right", spare=2),
    Column("after", "right", spare=2),
    Column("status"),
    Column("function", grow=True),
    Column("where", grow=True, spare=1),
)
_MATCH_COLUMNS = (
    Column("function", grow=True),
    Column("matched by"),
    Column("before", grow=True),
    Column("after", grow=True),
    Column("why", grow=True),
)
_WORDS = {
    "suspect": ("likely slower", "likely faster"),
    "regressed": ("slower", "faster"),
    "improved": ("slower", "faster"),
}
_BASIS = {
    "work": "the work given",
    "reference": "functions that did not change",
    "equal_work": "assumption",
}


def diff_report(diff: Diff, n: int = 20, *, explain_matches: bool = False) -> Report:
    """Return the report; ``n`` rows at most, all where 0."""
    shown = diff.rows[:n] if n else diff.rows
    parts: list[str | Cell | Table] = [
        Cell(f"before  {side_headline(diff.before)}", tone="quiet"),
        Cell(f"after   {side_headline(diff.after)}", tone="quiet"),
        "",
        Cell(clean_sentence(diff.sentence), tone="strong"),
        "",
        rows_table(shown),
    ]
    rest = len(diff.rows) - len(shown)
    if rest:
        parts.append(Cell(f"{rest:,} more functions (-n 0 shows all)", tone="quiet"))
    parts += ["", *(Cell(text, tone="quiet") for text in explanations(diff))]
    if explain_matches:
        parts += ["", *matches_parts(diff.matches)]
    return Report(tuple(parts))


def side_headline(runs: Sequence[Profile]) -> str:
    """Return one line that says what a side is."""
    if len(runs) == 1:
        return headline(runs[0])
    human = runs[0].value_type.human
    samples = [run.sample_count for run in runs if run.sample_count is not None]
    total = human(sum(run.whole for run in runs))
    what = (
        f"{sum(samples):,} samples" if len(samples) == len(runs) else f"{total} of {runs[0].value_type.type}"
    )
    names = f"{clean(runs[0].label)} to {clean(runs[-1].label)}" if runs[0].label else ""
    return " | ".join(part for part in (f"{len(runs)} runs", names, what) if part)


def rows_table(rows: Sequence[DiffRow]) -> Table:
    """Return the table of rows."""
    return Table(COLUMNS, tuple(_row(row) for row in rows))


def explanations(diff: Diff) -> list[str]:
    """Return what the numbers mean and rest on, a line each."""
    before, after = (
        side[0].value_type.human(sum(run.whole for run in side)) for side in (diff.before, diff.after)
    )
    lines = [
        f"change: points of the baseline's time ({before} before, {after} after; "
        f"after did {diff.size_factor:.3f} x the work, by {_BASIS[diff.normalised_by]})"
    ]
    return lines + [f"note: {clean_sentence(text)}" for text in diff.notes]


def matches_parts(matches: Sequence[Match]) -> list[str | Cell | Table]:
    """Return what was taken for one function, by which rule and why."""
    if not matches:
        return ["every function is spelled alike on both sides"]
    rows = tuple(
        (
            Cell(clean(match.function)),
            Cell(", ".join(match.rules)),
            Cell(", ".join(clean(name) for name in match.before)),
            Cell(", ".join(clean(name) for name in match.after)),
            Cell(match.reason, tone="quiet"),
        )
        for match in matches
    )
    return [Cell("taken for one function, or judged as one:", tone="strong"), Table(_MATCH_COLUMNS, rows)]


def status_text(row: DiffRow) -> str:
    """Return a status in the words for people."""
    words = _WORDS.get(row.status)
    return (words[0] if row.change > 0 else words[1]) if words else row.status.replace("_", " ")


def _row(row: DiffRow) -> tuple[Cell, ...]:
    tone = None
    if row.significant:
        tone = "worse" if row.change > 0 else "better"
    place = (
        f"{row.file}:{row.line}"
        if row.file and row.line
        else row.file or (row.module or "").rsplit("/", 1)[-1]
    )
    return (
        Cell(points(row.change), tone=tone, number=row.change),
        Cell(
            interval_text(row.interval) if row.interval else "",
            tone="quiet",
            number=row.interval[0] if row.interval else None,
        ),
        Cell(
            _at_most(row.self_share_before, row.self_before, row.self_max_before),
            number=row.self_share_before,
        ),
        Cell(_at_most(row.self_share_after, row.self_after, row.self_max_after), number=row.self_share_after),
        Cell(human_share(row.total_share_before), number=row.total_share_before),
        Cell(human_share(row.total_share_after), number=row.total_share_after),
        Cell(status_text(row), tone=tone or "quiet"),
        name_cell(row.function, tone="strong" if row.significant else None, after=_remarks(row)),
        place_cell(place),
    )


def _remarks(row: DiffRow) -> str:
    """What a name alone does not say: why it is blamed, and by which rule it was matched."""
    remarks = []
    if row.culprit and row.because == "calls_more":
        remarks.append(f"calls {clean(row.callee or '')} {'more' if row.change > 0 else 'less'}")
    elif row.culprit and row.callee:
        remarks.append(f"in {clean(row.callee)}")
    if row.culprit and row.because == "ambiguous":
        remarks.append("or called more" if row.change > 0 else "or called less")
    if row.matched_by not in (None, "exact"):
        remarks.append(f"matched by {row.matched_by}")
    return f" ({'; '.join(remarks)})" if remarks else ""


def _at_most(share: float, weight: int, most: int | None) -> str:
    if most is not None and not weight:
        return f"at most {most:,}"
    return human_share(share)
