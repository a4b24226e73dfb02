"""Callers and callees for people: callers above the function, callees below it, as pprof draws them."""

from __future__ import annotations

from hotspot.analysis.peek import Peek
from hotspot.report.fitting import name_and_place_cell
from hotspot.report.rank import headline
from hotspot.report.table import Cell, Column, Report, Table
from hotspot.units import human_share

_COLUMNS = (
    Column("weight", "right"),
    Column("of function", "right", bar=True),
    Column("self%", "right"),
    Column("total%", "right"),
    Column("callers / function / callees", grow=True),
)
_BLANK = Cell("")


def peek_report(peek: Peek) -> Report:
    """Return one block a function."""
    human = peek.profile.value_type.human
    rows: list[tuple[Cell, ...]] = []
    for row in peek.rows:
        if rows:
            rows.append((_BLANK,) * len(_COLUMNS))
        rows.extend(_edge_row(human(e.weight), e.share_of_function, e.function) for e in row.callers)
        place = row.file or row.module or ""
        rows.append(
            (
                Cell(human(row.total_weight), tone="strong"),
                _BLANK,
                Cell(human_share(row.self_share), tone="strong"),
                Cell(human_share(row.total_share), tone="strong"),
                name_and_place_cell(row.function, place, tone="strong"),
            )
        )
        own = row.self_weight / row.total_weight if row.total_weight else 0.0
        rows.append(_edge_row(human(row.self_weight), own, "[self]"))
        rows.extend(_edge_row(human(e.weight), e.share_of_function, e.function) for e in row.callees)
    return Report((Cell(headline(peek.profile), tone="strong"), Table(_COLUMNS, tuple(rows))))


def _edge_row(weight: str, share: float, name: str) -> tuple[Cell, ...]:
    return (
        Cell(weight),
        Cell(human_share(share), share=share),
        _BLANK,
        _BLANK,
        name_and_place_cell(name, before="    "),
    )
