"""Draws flame graphs as flamegraph.pl and inferno do, so that reading them back can be tested against known stacks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

Stacks = Sequence[tuple[tuple[str, ...], int]]


@dataclass(frozen=True)
class Drawn:
    """One rectangle: a frame from ``start`` to ``end`` in samples."""

    name: str
    depth: int
    start: int
    end: int


def lay_out(stacks: Stacks) -> list[Drawn]:
    """Lay stacks out side by side, merging equal neighbours, ``all`` below; in the order inferno writes frames."""
    frames: list[Drawn] = []
    open_frames: list[tuple[str, int]] = []
    time = 0

    def close(depth: int) -> None:
        for level, (name, start) in enumerate(open_frames[depth:], start=depth):
            frames.append(Drawn(name, level, start, time))
        del open_frames[depth:]

    for stack, weight in stacks:
        path = ("all", *stack)
        shared = 0
        while shared < min(len(path), len(open_frames)) and open_frames[shared][0] == path[shared]:
            shared += 1
        close(shared)
        open_frames.extend((name, time) for name in path[shared:])
        time += weight
    close(0)
    return frames


def title_of(frame: Drawn, total: int, unit: str = "samples") -> str:
    """Return the text flamegraph.pl and inferno show for a frame."""
    weight = frame.end - frame.start
    if frame.depth == 0:
        return f"all ({weight:,} {unit}, 100%)"
    return f"{frame.name} ({weight:,} {unit}, {100 * weight / total:.2f}%)"


def flamegraph_pl(
    stacks: Stacks,
    *,
    generation: int = 2017,
    inverted: bool = False,
    unit: str = "samples",
    shuffle: random.Random | None = None,
    width: int = 1200,
) -> str:
    """Draw like flamegraph.pl: edges rounded to 0.1 px, frames under 0.1 px left out, in the order of a hash."""
    frames = lay_out(stacks)
    total = max(frame.end for frame in frames)
    per_sample = (width - 20) / total
    frames = [frame for frame in frames if frame.end - frame.start >= 0.1 / per_sample]
    if shuffle is not None:
        shuffle.shuffle(frames)
    deepest = max(frame.depth for frame in frames)
    out = [
        '<?xml version="1.0" standalone="no"?>',
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
        f'<svg version="1.1" width="{width}" height="600" onload="init(evt)" xmlns="http://www.w3.org/2000/svg">',
        '<script type="text/ecmascript"><![CDATA[ if (1 < 2) { s = "<rect><title>"; } ]]></script>',
        f'<rect x="0.0" y="0" width="{width}.0" height="600.0" fill="url(#background)"  />',
        '<text text-anchor="middle" x="600" y="24" font-size="17">Flame Graph</text>',
    ]
    for frame in frames:
        left = f"{10 + frame.start * per_sample:.1f}"
        right = f"{10 + frame.end * per_sample:.1f}"
        row = frame.depth if inverted else deepest - frame.depth
        place = f'x="{left}" y="{49 + 16 * row}" width="{float(right) - float(left):.1f}" height="15.0"'
        text = escape(title_of(frame, total, unit))
        hover = f'onmouseover="s(\'{text}\')" onmouseout="c()"'
        if generation < 2013:
            out.append(f'<rect {place} fill="rgb(1,2,3)" rx="2" ry="2" {hover} />')
            out.append(f'<text text-anchor="" x="13" y="20" font-size="12" {hover} >..</text>')
            continue
        out.append(f'<g class="func_g" {hover}>' if generation < 2015 else "<g >")
        out.append(f'<title>{text}</title><rect {place} fill="rgb(1,2,3)" rx="2" ry="2" />')
        out.append('<text text-anchor="" x="13" y="20" font-size="12"  >..</text>\n</g>')
    return "\n".join([*out, "</svg>", ""])


def inferno(
    stacks: Stacks,
    *,
    inverted: bool = False,
    caption: str = "Flame Graph",
    minimum: float = 0.01,
    whole_pixels: bool = False,
) -> str:
    """Draw like inferno: exact ``fg:`` integers and per cent; before version 0.10, whole pixels and neither."""
    frames = lay_out(stacks)
    total = max(frame.end for frame in frames)
    deepest = max(frame.depth for frame in frames)
    smallest = total * minimum / 100 if not whole_pixels else 0.1 * total / 1180
    out = [
        '<?xml version="1.0" standalone="no"?><svg version="1.1" width="1200" height="600" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:fg="http://github.com/jonhoo/inferno">'
        "<!--Flame graph stack visualization. --><!--NOTES: <g> -->"
        '<style type="text/css">\ntext { font-family:monospace }\n</style>'
        '<rect x="0" y="0" width="100%" height="600" fill="url(#background)"/>'
        f'<text id="title" x="50.0000%" y="24.00">{escape(caption)}</text>'
        f'<svg id="frames" x="10" width="1180" total_samples="{total}">'
    ]
    for frame in frames:
        weight = frame.end - frame.start
        if weight < smallest:
            continue
        y = 36 + 16 * (frame.depth if inverted else deepest - frame.depth)
        if whole_pixels:
            left, right = (int(edge * 1180 / total) + 10 for edge in (frame.start, frame.end))
            place = f'x="{left}" y="{y}" width="{right - left}" height="15" fill="rgb(1,2,3)"'
        else:
            left, right = (100 * edge / total for edge in (frame.start, frame.end))
            place = (
                f'x="{left:.4f}%" y="{y}" width="{right - left:.4f}%" height="15" fill="rgb(1,2,3)" '
                f'fg:x="{frame.start}" fg:w="{weight}"'
            )
        out.append(
            f"<g><title>{escape(title_of(frame, total))}</title><rect {place}/>"
            '<text x="0.2500%" y="46.50"></text></g>'
        )
    return "".join([*out, "</svg></svg>"])


def ordered(stacks: dict[tuple[str, ...], int]) -> list[tuple[tuple[str, ...], int]]:
    """Return stacks in the order in which tools lay them out."""
    return sorted(stacks.items(), key=lambda item: ";".join(item[0]))


def as_text(stacks: Iterable[tuple[tuple[str, ...], int]]) -> str:
    """Return stacks as lines that `tests.vocabulary.profile_from_text` takes."""
    return "\n".join(f"{';'.join(stack)} {weight}" for stack, weight in stacks)


Renderer = Callable[[Stacks], str]
