"""speedscope's JSON file format, as py-spy, speedscope itself, and exporters of many profilers write it.

A file shares a list of frames between profiles; each profile is one of two kinds::

    sampled    samples [[0, 1], [0, 1, 2], [0]]  weights [1, 4, 5]      stacks root first, a weight each
    evented    events  O 0 at 0 · O 1 at 0 · C 1 at 2 · C 0 at 5        frames open and close: self times in between

What a weight is follows from the unit: ``none`` is ``samples/count`` (``weights/count`` with fractions), times are
``time/...``, bytes are ``space/bytes``. Where every sample of a time has the same weight, that is a sampler's period,
and each counts as one sample. Profiles that hotspot wrote say more, under a key of their own; those of one label and the
same stacks are read as one profile with several value types.

Profiles named after threads are one profile with threads, see `hotspot.importers.speedscope.threads`.

Only evented profiles say when something ran: the weights of sampled ones leave out what was idle. Time in which no
frame is open belongs to no stack; it is stated as lost, not counted. A frame's column has no room in a `Profile`.

Source: ``file-format-schema.json`` of the npm package ``speedscope``; ``src/lib/file-format.ts`` of
github.com/jlfwong/speedscope for what its reader refuses (events out of order, frames left open, negative weights).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.labels import is_binary
from hotspot.importers.speedscope.events import Intervals, read_events
from hotspot.importers.speedscope.file import Frame, OneProfile, Origin, SpeedscopeFile, decode_file
from hotspot.importers.speedscope.numbers import Scaled, read_numbers
from hotspot.importers.speedscope.stacks import read_stacks
from hotspot.importers.speedscope.threads import ThreadLabel, join_threads, longest, parse_thread
from hotspot.importers.speedscope.value_types import value_type_of
from hotspot.profile import UNKNOWN, Int32, Int64, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("speedscope", "speedscope JSON", (".speedscope.json", ".speedscope"))

_SCHEMA = b"speedscope.app/file-format-schema.json"


def detect(head: Head) -> Match:
    """Look for the schema's address; a file without it may name a kind of profile."""
    data = head.data if head.data[:1] == b"{" else head.text.lstrip().encode("utf-8", "replace")
    if data[:1] != b"{":
        return Match.NO
    if _SCHEMA in data:
        return Match.YES
    named = b'"profiles"' in data or b'"shared"' in data
    kinds = (b'"sampled"', b'"evented"', b'"frames"')
    return Match.MAYBE if named and any(kind in data for kind in kinds) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Parse all profiles of a file, labelled by their names, in the file's order.

    Profiles that are named after threads are one profile with threads, as far as they measure the same; its place is
    that of its first. Profiles without samples (a thread that never ran) are left out, and the others say so.
    """
    file = decode_file(source.path, source.read(), certain=detect(source.head) is Match.YES)
    base = Provenance(source.path, source.checksum, INFO.name, file.producer)
    read = [_read(group, file, base) for group in _groups(file)]
    filled = [one for one in read if len(one.profile.samples)]
    if not filled:
        raise EmptyProfile(source.path, "no samples: every profile in the file is empty")
    profiles = [_together(family, file.shared.frames) for family in _families(filled)]
    if len(filled) == len(read):
        return profiles
    names = ", ".join(repr(one.profile.label) for one in read if not len(one.profile.samples))
    loss = Loss(LossKind.DROPPED, f"profiles without samples are left out: {names}", 0)
    return [
        replace(p, provenance=replace(p.provenance, losses=(*p.provenance.losses, loss))) for p in profiles
    ]


@dataclass(frozen=True, eq=False)
class _Read:
    """A profile without its losses, and what those will say.

    Attributes:
        profile: as read.
        thread: what its name says of a thread, None where nothing.
        frames: indexes of the frames used.
        rounded: the scale that weights were rounded to; 0 where they were not.
        idle: time in which no frame was open, scaled as the weights are.
        gaps: how often that was.
    """

    profile: Profile
    thread: ThreadLabel | None
    frames: frozenset[int]
    rounded: int
    idle: int = 0
    gaps: int = 0


def _families(read: Sequence[_Read]) -> list[list[_Read]]:
    """Put the threads of one measure together; anything else stays alone."""
    families: dict[object, list[_Read]] = {}
    for number, one in enumerate(read):
        key = number if one.thread is None else (one.thread.measure, str(one.profile.value_type))
        families.setdefault(key, []).append(one)
    return list(families.values())


def _together(family: Sequence[_Read], frames: list[Frame]) -> Profile:
    """Return the profile of one or several threads, with its losses."""
    profile = family[0].profile
    if len(family) > 1:
        profiles = [one.profile for one in family]
        labels = [one.thread for one in family if one.thread is not None]
        label = labels[0].measure or f"{len(family)} threads"
        profile = join_threads(profiles, [each.thread for each in labels], longest(profiles), label)
    losses = []
    columns = sum(frames[i].col is not None for i in frozenset().union(*(one.frames for one in family)))
    if columns:
        losses.append(Loss(LossKind.DROPPED, f"columns of {columns} frames are not kept", columns))
    if rounded := max(one.rounded for one in family):
        losses.append(Loss(LossKind.ROUNDED, f"weights have more digits than fit, rounded to 1/{rounded}"))
    if gaps := sum(one.gaps for one in family):
        scale = profile.value_type.scale
        idle = sum(one.idle * (scale // one.profile.value_type.scale) for one in family)
        text = f"{profile.value_type.human(idle)} in which no frame was open are not counted"
        losses.append(Loss(LossKind.DROPPED, text, gaps))
    return replace(profile, provenance=replace(profile.provenance, losses=tuple(losses)))


@dataclass(frozen=True, eq=False)
class _Group:
    """Profiles of the file that make one profile here: one a value type.

    Attributes:
        place: JSON path of the first.
        members: the profiles.
        origins: what hotspot wrote of each; empty for a profile that it did not write.
    """

    place: str
    members: tuple[OneProfile, ...]
    origins: tuple[Origin, ...]

    @property
    def label(self) -> str:
        """Name of the result."""
        return self.origins[0].label if self.origins else self.members[0].name or ""

    def joined(self, other: _Group) -> _Group | None:
        """Join with the next profile of the file; None where that has other stacks, or is not hotspot's."""
        if not (self.origins and other.origins) or self.label != other.label:
            return None
        known = {(origin.type, origin.unit) for origin in self.origins}
        if (other.origins[0].type, other.origins[0].unit) in known:
            return None
        if bytes(self.members[0].samples) != bytes(other.members[0].samples):
            return None
        return _Group(self.place, self.members + other.members, self.origins + other.origins)


def _groups(file: SpeedscopeFile) -> list[_Group]:
    groups: list[_Group] = []
    for index, member in enumerate(file.profiles):
        origin = member.hotspot if member.type == "sampled" else None
        group = _Group(f"$.profiles[{index}]", (member,), (origin,) if origin is not None else ())
        joined = groups[-1].joined(group) if groups else None
        if joined is None:
            groups.append(group)
        else:
            groups[-1] = joined
    return groups


def _read(group: _Group, file: SpeedscopeFile, base: Provenance) -> _Read:
    kind = group.members[0].type
    if kind == "sampled":
        return _sampled(group, file.shared.frames, base)
    if kind == "evented":
        return _evented(group, file.shared.frames, base)
    raise MalformedProfile(base.path, f"unknown type {kind!r} of profile - at `{group.place}.type`")


def _sampled(group: _Group, frames: list[Frame], base: Provenance) -> _Read:
    first = group.members[0]
    stacks = read_stacks(bytes(first.samples), len(frames), base.path, f"{group.place}.samples")
    columns = [_weights(member, len(stacks.sample), base.path, group.place) for member in group.members]
    types = [value_type_of(first.unit or "none", columns[0].scale)]
    if group.origins:
        types = [ValueType(o.type, o.unit, c.scale) for o, c in zip(group.origins, columns, strict=True)]
    weights = [column.values for column in columns]
    if types[0].is_time and not group.origins and _is_period(weights[0]):
        types.append(ValueType("samples", "count"))
        weights.append(np.ones(len(stacks.sample), dtype=np.int64))
    builder = ProfileBuilder(tuple(types))
    leaf = builder.add_stacks(_intern(builder, frames, stacks.frame), stacks.offset)
    builder.add_samples(leaf[stacks.sample], np.stack(weights, axis=1))
    return _Read(
        profile=builder.build(replace(base, duration_ns=_duration(first)), label=group.label),
        thread=None if group.origins else parse_thread(group.label, first.thread_id),
        frames=frozenset(np.unique(stacks.frame).tolist()),
        rounded=max(column.scale if column.rounded else 0 for column in columns),
    )


def _evented(group: _Group, frames: list[Frame], base: Provenance) -> _Read:
    member = group.members[0]
    names = [frame.name or UNKNOWN for frame in frames]
    events = read_events(bytes(member.events), names, base.path, f"{group.place}.events")
    value_type = value_type_of(member.unit or "none", events.scale)
    builder = ProfileBuilder((value_type,))
    nodes = builder.add_nodes(events.parent, _intern(builder, frames, events.frame))
    builder.add_samples(nodes[events.node], events.weight, time=_times(events, value_type))
    return _Read(
        profile=builder.build(replace(base, duration_ns=_duration(member)), label=group.label),
        thread=parse_thread(group.label, member.thread_id),
        frames=frozenset(np.unique(events.frame).tolist()),
        rounded=events.scale if events.rounded else 0,
        idle=events.idle,
        gaps=events.gaps,
    )


def _weights(member: OneProfile, samples: int, path: str, place: str) -> Scaled:
    raw = bytes(member.weights)

    def decode(number: type) -> list[Any]:
        return msgspec.json.decode(raw, type=list[number])  # type: ignore[valid-type]  # a type at run time

    try:
        weights = read_numbers(raw, decode)
    except msgspec.ValidationError as error:
        raise MalformedProfile(path, str(error).replace("$", f"{place}.weights", 1)) from error
    except OverflowError as error:
        raise MalformedProfile(path, f"a number is too large - at `{place}.weights`") from error
    if len(weights.values) != samples:
        raise MalformedProfile(path, f"{samples} samples but {len(weights.values)} weights - at `{place}`")
    if (weights.values < 0).any():
        first = int(np.argmax(weights.values < 0))
        raise MalformedProfile(path, f"a weight is negative - at `{place}.weights[{first}]`")
    return weights


def _intern(builder: ProfileBuilder, frames: list[Frame], used: Int32 | Int64) -> Int32:
    """Intern the frames that are used; returns their ids in place of the indexes."""
    id_of = np.zeros(len(frames), dtype=np.int32)
    for index in np.unique(used).tolist():
        frame = frames[index]
        line = int(frame.line) if frame.line is not None and 0 < frame.line < 2**31 else 0
        name, file = frame.name or UNKNOWN, frame.file or frame.path or ""
        if file and not line and is_binary(file):  # py-spy --native has no other place for it
            id_of[index] = builder.frames.intern(name, module=file)
        else:
            id_of[index] = builder.frames.intern(name, file, line, frame.image or "")
    return id_of[used]


def _is_period(weights: Int64) -> bool:
    """Whether weights look like the constant period of a sampler; a single one tells nothing."""
    return len(weights) > 1 and int(weights[0]) > 0 and bool((weights == weights[0]).all())


def _times(events: Intervals, value_type: ValueType) -> Int64 | None:
    """Return when each interval began, in nanoseconds; None where the unit is no time or int64 is too small."""
    factor = replace(value_type, scale=1).nanoseconds(1)
    if factor is None:
        return None
    if events.scale >= factor:
        return events.begin // (events.scale // factor)
    factor //= events.scale
    if int(np.abs(events.begin).max(initial=0)) * factor >= 2**63:
        return None
    return events.begin * factor


def _duration(member: OneProfile) -> int | None:
    factor = value_type_of(member.unit or "none", 1).nanoseconds(1)
    begin, end = member.start, member.end
    if factor is None or begin is None or end is None or not (begin.is_finite() and end.is_finite()):
        return None
    duration = (end - begin) * factor
    return int(duration) if 0 < duration < Decimal(2**63) else None
