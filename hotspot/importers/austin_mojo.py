"""Austin's binary format MOJO (``austin -o FILE``, ``austin -b``; echion), versions 1 to 4: same meaning as `austin`.

``MOJ``, the version, then events, each a byte and its fields. Integers have 6 bits and a sign in their first byte and
7 bits in each that follows, low bits first; texts end in NUL. A STACK event begins a sample (process, interpreter since
version 3, thread); frames, flags and metrics that follow belong to it. Texts and frames are defined once for a process
and referred to by number. Version 2 gave frames columns; version 4 has REPEAT (the Python frames of the thread's
sample before, for which what follows are native frames on top) and the stacks of suspended asyncio tasks, which are
no samples. Source: Austin's src/mojo.h and austin-python's austin/format/mojo.py.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._austin_shapes import duration_ns, producer, value_types
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Kind, Loss, LossKind, Profile, Provenance, Thread

INFO = ImporterInfo("austin-mojo", "Austin (Python) binary, MOJO", (".mojo", ".austin"))

_MAGIC = b"MOJ"
_NEWEST = 4
_LARGEST = 2**63
_HEX_TID = re.compile(r"[0-9a-f]{1,15}")
_LONGEST_INTEGER = 10  # bytes of a 64-bit integer

# A frame: name, file, line, kind.
_Frame = tuple[str, str, int, Kind]
_GC: _Frame = (":GC:", "", 0, Kind.USER)
_INVALID: _Frame = (":INVALID:", "", 0, Kind.USER)


class _Event(enum.IntEnum):
    METADATA = 1
    STACK = 2
    FRAME = 3
    FRAME_INVALID = 4
    FRAME_REF = 5
    FRAME_KERNEL = 6
    GC = 7
    IDLE = 8
    METRIC_TIME = 9
    METRIC_MEMORY = 10
    STRING = 11
    STRING_REF = 12
    STACK_REPEAT = 13
    TASK_STACK = 14
    TASK_WAITER = 15


def detect(head: Head) -> Match:
    """The magic and a small version."""
    return Match.YES if head.data.startswith(_MAGIC) and 0 < int.from_bytes(head.data[3:4]) < 32 else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples; equal stacks of one thread become one row.

    Raises:
        EmptyProfile: there is no sample.
        MalformedProfile: an event is unknown, cut off, or refers to something that was not defined.
    """
    reader = _Reader(source.read(), source.path)
    reader.read()
    if not reader.sums:
        raise EmptyProfile(source.path, "no sample in this file")
    if any(abs(value) >= _LARGEST for sums in reader.sums.values() for value in sums):
        raise MalformedProfile(source.path, "a metric exceeds 2^63")
    mode = reader.metadata.get("mode", "memory" if reader.has_memory and not reader.has_time else "wall")
    full = mode == "full" or (reader.has_time and reader.has_memory)
    builder = ProfileBuilder(value_types(mode, full=full))
    threads: dict[Thread, int] = {}
    flat: list[int] = []
    offsets = [0]
    of_thread: list[int] = []
    ids: dict[_Frame, int] = {}
    for thread, stack in reader.sums:
        for frame in stack:
            if frame not in ids:
                name, file, line, kind = frame
                ids[frame] = builder.frames.intern(name, file, line, kind=kind)
            flat.append(ids[frame])
        offsets.append(len(flat))
        of_thread.append(threads.setdefault(thread, len(threads)))
    column = 2 if mode == "memory" else 0
    weights = [sums if full else sums[column : column + 1] for sums in reader.sums.values()]
    builder.add_samples(builder.add_stacks(flat, offsets), weights, None, of_thread)
    losses = []
    if reader.task_stacks:
        losses.append(
            Loss(
                LossKind.DROPPED,
                f"{reader.task_stacks:,} stacks of suspended tasks are no samples and are not kept",
                reader.task_stacks,
            )
        )
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer=producer(reader.metadata),
        duration_ns=duration_ns(reader.metadata),
        losses=tuple(losses),
    )
    return [builder.build(provenance, threads=tuple(threads))]


@dataclass
class _Sample:
    thread: Thread
    frames: list[_Frame] = field(default_factory=list)
    is_collecting: bool = False
    is_idle: bool = False
    time: int = 0
    memory: int = 0


class _Reader:
    """Reads events and sums up samples.

    Attributes:
        metadata: ``mode``, ``interval``, ``duration``...
        sums: wall time, time of samples that are not idle, and memory, by thread and stack (root first).
        has_time: whether there was a time metric.
        has_memory: whether there was a memory metric.
        task_stacks: how many stacks of suspended tasks were passed over.
    """

    def __init__(self, data: bytes, path: str) -> None:
        self.metadata: dict[str, str] = {}
        self.sums: dict[tuple[Thread, tuple[_Frame, ...]], list[int]] = {}
        self.has_time = False
        self.has_memory = False
        self.task_stacks = 0
        self._data = data
        self._path = path
        self._at = len(_MAGIC)
        self._process = 0
        self._strings: dict[tuple[int, int], str] = {}
        self._frames: dict[tuple[int, int], _Frame] = {}
        self._before: dict[Thread, list[_Frame]] = {}
        self._sample: _Sample | None = None
        self._in_task = False

    def read(self) -> None:
        """Read the whole file."""
        version = self._integer()
        if not 1 <= version <= _NEWEST:
            raise self._bad(f"version {version} of MOJO is not known", len(_MAGIC))
        while self._at < len(self._data):
            start = self._at
            self._at += 1
            try:
                event = _Event(self._data[start])
            except ValueError:
                raise self._bad(f"unknown event {self._data[start]}", start) from None
            if event is _Event.STACK:
                self._begin_sample(version)
            elif not self._define(event, version):
                self._extend(event, start)
        self._finish()

    def _begin_sample(self, version: int) -> None:
        self._finish()
        self._process = self._integer()
        interpreter = f"{self._integer()}:" if version >= 3 else ""
        thread = self._text()
        is_number = _HEX_TID.fullmatch(thread) and not thread.isalpha()  # Austin writes base 16, echion names
        tid = int(thread, 16) if is_number else None
        self._sample = _Sample(Thread(self._process, tid, f"{interpreter}{thread}"))
        self._in_task = False

    def _define(self, event: _Event, version: int) -> bool:
        """Read an event that defines something and needs no sample; return whether it was one."""
        if event is _Event.METADATA:
            key = self._text()
            self.metadata[key] = self._text()
        elif event is _Event.STRING:
            key_number = self._integer()
            self._strings[self._process, key_number] = self._text()
        elif event is _Event.FRAME:
            at = self._at
            number, file, name, line = (self._integer() for _ in range(4))
            if version >= 2:
                for _ in range(3):  # where it ends: line, column, column
                    self._integer()
            self._frames[self._process, number] = (
                self._string(name, at), self._string(file, at), line if 0 <= line < 2**31 else 0, Kind.USER
            )  # fmt: skip
        elif event is _Event.STRING_REF:
            self._integer()
        elif event is _Event.TASK_WAITER:
            self._integer()
            self._integer()
        else:
            return False
        return True

    def _extend(self, event: _Event, start: int) -> None:
        """Read an event that belongs to the sample."""
        sample = self._sample
        if sample is None:
            raise self._bad(f"{event.name} before the first stack", start)
        if event is _Event.TASK_STACK:
            self._integer()
            self._integer()
            self._in_task = True
            self.task_stacks += 1
        elif event is _Event.FRAME_REF:
            number = self._integer()
            if (self._process, number) not in self._frames:
                raise self._bad(f"frame {number} was not defined", start)
            self._push(sample, self._frames[self._process, number])
        elif event is _Event.FRAME_KERNEL:
            self._push(sample, (self._text(), "", 0, Kind.KERNEL))
        elif event is _Event.FRAME_INVALID:
            self._push(sample, _INVALID)
        elif event is _Event.STACK_REPEAT:
            before = list(self._before.get(sample.thread, []))
            while before and _is_native(before[-1]):
                before.pop()
            sample.frames[:0] = before
        elif event is _Event.GC:
            sample.is_collecting = True
        elif event is _Event.IDLE:
            sample.is_idle = True
        elif event is _Event.METRIC_TIME:
            value = self._integer()
            if self._in_task:  # ends the task's stack
                self._in_task = False
            else:
                sample.time = value
                self.has_time = True
        elif event is _Event.METRIC_MEMORY:
            sample.memory = self._integer()
            self.has_memory = True

    def _push(self, sample: _Sample, frame: _Frame) -> None:
        if not self._in_task:
            sample.frames.append(frame)

    def _finish(self) -> None:
        sample = self._sample
        if sample is None:
            return
        self._before[sample.thread] = sample.frames
        stack = (*sample.frames, _GC) if sample.is_collecting else tuple(sample.frames)
        sums = self.sums.setdefault((sample.thread, stack), [0, 0, 0])
        sums[0] += sample.time
        sums[1] += 0 if sample.is_idle else sample.time
        sums[2] += sample.memory
        self._sample = None

    def _integer(self) -> int:
        start = self._at
        value, shift, sign = 0, 0, 1
        while True:
            if self._at >= len(self._data) or self._at - start > _LONGEST_INTEGER:
                raise self._bad("an integer is cut off or too long", start)
            byte = self._data[self._at]
            self._at += 1
            if shift == 0:
                sign = -1 if byte & 0x40 else 1
                value, shift = byte & 0x3F, 6
            else:
                value |= (byte & 0x7F) << shift
                shift += 7
            if not byte & 0x80:
                return sign * value

    def _text(self) -> str:
        end = self._data.find(0, self._at)
        if end < 0:
            raise self._bad("a text is cut off", self._at)
        text = self._data[self._at : end].decode("utf-8", "backslashreplace")
        self._at = end + 1
        return text

    def _string(self, number: int, at: int) -> str:
        known = self._strings.get((self._process, number))
        if known is None and number not in (0, 1):
            raise self._bad(f"text {number} was not defined", at)
        return known if known is not None else ("", "<unknown>")[number]

    def _bad(self, reason: str, offset: int) -> MalformedProfile:
        return MalformedProfile(self._path, reason, offset=offset)


def _is_native(frame: _Frame) -> bool:
    """Whether a frame is none of Python's, by its file as Austin tells them apart."""
    file = frame[1]
    return not file.endswith(".py") and not (file.startswith("<") and file.endswith(">"))
