"""A flame graph as a still drawing inside a page: no script, names in titles, colours that follow the page's theme.

`hotspot.exporters.svg` writes pictures that can be read back, every frame exact; this one draws the widest frames
only, so that it stays small, and can draw a difference.
"""

from __future__ import annotations

from html import escape

import numpy as np

from hotspot.analysis.flame import Flame
from hotspot.plots.coloring import Coloring, colorings
from hotspot.plots.figure import rows
from hotspot.profile import Bool
from hotspot.text import printable, readable, shortened
from hotspot.units import human_share

DRAWN = 1_500
"""Frames in a drawing."""

_WIDTH = 1200.0
_ROW = 18
_CHARACTER = 6.6  # mean advance of a 12 px sans-serif character
_NARROWEST = 0.5  # pixels
_SLIVER = 4.0  # rows below the last frame of this width are left out: nothing can be told in them
_LONGEST_NAME = 200


def still(flame: Flame, number: int) -> str:
    """Return the HTML of a drawing with its legend.

    Args:
        flame: what to draw; the widest `DRAWN` frames are taken, none narrower than half a pixel.
        number: of the drawing in its page, since colours have names there.
    """
    drawn = flame.pruned(DRAWN)
    coloring = colorings(drawn)[0]
    whole = float(drawn.width.max(initial=0.0)) or 1.0
    scale = _WIDTH / whole
    used = sorted(set(coloring.of_node.tolist()))
    pixels, row = drawn.width * scale, rows(drawn)
    deepest = int(row[pixels >= _SLIVER].max(initial=0))
    shown = row <= deepest
    seen = (pixels >= _NARROWEST) & shown
    height = (deepest + 1) * _ROW
    kind = "differential flame graph" if flame.is_difference else "flame graph"
    said = (
        *drawn.notes,
        *_not_drawn(int(row.max(initial=0)) - deepest, int(np.count_nonzero(shown & ~seen))),
    )
    notes = "".join(f'<p class="quiet">{escape(printable(note))}</p>\n' for note in said)
    return (
        f"<style>{_colors(coloring, used, number)}</style>\n"
        f'<ul class="legend">{_legend(coloring, used, number)}</ul>\n'
        f'<svg class="still" viewBox="0 0 {_WIDTH:.0f} {height}" role="img" aria-label="{kind}">\n'
        + "".join(_frames(drawn, coloring, seen, scale, number))
        + f"</svg>\n{notes}"
    )


def _not_drawn(rows: int, frames: int) -> tuple[str, ...]:
    """Say what is too narrow to be drawn: whole rows at the tips, and frames beside wider ones."""
    parts = []
    if rows:
        parts.append(f"{rows:,} row{'s' * (rows > 1)} whose frames are all narrower than {_SLIVER:.0f} px")
    if frames:
        parts.append(f"{frames:,} frame{'s' * (frames > 1)} narrower than {_NARROWEST:g} px")
    return (f"Not drawn: {' and '.join(parts)}.",) if parts else ()


def _frames(flame: Flame, coloring: Coloring, seen: Bool, scale: float, number: int) -> list[str]:
    begin, width, row = flame.begin * scale, flame.width * scale, rows(flame)
    out = []
    for node in seen.nonzero()[0].tolist():
        name = printable(shortened(readable(flame.labels.name[int(flame.tree.frame[node])]), _LONGEST_NAME))
        room = int((width[node] - 6) / _CHARACTER)
        text = "" if room < 3 else name if len(name) <= room else f"{name[: room - 1]}\N{HORIZONTAL ELLIPSIS}"
        label = f'<text x="{begin[node] + 3:.1f}" y="{row[node] * _ROW + 13}">{escape(text)}</text>'
        out.append(
            f"<g><title>{escape(name)}: {escape(told(flame, node))}</title>"
            f'<rect class="f{number}-{coloring.of_node[node]}" x="{begin[node]:.1f}" y="{row[node] * _ROW}" '
            f'width="{width[node]:.1f}" height="{_ROW - 1}"/>{label if text else ""}</g>\n'
        )
    return out


def told(flame: Flame, node: int) -> str:
    """Return a node's weight and share, of a difference both sides' and the change."""
    sides = [int(flame.total[node, side]) for side in range(len(flame.whole))]
    shares = [human_share(w / whole if whole else 0.0) for w, whole in zip(sides, flame.whole, strict=True)]
    weights = [f"{flame.value_type.human(w)} ({share})" for w, share in zip(sides, shares, strict=True)]
    if not flame.is_difference:
        return weights[0]
    change = 100 * flame.change[node]
    return f"{' before, '.join(weights)} after, {change:+z.2f} points of the baseline's time"


def _colors(coloring: Coloring, used: list[int], number: int) -> str:
    light = "".join(_fill(number, i, coloring.categories[i].light) for i in used)
    dark = "".join(_fill(number, i, coloring.categories[i].dark) for i in used)
    # On paper the page is light whatever the screen is.
    return f"{light}@media screen and (prefers-color-scheme: dark){{{dark}}}"


def _fill(number: int, category: int, color: str) -> str:
    return f".f{number}-{category}{{fill:{color};background-color:{color}}}"


def _legend(coloring: Coloring, used: list[int], number: int) -> str:
    return "".join(
        f'<li><span class="swatch f{number}-{i}"></span>'
        f"{escape(printable(shortened(coloring.categories[i].name, 60)))}</li>"
        for i in used
    )
