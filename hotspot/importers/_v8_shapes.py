"""The JSON of V8's CPU profiles, as far as it is read.

Current: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
Before Chrome 58 and in the v8-profiler package, nodes were nested under ``head`` and times were absolute.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Id = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Line = int | float | str
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


def line_from_zero(line: Line | None) -> int:
    """Return a line that counts from 0 as one that counts from 1; 0 where it is unknown.

    V8 says -1 then. Converters write floats and texts as well.
    """
    if isinstance(line, str):
        line = int(line) if line.isdecimal() and len(line) < 10 else None
    return int(line) + 1 if line is not None and 0 <= line < 2**31 - 1 else 0


class CallFrame(msgspec.Struct, rename="camel"):
    """A function; lines and columns count from 0, -1 is unknown."""

    function_name: str | None = None
    url: str | None = None
    line_number: Line | None = None
    column_number: int | float | str | None = None


class Node(msgspec.Struct, rename="camel"):
    """A node of the call tree; it names its children, or (in trace events) its parent."""

    id: Id
    call_frame: CallFrame
    hit_count: Count | None = None
    children: list[Id] | None = None
    parent: Id | None = None
    position_ticks: msgspec.Raw = msgspec.Raw()


class NestedNode(msgspec.Struct, rename="camel"):
    """A node of the old format."""

    id: Id
    function_name: str | None = None
    url: str | None = None
    line_number: Line | None = None
    column_number: int | float | str | None = None
    hit_count: Count | None = None
    children: list[NestedNode] = []


class CpuProfile(msgspec.Struct, rename="camel"):
    """A profile of either format; times are microseconds, but start and end of the old one are seconds."""

    nodes: list[Node] | None = None
    head: NestedNode | None = None
    start_time: int | float | None = None
    end_time: int | float | None = None
    samples: list[Id] | None = None
    time_deltas: list[int | float] | None = None
    timestamps: list[int | float] | None = None
    # What the DevTools protocol answers has the profile one or two levels down.
    profile: CpuProfile | None = None
    result: CpuProfile | None = None


class ProfileStart(msgspec.Struct, rename="camel"):
    """What a ``Profile`` trace event tells."""

    start_time: int | float | None = None


class ProfilePart(msgspec.Struct, rename="camel"):
    """What a ``ProfileChunk`` trace event adds, or a ``CpuProfile`` event holds."""

    cpu_profile: CpuProfile | None = None
    time_deltas: list[int | float] | None = None


class HeapNode(msgspec.Struct, rename="camel"):
    """A node of a sampling heap profile."""

    call_frame: CallFrame
    self_size: Count = 0
    children: list[HeapNode] = []


class HeapProfile(msgspec.Struct):
    """A sampling heap profile; its list of samples adds only when each was taken."""

    head: HeapNode | None = None
