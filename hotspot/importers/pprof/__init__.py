"""pprof profiles (``.pb.gz``), as Go, tcmalloc, perf_to_profile and many others write them.

A profile holds samples (one value a value type), locations (addresses, each with the functions inlined there),
functions and mappings (binaries). A location is a run of frames here::

    lines memcpy, printf   ->   printf;memcpy   memcpy is of kind INLINED
    no line                ->   [unknown]       in the mapping's module

The file's own rules are followed: ``drop_frames`` cuts stacks, and the value type to look at is
``default_sample_type``, else the last. Labels that name a thread or process become threads. Other labels are
counted as lost; the start time and the period, which change no weight, have no room in a `Profile`. Zero values are
kept, and negative ones (a difference of two profiles) too.

Source: ``proto/profile.proto``, ``proto/README.md`` and, for ``drop_frames``, ``profile/prune.go`` of
github.com/google/pprof. The names of thread labels are those of perf_to_profile and of Datadog's profilers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.formats_proto.pprof_fields import ProfileField, ValueTypeField
from hotspot.formats_proto.wire import Fields, WireError, WireType, fields_of, fields_of_each
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.pprof.drop import Cut, cut_locations, drop_rule, kept_locations
from hotspot.importers.pprof.samples import Distinct, read_labels, read_samples, stack_locations
from hotspot.importers.pprof.tables import Locations, ProfileFile, read_locations
from hotspot.profile import Int32, Int64, Loss, LossKind, Profile, Provenance

INFO = ImporterInfo("pprof", "pprof (gzipped protocol buffers)", (".pb.gz", ".pprof", ".pb"))

_WIRE_TYPES = {
    **dict.fromkeys(ProfileField, (WireType.VARINT,)),
    **dict.fromkeys(
        (
            ProfileField.SAMPLE_TYPE,
            ProfileField.SAMPLE,
            ProfileField.MAPPING,
            ProfileField.LOCATION,
            ProfileField.FUNCTION,
            ProfileField.STRING_TABLE,
            ProfileField.PERIOD_TYPE,
            ProfileField.LABEL_SET,
        ),
        (WireType.BYTES,),
    ),
    ProfileField.COMMENT: (WireType.VARINT, WireType.BYTES),
}
_PORTION = 1 << 12  # stacks that are turned into frames at a time, in the processor's cache
_ENOUGH = 3  # fields that make sense before a file counts as a damaged pprof file


def detect(head: Head) -> Match:
    """Walk the fields of the head: the format has no magic number, but few texts survive the first of them."""
    try:
        top = fields_of(head.data, cut=not head.complete)
    except WireError as error:
        try:
            top = fields_of(head.data[: error.offset], cut=True)
        except WireError:
            return Match.NO
        return Match.MAYBE if len(top) >= _ENOUGH and _plausible(head.data, top) else Match.NO
    return Match.YES if _plausible(head.data, top) else Match.NO


def _plausible(data: bytes, top: Fields) -> bool:
    """Whether the fields are a pprof file's, with a value type among them."""
    known = {(number, wire) for number, wires in _WIRE_TYPES.items() for wire in wires}
    if not set(zip(top.number.tolist(), top.wire.tolist(), strict=True)) <= known:
        return False
    types = top.of(ProfileField.SAMPLE_TYPE, WireType.BYTES)
    try:
        inner = fields_of_each(data, types.begin, types.end)
    except WireError:
        return False
    is_index = np.isin(inner.number, (ValueTypeField.TYPE, ValueTypeField.UNIT)) & (
        inner.wire == WireType.VARINT
    )
    return bool(len(types) and len(inner) and is_index.all())


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Parse the one profile of a file."""
    file = ProfileFile(source.path, source.read())
    try:
        return [_read(file, source)]
    except WireError as error:
        raise MalformedProfile(source.path, error.reason, offset=error.offset) from error


def _read(file: ProfileFile, source: Source) -> Profile:
    builder = ProfileBuilder(file.value_types)
    samples = read_samples(file)
    labels = read_labels(file, samples.label_sets)
    locations = read_locations(file, builder.frames)
    losses: list[Loss] = []
    leaf = builder.add_stacks(*_stacks(file, samples.stacks, locations, losses))
    thread = labels.thread[samples.labels] if labels.threads else None
    builder.add_samples(leaf[samples.stack], samples.values, thread=thread)
    if labels.other_names:
        names = ", ".join(labels.other_names[:8]) + (", ..." if len(labels.other_names) > 8 else "")
        amount = int(np.count_nonzero(labels.other[samples.labels]))
        text = f"labels of {amount} out of {len(samples.labels)} sample records are not kept: {names}"
        losses.append(Loss(LossKind.DROPPED, text, amount))
    if samples.breakdowns:
        text = f"the single events within {samples.breakdowns} sample records are not kept"
        losses.append(Loss(LossKind.DROPPED, text, samples.breakdowns))
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer="; ".join(file.comments),
        duration_ns=file.number(ProfileField.DURATION_NANOS) or None,
        losses=tuple(losses),
    )
    return builder.build(provenance, threads=labels.threads, selected=file.selected)


def _stacks(
    file: ProfileFile, stacks: Distinct, locations: Locations, losses: list[Loss]
) -> tuple[Int32, Int64]:
    """Return the distinct stacks as `ProfileBuilder.add_stacks` takes them: frames end to end, and where each begins."""
    rows, offset = stack_locations(file, stacks, locations.ids)
    cut = None
    drop, exceptions = file.text(ProfileField.DROP_FRAMES), file.text(ProfileField.KEEP_FRAMES)
    if drop:
        rule = drop_rule(drop, exceptions)
        if rule is None:
            text = f"drop_frames is not applied, it cannot be read: {drop!r}"
            losses.append(Loss(LossKind.INCONSISTENT, text))
        else:
            cut = cut_locations(rule, locations)
    frames = [np.zeros(0, dtype=np.int32)]
    lengths = [np.zeros(1, dtype=np.int64)]
    for first in range(0, len(offset) - 1, _PORTION):
        bounds = offset[first : first + _PORTION + 1]
        frame, length = _frames(rows[bounds[0] : bounds[-1]], bounds - bounds[0], locations, cut)
        frames.append(frame)
        lengths.append(length)
    return np.concatenate(frames), np.cumsum(np.concatenate(lengths))


def _frames(rows: Int32, offset: Int64, locations: Locations, cut: Cut | None) -> tuple[Int32, Int64]:
    """Turn stacks of locations, leaf first, into stacks of frames, root first.

    Args:
        rows: locations, all stacks end to end, int32[locations].
        offset: where each stack begins, with the end of the last, int64[stacks + 1].
        locations: what the rows refer to.
        cut: what ``drop_frames`` does to them.

    Returns:
        Frame ids, all stacks end to end, int32[frames], and how many each stack has, int64[stacks].
    """
    rows = rows[np.repeat(offset[:-1] + offset[1:] - 1, np.diff(offset)) - np.arange(len(rows))]
    held = np.diff(locations.offset)
    if cut is None:
        length = held[rows]
    else:
        kept = np.where(cut.kept > 0, cut.kept, held)
        length = np.where(kept_locations(cut, rows, offset), kept[rows], 0)
    ends = np.concatenate([[0], np.cumsum(length)])
    place = np.arange(ends[-1]) + np.repeat(locations.offset[:-1][rows] - ends[:-1], length)
    return locations.frames[place], np.diff(ends[offset])
