"""What must hold for every profile; `Profile.check` and every test comparison run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hotspot.errors import InvariantError

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
    for name in ("name", "file", "module"):
        column = getattr(frames, name)
        _require(len(column) == len(frames), f"frames.{name} has one entry a frame")
        _require(
            len(column) == 0 or (int(column.min()) >= 0 and int(column.max()) < len(frames.strings)),
            f"frames.{name} refers to strings",
        )
    _require(bool((frames.line >= 0).all()), "lines are not negative")
    rows = np.stack(
        [frames.name, frames.file, frames.module, frames.line, frames.kind.astype(np.int32)], axis=1
    )
    _require(len(np.unique(rows, axis=0)) == len(rows), "frames are distinct")


def _check_tree(tree: CallTree, frames: int) -> None:
    nodes = len(tree)
    index = np.arange(nodes)
    if nodes == 0:
        return
    _require(int(tree.frame.min()) >= 0 and int(tree.frame.max()) < frames, "nodes refer to frames")
    _require(
        bool((tree.parent < index).all() and (tree.parent >= -1).all()), "a parent comes before its child"
    )
    _require(
        bool((tree.subtree_end > index).all() and (tree.subtree_end <= nodes).all()), "subtrees are ranges"
    )
    child = index[tree.parent >= 0]
    parent = tree.parent[child]
    _require(bool((tree.subtree_end[child] <= tree.subtree_end[parent]).all()), "subtree ranges nest")
    _require(bool((tree.depth[child] == tree.depth[parent] + 1).all()), "a child is one deeper")
    _require(bool((tree.depth[tree.parent < 0] == 0).all()), "roots have depth 0")
    # Depth-first: the node before a child is its parent or lies in an earlier sibling's subtree.
    after_parent = child == parent + 1
    previous_end = np.zeros(nodes + 1, dtype=bool)
    previous_end[tree.subtree_end] = True
    _require(bool((after_parent | previous_end[child]).all()), "nodes are in depth-first order")
    pair = (tree.parent.astype(np.int64) + 1) * frames + tree.frame
    _require(len(np.unique(pair)) == nodes, "siblings have distinct frames")


def _check_samples(samples: Samples, profile: Profile) -> None:
    rows = len(samples)
    _require(samples.weight.shape == (rows, len(profile.value_types)), "one weight a row and value type")
    _require(samples.weight.dtype == np.int64, "weights are int64")
    _require(
        rows == 0 or (int(samples.leaf.min()) >= 0 and int(samples.leaf.max()) < len(profile.call_tree)),
        "samples refer to nodes",
    )
    _require(samples.time is None or len(samples.time) == rows, "one time a row")
    if samples.thread is not None:
        _require(len(samples.thread) == rows, "one thread a row")
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
