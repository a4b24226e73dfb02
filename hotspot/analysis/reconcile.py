"""Bring the runs of a comparison to one value type, and say in a word where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from hotspot.errors import UsageError
from hotspot.profile import Profile, Samples
from hotspot.units import ValueType


def reconcile(runs: Sequence[Profile]) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    """Return the runs with comparable value types selected, and what a reader must know about it.

    Where all select the same value type, that is it. Else the first one that all have is taken, sample counts before
    others. Else different measures of time or events may be compared by share, which is said; sizes in memory and
    times may not.

    Raises:
        UsageError: nothing makes them comparable.
    """
    selected = [run.value_type for run in runs]
    if len({str(v) for v in selected}) == 1:
        return _same_scale(runs), ()
    shared = _shared_type(runs)
    if shared is not None:
        names = ", ".join(sorted({str(v) for v in selected}))
        return _same_scale([run.select(shared) for run in runs]), (
            f"the profiles prefer different value types ({names}): comparing {shared}",
        )
    families = {_family(v) for v in selected}
    if len(families) > 1:
        names = " with ".join(sorted({str(v) for v in selected}))
        raise UsageError(
            f"cannot compare {names}: they have no value type in common",
            hint="pick one with --value-type, see `hotspot info`",
        )
    names = " with ".join(dict.fromkeys(str(v) for v in selected))
    return tuple(runs), (f"comparing {names} by share: the profiles have no value type in common",)


def _shared_type(runs: Sequence[Profile]) -> str | None:
    shared = [
        value_type
        for value_type in runs[0].value_types
        if all(str(value_type) in {str(v) for v in run.value_types} for run in runs[1:])
    ]
    shared.sort(key=lambda v: not v.counts_samples)
    return str(shared[0]) if shared else None


def _family(value_type: ValueType) -> str:
    """What can stand for what: samples, times and CPU events all measure execution; sizes do not."""
    if value_type.is_memory:
        return "memory"
    event = value_type.type.split(":")[0].split("/")[0]
    if value_type.is_time or value_type.counts_samples or event in _EXECUTION_EVENTS:
        return "execution"
    return str(value_type)


_EXECUTION_EVENTS = frozenset(
    {"cycles", "cpu-cycles", "ref-cycles", "cpu-clock", "task-clock", "cpu", "wall", "time"}
)


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
    """Return whether one side was recorded wholly after the other; None where the files do not tell.

    Only formats with times of one clock tell: spans that overlap (each recording counting from its own start) say
    nothing about the order.
    """
    spans = [(_span(run), side) for side, runs in enumerate((before, after)) for run in runs]
    known = sorted((span, side) for span, side in spans if span is not None)
    if len(known) < len(spans) or len(known) < 2:
        return None
    if any(second[0][0] < first[0][1] for first, second in pairwise(known)):
        return None
    order = [side for _, side in known]
    return order in (sorted(order), sorted(order, reverse=True))


def _span(run: Profile) -> tuple[int, int] | None:
    time = run.samples.time
    if time is None or not len(time):
        return None
    return int(time.min()), int(time.max())
