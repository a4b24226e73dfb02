"""A call tree copied out of Apple's Instruments ("Deep Copy"): tab-separated, a space a level in the last column.

::

    Running Time	Self (ms)		Symbol Name
    118.0ms   98.3%	2.0	 	start
    116.0ms   96.6%	6.0	 	 main

Newer versions write ``Weight	Self Weight		Symbol Name`` with units in every cell (``118.00 ms  98.3%	2.00 ms``, ``34.35 Mc``) and
``-`` for nothing. Allocations (``Bytes Used	Count		Symbol Name``) have no column of a row itself: it is what the row has more than
those below it. There is no description by Apple; this is what published copies look like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hotspot.importers._collect import Indents, Levels, Skipped, plain_number
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("instruments-text", "Instruments call tree, copied as text", (".instruments.txt",))

_HEADING = re.compile(
    r"(?:Running Time|Weight|Bytes Used|Cycles|Samples|Count)[^\t]*\t[^\t]*(?:Self|Count)[^\t]*\t.*Symbol Names?\s*",
    re.IGNORECASE,
)
_CELL = re.compile(
    r"\s*(?:-\s*|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)\s*"
    r"(?P<unit>min|s|ms|µs|us|ns|Bytes|KB|KiB|MB|MiB|GB|GiB|Gc|Mc|Kc|c)?\b.*)"
)
_TIMES = {"min": 60 * 10**9, "s": 10**9, "ms": 10**6, "µs": 10**3, "us": 10**3, "ns": 1}
_SIZES = {
    "Bytes": 1,
    "KB": 1 << 10,
    "KiB": 1 << 10,
    "MB": 1 << 20,
    "MiB": 1 << 20,
    "GB": 1 << 30,
    "GiB": 1 << 30,
}
_CYCLES = {"Gc": 10**9, "Mc": 10**6, "Kc": 10**3, "c": 1}


def detect(head: Head) -> Match:
    """The heading of the table."""
    return Match.YES if any(_HEADING.fullmatch(line) for line in head.lines[:5]) else Match.NO


@dataclass(frozen=True)
class _Row:
    """A row: its line, the column its name begins in, the name, and the number and unit of its weight."""

    line: int
    indent: int
    name: str
    number: Decimal
    unit: str


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree.

    Raises:
        EmptyProfile: no row has a weight of its own.
        MalformedProfile: a weight exceeds int64.
    """
    lines = decode_text(source.read()).splitlines()
    start = next((i for i, line in enumerate(lines) if _HEADING.fullmatch(line)), -1)
    heading = lines[start].split("\t") if start >= 0 else []
    own_column = next((i for i, name in enumerate(heading) if "self" in name.lower()), None)
    column = 0 if own_column is None else own_column
    skipped = Skipped()
    rows = _rows(lines, start + 1, column, skipped)
    in_heading = re.search(r"\(([^()\s]+)\)", heading[column]) if heading else None
    default = in_heading[1] if in_heading else "ms"
    kind, sizes = _kind({row.unit or default for row in rows if row.number} or {default})
    tree = Levels(source.path, kind)
    indents = Indents()
    for row in rows:
        weight = round(row.number * sizes.get(row.unit or default, 1))
        frame = tree.builder.frames.intern(row.name or UNKNOWN)
        node = tree.add(indents.depth(row.indent), frame, [weight], row.line)
        if own_column is None and (parent := tree.parents[node]) >= 0:
            tree.own[parent][0] -= weight
    tree.own = [[max(own[0], 0)] for own in tree.own]
    losses = (
        Loss(LossKind.ROUNDED, "weights are printed for people, rounded"),
        *skipped.losses("no row of the tree"),
    )
    return [tree.build(Provenance(source.path, source.checksum, INFO.name, "Instruments", losses=losses))]


def _rows(lines: Sequence[str], start: int, column: int, skipped: Skipped) -> list[_Row]:
    rows: list[_Row] = []
    for number, line in enumerate(lines[start:], start + 1):
        cells = line.split("\t")
        found = _CELL.fullmatch(cells[column]) if len(cells) > column + 1 else None
        if found:
            name = cells[-1]
            weight = Decimal(plain_number(found["number"] or "0"))
            rows.append(
                _Row(number, len(name) - len(name.lstrip(" ")), name.strip(), weight, found["unit"] or "")
            )
        elif line.strip():
            skipped.add(number)
    return rows


def _kind(units: set[str]) -> tuple[ValueType, dict[str, int]]:
    if units <= set(_SIZES):
        return ValueType("space", "bytes"), _SIZES
    if units <= set(_CYCLES):
        return ValueType("cycles", "count"), _CYCLES
    return ValueType("cpu", "nanoseconds"), _TIMES
