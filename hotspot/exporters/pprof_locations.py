"""Which frames are one location in pprof: a frame and those inlined into it, where their module allows it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hotspot.profile import Bool, CallTree, Frames, Int32, Int64, Kind, Profile


@dataclass(frozen=True, eq=False)
class Locations:
    """The distinct locations of a profile, in the order in which a walk down the tree completes them.

    Attributes:
        frames: of each location, outermost first.
        of_node: the location that the node ends, int32[nodes]; -1 where each stack goes on within it.
        up: the node that ends the location above, int32[nodes]; -1 where there is none.
        length: locations from the root to the node, int32[nodes].
    """

    frames: list[tuple[int, ...]]
    of_node: Int32
    up: Int32
    length: Int32


def find_locations(profile: Profile) -> Locations:
    """Join the frames of each path of the call tree to locations.

    A frame of kind INLINED joins the location above it where its module is not known or that location's. A location
    is complete where the path goes on in another, or where samples end.
    """
    tree = profile.call_tree
    head, group, groups = _joined(profile.frames, tree)
    joins = head != np.arange(len(tree))
    below = np.flatnonzero(~joins & (tree.depth > 0))
    leaf = np.unique(profile.samples.leaf)
    first = np.full(len(groups), 2 * len(tree), dtype=np.int64)
    np.minimum.at(first, group[tree.parent[below]], 2 * below)
    np.minimum.at(first, group[leaf], 2 * leaf.astype(np.int64) + 1)
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < 2 * len(tree))]
    number = np.full(len(groups), -1, dtype=np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    return Locations(
        [groups[i] for i in order.tolist()],
        number[group],
        tree.parent[head],
        tree.depth + 1 - _count_on_path(tree, joins),
    )


def _joined(frames: Frames, tree: CallTree) -> tuple[Int32, Int32, list[tuple[int, ...]]]:
    """Return for each node the one that its location begins with and its group, then the frames of each group.

    A group is what a location would be if it ended at the node.
    """
    head, group = np.arange(len(tree), dtype=np.int32), tree.frame.copy()
    groups: list[tuple[int, ...]] = [(frame,) for frame in range(len(frames))]
    number_of: dict[int, int] = {}
    for level in _by_depth(
        tree, np.flatnonzero((frames.kind[tree.frame] == Kind.INLINED) & (tree.depth > 0))
    ):
        module = frames.module[tree.frame[level]]
        module_above = frames.module[tree.frame[head[tree.parent[level]]]]
        node = level[(module == 0) | (module == module_above)]
        parent = tree.parent[node]
        head[node] = head[parent]
        key = group[parent].astype(np.int64) * len(frames) + tree.frame[node]
        distinct, which = np.unique(key, return_inverse=True)
        numbers = []
        for joined in distinct.tolist():
            if joined not in number_of:
                above, frame = divmod(joined, len(frames))
                number_of[joined] = len(groups)
                groups.append((*groups[above], frame))
            numbers.append(number_of[joined])
        group[node] = np.array(numbers, dtype=np.int32)[which.reshape(-1)]
    return head, group, groups


def _by_depth(tree: CallTree, node: Int64) -> list[Int64]:
    """Return the nodes of each depth, callers before callees."""
    order = node[np.argsort(tree.depth[node], kind="stable")]
    cuts = (np.flatnonzero(np.diff(tree.depth[order])) + 1).tolist()
    return [order[begin:end] for begin, end in pairwise([0, *cuts, len(order)])]


def _count_on_path(tree: CallTree, marked: Bool) -> Int32:
    """Return how many nodes from the root to each, itself included, are marked; int32[nodes]."""
    change = np.zeros(len(tree) + 1, dtype=np.int32)
    change[:-1] = marked
    np.subtract.at(change, tree.subtree_end[marked], 1)
    return np.cumsum(change[:-1], dtype=np.int32)
