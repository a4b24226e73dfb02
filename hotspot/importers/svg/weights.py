"""Self weights of drawn frames, such that everything adds up to what the roots say; and what may be hidden.

A drawing tells the total of each frame. A frame's self is what its drawn callees leave of it. Two things disturb that:

- Callees that add up to more than their caller, where a tool rounded counts or the file contradicts itself. The
  caller is believed and its self is 0; the callees are reduced in proportion, largest remainders first, so that the
  profile's total is exactly the roots' and no frame weighs more than was drawn. `fit` does it from the roots upwards.
- Frames too narrow to draw. Their weight is in the self of the caller they are not drawn on. What one of them can
  weigh at most follows from the tool's minimum width; see `largest_hidden`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspot.profile import Bool, Int32, Int64


@dataclass(frozen=True, eq=False)
class Fit:
    """Weights that add up.

    Attributes:
        own: weight of each frame with its callees, int64[frames].
        leaf: weight of each frame without them, int64[frames], never negative.
        overfull: how many frames were drawn with callees heavier than themselves.
        excess: by how much in all.
    """

    own: Int64
    leaf: Int64
    overfull: int
    excess: int


def sum_by_parent(parent: Int32, weight: Int64) -> Int64:
    """Sum a column of the children at their parent, int64[frames]."""
    total = np.zeros(len(parent), dtype=np.int64)
    inner = parent >= 0
    np.add.at(total, parent[inner], weight[inner])
    return total


def fill_unknown(parent: Int32, depth: Int32, weight: Int64, unknown: Bool) -> Int64:
    """Give frames without a count the sum of their callees, the least they can have had."""
    weight = weight.copy()
    inside = np.zeros_like(weight)
    for frames in reversed(_rows(depth)):
        weight[frames] = np.where(unknown[frames], inside[frames], weight[frames])
        held = frames[parent[frames] >= 0]
        np.add.at(inside, parent[held], weight[held])
    return weight


def fit(parent: Int32, depth: Int32, drawn: Int64) -> Fit:
    """Reduce callees that outweigh their caller; see the module's description.

    Args:
        parent: caller of each frame, -1 for roots, int32[frames].
        depth: 0 for roots, int32[frames].
        drawn: weight of each frame as drawn, not negative, int64[frames].
    """
    inside = sum_by_parent(parent, drawn)
    excess = np.maximum(inside - drawn, 0)
    overfull = int(np.count_nonzero(excess))
    own = drawn
    if overfull:
        own = _reduced(parent, depth, drawn, inside)
        inside = sum_by_parent(parent, own)
    return Fit(own, own - inside, overfull, int(excess.sum()))


def _reduced(parent: Int32, depth: Int32, drawn: Int64, inside: Int64) -> Int64:
    own = drawn.copy()
    by_parent = np.argsort(parent, kind="stable")
    begin = np.searchsorted(parent[by_parent], np.arange(len(parent) + 1))
    # A caller's own weight is final once its row is reached: only its caller, one row earlier, changes it.
    for frames in _rows(depth):
        for frame in frames[inside[frames] > own[frames]].tolist():
            callees = by_parent[begin[frame] : begin[frame + 1]]
            own[callees] = _shared_out(int(own[frame]), drawn[callees].tolist())
    return own


def _rows(depth: Int32) -> list[npt.NDArray[np.int64]]:
    """Return the frames of each row, from the roots on."""
    by_depth = np.argsort(depth, kind="stable")
    return np.split(by_depth, np.searchsorted(depth[by_depth], np.arange(1, int(depth.max()) + 1)))


def _shared_out(available: int, wanted: list[int]) -> list[int]:
    """Divide a weight in proportion to what is wanted, to the unit (largest remainder)."""
    total = sum(wanted)
    shares = [available * w // total for w in wanted]
    left = available - sum(shares)
    by_remainder = sorted(range(len(wanted)), key=lambda i: (-(available * wanted[i] % total), -wanted[i], i))
    for i in by_remainder[:left]:
        shares[i] += 1
    return shares


def largest_hidden(threshold: float, lightest: int, heaviest_self: int) -> int:
    """Return the largest weight that one frame missing from a drawing can have; 0 where none can be missing.

    Args:
        threshold: the tool leaves out frames that weigh less than this.
        lightest: weight of the lightest frame drawn, which the threshold cannot be above.
        heaviest_self: largest self of a drawn frame, or weight outside all; a missing frame's weight is in one.
    """
    return max(0, min(math.ceil(threshold) - 1, lightest - 1, heaviest_self))
