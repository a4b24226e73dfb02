"""One pass over the events of a trace: names of threads, duration events, and the pieces of CPU profiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from hotspot.errors import MalformedProfile
from hotspot.importers._js_frames import thread_name, whole_number
from hotspot.importers._v8_shapes import ProfilePart, ProfileStart
from hotspot.importers._web_columns import MICROSECOND, short
from hotspot.importers._web_json import decode, decode_row, malformed
from hotspot.importers.chrome_trace.file import Trace
from hotspot.importers.chrome_trace.frames import frame_of, is_summary
from hotspot.importers.chrome_trace.shapes import (
    Event,
    Id,
    NameArgs,
    Number,
    ProfileArgs,
)
from hotspot.importers.chrome_trace.spans import NO_NAME, Spans
from hotspot.profile import Thread

T = TypeVar("T")

_DURATION = frozenset("BEX")
_ASYNCHRONOUS = frozenset("bS")  # where one begins
_PROFILE = frozenset({"Profile", "ProfileChunk", "CpuProfile"})
_LIMIT = 2**62

_ProfileKey = tuple[Id | None, str, Id | None]


class Threads:
    """The threads of a trace, numbered as they are asked for."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Id | None, Id | None], int] = {}
        self._process: dict[Id | None, str] = {}
        self._name: dict[tuple[Id | None, Id | None], str] = {}

    def from_zero(self) -> Threads:
        """Return the same names with no thread numbered yet."""
        other = Threads()
        other._process, other._name = self._process, self._name
        return other

    def row(self, pid: Id | None, tid: Id | None) -> int:
        """Return the number of a thread."""
        return self._rows.setdefault((_same_id(pid), _same_id(tid)), len(self._rows))

    def name_process(self, pid: Id | None, name: str) -> None:
        """Keep the name of a process."""
        self._process[_same_id(pid)] = name

    def name_thread(self, pid: Id | None, tid: Id | None, name: str) -> None:
        """Keep the name of a thread."""
        self._name[_same_id(pid), _same_id(tid)] = name

    def finished(self) -> tuple[Thread, ...]:
        """Return the threads that were numbered; a thread id that is no number becomes a name."""
        return tuple(
            Thread(
                whole_number(pid),
                whole_number(tid),
                thread_name(
                    self._process.get(pid, ""),
                    self._name.get((pid, tid), tid if isinstance(tid, str) else ""),
                ),
            )
            for pid, tid in self._rows
        )


def _same_id(value: Id | None) -> Id | None:
    """Return a number for a text that is one: writers mix ``1`` and ``"1"``."""
    return value if (number := whole_number(value)) is None else number


@dataclass
class ProfilePieces:
    """One CPU profile in the making: its thread, and its chunks with their times and places in the file."""

    pid: Id | None
    tid: Id | None
    at: str
    start: int | float
    chunks: list[tuple[int, str, ProfilePart]] = field(default_factory=list)


@dataclass
class Scanned:
    """What a trace's events hold.

    Attributes:
        threads: those of the spans.
        spans: duration events of all threads.
        frames: (name, file, line) of the frames that spans refer to.
        profiles: CPU profiles, in the order of their keys' first event.
        orphans: chunks of profiles that never began.
        asynchronous: events that belong to no stack.
        summaries: events that sum up others.
        negative: events shorter than nothing.
    """

    threads: Threads
    spans: Spans
    frames: list[tuple[str, str, int]]
    profiles: list[ProfilePieces]
    orphans: int
    asynchronous: int
    summaries: int
    negative: int


class BadNumber(ValueError):
    """A time of an event is missing, no number, or out of range."""


def nanoseconds(value: Number | None) -> int:
    """Return microseconds as nanoseconds: integers exactly, fractions rounded.

    Raises:
        BadNumber: it is missing, no number, or out of range.
    """
    if value is None:
        raise BadNumber("is missing")
    try:
        if isinstance(value, str):
            whole = len(value) < 20 and value.removeprefix("-").isdecimal()
            value = int(value) if whole else float(value)
        result = value * MICROSECOND if isinstance(value, int) else round(value * MICROSECOND)
    except (ValueError, OverflowError) as error:
        raise BadNumber(f"{short(value)} is not a number") from error
    if not -_LIMIT < result < _LIMIT:
        raise BadNumber(f"{short(value)} is out of range")
    return result


def scan(path: str, trace: Trace) -> Scanned:
    """Look at every event once.

    Raises:
        MalformedProfile: naming the event and the field that is wrong.
    """
    scanner = _Scanner(path, trace.is_clang)
    event_decoder = msgspec.json.Decoder(Event)
    asynchronous = 0
    for index, raw in enumerate(trace.events):
        try:
            event = decode_row(event_decoder, raw)
        except (msgspec.DecodeError, RecursionError) as error:
            raise malformed(path, error, 0, f"{trace.place}[{index}]") from error
        phase = event.ph
        try:
            if phase in _DURATION:
                scanner.add_span(event)
            elif phase == "M":
                scanner.add_metadata(event)
            elif phase in _ASYNCHRONOUS:
                asynchronous += 1
            elif event.name in _PROFILE:
                scanner.add_profile(event, f"{trace.place}[{index}].args.data")
        except BadNumber as error:
            raise MalformedProfile(path, f"{trace.place}[{index}].{error}") from error
        except _BadArgs as error:
            raise malformed(path, error.reason, 0, f"{trace.place}[{index}].args") from error
    profiles, orphans = scanner.profiles()
    frames = list(scanner.frames)
    return Scanned(
        scanner.threads,
        scanner.spans,
        frames,
        profiles,
        orphans,
        asynchronous,
        scanner.summaries,
        scanner.negative,
    )


class _Scanner:
    def __init__(self, path: str, is_clang: bool) -> None:
        self.threads = Threads()
        self._is_clang = is_clang
        self.spans = Spans()
        self.frames: dict[tuple[str, str, int], int] = {}
        self.summaries = 0
        self.negative = 0
        self._path = path
        self._names: dict[str, int] = {}
        self._profiles: dict[_ProfileKey, ProfilePieces] = {}
        self._chunks: list[tuple[_ProfileKey, int, str, ProfilePart]] = []

    def add_span(self, event: Event) -> None:
        spans = self.spans
        time = _field(event.ts, "ts")
        args = bytes(event.args)
        name = "" if event.name is None else str(event.name)
        if is_summary(name, event.cat, args):
            self.summaries += 1
            return
        length = 0
        if event.ph == "X":
            given = event.tdur if event.dur is None else event.dur
            length = 0 if given is None else _field(given, "dur")
            if length < 0:
                self.negative += 1
                length = 0
        spans.thread.append(self.threads.row(event.pid, event.tid))
        spans.time.append(time)
        spans.length.append(length)
        spans.key.append(hash((name, args)))
        spans.phase.append(ord(event.ph))
        if event.ph == "E":
            spans.frame.append(-1)
            spans.name.append(self._names.setdefault(name, len(self._names)) if name else NO_NAME)
        else:
            frame = frame_of(event, name or "(unnamed)", args, self._is_clang)
            spans.frame.append(self.frames.setdefault(frame, len(self.frames)))
            spans.name.append(self._names.setdefault(name, len(self._names)))

    def add_metadata(self, event: Event) -> None:
        if event.name not in ("thread_name", "process_name") or not bytes(event.args):
            return
        given = _arguments(bytes(event.args), NameArgs).name
        name = "" if given is None else str(given)
        if event.name == "process_name":
            self.threads.name_process(event.pid, name)
        else:
            self.threads.name_thread(event.pid, event.tid, name)

    def add_profile(self, event: Event, at: str) -> None:
        """Keep a piece of a CPU profile; its id counts within the process."""
        data = bytes(_arguments(bytes(event.args) or b"{}", ProfileArgs).data)
        if data in (b"", b"null"):
            return  # Chrome 141 writes some without data
        same = ("tid", event.tid) if event.id is None else ("id", event.id)
        key = (_same_id(event.pid), *same)
        time = _field(event.ts or 0, "ts")
        if event.name != "ProfileChunk":
            start = decode(self._path, data, ProfileStart, at=at).start_time or 0
            self._profiles[key] = ProfilePieces(event.pid, event.tid, at, start)
        if event.name != "Profile":
            self._chunks.append((key, time, at, decode(self._path, data, ProfilePart, at=at)))

    def profiles(self) -> tuple[list[ProfilePieces], int]:
        """Return the profiles with their chunks in order of time, and how many chunks belong to none."""
        orphans = 0
        for key, time, at, part in self._chunks:
            if key in self._profiles:
                self._profiles[key].chunks.append((time, at, part))
            else:
                orphans += 1
        for pieces in self._profiles.values():
            pieces.chunks.sort(key=lambda chunk: chunk[0])
        return list(self._profiles.values()), orphans


class _BadArgs(Exception):
    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _arguments(args: bytes, shape: type[T]) -> T:
    try:
        return decode_row(msgspec.json.Decoder(shape), args)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _BadArgs(error) from error


def _field(value: Number | None, name: str) -> int:
    try:
        return nanoseconds(value)
    except BadNumber as error:
        raise BadNumber(f"{name}: {error}") from error
