"""The tables of a pprof file: texts, value types, and each location as a run of frames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hotspot.builder import FrameTable
from hotspot.errors import MalformedProfile
from hotspot.formats_proto.pprof_fields import (
    FunctionField,
    LineField,
    LocationField,
    MappingField,
    ProfileField,
    ValueTypeField,
)
from hotspot.formats_proto.wire import Fields, UInt64, WireType, fields_of, fields_of_each, varints
from hotspot.profile import UNKNOWN, Int32, Int64, Kind
from hotspot.units import ValueType, canonical_unit

# How kernel code is mapped in profiles that perf_to_profile makes.
_KERNEL_MODULE = re.compile(r"\[(?:guest\.)?kernel\b|(?:.*/)?vmlinux|.*\.ko(?:\.(?:gz|xz|zst))?$")
_SPARE_IDS = 1 << 10  # so many more than messages are few in any case


@dataclass(frozen=True, eq=False)
class Messages:
    """All messages of one kind: a row a message.

    Attributes:
        at: where each is in the file, as fields of the message that holds them.
        fields: their own fields; ``owner`` is the row.
    """

    at: Fields
    fields: Fields

    def __len__(self) -> int:
        return len(self.at)

    def scalar(self, number: int) -> UInt64:
        """Return an integer field of each message, 0 where absent, uint64[messages]."""
        return self.fields.scalar(number, len(self))

    def inner(self, data: bytes, number: int) -> Messages:
        """Return the messages in a field of these messages; ``at.owner`` is the row here."""
        return _messages(data, self.fields.of(number, WireType.BYTES))


def _messages(data: bytes, at: Fields) -> Messages:
    return Messages(at, fields_of_each(data, at.begin, at.end))


@dataclass(frozen=True, eq=False)
class ProfileFile:
    """The outermost message of a file.

    Attributes:
        path: for errors.
        data: the decompressed bytes.
    """

    path: str
    data: bytes

    @cached_property
    def top(self) -> Fields:
        """Its fields."""
        return fields_of(self.data)

    @cached_property
    def strings(self) -> list[str]:
        r"""The string table; bytes that are no UTF-8 stay visible as ``\xe9``."""
        found = self.top.of(ProfileField.STRING_TABLE, WireType.BYTES)
        spans = zip(found.begin.tolist(), found.end.tolist(), strict=True)
        return [self.data[begin:end].decode("utf-8", "backslashreplace") for begin, end in spans]

    def messages(self, number: int) -> Messages:
        """Return the messages of one kind."""
        return _messages(self.data, self.top.of(number, WireType.BYTES))

    def number(self, number: int) -> int:
        """Return a signed integer field of the file, 0 where absent."""
        return int(self.top.scalar(number, 1).view(np.int64)[0])

    def text(self, number: int) -> str:
        """Return a text field of the file, empty where absent."""
        return self.texts(self.top.scalar(number, 1), self.top)[0]

    def texts(self, index: UInt64, at: Fields) -> list[str]:
        """Look texts up.

        Args:
            index: into the string table.
            at: the fields that hold them or, one an index, their messages.

        Raises:
            MalformedProfile: one does not exist.
        """
        strings = self.strings
        if len(index) and int(index.max()) >= max(len(strings), 1):
            first = int(np.argmax(index >= len(strings)))
            raise MalformedProfile(
                self.path,
                f"string {index.view(np.int64)[first]} does not exist (the file has {len(strings)})",
                offset=int(at.tag[min(first, len(at) - 1)]),
            )
        return [strings[i] for i in index.tolist()] if strings else [""] * len(index)

    @cached_property
    def comments(self) -> list[str]:
        """Free texts about the profile; most writers put their name there, if anything."""
        found = self.top.of(ProfileField.COMMENT, WireType.VARINT, WireType.BYTES)
        index, _ = varints(self.data, found.begin, found.end)
        return self.texts(index, found)

    @cached_property
    def value_types(self) -> tuple[ValueType, ...]:
        """One a value of each sample; of two that are equal the second is named ``type-2``.

        Raises:
            MalformedProfile: there is none.
        """
        found = self.messages(ProfileField.SAMPLE_TYPE)
        if not len(found):
            raise MalformedProfile(self.path, "no sample_type: the file does not say what its values are")
        types = self.texts(found.scalar(ValueTypeField.TYPE), found.at)
        units = self.texts(found.scalar(ValueTypeField.UNIT), found.at)
        out: list[ValueType] = []
        for type_name, unit in zip(types, units, strict=True):
            value_type = ValueType(type_name or "value", canonical_unit(unit) or "count")
            name, number = value_type.type, 2
            while value_type in out:
                value_type = ValueType(f"{name}-{number}", value_type.unit)
                number += 1
            out.append(value_type)
        return tuple(out)

    @property
    def selected(self) -> int:
        """The column to look at: ``default_sample_type``, else the last, as the format has it."""
        wanted = self.text(ProfileField.DEFAULT_SAMPLE_TYPE)
        names = [value_type.type for value_type in self.value_types]
        return names.index(wanted) if wanted in names else len(names) - 1


@dataclass(frozen=True, eq=False)
class Ids:
    """Ids of messages, to look rows up by.

    Attributes:
        sorted: the ids in ascending order.
        row: the row of each.
    """

    sorted: UInt64
    row: Int64

    def rows(self, wanted: UInt64) -> Int64:
        """Return the row of each id, -1 where there is none."""
        if not len(self.sorted):
            return np.full(len(wanted), -1, dtype=np.int64)
        if self._by_id is not None:
            return self._by_id[np.minimum(wanted, np.uint64(len(self._by_id) - 1))]
        place = np.minimum(np.searchsorted(self.sorted, wanted), len(self.sorted) - 1)
        return np.where(self.sorted[place] == wanted, self.row[place], -1)

    @cached_property
    def _by_id(self) -> Int64 | None:
        """The row of each id, and -1 behind the largest; None where ids are not nearly counted from 1."""
        largest = int(self.sorted[-1])
        if largest > 2 * len(self.sorted) + _SPARE_IDS:
            return None
        by_id = np.full(largest + 2, -1, dtype=np.int64)
        by_id[self.sorted] = self.row
        return by_id


def ids_of(file: ProfileFile, messages: Messages, number: int, kind: str) -> Ids:
    """Index messages by their id.

    Raises:
        MalformedProfile: an id is 0 or is not unique.
    """
    ids = messages.scalar(number)
    order = np.argsort(ids, kind="stable")
    ascending = ids[order]
    bad = ascending == 0
    bad[1:] |= ascending[1:] == ascending[:-1]
    if bad.any():
        row = int(order[np.argmax(bad)])
        reason = f"{kind} id {int(ids[row])} is {'not unique' if ids[row] else 'not allowed'}"
        raise MalformedProfile(file.path, reason, offset=int(messages.at.tag[row]))
    return Ids(ascending, order)


def found(file: ProfileFile, rows: Int64, wanted: UInt64, at: Fields, kind: str) -> Int64:
    """Check that ids which are not 0 were found; returns ``rows``.

    Raises:
        MalformedProfile: one was not.
    """
    missing = (rows < 0) & (wanted != 0)
    if missing.any():
        first = int(np.argmax(missing))
        raise MalformedProfile(
            file.path, f"{kind} {int(wanted[first])} does not exist", offset=int(at.tag[first])
        )
    return rows


@dataclass(frozen=True, eq=False)
class Locations:
    """Each location as a run of frames, root side first.

    Attributes:
        ids: their ids.
        frames: frame ids of all locations end to end, int32[frames].
        offset: where each location begins, with the end of the last, int64[locations + 1].
        line_name: the function's name behind each frame, empty where there is none.
    """

    ids: Ids
    frames: Int32
    offset: Int64
    line_name: list[str]


def read_locations(file: ProfileFile, table: FrameTable) -> Locations:
    """Intern the frames of all locations.

    Raises:
        MalformedProfile: a function, mapping or text that one refers to does not exist.
    """
    locations = file.messages(ProfileField.LOCATION)
    lines = locations.inner(file.data, LocationField.LINE)
    modules = _modules(file, locations)
    functions = file.messages(ProfileField.FUNCTION)
    names = file.texts(functions.scalar(FunctionField.NAME), functions.at)
    mangled = file.texts(functions.scalar(FunctionField.SYSTEM_NAME), functions.at)
    files = file.texts(functions.scalar(FunctionField.FILENAME), functions.at)
    wanted = lines.scalar(LineField.FUNCTION_ID)
    ids = ids_of(file, functions, FunctionField.ID, "function")
    function_of_line = found(file, ids.rows(wanted), wanted, lines.at, "function").tolist()
    line_number = lines.scalar(LineField.LINE).view(np.int64).tolist()

    line_count = np.bincount(lines.at.owner, minlength=len(locations))
    first_line = np.concatenate([[0], np.cumsum(line_count)]).tolist()
    frames: list[int] = []
    line_name: list[str] = []
    offset = [0]
    for location, module in enumerate(modules):
        kind = Kind.KERNEL if module and _KERNEL_MODULE.match(module) else Kind.USER
        begin, end = first_line[location], first_line[location + 1]
        if begin == end:
            frames.append(table.intern(UNKNOWN, module=module, kind=kind))
            line_name.append("")
        for line in range(end - 1, begin - 1, -1):  # the last line is the caller the others were inlined into
            function = function_of_line[line]
            name = (names[function] or mangled[function]) if function >= 0 else ""
            source = files[function] if function >= 0 else ""
            number = line_number[line] if 0 < line_number[line] < 2**31 else 0
            inlined = kind if line == end - 1 else Kind.INLINED
            frames.append(table.intern(name or UNKNOWN, source, number, module, inlined))
            line_name.append(name)
        offset.append(len(frames))
    return Locations(
        ids_of(file, locations, LocationField.ID, "location"),
        np.array(frames, dtype=np.int32),
        np.array(offset, dtype=np.int64),
        line_name,
    )


def _modules(file: ProfileFile, locations: Messages) -> list[str]:
    """Return the module of each location, empty where it has no mapping."""
    mappings = file.messages(ProfileField.MAPPING)
    files = file.texts(mappings.scalar(MappingField.FILENAME), mappings.at)
    wanted = locations.scalar(LocationField.MAPPING_ID)
    rows = ids_of(file, mappings, MappingField.ID, "mapping").rows(wanted)
    return [
        files[row] if row >= 0 else "" for row in found(file, rows, wanted, locations.at, "mapping").tolist()
    ]
