"""Chrome's trace events: DevTools recordings, chrome://tracing, and the many programs that write that JSON.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

A file gives one profile, in which every sample has its thread (named ``process/thread`` by metadata events). Of
what a trace may hold, the first of these that it does is taken, and what is left out is said in the losses:

1. CPU profiles of V8 (``Profile`` and ``ProfileChunk``, or ``CpuProfile`` events), those of all isolates, each on
   its thread: ``samples/count`` and ``cpu/nanoseconds``; see `hotspot.importers._v8_tree`. speedscope makes a
   profile of each; as threads of one, ``--thread`` tells them apart and a ranking misses no worker.
2. ``samples`` with ``stackFrames``: ``samples/count`` and ``wall/nanoseconds``; see
   `hotspot.importers.chrome_trace.samples`.
3. Duration events (B, E, X): ``wall/nanoseconds``, where self time is an event's length without those inside it;
   see `hotspot.importers.chrome_trace.spans`. A frame is the event's name, with file and line where the writer says
   them, see `hotspot.importers.chrome_trace.frames`; speedscope adds the arguments to it, so that ``f {"x":1}`` and ``f {"x":2}`` are two functions.
   Time without an open event is not in the profile.

Asynchronous, flow, instant and counter events belong to no stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._v8_tree import CPU, SAMPLES
from hotspot.importers._web_json import outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

if TYPE_CHECKING:
    from hotspot.importers.chrome_trace.file import Trace
    from hotspot.importers.chrome_trace.scan import Scanned, Threads
    from hotspot.importers.chrome_trace.spans import Faults

INFO = ImporterInfo("chrome-trace", "Chrome trace events", (".trace.json", ".trace"))

WALL = ValueType("wall", "nanoseconds")

_BEFORE_EVENTS = frozenset(
    {
        "metadata",
        "otherData",
        "displayTimeUnit",
        "systemTraceEvents",
        "powerTraceAsString",
        "stackFrames",
        "samples",
    }
)


def detect(head: Head) -> Match:
    """Tell a trace by ``traceEvents``, or an array by the phase of its first event."""
    seen = outline(head.data)
    if seen is None:
        return Match.NO
    if seen.is_array:
        return Match.YES if "ph" in seen.keys and seen.keys & {"ts", "pid", "tid", "name"} else Match.NO
    if "traceEvents" in seen.keys:
        return Match.YES
    # What Chrome may write before the events can fill the head.
    return Match.MAYBE if not head.complete and seen.keys and seen.keys <= _BEFORE_EVENTS else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read a trace.

    Raises:
        MalformedProfile: naming the place in the file.
        EmptyProfile: it has neither samples nor duration events.
    """
    from hotspot.importers.chrome_trace.file import open_trace
    from hotspot.importers.chrome_trace.scan import scan

    path = source.path
    trace = open_trace(path, without_mark(source.read()))
    scanned = scan(path, trace)
    losses = list(trace.losses)
    if scanned.asynchronous:
        text = f"asynchronous events, which belong to no stack: {scanned.asynchronous:,}; they are not kept"
        losses.append(Loss(LossKind.DROPPED, text, scanned.asynchronous))
    if scanned.summaries:
        text = f"events that sum up others of the trace: {scanned.summaries:,}; they are left out"
        losses.append(Loss(LossKind.DROPPED, text, scanned.summaries))
    if scanned.negative:
        text = f"events shorter than nothing: {scanned.negative:,}; they were taken to last no time"
        losses.append(Loss(LossKind.INCONSISTENT, text, scanned.negative))
    duration: int | None = None
    threads = scanned.threads.from_zero()
    builder, lost = _from_profiles(path, scanned, threads)
    losses += lost
    if builder is None and trace.samples:
        builder, lost = _from_samples(path, trace, threads)
        losses += lost
    if builder is not None:
        losses += _dropped_spans(scanned)
    else:
        if not len(scanned.spans):
            only = ", only asynchronous ones, which belong to no stack" if scanned.asynchronous else ""
            raise EmptyProfile(
                path, f"neither a CPU profile, nor samples, nor duration events (B, E, X){only}"
            )
        threads = scanned.threads
        builder, faults, duration = _from_spans(scanned)
        losses += _fault_losses(faults)
    provenance = Provenance(
        path=path,
        checksum=source.checksum,
        format=INFO.name,
        producer=trace.producer,
        duration_ns=duration,
        losses=tuple(losses),
    )
    profile = builder.build(provenance, threads=threads.finished())
    timed = len(profile.value_types) > 1 and profile.samples.weight[:, 1].any()
    return [profile.select(str(profile.value_types[1])) if timed else profile]


def _from_profiles(path: str, scanned: Scanned, threads: Threads) -> tuple[ProfileBuilder | None, list[Loss]]:
    """Return a builder with the CPU profiles' samples, None where there are none."""
    if not scanned.profiles and not scanned.orphans:
        return None, []
    from hotspot.importers.chrome_trace.profiles import add_profiles

    builder = ProfileBuilder((SAMPLES, CPU))
    losses = add_profiles(builder, path, scanned, threads)
    return (builder if builder.handle_count else None), losses


def _from_samples(path: str, trace: Trace, threads: Threads) -> tuple[ProfileBuilder, list[Loss]]:
    from hotspot.importers.chrome_trace.samples import add_samples

    builder = ProfileBuilder((SAMPLES, WALL))
    return builder, add_samples(builder, path, trace, threads)


def _from_spans(scanned: Scanned) -> tuple[ProfileBuilder, Faults, int]:
    """Return a builder with the self time of all duration events, and the time they cover in nanoseconds."""
    from hotspot.importers.chrome_trace.spans import SelfTime

    builder = ProfileBuilder((WALL,))
    intern = builder.frames.intern
    frames = np.array([intern(*frame) for frame in scanned.frames], dtype=np.int32)
    self_time = SelfTime()
    self_time.add_threads(scanned.spans)
    self_time.add_to(builder, frames)
    begin = np.frombuffer(scanned.spans.time, dtype=np.int64)
    end = begin + np.frombuffer(scanned.spans.length, dtype=np.int64)
    return builder, self_time.faults, int(end.max() - begin.min())


def _dropped_spans(scanned: Scanned) -> list[Loss]:
    lengthy = int(np.count_nonzero(np.frombuffer(scanned.spans.phase, dtype=np.int8) != ord("E")))
    if not lengthy:
        return []
    text = f"duration events beside the sampled stacks: {lengthy:,}; they are not kept"
    return [Loss(LossKind.DROPPED, text, lengthy)]


def _fault_losses(faults: Faults) -> list[Loss]:
    said = (
        (faults.unmatched, "end events of no open event", "they are left out"),
        (
            faults.overlapping,
            "events that end before one that began inside them",
            "they were taken to last as long",
        ),
        (faults.unclosed, "events that never end", "they were taken to last until the end of their thread"),
    )
    return [
        Loss(LossKind.INCONSISTENT, f"{what}: {count:,}; {decision}", count)
        for count, what, decision in said
        if count
    ]
