"""What raw and processed Firefox profiles have in common once their tables are read: stacks, and samples of threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._web_columns import MICROSECOND, scaled, short, until_next
from hotspot.importers.gecko.shapes import Meta
from hotspot.profile import Bool, Int32, Int64, Kind, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

SAMPLES = ValueType("samples", "count")
WALL = ValueType("wall", "nanoseconds")
CPU = ValueType("cpu", "nanoseconds")
CYCLES = ValueType("cpu", "cycles")
BYTES = ValueType("size", "bytes")

_CPU_UNITS = {"ns": (CPU, 1), "µs": (CPU, MICROSECOND), "variable CPU cycles": (CYCLES, 1)}
_ORDER = (SAMPLES, WALL, CPU, CYCLES, BYTES)
_PREFERRED = (CPU, WALL, CYCLES, BYTES, SAMPLES)
_ROOT = "(root)"


@dataclass(frozen=True)
class Frame:
    """A frame as the builder wants it."""

    name: str
    file: str = ""
    line: int = 0
    module: str = ""
    kind: Kind = Kind.USER


@dataclass(frozen=True, eq=False)
class Stacks:
    """A tree of stacks.

    Attributes:
        prefix: row of the parent, always smaller than the row's own, -1 for a root, int64[stacks].
        frame: row of the frames, int64[stacks].
        describe: returns the frame of a row.
    """

    prefix: Int64
    frame: Int64
    describe: Callable[[int], Frame]


@dataclass(frozen=True, eq=False)
class ThreadSamples:
    """The samples of one thread.

    Attributes:
        thread: whose.
        stacks: what ``stack`` refers to; may be shared with other threads.
        stack: row of the stacks, -1 for none, int64[n].
        time: nanoseconds, int64[n], or None.
        weights: the weights the file gives, by value type, int64[n] each. Time until the next sample is added for
            a thread that has samples and times.
    """

    thread: Thread
    stacks: Stacks
    stack: Int64
    time: Int64 | None
    weights: dict[ValueType, Int64]


@dataclass
class Facts:
    """What is counted while tables are read."""

    without_symbol: set[tuple[int, int]] = field(default_factory=set)
    allocations: int = 0
    rounded: int = 0
    no_unit: bool = False

    def losses(self) -> list[Loss]:
        """Return what was counted as losses."""
        losses: list[Loss] = []
        if count := len(self.without_symbol):
            text = (
                f"native functions with an address but no name: {count:,}; they are [unknown] in their module"
            )
            losses.append(Loss(LossKind.DROPPED, text, count))
        if self.allocations:
            text = f"sampled allocations: {self.allocations:,}; they are not kept"
            losses.append(Loss(LossKind.DROPPED, text, self.allocations))
        if self.rounded:
            text = f"sample weights with fractions: {self.rounded:,}; they were rounded"
            losses.append(Loss(LossKind.ROUNDED, text, self.rounded))
        if self.no_unit:
            losses.append(Loss(LossKind.DROPPED, "threadCPUDelta has no unit that is known; it is not kept"))
        return losses


def index_column(path: str, values: Sequence[int | None], limit: int, at: str) -> Int64:
    """Return indices, -1 for None.

    Raises:
        MalformedProfile: naming the first index outside ``[-1, limit)``.
    """
    try:
        column = np.array([-1 if value is None else value for value in values], dtype=np.int64)
        bad = np.flatnonzero((column < -1) | (column >= limit))
    except OverflowError:
        bad = np.array([row for row, value in enumerate(values) if not -1 <= (value or 0) < limit])
    if len(bad):
        row = int(bad[0])
        raise MalformedProfile(path, f"{at}[{row}]: {short(values[row])} is not a row of a table of {limit}")
    return column


def same_length(path: str, at: str, **columns: Sequence[object] | Int64 | None) -> None:
    """Verify that columns of a table are equally long.

    Raises:
        MalformedProfile: naming two that are not.
    """
    known = [(name, len(column)) for name, column in columns.items() if column is not None]
    for name, length in known[1:]:
        if length != known[0][1]:
            raise MalformedProfile(path, f"{at}: {known[0][0]} has {known[0][1]} rows, {name} has {length}")


def stack_tree(path: str, prefix: Int64, frame: Int64, describe: Callable[[int], Frame], at: str) -> Stacks:
    """Return stacks whose parents were verified to come first.

    Raises:
        MalformedProfile: naming the first that does not.
    """
    bad = np.flatnonzero(prefix >= np.arange(len(prefix)))
    if len(bad):
        raise MalformedProfile(path, f"{at}[{bad[0]}]: its parent {prefix[bad[0]]} does not come before it")
    return Stacks(prefix, frame, describe)


def cpu_column(
    path: str, values: Sequence[int | float | None], meta: Meta, facts: Facts, at: str
) -> dict[ValueType, Int64]:
    """Return the CPU time since the previous sample in the unit the file names; nothing where it names none.

    The first sample's counts from before the profile and is left out, as the Firefox Profiler does.
    """
    if not any(values):
        return {}
    unit = _CPU_UNITS.get((meta.sample_units.cpu_delta if meta.sample_units else None) or "")
    if unit is None:
        facts.no_unit = True
        return {}
    value_type, factor = unit
    column = scaled(path, [0 if value is None else value for value in values], factor, at)
    column[0] = 0
    return {value_type: column}


def assemble(
    path: str,
    threads: Sequence[ThreadSamples],
    facts: Facts,
    make_provenance: Callable[[tuple[Loss, ...]], Provenance],
) -> Profile:
    """Build the profile of all threads.

    Selected is CPU time where the file has it, else time by the clock, else what there is.

    Raises:
        EmptyProfile: no thread has a sample.
    """
    threads = [samples for samples in threads if len(samples.stack)]
    if not threads:
        raise EmptyProfile(path, "no thread has a sample")
    rows = [_sorted_with_wall(samples) for samples in threads]
    found = {value_type for samples in rows for value_type in samples.weights}
    value_types = tuple(value_type for value_type in _ORDER if value_type in found)
    builder = ProfileBuilder(value_types)
    handles = _add_stacks(builder, rows)
    timed = any(samples.time is not None for samples in rows)
    for number, samples in enumerate(rows):
        count = len(samples.stack)
        none = np.zeros(count, dtype=np.int64)
        weight = np.stack([samples.weights.get(value_type, none) for value_type in value_types], axis=1)
        time = none if samples.time is None and timed else samples.time
        builder.add_samples(
            _handles(builder, handles[id(samples.stacks)], samples.stack),
            weight,
            time,
            np.full(count, number, dtype=np.int32),
        )
    profile = builder.build(make_provenance(tuple(facts.losses())), threads=tuple(s.thread for s in rows))
    total = dict(zip(value_types, np.abs(profile.samples.weight).sum(axis=0), strict=True))
    best = next((value_type for value_type in _PREFERRED if total.get(value_type)), value_types[0])
    return profile.select(str(best))


def _sorted_with_wall(samples: ThreadSamples) -> ThreadSamples:
    """Return the samples in order of time, each with how long it lasts."""
    if samples.time is None or SAMPLES not in samples.weights:
        return samples
    order = np.argsort(samples.time, kind="stable")
    time = samples.time[order]
    weights = {value_type: weight[order] for value_type, weight in samples.weights.items()}
    weights[WALL] = until_next(time)
    return ThreadSamples(samples.thread, samples.stacks, samples.stack[order], time, weights)


def _add_stacks(builder: ProfileBuilder, threads: Sequence[ThreadSamples]) -> dict[int, Int32]:
    """Add the stacks that samples refer to, shared tables once, and return the handles by table."""
    tables: dict[int, tuple[Stacks, Bool]] = {}
    for samples in threads:
        stacks = samples.stacks
        used = tables.setdefault(id(stacks), (stacks, np.zeros(len(stacks.prefix), dtype=bool)))[1]
        used[samples.stack[samples.stack >= 0]] = True
    return {key: _add_tree(builder, stacks, used) for key, (stacks, used) in tables.items()}


def _add_tree(builder: ProfileBuilder, stacks: Stacks, used: Bool) -> Int32:
    """Add the used stacks and all above them; a ``(root)`` at the root is not a frame."""
    prefix: list[int] = stacks.prefix.tolist()
    needed: list[bool] = used.tolist()
    for row in range(len(prefix) - 1, -1, -1):
        if needed[row] and prefix[row] >= 0:
            needed[prefix[row]] = True
    handle = np.full(len(prefix), -1, dtype=np.int32)
    frame_ids: dict[int, int] = {}
    parents: list[int] = []
    frames: list[int] = []
    first = builder.handle_count
    for row, frame_row in enumerate(stacks.frame.tolist()):
        if not needed[row]:
            continue
        frame_id = frame_ids.get(frame_row)
        if frame_id is None:
            frame = stacks.describe(frame_row)
            is_root = frame.name == _ROOT
            frame_id = (
                -1
                if is_root
                else builder.frames.intern(frame.name, frame.file, frame.line, frame.module, frame.kind)
            )
            frame_ids[frame_row] = frame_id
        parent = int(handle[prefix[row]]) if prefix[row] >= 0 else -1
        if frame_id < 0 and parent < 0:
            continue
        handle[row] = first + len(parents)
        parents.append(parent)
        frames.append(builder.frames.intern(_ROOT) if frame_id < 0 else frame_id)
    builder.add_nodes(np.array(parents, dtype=np.int32), np.array(frames, dtype=np.int32))
    return handle


def _handles(builder: ProfileBuilder, of_stack: Int32, stack: Int64) -> Int32:
    handle = (
        np.where(stack >= 0, of_stack[stack], -1).astype(np.int32)
        if len(of_stack)
        else np.full(len(stack), -1, np.int32)
    )
    if (handle < 0).any():
        handle[handle < 0] = builder.add_stacks([], [0, 0])[0]
    return handle
