"""Scalene's JSON: CPU time by stack where it recorded stacks, else by line.

::

    {"elapsed_time_sec": 1.8, "program": "w.py",
     "stacks": [[["w.py <module>:12;", "w.py main:10;"], {"count": 17, "cpu_samples": 0.41, ...}], ...],
     "files": {"w.py": {"functions": [{"line": "main", "lineno": 7, ...}], "lines": [
         {"lineno": 10, "start_function_line": 7, "n_cpu_percent_python": 4.1, "n_cpu_percent_c": 1.2, ...}]}}}

A stack is root first; it has its samples and its share of the time: ``samples/count`` and ``cpu/nanoseconds``, selected.
Without stacks every line is one frame in the function around it: ``cpu/nanoseconds``, which is Scalene's percentages
(Python, C and system together) of the elapsed time, and ``alloc_space/bytes`` where memory was measured.

Source: github.com/plasma-umass/scalene, scalene/scalene_json.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._web_columns import scaled
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.profile import Int64, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("scalene", "Scalene JSON", (".json",))

_SAMPLES = ValueType("samples", "count")
_CPU = ValueType("cpu", "nanoseconds")
_SPACE = ValueType("alloc_space", "bytes")

_Share = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Line = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_MEGABYTE = 1 << 20

_FRAME = re.compile(r"(?P<file>.*) (?P<name>\S+):(?P<line>\d{1,9});?", re.DOTALL)


class _StackShares(msgspec.Struct):
    count: _Count = 0
    cpu_samples: _Share = 0.0


class _LineShares(msgspec.Struct):
    lineno: _Line
    start_function_line: _Line = 0
    python: _Share = msgspec.field(default=0.0, name="n_cpu_percent_python")
    native: _Share = msgspec.field(default=0.0, name="n_cpu_percent_c")
    system: _Share = msgspec.field(default=0.0, name="n_sys_percent")
    malloc_mb: Annotated[float, msgspec.Meta(ge=0, le=2**40)] = msgspec.field(default=0.0, name="n_malloc_mb")


class _Function(msgspec.Struct):
    line: str
    lineno: _Line


class _OfFile(msgspec.Struct):
    functions: list[_Function] = []
    lines: list[_LineShares] = []


# Before 1.5.30 the numbers of a stack were a list: count, Python, C, both.
_Stack = tuple[list[str], _StackShares | tuple[_Count, _Share, _Share, _Share]]


class _File(msgspec.Struct):
    files: dict[str, _OfFile] | None = None
    stacks: list[_Stack] = []
    elapsed_time_sec: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 0.0
    max_footprint_mb: float = 0.0


def detect(head: Head) -> Match:
    """Tell Scalene's JSON by keys that only it has; they are sorted, so the first ones do."""
    seen = outline(head.data)
    if seen is None or seen.is_array:
        return Match.NO
    if "alloc_samples" in seen.keys and seen.keys & {"args", "elapsed_time_sec", "files"}:
        return Match.YES
    return Match.YES if b'"n_cpu_percent_python"' in head.data and "files" in seen.keys else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the stacks, or the lines where there are none.

    Raises:
        NotThisFormat: it has no files.
        MalformedProfile: naming the place in the file.
        EmptyProfile: nothing took CPU time or memory.
    """
    path = source.path
    file = decode(path, without_mark(source.read()), _File)
    if file.files is None:
        raise NotThisFormat(path, "no files, which Scalene's profiles have")
    losses = []
    builder = _from_stacks(path, file)
    if builder is not None:
        if file.max_footprint_mb > 0:
            losses.append(
                Loss(LossKind.DROPPED, "memory is known by line only, not by stack; it is not kept")
            )
    else:
        builder = _from_lines(path, file.files, file.elapsed_time_sec)
        losses.append(
            Loss(LossKind.DROPPED, "Scalene recorded lines without their stacks: no function has callers")
        )
    provenance = Provenance(
        path=path,
        checksum=source.checksum,
        format=INFO.name,
        producer="Scalene",
        duration_ns=round(file.elapsed_time_sec * 1e9) or None,
        losses=tuple(losses),
    )
    profile = builder.build(provenance)
    return [profile.select(str(_CPU)) if _CPU in profile.value_types else profile]


def _from_stacks(path: str, file: _File) -> ProfileBuilder | None:
    """Return a builder with the stacks' samples; None where no stack has any time."""
    numbers = [
        each if isinstance(each, _StackShares) else _StackShares(each[0], each[3]) for _, each in file.stacks
    ]
    shares = [each.cpu_samples * file.elapsed_time_sec for each in numbers]
    time = scaled(path, shares, 10**9, "cpu_samples")
    if not time.any():
        return None
    builder = ProfileBuilder((_SAMPLES, _CPU))
    flat: list[int] = []
    offsets = [0]
    for frames, _ in file.stacks:
        flat += [_frame(builder, text) for text in frames]
        offsets.append(len(flat))
    weight = np.stack([np.array([each.count for each in numbers], dtype=np.int64), time], axis=1)
    builder.add_samples(builder.add_stacks(flat, offsets), weight)
    return builder


def _frame(builder: ProfileBuilder, text: str) -> int:
    if located := _FRAME.fullmatch(text):
        return builder.frames.intern(located["name"], located["file"], int(located["line"]))
    return builder.frames.intern(text.rstrip(";"))


def _from_lines(path: str, files: dict[str, _OfFile], elapsed: float) -> ProfileBuilder:
    """Return a builder in which every line is a stack of its own."""
    lines = [(name, of_file, line) for name, of_file in files.items() for line in of_file.lines]
    seconds = [(line.python + line.native + line.system) / 100 * elapsed for _, _, line in lines]
    columns: dict[ValueType, Int64] = {
        _CPU: scaled(path, seconds, 10**9, "n_cpu_percent"),
        _SPACE: scaled(path, [line.malloc_mb for _, _, line in lines], _MEGABYTE, "n_malloc_mb"),
    }
    columns = {kind: column for kind, column in columns.items() if column.any()}
    if not columns:
        raise EmptyProfile(path, "nothing in it took CPU time or memory")
    builder = ProfileBuilder(tuple(columns))
    names = {name: {each.lineno: each.line for each in of_file.functions} for name, of_file in files.items()}
    frames = [
        builder.frames.intern(names[name].get(line.start_function_line, "<module>"), name, line.lineno)
        for name, _, line in lines
    ]
    weight = np.stack(list(columns.values()), axis=1)
    used = np.flatnonzero(weight.any(axis=1))
    handles = builder.add_nodes(np.full(len(frames), -1), frames)
    builder.add_samples(handles[used], weight[used])
    return builder
