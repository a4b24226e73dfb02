"""Bring the runs of a comparison to one value type, and say in a word where they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hotspot.errors import UsageError
from hotspot.profile import Profile, Samples
from hotspot.units import ValueType


def reconcile(runs: Sequence[Profile]) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    """Return the runs with comparable value types selected, and what a reader must know about it.

    Where all select the same value type, that is it. Else what they select must measure the same kind of thing; then
    the first value type that all have is taken, sample counts before others, or, where they share none, each one's own
    by share. Either way it is said.

    Raises:
        UsageError: nothing makes them comparable.
    """
    selected = list(dict.fromkeys(run.value_type for run in runs))
    names = list(dict.fromkeys(str(v) for v in selected))
    if len(names) == 1:
        return _same_scale(runs), _rate_notes(runs)
    alike = len({_family(v) for v in selected}) == 1
    shared = _shared_type(runs, samples=alike)
    if shared is not None:
        chosen = _same_scale([run.select(shared) for run in runs])
        note = f"the profiles prefer different value types ({', '.join(names)}): comparing {shared}"
        return chosen, (note, *_event_notes(selected), *_rate_notes(chosen))
    if not alike:
        raise UsageError(
            f"cannot compare {' with '.join(names)}: they do not measure the same thing",
            hint="pick a value type that all have with --value-type, see `hotspot info`",
        )
    note = f"comparing {' with '.join(names)} by share: the profiles have no value type in common"
    return tuple(runs), (note, *_event_notes(selected))


def _shared_type(runs: Sequence[Profile], *, samples: bool) -> str | None:
    """Return the first value type that all runs have, sample counts first, or not at all where they are of other events."""
    shared = [
        value_type
        for value_type in runs[0].value_types
        if all(str(value_type) in {str(v) for v in run.value_types} for run in runs[1:])
        and (samples or not value_type.counts_samples)
    ]
    shared.sort(key=lambda v: not v.counts_samples)
    return str(shared[0]) if shared else None


def _family(value_type: ValueType) -> str:
    """What can stand for what: samples, times and CPU events all measure execution; sizes do not."""
    if value_type.is_memory:
        return "memory"
    if value_type.is_time or str(value_type) == "samples/count" or _event(value_type)[0] in _EXECUTION_EVENTS:
        return "execution"
    return _event(value_type)[0]


_EXECUTION_EVENTS = frozenset(
    {"cycles", "cpu-cycles", "ref-cycles", "cpu-clock", "task-clock", "cpu", "wall"}
)
_EVENT = re.compile(r"(?:cpu(?:_core|_atom)?/)?([^:/]+)/?(?::(\w+))?")


def _event(value_type: ValueType) -> tuple[str, str]:
    """Return a perf event without its unit (`cpu_core/cycles/`), and its modifiers (`u` of `cycles:u`)."""
    match = _EVENT.match(value_type.type)
    return (match[1], match[2] or "") if match else (value_type.type, "")


def _event_notes(selected: Sequence[ValueType]) -> tuple[str, ...]:
    """Say that one side lacks the kernel where one event counts user code alone and another does not."""
    modifiers = {_event(value_type)[1] for value_type in selected}
    user_only = {"u" in modifier and "k" not in modifier for modifier in modifiers}
    if len(user_only) < 2:
        return ()
    return (
        "one side counts user code only (:u): kernel functions are missing there, whatever the program did",
    )


_SAME_RATE = 1.05  # perf keeps a frequency by steering periods, so that means wander by some per cent


def sample_periods(runs: Sequence[Profile]) -> npt.NDArray[np.float64] | None:
    """Return the time that one sample stands for in each run, nanoseconds, float64[runs]; None where a run is silent."""
    periods = [_period(run) for run in runs]
    known = [period for period in periods if period is not None]
    return np.array(known) if len(known) == len(periods) else None


def _period(run: Profile) -> float | None:
    counts = run.sample_counts
    if counts is None or not int(counts.sum()):
        return None
    for column, value_type in enumerate(run.value_types):
        same_event = run.value_type.counts_samples or value_type == run.value_type
        if value_type.is_time and same_event:
            total = value_type.nanoseconds(int(run.samples.weight[counts > 0, column].sum()))
            return total / int(counts.sum()) if total else None
    return None


def _rate_notes(runs: Sequence[Profile]) -> tuple[str, ...]:
    periods = sample_periods(runs)
    if periods is None or periods.max() <= _SAME_RATE * periods.min():
        return ()
    slow, fast = 1e9 / periods.max(), 1e9 / periods.min()
    return (f"recorded at different rates ({slow:,.0f} to {fast:,.0f} Hz): samples are weighed accordingly",)


def _same_scale(runs: Sequence[Profile]) -> tuple[Profile, ...]:
    """Bring the selected columns to the largest scale, so that stored weights compare."""
    scale = max(run.value_type.scale for run in runs)
    return tuple(run if run.value_type.scale == scale else _rescaled(run, scale) for run in runs)


def _rescaled(run: Profile, scale: int) -> Profile:
    factor = scale // run.value_type.scale
    if abs(run.total) * factor >= 2**63:
        raise UsageError(
            f"{run.label or 'profile'}: weights too large to compare with fractions of 1/{scale}"
        )
    weight = run.samples.weight.copy()
    weight[:, run.selected] *= np.int64(factor)
    types = list(run.value_types)
    types[run.selected] = replace(run.value_type, scale=scale)
    samples = Samples(run.samples.leaf, weight, run.samples.time, run.samples.thread)
    hidden = list(run.hidden)
    if hidden:
        hidden[run.selected] *= factor
    return replace(run, samples=samples, value_types=tuple(types), hidden=tuple(hidden))


def recorded_in_sequence(before: Sequence[Profile], after: Sequence[Profile]) -> bool | None:
    """Return whether one side was recorded wholly after the other; None where neither records nor files tell.

    hotspot's own records come first. Of files only those with times of one clock tell: spans that overlap (each
    recording counting from its own start) say nothing about the order.
    """
    sides = (before, after)
    recorded = all(run.provenance.recording is not None for runs in sides for run in runs)
    span = _recorded_span if recorded else _span
    spans = [(span(run), side) for side, runs in enumerate(sides) for run in runs]
    known = sorted((span, side) for span, side in spans if span is not None)
    if len(known) < len(spans) or len(known) < 2:
        return None
    if any(second[0][0] < first[0][1] for first, second in pairwise(known)):
        return None
    order = [side for _, side in known]
    return order in (sorted(order), sorted(order, reverse=True))


def _recorded_span(run: Profile) -> tuple[int, int] | None:
    recording = run.provenance.recording
    return None if recording is None else (recording.started_ns, recording.ended_ns)


def _span(run: Profile) -> tuple[int, int] | None:
    time = run.samples.time
    if time is None or not len(time):
        return None
    return int(time.min()), int(time.max())
