"""What `jfr print` says about execution samples: an event a block, its stack leaf first.

::

    jdk.ExecutionSample {
      startTime = 04:58:13.489
      sampledThread = "main" (javaThreadId = 1)
      stackTrace = [
        App.work(int, String) line: 12
        App.main(String[]) line: 3
        ...
      ]
    }

Each is one sample. Argument lists are not part of a name, as in async-profiler's output; a stack that ends in ``...``
was cut off, by the recording or by ``--stack-depth``, which is 5 unless told. Source: the JDK's ``jfr help print``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("jfr-text", "JDK Flight Recorder, as `jfr print` writes it", (".jfr.txt",))

_SAMPLE = re.compile(rb"jdk\.ExecutionSample \{\s*")
_EVENT = re.compile(rb"[A-Za-z][\w.$]*\.\w+ \{\s*")
_THREAD = re.compile(
    r'\s*sampledThread = "(?P<name>.*)" \((?:javaThreadId|osThreadId) = (?P<id>\d{1,18})\)\s*'
)
_FRAME = re.compile(r"\s*(?P<name>[^()]+?)(?:\(.*\))?(?:\s+line:\s*(?P<line>-?\d{1,9}))?\s*")


def detect(head: Head) -> Match:
    """Look for an execution sample at the beginning of a line, and for a stack."""
    if re.search(rb"^jdk\.ExecutionSample \{", head.data, re.MULTILINE):
        return Match.YES
    return Match.NO


@dataclass
class _Samples:
    """What was read so far; stacks leaf first, told apart by their text."""

    stacks: dict[bytes, int] = field(default_factory=dict)
    threads: dict[bytes, int] = field(default_factory=dict)
    stack: list[int] = field(default_factory=list)
    thread: list[int] = field(default_factory=list)
    cut: int = 0
    other: int = 0


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all execution samples; other events are counted as not kept.

    Raises:
        EmptyProfile: there is no execution sample with a stack.
    """
    read = _Samples()
    with source.open() as stream:
        lines = iter(stream)
        for line in lines:
            if _SAMPLE.fullmatch(line):
                _read_sample(lines, read)
            elif _EVENT.fullmatch(line):
                read.other += 1
    if not read.stack:
        raise EmptyProfile(source.path, "no execution sample has a stack")
    builder = ProfileBuilder((ValueType("samples", "count"),))
    leaf = _add_stacks(builder, read.stacks)
    builder.add_samples(leaf[read.stack], np.ones(len(read.stack), dtype=np.int64), None, read.thread)
    losses = []
    if read.cut:
        losses.append(Loss(LossKind.TRUNCATED, f"stacks of {read.cut:,} samples were cut off", read.cut))
    if read.other:
        text = f"{read.other:,} events that are no execution samples are not kept"
        losses.append(Loss(LossKind.DROPPED, text, read.other))
    provenance = Provenance(
        source.path, source.checksum, INFO.name, "JDK Flight Recorder", losses=tuple(losses)
    )
    return [builder.build(provenance, threads=tuple(map(_thread, read.threads)))]


def _read_sample(lines: object, read: _Samples) -> None:
    """Read one event up to its closing brace; without a stack it is no sample."""
    thread, frames, inside = b"", [], False
    for line in lines:  # type: ignore[attr-defined]  # an iterator of bytes
        text = line.strip()
        if inside:
            inside = text != b"]"
            if inside:
                frames.append(text)
        elif text.startswith(b"sampledThread ="):
            thread = text
        elif text == b"stackTrace = [":
            inside = True
        elif line[:1] == b"}":
            break
    if frames and frames[-1] == b"...":
        frames.pop()
        read.cut += 1
    if frames:
        read.stack.append(read.stacks.setdefault(b"\n".join(frames), len(read.stacks)))
        read.thread.append(read.threads.setdefault(thread, len(read.threads)))


def _add_stacks(
    builder: ProfileBuilder, stacks: dict[bytes, int]
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    ids: dict[bytes, int] = {}
    flat: list[int] = []
    offsets = [0]
    for stack in stacks:
        for text in reversed(stack.split(b"\n")):
            if text not in ids:
                ids[text] = _frame(builder, decode_text(text))
            flat.append(ids[text])
        offsets.append(len(flat))
    return builder.add_stacks(flat, offsets)


def _frame(builder: ProfileBuilder, text: str) -> int:
    frame = _FRAME.fullmatch(text)
    if frame is None:
        return builder.frames.intern(text.strip())
    return builder.frames.intern(frame["name"], "", max(int(frame["line"] or 0), 0))


def _thread(text: bytes) -> Thread:
    known = _THREAD.fullmatch(decode_text(text))
    return Thread(None, int(known["id"]), known["name"]) if known else Thread(None, None, "unknown")
