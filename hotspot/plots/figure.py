"""A flame graph as a plotly figure: one bar a frame, one trace a category of the legend.

Names come from profiles. plotly reads some markup in texts (``<b>``, ``<a href>``, ``<br>``), entities, and, where
MathJax is there, formulas between dollar signs; `literal` makes it show a name as it is spelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hotspot.analysis.flame import AFTER, BEFORE, Flame
from hotspot.plots.coloring import PAGE_DARK, PAGE_LIGHT, Coloring, text_color
from hotspot.text import printable, readable, shortened
from hotspot.units import human_share

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

DRAWN = 2_000
"""Frames in one drawing: plotly draws as many in well under a second, ten times as many in twenty."""

ROW = 19
"""Height of a row in pixels."""

_LITERAL = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("$"): "&#36;"}
_HOVER_NAME = 400
_HOVER_LINE = 90


def literal(text: str) -> str:
    """Return text that plotly shows letter by letter."""
    return printable(text).translate(_LITERAL)


def trace() -> dict[str, Any]:
    """Return what all traces have in common; the page's script fills the same one."""
    return {
        "type": "bar",
        "orientation": "h",
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "hoverlabel": {"align": "left"},
    }


def layout() -> dict[str, Any]:
    """Return the layout without what depends on the theme and the data; the page's script uses the same one."""
    axis = {"visible": False, "fixedrange": True}
    return {
        "barmode": "overlay",
        "bargap": 0,
        "hovermode": "closest",
        "dragmode": False,
        "showlegend": False,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "font": {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 12},
        "xaxis": axis,
        "yaxis": axis,
    }


def figure(flame: Flame, coloring: Coloring, *, dark: bool = False, flames_up: bool = False) -> Figure:
    """Return the figure of a graph that is small enough to draw (`Flame.pruned`).

    Dragging zooms, a double click resets; labels appear where they fit.

    Args:
        flame: of at most some thousand nodes.
        coloring: of these nodes.
        dark: colours for a dark page.
        flames_up: the root at the bottom, callees above; else the root on top. In a sandwich callers are above.
    """
    from plotly.graph_objects import Figure

    begin, width, row = flame.begin, flame.width, rows(flame)
    names = [literal(shortened(name, _HOVER_NAME)) for name in flame.labels.name]
    traces: list[dict[str, Any]] = []
    for number, category in enumerate(coloring.categories):
        nodes = np.flatnonzero(coloring.of_node == number)
        if not len(nodes):
            continue
        traces.append(
            trace()
            | {
                "name": literal(shortened(category.name, 40)),
                "base": begin[nodes],
                "x": width[nodes],
                "y": row[nodes],
                "width": 1,
                "text": [names[label] for label in flame.tree.frame[nodes].tolist()],
                "hovertext": [hover_text(flame, node) for node in nodes.tolist()],
                "insidetextfont": {"color": text_color(dark)},
                "marker": {
                    "color": category.dark if dark else category.light,
                    "line": {"color": PAGE_DARK if dark else PAGE_LIGHT, "width": 1},
                    "pattern": {"shape": category.pattern, "solidity": 0.15},
                },
            }
        )
    result = Figure(data=traces, layout=layout())
    top, bottom = int(row.min(initial=0)), int(row.max(initial=0))
    edges = [top - 0.5, bottom + 0.5]
    result.update_layout(
        title={"text": literal(flame.title), "x": 0, "xref": "paper", "font": {"size": 15}},
        margin={"t": 34, "b": 40},
        height=(bottom - top + 1) * ROW + 74,
        showlegend=True,
        legend={"orientation": "h", "yanchor": "top", "y": 0, "x": 0},
        template="plotly_dark" if dark else "plotly_white",
        uniformtext={"mode": "hide", "minsize": 11},
        dragmode="zoom",
        xaxis={"fixedrange": False, "range": [0, float(width[flame.tree.parent < 0].max(initial=0.0))]},
        yaxis={"range": edges if flames_up and flame.callers_from is None else edges[::-1]},
    )
    return result


def rows(flame: Flame) -> npt.NDArray[np.int32]:
    """Return each node's row, counted downwards from the root, a sandwich's callers upwards; int32[nodes]."""
    row = flame.tree.depth.astype(np.int32)
    if flame.callers_from is not None:
        row[flame.callers_from :] *= -1
    return row


def hover_text(flame: Flame, node: int) -> str:
    """Return what a node tells when it is pointed at, in plotly's markup."""
    labels, label = flame.labels, int(flame.tree.frame[node])
    name = shortened(printable(readable(labels.name[label])), _HOVER_NAME) or "(no name)"
    parts = [name[i : i + _HOVER_LINE] for i in range(0, len(name), _HOVER_LINE)]
    lines = ["<br>".join(f"<b>{literal(part)}</b>" for part in parts)]
    if labels.file[label] or labels.module[label]:
        place = labels.file[label] + (f":{labels.line[label]}" if labels.line[label] else "")
        lines.append(literal(shortened("  ".join(filter(None, (place, labels.module[label]))), _HOVER_NAME)))
    is_caller = flame.callers_from is not None and node >= flame.callers_from
    for what, weight in (("total", flame.total[node]), ("self", flame.own[node])):
        if what == "self" and is_caller:
            continue
        sides = (weight[BEFORE], weight[AFTER]) if flame.is_difference else (weight[0],)
        told = [_told(flame, int(side), whole) for side, whole in zip(sides, flame.whole, strict=True)]
        lines.append(f"{what} " + " \N{RIGHTWARDS ARROW} ".join(told))
    if flame.is_difference:
        lines.append(f"change {100 * flame.change[node]:+.2f} points of the baseline's time")
        if labels.finding[label]:
            lines.append(literal(labels.finding[label]))
    return "<br>".join(lines)


def _told(flame: Flame, weight: int, whole: int) -> str:
    return f"{literal(flame.value_type.human(weight))} ({human_share(weight / whole if whole else 0.0)})"
