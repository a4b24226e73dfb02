"""Austin text: one line a sample, ``P<pid>;T<thread>;<frame>;...;<frame> <metrics>``.

Source: Austin's README, "Output". Frames are ``file:function:line``; metadata lines are ``# key: value`` and may come
first and last. The metric is what ``mode`` says: microseconds (wall, cpu) or bytes (memory); in full mode there are
three, ``time,idle,memory``, where idle is 1 for a sample of a sleeping thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._austin_shapes import duration_ns, producer, value_types
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
    decode_text,
)
from hotspot.profile import Int64, Loss, LossKind, Profile, Provenance, Thread

INFO = ImporterInfo("austin", "Austin (Python) text", (".austin", ".aprof"))

_LINE = re.compile(
    r"^(?:P(?P<pid>\d+);)?T(?P<thread>[^;\s]+)(?P<stack>(?:;.*)?) (?P<metrics>-?\d+(?:,-?\d+){0,2})$"
)
_METADATA = re.compile(r"^# (?P<key>[\w ]+): (?P<value>.*)$")
_FRAME = re.compile(r"^(?P<file>.+):(?P<name>[^:]+):(?P<line>\d+)$")
_THREAD = re.compile(r"^(?:\d+:)?(?P<tid>0x[0-9a-fA-F]+|\d+)$")
_LARGEST = 2**63


def detect(head: Head) -> Match:
    """Austin's metadata, or lines that begin with a process and a thread."""
    text = head.text
    if re.match(r"# austin: ", text):
        return Match.YES
    lines = [line for line in text.splitlines()[:50] if line.strip() and not line.startswith("#")]
    samples = sum(bool(_LINE.match(line)) and line.startswith("P") for line in lines[:-1] or lines)
    return Match.YES if samples and 2 * samples > len(lines) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples; equal stacks of one thread become one row."""
    metadata: dict[str, str] = {}
    counts: dict[tuple[str, str, str], list[list[int]]] = {}
    invalid, first_invalid, columns = 0, 0, 0
    for number, line in enumerate(decode_text(source.read()).splitlines(), 1):
        if not line.strip():
            continue
        if found := _METADATA.match(line):
            metadata[found["key"]] = found["value"].strip()
        elif found := _LINE.match(line):
            metrics = [int(value) for value in found["metrics"].split(",")]
            if any(abs(value) >= _LARGEST for value in metrics):
                raise MalformedProfile(source.path, "a metric exceeds 2^63", line=number)
            columns = columns or len(metrics)
            if len(metrics) != columns:
                raise MalformedProfile(source.path, f"{len(metrics)} metrics, before {columns}", line=number)
            counts.setdefault((found["pid"] or "", found["thread"], found["stack"]), []).append(metrics)
        else:
            invalid, first_invalid = invalid + 1, first_invalid or number
    if not counts:
        raise EmptyProfile(source.path, "no sample in this file")
    if invalid > len(counts):
        raise NotThisFormat(source.path, f"{invalid} lines are not Austin's")
    builder = ProfileBuilder(value_types(metadata.get("mode", "wall"), full=columns == 3))
    threads = _add(builder, counts)
    losses = []
    if invalid:
        losses.append(
            Loss(LossKind.SKIPPED, f"{invalid} lines are not Austin's, first line {first_invalid}", invalid)
        )
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer=producer(metadata),
        duration_ns=duration_ns(metadata),
        losses=tuple(losses),
    )
    return [builder.build(provenance, threads=threads)]


def _add(builder: ProfileBuilder, counts: dict[tuple[str, str, str], list[list[int]]]) -> tuple[Thread, ...]:
    threads: dict[Thread, int] = {}
    flat: list[int] = []
    offsets = [0]
    rows: list[Int64] = []
    of_thread: list[int] = []
    for (pid, thread, stack), metrics in counts.items():
        flat.extend(_frame(builder, frame) for frame in stack.split(";") if frame)
        offsets.append(len(flat))
        table = np.array(metrics, dtype=np.int64)
        if table.shape[1] == 3:  # time, idle, memory: cpu time is the time of samples that are not idle
            table = np.stack([table[:, 0], np.where(table[:, 1] == 0, table[:, 0], 0), table[:, 2]], axis=1)
        rows.append(table.sum(axis=0))
        of_thread.append(threads.setdefault(_thread(pid, thread), len(threads)))
    builder.add_samples(builder.add_stacks(flat, offsets), np.array(rows, dtype=np.int64), None, of_thread)
    return tuple(threads)


def _thread(pid: str, thread: str) -> Thread:
    found = _THREAD.match(thread)
    return Thread(
        int(pid) if pid else None,
        int(found["tid"], 16 if found["tid"].startswith("0x") else 10) if found else None,
        thread,
    )


def _frame(builder: ProfileBuilder, text: str) -> int:
    found = _FRAME.match(text)
    if found is None:  # :GC:, :INVALID: and the like stand for themselves
        return builder.frames.intern(text)
    line = int(found["line"])
    return builder.frames.intern(found["name"], found["file"], line if line < 2**31 else 0)
