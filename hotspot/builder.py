"""The seam between importers and the model: columnar batches in, one frozen `Profile` out.

An importer interns frames, hands over call-tree nodes as whole stacks (`ProfileBuilder.add_stacks`), as stacks in
depth-first order (`ProfileBuilder.add_sorted_stacks`, the fast way) or as (parent, frame) pairs
(`ProfileBuilder.add_nodes`), gets *handles* back, and then adds samples that refer to handles. Handles may repeat
the same path; `build` merges them, so the work follows distinct stacks and nodes, never samples. A faster kernel
can replace the inside without an importer noticing.

How nodes are merged and ordered is in `hotspot.tree_layout`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hotspot.errors import InvariantError, MalformedProfile
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
from hotspot.tree_layout import SortedLayout, lay_out_sorted, lay_out_stacks, merge_handles
from hotspot.units import ValueType

_MAX_WEIGHT = 2**63 - 1
_MAX_LINE = 2**31 - 1
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
        """Return the id of a frame, new or known; a line that cannot be one is unknown (0)."""
        if not 0 <= line <= _MAX_LINE:
            line = 0
        return self._frames.setdefault((name, file, line, module, kind), len(self._frames))

    def freeze(self) -> Frames:
        """Return the finished columns."""
        intern = self._strings.setdefault
        strings = self._strings
        count = len(self._frames)
        name = np.fromiter((intern(f[0], len(strings)) for f in self._frames), np.int32, count)
        file = np.fromiter((intern(f[1], len(strings)) for f in self._frames), np.int32, count)
        module = np.fromiter((intern(f[3], len(strings)) for f in self._frames), np.int32, count)
        line = np.fromiter((f[2] for f in self._frames), np.int32, count)
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
    # Columns of the samples, an array a batch.
    _handle: list[Int32] = field(default_factory=list)
    _weight: list[Int64] = field(default_factory=list)
    _time: list[Int64] = field(default_factory=list)
    _thread: list[Int32] = field(default_factory=list)
    _layout: SortedLayout | None = None
    _built: bool = False

    def add_nodes(self, parent: npt.ArrayLike, frame: npt.ArrayLike) -> Int32:
        """Add call-tree nodes and return their handles, int32[n].

        Args:
            parent: handle of each node's parent, -1 for a root, int32[n]. A node of this very batch is
                ``handle_count`` plus its position and must come before its children.
            frame: frame id of each node, int32[n].

        Raises:
            InvariantError: a node comes before its parent.
        """
        parents = np.asarray(parent, dtype=np.int32)
        handles = np.arange(self._handles, self._handles + len(parents), dtype=np.int32)
        if not bool((parents < handles).all()):
            raise InvariantError("a node was added before its parent")
        self._parents.append(parents)
        self._frames_of.append(np.asarray(frame, dtype=np.int32))
        self._handles += len(parents)
        return handles

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
        return self.add_layout(lay_out_stacks(frames, offsets, max(len(self.frames), 1)))

    def add_sorted_stacks(self, frame: npt.ArrayLike, offset: npt.ArrayLike, shared: npt.ArrayLike) -> Int32:
        """Add stacks that are in depth-first order, each told by what it adds to the one before.

        A profile made of nothing else is not merged again, and no pass over its nodes needs more than a copy.

            main;parse;lex   ->   shared 0, adds main parse lex
            main;parse;ast        shared 2, adds ast
            main;emit             shared 1, adds emit

        Args:
            frame: frame ids that the stacks add, root to leaf, end to end, int32[frames]. The builder keeps it.
            offset: where each stack's own frames begin, with the end of the last, int64[stacks + 1].
            shared: how many frames from the root each stack has in common with the one before, int64[stacks].

        Returns:
            The handle of each stack's leaf, int32[stacks].

        Raises:
            InvariantError: a stack shares more frames than the one before has, or has none.
        """
        return self.add_layout(
            lay_out_sorted(
                np.asarray(frame, dtype=np.int32),
                np.asarray(offset, dtype=np.int64),
                np.asarray(shared, dtype=np.int64),
            )
        )

    def add_layout(self, layout: SortedLayout) -> Int32:
        """Add a tree that is in depth-first order and return the handle of each leaf, int32[leaves].

        A profile of nothing else keeps the tree as it is.
        """
        if self._handles == 0:
            self._layout = layout
        parent = layout.tree.parent
        first = self._handles
        self._parents.append(np.where(parent < 0, -1, parent + first) if first else parent)
        self._frames_of.append(layout.tree.frame)
        self._handles += len(parent)
        return layout.leaf + np.int32(first)

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
        """Merge equal paths, order nodes depth-first, and freeze; a builder builds one profile.

        Raises:
            InvariantError: it has built one already.
            MalformedProfile: the weights of a value type add up to more than int64 holds.
        """
        if self._built:
            raise InvariantError("a builder builds one profile: its columns were handed over to the first")
        self._built = True
        for column, value_type in enumerate(self.value_types):
            if sum(_exact_abs_sum(weight[:, column]) for weight in self._weight) > _MAX_WEIGHT:
                raise MalformedProfile(
                    provenance.path or "profile", f"the weights of {value_type} add up to more than 2^63"
                )
        node_of_handle, tree = self._tree()
        samples = self._samples(node_of_handle)
        for array in (tree.frame, tree.parent, tree.subtree_end, tree.depth):
            array.flags.writeable = False
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

    def _tree(self) -> tuple[Int32 | None, CallTree]:
        """Return the node of each handle (None where they are the same) and the tree."""
        layout = self._layout
        if layout is not None and len(layout.tree) == self._handles and layout.has_distinct_siblings():
            return None, layout.tree
        return merge_handles(_joined(self._parents), _joined(self._frames_of), max(len(self.frames), 1))

    def _samples(self, node_of_handle: Int32 | None) -> Samples:
        """Join the batches column by column, letting each go, so that only one is held twice at a time."""
        batches = len(self._handle)
        if len(self._time) not in (0, batches) or len(self._thread) not in (0, batches):
            raise InvariantError("time or thread was given with some batches of samples, not with all")
        handle = _joined(self._handle)
        self._handle.clear()
        leaf = handle if node_of_handle is None else node_of_handle[handle]
        del handle
        weight = np.concatenate([np.zeros((0, len(self.value_types)), dtype=np.int64), *self._weight])
        self._weight.clear()
        time = np.concatenate(self._time) if self._time else None
        self._time.clear()
        thread = np.concatenate(self._thread) if self._thread else None
        self._thread.clear()
        if time is None and thread is None:
            leaf, weight = one_row_a_stack(leaf, weight)
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


def one_row_a_stack(leaf: Int32, weight: Int64) -> tuple[Int32, Int64]:
    """Sum the rows of each leaf, which is what `Samples` without times and threads hold.

    Args:
        leaf: int32[rows].
        weight: int64[rows, value types].
    """
    if bool((leaf[1:] > leaf[:-1]).all()):
        return leaf, weight
    distinct = np.flatnonzero(np.bincount(leaf))
    summed = np.empty((len(distinct), weight.shape[1]), dtype=np.int64)
    for column in range(weight.shape[1]):
        of_node = np.zeros(int(distinct[-1]) + 1, dtype=np.int64)
        np.add.at(of_node, leaf, weight[:, column])
        summed[:, column] = of_node[distinct]
    return distinct.astype(np.int32), summed


def _exact_abs_sum(column: Int64) -> int:
    """Sum absolute values without wrapping: 32-bit halves summed apart, joined as Python integers."""
    total = 0
    for begin in range(0, len(column), _SUM_ROWS):  # piece by piece, for the halves take memory too
        magnitude = np.abs(column[begin : begin + _SUM_ROWS]).view(np.uint64)  # so |-2^63| comes out right
        total += int((magnitude >> np.uint64(32)).sum()) << 32
        total += int((magnitude & np.uint64(2**32 - 1)).sum())
    return total
