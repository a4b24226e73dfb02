"""Pyroscope's flame graph JSON ("flamebearer"): what its pages export and its render API answers.

::

    {"version": 1, "flamebearer": {"names": ["total", "main", "work"], "numTicks": 10, "maxSelf": 6,
        "levels": [[0, 10, 0, 0], [0, 10, 4, 1], [4, 6, 6, 2]]}, "metadata": {"format": "single", "units": "samples",
        "sampleRate": 100}}

Each level has four numbers a bar: how far it stands from the end of the bar before, its total, its self, and its name. A
bar belongs to the bar above that it stands under. In a comparison (``format`` ``double``) a bar has both sides' numbers
and the name: the right side is the profile, and the change from the left one is a value type beside it. Grafana's own
answer (``flamegraph``, levels of ``values``, numbers as texts) is the same thing.

``units`` says what is counted. Samples at a ``sampleRate`` of a billion a second are nanoseconds: newer Pyroscope says CPU
time so. The outermost bar is the whole, not a frame. Source: github.com/grafana/pyroscope, pkg/og/structs/flamebearer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.importers.labels import parse_label
from hotspot.profile import UNKNOWN, Int64, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("flamebearer", "Pyroscope flame graph JSON", (".json",))

_Number = int | str
_SAMPLES = ValueType("samples", "count")
_CPU = ValueType("cpu", "nanoseconds")
_SECOND = 1_000_000_000
_OF_UNITS = {
    "samples": _SAMPLES,
    "bytes": ValueType("space", "bytes"),
    "objects": ValueType("objects", "count"),
    "goroutines": ValueType("goroutines", "count"),
    "lock_nanoseconds": ValueType("delay", "nanoseconds"),
    "lock_samples": ValueType("contentions", "count"),
    "nanoseconds": _CPU,
}
# What Pyroscope's agents for Python and Ruby make of a place: `lib/bike.py:8 - order`, `bike.py - order`.
_LOCATED = re.compile(r"(?P<file>[^:]+\.(?:py|rb|erb|rake))(?::(?P<line>\d{1,9}))? - (?P<name>.+)", re.DOTALL)


class _Level(msgspec.Struct):
    values: list[_Number] = []


class _Metadata(msgspec.Struct, rename="camel"):
    """What is counted; older versions have it beside the bars."""

    format: str | None = None
    units: str | None = None
    sample_rate: int | None = None
    spy_name: str | None = None


class _Bars(_Metadata, rename="camel"):
    names: list[str] = []
    levels: list[list[_Number] | _Level] = []


class _File(_Bars, rename="camel"):
    """Bars may be the file itself."""

    flamebearer: _Bars | None = None
    flamegraph: _Bars | None = None
    metadata: _Metadata | None = None


@dataclass(frozen=True)
class _Bar:
    """A bar, its position resolved; the sides of a comparison are before and after, else before is 0.

    Attributes:
        begin: where it stands, both sides added up.
        parent: row of the bar above, -1 for the outermost.
        before: weight of the left side.
        after: weight of the right, or only side.
        own: what the file says of self weights, before and after.
        name: row of the names.
    """

    begin: int
    parent: int
    before: int
    after: int
    own: tuple[int, int]
    name: int

    @property
    def end(self) -> int:
        return self.begin + self.before + self.after


def detect(head: Head) -> Match:
    """Look for names and levels, wherever they stand."""
    seen = outline(head.data)
    if seen is None or seen.is_array:
        return Match.NO
    if seen.keys & {"flamebearer", "flamegraph"} and b'"names"' in head.data:
        return Match.YES
    return Match.YES if {"names", "levels"} <= seen.keys else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the graph.

    Raises:
        NotThisFormat: it has no bars.
        MalformedProfile: naming the place in the file.
        EmptyProfile: nothing in it has a width.
    """
    path = source.path
    file = decode(path, without_mark(source.read()), _File)
    bars = file.flamebearer or file.flamegraph or file
    if not bars.names:
        raise NotThisFormat(path, "no names, which flame graphs of Pyroscope have")
    return [_read(path, source, bars, file.metadata or bars)]


def _read(path: str, source: Source, bars: _Bars, facts: _Metadata) -> Profile:
    is_double = facts.format == "double"
    rows = _rows(path, bars, is_double)
    before, after = (
        _own(path, [row.before for row in rows], rows),
        _own(path, [row.after for row in rows], rows),
    )
    if not any(before) and not any(after):
        raise EmptyProfile(path, "nothing in it has a width")
    losses = []
    if wrong := sum((b, a) != row.own for b, a, row in zip(before, after, rows, strict=True)):
        text = (
            f"{wrong} bars have another self than their callees leave of their total; the total is believed"
        )
        losses.append(Loss(LossKind.INCONSISTENT, text, wrong))
    types, columns = _columns(path, facts, np.array(after, dtype=np.int64))
    if is_double:
        types = (*types, ValueType("delta", types[0].unit))
        columns = [*columns, np.array(after, dtype=np.int64) - np.array(before, dtype=np.int64)]
    builder = ProfileBuilder(types)
    frames = [_frame(builder, bars.names[row.name]) for row in rows[1:]]
    handles = builder.add_nodes([row.parent - 1 for row in rows[1:]], frames)
    weight = np.stack(columns, axis=1)
    used = np.flatnonzero(weight[1:].any(axis=1))
    builder.add_samples(handles[used], weight[1:][used])
    if weight[0].any():  # the outermost bar is the whole, so what none below has has no stack
        builder.add_samples(builder.add_stacks([], [0, 0]), weight[:1])
    producer = f"Pyroscope ({facts.spy_name})" if facts.spy_name else "Pyroscope"
    profile = builder.build(Provenance(path, source.checksum, INFO.name, producer, losses=tuple(losses)))
    return profile.select(str(_CPU)) if _CPU in types else profile


def _columns(path: str, facts: _Metadata, after: Int64) -> tuple[tuple[ValueType, ...], list[Int64]]:
    """Return what the weights measure; samples at a known rate are time as well."""
    units, rate = facts.units or "samples", facts.sample_rate or 0
    if units != "samples":
        return (_OF_UNITS.get(units, ValueType(units, "count")),), [after]
    if rate == _SECOND:
        return (_CPU,), [after]
    if rate <= 0 or _SECOND % rate or int(after.max()) * (_SECOND // rate) >= 2**62:
        return (_SAMPLES,), [after]
    return (_SAMPLES, _CPU), [after, after * (_SECOND // rate)]


def _rows(path: str, bars: _Bars, is_double: bool) -> list[_Bar]:
    """Return all bars, each after the one above it."""
    rows: list[_Bar] = []
    above: range = range(0)
    for depth, level in enumerate(bars.levels):
        first = len(rows)
        parent = above.start
        for bar in _level(path, level.values if isinstance(level, _Level) else level, depth, is_double):
            if not 0 <= bar.name < len(bars.names):
                raise MalformedProfile(path, f"levels[{depth}]: there is no name {bar.name}")
            if depth:
                while parent < above.stop and rows[parent].end <= bar.begin:
                    parent += 1
                if bar.end == bar.begin:
                    continue
                if parent == above.stop or bar.begin < rows[parent].begin or bar.end > rows[parent].end:
                    raise MalformedProfile(path, f"levels[{depth}]: a bar does not stand under one")
            elif len(rows) > first:
                raise MalformedProfile(path, "levels[0]: more than one bar is outermost")
            rows.append(replace(bar, parent=parent if depth else -1))
        above = range(first, len(rows))
    if not rows:
        raise EmptyProfile(path, "it has no bar")
    return rows


def _level(path: str, values: Sequence[_Number], depth: int, is_double: bool) -> Iterator[_Bar]:
    size = 7 if is_double else 4
    if len(values) % size:
        raise MalformedProfile(path, f"levels[{depth}]: {len(values)} numbers are not {size} a bar")
    try:
        numbers = [int(value) for value in values]
    except ValueError as error:
        raise MalformedProfile(path, f"levels[{depth}]: not a whole number") from error
    if numbers and not (min(numbers) >= 0 and sum(numbers) < 2**62):
        raise MalformedProfile(path, f"levels[{depth}]: a number is out of range")
    at = 0
    for start in range(0, len(numbers), size):
        *sides, name = numbers[start : start + size]
        gap, total, own = sides[-3:]
        gap_before, before, own_before = sides[:3] if is_double else (0, 0, 0)
        bar = _Bar(at + gap + gap_before, -1, before, total, (own_before, own), name)
        at = bar.end
        yield bar


def _own(path: str, total: list[int], rows: Sequence[_Bar]) -> list[int]:
    """Return what of each bar's total none below it has."""
    own = list(total)
    for row, bar in enumerate(rows):
        if bar.parent >= 0:
            own[bar.parent] -= total[row]
    if min(own) < 0:
        raise MalformedProfile(path, "bars have more weight than the one they stand under")
    return own


def _frame(builder: ProfileBuilder, name: str) -> int:
    if located := _LOCATED.fullmatch(name):
        return builder.frames.intern(located["name"], located["file"], int(located["line"] or 0))
    label = parse_label(name)
    return builder.frames.intern(label.name or UNKNOWN, label.file, label.line, label.module, label.kind)
