"""Method traces of Android's runtime (``Debug.startMethodTracing``, Android Studio): every entry and exit of a method.

A text head with tables, then binary records, little-endian::

    *version
    3
    data-file-overflow=false
    clock=dual
    ...
    *threads
    1	main
    *methods
    0x4	com.app.Main	run	()V	Main.java
    *end
    SLOW u16 version, u16 offset of the records, u64 start, u16 size of a record, padding
    record: u16 thread (u8 in version 1), u32 method | action, u32 microseconds since the start (of the CPU with clock=dual),
            u32 microseconds by the clock (clock=dual only)

An action is 0 for an entry, 1 for an exit, 2 for an exit by an exception. The time between two records of a thread is spent
in the method that is open. ``wall/microseconds`` and ``cpu/microseconds``, as far as the clock of the trace has them. Tracing
slows small methods down much more than long ones. Traces written while they were recorded ("streaming") are another format.

Source: the comment "File format" in runtime/trace.cc of Android's art.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("android-trace", "Android method trace", (".trace",))

_WALL = ValueType("wall", "microseconds")
_CPU = ValueType("cpu", "microseconds")

_BEGINNING = re.compile(rb"\*version\r?\n[1-3]\r?\n[\w-]+=")
_END = b"\n*end\n"
_MAGIC = b"SLOW"
_HEADER = np.dtype([("magic", "S4"), ("version", "<u2"), ("offset", "<u2"), ("start", "<u8")])
_ENTRY, _ACTIONS = 0, 3


def detect(head: Head) -> Match:
    """Look at the first lines."""
    return Match.YES if _BEGINNING.match(head.data) else Match.NO


@dataclass
class _Tables:
    """What the text head tells; methods by id."""

    facts: dict[str, str] = field(default_factory=dict)
    threads: dict[int, str] = field(default_factory=dict)
    methods: dict[int, tuple[str, str]] = field(default_factory=dict)  # name, file


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all threads into one profile.

    Raises:
        MalformedProfile: the head or the records are cut off or no such thing.
        EmptyProfile: no time passed in any method.
    """
    path = source.path
    data = source.read()
    end = data.find(_END)
    if end < 0:
        raise MalformedProfile(path, "the head does not end", offset=len(data))
    tables = _tables(path, decode_text(data[:end]))
    types = _clocks(tables.facts.get("clock", ""))
    records = _records(path, data, end + len(_END), len(types))
    builder = ProfileBuilder(types)
    calls = _Calls(builder, tables)
    for thread in dict.fromkeys(records["thread"].tolist()):
        rows = records[records["thread"] == thread]
        times = np.stack([rows[f"time{i}"] for i in range(len(types))], axis=1).astype(np.int64)
        calls.add(thread, rows["method"].tolist(), times)
    if not calls.weights:
        raise EmptyProfile(path, "no time passed in any method")
    weight = np.array(calls.weights, dtype=np.int64)
    builder.add_samples(calls.nodes, weight, None, calls.threads)
    overflow = tables.facts.get("data-file-overflow") == "true"
    provenance = Provenance(
        path=path,
        checksum=source.checksum,
        format=INFO.name,
        producer=f"Android {tables.facts.get('vm', '')}".strip(),
        duration_ns=_microseconds(tables.facts.get("elapsed-time-usec", "")),
        losses=tuple(_losses(calls, overflow)),
    )
    owners = tuple(Thread(None, thread, tables.threads.get(thread, "")) for thread in calls.rows)
    profile = builder.build(provenance, threads=owners)
    return [profile.select(str(_WALL)) if _WALL in types and weight[:, types.index(_WALL)].any() else profile]


def _clocks(clock: str) -> tuple[ValueType, ...]:
    """Return what the times of a record are, in order."""
    if clock == "dual":
        return (_CPU, _WALL)
    return (_CPU,) if clock == "thread-cpu" else (_WALL,)


def _microseconds(text: str) -> int | None:
    return int(text) * 1_000 if text.isdecimal() and 0 < len(text) < 16 else None


def _tables(path: str, head: str) -> _Tables:
    tables = _Tables()
    section = ""
    for number, line in enumerate(head.split("\n"), start=1):
        if line.startswith("*"):
            section = line.strip()
        elif section == "*version":
            key, _, value = line.partition("=")
            tables.facts[key] = value.strip()
        elif section in ("*threads", "*methods"):
            key, *cells = line.rstrip("\r").split("\t")
            try:
                ident = int(key, 10 if section == "*threads" else 16)
            except ValueError as error:
                raise MalformedProfile(path, f"{key[:30]!r} is no number of one", line=number) from error
            if section == "*threads":
                tables.threads[ident] = cells[0] if cells else ""
            else:
                owner, name, _, file = [*cells, "", "", "", ""][:4]
                tables.methods[ident & ~_ACTIONS] = (f"{owner}.{name}" if owner else name, file)
    return tables


def _records(path: str, data: bytes, at: int, clocks: int) -> npt.NDArray[np.void]:
    """Return the records that are whole: ``thread``, ``method`` with its action, ``time0`` and perhaps ``time1``."""
    if data[at : at + len(_MAGIC)] != _MAGIC or len(data) < at + _HEADER.itemsize + 2:
        raise MalformedProfile(path, "no records after the head", offset=at)
    header = np.frombuffer(data, _HEADER, 1, at)[0]
    version, begin = int(header["version"]), at + int(header["offset"])
    times = [(f"time{i}", "<u4") for i in range(clocks)]
    shape = np.dtype([("thread", "u1" if version == 1 else "<u2"), ("method", "<u4"), *times])
    size = shape.itemsize if version < 3 else int(np.frombuffer(data, "<u2", 1, at + _HEADER.itemsize)[0])
    if version not in (1, 2, 3) or size != shape.itemsize or begin < at + _HEADER.itemsize:
        raise MalformedProfile(
            path, f"records of version {version}, {size} bytes each, are not known", offset=at
        )
    return np.frombuffer(data, shape, max(len(data) - begin, 0) // size, min(begin, len(data)))


class _Calls:
    """Turns entries and exits into nodes and the time spent in them.

    Attributes:
        nodes: handle of each stretch of time, with its ``weights`` and row of the ``threads``.
        rows: threads by number, in order.
        unmatched: exits of methods that are not open.
        unclosed: methods that are open at the end.
    """

    def __init__(self, builder: ProfileBuilder, tables: _Tables) -> None:
        self.nodes: list[int] = []
        self.weights: list[tuple[int, ...]] = []
        self.threads: list[int] = []
        self.rows: dict[int, int] = {}
        self.unmatched = 0
        self.unclosed = 0
        self._builder, self._tables = builder, tables
        self._node_of: dict[tuple[int, int], int] = {}

    def add(self, thread: int, methods: Sequence[int], times: npt.NDArray[np.int64]) -> None:
        """Add all records of a thread, in their order."""
        row = self.rows.setdefault(thread, len(self.rows))
        # Clocks of several processors: what goes back takes no time.
        passed = np.maximum(np.diff(times, axis=0, append=times[-1:]), 0).tolist()
        spent: dict[int, list[int]] = {}
        stack: list[tuple[int, int]] = []  # method, node
        for record, after in zip(methods, passed, strict=True):
            method = record & ~_ACTIONS
            if record & _ACTIONS == _ENTRY:
                stack.append((method, self._node(stack[-1][1] if stack else -1, method)))
            elif any(open_ == method for open_, _ in reversed(stack)):
                while stack.pop()[0] != method:
                    self.unclosed += 1
            else:
                self.unmatched += 1
            if stack and any(after):
                total = spent.setdefault(stack[-1][1], [0] * len(after))
                for clock, time in enumerate(after):
                    total[clock] += time
        self.unclosed += len(stack)
        for node, total in spent.items():
            self.nodes.append(node)
            self.weights.append(tuple(total))
            self.threads.append(row)

    def _node(self, parent: int, method: int) -> int:
        node = self._node_of.get((parent, method))
        if node is None:
            name, file = self._tables.methods.get(method, (UNKNOWN, ""))
            frame = self._builder.frames.intern(name or UNKNOWN, file)
            node = self._node_of[parent, method] = int(self._builder.add_nodes([parent], [frame])[0])
        return node


def _losses(calls: _Calls, overflow: bool) -> list[Loss]:
    losses = []
    if overflow:
        losses.append(
            Loss(LossKind.DROPPED, "the buffer of the trace was full; what came later is not in the file")
        )
    if calls.unmatched:
        text = f"exits of methods that were entered before the trace: {calls.unmatched:,}; they are left out"
        losses.append(Loss(LossKind.INCONSISTENT, text, calls.unmatched))
    if calls.unclosed:
        text = f"methods without an exit: {calls.unclosed:,}; they were taken to last as long as those around them"
        losses.append(Loss(LossKind.INCONSISTENT, text, calls.unclosed))
    return losses
