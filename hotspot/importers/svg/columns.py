"""The frames of a drawing as columns: names, counts, edges as integers, rows.

Edges are in samples where every frame has inferno's ``fg:x`` and ``fg:w``, else in units of the last decimal that
any of them is written with, so that equal texts stay equal and sums of a left edge and a width stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from hotspot.errors import MalformedProfile
from hotspot.importers.svg.counts import Counts, Labels, read_counts, value_type
from hotspot.importers.svg.nesting import rows_of
from hotspot.importers.svg.scan import Drawing
from hotspot.profile import Bool, Int32, Int64

_MOST_DECIMALS = 6
_FARTHEST = 1e9  # a coordinate beyond this is damage, and would not fit the sweep's integers
_MOST_WEIGHT = 2.0**62

Text = TypeVar("Text")


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of a drawing as columns, all of length frames but for the labels.

    Attributes:
        labels: name and what else the titles tell.
        name: equal for frames of one name, int64.
        counts: value type and unit of the weights, see `Counts`.
        weight: as drawn, 0 where the drawing gives no count, int64.
        unknown: whether the drawing gives no count, bool.
        start: left edge, int64.
        end: right edge, int64.
        pixels: what the edges have to be divided by to be pixels; None where they are samples or per cent.
        row: from the top, int32.
        factored: whether the counts are the widths in samples times a factor.
    """

    labels: Labels
    name: Int64
    counts: Counts
    weight: Int64
    unknown: Bool
    start: Int64
    end: Int64
    pixels: int | None
    row: Int32
    factored: bool


def frames_of(drawing: Drawing, labels: Labels, path: str) -> Frames:
    """Return the columns of a drawing that has frames.

    Raises:
        MalformedProfile: a coordinate or a count makes no sense, or no frame has a count.
    """
    columns = drawing.columns
    kept = _on_the_grid(drawing, labels, path)
    labels = labels.of(kept)
    heights = _floats([text or "0" for text in _picked(columns.height, kept)], path)
    usual = float(np.sort(heights)[len(heights) // 2])  # np.median would import numpy.ma, 8 ms
    rows = rows_of(_floats(_picked(columns.y, kept), path), usual or 1.0)
    pixels: int | None = None
    exact_x, samples = (_wholes(_picked(c, kept), path) for c in (columns.exact_x, columns.exact_width))
    if exact_x is not None and samples is not None:
        start, end = exact_x, exact_x + samples
    else:
        samples = None
        x = _picked(columns.x, kept)
        start, end, decimals = _edges(x, _picked(columns.width, kept), path)
        pixels = None if x[0].endswith("%") else 10**decimals
    if any(label.count is not None for label in labels.distinct):
        counts = read_counts(labels.distinct, path)
        unknown = ~labels.counted
        weight = int64([count or 0 for count in counts.count], path)[labels.which]
    elif samples is not None:
        counts = Counts([], value_type("samples"), "samples")
        unknown = np.zeros(len(samples), dtype=bool)
        weight = samples
    else:
        raise MalformedProfile(path, "no frame has a count, and not every frame has a whole fg:x and fg:w")
    factored = False
    if samples is not None:
        scale = counts.value_type.scale
        int64([int(samples.max()) * scale], path)
        scaled = samples * scale
        factored = bool((weight != scaled)[~unknown].any())
        if not factored:  # a title may lack the count, but the width is exact
            weight, unknown = scaled, np.zeros_like(unknown)
    in_row = np.zeros(int(rows.max()) + 1)
    np.add.at(in_row, rows, weight.astype(np.float64))  # a bound, not a weight: floats will do
    if float(in_row.max()) > _MOST_WEIGHT:
        raise MalformedProfile(path, "the counts of one row add up to more than 2^62")
    known: dict[str, int] = {}
    name = np.array([known.setdefault(label.name, len(known)) for label in labels.distinct], dtype=np.int64)
    return Frames(labels, name[labels.which], counts, weight, unknown, start, end, pixels, rows, factored)


def _on_the_grid(drawing: Drawing, labels: Labels, path: str) -> Int64:
    """Return the rectangles that are frames: with a count, or in a row and of a height as those with a count."""
    columns = drawing.columns
    counted = labels.counted
    if counted.all():
        return np.arange(len(counted))
    if not counted.any():
        return np.flatnonzero([_is_whole(width) for width in columns.exact_width])
    heights = set(_picked(columns.height, np.flatnonzero(counted)))
    alike = np.flatnonzero([height in heights for height in columns.height])
    y = _floats(_picked(columns.y, alike), path)
    known = np.unique(y[counted[alike]])
    steps = np.diff(known)
    step = float(steps[steps > 1].min(initial=np.inf))
    rows = (y - known[0]) / step
    return alike[np.abs(rows - np.rint(rows)) < 0.05]


def _picked(column: Sequence[Text], kept: Int64) -> Sequence[Text]:
    return column if len(kept) == len(column) else [column[i] for i in kept.tolist()]


def _edges(x: Sequence[str], width: Sequence[str], path: str) -> tuple[Int64, Int64, int]:
    """Return left and right edges in units of the last decimal written, and how many decimals these are."""
    decimals = max(len(text.rstrip("%px").partition(".")[2]) for text in {*x, *width})
    decimals = min(decimals, _MOST_DECIMALS)
    left, across = (np.rint(_floats(texts, path) * 10**decimals).astype(np.int64) for texts in (x, width))
    return left, left + across, decimals


def _floats(texts: Sequence[str], path: str) -> npt.NDArray[np.float64]:
    """Read a column of coordinates, in which texts repeat."""
    number = dict.fromkeys(texts, 0.0)
    try:
        for text in number:
            number[text] = float(text.rstrip("%px"))
    except ValueError as error:
        raise MalformedProfile(path, f"a coordinate is no number: {str(error).rpartition(': ')[2]}") from None
    values = np.fromiter(map(number.__getitem__, texts), np.float64, len(texts))
    if not (np.abs(values) < _FARTHEST).all():
        raise MalformedProfile(path, "a coordinate is out of all bounds")
    return values


def _wholes(texts: Sequence[str | None], path: str) -> Int64 | None:
    """Return a column of whole numbers, or None where a text is none."""
    return int64(list(map(int, filter(None, texts))), path) if all(map(_is_whole, texts)) else None


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
