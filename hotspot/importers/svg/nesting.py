r"""Which frame of a flame graph lies on which: coordinates in, parents out.

A frame's caller is the frame one row nearer to the root whose interval holds its own. All coordinates are integers:
samples where the drawing has inferno's ``fg:x`` and ``fg:w``, else multiples of the last digit written. Tools round
both edges with one monotone function (flamegraph.pl to 0.1 px, early inferno down to whole pixels), so that a child
never sticks out of its parent, and so that the parent is unique for every frame at least as wide as the rounding
step, which no tool's default leaves undrawn. One sorted sweep over all rows finds it::

    row 1   [--- a ---)[-- b --)        frames sorted by (row, start): the last parent that starts at or before
    row 2      [-- c --)  [ d )         a frame, and the first that ends at or after it, are one and the same

Narrower frames may have several candidates (in whole pixels: all the frames within one pixel). For these the order in
the file is asked, then the counts; see `_by_writing_order` and `_by_counts`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspot.profile import Bool, Int32, Int64

# A frame that could have had more callers than this is compared with the nearest ones only.
_MOST_CANDIDATES = 64


@dataclass(frozen=True, eq=False)
class Nesting:
    """Parents of frames.

    Attributes:
        parent: index of each frame's caller, -1 in the row of roots, -2 where no frame lies below, int32[frames].
        ambiguous: how many frames are so narrow that their caller is the likeliest of several.
        protruding: how many frames stick out of their caller by more than rounding explains.
    """

    parent: Int32
    ambiguous: int
    protruding: int


def rows_of(y: npt.NDArray[np.float64], height: float) -> Int32:
    """Number the rows of a drawing from the top, int32[frames]; less than half a frame apart is one row."""
    levels, inverse = np.unique(y, return_inverse=True)
    new_row = np.diff(levels, prepend=levels[:1]) > height / 2
    return np.cumsum(new_row).astype(np.int32)[inverse.reshape(-1)]


def nest(depth: Int32, start: Int64, end: Int64, count: Int64, name: Int64) -> Nesting:
    """Find every frame's caller.

    Args:
        depth: row, 0 for the roots, int32[frames].
        start: left edge, int64[frames].
        end: right edge, int64[frames].
        count: weight, int64[frames]; decides only between candidates.
        name: equal for frames of one name, int64[frames]; the same.
    """
    edges, rank = np.unique(np.concatenate([start, end]), return_inverse=True)
    rank = rank.reshape(-1).astype(np.int64)
    left, right = rank[: len(start)], rank[len(start) :]
    span = len(edges) + 1
    order = np.lexsort((right, left, depth))
    row_begin = np.searchsorted(depth[order], np.arange(int(depth.max()) + 2))
    key = depth.astype(np.int64) * span
    by_start = (key + left)[order]
    by_end = np.maximum.accumulate((key + right)[order])  # ascending already, unless frames overlap

    child = np.flatnonzero(depth > 0)
    below = key[child] - span
    first, last = row_begin[depth[child] - 1], row_begin[depth[child]] - 1
    high = np.clip(np.searchsorted(by_start, below + left[child], side="right") - 1, first, last)
    low = np.clip(np.searchsorted(by_end, below + right[child], side="left"), first, last)
    parent = np.full(len(depth), -1, dtype=np.int32)
    parent[child] = order[high]

    holds = (left[order[high]] <= left[child]) & (right[order[high]] >= right[child])
    unclear = np.flatnonzero(~(holds & (low >= high)))
    apart = low[unclear] >= high[unclear]
    odd, several = unclear[apart], unclear[~apart]
    protruding = 0
    if len(odd):
        choice, out = _best_overlap(start, end, child[odd], order, high[odd], low[odd], first[odd], last[odd])
        parent[child[odd]] = choice
        protruding = int(np.count_nonzero(out))
    ambiguous = 0
    if len(several):
        candidates = _Candidates(
            child[several], np.maximum(low, high - _MOST_CANDIDATES)[several], high[several], order
        )
        chosen, ambiguous = _by_writing_order(depth, right, count, name, parent, candidates) or _by_counts(
            count, parent, candidates
        )
        parent[candidates.child] = chosen
    return Nesting(parent, ambiguous, protruding)


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Frames with several possible callers: those at positions ``low`` to ``high`` of ``order``."""

    child: Int64
    low: Int64
    high: Int64
    order: Int64


def _best_overlap(
    start: Int64,
    end: Int64,
    child: Int64,
    order: Int64,
    high: Int64,
    low: Int64,
    first: Int64,
    last: Int64,
) -> tuple[Int32, Bool]:
    """Choose for frames that no frame holds entirely: the largest overlap wins, a gap of one unit is forgiven.

    Returns:
        The callers, -2 for none, and which frames stick out by more than two units.
    """
    places = np.clip(np.stack([high, high + 1, low - 1, low]), first, last)
    callers = order[places]
    overlap = np.minimum(end[callers], end[child]) - np.maximum(start[callers], start[child])
    best = np.argmax(overlap, axis=0)
    column = np.arange(len(child))
    found = callers[best, column]
    shared = overlap[best, column]
    choice = np.where(shared >= -1, found, -2).astype(np.int32)
    return choice, (shared < end[child] - start[child] - 2) & (choice >= 0)


def _by_writing_order(
    depth: Int32, right: Int64, count: Int64, name: Int64, parent: Int32, candidates: _Candidates
) -> tuple[Int32, int] | None:
    """Choose by the order inferno writes frames in; None where the file is not in that order.

    inferno writes the frames that end together from the root side up, at the moment they end. A frame's caller
    therefore is the frame written just before it, if that ends with it, or else the first one written later one row
    nearer to the root: that was still open. Where both could be, and the former has weight left, it is right nine times
    in ten.
    """
    frames = len(depth)
    index = np.arange(frames)
    key = depth.astype(np.int64) * frames + index
    written = np.sort(key)
    wanted = key - frames
    place = np.searchsorted(written, wanted)
    later = (written[np.minimum(place, frames - 1)] % frames).astype(np.int64)
    before = index - 1

    # Frames with one candidate must agree with the order as well.
    clear = parent >= 0
    clear[candidates.child] = False
    if not bool(((parent == before) | (parent == later))[clear].all()):
        return None
    position = np.empty(frames, dtype=np.int64)
    position[candidates.order] = index
    child = candidates.child

    def possible(caller: Int64) -> Bool:
        here = position[caller]
        held = (here >= candidates.low) & (here <= candidates.high)
        return held & (count[caller] >= count[child])

    ends_with = (child > 0) & possible(before[child]) & (right[before[child]] == right[child])
    still_open = possible(later[child])
    if not bool((ends_with | still_open).all()):
        return None
    chosen = np.where(ends_with, before[child], later[child]).astype(np.int32)
    both = ends_with & still_open & (before[child] != later[child])
    free = _free(count, parent, child)
    np.subtract.at(free, chosen[~both], count[child[~both]])
    settled = parent.astype(np.int64)
    settled[child] = np.where(both, -1, chosen)
    names = int(name.max()) + 1
    called = set((settled * names + name).tolist())
    for i in np.flatnonzero(both).tolist():
        frame, caller, other = int(child[i]), int(chosen[i]), int(later[child[i]])
        fits = free[caller] >= count[frame]
        again = caller * names + int(name[frame]) in called  # callees of one caller have different names
        if (not fits or again) and free[other] >= count[frame]:
            caller = other
        called.add(caller * names + int(name[frame]))
        free[caller] -= count[frame]
        chosen[i] = caller
    return chosen, int(np.count_nonzero(both))


def _free(count: Int64, parent: Int32, unclear: Int64) -> Int64:
    """Return what the callees that are clear leave of every frame, int64[frames]."""
    clear = parent >= 0
    clear[unclear] = False
    free = count.copy()
    np.subtract.at(free, parent[clear], count[clear])
    return free


def _by_counts(count: Int64, parent: Int32, candidates: _Candidates) -> tuple[Int32, int]:
    """Choose so that callees fit into their callers: the heaviest first, each into the tightest caller it fits."""
    free = _free(count, parent, candidates.child)
    chosen = np.empty(len(candidates.child), dtype=np.int32)
    ambiguous = 0
    for i in np.argsort(-count[candidates.child], kind="stable").tolist():
        weight = count[candidates.child[i]]
        callers = candidates.order[candidates.low[i] : candidates.high[i] + 1]
        fitting = callers[free[callers] >= weight]
        if len(fitting):
            caller = fitting[np.argmin(free[fitting])]
            ambiguous += len(fitting) > 1
        else:
            caller = callers[np.argmax(free[callers])]
            ambiguous += 1
        free[caller] -= weight
        chosen[i] = caller
    return chosen, ambiguous
