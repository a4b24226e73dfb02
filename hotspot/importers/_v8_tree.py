"""V8's CPU profiles as a call tree and samples: shared by ``.cpuprofile`` files and the profiles inside Chrome traces.

What is decided here, with what Chrome's DevTools (its CPUProfileDataModel) and speedscope (its chrome.ts) do:

- A sample lasts until the next one, as in both. The last one has no next; it gets no time, as in speedscope
  (DevTools gives it an average interval).
- Time deltas may be negative, since V8 records from two threads. Samples are put in order of time, as DevTools
  does, so every one keeps its own time (speedscope sets the clock back to what it was).
- ``(root)`` is not a frame. ``(program)`` (native code without a JavaScript stack) and ``(idle)`` are frames at
  the root, as in DevTools; speedscope draws the first on top of the previous stack and leaves the second out.
- ``(garbage collector)`` has no stack of its own: it is put on top of the stack that it interrupted, as both do,
  so that its cost counts for who allocated. When it began idle, it stays at the root.
- Lines count from 0 in the file. The old format counts as its writer did: V8's own number for the root, which has
  no line, is 0, so a root at line 0 tells lines that count from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hotspot.builder import ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.importers._js_frames import file_of_url, function_name
from hotspot.importers._web_columns import until_next
from hotspot.profile import UNKNOWN, Bool, Int32, Int64, Loss, LossKind
from hotspot.units import ValueType

if TYPE_CHECKING:
    from hotspot.importers._v8_shapes import NestedNode, Node

SAMPLES = ValueType("samples", "count")
CPU = ValueType("cpu", "nanoseconds")

_NO_ID = -(2**62)  # no id in a file is as small
_ROOT = "(root)"
_IDLE = "(idle)"
_GARBAGE_COLLECTOR = "(garbage collector)"


@dataclass
class V8Nodes:
    """The nodes of one call tree, a row each, parents and children in any order.

    Attributes:
        ids: what samples call them.
        parent: row, -1 for a root.
        function: (name, file, line) with lines from 1, 0 where unknown.
        hits: samples taken at the node, as far as the file says.
        columns: distinct (name, file, line, column).
        has_ticks: whether the file also says which lines of the functions ran.
    """

    ids: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    function: list[tuple[str, str, int]] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)
    columns: set[tuple[str, str, int, int | float | str]] = field(default_factory=set)
    has_ticks: bool = False

    def append(
        self, id: int, parent: int, name: str, url: str | None, line: int, column: int | float | str | None
    ) -> None:
        """Add a row."""
        file = file_of_url(url or "")
        self.ids.append(id)
        self.parent.append(parent)
        self.function.append((function_name(name, file, line), file, line))
        self.columns.add((*self.function[-1], -1 if column is None else column))


@dataclass
class V8Faults:
    """What is wrong with the CPU profiles of a file or not kept of them, added up.

    Attributes:
        merged: functions that only their column tells from another.
        ticks: whether the file says which lines of functions ran.
        untimed: samples without a time.
        early: samples earlier than the one before.
        lost: samples at nodes that are not in the file.
        orphans: chunks of profiles that never began.
    """

    merged: int = 0
    ticks: bool = False
    untimed: int = 0
    early: int = 0
    lost: int = 0
    orphans: int = 0

    def add_nodes(self, nodes: V8Nodes) -> None:
        """Add what of some nodes is not kept."""
        self.merged += len(nodes.columns) - len(set(nodes.function))
        self.ticks = self.ticks or nodes.has_ticks

    def losses(self) -> list[Loss]:
        """Return what there is, a sentence each."""
        found = [
            (
                LossKind.DROPPED,
                self.merged,
                "functions that differ in their column only, as in minified code",
                "columns are not kept",
            ),
            (LossKind.INCONSISTENT, self.untimed, "samples without a time", "they count, but last no time"),
            (
                LossKind.INCONSISTENT,
                self.early,
                "samples earlier than the one before",
                "they were put in order of time",
            ),
            (
                LossKind.INCONSISTENT,
                self.lost,
                "samples at nodes that are not in the file",
                "they are [unknown]",
            ),
            (
                LossKind.DROPPED,
                self.orphans,
                "ProfileChunk events of a profile that does not begin in the file",
                "they are left out",
            ),
        ]
        losses = [
            Loss(kind, f"{what}: {count:,}; {decision}", count)
            for kind, count, what, decision in found
            if count
        ]
        if self.ticks:
            text = "which line of a function ran (positionTicks) is not kept; lines are those of functions"
            losses.append(Loss(LossKind.DROPPED, text))
        return losses


def flat_nodes(path: str, nodes: Sequence[Node], at: str, *, complete: bool = True) -> V8Nodes:
    """Return the nodes of the current format.

    Args:
        path: of the file, for errors.
        nodes: as decoded.
        at: where they stand in the file, say ``nodes``.
        complete: whether a parent that is missing is an error. Traces lose chunks; such a node stands below
            ``[unknown]``, added as a last row.

    Raises:
        MalformedProfile: an id is used twice, a parent is missing, or a node has two parents.
    """
    from hotspot.importers._v8_shapes import line_from_zero

    rows = V8Nodes()
    row_of: dict[int, int] = {}
    for row, node in enumerate(nodes):
        if row_of.setdefault(node.id, row) != row:
            raise MalformedProfile(
                path, f"{at}[{row}].id: {node.id} is also the id of {at}[{row_of[node.id]}]"
            )
        frame = node.call_frame
        line = line_from_zero(frame.line_number)
        rows.append(node.id, -1, frame.function_name or "", frame.url, line, frame.column_number)
        rows.hits.append(node.hit_count or 0)
        rows.has_ticks = rows.has_ticks or bytes(node.position_ticks) not in (b"", b"[]", b"null")
    orphans = False
    for row, node in enumerate(nodes):
        if node.parent is not None:
            above = row_of.get(node.parent)
            if above is None and complete:
                raise MalformedProfile(path, f"{at}[{row}].parent: there is no node {node.parent}")
            orphans = orphans or above is None
            _set_parent(rows, path, at, row, len(nodes) if above is None else above)
        for child in node.children or ():
            below = row_of.get(child)
            if below is None:
                raise MalformedProfile(path, f"{at}[{row}].children: there is no node {child}")
            _set_parent(rows, path, at, below, row)
    if orphans:
        rows.append(_NO_ID, -1, UNKNOWN, "", 0, None)
        rows.hits.append(0)
    return rows


def _set_parent(rows: V8Nodes, path: str, at: str, row: int, parent: int) -> None:
    if rows.parent[row] not in (-1, parent):
        raise MalformedProfile(path, f"{at}[{row}]: node {rows.ids[row]} has two parents")
    rows.parent[row] = parent


def nested_nodes(path: str, head: NestedNode) -> V8Nodes:
    """Return the nodes of the old format.

    Raises:
        MalformedProfile: an id is used twice.
    """
    from hotspot.importers._v8_shapes import line_from_zero

    rows = V8Nodes()
    first_line = 1 if line_from_zero(head.line_number) == 1 else 0
    seen: set[int] = set()
    waiting: list[tuple[NestedNode, int]] = [(head, -1)]
    while waiting:
        node, parent = waiting.pop()
        if node.id in seen:
            raise MalformedProfile(path, f"head: two nodes have the id {node.id}")
        seen.add(node.id)
        line = line_from_zero(node.line_number) - first_line
        waiting += [(child, len(rows.ids)) for child in reversed(node.children)]
        rows.append(node.id, parent, node.function_name or "", node.url, max(line, 0), node.column_number)
        rows.hits.append(node.hit_count or 0)
    return rows


@dataclass(frozen=True)
class V8Tree:
    """Nodes that a builder knows.

    Attributes:
        ids: ids of the nodes, ascending.
        row_of: the row of each of ``ids``.
        handle: the builder's handle of each row, -1 where the row is no frame: the root.
        collector: whether a row is V8's garbage collector.
        stackless: whether a row has no JavaScript that the garbage collector could have interrupted.
    """

    ids: Int64
    row_of: Int64
    handle: Int32
    collector: Bool
    stackless: Bool

    def rows(self, ids: Int64) -> npt.NDArray[np.int64]:
        """Return the row of each id, -1 where no node has it."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[place] == ids, self.row_of[place], -1)


def add_tree(builder: ProfileBuilder, path: str, nodes: V8Nodes, at: str) -> V8Tree:
    """Hand the nodes to a builder.

    Raises:
        MalformedProfile: nodes are their own ancestors.
    """
    count = len(nodes.ids)
    handle = np.full(count, -1, dtype=np.int32)
    parents: list[int] = []
    frames: list[int] = []
    first = builder.handle_count
    for row in _parents_first(path, nodes, at):
        above, (name, file, line) = nodes.parent[row], nodes.function[row]
        if above < 0 and name == _ROOT:
            continue
        handle[row] = first + len(parents)
        parents.append(int(handle[above]) if above >= 0 else -1)
        frames.append(builder.frames.intern(name, file, line))
    builder.add_nodes(parents, frames)
    top = np.array([parent < 0 or handle[parent] < 0 for parent in nodes.parent], dtype=bool)
    names = [function[0] for function in nodes.function]
    collector = top & np.array([name == _GARBAGE_COLLECTOR for name in names], dtype=bool)
    idle = top & np.array([name == _IDLE for name in names], dtype=bool)
    ids = np.array(nodes.ids, dtype=np.int64)
    order = np.argsort(ids)
    return V8Tree(ids[order], order, handle, collector, idle | (handle < 0))


def _parents_first(path: str, nodes: V8Nodes, at: str) -> Iterator[int]:
    """Yield all rows, each after its parent."""
    new, on_path, done = 0, 1, 2
    state = bytearray(len(nodes.ids))
    for start in range(len(nodes.ids)):
        chain: list[int] = []
        row = start
        while row >= 0 and state[row] == new:
            state[row] = on_path
            chain.append(row)
            row = nodes.parent[row]
        if row >= 0 and state[row] == on_path:
            raise MalformedProfile(path, f"{at}[{row}]: node {nodes.ids[row]} is its own ancestor")
        for row in reversed(chain):
            state[row] = done
            yield row


def add_timed_samples(
    builder: ProfileBuilder, tree: V8Tree, rows: npt.NDArray[np.int64], time: Int64, thread: int | None = None
) -> None:
    """Add samples with their times; each has two weights, its count and how long it lasts.

    Args:
        builder: of a profile with the value types `SAMPLES` and `CPU`.
        tree: what the rows belong to.
        rows: of each sample, -1 for ``[unknown]``, int64[n].
        time: nanoseconds, in any order, int64[n].
        thread: row of the threads, where the profile has them.
    """
    order = np.argsort(time, kind="stable")
    rows, time = rows[order], time[order]
    handle = _on_interrupted(builder, tree, rows, _handles(builder, tree, rows))
    weight = np.stack([np.ones(len(rows), dtype=np.int64), until_next(time)], axis=1)
    threads = None if thread is None else np.full(len(rows), thread, dtype=np.int32)
    builder.add_samples(handle, weight, time, threads)


def fitted_times(times: Int64, count: int, start: int, faults: V8Faults) -> Int64:
    """Return one time a sample.

    Missing times are the last known one, so that those samples count but last no time.

    Args:
        times: nanoseconds as the file has them; more than there are samples is one that ends the last, left out.
        count: how many samples there are.
        start: nanoseconds, for samples where no time is known.
        faults: where to add what was wrong.
    """
    if len(times) < count:
        missing = count - len(times)
        faults.untimed += missing
        last = times[-1] if len(times) else start
        times = np.concatenate([times, np.full(missing, last, dtype=np.int64)])
    times = times[:count]
    faults.early += int(np.count_nonzero(np.diff(times) < 0))
    return times


def add_counts(builder: ProfileBuilder, tree: V8Tree, rows: npt.NDArray[np.int64], counts: Int64) -> None:
    """Add samples without times: how many were taken at each row."""
    builder.add_samples(_handles(builder, tree, rows), counts)


def _handles(builder: ProfileBuilder, tree: V8Tree, rows: npt.NDArray[np.int64]) -> Int32:
    """Return the handle of each row; samples at the root have no stack."""
    handle = (
        np.where(rows >= 0, tree.handle[rows], -1).astype(np.int32)
        if len(tree.handle)
        else np.full(len(rows), -1, np.int32)
    )
    if (rows < 0).any():
        handle[rows < 0] = builder.add_nodes([-1], [builder.frames.intern(UNKNOWN)])[0]
    at_root = (rows >= 0) & (handle < 0)
    if at_root.any():
        handle[at_root] = builder.add_stacks([], [0, 0])[0]
    return handle


def _on_interrupted(
    builder: ProfileBuilder, tree: V8Tree, rows: npt.NDArray[np.int64], handle: Int32
) -> Int32:
    """Put the garbage collector on top of the last stack before it."""
    known = rows >= 0
    collecting = np.zeros(len(rows), dtype=bool)
    collecting[known] = tree.collector[rows[known]]
    has_stack = known & ~collecting
    has_stack[has_stack] = ~tree.stackless[rows[has_stack]]
    # The sample before the collection began, not the last one with a stack: idle time in between ends a stack.
    before = np.maximum.accumulate(np.where(collecting, -1, np.arange(len(rows))))
    on_top = collecting & (before >= 0) & has_stack[before]
    if not on_top.any():
        return handle
    interrupted, which = np.unique(handle[before[on_top]], return_inverse=True)
    frame = builder.frames.intern(_GARBAGE_COLLECTOR)
    above = builder.add_nodes(interrupted, np.full(len(interrupted), frame))
    handle[on_top] = above[which.reshape(-1)]
    return handle
