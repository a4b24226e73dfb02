"""Duration events (B, E and X) of one thread, nested by time and turned into self time.

What they mean together is speedscope's reading (its trace-event.ts and test files), since the format allows events
in any order and leaves open what is wrong:

- B and X events open in order of time; X events that open together nest the longer outside. E events close in
  order of time, of several at one time the one that matches the innermost open event first.
- An X event without a length takes no time and holds none, wherever it stands: it is passed over.
- An event that opens when one of the same key (name and arguments) closes has no length and opens first. So do all
  that open when one closes that is not open yet.
- An E event closes the innermost open event if that has its name (or if it has no name). If an outer one has it,
  the two overlap: the outer one then lasts as long as the inner. If none has it, it is left out.
- What is still open at the end of the thread lasts until then.

    time      0    1    2    3    4
    events    B a  B b       E b  E a      ->  a 2 (0-1, 3-4), a;b 2
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hotspot.builder import ProfileBuilder
from hotspot.profile import Int32, Int64

NO_NAME = -1


@dataclass
class Spans:
    """Events of all threads, columns of 64-bit integers.

    Attributes:
        thread: row of the threads.
        time: nanoseconds.
        length: nanoseconds, 0 for B and E.
        name: number of the name; `NO_NAME` for an E event without one.
        key: hash of name and arguments.
        frame: number of the frame, -1 for E.
        phase: ``ord`` of B, E or X.
    """

    thread: array[int] = field(default_factory=lambda: array("q"))
    time: array[int] = field(default_factory=lambda: array("q"))
    length: array[int] = field(default_factory=lambda: array("q"))
    name: array[int] = field(default_factory=lambda: array("q"))
    key: array[int] = field(default_factory=lambda: array("q"))
    frame: array[int] = field(default_factory=lambda: array("q"))
    phase: array[int] = field(default_factory=lambda: array("b"))

    def __len__(self) -> int:
        return len(self.time)


@dataclass
class Faults:
    """How often the events of a trace contradict each other."""

    unmatched: int = 0
    overlapping: int = 0
    unclosed: int = 0


@dataclass(frozen=True)
class _Edges:
    """One sort of edge, opening or closing, in the order it is to be taken; equal lengths."""

    time: list[int]
    name: list[int]
    key: list[int]
    frame: list[int]


class SelfTime:
    """Collects the self time of all threads: a row for every stretch of time between two edges."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, int], int] = {}
        self._node = array("q")
        self._weight = array("q")
        self._time = array("q")
        self._thread = array("q")
        self.faults = Faults()

    def add_threads(self, spans: Spans) -> None:
        """Nest the events of every thread."""
        thread = np.frombuffer(spans.thread, dtype=np.int64)
        order = np.argsort(thread, kind="stable")
        bounds = np.flatnonzero(np.diff(thread[order])) + 1
        for rows in np.split(order, bounds):
            if len(rows):
                opening, closing = _edges(spans, rows)
                self._nest(int(thread[rows[0]]), opening, closing)

    def add_to(self, builder: ProfileBuilder, frame_ids: Int32) -> None:
        """Hand all rows to a builder whose profile has one value type, nanoseconds.

        Args:
            builder: where to.
            frame_ids: the builder's id of each frame number.
        """
        parents = np.fromiter((parent for parent, _ in self._nodes), np.int64, len(self._nodes))
        frames = np.fromiter((frame for _, frame in self._nodes), np.int64, len(self._nodes))
        first = builder.handle_count
        builder.add_nodes(np.where(parents < 0, -1, parents + first), frame_ids[frames])
        builder.add_samples(
            np.frombuffer(self._node, dtype=np.int64) + first,
            np.frombuffer(self._weight, dtype=np.int64),
            np.frombuffer(self._time, dtype=np.int64),
            np.frombuffer(self._thread, dtype=np.int64),
        )

    def _nest(self, thread: int, opening: _Edges, closing: _Edges) -> None:
        stack = _Stack(self._nodes)
        ends = _Ends(closing)
        begin, count = 0, len(opening.time)
        since = 0
        while begin < count or ends:
            opens = begin < count and (not ends or _opens_first(opening, begin, ends, stack))
            now = opening.time[begin] if opens else ends.time
            if stack and now > since:
                self._node.append(stack.node)
                self._weight.append(now - since)
                self._time.append(since)
                self._thread.append(thread)
            since = now
            if opens:
                stack.push(opening.name[begin], opening.key[begin], opening.frame[begin])
                begin += 1
            elif not stack:
                ends.drop()
                self.faults.unmatched += 1
            elif ends.take(stack.key, stack.name):
                stack.pop()
            elif stack.close_later(ends.drop()):
                self.faults.overlapping += 1
            else:
                self.faults.unmatched += 1
        self.faults.unclosed += stack.unclosed


def _opens_first(opening: _Edges, begin: int, ends: _Ends, stack: _Stack) -> bool:
    """Whether the next opening comes before the next closing."""
    if opening.time[begin] != ends.time:
        return opening.time[begin] < ends.time
    if opening.key[begin] == ends.key:
        return True
    if stack and ends.has(stack.key, stack.name):
        return False
    if ends.has(opening.key[begin], opening.name[begin]):
        return True
    # An end of nothing that is open: what it ends may be among those that open now.
    return ends.name != NO_NAME and not stack.has(ends.name)


class _Stack:
    """The open events of a thread, outermost first."""

    def __init__(self, nodes: dict[tuple[int, int], int]) -> None:
        self._nodes = nodes
        self._open: list[tuple[int, int, int]] = []  # name, key, node
        self._closed: list[bool] = []  # ended already, but an inner one has not
        self._of_name: defaultdict[int, list[int]] = defaultdict(list)  # depths of those that have not ended

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def name(self) -> int:
        return self._open[-1][0]

    @property
    def key(self) -> int:
        return self._open[-1][1]

    @property
    def node(self) -> int:
        return self._open[-1][2]

    @property
    def unclosed(self) -> int:
        return self._closed.count(False)

    def has(self, name: int) -> bool:
        """Whether an event of that name is open."""
        return bool(self._of_name.get(name))

    def push(self, name: int, key: int, frame: int) -> None:
        above = self._open[-1][2] if self._open else -1
        node = self._nodes.setdefault((above, frame), len(self._nodes))
        self._of_name[name].append(len(self._open))
        self._open.append((name, key, node))
        self._closed.append(False)

    def pop(self) -> None:
        """Close the innermost event, and those around it that have ended already."""
        self._of_name[self._open.pop()[0]].pop()
        self._closed.pop()
        while self._closed and self._closed[-1]:
            self._open.pop()
            self._closed.pop()

    def close_later(self, name: int) -> bool:
        """Let the innermost open event of that name end with the events inside it; say whether there is one."""
        depths = self._of_name.get(name)
        if not depths:
            return False
        self._closed[depths.pop()] = True
        return True


class _Ends:
    """The closing edges of a thread; those of one time may be taken in any order, in constant time each.

    Attributes:
        time: of the edges that are next, as long as there are any.
        key: of the first of them in order.
    """

    def __init__(self, edges: _Edges) -> None:
        self._edges = edges
        self._next = 0  # first edge of a later time
        self._left: list[int] = []  # edges of this time, last first, taken ones among them but not at the end
        self._taken: set[int] = set()
        self._of_key: dict[int, list[int]] = {}
        self._of_name: dict[int, list[int]] = {}
        self.time = 0
        self.key = 0
        self._advance()

    def __bool__(self) -> bool:
        return bool(self._left)

    @property
    def name(self) -> int:
        """Name of the first edge."""
        return self._edges.name[self._left[-1]]

    def has(self, key: int, name: int) -> bool:
        """Whether an edge of this time closes an event."""
        return self._find(key, name) >= 0

    def take(self, key: int, name: int) -> bool:
        """Take the edge of this time that closes an event, if there is one; its key goes before its name."""
        edge = self._find(key, name)
        if edge < 0:
            return False
        self._remove(edge)
        return True

    def drop(self) -> int:
        """Take the first edge and return its name."""
        edge = self._left[-1]
        self._remove(edge)
        return self._edges.name[edge]

    def _find(self, key: int, name: int) -> int:
        if len(self._left) == 1:  # by far the most common case
            edge = self._left[0]
            closes = self._edges.key[edge] == key or self._edges.name[edge] in (name, NO_NAME)
            return edge if closes else -1
        for edges in (self._of_key.get(key), self._of_name.get(name), self._of_name.get(NO_NAME)):
            while edges and edges[-1] in self._taken:
                edges.pop()
            if edges:
                return edges[-1]
        return -1

    def _remove(self, edge: int) -> None:
        if len(self._left) == 1:
            self._advance()
            return
        self._taken.add(edge)
        while self._left[-1] in self._taken:
            self._left.pop()
            if not self._left:
                self._advance()
                return
        self.key = self._edges.key[self._left[-1]]

    def _advance(self) -> None:
        """Go on to the edges of the next time."""
        time, first = self._edges.time, self._next
        if first == len(time):
            self._left = []
            return
        last = first + 1
        while last < len(time) and time[last] == time[first]:
            last += 1
        self._next = last
        self._left = list(range(last - 1, first - 1, -1))
        self.time, self.key = time[first], self._edges.key[first]
        if last > first + 1:
            self._taken.clear()
            self._of_key.clear()
            self._of_name.clear()
            for edge in self._left:
                self._of_key.setdefault(self._edges.key[edge], []).append(edge)
                self._of_name.setdefault(self._edges.name[edge], []).append(edge)


def _edges(spans: Spans, rows: npt.NDArray[np.int64]) -> tuple[_Edges, _Edges]:
    """Return the opening and closing edges of some events in the order to take them."""
    phase = np.frombuffer(spans.phase, dtype=np.int8)[rows]
    time = np.frombuffer(spans.time, dtype=np.int64)
    length = np.frombuffer(spans.length, dtype=np.int64)
    complete = rows[(phase == ord("X")) & (length[rows] > 0)]  # one without a length holds nothing
    complete = complete[np.lexsort((-length[complete], time[complete]))]
    opening = np.concatenate([rows[phase == ord("B")], complete])
    opening = opening[np.argsort(time[opening], kind="stable")]
    closing = np.concatenate([rows[phase == ord("E")], complete])
    end = time[closing] + length[closing]
    order = np.argsort(end, kind="stable")
    return _columns(spans, opening, time[opening]), _columns(spans, closing[order], end[order])


def _columns(spans: Spans, rows: npt.NDArray[np.int64], time: Int64) -> _Edges:
    def column(values: Sequence[int]) -> list[int]:
        result: list[int] = np.frombuffer(values, dtype=np.int64)[rows].tolist()  # type: ignore[call-overload]
        return result

    return _Edges(time.tolist(), column(spans.name), column(spans.key), column(spans.frame))
