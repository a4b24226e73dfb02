"""A call tree for people."""

from __future__ import annotations

from hotspot.analysis.text_tree import TextTree, TreeRow
from hotspot.report.rank import headline
from hotspot.report.table import Cell, Column, Report, Table, clean
from hotspot.units import human_share

_DEEPEST_INDENT = 40
_LEAST_HIDDEN = 0.001  # with --min-share 0 nothing is hidden but nodes without weight


def tree_report(tree: TextTree) -> Report:
    """Return the drawing: shares on the left, indented names on the right."""
    columns = (
        Column("total%", "right", bar=True),
        Column("self%", "right"),
        Column("called by" if tree.inverted else "call tree", grow=True),
    )
    rows: list[tuple[Cell, ...]] = []
    hidden: list[TreeRow] = []

    def say_hidden(depth: int, nodes: int, weight: int) -> None:
        share = tree.profile.share(weight)
        text = f"{_indent(depth)}({nodes:,} narrower)"
        rows.append((Cell(human_share(share), share=share), Cell(""), Cell(text, tone="quiet")))

    def flush(depth: int) -> None:
        """Say what was summed up below nodes at this depth or deeper, once their drawn children are done."""
        while hidden and hidden[-1].depth >= depth:
            parent = hidden.pop()
            say_hidden(parent.depth + 1, parent.hidden_children, parent.hidden_weight)

    for row in tree.rows:
        flush(row.depth)
        place = f"  {row.file}:{row.line}" if row.file and row.line else f"  {row.file}" if row.file else ""
        rows.append(
            (
                Cell(human_share(row.total_share), share=row.total_share),
                Cell(human_share(row.self_share) if row.self_weight else ""),
                Cell(f"{_indent(row.depth)}{clean(row.function)}{clean(place)}"),
            )
        )
        if _worth_a_line(tree, row.hidden_weight):
            hidden.append(row)
    flush(0)
    if _worth_a_line(tree, tree.hidden_weight):
        say_hidden(0, tree.hidden_roots, tree.hidden_weight)
    parts: list[str | Cell | Table] = [
        Cell(headline(tree.profile), tone="strong"),
        Table(columns, tuple(rows)),
    ]
    if tree.min_share:
        parts.append(
            Cell(f"nodes under {human_share(tree.min_share)} are not drawn (--min-share)", tone="quiet")
        )
    return Report(tuple(parts))


def _worth_a_line(tree: TextTree, hidden_weight: int) -> bool:
    """Whether what was summed up would itself be wide enough to be drawn."""
    return abs(tree.profile.share(hidden_weight)) >= max(tree.min_share, _LEAST_HIDDEN)


def _indent(depth: int) -> str:
    """Two spaces a level; very deep recursion is numbered instead of pushed off the screen."""
    return "  " * depth if depth <= _DEEPEST_INDENT else "  " * _DEEPEST_INDENT + f"[{depth}] "
