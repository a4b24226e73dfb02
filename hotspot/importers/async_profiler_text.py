"""async-profiler's text outputs: ``traces``, a stack a block, and ``flat``, a table of methods.

::

    --- 4260000000 ns (62.01%), 426 samples
      [ 0] Primes.isPrime
      [ 1] java.lang.Thread.run
      [ 2] [worker tid=123]

              ns  percent  samples  top
      ----------  -------  -------  ---
      4260000000   62.01%      426  Primes.isPrime

Stacks are leaf first. Both outputs hold the hottest 200 unless told otherwise; where there are stacks, the table repeats
them and is not read. Source: async-profiler's documentation, "Output formats".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from hotspot.errors import EmptyProfile
from hotspot.importers._collect import Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.labels import parse_label
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType, canonical_unit

INFO = ImporterInfo("async-profiler-text", "async-profiler traces and flat text", (".traces", ".flat"))

_TRACE = re.compile(
    r"--- (?P<counter>\d{1,19}) (?:(?P<unit>\w+) )?\(\s*[\d.]+%\), (?P<samples>\d{1,18}) samples?"
)
_FRAME = re.compile(r"\s*\[\s*\d+\] (?P<name>\S.*?)")
_TABLE = re.compile(r"\s*(?P<unit>\w+)\s+percent\s+samples\s+top")
_ROW = re.compile(r"\s*(?P<counter>\d{1,19})\s+[\d.]+%\s+(?P<samples>\d{1,18})\s+(?P<name>\S.*?)")
_TOTAL = re.compile(r"Total samples\s*: *(?P<samples>\d{1,18})")


def detect(head: Head) -> Match:
    """A trace with its first frame, or the heading of the table."""
    lines = head.lines
    for line, below in itertools.pairwise(lines):
        if _TRACE.fullmatch(line) and _FRAME.fullmatch(below):
            return Match.YES
        if _TABLE.fullmatch(line) and set(below.strip()) == {"-", " "}:
            return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the traces, else the table.

    Raises:
        EmptyProfile: there is neither.
        MalformedProfile: a number exceeds int64.
    """
    traces, rows, unit, total = _read(source.lines())
    stacks = Stacks(_value_type(unit), ValueType("samples", "count"))
    ids: dict[str, int] = {}
    read = 0
    for found, names in traces or rows:
        frames = [ids.setdefault(name, _frame(stacks, name)) for name in reversed(names)]
        stacks.add(frames, int(found["counter"]), int(found["samples"]))
        read += int(found["samples"])
    if not len(stacks):
        raise EmptyProfile(source.path, "no trace and no row of a table")
    losses = []
    if not traces:
        losses.append(Loss(LossKind.DROPPED, "a flat table: methods have no callers (`-o traces` has them)"))
    if (missing := total - read) > 0:
        said = f"{missing:,} of {total:,} samples are not among what is printed (`-o traces=N` prints more)"
        losses.append(Loss(LossKind.PRUNED, said, missing))
    provenance = Provenance(source.path, source.checksum, INFO.name, "async-profiler", losses=tuple(losses))
    return [stacks.build(provenance)]


_Found = list[tuple[re.Match[str], list[str]]]


def _read(lines: Iterable[str]) -> tuple[_Found, _Found, str, int]:
    """Return traces and rows of the table with the names of their frames, leaf first, the counter's unit, and all samples there were."""
    traces: _Found = []
    rows: _Found = []
    unit, total = "", 0
    in_trace = in_table = False
    for line in lines:
        if trace := _TRACE.fullmatch(line):
            in_trace, in_table = True, False
            unit = trace["unit"] or unit
            traces.append((trace, []))
        elif table := _TABLE.fullmatch(line):
            in_trace, in_table = False, True
            unit = unit or table["unit"]
        elif in_trace and (frame := _FRAME.fullmatch(line)):
            traces[-1][1].append(frame["name"])
        elif in_table and (row := _ROW.fullmatch(line)):
            rows.append((row, [row["name"]]))
        elif said := _TOTAL.match(line):
            total = int(said["samples"])
    return traces, rows, unit, total


def _value_type(unit: str) -> ValueType:
    kind = ValueType("cpu", canonical_unit(unit))
    if kind.is_time:
        return kind
    return ValueType("alloc_space", kind.unit) if kind.is_memory else ValueType(unit or "events", "count")


def _frame(stacks: Stacks, name: str) -> int:
    label = parse_label(name)
    return stacks.builder.frames.intern(label.name, label.file, label.line, label.module, label.kind)
