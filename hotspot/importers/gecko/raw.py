"""The raw ("Gecko") profile that Firefox itself writes: a tree of processes, rows with schemas, locations as text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.importers._js_frames import thread_name, whole_number
from hotspot.importers._web_columns import MILLISECOND, scaled, short
from hotspot.importers._web_json import decode, is_number
from hotspot.importers.gecko.locations import ADDRESS, COMPILED, parse_location
from hotspot.importers.gecko.shapes import Category, Lib, Meta, RawProfile, RawTable, RawThread
from hotspot.importers.gecko.tables import (
    SAMPLES,
    Facts,
    Frame,
    ThreadSamples,
    cpu_column,
    index_column,
    stack_tree,
)
from hotspot.profile import UNKNOWN, Int64, Kind, Thread
from hotspot.units import ValueType


def read_raw(path: str, profile: RawProfile, facts: Facts, at: str = "") -> Iterator[ThreadSamples]:
    """Yield the samples of every thread of a process and its child processes.

    Raises:
        MalformedProfile: naming the place in the file.
    """
    yield from _process(path, profile, profile.meta.start_time or 0, facts, at)


def _process(
    path: str, profile: RawProfile, epoch: int | float, facts: Facts, at: str
) -> Iterator[ThreadSamples]:
    libs = profile.libs or []
    if isinstance(libs, str):
        libs = decode(path, libs.encode(), list[Lib], at=f"{at}libs")
    modules = _Modules(libs)
    # Times of a process count from its own start.
    begin, zero = scaled(path, [profile.meta.start_time or epoch, epoch], MILLISECOND, f"{at}meta.startTime")
    for number, thread in enumerate(profile.threads):
        if isinstance(thread, str):
            child = decode(path, thread.encode(), RawProfile, at=f"{at}threads[{number}]")
            yield from _process(path, child, epoch, facts, f"{at}threads[{number}].")
            continue
        yield _thread(
            path, profile.meta, thread, modules, int(begin - zero), facts, f"{at}threads[{number}]."
        )
    for number, child in enumerate(profile.processes or ()):
        yield from _process(path, child, epoch, facts, f"{at}processes[{number}].")


def _thread(
    path: str, meta: Meta, thread: RawThread, modules: _Modules, offset: int, facts: Facts, at: str
) -> ThreadSamples:
    frame_rows = thread.frame_table
    prefix = index_column(
        path,
        _integers(path, thread.stack_table, "prefix", at + "stackTable"),
        len(thread.stack_table.data),
        f"{at}stackTable.prefix",
    )
    frame = index_column(
        path,
        _integers(path, thread.stack_table, "frame", at + "stackTable"),
        len(frame_rows.data),
        f"{at}stackTable.frame",
    )
    if (frame < 0).any():
        raise MalformedProfile(path, f"{at}stackTable.data[{np.argmin(frame)}]: it has no frame")
    frames = _Frames(path, thread, modules, meta.categories or [], facts, at)
    stacks = stack_tree(path, prefix, frame, frames.describe, f"{at}stackTable.data")
    samples = thread.samples
    stack = index_column(
        path, _integers(path, samples, "stack", at + "samples"), len(prefix), f"{at}samples.stack"
    )
    time = scaled(path, _times(path, samples, at), MILLISECOND, f"{at}samples.time")
    weights: dict[ValueType, Int64] = {SAMPLES: np.ones(len(stack), dtype=np.int64)}
    if "threadCPUDelta" in samples.schema:
        values = _numbers(path, samples, "threadCPUDelta", at)
        cpu = cpu_column(path, values, meta, facts, f"{at}samples.threadCPUDelta")
        weights.update(cpu)
    owner = Thread(
        whole_number(thread.pid),
        whole_number(thread.tid),
        thread_name(thread.process_name or "", thread.name),
    )
    return ThreadSamples(owner, stacks, stack, time + offset, weights)


def _column(table: RawTable, name: str) -> list[Any]:
    """Return a column; None where a row ends before it."""
    place = table.schema.get(name)
    if place is None or place < 0:
        return [None] * len(table.data)
    return [row[place] if place < len(row) else None for row in table.data]


def _integers(path: str, table: RawTable, name: str, at: str) -> list[int | None]:
    column = _column(table, name)
    for row, value in enumerate(column):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise MalformedProfile(path, f"{at}.data[{row}].{name}: {short(value)} is not an index")
    return column


def _numbers(path: str, table: RawTable, name: str, at: str) -> list[int | float | None]:
    column = _column(table, name)
    for row, value in enumerate(column):
        if value is not None and not is_number(value):
            raise MalformedProfile(path, f"{at}samples.data[{row}].{name}: {short(value)} is not a number")
    return column


def _times(path: str, samples: RawTable, at: str) -> list[int | float]:
    times: list[int | float] = []
    for row, value in enumerate(_numbers(path, samples, "time", at)):
        if value is None:
            raise MalformedProfile(path, f"{at}samples.data[{row}].time is missing")
        times.append(value)
    return times


class _Modules:
    """Which binary an address lies in."""

    def __init__(self, libs: Sequence[Lib]) -> None:
        mapped = sorted(
            (lib.start, lib.end, lib.path or lib.name or "")
            for lib in libs
            if lib.start is not None and lib.end is not None
        )
        self._starts = [start for start, _, _ in mapped]
        self._mapped = mapped

    def of(self, address: int) -> str:
        """Return the path of the binary, nothing where no one is known."""
        place = bisect_right(self._starts, address) - 1
        if place < 0:
            return ""
        _, end, module = self._mapped[place]
        return module if address < end else ""


class _Frames:
    """The frames of one thread."""

    def __init__(
        self,
        path: str,
        thread: RawThread,
        modules: _Modules,
        categories: Sequence[Category],
        facts: Facts,
        at: str,
    ) -> None:
        table = thread.frame_table
        self._path, self._at = path, f"{at}frameTable"
        self._strings = thread.string_table
        self._location = index_column(
            path, _integers(path, table, "location", self._at), len(self._strings), f"{self._at}.location"
        )
        self._line = _column(table, "line")
        self._implementation = _column(table, "implementation")
        self._category = _column(table, "category")
        self._categories = categories
        self._modules = modules
        self._facts = facts

    def describe(self, row: int) -> Frame:
        """Return a frame."""
        place = int(self._location[row])
        text = self._strings[place] if place >= 0 else UNKNOWN
        kind = self._kind(row)
        if ADDRESS.fullmatch(text):
            self._facts.without_symbol.add((id(self), place))
            return Frame(UNKNOWN, module=self._modules.of(int(text, 16)), kind=kind)
        found = parse_location(text)
        ran = self._line[row]
        known = ran if found.file and isinstance(ran, int) and 0 < ran < 2**31 else found.line
        return Frame(found.name, found.file, known, found.module, kind)

    def _kind(self, row: int) -> Kind:
        category = self._category[row]
        if isinstance(category, int) and 0 <= category < len(self._categories):
            name = self._categories[category].name
            if name in ("Kernel", "JIT"):
                return Kind.KERNEL if name == "Kernel" else Kind.JIT
        implementation = self._implementation[row]
        if isinstance(implementation, int) and 0 <= implementation < len(self._strings):
            return Kind.JIT if self._strings[implementation] in COMPILED else Kind.USER
        return Kind.USER
