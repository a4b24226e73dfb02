"""The frames of a drawing as columns: names, counts, edges as integers, rows.

Edges are in samples where every frame has inferno's ``fg:x`` and ``fg:w``, else in units of the last decimal that
any of them is written with, so that equal texts stay equal and sums of a left edge and a width stay exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspot.errors import MalformedProfile
from hotspot.importers.svg.counts import Counts, Label, read_counts, value_type
from hotspot.importers.svg.nesting import rows_of
from hotspot.importers.svg.scan import Drawing
from hotspot.profile import Bool, Int32, Int64

_MOST_DECIMALS = 6
_FARTHEST = 1e9  # a coordinate beyond this is damage, and would not fit the sweep's integers
_MOST_WEIGHT = 2.0**62


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of a drawing as columns, all of length frames.

    Attributes:
        label: name and what else the title tells.
        name: equal for frames of one name, int64.
        counts: see `Counts`.
        weight: ``counts.count``, 0 for None, int64.
        unknown: whether the drawing gives no count, bool.
        start: left edge, int64.
        end: right edge, int64.
        pixels: what the edges have to be divided by to be pixels; None where they are samples or per cent.
        row: from the top, int32.
        factored: whether the counts are the widths in samples times a factor.
    """

    label: list[Label]
    name: Int64
    counts: Counts
    weight: Int64
    unknown: Bool
    start: Int64
    end: Int64
    pixels: int | None
    row: Int32
    factored: bool


def frames_of(drawing: Drawing, labels: list[Label], path: str) -> Frames:
    """Return the columns of a drawing.

    Raises:
        MalformedProfile: a coordinate or a count makes no sense, or no frame has a count.
    """
    kept = _on_the_grid(drawing, labels, path)
    label = [labels[i] for i in kept]
    x, y, width = ([column[i] for i in kept] for column in (drawing.x, drawing.y, drawing.width))
    exact = [(drawing.exact_x[i], drawing.exact_width[i]) for i in kept]
    heights = _floats([drawing.height[i] or "0" for i in kept], path)
    usual = float(np.sort(heights)[len(heights) // 2])  # np.median would import numpy.ma, 8 ms
    rows = rows_of(_floats(y, path), usual or 1.0)
    pixels: int | None = None
    if all(_is_whole(a) and _is_whole(w) for a, w in exact):
        start = int64([whole(a) for a, _ in exact], path)
        samples = int64([whole(w) for _, w in exact], path)
        end = start + samples
    else:
        samples = None
        start, end, decimals = _edges(x, width, path)
        pixels = None if x[0].endswith("%") else 10**decimals
    if any(one.count is not None for one in label):
        counts = read_counts(label, path)
    elif samples is not None:
        counts = Counts([int(n) for n in samples], value_type("samples"), "samples")
    else:
        raise MalformedProfile(path, "no frame has a count, and not every frame has a whole fg:x and fg:w")
    unknown = np.array([count is None for count in counts.count])
    weight = int64([count or 0 for count in counts.count], path)
    factored = False
    if samples is not None:
        scale = counts.value_type.scale
        scaled = int64([n * scale for n in samples.tolist()], path)
        factored = bool((weight != scaled)[~unknown].any())
        if not factored:  # a title may lack the count, but the width is exact
            weight, unknown = scaled, np.zeros_like(unknown)
    in_row = np.zeros(int(rows.max()) + 1)
    np.add.at(in_row, rows, weight.astype(np.float64))  # a bound, not a weight: floats will do
    if float(in_row.max()) > _MOST_WEIGHT:
        raise MalformedProfile(path, "the counts of one row add up to more than 2^62")
    known: dict[str, int] = {}
    name = np.array([known.setdefault(one.name, len(known)) for one in label], dtype=np.int64)
    return Frames(label, name, counts, weight, unknown, start, end, pixels, rows, factored)


def _on_the_grid(drawing: Drawing, labels: list[Label], path: str) -> list[int]:
    """Return the rectangles that are frames: with a count, or in a row and of a height as those with a count."""
    counted = [i for i, label in enumerate(labels) if label.count is not None]
    if len(counted) == len(labels):
        return counted
    if not counted:
        return [i for i, width in enumerate(drawing.exact_width) if _is_whole(width)]
    heights = {drawing.height[i] for i in counted}
    alike = [i for i in range(len(labels)) if drawing.height[i] in heights]
    y = _floats([drawing.y[i] for i in alike], path)
    known = np.unique(y[np.isin(alike, counted)])
    steps = np.diff(known)
    step = float(steps[steps > 1].min(initial=np.inf))
    rows = (y - known[0]) / step
    return [i for i, off in zip(alike, np.abs(rows - np.rint(rows)).tolist(), strict=True) if off < 0.05]


def _edges(x: list[str], width: list[str], path: str) -> tuple[Int64, Int64, int]:
    """Return left and right edges in units of the last decimal written, and how many decimals these are."""
    texts = x + width
    decimals = max(len(text.rstrip("%px").partition(".")[2]) for text in texts)
    decimals = min(decimals, _MOST_DECIMALS)
    units = np.rint(_floats(texts, path) * 10**decimals).astype(np.int64)
    start = units[: len(x)]
    return start, start + units[len(x) :], decimals


def _floats(texts: list[str], path: str) -> npt.NDArray[np.float64]:
    try:
        values = np.array([float(text.rstrip("%px")) for text in texts])
    except ValueError as error:
        raise MalformedProfile(path, f"a coordinate is no number: {str(error).rpartition(': ')[2]}") from None
    if not (np.abs(values) < _FARTHEST).all():
        raise MalformedProfile(path, "a coordinate is out of all bounds")
    return values


def _is_whole(text: str | None) -> bool:
    return text is not None and len(text) < 19 and text.isascii() and text.isdecimal()


def whole(text: str | None) -> int:
    """Return the whole number a text holds, 0 where it holds none."""
    return int(text) if text is not None and _is_whole(text) else 0


def int64(values: list[int], path: str) -> Int64:
    """Return a column of counts, or say that one does not fit."""
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        raise MalformedProfile(path, "a count is larger than 2^63") from None
