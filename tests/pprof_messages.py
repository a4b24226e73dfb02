"""pprof files written and read with the protobuf library: a witness that shares no code with hotspot.

The message types are made here from field numbers, so that no generated code has to be kept in step with a version of
the library. Texts are ``bytes``: the format says ``string``, but real files hold texts that are no UTF-8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip(
    "google.protobuf", reason="the protobuf library is not installed: no second reader for pprof"
)

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_MESSAGES = {
    "Profile": "sample_type:1:*ValueType sample:2:*Sample mapping:3:*Mapping location:4:*Location "
    "function:5:*Function string_table:6:*bytes drop_frames:7:int64 keep_frames:8:int64 time_nanos:9:int64 "
    "duration_nanos:10:int64 period_type:11:ValueType period:12:int64 comment:13:*int64 "
    "default_sample_type:14:int64",
    "ValueType": "type:1:int64 unit:2:int64",
    "Sample": "location_id:1:*uint64 value:2:*int64 label:3:*Label",
    "Label": "key:1:int64 str:2:int64 num:3:int64 num_unit:4:int64",
    "Mapping": "id:1:uint64 memory_start:2:uint64 memory_limit:3:uint64 file_offset:4:uint64 filename:5:int64 "
    "build_id:6:int64 has_functions:7:bool has_filenames:8:bool has_line_numbers:9:bool has_inline_frames:10:bool",
    "Location": "id:1:uint64 mapping_id:2:uint64 address:3:uint64 line:4:*Line is_folded:5:bool",
    "Line": "function_id:1:uint64 line:2:int64",
    "Function": "id:1:uint64 name:2:int64 system_name:3:int64 filename:4:int64 start_line:5:int64",
}


def _message_types(package: str, *, packed: bool) -> dict[str, Any]:
    kinds = descriptor_pb2.FieldDescriptorProto
    scalar = {
        "int64": kinds.TYPE_INT64, "uint64": kinds.TYPE_UINT64, "bool": kinds.TYPE_BOOL, "bytes": kinds.TYPE_BYTES
    }  # fmt: skip
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for text in fields.split():
            name, number, kind = text.split(":")
            repeated = kind.startswith("*")
            kind = kind.lstrip("*")
            field = described.field.add(name=name, number=int(number))
            field.label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            if kind in scalar:
                field.type = scalar[kind]
                if repeated and kind != "bytes":
                    field.options.packed = packed
            else:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".{package}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in _MESSAGES
    }


PACKED = _message_types("packed", packed=True)
UNPACKED = _message_types("unpacked", packed=False)


def parse(data: bytes) -> Any:
    """Read a file (decompressed) with the protobuf library."""
    return PACKED["Profile"].FromString(data)


class Drawn:
    """Builds a pprof message from drawn stacks.

    A frame is ``name``, ``name@file:line``, ``module!name``; ``module!`` is an address without a function. Frames
    joined by ``+`` are one location: ``caller+inlined``.
    """

    def __init__(self, *types: str, packed: bool = True) -> None:
        self.message = (PACKED if packed else UNPACKED)["Profile"]()
        self._strings: dict[str | bytes, int] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self.text("")
        for value_type in types or ("samples/count",):
            kind, unit = value_type.rsplit("/", 1)
            self.message.sample_type.add(type=self.text(kind), unit=self.text(unit))

    def text(self, text: str | bytes) -> int:
        if text not in self._strings:
            self._strings[text] = len(self._strings)
            self.message.string_table.append(text.encode() if isinstance(text, str) else text)
        return self._strings[text]

    def sample(self, stack: str, *values: int, labels: Sequence[tuple[str, str | int]] = ()) -> Drawn:
        """Add ``root;...;leaf`` with its values."""
        names = [name for name in stack.split(";") if name]
        sample = self.message.sample.add(
            location_id=[self._location(n) for n in reversed(names)], value=values
        )
        for key, value in labels:
            kind = "str" if isinstance(value, str) else "num"
            sample.label.add(
                key=self.text(key), **{kind: self.text(value) if isinstance(value, str) else value}
            )
        return self

    def _location(self, drawn: str) -> int:
        if ("location", drawn) in self._ids:
            return self._ids["location", drawn]
        module, separator, frames = drawn.rpartition("!")
        location = self.message.location.add(id=self._id("location", drawn))
        if separator:
            known = ("mapping", module) in self._ids
            location.mapping_id = self._id("mapping", module)
            if not known:
                self.message.mapping.add(id=location.mapping_id, filename=self.text(module))
        for frame in reversed(frames.split("+")) if frames else ():
            name, _, place = frame.partition("@")
            file, _, line = place.partition(":")
            known = ("function", f"{name}@{file}") in self._ids
            function = self._id("function", f"{name}@{file}")
            if not known:
                self.message.function.add(id=function, name=self.text(name), filename=self.text(file))
            location.line.add(function_id=function, line=int(line or 0))
        return location.id

    def _id(self, kind: str, key: str) -> int:
        ids = [known for known, _ in self._ids if known == kind]
        return self._ids.setdefault((kind, key), 7 + 3 * len(ids))  # ids need not be 1, 2, 3

    @property
    def data(self) -> bytes:
        return bytes(self.message.SerializeToString())


# drop_frames, keep_frames, and what is left of the stacks that `dropping` draws.
DROPPING = [
    ("malloc", "", {"main;new": 1, "malloc(int);init": 2, "main;alloc": 4}),
    (
        "ma.*",
        "",
        {"main;new": 1, "malloc(int);init": 2, "main;alloc": 4},
    ),  # never before the first free frame
    ("m.*", "malloc", {"main;new;malloc(int);grow": 1, "malloc(int);init": 2, "main;alloc": 4}),
    ("new", "", {"main": 1, "malloc(int);init": 2, "main;alloc": 4}),
    ("alloc|grow", "", {"main;new;malloc(int)": 1, "malloc(int);init": 2, "main": 4}),
    (
        "mall",
        "",
        {"main;new;malloc(int);grow": 1, "malloc(int);init": 2, "main;alloc": 4},
    ),  # whole names only
]


def dropping(drop: str, keep: str) -> Drawn:
    """Draw three stacks in a file that drops frames."""
    drawn = (
        Drawn().sample("main;new;malloc(int);grow", 1).sample("malloc(int);init", 2).sample("main;alloc", 4)
    )
    drawn.message.drop_frames, drawn.message.keep_frames = drawn.text(drop), drawn.text(keep)
    return drawn
