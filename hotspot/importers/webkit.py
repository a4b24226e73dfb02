"""Timeline recordings of Safari's Web Inspector (WebKit): the samples of the script profiler in them.

::

    {"version": 1, "recording": {"displayName": "Timeline Recording 1", "startTime": 4.1, "endTime": 6.6, ...,
        "sampleStackTraces": [{"timestamp": 4.5, "stackFrames": [{"name": "f", "url": "a.js", "line": 2, ...}, ...]}],
        "sampleDurations": [0.001]}}

A stack is leaf first; lines count from 1. How long a sample lasts is in the file, or (older) until the next one:
``samples/count`` and ``cpu/nanoseconds``, selected. The line is where the function begins.

Source: github.com/WebKit/WebKit, Source/WebInspectorUI/UserInterface/Models/TimelineRecording.js.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._js_frames import file_of_url, function_name
from hotspot.importers._web_columns import SECOND, scaled, until_next
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("webkit", "Safari Web Inspector timeline", ("-recording.json",))

_SAMPLES = ValueType("samples", "count")
_CPU = ValueType("cpu", "nanoseconds")
_Line = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**53)]


class _Frame(msgspec.Struct, frozen=True):
    name: str = ""
    url: str | None = None
    line: _Line | None = None


class _Sample(msgspec.Struct, rename="camel"):
    timestamp: int | float
    stack_frames: tuple[_Frame, ...] = ()


class _Recording(msgspec.Struct, rename="camel"):
    start_time: int | float | None = None
    end_time: int | float | None = None
    records: list[msgspec.Raw] = []
    sample_stack_traces: list[_Sample] | None = None
    sample_durations: list[int | float] | None = None


class _File(msgspec.Struct):
    recording: _Recording | None = None


def detect(head: Head) -> Match:
    """Look for a recording of timelines."""
    seen = outline(head.data)
    if seen is None or seen.is_array or "recording" not in seen.keys:
        return Match.NO
    own = b'"timeline-record-type-' in head.data or b'"sampleStackTraces"' in head.data
    return Match.YES if own else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the samples.

    Raises:
        NotThisFormat: it is no recording.
        MalformedProfile: naming the place in the file.
        EmptyProfile: no script was sampled.
    """
    path = source.path
    recording = decode(path, without_mark(source.read()), _File).recording
    if recording is None:
        raise NotThisFormat(path, "no recording, which Safari's timelines have")
    samples = recording.sample_stack_traces
    if not samples:
        raise EmptyProfile(
            path, "the recording has no samples of scripts: record with JavaScript & Events on"
        )
    time = scaled(path, [sample.timestamp for sample in samples], SECOND, "timestamp")
    durations = scaled(path, recording.sample_durations or (), SECOND, "sampleDurations")
    order = np.argsort(time, kind="stable")
    if len(durations) != len(samples) or int(durations.min()) < 0:
        durations = np.zeros(len(samples), dtype=np.int64)
        durations[order] = until_next(time[order])
    builder = ProfileBuilder((_SAMPLES, _CPU))
    stacks: dict[tuple[_Frame, ...], int] = {}
    stack = [stacks.setdefault(sample.stack_frames, len(stacks)) for sample in samples]
    leaf = _add_stacks(builder, stacks)
    weight = np.stack([np.ones(len(samples), dtype=np.int64), durations], axis=1)
    builder.add_samples(leaf[stack][order], weight[order], time[order])
    losses = []
    if recording.records:
        text = (
            f"records of timelines beside the sampled stacks: {len(recording.records):,}; they are not kept"
        )
        losses.append(Loss(LossKind.DROPPED, text, len(recording.records)))
    provenance = Provenance(
        path, source.checksum, INFO.name, "Safari", _duration(path, recording), losses=tuple(losses)
    )
    profile = builder.build(provenance)
    return [profile.select(str(_CPU)) if durations.any() else profile]


def _add_stacks(
    builder: ProfileBuilder, stacks: dict[tuple[_Frame, ...], int]
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    flat: list[int] = []
    offsets = [0]
    for frames in stacks:
        for frame in reversed(frames):
            file, line = file_of_url(frame.url or ""), max(frame.line or 0, 0)
            flat.append(builder.frames.intern(function_name(frame.name, file, line), file, line))
        offsets.append(len(flat))
    return builder.add_stacks(flat, offsets)


def _duration(path: str, recording: _Recording) -> int | None:
    if recording.start_time is None or recording.end_time is None:
        return None
    start, end = scaled(path, [recording.start_time, recording.end_time], SECOND, "startTime")
    return int(end - start) if end > start else None
