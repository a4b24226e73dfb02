"""What `perf data convert --to-json` writes: samples with their call chains, leaf first.

::

    {"linux-perf-json-version": 1, "headers": {...}, "samples": [
        {"timestamp": 1785573165003, "pid": 7, "tid": 8, "comm": "w",
         "callchain": [{"ip": "0x55a7", "symbol": "hot", "dso": "w"}, ...]}, ...]}

The file has neither events nor periods, so a sample is one sample. Source: tools/perf/util/data-convert-json.c of Linux.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import UNKNOWN, Kind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("perf-json", "perf data convert --to-json", (".json",))

_VERSION = "linux-perf-json-version"
_Number = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**62)]


class _Call(msgspec.Struct, frozen=True):
    symbol: str = ""
    dso: str = ""


class _Sample(msgspec.Struct):
    timestamp: _Number | None = None
    pid: _Number | None = None
    tid: _Number | None = None
    comm: str = ""
    callchain: tuple[_Call, ...] = ()


class _Headers(msgspec.Struct, rename="kebab"):
    perf_version: str = ""


class _File(msgspec.Struct):
    headers: _Headers = msgspec.field(default_factory=_Headers)
    samples: list[_Sample] = []


def detect(head: Head) -> Match:
    """Look for the key that tells the version."""
    seen = outline(head.data)
    return Match.YES if seen is not None and _VERSION in seen.keys else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples.

    Raises:
        MalformedProfile: naming the place in the file.
        EmptyProfile: there is no sample.
    """
    file = decode(source.path, without_mark(source.read()), _File)
    if not file.samples:
        raise EmptyProfile(source.path, "no sample in this file")
    builder = ProfileBuilder((ValueType("samples", "count"),))
    stacks: dict[tuple[str, tuple[_Call, ...]], int] = {}
    threads: dict[Thread, int] = {}
    stack, thread = [], []
    for sample in file.samples:
        stack.append(stacks.setdefault((sample.comm, sample.callchain), len(stacks)))
        thread.append(threads.setdefault(Thread(sample.pid, sample.tid, sample.comm), len(threads)))
    times = [sample.timestamp for sample in file.samples]
    time = None if None in times else np.array(times, dtype=np.int64)
    leaf = _add_stacks(builder, list(stacks))
    builder.add_samples(leaf[stack], np.ones(len(stack), dtype=np.int64), time, thread)
    duration = None if time is None else int(time.max() - time.min())
    producer = f"perf {file.headers.perf_version}".strip()
    provenance = Provenance(source.path, source.checksum, INFO.name, producer, duration)
    return [builder.build(provenance, threads=tuple(threads))]


def _add_stacks(
    builder: ProfileBuilder, stacks: list[tuple[str, tuple[_Call, ...]]]
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    flat: list[int] = []
    offsets = [0]
    for comm, chain in stacks:
        if comm:
            flat.append(builder.frames.intern(comm, kind=Kind.PROCESS))
        for call in reversed(chain):
            kind = Kind.KERNEL if call.dso.startswith("[kernel") or call.dso.endswith(".ko") else Kind.USER
            flat.append(builder.frames.intern(call.symbol or UNKNOWN, module=call.dso, kind=kind))
        offsets.append(len(flat))
    return builder.add_stacks(flat, offsets)
