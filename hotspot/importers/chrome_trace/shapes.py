"""The JSON of trace events, as far as it is read.

"Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU. Ids and times
are numbers there, but writers put texts as well.
"""

from __future__ import annotations

from typing import Any

import msgspec

Number = int | float | str
Id = int | str


class StackFrame(msgspec.Struct):
    """A frame of the ``stackFrames`` dictionary."""

    name: str = ""
    parent: Id | None = None


class Sample(msgspec.Struct, gc=False):
    """A row of the ``samples`` array; ``sf`` is a key of ``stackFrames``."""

    pid: Id | None = None
    tid: Id | None = None
    ts: Number | None = None
    sf: Id | None = None
    weight: Number | None = None


class TraceObject(msgspec.Struct, rename="camel"):
    """The outermost object; events stay raw until each is looked at."""

    trace_events: list[msgspec.Raw] | None = None
    samples: list[msgspec.Raw] | None = None
    stack_frames: dict[str, StackFrame] | None = None
    metadata: msgspec.Raw = msgspec.Raw()
    beginning_of_time: Any = None  # clang's
    viztracer_metadata: Any = msgspec.field(default=None, name="viztracer_metadata")
    schema_version: Any = None  # PyTorch's
    trace_name: Any = None  # PyTorch's


class Metadata(msgspec.Struct, rename="kebab"):
    """What Chrome writes about itself."""

    product_version: str | None = None


class Event(msgspec.Struct, gc=False):
    """One event, its arguments still raw."""

    ph: str = ""
    name: str | int | float | None = None
    pid: Id | None = None
    tid: Id | None = None
    ts: Number | None = None
    dur: Number | None = None
    tdur: Number | None = None
    id: Id | None = None
    cat: Any = None
    file: Any = msgspec.field(default=None, name=".file")
    line: Any = msgspec.field(default=None, name=".line")
    args: msgspec.Raw = msgspec.Raw()


class NameArgs(msgspec.Struct):
    """Arguments of ``thread_name`` and ``process_name``."""

    name: str | int | float | None = None


class ProfileArgs(msgspec.Struct):
    """Arguments of ``Profile``, ``ProfileChunk`` and ``CpuProfile``."""

    data: msgspec.Raw = msgspec.Raw()
