"""Many profiles to one: frames, trees, value types and threads united, weights added up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hotspot.errors import UsageError
from hotspot.profile import (
    Frames,
    Int32,
    Int64,
    Loss,
    LossKind,
    ModuleStyle,
    Profile,
    Provenance,
    Samples,
)
from hotspot.tree_layout import merge_handles
from hotspot.units import ValueType


def merge(profiles: Sequence[Profile]) -> Profile:
    """Merge profiles into one.

    Value types are united by type and unit; a profile that lacks one counts 0 there. Where scales differ, weights are
    brought to the largest. Times are kept where every profile has them, threads where any has. The first profile's
    value type stays selected.

    Raises:
        UsageError: nothing to merge, no value type in common, or weights that no longer fit into 64 bits.
    """
    if not profiles:
        raise UsageError("nothing to merge")
    if len(profiles) == 1:
        return profiles[0]
    value_types = _value_types(profiles)
    frames, of_frame = _frames(profiles)
    first, parents, tree_frames = 0, [], []
    for profile, mapping in zip(profiles, of_frame, strict=True):
        tree = profile.call_tree
        parents.append(np.where(tree.parent >= 0, tree.parent + first, -1).astype(np.int32))
        tree_frames.append(mapping[tree.frame])
        first += len(tree)
    node_of, tree = merge_handles(np.concatenate(parents), np.concatenate(tree_frames), max(len(frames), 1))
    first, leaves = 0, []
    for profile in profiles:
        leaves.append(node_of[first + profile.samples.leaf])
        first += len(profile.call_tree)
    leaf = np.concatenate(leaves).astype(np.int32)
    weight = np.concatenate([_weights(profile, value_types) for profile in profiles])
    _refuse_overflow(weight, value_types)
    time, thread, losses = _clock_and_threads(profiles)
    if time is None and thread is None:
        leaf, weight = _one_row_a_stack(leaf, weight)
    selected = next(i for i, v in enumerate(value_types) if str(v) == str(profiles[0].value_type))
    return Profile(
        frames=frames,
        call_tree=tree,
        samples=Samples(leaf, weight, time, thread),
        value_types=value_types,
        selected=selected,
        threads=tuple(t for profile in profiles for t in profile.threads),
        provenance=_provenance(profiles, losses),
        label=profiles[0].label,
        hidden=_hidden(profiles, value_types),
    )


def _value_types(profiles: Sequence[Profile]) -> tuple[ValueType, ...]:
    united: dict[str, ValueType] = {}
    for profile in profiles:
        for value_type in profile.value_types:
            known = united.setdefault(str(value_type), value_type)
            if value_type.scale > known.scale:
                united[str(value_type)] = value_type
    if not any(all(name in {str(v) for v in p.value_types} for p in profiles) for name in united):
        first = ", ".join(str(v) for v in profiles[0].value_types)
        other = next(p for p in profiles if not {str(v) for v in p.value_types} & set(first.split(", ")))
        raise UsageError(
            f"cannot merge {first} with {', '.join(str(v) for v in other.value_types)}: "
            "they have no value type in common"
        )
    return tuple(united.values())


def _frames(profiles: Sequence[Profile]) -> tuple[Frames, list[Int32]]:
    """Return the united frames in order of first appearance, and for each profile the new row of its frames."""
    strings: dict[str, int] = {"": 0}
    rows = []
    for profile in profiles:
        frames = profile.frames
        ids = np.array([strings.setdefault(text, len(strings)) for text in frames.strings], dtype=np.int32)
        columns = [
            ids[frames.name],
            ids[frames.file],
            ids[frames.module],
            frames.line,
            frames.kind.astype(np.int32),
        ]
        rows.append(np.stack(columns, axis=1))
    every = np.concatenate(rows)
    distinct, first, inverse = np.unique(every, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    position = np.empty(len(order), dtype=np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    table = distinct[order]
    name, file, module, line = (np.ascontiguousarray(table[:, i]) for i in range(4))
    united = Frames(tuple(strings), name, file, module, line, table[:, 4].astype(np.uint8))
    new = position[inverse.reshape(-1)]
    return united, np.split(new, np.cumsum([len(r) for r in rows])[:-1])


def _weights(profile: Profile, value_types: Sequence[ValueType]) -> Int64:
    columns = np.zeros((len(profile.samples), len(value_types)), dtype=np.int64)
    own = {str(v): i for i, v in enumerate(profile.value_types)}
    for column, value_type in enumerate(value_types):
        i = own.get(str(value_type))
        if i is None:
            continue
        factor = value_type.scale // profile.value_types[i].scale
        weight = profile.samples.weight[:, i]
        if factor > 1 and len(weight) and int(np.abs(weight).max()) > (2**63 - 1) // factor:
            raise UsageError(f"the weights of {value_type} no longer fit into 64 bits")
        columns[:, column] = weight * np.int64(factor)
    return columns


def _refuse_overflow(weight: Int64, value_types: Sequence[ValueType]) -> None:
    for column, value_type in enumerate(value_types):
        values = weight[:, column]
        whole = int(np.abs(values >> 31).sum()) * 2**31 + int((values & (2**31 - 1)).sum())
        if whole >= 2**63:
            raise UsageError(f"the weights of {value_type} add up to more than 64 bits hold")


def _clock_and_threads(
    profiles: Sequence[Profile],
) -> tuple[Int64 | None, Int32 | None, tuple[Loss, ...]]:
    times = [profile.samples.time for profile in profiles]
    known = [time for time in times if time is not None]
    losses: tuple[Loss, ...] = ()
    if known and len(known) < len(times):
        text = f"times of {len(known)} of {len(times)} merged profiles: the others have none"
        losses = (Loss(LossKind.DROPPED, text, sum(map(len, known))),)
    time = np.concatenate(known) if len(known) == len(times) else None
    threads: list[Int32] = []
    first = 0
    for profile in profiles:
        rows = profile.samples.thread
        none = np.full(len(profile.samples), -1, dtype=np.int32)
        threads.append(none if rows is None else np.where(rows >= 0, rows + first, -1).astype(np.int32))
        first += len(profile.threads)
    has_threads = any(profile.samples.thread is not None for profile in profiles)
    return time, np.concatenate(threads) if has_threads else None, losses


def _one_row_a_stack(leaf: Int32, weight: Int64) -> tuple[Int32, Int64]:
    distinct, inverse = np.unique(leaf, return_inverse=True)
    summed = np.zeros((len(distinct), weight.shape[1]), dtype=np.int64)
    np.add.at(summed, inverse.reshape(-1), weight)
    return distinct.astype(np.int32), summed


def _provenance(profiles: Sequence[Profile], more: tuple[Loss, ...]) -> Provenance:
    sources = [profile.provenance for profile in profiles]
    styles = {source.module_style for source in sources}
    durations = [source.duration_ns for source in sources]
    return replace(
        sources[0],
        path=" ".join(source.path for source in sources if source.path),
        sha256="",
        format=" ".join(dict.fromkeys(source.format for source in sources)),
        producer=", ".join(dict.fromkeys(source.producer for source in sources if source.producer)),
        duration_ns=None if None in durations else sum(d for d in durations if d is not None),
        losses=(*dict.fromkeys(loss for source in sources for loss in source.losses), *more),
        runs=sum(source.runs for source in sources),
        module_style=styles.pop() if len(styles) == 1 else ModuleStyle.NONE,
    )


def _hidden(profiles: Sequence[Profile], value_types: Sequence[ValueType]) -> tuple[int, ...]:
    if not any(profile.hidden for profile in profiles):
        return ()
    hidden = [0] * len(value_types)
    for profile in profiles:
        own = {str(v): i for i, v in enumerate(profile.value_types)}
        for column, value_type in enumerate(value_types):
            i = own.get(str(value_type))
            if i is not None and profile.hidden:
                hidden[column] += profile.hidden[i] * (value_type.scale // profile.value_types[i].scale)
    return tuple(hidden)
