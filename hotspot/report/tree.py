"""A call tree for people.

A frame with one callee stands above it in the same column; only where calls part does the drawing go to the right, so
that deep stacks stay on the screen::

    main              main calls run, run calls parse and emit, parse calls lex
    run
    ├─ parse
    │  lex
    └─ emit
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from hotspot.analysis.text_tree import TextTree, TreeRow
from hotspot.report.fitting import LONGEST_LEAD, name_and_place_cell
from hotspot.report.rank import headline
from hotspot.report.table import Cell, Column, Report, Table
from hotspot.units import human_share

_LEAST_HIDDEN = 0.001  # with --min-share 0 nothing is hidden but nodes without weight


@dataclass(frozen=True)
class _Drawn:
    """One line: a node, or (``row`` is None) what was too narrow to be drawn."""

    depth: int
    total_share: float
    row: TreeRow | None = None
    narrower: int = 0


def tree_report(tree: TextTree) -> Report:
    """Return the drawing: shares on the left, names and the lines between them on the right."""
    columns = (
        Column("total%", "right", bar=True),
        Column("self%", "right"),
        Column("called by" if tree.inverted else "call tree", grow=True),
    )
    drawn = _drawn(tree)
    rows = tuple(
        (
            Cell(human_share(one.total_share), share=one.total_share),
            Cell(human_share(one.row.self_share) if one.row and one.row.self_weight else ""),
            _named(one, lines),
        )
        for one, lines in zip(drawn, _lines([one.depth for one in drawn]), strict=True)
    )
    parts: list[str | Cell | Table] = [Cell(headline(tree.profile), tone="strong"), Table(columns, rows)]
    if tree.min_share:
        parts.append(
            Cell(f"nodes under {human_share(tree.min_share)} are not drawn (--min-share)", tone="quiet")
        )
    return Report(tuple(parts))


def _drawn(tree: TextTree) -> list[_Drawn]:
    """Return all lines in order: what was summed up below a node comes after its drawn callees."""
    drawn: list[_Drawn] = []
    hidden: list[TreeRow] = []

    def say_hidden(depth: int) -> None:
        while hidden and hidden[-1].depth >= depth:
            parent = hidden.pop()
            share = tree.profile.share(parent.hidden_weight)
            drawn.append(_Drawn(parent.depth + 1, share, narrower=parent.hidden_children))

    for row in tree.rows:
        say_hidden(row.depth)
        drawn.append(_Drawn(row.depth, row.total_share, row))
        if _worth_a_line(tree, row.hidden_weight):
            hidden.append(row)
    say_hidden(0)
    if _worth_a_line(tree, tree.hidden_weight):
        share = tree.profile.share(tree.hidden_weight)
        drawn.append(_Drawn(0, share, narrower=tree.hidden_roots))
    return drawn


def _worth_a_line(tree: TextTree, hidden_weight: int) -> bool:
    """Whether what was summed up would itself be wide enough to be drawn."""
    return abs(tree.profile.share(hidden_weight)) >= max(tree.min_share, _LEAST_HIDDEN)


def _lines(depths: list[int]) -> list[str]:
    """Return what stands before each name, from the depths of a depth-first order."""
    siblings: list[list[int]] = [[] for _ in depths]
    open_families: list[
        list[int]
    ] = []  # of each depth, the children seen so far of the node that is open above
    for i, depth in enumerate(depths):
        del open_families[depth + 1 :]
        if len(open_families) == depth:
            open_families.append([])
        open_families[depth].append(i)
        siblings[i] = open_families[depth]
    out: list[str] = []
    below = [""]  # what goes on under each open node; under none at first
    for i, depth in enumerate(depths):
        del below[depth + 1 :]
        own, further = "", ""
        if len(siblings[i]) > 1:
            own, further = ("└─ ", "   ") if siblings[i][-1] == i else ("├─ ", "│  ")
        out.append(below[depth] + own)
        below.append(below[depth] + further)
    return out


def _named(one: _Drawn, lines: str) -> Cell:
    if one.row is None:
        text = f"({one.narrower:,} narrower)"
        return Cell(_short(lines, one.depth, LONGEST_LEAD) + text, tone="quiet")
    row = one.row
    place = f"{row.file}:{row.line}" if row.file and row.line else row.file or ""
    return name_and_place_cell(row.function, place, before=partial(_short, lines, one.depth))


def _short(lines: str, depth: int, width: int) -> str:
    if len(lines) <= width:
        return lines
    number = f"[{depth}] "
    kept = max(width - len(number), 0) // 3 * 3
    return number + lines[len(lines) - kept :]
