"""Sentry's profiles, as its SDKs send them and its pages hand them out: samples of stacks over shared frames.

::

    {"version": "1", "platform": "python", "profile": {
        "samples": [{"stack_id": 0, "thread_id": "7", "elapsed_since_start_ns": "10000000"}, ...],
        "stacks": [[1, 0]], "frames": [{"function": "main", "module": "app", "abs_path": "/srv/app.py", "lineno": 3}, ...],
        "thread_metadata": {"7": {"name": "MainThread"}}}}

A stack is leaf first. The chunks of continuous profiling (version 2) have ``timestamp`` in seconds instead. A sample lasts
until the next one of its thread, the last one no time: ``samples/count`` and ``wall/nanoseconds``, selected. Numbers may be
texts. Profiles of Android are a method trace in Sentry's own form and are not read.

Source: https://develop.sentry.dev/sdk/telemetry/profiles/sample-format-v1/ and -v2/; github.com/getsentry/vroom.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._js_frames import file_of_url, function_name, whole_number
from hotspot.importers._web_columns import SECOND, scaled, short, until_next
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.profile import UNKNOWN, Int32, Int64, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("sentry", "Sentry profile (sample format)", (".json",))

SAMPLES = ValueType("samples", "count")
WALL = ValueType("wall", "nanoseconds")

_AROUND = frozenset({"profiler_id", "chunk_id", "profile_id", "event_id", "transaction", "platform"})
_SCRIPTS = frozenset({"javascript", "node"})
_CLASSES = frozenset({"java", "csharp", "dotnet"})  # where a function's module is its class

_Id = int | str
_Line = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**53)]


class _Frame(msgspec.Struct):
    function: str | None = None
    module: str | None = None
    package: str | None = None
    abs_path: str | None = None
    filename: str | None = None
    lineno: _Line | None = None


class _Sample(msgspec.Struct, gc=False):
    stack_id: int
    thread_id: _Id | None = None
    elapsed: int | float | str | None = msgspec.field(default=None, name="elapsed_since_start_ns")
    timestamp: int | float | None = None


class _ThreadFacts(msgspec.Struct):
    name: str | None = None


class _Sampled(msgspec.Struct):
    samples: list[_Sample]
    stacks: list[list[int]]
    frames: list[_Frame]
    thread_metadata: dict[str, _ThreadFacts] | None = None


class _File(msgspec.Struct):
    profile: msgspec.Raw = msgspec.Raw()
    platform: str | None = None


def detect(head: Head) -> Match:
    """Look for a profile with stacks of samples, and for what Sentry says around it."""
    seen = outline(head.data)
    if seen is None or seen.is_array or not seen.keys & _AROUND:
        return Match.NO
    if b'"stack_id"' in head.data or b'"thread_metadata"' in head.data:
        return Match.YES
    # Long tables may come before what tells more.
    return Match.MAYBE if "profile" in seen.keys else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all threads into one profile.

    Raises:
        NotThisFormat: there is no sampled profile in it.
        MalformedProfile: naming the place in the file.
        EmptyProfile: it has no sample.
    """
    path = source.path
    file = decode(path, without_mark(source.read()), _File)
    if not all(word in bytes(file.profile) for word in (b'"samples"', b'"stacks"', b'"frames"')):
        if file.platform == "android":
            raise EmptyProfile(path, "a method trace of Sentry's Android SDK; only sampled profiles are read")
        raise NotThisFormat(path, "no profile with samples of stacks, which Sentry's have")
    sampled = decode(path, bytes(file.profile), _Sampled, at="profile")
    if not sampled.samples:
        raise EmptyProfile(path, "no sample in this file")
    time = _times(path, sampled.samples)
    builder = ProfileBuilder((SAMPLES,) if time is None else (SAMPLES, WALL))
    leaf = _add_stacks(builder, path, sampled, file.platform or "")
    ids = [str(sample.thread_id or "") for sample in sampled.samples]  # numbers and texts in one file
    row_of = {thread: row for row, thread in enumerate(dict.fromkeys(ids))}
    thread = np.array([row_of[each] for each in ids], dtype=np.int32)
    stack = np.array([sample.stack_id for sample in sampled.samples], dtype=np.int64)
    weights = [np.ones(len(stack), dtype=np.int64)]
    if time is not None:
        order = np.lexsort((time, thread))
        stack, thread, time = stack[order], thread[order], time[order]
        weights.append(_lasting(time, thread))
    builder.add_samples(leaf[stack], np.stack(weights, axis=1), time, thread)
    provenance = Provenance(
        path=path,
        checksum=source.checksum,
        format=INFO.name,
        producer=f"Sentry ({file.platform})" if file.platform else "Sentry",
        duration_ns=None if time is None else int(time.max() - time.min()),
    )
    names = sampled.thread_metadata or {}
    owners = tuple(_thread(each, names.get(each)) for each in row_of)
    profile = builder.build(provenance, threads=owners)
    return [profile.select(str(WALL)) if time is not None and profile.samples.weight[:, 1].any() else profile]


def _thread(thread: str, facts: _ThreadFacts | None) -> Thread:
    return Thread(None, whole_number(thread), (facts and facts.name) or "")


def _times(path: str, samples: Sequence[_Sample]) -> Int64 | None:
    """Return when each sample was taken, in nanoseconds; None where one does not say."""
    if all(sample.timestamp is not None for sample in samples):
        seconds = [sample.timestamp or 0 for sample in samples]
        whole = (
            int(min(seconds)) if abs(min(seconds)) < 2**32 else 0
        )  # apart, since a float has too few digits
        since = scaled(path, [second - whole for second in seconds], SECOND, "timestamp")
        return since + whole * SECOND
    if any(sample.elapsed is None for sample in samples):
        return None
    try:
        # Exact: nanoseconds since the machine began may have more digits than a float keeps.
        elapsed = [int(sample.elapsed or 0) for sample in samples]
    except (ValueError, OverflowError) as error:
        raise MalformedProfile(
            path, "profile.samples[].elapsed_since_start_ns: not a whole number"
        ) from error
    return scaled(path, elapsed, 1, "elapsed_since_start_ns")


def _lasting(time: Int64, thread: Int32) -> Int64:
    """Return how long each sample lasts, in samples sorted by thread and time; the last of a thread lasts no time."""
    lasts = until_next(time)
    lasts[:-1][np.diff(thread) != 0] = 0
    return lasts


def _add_stacks(builder: ProfileBuilder, path: str, sampled: _Sampled, platform: str) -> Int32:
    """Add all stacks; returns the leaf of each."""
    ids = [_frame(builder, frame, platform) for frame in sampled.frames]
    flat: list[int] = []
    offsets = [0]
    for number, stack in enumerate(sampled.stacks):
        for frame in reversed(stack):
            if not 0 <= frame < len(ids):
                raise MalformedProfile(path, f"profile.stacks[{number}]: there is no frame {short(frame)}")
            if ids[frame] >= 0:
                flat.append(ids[frame])
        offsets.append(len(flat))
    for number, sample in enumerate(sampled.samples):
        if not 0 <= sample.stack_id < len(sampled.stacks):
            raise MalformedProfile(
                path, f"profile.samples[{number}].stack_id: there is no stack {short(sample.stack_id)}"
            )
    return builder.add_stacks(flat, offsets)


def _frame(builder: ProfileBuilder, frame: _Frame, platform: str) -> int:
    """Return the id of a frame, -1 for V8's root, which is none."""
    if platform in _SCRIPTS and frame.function == "(root)":
        return -1
    file = file_of_url(frame.abs_path or frame.filename or "")
    line = frame.lineno if frame.lineno is not None and frame.lineno > 0 else 0
    name = frame.function or ""
    if platform in _SCRIPTS:
        name = function_name(name, file, line)
    elif name and frame.module and platform in _CLASSES:
        name = f"{frame.module}.{name}"
    return builder.frames.intern(name or UNKNOWN, file, line, frame.package or "")
