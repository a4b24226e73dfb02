"""memray capture files (``memray run -o out.bin``), read through memray's own library.

What is kept is the memory in use at its peak (the high-water mark, what ``memray flamegraph`` draws): for each stack
and thread the bytes that were allocated and not yet freed, and in how many allocations. With ``--native`` stacks hold
C and C++ frames as well. The format is memray's own and changes with its version, so the library reads it:
``memray.FileReader``, https://bloomberg.github.io/memray/api.html.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile, MissingTool
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("memray", "memray capture", (".bin",))

_MAGIC = b"memray\0"
_LZ4 = b"\x04\x22\x4d\x18"  # memray compresses a finished file; its magic stays readable in the first block
_VALUE_TYPES = (ValueType("allocated", "bytes"), ValueType("allocations", "count"))


def detect(head: Head) -> Match:
    """The magic of a capture, at the beginning or in the first lz4 block."""
    data = head.data
    compressed = data.startswith(_LZ4) and _MAGIC in data[:32]
    return Match.YES if compressed or data.startswith(_MAGIC) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the allocations that made up the peak.

    Raises:
        EmptyProfile: nothing was allocated.
        MalformedProfile: memray cannot read the file, or only a newer or older one can.
        MissingTool: memray is not installed.
    """
    try:
        memray = import_module("memray")
    except ImportError as error:
        raise MissingTool(
            f"{source.path}: reading a memray capture needs memray, which is not installed",
            hint="pip install 'hotspot-profiling[memray]'",
        ) from error
    builder = ProfileBuilder(_VALUE_TYPES)
    with _as_file(source) as path:
        try:
            with memray.FileReader(path) as reader:
                metadata = reader.metadata
                threads = _add(builder, reader, metadata)
        except (OSError, RuntimeError, ValueError) as error:
            reason = str(error).replace(path, source.path)
            raise MalformedProfile(source.path, f"memray cannot read it: {reason}") from error
    if not builder.handle_count:
        raise EmptyProfile(source.path, "no allocation in this file")
    duration = metadata.end_time - metadata.start_time
    provenance = Provenance(
        path=source.path,
        sha256=source.sha256,
        format=INFO.name,
        producer="memray",
        duration_ns=max(round(duration.total_seconds() * 1e9), 0) or None,
        losses=(
            Loss(
                LossKind.DROPPED, "memory in use at its peak; what was freed before or came later is not kept"
            ),
        ),
    )
    return [builder.build(provenance, threads=threads)]


@contextmanager
def _as_file(source: Source) -> Iterator[str]:
    """Give the decompressed bytes a name, which is all that memray's reader takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "capture.bin")
        with source.open() as stream, open(path, "wb") as file:
            shutil.copyfileobj(stream, file)
        yield path


def _add(builder: ProfileBuilder, reader: Any, metadata: Any) -> tuple[Thread, ...]:
    threads: dict[Thread, int] = {}
    frames: dict[tuple[str, str, int], int] = {}
    flat: list[int] = []
    offsets = [0]
    weights: list[tuple[int, int]] = []
    of_thread: list[int] = []
    for record in reader.get_high_watermark_allocation_records(merge_threads=False):
        trace = record.hybrid_stack_trace() if metadata.has_native_traces else record.stack_trace()
        for key in reversed(trace):  # (function, file, line), leaf first
            if key not in frames:
                name, file, line = key
                frames[key] = builder.frames.intern(name or "[unknown]", file, line)
            flat.append(frames[key])
        offsets.append(len(flat))
        weights.append((record.size, record.n_allocations))
        thread = Thread(metadata.pid, record.tid, record.thread_name)
        of_thread.append(threads.setdefault(thread, len(threads)))
    if weights:
        builder.add_samples(builder.add_stacks(flat, offsets), weights, None, of_thread)
    return tuple(threads)
