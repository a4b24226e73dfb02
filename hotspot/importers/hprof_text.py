"""The text of Java's HPROF agent (``-agentlib:hprof``, ``-Xrunhprof``): numbered stacks, then tables that refer to them.

::

    JAVA PROFILE 1.0.1, created Fri Dec 18 16:33:00 2009
    TRACE 300556: (thread=200001)
        app.Store.close(Store.java:229)
        app.Main.main(Main.java:68)
    CPU SAMPLES BEGIN (total = 310) Fri Dec 18 16:33:04 2009
    rank   self  accum   count trace method
       1 40.32% 40.32%     125 300556 app.Store.close
    CPU SAMPLES END

``CPU SAMPLES`` count samples. ``CPU TIME (ms)`` has shares of the time and counts of calls. ``SITES`` are allocations, where
the class that was allocated is kept as the leaf. Each table is a profile; of a kind that comes again (a dump on a
signal), the last one holds all. Binary heap dumps begin alike and are not read. Source: "HPROF: A Heap/CPU Profiling Tool",
JDK 8's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._collect import Skipped, Stacks
from hotspot.importers._java_frames import java_place
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo(
    "hprof-text", "Java HPROF agent text (cpu=samples, cpu=times, heap=sites)", (".hprof.txt",)
)

_TITLE = re.compile(r"\s*JAVA PROFILE \d[\d.]*, created ")
_THREAD = re.compile(r'THREAD START \(.*?\bid = ?(?P<id>\d{1,18}), name="(?P<name>.*?)"(?:, group=.*)?\)')
_TRACE = re.compile(r"TRACE (?P<id>\d{1,18}):(?: \(thread=(?P<thread>\d{1,18})\))?")
_BEGIN = re.compile(
    r"(?P<table>CPU SAMPLES|CPU TIME \(ms\)|SITES) BEGIN \((?:total = (?P<total>\d{1,18})|[^)]*)\).*"
)
_END = re.compile(r"(?:CPU SAMPLES|CPU TIME \(ms\)|SITES) END")
_CPU_ROW = re.compile(
    r"\s*\d+\s+(?P<share>\d+[.,]\d+)%\s+\d+[.,]\d+%\s+(?P<count>\d{1,18})\s+(?P<trace>\d{1,18})\s+(?P<method>\S.*?)"
)
_SITE_ROW = re.compile(
    r"\s*\d+\s+\d+[.,]\d+%\s+\d+[.,]\d+%\s+(?P<live>\d{1,18})\s+(?P<live_n>\d{1,18})\s+(?P<all>\d{1,18})\s+(?P<all_n>\d{1,18})"
    r"\s+(?P<trace>\d{1,18})\s+(?P<type>\S.*?)"
)
_TYPES = {
    "CPU SAMPLES": (ValueType("samples", "count"),),
    "CPU TIME (ms)": (ValueType("cpu", "milliseconds", 100), ValueType("calls", "count")),
    "SITES": (
        ValueType("inuse_space", "bytes"),
        ValueType("inuse_objects", "count"),
        ValueType("alloc_space", "bytes"),
        ValueType("alloc_objects", "count"),
    ),
}


def detect(head: Head) -> Match:
    """The title of the text form, or the beginning of a table above a row of it."""
    if _TITLE.match(head.text):
        return Match.YES
    lines = head.lines
    for i, line in enumerate(lines):
        if _BEGIN.fullmatch(line):
            rows = (_CPU_ROW.fullmatch(row) or _SITE_ROW.fullmatch(row) for row in lines[i + 1 : i + 5])
            return Match.YES if any(rows) else Match.NO
    return Match.NO


@dataclass
class _Table:
    """One table: its name, what it says is the total, and its rows."""

    name: str
    total: int
    rows: list[re.Match[str]] = field(default_factory=list)
    ended: bool = False


@dataclass
class _File:
    """What was read.

    Attributes:
        traces: frames of each stack, leaf first, and the number of its thread.
        threads: name of each thread.
        tables: the last of each kind.
        repeated: tables that a later one of their kind replaced.
    """

    traces: dict[str, tuple[list[str], str]] = field(default_factory=dict)
    threads: dict[str, str] = field(default_factory=dict)
    tables: dict[str, _Table] = field(default_factory=dict)
    repeated: int = 0
    skipped: Skipped = field(default_factory=Skipped)


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read every table.

    Raises:
        EmptyProfile: there is none, as in a recording of the heap's objects only.
    """
    file = _read(source.lines())
    profiles = [_profile(source, file, table) for table in file.tables.values() if table.rows]
    if not profiles:
        raise EmptyProfile(
            source.path,
            "no table of CPU samples, CPU times or allocation sites",
            hint="record with -agentlib:hprof=cpu=samples, or with async-profiler or Flight Recorder",
        )
    return profiles


def _read(lines: Iterable[str]) -> _File:
    file = _File()
    frames: list[str] | None = None
    table: _Table | None = None
    for number, line in enumerate(lines, 1):
        if table is not None:
            if _END.fullmatch(line):
                table.ended, table = True, None
            elif row := (_SITE_ROW if table.name == "SITES" else _CPU_ROW).fullmatch(line):
                table.rows.append(row)
            elif line.strip() and not line.lstrip().startswith(("rank", "percent")):
                file.skipped.add(number)
        elif trace := _TRACE.fullmatch(line):
            frames = []
            file.traces[trace["id"]] = frames, trace["thread"] or ""
        elif begin := _BEGIN.fullmatch(line):
            table, frames = _Table(begin["table"], int(begin["total"] or 0)), None
            file.repeated += begin["table"] in file.tables
            file.tables[begin["table"]] = table
        elif thread := _THREAD.fullmatch(line):
            file.threads[thread["id"]] = thread["name"]
        elif frames is not None and line[:1] in ("\t", " ") and line.strip():
            frames.append(line.strip())
        else:
            frames = None
    return file


def _profile(source: Source, file: _File, table: _Table) -> Profile:
    stacks = Stacks(*_TYPES[table.name])
    by_thread = any(thread for _, thread in file.traces.values())
    unknown = 0
    for row in table.rows:
        if row["trace"] in file.traces:
            texts, thread = file.traces[row["trace"]]
        else:
            texts, thread = [row["method"]] if table.name != "SITES" else [], ""
            unknown += 1
        frames = [_frame(stacks.builder, text) for text in reversed(texts)]
        if table.name == "SITES":
            frames.append(stacks.builder.frames.intern(row["type"]))
        stacks.add(
            frames,
            *_weights(table, row),
            thread=_thread(file.threads, thread) if by_thread else None,
        )
    losses = list(file.skipped.losses("no row of a table"))
    if unknown:
        losses.append(
            Loss(LossKind.DROPPED, f"{unknown:,} stacks are not in the file; their leaf is known", unknown)
        )
    if table.name == "CPU TIME (ms)":
        losses.append(Loss(LossKind.ROUNDED, "times are computed from shares of two decimals"))
    elif (
        table.name == "CPU SAMPLES"
        and (missing := table.total - sum(int(row["count"]) for row in table.rows)) > 0
    ):
        text = f"the table says {table.total:,} samples; {missing:,} are under its cutoff and not in the file"
        losses.append(Loss(LossKind.PRUNED, text, missing))
    if file.repeated:
        losses.append(
            Loss(LossKind.DROPPED, f"{file.repeated} earlier tables are left out: the last one holds all")
        )
    if not table.ended:
        losses.append(Loss(LossKind.TRUNCATED, "the table has no end: the file ends early"))
    provenance = Provenance(source.path, source.checksum, INFO.name, "Java HPROF agent", losses=tuple(losses))
    return stacks.build(provenance, label=table.name.lower())


def _weights(table: _Table, row: re.Match[str]) -> tuple[int, ...]:
    if table.name == "SITES":
        return int(row["live"]), int(row["live_n"]), int(row["all"]), int(row["all_n"])
    if table.name == "CPU SAMPLES":
        return (int(row["count"]),)
    return round(Decimal(row["share"].replace(",", ".")) * table.total), int(row["count"])


def _frame(builder: ProfileBuilder, text: str) -> int:
    return builder.frames.intern(*((UNKNOWN,) if text == "<empty>" else java_place(text)))


def _thread(names: dict[str, str], number: str) -> Thread:
    return Thread(None, int(number) if number else None, names.get(number, ""))
