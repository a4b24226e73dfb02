"""What must hold for every profile; `Profile.check` and every test comparison run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hotspot.errors import InvariantError
from hotspot.profile import Kind

if TYPE_CHECKING:
    from hotspot.profile import CallTree, Frames, Profile, Samples


def check_profile(profile: Profile) -> None:
    """Verify frames, tree, samples and how they refer to each other.

    Raises:
        InvariantError: naming the first invariant that does not hold.
    """
    _check_frames(profile.frames)
    _check_tree(profile.call_tree, len(profile.frames))
    _check_samples(profile.samples, profile)
    _require(bool(profile.value_types), "a profile has at least one value type")
    _require(0 <= profile.selected < len(profile.value_types), "the selected value type exists")
    _require(
        len({(v.type, v.unit) for v in profile.value_types}) == len(profile.value_types),
        "value types have distinct names",
    )
    for value_type in profile.value_types:
        _require(
            value_type.scale >= 1 and set(str(value_type.scale)) <= {"1", "0"}, "a scale is a power of ten"
        )
    if len(profile.call_tree):
        roots = profile.call_tree.parent == -1
        _require(
            int(profile.node_total[roots].sum()) == profile.total,
            "the roots' totals add up to the samples' weights",
        )


def _check_frames(frames: Frames) -> None:
    _require(bool(frames.strings) and frames.strings[0] == "", "strings[0] is the empty text")
    _require(len(set(frames.strings)) == len(frames.strings), "interned texts are distinct")
    for name in ("name", "file", "module", "line", "kind"):
        column = getattr(frames, name)
        dtype = np.uint8 if name == "kind" else np.int32
        _require(len(column) == len(frames) and column.dtype == dtype, f"frames.{name} has one entry a frame")
    for name in ("name", "file", "module"):
        column = getattr(frames, name)
        _require(
            len(column) == 0 or (int(column.min()) >= 0 and int(column.max()) < len(frames.strings)),
            f"frames.{name} refers to strings",
        )
    _require(bool((frames.line >= 0).all()), "lines are not negative")
    _require(bool(np.isin(frames.kind, list(Kind)).all()), "kinds are known")
    rows = np.stack(
        [frames.name, frames.file, frames.module, frames.line, frames.kind.astype(np.int32)], axis=1
    )
    _require(len(np.unique(rows, axis=0)) == len(rows), "frames are distinct")


def _check_tree(tree: CallTree, frames: int) -> None:
    nodes = len(tree)
    index = np.arange(nodes)
    if nodes == 0:
        return
    for name in ("frame", "parent", "subtree_end", "depth"):
        column = getattr(tree, name)
        _require(len(column) == nodes and column.dtype == np.int32, f"tree.{name} is one int32 a node")
    _require(int(tree.frame.min()) >= 0 and int(tree.frame.max()) < frames, "nodes refer to frames")
    _require(
        bool((tree.parent < index).all() and (tree.parent >= -1).all()), "a parent comes before its child"
    )
    _require(
        bool((tree.subtree_end > index).all() and (tree.subtree_end <= nodes).all()), "subtrees are ranges"
    )
    _require(bool((tree.depth[tree.parent < 0] == 0).all()), "roots have depth 0")
    child = index[tree.parent >= 0]
    _require(bool((tree.depth[child] == tree.depth[tree.parent[child]] + 1).all()), "a child is one deeper")
    # Depth-first: the children of a node fill its range without a gap. Seen by parent, each child begins where
    # the one before ends, the first right behind the parent, and the last ends where the parent does.
    order = np.argsort(tree.parent, kind="stable")
    parent = tree.parent[order]
    ends = np.append(tree.subtree_end, nodes)  # at -1, the parent of roots: all nodes
    first = np.append(True, parent[1:] != parent[:-1])
    begins = np.where(first, parent + 1, np.append(0, tree.subtree_end[order[:-1]]))
    _require(bool((order == begins).all()), "nodes are in depth-first order")
    last = np.append(first[1:], True)
    _require(bool((tree.subtree_end[order[last]] == ends[parent[last]]).all()), "subtree ranges nest")
    pair = (tree.parent.astype(np.int64) + 1) * frames + tree.frame
    _require(len(np.unique(pair)) == nodes, "siblings have distinct frames")


def _check_samples(samples: Samples, profile: Profile) -> None:
    rows = len(samples)
    _require(samples.weight.shape == (rows, len(profile.value_types)), "one weight a row and value type")
    _require(samples.weight.dtype == np.int64, "weights are int64")
    _require(samples.leaf.dtype == np.int32 and len(samples.leaf) == rows, "one int32 leaf a row")
    _require(
        rows == 0 or (int(samples.leaf.min()) >= 0 and int(samples.leaf.max()) < len(profile.call_tree)),
        "samples refer to nodes",
    )
    if samples.time is not None:
        _require(len(samples.time) == rows and samples.time.dtype == np.int64, "one int64 time a row")
    if samples.thread is not None:
        _require(len(samples.thread) == rows and samples.thread.dtype == np.int32, "one int32 thread a row")
        _require(
            rows == 0
            or (int(samples.thread.min()) >= -1 and int(samples.thread.max()) < len(profile.threads)),
            "samples refer to threads",
        )
    if samples.time is None and samples.thread is None:
        _require(len(np.unique(samples.leaf)) == rows, "without time and thread, one row a distinct stack")


def _require(holds: bool, invariant: str) -> None:
    if not holds:
        raise InvariantError(f"invariant broken: {invariant}")
