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
from hotspot.importers.svg.drawing import Column, Columns, Drawing
from hotspot.importers.svg.nesting import rows_of
from hotspot.profile import Bool, Int32, Int64

_MOST_DECIMALS = 6
_FARTHEST = 1e9  # a coordinate beyond this is damage, and would not fit the sweep's integers
_MOST_WEIGHT = 2.0**62


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

    labels: Column[Label]
    name: Int64
    counts: Counts
    weight: Int64
    unknown: Bool
    start: Int64
    end: Int64
    pixels: int | None
    row: Int32
    factored: bool


def frames_of(drawing: Drawing, labels: Column[Label], path: str) -> Frames:
    """Return the columns of a drawing that has frames.

    Raises:
        MalformedProfile: a coordinate or a count makes no sense, or no frame has a count.
    """
    columns = drawing.columns
    kept = _on_the_grid(columns, labels, path)
    labels = labels.of(kept)
    height = columns.height.of(kept)
    heights = _floats(Column([text or "0" for text in height.distinct], height.which), path)
    usual = float(np.sort(heights)[len(heights) // 2])  # np.median would import numpy.ma, 8 ms
    rows = rows_of(_floats(columns.y.of(kept), path), usual or 1.0)
    pixels: int | None = None
    left, samples = (_wholes(c.of(kept), path) for c in (columns.exact_x, columns.exact_width))
    if left is not None and samples is not None:
        start, end = left, left + samples
    else:
        samples = None
        x = columns.x.of(kept)
        start, end, decimals = _edges(x, columns.width.of(kept), path)
        pixels = None if x.first.endswith("%") else 10**decimals
    counted = _counted(labels)
    if counted.any():
        counts = read_counts(labels.distinct, path)
        weight = int64([count or 0 for count in counts.count], path)[labels.which]
        unknown = ~counted
    elif samples is not None:
        counts = Counts([], value_type("samples"), "samples")
        weight, unknown = samples, counted
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


def _counted(labels: Column[Label]) -> Bool:
    """Say which frames have a count, bool[frames]."""
    counted: Bool = np.array([label.count is not None for label in labels.distinct])[labels.which]
    return counted


def _on_the_grid(columns: Columns, labels: Column[Label], path: str) -> Int64:
    """Return the rectangles that are frames: with a count, or in a row and of a height as those with a count."""
    counted = _counted(labels)
    if counted.all():
        return np.arange(len(counted))
    if not counted.any():
        widths = columns.exact_width
        return np.flatnonzero(np.array([_is_whole(text) for text in widths.distinct])[widths.which])
    height = columns.height.which
    alike = np.flatnonzero(np.isin(height, height[counted]))
    y = _floats(columns.y.of(alike), path)
    known = np.unique(y[counted[alike]])
    steps = np.diff(known)
    step = float(steps[steps > 1].min(initial=np.inf))
    rows = (y - known[0]) / step
    on_grid: Int64 = alike[np.abs(rows - np.rint(rows)) < 0.05]
    return on_grid


def _edges(x: Column[str], width: Column[str], path: str) -> tuple[Int64, Int64, int]:
    """Return left and right edges in units of the last decimal written, and how many decimals these are."""
    decimals = max(len(text.rstrip("%px").partition(".")[2]) for text in x.distinct + width.distinct)
    decimals = min(decimals, _MOST_DECIMALS)
    left, across = (np.rint(_floats(column, path) * 10**decimals).astype(np.int64) for column in (x, width))
    return left, left + across, decimals


def _floats(column: Column[str], path: str) -> npt.NDArray[np.float64]:
    try:
        values = np.array([float(text.rstrip("%px")) for text in column.distinct])
    except ValueError as error:
        raise MalformedProfile(path, f"a coordinate is no number: {str(error).rpartition(': ')[2]}") from None
    if not (np.abs(values) < _FARTHEST).all():
        raise MalformedProfile(path, "a coordinate is out of all bounds")
    return values[column.which]


def _wholes(column: Column[str | None], path: str) -> Int64 | None:
    """Read whole numbers; None where a frame has none."""
    if not all(map(_is_whole, column.distinct)):
        return None
    return int64([whole(text) for text in column.distinct], path)[column.which]


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
