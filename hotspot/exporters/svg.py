"""A flame graph as one self-contained SVG: zoom and search by a small script, exact counts in titles and attributes.

Every frame is drawn, however narrow, so that reading the file back gives the same counts; ``data-narrowest="0"`` says so. ``fg:x`` and ``fg:w`` hold
the exact position and weight and ``total_samples`` the whole, as inferno writes them; titles read
``name (1,234 samples, 12.34%)`` as flamegraph.pl writes them. The root row is ``all``; flames grow upwards.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from hotspot.importers.labels import Label, format_label
from hotspot.profile import CallTree, Int64, Kind, Profile
from hotspot.units import ValueType

_WIDTH = 1200.0
_PAD = 10.0
_ROW = 16
_TOP, _BOTTOM = 56, 34
_PIECE = 1 << 12  # frames written at a time
_CHARACTER = 7.1  # mean advance of a 12 px Verdana character

_TEXT_UNSAFE = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&apos;"}


def write(profile: Profile) -> Iterator[bytes]:
    """Yield the flame graph of the selected value type.

    Nodes without weight are left out, for a frame of width 0 cannot be seen; nodes of negative weight have no place
    in a flame graph and are left out too.
    """
    pending: list[str] = []
    for piece in _document(profile):
        pending.append(piece)
        if len(pending) >= _PIECE:
            yield "".join(pending).encode("utf-8", "backslashreplace")
            pending = []
    yield "".join(pending).encode("utf-8", "backslashreplace")


def _document(profile: Profile) -> Iterator[str]:
    tree, total = profile.call_tree, profile.node_total
    whole = max(int(total[(tree.parent < 0) & (total > 0)].sum()), 1)
    deepest = int(tree.depth[total > 0].max(initial=-1)) + 1
    yield from opening(_title(profile), whole, deepest)
    told = f"{counter(profile.value_type)(whole)}, 100.00%"
    yield frame("all", told, 0, deepest, (0, whole), (0.0, 1.0), 'fill="#d9d9d9"')
    yield from _frames(profile, whole, deepest)
    yield CLOSING


def _frames(profile: Profile, whole: int, deepest: int) -> Iterator[str]:
    """Yield every frame that is drawn.

    Most nodes of a deep tree are the only child of one that weighs the same, and stand exactly above it: what the
    place and the weight decide is then written once.
    """
    labels: dict[int, _Name] = {}
    counted = counter(profile.value_type)
    before = (-1, -1)
    for number, level, left, weight in _drawn(profile):
        name = labels.get(number)
        if name is None:
            name = labels[number] = _name(profile, number)
        if (left, weight) != before:
            before = left, weight
            told = f" ({counted(weight)}, {weight / whole * 100:.2f}%)</title>"
            span, read = _span(left / whole, weight / whole), _read(left, weight)
        shown = (
            ""
            if span.room < 3
            else name.escaped
            if len(name.plain) <= span.room
            else escaped(span.fit(name.plain))
        )
        yield _element(
            f"<title>{name.escaped}{told}", _height(level + 1, deepest), span, f"{name.look} {read}", shown
        )


def _drawn(profile: Profile) -> Iterator[tuple[int, int, int, int]]:
    """Yield frame, depth, begin and total weight of each node that has weight."""
    tree, total = profile.call_tree, profile.node_total
    node = np.flatnonzero(total > 0)
    begin = begins(tree, total)
    for first in range(0, len(node), _PIECE):
        some = node[first : first + _PIECE]
        columns = tree.frame[some], tree.depth[some], begin[some], total[some]
        yield from zip(*(column.tolist() for column in columns), strict=True)


class _Name(NamedTuple):
    """How a frame of the profile is called, and how it looks."""

    plain: str
    escaped: str
    look: str


def _name(profile: Profile, number: int) -> _Name:
    frames, strings = profile.frames, profile.frames.strings
    label = Label(
        strings[frames.name[number]],
        strings[frames.file[number]],
        int(frames.line[number]),
        strings[frames.module[number]],
        Kind(int(frames.kind[number])),
        profile.provenance.module_style,
    )
    text = format_label(label)
    return _Name(text, escaped(text), f'fill="{_color(label)}"')


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
    width = np.maximum(total, 0)
    own = width.copy()  # what the children leave of a node, at its right end
    inner = np.flatnonzero(tree.parent >= 0)
    np.subtract.at(own, tree.parent[inner], width[inner])
    # Depth-first, everything before a node lies left of it, but what its callers have of their own.
    own_of_path = np.zeros(len(tree) + 1, dtype=np.int64)
    own_of_path[:-1] = own
    np.subtract.at(own_of_path, tree.subtree_end, own)
    begin: Int64 = np.cumsum(own) - np.cumsum(own_of_path[:-1])
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
    span = _span(*place)
    shown = "" if span.room < 3 else escaped(label if len(label) <= span.room else span.fit(label))
    title, read = f"<title>{escaped(label)} ({told})</title>", _read(*exact)
    if not exact[1]:
        title, read = "", f'data-name="{escaped(label)}"'
    about = f"{title}<desc>{escaped(more)}</desc>" if more else title
    return _element(about, _height(level, deepest), span, f"{look} {read}", shown)


class _Span(NamedTuple):
    """Where a frame is across the picture: in pixels, as written, and how many characters have room in it."""

    x: str
    text_x: str
    width: str
    room: int

    def fit(self, label: str) -> str:
        """Return as much of a label as has room."""
        return label[: self.room - 2] + ".."


def _span(left: float, width: float) -> _Span:
    x, pixels = left * (_WIDTH - 2 * _PAD), width * (_WIDTH - 2 * _PAD)
    return _Span(f"{x:.2f}", f"{x + 3:.2f}", f"{pixels:.2f}", int((pixels - 6) / _CHARACTER))


def _height(level: int, deepest: int) -> int:
    return _TOP + (deepest - level) * _ROW


def _read(begin: int, weight: int) -> str:
    return f'fg:x="{begin}" fg:w="{weight}"'


def _element(about: str, y: int, span: _Span, attributes: str, shown: str) -> str:
    return (
        f'<g>{about}<rect x="{span.x}" y="{y}" width="{span.width}" height="{_ROW - 1}" {attributes}/>'
        f'<text x="{span.text_x}" y="{y + 11}.5">{shown}</text></g>\n'
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
