"""Turns the `Columns` of parsed pieces into one `Profile`.

The stack's root is the command (`Kind.PROCESS`); a sample without frames is that one frame, as in
``stackcollapse-perf.pl``, and ``[no stack]`` only where there is no command either. Each event E has the value
types ``E/samples`` and, where periods are printed, ``E/nanoseconds`` (clocks) or ``E/count``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._perf_columns import NO_HEADER, Columns
from hotspot.importers._perf_headers import MISSING
from hotspot.importers.base import decode_text
from hotspot.profile import Bool, Int32, Int64, Kind, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

MAX_STACK = 127  # kernel.perf_event_max_stack and perf script --max-stack, both by default
_CLOCK = re.compile(r"(?:software/)?(?:cpu-clock|task-clock)\b")
_NO_COLUMN = -1


@dataclass(frozen=True)
class _Event:
    """Where the weights of an event go.

    Attributes:
        samples: column that counts its samples.
        period: column that sums its periods, or `_NO_COLUMN`.
    """

    samples: int
    period: int


@dataclass
class _Tally:
    """What was missing from samples."""

    truncated: int = 0
    no_period: int = 0
    no_time: int = 0


def assemble(parts: Sequence[Columns], provenance: Provenance, *, losses: Sequence[Loss] = ()) -> Profile:
    """Join the columns of consecutive pieces.

    Args:
        parts: in the order of the text.
        provenance: what is known without the samples; ``duration_ns`` is filled in from the times where None.
        losses: said before those found here.

    Raises:
        EmptyProfile: there is no sample.
    """
    kept = [_kept_rows(part, parts) for part in parts]
    names = _events_by_appearance(parts, kept)
    if not names:
        raise EmptyProfile(provenance.path, "there is no sample in this perf script text")
    with_period = {
        part.events[event]
        for part, keep in zip(parts, kept, strict=True)
        for event in _by_appearance(part.rows.event[keep & (part.rows.period != MISSING)], len(part.events))
    }
    value_types, events = _value_types(names, with_period)
    has_time = any(
        bool((part.rows.time[keep] != MISSING).any()) for part, keep in zip(parts, kept, strict=True)
    )
    threads = _threads(parts, kept)
    builder = ProfileBuilder(value_types)
    tally = _Tally()
    first, last = 2**63 - 1, -1
    for part, keep in zip(parts, kept, strict=True):
        if not keep.any():
            continue
        time = part.rows.time[keep]
        timed = time[time != MISSING]
        if len(timed):
            first, last = min(first, int(timed.min())), max(last, int(timed.max()))
        builder.add_samples(
            _handles(builder, part, keep, tally),
            _weights(part, keep, events, len(value_types), tally),
            np.maximum(time, 0) if has_time else None,
            _thread_rows(part, threads)[part.rows.thread[keep]] if threads else None,
        )
        tally.no_time += len(time) - len(timed) if has_time else 0
    main = events[names[0]]
    duration = provenance.duration_ns if provenance.duration_ns is not None else max(last - first, 0)
    return builder.build(
        Provenance(
            path=provenance.path,
            sha256=provenance.sha256,
            format=provenance.format,
            producer=provenance.producer,
            duration_ns=duration or None,
            losses=(*losses, *_losses(parts, tally)),
        ),
        threads=tuple(threads),
        selected=main.samples if main.period == _NO_COLUMN else main.period,
    )


def has_headers(parts: Sequence[Columns]) -> bool:
    """Whether any sample has a header; where none has, frames alone are samples (``perf script -F ip,sym``)."""
    return any(bool((part.rows.thread != NO_HEADER).any()) for part in parts)


def _kept_rows(part: Columns, parts: Sequence[Columns]) -> Bool:
    """Frames without a header are no sample where samples have headers: their header was not understood."""
    if has_headers(parts):
        headed: Bool = part.rows.thread != NO_HEADER
        return headed
    return np.ones(len(part.rows), dtype=bool)


def _by_appearance(column: Int32, count: int) -> list[int]:
    """Return the distinct numbers of a column, all below ``count``, in order of first appearance."""
    first = np.full(count, len(column), dtype=np.int64)
    first[column[::-1]] = np.arange(len(column) - 1, -1, -1)  # of equal ones the last assignment stays
    order = np.argsort(first, kind="stable")
    return [int(number) for number in order if first[number] < len(column)]


# -- value types and weights ----------------------------------------------------------------------------------


def _events_by_appearance(parts: Sequence[Columns], kept: Sequence[Bool]) -> list[bytes]:
    names: dict[bytes, None] = {}
    for part, keep in zip(parts, kept, strict=True):
        for number in _by_appearance(part.rows.event[keep], len(part.events)):
            names.setdefault(part.events[number])
    return list(names)


def _value_types(
    names: Sequence[bytes], with_period: set[bytes]
) -> tuple[tuple[ValueType, ...], dict[bytes, _Event]]:
    value_types: list[ValueType] = []
    events: dict[bytes, _Event] = {}

    def add(type_name: str, unit: str) -> int:
        value_type = ValueType(type_name, unit)
        while value_type in value_types:  # an event called "samples", say
            value_type = ValueType(value_type.type + "'", unit)
        value_types.append(value_type)
        return len(value_types) - 1

    for name in names:
        text = decode_text(name) or "event"
        samples = add("samples" if len(names) == 1 else f"{text}/samples", "count")
        unit = "nanoseconds" if _CLOCK.match(text) else "count"
        events[name] = _Event(samples, add(text, unit) if name in with_period else _NO_COLUMN)
    return tuple(value_types), events


def _weights(part: Columns, keep: Bool, events: dict[bytes, _Event], columns: int, tally: _Tally) -> Int64:
    event, period = part.rows.event[keep], part.rows.period[keep]
    weights = np.zeros((len(event), columns), dtype=np.int64)
    for number, name in enumerate(part.events):
        if name not in events:
            continue
        rows = np.flatnonzero(event == number)
        weights[rows, events[name].samples] = 1
        if events[name].period != _NO_COLUMN:
            missing = period[rows] == MISSING
            weights[rows, events[name].period] = np.where(missing, 1, period[rows])
            tally.no_period += int(missing.sum())
    return weights


# -- threads --------------------------------------------------------------------------------------------------


def _threads(parts: Sequence[Columns], kept: Sequence[Bool]) -> dict[Thread, int]:
    """Return the threads samples were taken on; commands without any number are none."""
    threads: dict[Thread, int] = {}
    for part, keep in zip(parts, kept, strict=True):
        used = part.rows.thread[keep]
        for number in _by_appearance(used[used != NO_HEADER], len(part.threads)):
            pid, tid, comm = part.threads[number]
            if pid is not None or tid is not None:
                threads.setdefault(Thread(pid, tid, decode_text(comm)), len(threads))
    return threads


def _thread_rows(part: Columns, threads: dict[Thread, int]) -> Int32:
    """Return the row of each of the part's threads; the last entry, -1, is for samples without a header."""
    rows = [threads.get(Thread(pid, tid, decode_text(comm)), -1) for pid, tid, comm in part.threads]
    return np.array([*rows, -1], dtype=np.int32)


# -- stacks ---------------------------------------------------------------------------------------------------


def _handles(builder: ProfileBuilder, part: Columns, keep: Bool, tally: _Tally) -> Int32:
    """Add the part's distinct stacks and return the leaf of each kept sample, int32[kept]."""
    intern = builder.frames.intern
    frame = np.array([intern(*key) for key in part.frames], dtype=np.int32)
    comms = {comm: intern(decode_text(comm), kind=Kind.PROCESS) for _, _, comm in part.threads if comm}
    comm_of = np.array([*(comms.get(comm, -1) for _, _, comm in part.threads), -1], dtype=np.int64)
    key = (comm_of[part.rows.thread[keep]] + 1) * len(part.stacks) + part.rows.stack[keep]
    distinct, inverse = _distinct(key, (int(comm_of.max()) + 2) * len(part.stacks))
    comm = distinct // len(part.stacks) - 1
    chains = part.stacks[distinct % len(part.stacks)]  # callers, leaf

    length = np.diff(part.chain_offset)
    offset = np.zeros(len(distinct) + 1, dtype=np.int64)
    np.cumsum((comm >= 0) + length[chains].sum(axis=1), out=offset[1:])
    flat = np.empty(int(offset[-1]), dtype=np.int32)
    at = offset[:-1]
    flat[at[comm >= 0]] = comm[comm >= 0]
    at = at + (comm >= 0)
    for column in range(2):
        chain = chains[:, column]
        _put_reversed(flat, at, frame, part, chain)
        at = at + length[chain]
    tally.truncated += int((part.chain_depth[chains].sum(axis=1) == MAX_STACK)[inverse].sum())
    handles: Int32 = builder.add_stacks(flat, offset)[inverse]
    return handles


def _distinct(key: Int64, bound: int) -> tuple[Int64, Int64]:
    """Return the distinct keys, all below ``bound``, in order, and which of them each key is."""
    if bound > 4 * len(key) + (1 << 20):
        distinct, inverse = np.unique(key, return_inverse=True)
        return distinct, inverse.reshape(-1)
    seen = np.zeros(bound, dtype=bool)  # no sorting where a table is small enough
    seen[key] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[key]


def _put_reversed(flat: Int32, at: Int64, frame: Int32, part: Columns, chain: Int32) -> None:
    """Write chains, stored leaf first, into ``flat`` from root to leaf, each beginning at its ``at``."""
    length = np.diff(part.chain_offset)[chain]
    step = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    source = np.repeat(part.chain_offset[chain + 1] - 1, length) - step
    flat[np.repeat(at, length) + step] = frame[part.chain_frame[source]]


# -- losses ---------------------------------------------------------------------------------------------------


def _losses(parts: Sequence[Columns], tally: _Tally) -> list[Loss]:
    losses: list[Loss] = []
    if tally.truncated:
        text = f"{tally.truncated:,} stacks have {MAX_STACK} entries, perf's default limit: callers may be missing"
        losses.append(Loss(LossKind.TRUNCATED, text, tally.truncated))
    if lost := sum(part.oddities.lost for part in parts):
        losses.append(Loss(LossKind.DROPPED, f"{lost:,} events were lost while recording", lost))
    if cut := sum(part.oddities.cut for part in parts):
        losses.append(Loss(LossKind.DROPPED, f"{cut:,} frame lines are cut off inside their module", cut))
    if tally.no_period:
        text = (
            f"{tally.no_period:,} samples have no period where others of their event have one; they weigh 1"
        )
        losses.append(Loss(LossKind.INCONSISTENT, text, tally.no_period))
    if tally.no_time:
        text = f"{tally.no_time:,} samples have no time where others have one; they stand at time 0"
        losses.append(Loss(LossKind.INCONSISTENT, text, tally.no_time))
    return losses
