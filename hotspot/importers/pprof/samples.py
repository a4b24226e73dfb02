"""The samples of a pprof file in columns: distinct stacks, distinct label sets, and a row of values each.

Samples repeat their stacks (with other labels) and their labels (with other stacks). Both are told apart by their
bytes, before anything in them is decoded, so that decoding follows what is distinct.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import count, islice

import numpy as np

from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.formats_proto.pprof_fields import LabelField, ProfileField, SampleField
from hotspot.formats_proto.wire import Fields, WireType, concatenated, fields_of_each, varints
from hotspot.importers.pprof.tables import Ids, Messages, ProfileFile
from hotspot.profile import Bool, Int32, Int64, Thread

_CHUNK = 1 << 16  # samples whose fields are in memory at a time
_STACK_FIELDS = 1 << 13  # of which the numbers stay in the processor's cache

# How writers name the labels that tell threads apart, best first; spaces and dashes count as underscores.
_PID = ("pid", "process_id")
_TID = ("tid", "thread_native_id", "thread_id")
_NAME = ("thread_name", "thread", "comm")
_THREAD_LABELS = frozenset((*_PID, *_TID, *_NAME))
_SEPARATOR = re.compile(r"[ \-.]")
_NUMBER = re.compile(r"[0-9]{1,18}")


class Distinct:
    """Interns a run of fields a sample (its locations, its labels) by their bytes."""

    def __init__(self) -> None:
        self._id_of: defaultdict[bytes, int] = defaultdict(count().__next__)
        self._first: list[Fields] = []

    def __len__(self) -> int:
        return len(self._id_of)

    def intern(self, data: bytes, fields: Fields, samples: int, *, with_tags: bool) -> Int32:
        """Return an id for the run of each sample, int32[samples].

        Args:
            data: the file.
            fields: ``owner`` is the sample.
            samples: how many there are; some may have no such field.
            with_tags: compare tags and lengths as well. Without them a packed list equals a plain one.
        """
        begin = fields.tag if with_tags else fields.begin
        spans = zip(begin.tolist(), fields.end.tolist(), strict=True)
        parts = (data[first:last] for first, last in spans)
        per_sample = np.bincount(fields.owner, minlength=samples)
        if (per_sample == 1).all():
            keys = parts
        else:
            keys = (b"".join(islice(parts, number)) for number in per_sample.tolist())
        known = len(self)
        ids = np.fromiter(map(self._id_of.__getitem__, keys), np.int32, samples)
        new = np.flatnonzero(ids >= known)
        _, where = np.unique(ids[new], return_index=True)
        first = np.full(samples, -1, dtype=np.int64)
        first[new[where]] = np.arange(known, len(self))
        rows = fields.where(first[fields.owner] >= 0)
        self._first.append(rows.owned_by(first[rows.owner]))
        return ids

    @property
    def fields(self) -> Fields:
        """The fields of each distinct run where it was first seen; ``owner`` is its id."""
        return concatenated(self._first)


@dataclass(frozen=True, eq=False)
class SampleColumns:
    """All samples.

    Attributes:
        stack: id of each sample's stack, int32[samples].
        labels: id of each sample's label set, int32[samples].
        values: int64[samples, value types].
        stacks: the distinct stacks.
        label_sets: the distinct label sets.
        breakdowns: how many samples tell single events apart, which are not kept.
    """

    stack: Int32
    labels: Int32
    values: Int64
    stacks: Distinct
    label_sets: Distinct
    breakdowns: int


def read_samples(file: ProfileFile) -> SampleColumns:
    """Read all samples of a file.

    Raises:
        EmptyProfile: there is none.
        MalformedProfile: one has another number of values than there are value types.
    """
    at = file.top.of(ProfileField.SAMPLE, WireType.BYTES)
    if not len(at):
        raise EmptyProfile(file.path, "no samples: the profile is empty")
    stacks, label_sets = Distinct(), Distinct()
    stack: list[Int32] = []
    labels: list[Int32] = []
    values: list[Int64] = []
    breakdowns = 0
    for first in range(0, len(at), _CHUNK):
        begin, end = at.begin[first : first + _CHUNK], at.end[first : first + _CHUNK]
        fields = fields_of_each(file.data, begin, end)
        locations = fields.of(SampleField.LOCATION_ID, WireType.VARINT, WireType.BYTES)
        stack.append(stacks.intern(file.data, locations, len(begin), with_tags=False))
        of_sample = fields.of(SampleField.LABEL, WireType.BYTES)
        labels.append(label_sets.intern(file.data, of_sample, len(begin), with_tags=True))
        values.append(_values(file, fields, begin))
        breakdowns += len(np.unique(fields.of(SampleField.BREAKDOWN, WireType.BYTES).owner))
    return SampleColumns(
        np.concatenate(stack),
        np.concatenate(labels),
        np.concatenate(values),
        stacks,
        label_sets,
        breakdowns,
    )


def _values(file: ProfileFile, fields: Fields, begin: Int64) -> Int64:
    found = fields.of(SampleField.VALUE, WireType.VARINT, WireType.BYTES)
    values, number = varints(file.data, found.begin, found.end)
    columns = len(file.value_types)
    per_sample = np.zeros(len(begin), dtype=np.int64)
    np.add.at(per_sample, found.owner, number)
    if (per_sample != columns).any():
        first = int(np.argmax(per_sample != columns))
        reason = f"a sample has {int(per_sample[first])} values, the file {columns} value types"
        raise MalformedProfile(file.path, reason, offset=int(begin[first]))
    return values.view(np.int64).reshape(-1, columns)


def stack_locations(file: ProfileFile, stacks: Distinct, ids: Ids) -> tuple[Int32, Int64]:
    """Decode the locations of the distinct stacks.

    Args:
        file: the file.
        stacks: the distinct stacks.
        ids: of the locations.

    Returns:
        Rows of locations, leaf first, all stacks end to end, int32[rows], and where each stack begins, with the
        end of the last, int64[stacks + 1].

    Raises:
        MalformedProfile: a stack holds a location that does not exist.
    """
    fields = stacks.fields
    length = np.zeros(len(stacks), dtype=np.int64)
    parts: list[Int32] = [np.zeros(0, dtype=np.int32)]
    for first in range(0, len(fields), _STACK_FIELDS):
        part = fields.where(np.arange(first, min(first + _STACK_FIELDS, len(fields))))
        wanted, number = varints(file.data, part.begin, part.end)
        rows = ids.rows(wanted)
        if (rows < 0).any():
            bad = int(np.argmax(rows < 0))
            field = int(np.searchsorted(np.cumsum(number), bad, side="right"))
            reason = f"location {int(wanted[bad])} does not exist"
            raise MalformedProfile(file.path, reason, offset=int(part.tag[field]))
        np.add.at(length, part.owner, number)
        parts.append(rows.astype(np.int32))
    return np.concatenate(parts), np.concatenate([[0], np.cumsum(length)])


@dataclass(frozen=True, eq=False)
class Labels:
    """What the label sets say.

    Attributes:
        thread: row of ``threads`` of each label set, -1 where it names none, int32[label sets].
        threads: the threads they name.
        other: whether a set holds labels that name no thread, bool[label sets].
        other_names: the keys of those labels, sorted.
    """

    thread: Int32
    threads: tuple[Thread, ...]
    other: Bool
    other_names: tuple[str, ...]


def read_labels(file: ProfileFile, label_sets: Distinct) -> Labels:
    """Decode the distinct label sets."""
    at = label_sets.fields
    labels = Messages(at, fields_of_each(file.data, at.begin, at.end))
    keys = file.texts(labels.scalar(LabelField.KEY), at)
    texts = file.texts(labels.scalar(LabelField.STR), at)
    numbers = labels.scalar(LabelField.NUM).view(np.int64).tolist()
    facts: list[dict[str, str | int]] = [{} for _ in range(len(label_sets))]
    other = np.zeros(len(label_sets), dtype=bool)
    other_names: set[str] = set()
    for owner, key, text, number in zip(at.owner.tolist(), keys, texts, numbers, strict=True):
        plain = _SEPARATOR.sub("_", key.lower())
        if plain in _THREAD_LABELS:
            facts[owner][plain] = text or number
        else:
            other[owner] = True
            other_names.add(key)
    row_of: dict[Thread, int] = {}
    rows = [
        row_of.setdefault(_thread(labels_of_set), len(row_of)) if labels_of_set else -1
        for labels_of_set in facts
    ]
    return Labels(np.array(rows, dtype=np.int32), tuple(row_of), other, tuple(sorted(other_names)))


def _thread(labels: dict[str, str | int]) -> Thread:
    pid, tid = _first_number(labels, _PID), _first_number(labels, _TID)
    name = next((text for key in _NAME if isinstance(text := labels.get(key), str)), "")
    if tid is None:
        tid = _first_number(labels, _NAME)  # a thread label that is a number
        name = "" if tid is not None and name == str(tid) else name
    return Thread(pid, tid, name)


def _first_number(labels: dict[str, str | int], keys: tuple[str, ...]) -> int | None:
    for key in keys:
        value = labels.get(key)
        if isinstance(value, int) or (value is not None and _NUMBER.fullmatch(value)):
            return int(value)
    return None
