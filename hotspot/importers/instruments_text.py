"""A call tree copied out of Apple's Instruments ("Deep Copy"): tab-separated, a space a level in the last column.

::

    Running Time	Self (ms)		Symbol Name
    118.0ms   98.3%	2.0	 	start
    116.0ms   96.6%	6.0	 	 main

Newer versions write ``Weight	Self Weight		Symbol Name`` with units in every cell (``118.00 ms  98.3%	2.00 ms``). The self
times are read. There is no description by Apple; this is what published copies look like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from hotspot.importers._collect import Levels, Skipped
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("instruments-text", "Instruments call tree, copied as text", (".instruments.txt",))

_HEADING = re.compile(
    r"(?:Running Time|Weight|Bytes Used|Cycles|Samples|Count)\t(?:[^\t]*Self[^\t]*)\t.*Symbol Names?\s*",
    re.IGNORECASE,
)
_CELL = re.compile(
    r"\s*(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>min|s|ms|µs|us|ns|Bytes|KB|KiB|MB|MiB|GB|GiB|Gc|Mc|Kc|c)?\b.*"
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
    return Match.YES if any(_HEADING.fullmatch(line) for line in head.text.splitlines()[:5]) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree.

    Raises:
        EmptyProfile: no row has a weight of its own.
        MalformedProfile: a weight exceeds int64.
    """
    lines = decode_text(source.read()).splitlines()
    start = next((i for i, line in enumerate(lines) if _HEADING.fullmatch(line)), -1)
    heading = lines[start].split("\t") if start >= 0 else []
    column = next((i for i, name in enumerate(heading) if "self" in name.lower()), 1)
    header_unit = re.search(r"\((\S+)\)", heading[column]) if heading else None
    rows: list[tuple[int, int, str, re.Match[str]]] = []
    skipped = Skipped()
    for number, line in enumerate(lines[start + 1 :], start + 2):
        cells = line.split("\t")
        found = _CELL.fullmatch(cells[column]) if len(cells) > column + 1 else None
        if found:
            name = cells[-1]
            rows.append((number, len(name) - len(name.lstrip(" ")), name.strip(), found))
        elif line.strip():
            skipped.add(number)
    default = header_unit[1] if header_unit else "ms"
    units = {found["unit"] or default for *_, found in rows if found["number"].strip("0.,")} or {default}
    kind, sizes = _kind(units)
    tree = Levels(source.path, kind)
    columns: list[int] = []
    for number, column_of_name, name, found in rows:
        while columns and columns[-1] >= column_of_name:
            columns.pop()
        own = round(Decimal(found["number"].replace(",", "")) * sizes.get(found["unit"] or default, 1))
        tree.add(len(columns), tree.builder.frames.intern(name or UNKNOWN), [own], number)
        columns.append(column_of_name)
    losses = (
        Loss(LossKind.ROUNDED, "weights are printed for people, rounded"),
        *skipped.losses("no row of the tree"),
    )
    return [tree.build(Provenance(source.path, source.sha256, INFO.name, "Instruments", losses=losses))]


def _kind(units: set[str]) -> tuple[ValueType, dict[str, int]]:
    if units <= set(_SIZES):
        return ValueType("space", "bytes"), _SIZES
    if units <= set(_CYCLES):
        return ValueType("cycles", "count"), _CYCLES
    return ValueType("cpu", "nanoseconds"), _TIMES
