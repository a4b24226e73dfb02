"""Call trees as tables of comma-separated values: Intel VTune and the Visual Studio profiler.

::

    Function Stack,CPU Time:Self,Module          Level,Function Name,...,Elapsed Exclusive Time %,...,Module Name,
    "Total",0,                                   0,"Raytracer.exe",0,100.00,0.00,...,"",
    "  main",0.5,app.exe                         1,"Main()",1,8.75,0.69,...,"Raytracer.exe",

VTune (``vtune -report top-down -format csv``, also ``gprof-cc`` and ``callstacks`` trees) indents the function by its depth; every
column that ends in ``Self`` is a value type. Visual Studio (``VSPerfReport /summary:calltree``) has a column for the depth;
its exclusive shares have two decimals, its numbers of calls and samples are exact. Which columns there are is read from the heading.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hotspot.errors import MalformedProfile
from hotspot.importers._collect import Indents, Levels, plain_number
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
)
from hotspot.importers.labels import parse_label
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("call-tree-csv", "VTune and Visual Studio call trees, CSV", (".csv",))

_VTUNE = re.compile(r"\A(?:[^\n]*\n){0,8}?\"?Function Stack\"?\s*[,;\t|][^\n]*:Self", re.IGNORECASE)
_VISUAL_STUDIO = re.compile(r"\A\s*\"?Level\"?,\"?Function Name\"?,[^\n]*Exclusive")
_NUMBER = re.compile(r"(?P<number>-?\d{1,15}(?:\.\d{1,12})?(?:[eE]-?\d{1,2})?)\s*(?P<unit>s|ms|us)?")
_PLAIN = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?")
_INDENTED_QUOTE = re.compile(r'^( +)"')
_TOTAL = re.compile(r"\"?\s*Total\s*\"?")
_DECIMALS = 9  # VTune prints seconds with up to nine
_UNITS = {"": 10**9, "s": 10**9, "ms": 10**6, "us": 10**3}


def detect(head: Head) -> Match:
    """The heading of either table."""
    return Match.YES if _VTUNE.match(head.text) or _VISUAL_STUDIO.match(head.text) else Match.NO


@dataclass(frozen=True)
class _Row:
    """A row: its line, depth, function, module and own weights."""

    line: int
    depth: int
    name: str
    module: str
    own: list[int]


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree.

    Raises:
        NotThisFormat: the heading is neither's.
        MalformedProfile: a row has no depth or no number, or stands more than a level below the one above.
        EmptyProfile: no row has a weight.
    """
    is_vtune = _VTUNE.match(source.head.text) is not None
    if not is_vtune and not _VISUAL_STUDIO.match(source.head.text):
        raise NotThisFormat(source.path, "no heading of a call tree")
    rows, types = _vtune(source) if is_vtune else _visual_studio(source)
    tree = Levels(source.path, *types)
    for row in rows:
        label = parse_label(row.name)
        frame = tree.builder.frames.intern(
            label.name or UNKNOWN, label.file, label.line, row.module or label.module
        )
        tree.add(row.depth, frame, row.own, row.line)
    is_share = any(kind.unit == "percent" for kind in types)
    losses = (Loss(LossKind.ROUNDED, "shares have two decimals"),) if is_share else ()
    producer = "VTune" if is_vtune else "Visual Studio"
    return [tree.build(Provenance(source.path, source.checksum, INFO.name, producer, losses=losses))]


def _table(source: Source, first: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the heading, which begins with a column, and the rows below it, with their line numbers."""
    lines = list(source.lines())
    start = next(i for i, line in enumerate(lines) if line.strip().strip('"').lower().startswith(first))
    heading = lines[start]
    delimiter = max(",;\t|", key=heading.count)
    # VTune indents before the quote: `  "main(int, char)",0.5`.
    reader = csv.reader((_INDENTED_QUOTE.sub(r'"\1', line) for line in lines[start:]), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cells):
                yield start + reader.line_num, cells
    except csv.Error as error:  # a quote that is never closed
        raise MalformedProfile(source.path, str(error), line=start + reader.line_num) from error


def _vtune(source: Source) -> tuple[list[_Row], list[ValueType]]:
    table = _table(source, "function stack")
    _, heading = next(table)
    own_columns = {
        name.strip().lower(): i for i, name in enumerate(heading) if name.strip().lower().endswith(":self")
    }
    weights = list(own_columns.values())
    module = next((i for i, name in enumerate(heading) if name.strip().lower() == "module"), -1)
    types = [_vtune_type(heading[i]) for i in weights]
    rows: list[_Row] = []
    indents = Indents()
    has_total = False
    for line, cells in table:
        label = cells[0]
        if not rows and not has_total and _TOTAL.fullmatch(label):
            has_total = True  # a row that sums up the others
            continue
        depth = indents.depth(len(label) - len(label.lstrip(" ")))
        own = [
            _vtune_number(cells, i, kind, source.path, line) for i, kind in zip(weights, types, strict=True)
        ]
        where = cells[module].strip() if 0 <= module < len(cells) else ""
        name = label.strip()
        name = UNKNOWN if name == "[Unknown]" else name
        rows.append(_Row(line, depth, name, "" if where == "[Unknown]" else where, own))
    return rows, types


def _vtune_type(heading: str) -> ValueType:
    name = heading.strip()[: -len(":self")].strip()
    if "time" in name.lower():
        return ValueType(name.lower().replace(" ", "_"), "nanoseconds")
    return ValueType(name.lower().replace(" ", "_"), "count")


def _vtune_number(cells: Sequence[str], column: int, kind: ValueType, path: str, line: int) -> int:
    text = plain_number(cells[column].strip()) if column < len(cells) else ""
    found = _NUMBER.fullmatch(text or "0")
    if found is None:
        raise MalformedProfile(path, f"not a number: {text[:40]}", line=line)
    return round(Decimal(found["number"]) * (_UNITS[found["unit"] or ""] if kind.is_time else 1))


def _visual_studio(source: Source) -> tuple[list[_Row], list[ValueType]]:
    table = _table(source, "level")
    _, heading = next(table)
    names = [name.strip() for name in heading]
    share = next((i for i, name in enumerate(names) if "Exclusive" in name), None)
    if share is None:
        raise MalformedProfile(source.path, "no column of what functions take themselves (Exclusive)")
    counts = next((i for i, name in enumerate(names) if name in ("Exclusive Samples", "Number of Calls")), -1)
    module = names.index("Module Name") if "Module Name" in names else -1
    by_sample = names[share] == "Exclusive Samples"
    types = [ValueType("samples", "count")] if by_sample else [ValueType("time", "percent", 100)]
    if 0 <= counts != share:
        types.append(ValueType("samples" if names[counts] == "Exclusive Samples" else "calls", "count"))
    rows: list[_Row] = []
    for line, cells in table:
        columns = (0, share, counts)[: len(types) + 1]
        numbers = [plain_number(cells[i].strip()) if i < len(cells) else "" for i in columns]
        if not all(map(_PLAIN.fullmatch, numbers)) or not numbers[0].isdecimal():
            raise MalformedProfile(source.path, "a level, a share or a count is no number", line=line)
        own = [round(Decimal(text) * kind.scale) for text, kind in zip(numbers[1:], types, strict=True)]
        where = cells[module] if 0 <= module < len(cells) else ""
        rows.append(_Row(line, int(numbers[0]), cells[1] if len(cells) > 1 else "", where, own))
    return rows, types
