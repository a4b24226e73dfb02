"""Turns `Columns` into a `Profile`.

The stack's root is the command (`Kind.PROCESS`); a sample without frames is that one frame, as in
``stackcollapse-perf.pl``, and ``[no stack]`` only where there is no command either. Each event E has the value
types ``E/samples`` and, where periods are printed, ``E/nanoseconds`` (clocks) or ``E/count``; an event whose name
is not printed is called ``event``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers.base import decode_text
from hotspot.importers.perf_script.columns import NO_HEADER, AddedStacks, Columns, Rows
from hotspot.importers.perf_script.headers import MISSING, Who
from hotspot.importers.perf_script.stack_tree import by_appearance
from hotspot.profile import Int64, Loss, LossKind, Profile, Provenance, Thread
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
class _Survey:
    """What must be known of all samples before the first is added.

    Attributes:
        events: event names in order of appearance -> whether any sample of it has a period.
        threads: in order of appearance -> row of ``Profile.threads``.
        first: earliest time, or None where no sample has one.
        last: latest time.
    """

    events: dict[bytes, bool] = field(default_factory=dict)
    threads: dict[Thread, int] = field(default_factory=dict)
    first: int | None = None
    last: int = 0

    def add(self, columns: Columns, rows: Rows) -> None:
        for event in by_appearance(rows.event, len(columns.events)):
            name = columns.events[event]
            has_period = bool((rows.period[rows.event == event] != MISSING).any())
            self.events[name] = self.events.get(name, False) or has_period
        for number in by_appearance(rows.thread[rows.thread != NO_HEADER], len(columns.threads)):
            thread = _thread(columns.threads[number])
            if thread is not None:
                self.threads.setdefault(thread, len(self.threads))
        times = rows.time[rows.time != MISSING]
        if len(times):
            earliest = int(times.min())
            self.first = earliest if self.first is None else min(self.first, earliest)
            self.last = max(self.last, int(times.max()))


@dataclass
class _Tally:
    """What was missing from samples."""

    truncated: int = 0
    no_period: int = 0
    no_time: int = 0


def assemble(columns: Columns, provenance: Provenance, *, losses: Sequence[Loss] = ()) -> Profile:
    """Make a profile of columns; their batches are emptied on the way, so that memory holds each sample once.

    Args:
        columns: what was read.
        provenance: what is known without the samples; ``duration_ns`` is filled in from the times where None.
        losses: said before those found here.

    Raises:
        EmptyProfile: there is no sample.
    """
    _drop_headless(columns)
    survey = _Survey()
    for rows in columns.batches:
        survey.add(columns, rows)
    if not survey.events:
        raise EmptyProfile(provenance.path, "there is no sample in this perf script text")
    value_types, events = _value_types(survey.events)
    builder = ProfileBuilder(value_types)
    tally = _Tally()
    _add_samples(builder, columns, columns.stacks.add_to(builder, columns), survey, events, tally)
    main = next(iter(events.values()))
    duration = provenance.duration_ns
    if duration is None and survey.first is not None:
        duration = survey.last - survey.first or None
    return builder.build(
        replace(provenance, duration_ns=duration, losses=(*losses, *_losses(columns, tally))),
        threads=tuple(survey.threads),
        selected=main.samples if main.period == _NO_COLUMN else main.period,
    )


def _add_samples(
    builder: ProfileBuilder,
    columns: Columns,
    stacks: AddedStacks,
    survey: _Survey,
    events: dict[bytes, _Event],
    tally: _Tally,
) -> None:
    numbers = [
        -1 if (thread := _thread(who)) is None else survey.threads.get(thread, -1) for who in columns.threads
    ]
    thread_row = np.array([*numbers, -1], dtype=np.int32)  # the last is for samples without a header
    columns.batches.reverse()
    while columns.batches:
        rows, stack = columns.batches.pop(), stacks.number.pop()
        tally.truncated += int((stacks.depth[stack] == MAX_STACK).sum())
        tally.no_time += 0 if survey.first is None else int((rows.time == MISSING).sum())
        builder.add_samples(
            stacks.handle[stack],
            _weights(columns, rows, events, len(builder.value_types), tally),
            None if survey.first is None else np.maximum(rows.time, 0),
            thread_row[rows.thread] if survey.threads else None,
        )


def _drop_headless(columns: Columns) -> None:
    """Drop frames without a header where samples have headers: theirs was not understood."""
    if not columns.has_headers():
        return
    for number, rows in enumerate(columns.batches):
        headed = rows.thread != NO_HEADER
        if not headed.all():
            columns.batches[number] = rows.pick(headed)


def _thread(who: Who) -> Thread | None:
    """Return the thread; a command without any number is none."""
    pid, tid, comm = who
    return None if pid is None and tid is None else Thread(pid, tid, decode_text(comm))


# -- value types and weights ----------------------------------------------------------------------------------


def _value_types(with_period: dict[bytes, bool]) -> tuple[tuple[ValueType, ...], dict[bytes, _Event]]:
    value_types: list[ValueType] = []
    events: dict[bytes, _Event] = {}

    def add(type_name: str, unit: str) -> int:
        value_type = ValueType(type_name, unit)
        while value_type in value_types:  # an event called "samples", say
            value_type = ValueType(value_type.type + "'", unit)
        value_types.append(value_type)
        return len(value_types) - 1

    for name, has_period in with_period.items():
        text = decode_text(name) or "event"
        samples = add("samples" if len(with_period) == 1 else f"{text}/samples", "count")
        unit = "nanoseconds" if _CLOCK.match(text) else "count"
        events[name] = _Event(samples, add(text, unit) if has_period else _NO_COLUMN)
    return tuple(value_types), events


def _weights(columns: Columns, rows: Rows, events: dict[bytes, _Event], width: int, tally: _Tally) -> Int64:
    weights = np.zeros((len(rows), width), dtype=np.int64)
    for number, name in enumerate(columns.events):
        of_event = np.flatnonzero(rows.event == number)
        if not len(of_event):
            continue
        event = events[name]
        weights[of_event, event.samples] = 1
        if event.period != _NO_COLUMN:
            period = rows.period[of_event]
            weights[of_event, event.period] = np.where(period == MISSING, 1, period)
            tally.no_period += int((period == MISSING).sum())
    return weights


# -- losses ---------------------------------------------------------------------------------------------------


def _losses(columns: Columns, tally: _Tally) -> list[Loss]:
    losses: list[Loss] = []
    if tally.truncated:
        where = f"in {counted(tally.truncated, 'sample')}"
        text = f"stacks of {MAX_STACK} entries, perf's default limit, {where}: callers may be missing"
        losses.append(Loss(LossKind.TRUNCATED, text, tally.truncated))
    if lost := columns.oddities.lost:
        losses.append(Loss(LossKind.DROPPED, f"perf lost {counted(lost, 'event')} while recording", lost))
    if cut := columns.oddities.cut:
        losses.append(Loss(LossKind.DROPPED, f"{counted(cut, 'frame line')} cut off inside the module", cut))
    if tally.no_period:
        text = f"{counted(tally.no_period, 'sample')} without a period, where others of the event have one: taken as 1"
        losses.append(Loss(LossKind.INCONSISTENT, text, tally.no_period))
    if tally.no_time:
        text = f"{counted(tally.no_time, 'sample')} without a time, where others have one: put at time 0"
        losses.append(Loss(LossKind.INCONSISTENT, text, tally.no_time))
    return losses


def counted(number: int, noun: str) -> str:
    """Return ``1 line``, ``2,000 lines``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
