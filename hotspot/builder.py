"""The seam between importers and the model: columnar batches in, one frozen `Profile` out.

An importer interns frames, hands over call-tree nodes either as whole stacks (`ProfileBuilder.add_stacks`) or
as (parent, frame) pairs (`ProfileBuilder.add_nodes`), gets *handles* back, and then adds samples that refer to
handles. Handles may repeat the same path; `build` merges them, so the work follows distinct stacks and nodes,
never samples. A faster kernel can replace the inside without an importer noticing.

How `build` works, all of it level by level from the roots (one numpy pass a level)::

    handles (parent, frame), any order, duplicates   ->  distinct (merged parent, frame) = nodes
    nodes by level, sizes summed upwards             ->  depth-first position of each node
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hotspot.errors import MalformedProfile
from hotspot.profile import (
    NO_STACK,
    CallTree,
    Frames,
    Int32,
    Int64,
    Kind,
    Profile,
    Provenance,
    Samples,
    Thread,
)
from hotspot.units import ValueType

_MAX_WEIGHT = 2**63 - 1
_SUM_ROWS = 1 << 16


class FrameTable:
    """Interns frames; a frame's id is its row in the finished `Frames`."""

    def __init__(self) -> None:
        self._strings: dict[str, int] = {"": 0}
        self._frames: dict[tuple[str, str, int, str, int], int] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def intern(
        self, name: str, file: str = "", line: int = 0, module: str = "", kind: int = Kind.USER
    ) -> int:
        """Return the id of a frame, new or known."""
        return self._frames.setdefault((name, file, line, module, kind), len(self._frames))

    def freeze(self) -> Frames:
        """Return the finished columns."""
        intern = self._strings.setdefault
        strings = self._strings
        count = len(self._frames)
        name = np.fromiter((intern(f[0], len(strings)) for f in self._frames), np.int32, count)
        file = np.fromiter((intern(f[1], len(strings)) for f in self._frames), np.int32, count)
        module = np.fromiter((intern(f[3], len(strings)) for f in self._frames), np.int32, count)
        line = np.fromiter((f[2] if 0 <= f[2] < 2**31 else 0 for f in self._frames), np.int32, count)
        kind = np.fromiter((f[4] for f in self._frames), np.uint8, count)
        for column in (name, file, module, line, kind):
            column.flags.writeable = False
        return Frames(tuple(strings), name, file, module, line, kind)


@dataclass
class ProfileBuilder:
    """Collects frames, nodes and samples of one profile.

    Attributes:
        value_types: one a column of the weights that `add_samples` takes.
        frames: where to intern frames.
    """

    value_types: tuple[ValueType, ...]
    frames: FrameTable = field(default_factory=FrameTable)
    _parents: list[Int32] = field(default_factory=list)
    _frames_of: list[Int32] = field(default_factory=list)
    _handles: int = 0
    # A column of the samples each; an array a batch.
    _handle: list[Int32] = field(default_factory=list)
    _weight: list[Int64] = field(default_factory=list)
    _time: list[Int64] = field(default_factory=list)
    _thread: list[Int32] = field(default_factory=list)

    def add_nodes(self, parent: npt.ArrayLike, frame: npt.ArrayLike) -> Int32:
        """Add call-tree nodes and return their handles, int32[n].

        Args:
            parent: handle of each node's parent, -1 for a root, int32[n]. A node of this very batch is
                ``handle_count`` plus its position and must come before its children.
            frame: frame id of each node, int32[n].
        """
        parents = np.asarray(parent, dtype=np.int32)
        self._parents.append(parents)
        self._frames_of.append(np.asarray(frame, dtype=np.int32))
        first = self._handles
        self._handles += len(parents)
        return np.arange(first, self._handles, dtype=np.int32)

    @property
    def handle_count(self) -> int:
        """How many handles were given out; the next node gets this one."""
        return self._handles

    def add_stacks(self, frame: npt.ArrayLike, offset: npt.ArrayLike) -> Int32:
        """Add whole stacks, ideally distinct ones, and return the handle of each one's leaf, int32[stacks].

        Args:
            frame: frame ids of all stacks, root to leaf, end to end, int32[frames].
            offset: where each stack begins, with the end of the last, int64[stacks + 1]. An empty stack
                becomes the frame ``[no stack]``.
        """
        frames = np.asarray(frame, dtype=np.int32)
        offsets = np.asarray(offset, dtype=np.int64)
        length = np.diff(offsets)
        if len(length) and int(length.min()) == 0:
            frames, offsets = _fill_empty(frames, offsets, self.frames.intern(NO_STACK))
            length = np.diff(offsets)
        start = offsets[:-1]
        frame_count = max(len(self.frames), 1)
        leaf = np.full(len(length), -1, dtype=np.int32)
        active = np.arange(len(length))
        level = 0
        while len(active):
            if len(active) == 1:  # one long stack left: the rest is a chain, not a level each
                leaf[active[0]] = self._add_chain(
                    int(leaf[active[0]]), frames[start[active[0]] + level : offsets[active[0] + 1]]
                )
                break
            key = (leaf[active].astype(np.int64) + 1) * frame_count + frames[start[active] + level]
            distinct, inverse = np.unique(key, return_inverse=True)
            handles = self.add_nodes(distinct // frame_count - 1, distinct % frame_count)
            leaf[active] = handles[inverse.reshape(-1)]
            level += 1
            active = active[length[active] > level]
        return leaf

    def _add_chain(self, parent: int, frames: Int32) -> int:
        first = self._handles
        parents = np.arange(first - 1, first - 1 + len(frames), dtype=np.int32)
        parents[0] = parent
        return int(self.add_nodes(parents, frames)[-1])

    def add_samples(
        self,
        handle: npt.ArrayLike,
        weight: npt.ArrayLike,
        time: npt.ArrayLike | None = None,
        thread: npt.ArrayLike | None = None,
    ) -> None:
        """Add samples.

        Args:
            handle: leaf of each sample, int32[n].
            weight: int64[n] or int64[n, value types].
            time: nanoseconds, int64[n]; given with every batch or with none.
            thread: row of the threads given to `build`, -1 unknown, int32[n]; with every batch or with none.
        """
        weights = np.asarray(weight, dtype=np.int64)
        if weights.ndim == 1:
            weights = weights.reshape(-1, 1)
        self._handle.append(np.asarray(handle, dtype=np.int32))
        self._weight.append(weights)
        if time is not None:
            self._time.append(np.asarray(time, dtype=np.int64))
        if thread is not None:
            self._thread.append(np.asarray(thread, dtype=np.int32))

    def build(
        self, provenance: Provenance, *, threads: tuple[Thread, ...] = (), selected: int = 0, label: str = ""
    ) -> Profile:
        """Merge equal paths, order nodes depth-first, and freeze; the builder is spent then.

        Raises:
            MalformedProfile: the weights of a value type add up to more than int64 holds.
        """
        parent, frame = _joined(self._parents), _joined(self._frames_of)
        node_of_handle, tree = _depth_first(parent, frame, max(len(self.frames), 1))
        samples = self._samples(node_of_handle)
        for column, value_type in enumerate(self.value_types):
            if _exact_abs_sum(samples.weight[:, column]) > _MAX_WEIGHT:
                raise MalformedProfile(
                    provenance.path or "profile", f"the weights of {value_type} exceed 2^63"
                )
        return Profile(
            frames=self.frames.freeze(),
            call_tree=tree,
            samples=samples,
            value_types=self.value_types,
            selected=selected,
            threads=threads,
            provenance=provenance,
            label=label,
        )

    def _samples(self, node_of_handle: Int32) -> Samples:
        """Join the batches, column by column; a joined one is let go, so that only one at a time is held twice."""
        leaf = node_of_handle[_joined(self._handle)] if self._handle else np.zeros(0, dtype=np.int32)
        self._handle.clear()
        weight = np.concatenate([np.zeros((0, len(self.value_types)), dtype=np.int64), *self._weight])
        self._weight.clear()
        time = np.concatenate(self._time) if self._time else None
        self._time.clear()
        thread = np.concatenate(self._thread) if self._thread else None
        self._thread.clear()
        if time is None and thread is None:
            leaf, weight = _one_row_a_stack(leaf, weight)
        for array in (leaf, weight, time, thread):
            if array is not None:
                array.flags.writeable = False
        return Samples(leaf, weight, time, thread)


def _joined(chunks: list[Int32]) -> Int32:
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int32)


def _fill_empty(frames: Int32, offsets: Int64, no_stack: int) -> tuple[Int32, Int64]:
    length = np.diff(offsets)
    empty = length == 0
    filled = np.insert(frames, offsets[:-1][empty], no_stack)
    new_offsets = np.zeros(len(offsets), dtype=np.int64)
    np.cumsum(np.where(empty, 1, length), out=new_offsets[1:])
    return filled.astype(np.int32), new_offsets


def _one_row_a_stack(leaf: Int32, weight: Int64) -> tuple[Int32, Int64]:
    distinct, inverse = np.unique(leaf, return_inverse=True)
    summed = np.zeros((len(distinct), weight.shape[1]), dtype=np.int64)
    np.add.at(summed, inverse.reshape(-1), weight)
    return distinct.astype(np.int32), summed


def _exact_abs_sum(column: Int64) -> int:
    """Sum absolute values without wrapping: 31-bit halves summed apart, joined as Python integers."""
    total = 0
    for begin in range(0, len(column), _SUM_ROWS):  # piece by piece, for the halves take memory
        piece = column[begin : begin + _SUM_ROWS]
        total += int(np.abs(piece >> 31).sum()) * 2**31 + int((piece & (2**31 - 1)).sum())
    return total


def _depth_first(parent: Int32, frame: Int32, frame_count: int) -> tuple[Int32, CallTree]:
    """Merge handles with equal paths and lay the distinct nodes out depth-first.

    Siblings keep the order in which they were first seen.

    Returns:
        The node of each handle, int32[handles], and the tree.
    """
    handles = len(parent)
    merged = np.empty(handles, dtype=np.int64)  # handle -> distinct node, numbered level by level
    by_parent = np.argsort(parent, kind="stable")
    first_child = np.searchsorted(parent[by_parent], np.arange(-1, handles + 1))
    level_bounds = [0]
    node_parent: list[npt.NDArray[np.int64]] = []
    node_frame: list[npt.NDArray[np.int64]] = []
    members = by_parent[: first_child[1]]
    while len(members):
        above = parent[members]
        merged_above = np.where(above < 0, -1, merged[above])
        key = (merged_above + 1) * frame_count + frame[members]
        distinct, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        # Number nodes by parent, and among siblings by the first handle that names them.
        order = np.lexsort((members[first], distinct // frame_count))
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order)) + level_bounds[-1]
        merged[members] = number[inverse.reshape(-1)]
        node_parent.append((distinct[order] // frame_count - 1).astype(np.int64))
        node_frame.append((distinct[order] % frame_count).astype(np.int64))
        level_bounds.append(level_bounds[-1] + len(order))
        members = _children(members, by_parent, first_child)
    parents = np.concatenate(node_parent) if node_parent else np.zeros(0, dtype=np.int64)
    frames = np.concatenate(node_frame) if node_frame else np.zeros(0, dtype=np.int64)
    position, size, depth = _layout(parents, level_bounds)
    nodes = len(parents)
    out = [np.empty(nodes, dtype=np.int32) for _ in range(4)]
    out[0][position] = frames
    out[1][position] = np.where(parents < 0, -1, position[parents]) if nodes else parents
    out[2][position] = position + size
    out[3][position] = depth
    for column in out:
        column.flags.writeable = False
    return position[merged].astype(np.int32) if handles else merged.astype(np.int32), CallTree(*out)


def _children(
    members: npt.NDArray[np.int64], by_parent: npt.NDArray[np.int64], first_child: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return all handles whose parent is among ``members``, in ascending order."""
    begin, end = first_child[members + 1], first_child[members + 2]
    length = end - begin
    has = length > 0
    begin, length = begin[has], length[has]
    if not len(length):
        return np.zeros(0, dtype=np.int64)
    skip = np.repeat(begin - np.concatenate([[0], np.cumsum(length)[:-1]]), length)
    return np.sort(by_parent[np.arange(int(length.sum())) + skip])


def _layout(
    parents: npt.NDArray[np.int64], level_bounds: list[int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return depth-first position, subtree size and depth of nodes that are numbered level by level."""
    nodes = len(parents)
    size = np.ones(nodes, dtype=np.int64)
    depth = np.empty(nodes, dtype=np.int32)
    position = np.empty(nodes, dtype=np.int64)
    levels = [slice(a, b) for a, b in pairwise(level_bounds)]
    for level in reversed(levels[1:]):
        np.add.at(size, parents[level], size[level])
    for number, level in enumerate(levels):
        depth[level] = number
        before = np.cumsum(size[level]) - size[level]  # sizes of all earlier nodes of the level
        above = parents[level]
        starts = np.flatnonzero(np.concatenate([[True], above[1:] != above[:-1]]))
        group = np.repeat(before[starts], np.diff(np.append(starts, len(above))))
        position[level] = before - group + (position[above] + 1 if number else 0)
    return position, size, depth
