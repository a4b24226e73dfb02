"""What ``go tool pprof -raw`` and ``-traces`` print: a profile's stacks as text, leaf first.

::

    samples/count cpu/nanoseconds                 10ms   main.fib
              1   10000000: 1 2                          main.main (inline)
    Locations                                     -----------+--------------
         1: 0x4b5974 M=1 main.fib a.go:3 s=0      20ms   main.main
         2: 0x4b59b8 M=1 main.main a.go:9 s=0

``-raw`` has every value type, exactly. ``-traces`` has one, as numbers for people: two decimals of a unit. Source:
google/pprof, ``profile.Profile.String`` and ``internal/report.printTraces``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice

from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._collect import Skipped, Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import UNKNOWN, Kind, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType, canonical_unit

INFO = ImporterInfo("pprof-text", "pprof -raw and -traces text", (".traces.txt", ".raw.txt"))

_RAW_HEAD = re.compile(r"^Samples:\r?\n(?P<types>\S+/\S*(?: \S+/\S*)*) *\r?$", re.MULTILINE)
_RAW_SAMPLE = re.compile(r"\s*(?P<values>-?\d{1,19}(?:\s+-?\d{1,19})*):(?P<ids>(?: \d{1,18})*)")
_LOCATION = re.compile(
    r"\s*(?P<id>\d{1,18}): 0x[0-9a-f]+(?: M=(?P<mapping>\d{1,9}))?(?: \[F\])? ?(?P<line>.*)"
)
_FUNCTION = re.compile(
    r"(?P<name>.*) (?P<file>[^ ]*?):(?P<line>-?\d{1,10})(?::\d+)? s=-?\d+(?:\(.*\))?", re.DOTALL
)
_MAPPING = re.compile(
    r"(?P<id>\d{1,9}): 0x[0-9a-f]+/0x[0-9a-f]+/0x[0-9a-f]+ (?P<file>.*?)(?: [0-9a-f]*)?(?: ?\[\w+\])*"
)
_DURATION = re.compile(r"^Duration: (?P<seconds>\d{1,9}(?:\.\d{1,9})?)", re.MULTILINE)

_TRACES_HEAD = re.compile(
    r"\A(?:[A-Z][\w ]*: [^\n]*\n|[A-Z][^\n]*\n){0,12}-{10,}\+-{10,}\r?\n *(?:\S+: {1,10}\S|-?[\d.]+\S* {3}\S)"
)
_TYPE = re.compile(r"^Type: (?P<type>\S+)", re.MULTILINE)
_RULE = re.compile(r"-{10,}\+-{10,}")
_LEAF = re.compile(r"\s*(?P<number>-?\d{1,18}(?:\.\d{1,6})?)(?P<unit>[A-Za-zµ]*) {3}(?P<name>\S.*?)")
_CALLER = re.compile(r" {13}(?P<name>\S.*?)")
_LABEL = re.compile(r" *\S.*?: {1,2}\S.*")
_LONG_UNITS = {"mins": 60 * 10**9, "hrs": 3600 * 10**9, "days": 86400 * 10**9, "tb": 1 << 40, "pb": 1 << 50}


def detect(head: Head) -> Match:
    """The heading of the samples of ``-raw``, or the rule of ``-traces`` with a stack below it."""
    text = head.text
    if _RAW_HEAD.search(text) and text.lstrip().startswith(
        ("PeriodType:", "Period:", "Time:", "Duration:", "Samples:", "Comment", "Doc")
    ):
        return Match.YES
    return Match.YES if _TRACES_HEAD.match(text) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples.

    Raises:
        EmptyProfile: there is none.
        MalformedProfile: a sample has another number of values than there are types, or names no location.
    """
    return [_read_traces(source) if _TRACES_HEAD.match(source.head.text) else _read_raw(source)]


# -- -raw ----------------------------------------------------------------------------------------------------------


def _read_raw(source: Source) -> Profile:
    text = source.head.text
    head = _RAW_HEAD.search(text)
    if head is None:
        raise EmptyProfile(source.path, "no samples")
    names = head["types"].split(" ")
    types = [ValueType(*name.removesuffix("[dflt]").partition("/")[::2]) for name in names]
    selected = next((i for i, name in enumerate(names) if name.endswith("[dflt]")), len(types) - 1)
    above = text.count("\n", 0, head.end()) + 1
    samples, locations, mappings = _raw_sections(islice(enumerate(source.lines(), 1), above, None))
    stacks = Stacks(*types)
    ids = _raw_frames(stacks, locations, mappings)
    for number, sample in samples:
        values = [int(value) for value in sample["values"].split()]
        chain = sample["ids"].split()
        if len(values) != len(types):
            raise MalformedProfile(source.path, f"{len(values)} values of {len(types)} types", line=number)
        if unknown := next((key for key in chain if key not in ids), None):
            raise MalformedProfile(source.path, f"location {unknown} is not in the file", line=number)
        stacks.add([frame for key in reversed(chain) for frame in ids[key]], *values)
    duration = _DURATION.search(text[: head.start()])
    provenance = Provenance(
        source.path,
        source.checksum,
        INFO.name,
        "pprof -raw",
        duration_ns=int(Decimal(duration["seconds"]) * 10**9) if duration else None,
    )
    return stacks.build(provenance, selected=selected)


def _raw_sections(
    lines: Iterable[tuple[int, str]],
) -> tuple[list[tuple[int, re.Match[str]]], dict[str, tuple[str, list[str]]], dict[str, str]]:
    """Sort numbered lines out: the samples with their line numbers, the mapping and functions of each location, and the file of each mapping."""
    samples: list[tuple[int, re.Match[str]]] = []
    locations: dict[str, tuple[str, list[str]]] = {}
    mappings: dict[str, str] = {}
    section = "Samples"
    functions: list[str] = []
    for number, line in lines:
        if line.strip() in ("Locations", "Mappings"):
            section = line.strip()
        elif section == "Samples":
            if sample := _RAW_SAMPLE.fullmatch(line):  # other lines are labels
                samples.append((number, sample))
        elif section == "Locations":
            if location := _LOCATION.fullmatch(line):
                functions = [location["line"]]
                locations[location["id"]] = location["mapping"] or "", functions
            elif line.strip():
                functions.append(line.strip())
        elif mapping := _MAPPING.fullmatch(line):
            mappings[mapping["id"]] = mapping["file"]
    return samples, locations, mappings


def _raw_frames(
    stacks: Stacks, locations: dict[str, tuple[str, list[str]]], mappings: dict[str, str]
) -> dict[str, list[int]]:
    """Return the frames of each location, root first; all but the first of a location are inlined into it."""
    ids: dict[str, list[int]] = {}
    for key, (mapping, functions) in locations.items():
        module = mappings.get(mapping, "")
        frames: list[int] = []
        for text in reversed(functions):
            found = _FUNCTION.fullmatch(text)
            kind = Kind.INLINED if frames else Kind.USER
            name, file, line = (
                (found["name"], found["file"], max(int(found["line"]), 0)) if found else ("", "", 0)
            )
            frames.append(stacks.builder.frames.intern(name or UNKNOWN, file, line, module, kind))
        ids[key] = frames
    return ids


# -- -traces -------------------------------------------------------------------------------------------------------


def _read_traces(source: Source) -> Profile:
    rows: list[tuple[re.Match[str], list[str]]] = []
    skipped = Skipped()
    begun = False
    for number, line in enumerate(source.lines(), 1):
        if _RULE.fullmatch(line):
            begun = True
        elif begun and (caller := _CALLER.fullmatch(line)) and rows:
            rows[-1][1].append(caller["name"])
        elif begun and (leaf := _LEAF.fullmatch(line)):
            rows.append((leaf, [leaf["name"]]))
        elif begun and line.strip() and not _LABEL.fullmatch(line):
            skipped.add(number)
    if not rows:
        raise EmptyProfile(source.path, "no trace has a value")
    of_type = _TYPE.search(source.head.text)
    unit = next((unit for leaf, _ in rows if (unit := _base(leaf["unit"])[0]) != "count"), "count")
    stacks = Stacks(ValueType(of_type["type"] if of_type else "samples", unit))
    for leaf, names in rows:
        stacks.add([_traced(stacks, name) for name in reversed(names)], _value(leaf))
    losses = list(skipped.losses("no frame and no value"))
    if unit != "count":
        losses.append(
            Loss(LossKind.ROUNDED, "values are printed for people, with two decimals (`pprof -raw` is exact)")
        )
    return stacks.build(
        Provenance(source.path, source.checksum, INFO.name, "pprof -traces", losses=tuple(losses))
    )


def _base(unit: str) -> tuple[str, int]:
    """Return the unit that a printed one is a multiple of, and how many."""
    lowered = unit.lower()
    if lowered in _LONG_UNITS:
        return "bytes" if lowered in ("tb", "pb") else "nanoseconds", _LONG_UNITS[lowered]
    kind = ValueType("", canonical_unit(unit))
    if kind.is_time:
        return "nanoseconds", kind.base_units or 1
    return ("bytes", kind.base_units or 1) if kind.is_memory else ("count", 1)


def _value(leaf: re.Match[str]) -> int:
    return round(Decimal(leaf["number"]) * _base(leaf["unit"])[1])


def _traced(stacks: Stacks, name: str) -> int:
    inlined = name.endswith(" (inline)")
    return stacks.builder.frames.intern(
        name.removesuffix(" (inline)"), kind=Kind.INLINED if inlined else Kind.USER
    )
