"""The processed profile: what the Firefox Profiler saves, and samply and many converters write. Tables in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.importers._js_frames import file_of_url, function_name, thread_name, whole_number
from hotspot.importers._web_columns import MILLISECOND, running, scaled, short
from hotspot.importers.gecko.locations import ADDRESS, COMPILED, parse_location
from hotspot.importers.gecko.shapes import (
    FrameTable,
    FuncTable,
    Lib,
    Meta,
    ProcessedProfile,
    ProcessedThread,
    Samples,
    StackTable,
    Tables,
)
from hotspot.importers.gecko.tables import (
    BYTES,
    SAMPLES,
    WALL,
    Facts,
    Frame,
    Stacks,
    ThreadSamples,
    cpu_column,
    index_column,
    same_length,
    stack_tree,
)
from hotspot.profile import UNKNOWN, Int64, Kind, Thread
from hotspot.units import ValueType

T = TypeVar("T")

# Flags of the newest tables: which columns count. Others are not needed here.
_FRAME_INLINED, _FRAME_HAS_ADDRESS, _FRAME_HAS_LINE = 1, 2, 16
_FUNC_HAS_RESOURCE, _FUNC_HAS_SOURCE, _FUNC_HAS_LINE = 4, 8, 16


def read_processed(path: str, profile: ProcessedProfile, facts: Facts) -> Iterator[ThreadSamples]:
    """Yield the samples of every thread.

    Raises:
        MalformedProfile: naming the place in the file.
    """
    shared = profile.shared or Tables()
    shared_stacks: Stacks | None = None
    for number, thread in enumerate(profile.threads):
        at = f"threads[{number}]."
        facts.allocations += sum(
            len(table.stack) for table in (thread.js_allocations, thread.native_allocations) if table
        )
        if thread.samples is None:
            continue
        tables = _Found(path, thread, shared, at)
        libs = thread.libs if thread.libs is not None else profile.libs or []
        if thread.stack_table is None and shared_stacks is not None:
            stacks = shared_stacks
        else:
            stacks = _stacks(path, tables, libs, profile.meta, facts)
            if tables.all_shared:
                shared_stacks = stacks
        yield _samples(path, thread, thread.samples, stacks, profile.meta, facts, f"{at}samples")


class _Found:
    """Each table of a thread, its own or the shared one, and what to call it in an error."""

    def __init__(self, path: str, thread: ProcessedThread, shared: Tables, at: str) -> None:
        own = (thread.stack_table, thread.frame_table, thread.func_table, thread.string_array)
        self.all_shared = all(table is None for table in own)
        self.at = "shared." if self.all_shared else at
        stacks, frames = thread.stack_table or shared.stack_table, thread.frame_table or shared.frame_table
        funcs = thread.func_table or shared.func_table
        strings = shared.string_array if thread.string_array is None else thread.string_array
        if stacks is None or frames is None or funcs is None or strings is None:
            names = ("stackTable", "frameTable", "funcTable", "stringArray")
            missing = [
                name
                for name, table in zip(names, (stacks, frames, funcs, strings), strict=True)
                if table is None
            ]
            raise MalformedProfile(path, f"{at}{missing[0]} is missing")
        self.stacks: StackTable = stacks
        self.frames: FrameTable = frames
        self.funcs: FuncTable = funcs
        self.strings: list[str] = strings
        resources, sources = thread.resource_table or shared.resource_table, thread.sources or shared.sources
        self.lib_of_resource = (resources.lib if resources else None) or []
        self.source_names = sources.filename if sources else []


def _stacks(path: str, tables: _Found, libs: Sequence[Lib], meta: Meta, facts: Facts) -> Stacks:
    table, at = tables.stacks, f"{tables.at}stackTable"
    count = len(table.frame)
    frame = index_column(path, table.frame, len(tables.frames.func), f"{at}.frame")
    if (frame < 0).any():
        raise MalformedProfile(path, f"{at}.frame[{np.argmin(frame)}]: -1 is not a frame")
    if table.prefix_offset is not None:
        same_length(path, at, frame=frame, prefixOffset=table.prefix_offset)
        offset = index_column(path, table.prefix_offset, 2**31, f"{at}.prefixOffset")
        rows = np.arange(count)
        bad = np.flatnonzero((offset < 0) | (offset > rows))
        if len(bad):
            raise MalformedProfile(
                path, f"{at}.prefixOffset[{bad[0]}]: {offset[bad[0]]} rows before there is none"
            )
        prefix = np.where(offset == 0, -1, rows - offset)
    else:
        same_length(path, at, frame=frame, prefix=table.prefix or ())
        prefix = index_column(path, table.prefix or (), count, f"{at}.prefix")
    return stack_tree(path, prefix, frame, _Frames(path, tables, libs, meta, facts).describe, f"{at}.prefix")


def _samples(
    path: str, thread: ProcessedThread, samples: Samples, stacks: Stacks, meta: Meta, facts: Facts, at: str
) -> ThreadSamples:
    stack = index_column(path, samples.stack, len(stacks.prefix), f"{at}.stack")
    same_length(
        path,
        at,
        stack=stack,
        time=samples.time,
        timeDeltas=samples.time_deltas,
        weight=samples.weight,
        threadCPUDelta=samples.cpu_delta,
    )
    weights = _weights(path, samples, facts, f"{at}.weight")
    weights.update(cpu_column(path, samples.cpu_delta or (), meta, facts, f"{at}.threadCPUDelta"))
    owner = Thread(
        whole_number(thread.pid),
        whole_number(thread.tid),
        thread_name(thread.process_name or "", thread.name),
    )
    return ThreadSamples(owner, stacks, stack, _time(path, samples, meta, at), weights)


def _time(path: str, samples: Samples, meta: Meta, at: str) -> Int64 | None:
    if meta.sample_units is not None and meta.sample_units.time == "bytes":
        return None  # a size profile: where in the file the bytes are
    if samples.time is not None:
        return scaled(path, samples.time, MILLISECOND, f"{at}.time")
    if samples.time_deltas is not None:
        deltas = scaled(path, samples.time_deltas, MILLISECOND, f"{at}.timeDeltas")
        return running(path, 0, deltas, f"{at}.timeDeltas")
    return None


def _weights(path: str, samples: Samples, facts: Facts, at: str) -> dict[ValueType, Int64]:
    """Return the weights by what they measure: samples, milliseconds of self time, or bytes; 1 where none is given."""
    given = [1 if value is None else value for value in samples.weight or [None] * len(samples.stack)]
    if samples.weight_type == "tracing-ms":
        return {WALL: scaled(path, given, MILLISECOND, at)}
    column = scaled(path, given, 1, at)
    facts.rounded += sum(1 for value in given if isinstance(value, float) and not value.is_integer())
    return {BYTES if samples.weight_type == "bytes" else SAMPLES: column}


@dataclass(frozen=True, eq=False)
class _Function:
    name: str
    file: str
    line: int
    module: str
    is_address: bool


class _Frames:
    """The frames of one set of tables."""

    def __init__(self, path: str, tables: _Found, libs: Sequence[Lib], meta: Meta, facts: Facts) -> None:
        self._path, self._at = path, tables.at
        self._tables, self._libs, self._facts = tables, libs, facts
        self._categories = meta.categories or []
        self._functions: dict[int, _Function] = {}

    def describe(self, row: int) -> Frame:
        """Return a frame."""
        table = self._tables.frames
        func = table.func[row]
        function = self._functions.get(func)
        if function is None:
            function = self._functions[func] = self._function(func)
        if function.is_address:
            self._facts.without_symbol.add((id(self), func))
        line = _at(table.line, row)
        if table.flags is not None and not (_at(table.flags, row) or 0) & _FRAME_HAS_LINE:
            line = None
        known = line if line is not None and 0 < line < 2**31 else function.line
        module = function.module or self._own_module(row)
        return Frame(function.name, function.file, known if function.file else 0, module, self._kind(row))

    def _function(self, func: int) -> _Function:
        table, at = self._tables.funcs, f"{self._at}funcTable"
        if not 0 <= func < len(table.name):
            raise MalformedProfile(
                self._path, f"{self._at}frameTable.func: there is no function {short(func)}"
            )
        flags = None if table.flags is None else _at(table.flags, func) or 0
        name = self._string(table.name[func], f"{at}.name[{func}]")
        file = file_of_url(self._file(func, flags, at))
        line = _at(table.line_number, func) if flags is None or flags & _FUNC_HAS_LINE else None
        line = line if line is not None and 0 < line < 2**31 else 0
        resource = _at(table.resource, func) if flags is None or flags & _FUNC_HAS_RESOURCE else None
        lib = None if resource is None or resource < 0 else _at(self._tables.lib_of_resource, resource)
        module = self._module(lib)
        if ADDRESS.fullmatch(name):
            return _Function(UNKNOWN, "", 0, module, True)
        if table.file_name is None and table.source is None:  # before version 2 it was in the name
            found = parse_location(name)
            return _Function(found.name, found.file, found.line, found.module or module, False)
        return _Function(function_name(name, file, line), file, line, module, False)

    def _file(self, func: int, flags: int | None, at: str) -> str:
        table = self._tables.funcs
        if table.source is not None:
            source = _at(table.source, func) if flags is None or flags & _FUNC_HAS_SOURCE else None
            if source is None or source < 0:
                return ""
            text = _at(self._tables.source_names, source)
            if text is None:
                raise MalformedProfile(self._path, f"{at}.source[{func}]: there is no source {short(source)}")
            return self._string(text, f"sources.filename[{source}]")
        text = _at(table.file_name, func)
        return "" if text is None else self._string(text, f"{at}.fileName[{func}]")

    def _own_module(self, row: int) -> str:
        """Return the binary of a frame where frames name one: since version 70."""
        table = self._tables.frames
        if table.flags is not None and not (_at(table.flags, row) or 0) & _FRAME_HAS_ADDRESS:
            return ""
        return self._module(_at(table.lib, row))

    def _module(self, lib: int | None) -> str:
        if lib is None or lib < 0:
            return ""
        if lib >= len(self._libs):
            raise MalformedProfile(
                self._path, f"{self._at}resourceTable.lib: there is no library {short(lib)}"
            )
        return self._libs[lib].path or self._libs[lib].name or ""

    def _kind(self, row: int) -> Kind:
        table = self._tables.frames
        category = _at(table.category, row)
        name, sub = "", ""
        if category is not None and 0 <= category < len(self._categories):
            name = self._categories[category].name
            sub_row = _at(table.subcategory, row)
            names = self._categories[category].subcategories or []
            sub = names[sub_row] if sub_row is not None and 0 <= sub_row < len(names) else ""
        if name == "Kernel":
            return Kind.KERNEL
        flags = _at(table.flags, row) or 0
        if flags & _FRAME_INLINED or (_at(table.inline_depth, row) or 0) > 0:
            return Kind.INLINED
        implementation = _at(table.implementation, row)
        if isinstance(implementation, int) and 0 <= implementation < len(self._tables.strings):
            implementation = self._tables.strings[implementation]
        compiled = name == "JIT" or sub.startswith("JIT (") or implementation in COMPILED
        return Kind.JIT if compiled else Kind.USER

    def _string(self, row: int, at: str) -> str:
        if not 0 <= row < len(self._tables.strings):
            raise MalformedProfile(
                self._path, f"{self._at}{at.removeprefix(self._at)}: there is no text {short(row)}"
            )
        return self._tables.strings[row]


def _at(column: Sequence[T | None] | None, row: int) -> T | None:
    """Return a value of a column, None where the column is missing or too short."""
    return column[row] if column is not None and row < len(column) else None
