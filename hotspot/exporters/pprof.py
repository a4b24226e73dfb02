"""pprof's gzipped protocol buffers: for ``go tool pprof``, and for the many services that take them.

All value types are written, and the selected one is ``default_sample_type``. Samples of one stack and thread are one
sample; their times have no room. The bytes follow from the profile alone (gzip without a time stamp).

A frame is a location, with a mapping for its module; frames of kind INLINED join the location of the frame that they
are inlined into, where their module is the same or not known. ``[unknown]`` in a module is a location without a
function, which pprof prints as ``[module]``. Other kinds are not written.

Values are whole numbers there. Fractions of a unit are written in a finer one (``1.25`` milliseconds as 1,250
microseconds); fractions of a nanosecond are rounded so that the total is right, which a comment in the file says; other
fractions are refused.

Source: ``proto/profile.proto`` of github.com/google/pprof.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from hotspot import __version__
from hotspot.errors import UsageError
from hotspot.exporters.pprof_locations import find_locations
from hotspot.exporters.stack_paths import written_stacks
from hotspot.formats_proto.pprof_fields import (
    FunctionField,
    LabelField,
    LineField,
    LocationField,
    MappingField,
    ProfileField,
    SampleField,
    ValueTypeField,
)
from hotspot.formats_proto.wire import bytes_field, varint, varint_field
from hotspot.profile import UNKNOWN, Int64, Profile, Thread
from hotspot.units import ValueType

_FINER = {
    "seconds": (("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9)),
    "milliseconds": (("microseconds", 10**3), ("nanoseconds", 10**6)),
    "microseconds": (("nanoseconds", 10**3),),
    "kilobytes": (("bytes", 1 << 10),),
    "megabytes": (("kilobytes", 1 << 10), ("bytes", 1 << 20)),
    "gigabytes": (("megabytes", 1 << 10), ("kilobytes", 1 << 20), ("bytes", 1 << 30)),
}
_RESOLVED = (  # else pprof looks for the binary, to look its symbols up
    MappingField.HAS_FUNCTIONS,
    MappingField.HAS_FILENAMES,
    MappingField.HAS_LINE_NUMBERS,
    MappingField.HAS_INLINE_FRAMES,
)
_LARGEST = 2**63 - 1
_PIECE = 1 << 13  # messages compressed at a time


def write(profile: Profile) -> Iterator[bytes]:
    """Yield the compressed file.

    Raises:
        UsageError: weights are fractions that no unit of pprof can hold as whole numbers. Nothing was yielded then.
    """
    columns = [whole_numbers(v, profile.samples.weight[:, i]) for i, v in enumerate(profile.value_types)]
    gzip = zlib.compressobj(wbits=31)  # gzip's header, with time stamp 0
    pending: list[bytes] = []
    for message in _messages(profile, columns):
        pending.append(message)
        if len(pending) >= _PIECE:
            yield gzip.compress(b"".join(pending))
            pending = []
    yield gzip.compress(b"".join(pending)) + gzip.flush()


def _messages(profile: Profile, columns: list[Whole]) -> Iterator[bytes]:
    """Yield the fields of the Profile message; samples come first, for they fill the tables behind them."""
    tables = _Tables(profile)
    for column in columns:
        yield bytes_field(ProfileField.SAMPLE_TYPE, tables.value_type(column.value_type))
    for sample in _samples(profile, tables, np.stack([column.values for column in columns], axis=1)):
        yield bytes_field(ProfileField.SAMPLE, sample)
    for mapping in tables.mappings:
        yield bytes_field(ProfileField.MAPPING, mapping)
    for location in tables.locations:
        yield bytes_field(ProfileField.LOCATION, location)
    for function in tables.functions:
        yield bytes_field(ProfileField.FUNCTION, function)
    comments = [f"hotspot {__version__}", *(column.note for column in columns if column.note)]
    yield varint_field(ProfileField.DURATION_NANOS, profile.provenance.duration_ns or 0)
    yield bytes_field(ProfileField.COMMENT, b"".join(varint(tables.text(comment)) for comment in comments))
    default = tables.text(columns[profile.selected].value_type.type)
    yield varint_field(ProfileField.DEFAULT_SAMPLE_TYPE, default)
    for text in tables.strings:
        yield bytes_field(ProfileField.STRING_TABLE, text.encode("utf-8", "backslashreplace"))


@dataclass(frozen=True, eq=False)
class Whole:
    """Weights as whole numbers of a unit.

    Attributes:
        value_type: with scale 1.
        values: int64[rows].
        note: what was rounded, or nothing.
    """

    value_type: ValueType
    values: Int64
    note: str = ""


def whole_numbers(value_type: ValueType, weights: Int64) -> Whole:
    """Write weights in the coarsest unit, from their own down, in which they are whole.

    Raises:
        UsageError: there is none, and the unit is not a time; or the numbers become too large.
    """
    total = sum(map(abs, weights.tolist()))
    for unit, factor in ((value_type.unit, 1), *_FINER.get(value_type.unit, ())):
        shared = gcd(factor, value_type.scale)
        times, divisor = factor // shared, value_type.scale // shared
        written = replace(value_type, unit=unit, scale=1)
        if total // divisor * times > _LARGEST:
            raise UsageError(f"the weights of {value_type} are too large for pprof in {unit}")
        if not (weights % divisor).any():
            return Whole(written, weights // divisor * times)
    if not value_type.is_time:
        raise UsageError(
            f"pprof holds whole numbers, and {value_type} has fractions",
            hint="folded and speedscope files hold fractions",
        )
    # In nanoseconds now. The running total is rounded, not each weight: no error adds up.
    running = np.cumsum(weights)
    rounded = running // divisor + (running % divisor * 2 >= divisor)
    return Whole(written, np.diff(rounded, prepend=0), f"{written.type}: rounded to whole nanoseconds")


class _Tables:
    """Texts, functions, mappings and locations of the file being written; ids count from 1."""

    def __init__(self, profile: Profile) -> None:
        self._frames = profile.frames
        self.strings: dict[str, int] = {"": 0}
        self._functions: dict[tuple[str, str], int] = {}
        self._mappings: dict[str, int] = {}
        self._locations: dict[tuple[int, tuple[tuple[int, int], ...]], int] = {}

    def text(self, text: str) -> int:
        """Return the index of a text."""
        return self.strings.setdefault(text, len(self.strings))

    def value_type(self, value_type: ValueType) -> bytes:
        """Return the ValueType message."""
        return varint_field(ValueTypeField.TYPE, self.text(value_type.type)) + varint_field(
            ValueTypeField.UNIT, self.text(value_type.unit)
        )

    def location(self, frames: tuple[int, ...]) -> int:
        """Return the id of the location of a frame and those inlined into it, outermost first."""
        strings = self._frames.strings
        module = strings[self._frames.module[frames[0]]]
        mapping = self._mappings.setdefault(module, len(self._mappings) + 1) if module else 0
        lines: list[tuple[int, int]] = []
        for frame in reversed(frames):
            name, file = strings[self._frames.name[frame]], strings[self._frames.file[frame]]
            function = self._functions.setdefault((name, file), len(self._functions) + 1)
            lines.append((function, int(self._frames.line[frame])))
        if mapping and len(lines) == 1 and name == UNKNOWN and not file and not lines[0][1]:
            lines = []
        return self._locations.setdefault((mapping, tuple(lines)), len(self._locations) + 1)

    @property
    def functions(self) -> Iterator[bytes]:
        """The Function messages."""
        for (name, file), number in self._functions.items():
            yield (
                varint_field(FunctionField.ID, number)
                + varint_field(FunctionField.NAME, self.text(name))
                + varint_field(FunctionField.FILENAME, self.text(file))
            )

    @property
    def mappings(self) -> Iterator[bytes]:
        """The Mapping messages."""
        known = b"".join(varint_field(flag, 1) for flag in _RESOLVED)
        for module, number in self._mappings.items():
            name = varint_field(MappingField.FILENAME, self.text(module))
            yield varint_field(MappingField.ID, number) + name + known

    @property
    def locations(self) -> Iterator[bytes]:
        """The Location messages."""
        for (mapping, lines), number in self._locations.items():
            yield (
                varint_field(LocationField.ID, number)
                + varint_field(LocationField.MAPPING_ID, mapping)
                + b"".join(bytes_field(LocationField.LINE, _line(*line)) for line in lines)
            )

    def labels(self, thread: Thread) -> bytes:
        """Return the Label fields of a sample that tell its thread."""
        out = b""
        for key, number in (("pid", thread.pid), ("tid", thread.tid)):
            if number is not None:
                label = varint_field(LabelField.KEY, self.text(key)) + varint_field(LabelField.NUM, number)
                out += bytes_field(SampleField.LABEL, label)
        if thread.name:
            label = varint_field(LabelField.KEY, self.text("thread"))
            label += varint_field(LabelField.STR, self.text(thread.name))
            out += bytes_field(SampleField.LABEL, label)
        return out


def _line(function: int, line: int) -> bytes:
    return varint_field(LineField.FUNCTION_ID, function) + varint_field(LineField.LINE, line)


def _samples(profile: Profile, tables: _Tables, values: Int64) -> Iterator[bytes]:
    """Write one message a stack and thread, in the order of the tree."""
    leaf, thread, values = _one_a_stack(profile, values)
    labels = [tables.labels(t) for t in profile.threads]
    stack_of = _stacks(profile, tables)
    for node, number, row in zip(leaf.tolist(), thread.tolist(), values.tolist(), strict=True):
        yield (
            stack_of[node]
            + bytes_field(SampleField.VALUE, b"".join(map(varint, row)))
            + (labels[number] if number >= 0 else b"")
        )


def _one_a_stack(profile: Profile, values: Int64) -> tuple[Int64, Int64, Int64]:
    """Sum the rows of one leaf and thread; returns leaf, thread (-1 unknown) and values."""
    samples = profile.samples
    if samples.thread is None and samples.time is None:
        return samples.leaf.astype(np.int64), np.full(len(values), -1, dtype=np.int64), values
    threads = len(profile.threads) + 1
    thread = np.int64(-1) if samples.thread is None else samples.thread.astype(np.int64)
    key = samples.leaf.astype(np.int64) * threads + thread + 1
    distinct, which = np.unique(key, return_inverse=True)
    summed = np.zeros((len(distinct), values.shape[1]), dtype=np.int64)
    np.add.at(summed, which.reshape(-1), values)
    return distinct // threads, distinct % threads - 1, summed


def _stacks(profile: Profile, tables: _Tables) -> dict[int, bytes]:
    """Return, for every node with samples, the location ids of its stack as a field, leaf first."""
    locations = find_locations(profile)
    ids = [varint(tables.location(frames)) for frames in locations.frames]
    leaf = np.unique(profile.samples.leaf)
    stacks = written_stacks(leaf, locations.up, locations.length, locations.of_node, ids, root_first=False)
    return {
        node: bytes_field(SampleField.LOCATION_ID, stack)
        for node, stack in zip(leaf.tolist(), stacks, strict=True)
    }
