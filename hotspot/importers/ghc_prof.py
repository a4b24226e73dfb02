"""GHC's time and allocation report (``+RTS -p`` or ``-P``): a tree of cost centres, a space a level.

::

        total time  =       10.25 secs   (10250 ticks @ 1000 us, 1 processor)
        total alloc = 90,486,853,312 bytes  (excludes profiling overheads)
                                                  individual      inherited
    COST CENTRE  MODULE SRC            no. entries  %time %alloc   %time %alloc  ticks  bytes
    MAIN         MAIN   <built-in>     168       0    2.6    0.0   100.0  100.0    510 456096
     work        Lib    src/Lib.hs:8:1 340       0   97.4  100.0    97.4  100.0   9740 90486357376

Ticks and bytes are printed with ``-P`` and are exact; else time and allocation are computed from the shares, which have
one decimal. A cost centre's name is ``Module.name``. Reports before GHC 8 have no SRC. Source: the GHC user's guide, "Profiling".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from hotspot.errors import MalformedProfile
from hotspot.importers._collect import Levels, Skipped
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("ghc-prof", "GHC time and allocation profile", (".prof",))

_TITLE = re.compile(r"Time and Allocation Profiling Report\b")
_TIME = re.compile(
    r"\s*total time\s*=\s*[\d.,]+ secs\s+\((?P<ticks>\d{1,15}) ticks @ (?P<tick>\d{1,9}) (?P<unit>us|ms)\b"
)
_ALLOC = re.compile(r"\s*total alloc\s*=\s*(?P<bytes>[\d,]{1,25}) bytes\b")
_HEADING = re.compile(
    r"\s*COST CENTRE\s+MODULE\s+(?:SRC\s+)?(?:no\.\s+)?entries\s+%time\s+%alloc\s+%time\s+%alloc.*"
)
_SHARE = r"\d{1,3}\.\d"
_ROW = re.compile(
    r"(?P<indent>\s*)(?P<name>\S.*?)\s+(?P<module>[\w.']+)\s+(?:(?P<source>[^\s\d].*?|\d*\D\S*)\s+)?(?:\d{1,18}\s+)?\d{1,18}"
    rf"\s+(?P<time>{_SHARE})\s+(?P<alloc>{_SHARE})\s+{_SHARE}\s+{_SHARE}(?:\s+(?P<ticks>\d{{1,18}})\s+(?P<bytes>\d{{1,18}}))?"
)
_PLACE = re.compile(r"(?P<file>[^<].*?):\(?(?P<line>\d{1,9})[,:].*")
_LONGEST = 2000  # a longer line is no row, and would take long to find out
_NANOSECONDS = {"us": 10**3, "ms": 10**6}


def detect(head: Head) -> Match:
    """The report's title, or the heading of its tree above a total."""
    if _TITLE.search(head.text[:4096]) and "COST CENTRE" in head.text:
        return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree.

    Raises:
        MalformedProfile: the tree or the total time is missing, or a row stands deeper than the one above allows.
        EmptyProfile: there was no tick.
    """
    lines = list(source.lines())
    start = next((i for i, line in enumerate(lines) if _HEADING.fullmatch(line)), None)
    if start is None:
        raise MalformedProfile(source.path, "the report has no tree of cost centres")
    totals = lines[:start]
    time = next(filter(None, map(_TIME.match, totals)), None)
    alloc = next(filter(None, map(_ALLOC.match, totals)), None)
    if time is None:
        raise MalformedProfile(source.path, "no line says the total time in ticks")
    tick = int(time["tick"]) * _NANOSECONDS[time["unit"]]
    all_time, all_bytes = int(time["ticks"]) * tick, int(alloc["bytes"].replace(",", "")) if alloc else 0
    rows, skipped = _rows(lines, start + 1)
    exact = all(row["ticks"] for _, row in rows)
    kinds = [ValueType("time", "nanoseconds"), ValueType("alloc_space", "bytes")]
    tree = Levels(source.path, *kinds, *([ValueType("samples", "count")] if exact else []))
    left = min((len(row["indent"]) for _, row in rows), default=0)
    for number, row in rows:
        if exact:
            ticks = int(row["ticks"])
            own = [ticks * tick, int(row["bytes"]), ticks]
        else:
            own = [_part(row["time"], all_time), _part(row["alloc"], all_bytes)]
        tree.add(len(row["indent"]) - left, _frame(tree, row), own, number)
    losses = list(skipped.losses("no cost centre"))
    if not exact:
        text = "times and bytes are computed from shares of one decimal (`+RTS -P` writes them exactly)"
        losses.append(Loss(LossKind.ROUNDED, text))
    provenance = Provenance(source.path, source.checksum, INFO.name, "GHC", losses=tuple(losses))
    has_time = any(own[0] for own in tree.own)
    return [tree.build(provenance, selected=0 if has_time else 1)]


def _rows(lines: Sequence[str], start: int) -> tuple[list[tuple[int, re.Match[str]]], Skipped]:
    """Return the rows of the tree with their line numbers."""
    rows: list[tuple[int, re.Match[str]]] = []
    skipped = Skipped()
    for number, line in enumerate(lines[start:], start + 1):
        if len(line) <= _LONGEST and (row := _ROW.fullmatch(line)):
            rows.append((number, row))
        elif line.strip():
            skipped.add(number)
    return rows, skipped


def _part(share: str, whole: int) -> int:
    return round(Decimal(share) * whole / 100)


def _frame(tree: Levels, row: re.Match[str]) -> int:
    name = f"{row['module']}.{row['name']}"
    place = _PLACE.fullmatch(row["source"] or "")
    if place is None:
        return tree.builder.frames.intern(name)
    return tree.builder.frames.intern(name, place["file"], int(place["line"]))
