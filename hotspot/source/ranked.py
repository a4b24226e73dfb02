"""Where the project defines what a ranking knows only by name."""

from __future__ import annotations

from dataclasses import replace

from hotspot.analysis.rank import Ranking, RankRow
from hotspot.source.ownership import Ownership


def with_definitions(ranking: Ranking, ownership: Ownership) -> Ranking:
    """Return a ranking of functions with the file and line of each that has none and is in-app, where that is one place."""
    if ranking.by != "function":
        return ranking
    return replace(ranking, rows=tuple(_placed(row, ownership) for row in ranking.rows))


def _placed(row: RankRow, ownership: Ownership) -> RankRow:
    if row.file is not None or row.function is None or not row.in_app:
        return row
    found = ownership.definitions_of(row.function, row.module or "")
    return replace(row, file=found[0].file, line=found[0].line) if len(found) == 1 else row
