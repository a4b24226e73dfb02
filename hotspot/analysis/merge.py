"""Many profiles to one: frames and trees united, weights added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hotspot.builder import FrameTable, ProfileBuilder
from hotspot.errors import UsageError
from hotspot.profile import Int32, Int64, Loss, LossKind, ModuleStyle, Profile, Provenance
from hotspot.units import ValueType

_MAX_WEIGHT = 2**63 - 1


def merge(profiles: Sequence[Profile]) -> Profile:
    """Add up profiles.

    Value types are united by type and unit: a profile that lacks one weighs nothing in it, and where scales differ
    all take the larger. The value type selected is the first profile's. Threads stay apart. Times are kept where
    every profile has them. The bound a merged profile gives for a pruned frame is the sum over its losses.

    Raises:
        UsageError: there is nothing to merge, two profiles have no value type in common, or weights would exceed
            2^63.
        MalformedProfile: the weights add up to more than 2^63.
    """
    if not profiles:
        raise UsageError("there is no profile to merge")
    if len(profiles) == 1:
        return profiles[0]
    _require_common_value_type(profiles)
    value_types = _united_value_types(profiles)
    timed = [profile.samples.time is not None for profile in profiles]
    threaded = any(profile.samples.thread is not None for profile in profiles)
    builder = ProfileBuilder(value_types)
    threads = 0
    for profile in profiles:
        tree, samples = profile.call_tree, profile.samples
        first = builder.handle_count
        parent = np.where(tree.parent < 0, -1, tree.parent + first)
        builder.add_nodes(parent, _interned(profile, builder.frames)[tree.frame])
        builder.add_samples(
            samples.leaf + first,
            _weights(profile, value_types),
            samples.time if all(timed) else None,
            _threads(profile, threads) if threaded else None,
        )
        threads += len(profile.threads)
    names = [str(value_type) for value_type in value_types]
    merged = builder.build(
        _provenance(
            profiles, [] if all(timed) else [p for p, has in zip(profiles, timed, strict=True) if has]
        ),
        threads=tuple(thread for profile in profiles for thread in profile.threads),
        selected=names.index(str(profiles[0].value_type)),
    )
    return replace(merged, hidden=_hidden(profiles, value_types))


def _require_common_value_type(profiles: Sequence[Profile]) -> None:
    first = {str(value_type) for value_type in profiles[0].value_types}
    common = set(first)
    for profile in profiles[1:]:
        mine = {str(value_type) for value_type in profile.value_types}
        common &= mine
        if not common:
            raise UsageError(
                f"nothing to add up: {_called(profiles[0])} has {', '.join(sorted(first))}, "
                f"{_called(profile)} has {', '.join(sorted(mine))}"
            )


def _called(profile: Profile) -> str:
    return profile.label or profile.provenance.path or "a profile"


def _united_value_types(profiles: Sequence[Profile]) -> tuple[ValueType, ...]:
    united: dict[str, ValueType] = {}
    for profile in profiles:
        for value_type in profile.value_types:
            known = united.setdefault(str(value_type), value_type)
            if value_type.scale > known.scale:
                united[str(value_type)] = value_type
    return tuple(united.values())


def _interned(profile: Profile, table: FrameTable) -> Int32:
    """Return the id in the table of each of the profile's frames, int32[frames]."""
    frames, text = profile.frames, profile.frames.strings
    columns = (frames.name, frames.file, frames.line, frames.module, frames.kind)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    ids = (
        table.intern(text[name], text[file], line, text[module], kind)
        for name, file, line, module, kind in rows
    )
    return np.fromiter(ids, np.int32, len(frames))


def _weights(profile: Profile, value_types: Sequence[ValueType]) -> Int64:
    """Return the profile's weights in the united value types, int64[rows, value types]."""
    weights = np.zeros((len(profile.samples), len(value_types)), dtype=np.int64)
    column_of = {str(value_type): column for column, value_type in enumerate(value_types)}
    for column, value_type in enumerate(profile.value_types):
        united = column_of[str(value_type)]
        factor = value_types[united].scale // value_type.scale
        mine = profile.samples.weight[:, column]
        if factor > 1 and len(mine) and max(int(mine.max()), -int(mine.min())) * factor > _MAX_WEIGHT:
            raise UsageError(f"the weights of {value_type} exceed 2^63 in the unit of the other profiles")
        weights[:, united] = mine * factor
    return weights


def _hidden(profiles: Sequence[Profile], value_types: Sequence[ValueType]) -> tuple[int, ...]:
    """Return what filters took away from all profiles, in the united value types."""
    if not any(profile.hidden for profile in profiles):
        return ()
    hidden = dict.fromkeys(map(str, value_types), 0)
    scale = {str(value_type): value_type.scale for value_type in value_types}
    for profile in profiles:
        for value_type, weight in zip(profile.value_types, profile.hidden, strict=False):
            hidden[str(value_type)] += weight * (scale[str(value_type)] // value_type.scale)
    return tuple(hidden.values())


def _threads(profile: Profile, first: int) -> Int32:
    thread = profile.samples.thread
    if thread is None:
        return np.full(len(profile.samples), -1, dtype=np.int32)
    return np.where(thread < 0, -1, thread + np.int32(first))


def _provenance(profiles: Sequence[Profile], untimed: Sequence[Profile]) -> Provenance:
    """Return where the merged profile comes from.

    Args:
        profiles: what was merged.
        untimed: those whose times were dropped.
    """
    sources = [profile.provenance for profile in profiles]
    formats = {source.format for source in sources}
    producers = {source.producer for source in sources}
    durations = [source.duration_ns for source in sources if source.duration_ns is not None]
    losses = _united_losses(sources)
    if untimed:
        samples = sum(len(profile.samples) for profile in untimed)
        text = f"the times of {samples:,} samples were dropped: not every merged profile has times"
        losses += (Loss(LossKind.DROPPED, text, samples),)
    return Provenance(
        format=formats.pop() if len(formats) == 1 else "",
        producer=producers.pop() if len(producers) == 1 else "",
        duration_ns=sum(durations) if len(durations) == len(sources) else None,
        losses=losses,
        runs=sum(source.runs for source in sources),
        module_style=_module_style(profiles),
    )


def _united_losses(sources: Sequence[Provenance]) -> tuple[Loss, ...]:
    """Return all losses; the same sentence of several profiles once, with the amounts added up."""
    united: dict[tuple[LossKind, str], list[Loss]] = {}
    for source in sources:
        for loss in source.losses:
            united.setdefault((loss.kind, loss.text), []).append(loss)
    result: list[Loss] = []
    for same in united.values():
        amounts = [loss.amount for loss in same if loss.amount is not None]
        text = (
            same[0].text if len(same) == 1 else f"{same[0].text} (said by {len(same)} of the merged profiles)"
        )
        result.append(replace(same[0], text=text, amount=sum(amounts) if amounts else None))
    return tuple(result)


def _module_style(profiles: Sequence[Profile]) -> ModuleStyle:
    """Return the style all profiles with modules agree on."""
    styles = {p.provenance.module_style for p in profiles if p.frames.module.any()}
    return styles.pop() if len(styles) == 1 else ModuleStyle.NONE
