"""A difference as a flame graph in one SVG file: drawn as the page draws it, read back as the profile after.

A frame is as wide as both sides together, so that what is gone is there to be seen; its title, ``fg:x`` and ``fg:w`` are those of the
side after alone, every count exact, as `hotspot.exporters.svg` writes them for one profile.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hotspot.analysis.flame import AFTER, Flame
from hotspot.exporters.svg import CLOSING, begins, counter, escaped, frame, opening
from hotspot.importers.labels import Label, format_label
from hotspot.plots.coloring import DIFFERENCES, colorings
from hotspot.profile import Kind
from hotspot.report.flame_svg import told

_GONE = "url(#gone)"  # hatched, as on the page


def write(flame: Flame, sentence: str) -> Iterator[bytes]:
    """Yield the picture of a difference; what was found is said by its root row."""
    for piece in _document(flame, sentence):
        yield piece.encode("utf-8", "backslashreplace")


def _document(flame: Flame, sentence: str) -> Iterator[str]:
    drawn = np.flatnonzero(flame.width > 0)
    after, begin, width = flame.total[:, AFTER], flame.begin, flame.width
    exact, whole, across = begins(flame.tree, after), max(int(after[0]), 1), float(width[0]) or 1.0
    category = colorings(flame)[0].of_node
    deepest = int(flame.tree.depth[drawn].max(initial=0))
    counted = counter(flame.value_type)
    title = f"Differential flame graph: {flame.title}"
    yield from opening(title, whole, deepest, style=_style(), below_title=_legend())
    for node in drawn.tolist():
        label, weight = _label(flame, node), int(after[node])
        left, size = float(begin[node]), float(width[node])
        yield frame(
            label,
            f"{counted(weight)}, {weight / whole * 100:.2f}%",
            int(flame.tree.depth[node]),
            deepest,
            (int(exact[node]), weight),
            (left / across, size / across),
            f'class="d{category[node]}" data-x="{left:.9g}" data-w="{size:.9g}"',
            f"{label}: {told(flame, node)}" if node else sentence,
        )
    yield CLOSING


def _label(flame: Flame, node: int) -> str:
    labels, i = flame.labels, int(flame.tree.frame[node])
    return format_label(Label(labels.name[i], labels.file[i], 0, labels.module[i], Kind(int(labels.kind[i]))))


def _style() -> str:
    return "".join(
        f".d{i}{{fill:{_GONE if category.pattern else category.light}}}"
        for i, category in enumerate(DIFFERENCES)
    )


def _legend() -> str:
    gone = next(category.light for category in DIFFERENCES if category.pattern)
    step = 1160 / len(DIFFERENCES)
    swatches = "".join(
        f'<rect class="d{i}" x="{20 + i * step:.0f}" y="38" width="10" height="10" stroke="#888"/>'
        f'<text x="{34 + i * step:.0f}" y="47" style="font-size:11px">{escaped(category.name)}</text>\n'
        for i, category in enumerate(DIFFERENCES)
    )
    return (
        '<defs><pattern id="gone" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="5" height="5" fill="{gone}" stroke="none"/>'
        f'<path d="M0 0V5" stroke="#1b1b1f"/></pattern></defs>\n<g id="legend">{swatches}</g>\n'
    )
