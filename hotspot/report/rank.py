"""A ranking for people."""

from __future__ import annotations

from hotspot.analysis.rank import Ranking, RankRow
from hotspot.profile import Profile
from hotspot.report.fitting import name_cell, path_cell, place_cell
from hotspot.report.table import Cell, Column, Report, Table, clean
from hotspot.units import human_share


def ranking_report(ranking: Ranking) -> Report:
    """Return header, table and what is not shown."""
    profile = ranking.profile
    parts: list[str | Cell | Table] = [Cell(headline(profile), tone="strong"), ranking_table(ranking)]
    rest = ranking.available - len(ranking.rows)
    if rest > 0:
        rows = "row" if rest == 1 else "rows"
        own = human_share(profile.share(profile.total - sum(row.self_weight for row in ranking.rows)))
        parts.append(Cell(f"{rest:,} more {rows} with {own} of self (-n 0 shows all)", tone="quiet"))
    if profile.hidden_weight:
        share = profile.share(profile.hidden_weight)
        parts.append(
            Cell(
                f"filters hide {profile.value_type.human(profile.hidden_weight)} ({human_share(share)})",
                tone="quiet",
            )
        )
    if ranking.in_app and rest <= 0 and not any(row.in_app for row in ranking.rows):
        parts.append(
            "no frame is known to be in-app: run inside the project, or set in_app = [...] in hotspot.toml"
        )
    return Report(tuple(parts))


def headline(profile: Profile) -> str:
    """Return one line that says what was read: label, total, samples, format."""
    parts = [clean(profile.label or profile.provenance.path or "profile")]
    total = profile.value_type.human(profile.whole)
    if not profile.value_type.counts_samples:
        parts.append(f"{total} of {profile.value_type.type}")
    if profile.sample_count is not None:
        parts.append(f"{profile.sample_count:,} samples")
    elif profile.value_type.counts_samples:
        parts.append(f"{total} samples")
    producer = profile.provenance.producer or profile.provenance.format
    if producer:
        parts.append(producer)
    return " | ".join(parts)


def ranking_table(ranking: Ranking) -> Table:
    """Return the table alone."""
    title = {"function": "function", "line": "function and line", "file": "file", "module": "module"}[
        ranking.by
    ]
    human = ranking.profile.value_type.human
    named = name_cell if ranking.by in ("function", "line") else path_cell
    columns = (
        Column("self", "right"),
        Column("self%", "right", bar=True),
        Column("total", "right"),
        Column("total%", "right"),
        Column(title, grow=True),
        Column("where", grow=True),
    )
    rows = tuple(
        (
            Cell(human(row.self_weight), number=row.self_weight),
            Cell(human_share(row.self_share), share=row.self_share, number=row.self_share),
            Cell(human(row.total_weight), number=row.total_weight),
            Cell(human_share(row.total_share), number=row.total_share),
            named(row.name, tone="strong" if row.in_app else None),
            place_cell(where(row, ranking.by)),
        )
        for row in ranking.rows
    )
    return Table(columns, rows)


def where(row: RankRow, by: str) -> str:
    """Return a row's place: ``file:line``, else its module."""
    if by in ("file", "module"):
        return ""
    if row.file:
        return f"{row.file}:{row.line}" if row.line else row.file
    return row.module.rsplit("/", 1)[-1] if row.module else ""
