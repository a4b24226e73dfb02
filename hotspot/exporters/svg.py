"""A flame graph as one self-contained SVG: zoom and search by a small script, exact counts in titles and attributes.

Every frame is drawn, however narrow, so that reading the file back gives the same counts; ``data-narrowest="0"`` says so. ``fg:x`` and ``fg:w`` hold
the exact position and weight and ``total_samples`` the whole, as inferno writes them; titles read
``name (1,234 samples, 12.34%)`` as flamegraph.pl writes them. The root row is ``all``; flames grow upwards.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from importlib.resources import files

import numpy as np

from hotspot.importers.labels import Label, format_label
from hotspot.profile import CallTree, Int64, Kind, Profile
from hotspot.units import ValueType

_WIDTH = 1200.0
_PAD = 10.0
_ROW = 16
_TOP, _BOTTOM = 56, 34
_CHARACTER = 7.1  # mean advance of a 12 px Verdana character

_TEXT_UNSAFE = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&apos;"}


def write(profile: Profile) -> Iterator[bytes]:
    """Yield the flame graph of the selected value type.

    Nodes without weight are left out, for a frame of width 0 cannot be seen; nodes of negative weight have no place
    in a flame graph and are left out too.
    """
    for piece in _document(profile):
        yield piece.encode("utf-8", "backslashreplace")


def _document(profile: Profile) -> Iterator[str]:
    total = profile.node_total
    drawn = np.flatnonzero(total > 0)
    begin = begins(profile.call_tree, total)
    whole = max(int(total[(profile.call_tree.parent < 0) & (total > 0)].sum()), 1)
    deepest = int(profile.call_tree.depth[drawn].max(initial=-1)) + 1
    yield from opening(_title(profile), whole, deepest)
    counted = counter(profile.value_type)
    yield frame("all", f"{counted(whole)}, 100.00%", 0, deepest, (0, whole), (0.0, 1.0), 'fill="#d9d9d9"')
    frames, strings = profile.frames, profile.frames.strings
    labels: dict[int, tuple[str, str]] = {}
    for node in drawn.tolist():
        number = int(profile.call_tree.frame[node])
        if number not in labels:
            label = Label(
                strings[frames.name[number]],
                strings[frames.file[number]],
                int(frames.line[number]),
                strings[frames.module[number]],
                Kind(int(frames.kind[number])),
                profile.provenance.module_style,
            )
            labels[number] = (format_label(label), f'fill="{_color(label)}"')
        text, color = labels[number]
        left, weight = int(begin[node]), int(total[node])
        told = f"{counted(weight)}, {weight / whole * 100:.2f}%"
        level = int(profile.call_tree.depth[node]) + 1
        yield frame(text, told, level, deepest, (left, weight), (left / whole, weight / whole), color)
    yield CLOSING


CLOSING = "</svg>\n</svg>\n"


def opening(title: str, whole: int, deepest: int, *, style: str = "", below_title: str = "") -> Iterator[str]:
    """Yield a picture up to its first frame.

    Args:
        title: of the picture.
        whole: weight of the root row.
        deepest: level of the highest row, the root row being 0.
        style: more of the style sheet.
        below_title: SVG between title and frames.
    """
    height = _TOP + (deepest + 1) * _ROW + _BOTTOM
    script = files("hotspot.exporters").joinpath("flamegraph.js").read_text(encoding="utf-8")
    yield (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<svg version="1.1" width="{_WIDTH:.0f}" height="{height}" viewBox="0 0 {_WIDTH:.0f} {height}" '
        'onload="init()" xmlns="http://www.w3.org/2000/svg" xmlns:fg="http://github.com/jonhoo/inferno">\n'
        "<style>text{font-family:Verdana,sans-serif;font-size:12px;fill:#000}#title{font-size:17px}"
        "#frames g{cursor:pointer}#frames rect{stroke:#fff;stroke-width:.4}#frames g:hover rect{stroke:#000}"
        f".hide{{display:none}}.parent{{opacity:.5}}{style}</style>\n"
        f"<script><![CDATA[\n{script}]]></script>\n"
        f'<rect x="0" y="0" width="100%" height="{height}" fill="#f8f8f8"/>\n'
        f'<text id="title" x="{_WIDTH / 2:.0f}" y="28" text-anchor="middle">{escaped(title)}</text>\n{below_title}'
        f'<text id="details" x="{_PAD:.0f}" y="{height - 14}"> </text>\n'
        f'<text id="unzoom" x="{_PAD:.0f}" y="28" class="hide" style="cursor:pointer">Reset zoom</text>\n'
        f'<text id="search" x="{_WIDTH - _PAD:.0f}" y="28" text-anchor="end" style="cursor:pointer">Search</text>\n'
        f'<text id="matched" x="{_WIDTH - _PAD:.0f}" y="{height - 14}" text-anchor="end"> </text>\n'
        f'<svg id="frames" x="{_PAD:.0f}" width="{_WIDTH - 2 * _PAD:.0f}" total_samples="{whole}" data-narrowest="0">\n'
    )


def begins(tree: CallTree, total: Int64) -> Int64:
    """Return where each node begins, in weight: after its parent's begin and its drawn earlier siblings."""
    begin = np.zeros(len(tree), dtype=np.int64)
    used: dict[int, int] = {}
    parents, weights = tree.parent.tolist(), np.maximum(total, 0).tolist()
    for node, parent in enumerate(parents):  # depth-first, so a parent is placed before its children
        start = used.get(parent, begin[parent] if parent >= 0 else 0)
        begin[node] = start
        used[parent] = int(start) + weights[node]
    return begin


def frame(
    label: str,
    told: str,
    level: int,
    deepest: int,
    exact: tuple[int, int],
    place: tuple[float, float],
    look: str,
    more: str = "",
) -> str:
    """Return one frame.

    Args:
        label: as other tools and our importer read it.
        told: what stands in brackets behind it in the title.
        level: its row, counted from the root row, which is 0.
        deepest: of the picture.
        exact: begin and weight that are read back; without weight the frame is drawn, and no reader takes it for one.
        place: left edge and width, of the whole width.
        look: attributes of the rectangle.
        more: said when it is pointed at, instead of the title.
    """
    x, width = (share * (_WIDTH - 2 * _PAD) for share in place)
    y = _TOP + (deepest - level) * _ROW
    room = int((width - 6) / _CHARACTER)
    shown = "" if room < 3 else label if len(label) <= room else label[: room - 2] + ".."
    title, read = f"<title>{escaped(label)} ({told})</title>", f'fg:x="{exact[0]}" fg:w="{exact[1]}"'
    if not exact[1]:
        title, read = "", f'data-name="{escaped(label)}"'
    return (
        f"<g>{title}{f'<desc>{escaped(more)}</desc>' if more else ''}"
        f'<rect x="{x:.2f}" y="{y}" width="{width:.2f}" height="{_ROW - 1}" {look} {read}/>'
        f'<text x="{x + 3:.2f}" y="{y + 11.5:.1f}">{escaped(shown)}</text></g>\n'
    )


def counter(value_type: ValueType) -> Callable[[int], str]:
    """Return how a weight is written: the exact number with thousands separators, then what is counted."""
    what = value_type.type if value_type.unit == "count" else value_type.unit
    if value_type.counts_samples:
        what = "samples"

    def counted(weight: int) -> str:
        whole, point, fraction = value_type.exact(weight).partition(".")
        return f"{int(whole):,}{point}{fraction} {what}"

    return counted


def _title(profile: Profile) -> str:
    name = profile.label or profile.provenance.path.rsplit("/", 1)[-1]
    return f"Flame graph: {name}" if name else "Flame graph"


# Hue by what a frame is, lightness by its name, so that a function keeps its colour between graphs.
_HUES = {Kind.KERNEL: 20, Kind.JIT: 130, Kind.INLINED: 175, Kind.PROCESS: 0, Kind.THREAD: 0, Kind.WAKER: 200}


def _color(label: Label) -> str:
    spread = zlib.crc32(label.name.encode("utf-8", "backslashreplace"))
    hue = _HUES.get(label.kind, 38) + spread % 14
    saturation = 12 if label.kind in (Kind.PROCESS, Kind.THREAD) else 80
    return f"hsl({hue},{saturation}%,{64 + (spread >> 8) % 16}%)"


def escaped(text: str) -> str:
    """Escape markup; characters that XML cannot hold at all are spelled out."""
    text = text.translate(_TEXT_UNSAFE)
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == " " else c.encode("unicode_escape").decode("ascii") for c in text
    )
