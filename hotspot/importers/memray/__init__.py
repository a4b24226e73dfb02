"""memray capture files (``memray run -o out.bin``), read through memray's own library.

What is kept is the memory in use at its peak (the high-water mark, what ``memray flamegraph`` draws): for each stack
and thread the bytes that were allocated and not yet freed, and in how many allocations. With ``--native`` stacks hold
C and C++ frames as well. The format is memray's own and changes with its version, so the library reads it, see
`hotspot.importers.memray.records`:
``memray.FileReader``, https://bloomberg.github.io/memray/api.html.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile, MissingTool
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.memray import records
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance, Thread
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
    if find_spec("memray") is None:
        raise MissingTool(
            f"{source.path}: reading a memray capture needs memray, which is not installed",
            hint="pip install 'hotspot-profiling[memray]'",
        )
    found = _records(source)
    if not found["stacks"]:
        raise EmptyProfile(source.path, "no allocation in this file")
    builder = ProfileBuilder(_VALUE_TYPES)
    frames = [builder.frames.intern(name or UNKNOWN, file, line) for name, file, line in found["frames"]]
    threads: dict[Thread, int] = {}
    of_thread = [
        threads.setdefault(Thread(found["pid"], tid, name), len(threads)) for tid, name in found["threads"]
    ]
    flat = [frames[i] for stack in found["stacks"] for i in stack]
    offsets = [0, *accumulate(map(len, found["stacks"]))]
    builder.add_samples(builder.add_stacks(flat, offsets), found["weights"], None, of_thread)
    losses = [
        Loss(LossKind.DROPPED, "memory in use at its peak; what was freed before or came later is not kept")
    ]
    if found["errors"]:
        losses.append(Loss(LossKind.TRUNCATED, f"memray stopped reading early: {found['errors'][0]}"))
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer="memray",
        duration_ns=max(round(found["seconds"] * 1e9), 0) or None,
        losses=tuple(losses),
    )
    return [builder.build(provenance, threads=tuple(threads))]


def _records(source: Source) -> dict[str, Any]:
    """Let a process of its own read the capture, since a damaged one can crash memray's reader."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "capture.bin")  # the reader takes a name only
        with source.open() as stream, open(path, "wb") as file:
            shutil.copyfileobj(stream, file)
        # -P: the folder of the program has a module called memray, this one.
        command = [sys.executable, "-P", records.__file__, path]
        done = subprocess.run(command, capture_output=True, check=False)
    messages = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout)
        # Where a record is damaged the reader says so, and gives what came before.
        found["errors"] = [line for line in messages if line.startswith("Memray ERROR: ")]
        return found
    reason = messages[-1].replace(path, source.path) if messages else "its reader crashed"
    raise MalformedProfile(source.path, f"memray cannot read it: {reason}")
