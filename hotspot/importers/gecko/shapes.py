"""The JSON of Firefox Profiler profiles, as far as it is read.

Both formats with the history of their versions:
https://github.com/firefox-devtools/profiler/blob/main/docs-developer/CHANGELOG-formats.md, and the types in its
src/types/profile.ts and gecko-profile.ts. A column that a version lacks is None.
"""

from __future__ import annotations

from typing import Any

import msgspec

Number = int | float
Id = int | str
Indices = list[int | None]


class Category(msgspec.Struct):
    """What sort of code a frame is, by name."""

    name: str = ""
    subcategories: list[str] | None = None


class SampleUnits(msgspec.Struct):
    """Units of the sample columns."""

    cpu_delta: str | None = msgspec.field(default=None, name="threadCPUDelta")
    time: str | None = None


class Meta(msgspec.Struct, rename="camel"):
    """About the whole profile; times are milliseconds."""

    version: int | None = None
    preprocessed_profile_version: int | None = None
    product: str | None = None
    misc: str | None = None
    imported_from: str | None = None
    start_time: Number | None = None
    profiling_start_time: Number | None = None
    profiling_end_time: Number | None = None
    categories: list[Category] | None = None
    sample_units: SampleUnits | None = None


class ThreadTexts(msgspec.Struct, rename="camel"):
    """What tells the formats apart where no version does: raw threads have a table, processed ones an array."""

    string_array: msgspec.Raw = msgspec.Raw()


class Outermost(msgspec.Struct, rename="camel"):
    """The version; Firefox's old devtools wrap the profile in another object."""

    meta: Meta | None = None
    threads: list[ThreadTexts | str] | None = None
    profile: msgspec.Raw = msgspec.Raw()
    duration: Number | None = None


class Lib(msgspec.Struct):
    """A binary; raw profiles say where it was mapped."""

    name: str | None = None
    path: str | None = None
    start: Number | None = None
    end: Number | None = None


class RawTable(msgspec.Struct):
    """Rows with a schema that says what stands where; rows may end early."""

    schema: dict[str, int]
    data: list[list[Any]]


class RawThread(msgspec.Struct, rename="camel"):
    """A thread as Firefox writes it."""

    samples: RawTable
    stack_table: RawTable
    frame_table: RawTable
    string_table: list[str]
    name: str = ""
    process_name: str | None = None
    pid: Id | None = None
    tid: Id | None = None


class RawProfile(msgspec.Struct):
    """A process with its threads and child processes.

    Before version 5, child processes were JSON texts among the threads, and so were the libs of some.
    """

    meta: Meta
    threads: list[RawThread | str]
    libs: list[Lib] | str | None = None
    processes: list[RawProfile] | None = None


class Samples(msgspec.Struct, rename="camel"):
    """Samples in columns; weight and CPU delta may be missing."""

    stack: Indices
    time: list[Number] | None = None
    time_deltas: list[Number] | None = None
    weight: list[Number | None] | None = None
    weight_type: str | None = None
    cpu_delta: list[Number | None] | None = msgspec.field(default=None, name="threadCPUDelta")


class Allocations(msgspec.Struct):
    """Only counted."""

    stack: Indices = []


class StackTable(msgspec.Struct, rename="camel"):
    """Stacks as a tree; since version 66 the parent is so many rows before, 0 for a root."""

    frame: list[int]
    prefix: Indices | None = None
    prefix_offset: list[int] | None = None


class FrameTable(msgspec.Struct, rename="camel"):
    """Frames; since version 71 a column of flags says which of the others count."""

    func: list[int]
    line: Indices | None = None
    category: Indices | None = None
    subcategory: Indices | None = None
    implementation: list[int | str | None] | None = None
    inline_depth: Indices | None = None
    lib: Indices | None = None
    flags: list[int] | None = None


class FuncTable(msgspec.Struct, rename="camel"):
    """Functions; the file is a text before version 58 and a row of the sources since."""

    name: list[int]
    resource: Indices | None = None
    file_name: Indices | None = None
    source: Indices | None = None
    line_number: Indices | None = None
    flags: list[int] | None = None


class ResourceTable(msgspec.Struct, rename="camel"):
    """Where functions come from; native ones from a library."""

    lib: Indices | None = None


class Sources(msgspec.Struct, rename="camel"):
    """Files of source code."""

    filename: list[int]


class Tables(msgspec.Struct, rename="camel"):
    """Tables of one thread, or shared by all since version 56, one after another."""

    stack_table: StackTable | None = None
    frame_table: FrameTable | None = None
    func_table: FuncTable | None = None
    resource_table: ResourceTable | None = None
    sources: Sources | None = None
    string_array: list[str] | None = None


class ProcessedThread(Tables, rename="camel"):
    """A thread; its libs moved to the profile in version 41."""

    samples: Samples | None = None
    name: str = ""
    process_name: str | None = None
    pid: Id | None = None
    tid: Id | None = None
    libs: list[Lib] | None = None
    js_allocations: Allocations | None = None
    native_allocations: Allocations | None = None


class ProcessedProfile(msgspec.Struct):
    """All threads of all processes."""

    meta: Meta
    threads: list[ProcessedThread]
    libs: list[Lib] | None = None
    shared: Tables | None = None
