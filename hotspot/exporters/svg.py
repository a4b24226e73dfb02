"""A flame graph as one self-contained SVG: zoom and search by a small script, exact counts in titles and attributes.

Every frame is drawn, however narrow, so that reading the file back gives the same counts. ``fg:x`` and ``fg:w`` hold
the exact position and weight and ``total_samples`` the whole, as inferno writes them; titles read
``name (1,234 samples, 12.34%)`` as flamegraph.pl writes them. The root row is ``all``; flames grow upwards.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from importlib.resources import files

import numpy as np

from hotspot.importers.labels import Label, format_label
from hotspot.profile import Int64, Kind, Profile
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
    begin = _begins(profile, total)
    whole = max(int(total[(profile.call_tree.parent < 0) & (total > 0)].sum()), 1)
    deepest = int(profile.call_tree.depth[drawn].max(initial=-1)) + 1
    height = _TOP + (deepest + 1) * _ROW + _BOTTOM
    script = files("hotspot.exporters").joinpath("flamegraph.js").read_text(encoding="utf-8")
    yield (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        f'<svg version="1.1" width="{_WIDTH:.0f}" height="{height}" viewBox="0 0 {_WIDTH:.0f} {height}" '
        'onload="init()" xmlns="http://www.w3.org/2000/svg" xmlns:fg="http://github.com/jonhoo/inferno">\n'
        "<style>text{font-family:Verdana,sans-serif;font-size:12px;fill:#000}#title{font-size:17px}"
        "#frames g{cursor:pointer}#frames rect{stroke:#fff;stroke-width:.4}#frames g:hover rect{stroke:#000}"
        ".hide{display:none}.parent{opacity:.5}</style>\n"
        f"<script><![CDATA[\n{script}]]></script>\n"
        f'<rect x="0" y="0" width="100%" height="{height}" fill="#f8f8f8"/>\n'
        f'<text id="title" x="{_WIDTH / 2:.0f}" y="28" text-anchor="middle">{_escaped(_title(profile))}</text>\n'
        f'<text id="details" x="{_PAD:.0f}" y="{height - 14}"> </text>\n'
        f'<text id="unzoom" x="{_PAD:.0f}" y="28" class="hide" style="cursor:pointer">Reset zoom</text>\n'
        f'<text id="search" x="{_WIDTH - _PAD:.0f}" y="28" text-anchor="end" style="cursor:pointer">Search</text>\n'
        f'<text id="matched" x="{_WIDTH - _PAD:.0f}" y="{height - 14}" text-anchor="end"> </text>\n'
        f'<svg id="frames" x="{_PAD:.0f}" width="{_WIDTH - 2 * _PAD:.0f}" total_samples="{whole}">\n'
    )
    scale = (_WIDTH - 2 * _PAD) / whole
    counted = _counter(profile.value_type)
    floor = height - _BOTTOM - _ROW
    yield _frame("all", counted(whole), 1.0, 0, whole, scale, floor, "#d9d9d9")
    frames, strings = profile.frames, profile.frames.strings
    labels: dict[int, tuple[str, str]] = {}
    for node in drawn.tolist():
        frame = int(profile.call_tree.frame[node])
        if frame not in labels:
            label = Label(
                strings[frames.name[frame]],
                strings[frames.file[frame]],
                int(frames.line[frame]),
                strings[frames.module[frame]],
                Kind(int(frames.kind[frame])),
                profile.provenance.module_style,
            )
            labels[frame] = (format_label(label), _color(label))
        text, color = labels[frame]
        weight = int(total[node])
        y = floor - (int(profile.call_tree.depth[node]) + 1) * _ROW
        yield _frame(text, counted(weight), weight / whole, int(begin[node]), weight, scale, y, color)
    yield "</svg>\n</svg>\n"


def _begins(profile: Profile, total: Int64) -> Int64:
    """Return where each node begins, in weight: after its parent's begin and its drawn earlier siblings."""
    tree = profile.call_tree
    begin = np.zeros(len(tree), dtype=np.int64)
    used: dict[int, int] = {}
    parents, weights = tree.parent.tolist(), np.maximum(total, 0).tolist()
    for node, parent in enumerate(parents):  # depth-first, so a parent is placed before its children
        start = used.get(parent, begin[parent] if parent >= 0 else 0)
        begin[node] = start
        used[parent] = int(start) + weights[node]
    return begin


def _frame(
    label: str, counted: str, share: float, begin: int, weight: int, scale: float, y: float, color: str
) -> str:
    width = weight * scale
    room = int((width - 6) / _CHARACTER)
    shown = "" if room < 3 else label if len(label) <= room else label[: room - 2] + ".."
    return (
        f"<g><title>{_escaped(label)} ({counted}, {share * 100:.2f}%)</title>"
        f'<rect x="{begin * scale:.2f}" y="{y:.0f}" width="{width:.2f}" height="{_ROW - 1}" fill="{color}" '
        f'fg:x="{begin}" fg:w="{weight}"/>'
        f'<text x="{begin * scale + 3:.2f}" y="{y + 11.5:.1f}">{_escaped(shown)}</text></g>\n'
    )


def _counter(value_type: ValueType) -> Callable[[int], str]:
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


def _escaped(text: str) -> str:
    """Escape markup; characters that XML cannot hold at all are spelled out."""
    text = text.translate(_TEXT_UNSAFE)
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == " " else c.encode("unicode_escape").decode("ascii") for c in text
    )
