"""CPU profiles of V8: ``.cpuprofile`` files by Chrome's DevTools, ``node --cpu-prof``, Deno, Bun, v8-profiler.

Both generations are read: nodes in a flat list with the time between samples, and (before Chrome 58, and by the
v8-profiler package) nodes nested under ``head`` with absolute times. What the frames and times mean is in
`hotspot.importers._v8_tree`. Value types are ``cpu/nanoseconds``, exact to the file's microseconds and selected,
and ``samples/count``. V8 samples by the clock, so ``cpu`` has the ``(idle)`` time that the file has as well. A
file without times has counts only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._v8_tree import (
    CPU,
    SAMPLES,
    V8Faults,
    V8Nodes,
    add_counts,
    add_timed_samples,
    add_tree,
    fitted_times,
    flat_nodes,
    nested_nodes,
)
from hotspot.importers._web_columns import MICROSECOND, running, scaled
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.profile import Int64, Profile, Provenance

if TYPE_CHECKING:
    from hotspot.importers._v8_shapes import CpuProfile

INFO = ImporterInfo("cpuprofile", "V8 CPU profile (Chrome, Node.js)", (".cpuprofile",))

_TIMES = frozenset({"timeDeltas", "timestamps"})


def detect(head: Head) -> Match:
    """Tell the profile by its keys; a sampled heap profile, which has a ``head`` too, has sizes."""
    seen = outline(head.data)
    if seen is None or seen.is_array or b'"selfSize"' in head.data:
        return Match.NO
    wrapped = seen.keys & {"profile", "result"} and b'"nodes"' in head.data and b'"scriptId"' in head.data
    if ("nodes" in seen.keys or wrapped) and b'"callFrame"' in head.data:
        return Match.YES
    if "head" in seen.keys and b'"functionName"' in head.data:
        return Match.YES
    # Times may come first and fill the head.
    early = not head.complete and "startTime" in seen.keys and seen.keys & {"samples", *_TIMES}
    return Match.MAYBE if early else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read a profile of either generation.

    Raises:
        MalformedProfile: naming the place in the file.
        NotThisFormat: it has neither ``nodes`` nor ``head``.
    """
    from hotspot.importers._v8_shapes import CpuProfile

    path = source.path
    file = decode(path, without_mark(source.read()), CpuProfile)
    file = file.result or file
    file = file.profile or file
    if file.nodes is not None:
        nodes, at = flat_nodes(path, file.nodes, "nodes"), "nodes"
    elif file.head is not None:
        nodes, at = nested_nodes(path, file.head), "head"
    else:
        raise NotThisFormat(path, "neither nodes nor head, which V8 CPU profiles have")
    times = _times(path, file)
    builder = ProfileBuilder((SAMPLES,) if times is None else (SAMPLES, CPU))
    tree = add_tree(builder, path, nodes, at)
    faults = V8Faults()
    faults.add_nodes(nodes)
    if not file.samples:
        if not any(nodes.hits):
            raise EmptyProfile(path, "it has no sample")
        add_counts(builder, tree, np.arange(len(nodes.hits)), np.array(nodes.hits, dtype=np.int64))
    else:
        rows = tree.rows(np.array(file.samples, dtype=np.int64))
        faults.lost = int(np.count_nonzero(rows < 0))
        if times is None:
            add_counts(builder, tree, rows, np.ones(len(rows), dtype=np.int64))
        else:
            add_timed_samples(builder, tree, rows, fitted_times(times, len(rows), 0, faults))
    provenance = Provenance(
        path=path,
        checksum=source.checksum,
        format=INFO.name,
        producer=_producer(nodes),
        duration_ns=_duration(path, file, times),
        losses=tuple(faults.losses()),
    )
    profile = builder.build(provenance)
    timed = times is not None and profile.samples.weight[:, 1].any()
    return [profile.select(str(CPU)) if timed else profile]


def _times(path: str, file: CpuProfile) -> Int64 | None:
    """Return absolute times in nanoseconds as far as the file has them, or None where it has none."""
    if not file.samples:
        return None
    if file.timestamps:
        return scaled(path, file.timestamps, MICROSECOND, "timestamps")
    if not file.time_deltas:
        return None
    start = scaled(path, [file.start_time or 0], MICROSECOND, "startTime")[0]
    return running(path, int(start), scaled(path, file.time_deltas, MICROSECOND, "timeDeltas"), "timeDeltas")


def _duration(path: str, file: CpuProfile, times: Int64 | None) -> int | None:
    """Return the time from start to end: of the profile where it says, else of the samples."""
    if file.head is None and file.start_time is not None and file.end_time is not None:
        start, end = scaled(path, [file.start_time, file.end_time], MICROSECOND, "startTime")
        if end > start:
            return int(end - start)
    return None if times is None else int(times.max() - times.min())


def _producer(nodes: V8Nodes) -> str:
    """Name the program as far as its scripts tell; the file itself does not."""
    files = {file for _, file, _ in nodes.function}
    if any(file.startswith("ext:") for file in files):
        return "Deno"
    return "Node.js" if any(file.startswith("node:") for file in files) else "V8"
