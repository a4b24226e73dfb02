"""What `gprof` prints: the flat profile and the call graph, in GNU's form and in BSD's; VTune's ``gprof-cc`` report as well.

::

    index % time    self  children    called     name
                    0.01    0.00      44/44          worker [2]
    [1]    100.0    0.01    0.00      44+6535278 fib [1]
                                 6535278             fib [1]
    -----------------------------------------------

A function's callers stand above its own line, its callees below. Times have two decimals. gprof sampled each function and
counted each call, and divided a function's time among its callers by their calls: self times are exact, paths
are an estimate. A cycle of functions that call each other shares one time; it is divided by calls as well.
Without the call graph (``gprof -p``) functions stand alone. VTune prints no calls, and empty lines in place of rules. Source: the GNU gprof manual, "Interpreting gprof's Output".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._call_graph import APPROXIMATE, CallGraph, add_call_graph
from hotspot.importers._collect import Skipped, check_weights
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("gprof", "gprof flat profile and call graph", (".gprof", ".prof.txt"))

_GRAPH_HEAD = re.compile(r"\s*index\s+%(?:\s*time)?\s+self\s+(?:children|descend[ae]nts)\s+called\b.*")
_VTUNE_HEAD = re.compile(r"\s*Index\s+% CPU Time:Total\s+CPU Time:Self\s+CPU Time:Children\s+Name\s.*")
_FLAT_TITLE = re.compile(r"Flat profile:\s*|\s*%\s+cumulative\s+self\b.*")
_RULE = re.compile(r"-{8,}")
_EMPTY = re.compile(r"")
_ENDS_GRAPH = re.compile(r"\s*(?:This table describes|Index by function name|the time spent)")
_TIME = r"\d{1,15}\.\d{1,6}"
_NAME = r"(?P<name>\S.*?)(?:\s<cycle (?P<cycle>\d+)>)?(?<!\s)\s+\[(?P<index>\d{1,9})\]"
_OWN = re.compile(
    rf"\[\d{{1,9}}\]\s+(?:{_TIME}|<?\d+%?)\s+(?P<self>{_TIME})\s+(?P<children>{_TIME})"
    rf"(?:\s+(?P<calls>\d{{1,18}})(?:\+(?P<recursive>\d{{1,18}}))?)?\s+{_NAME}"
)
_WHOLE_CYCLE = re.compile(
    rf"\[\d{{1,9}}\]\s+(?:{_TIME}|<?\d+%?)\s+(?P<self>{_TIME})\s+(?P<children>{_TIME})\s.*"
    r"<cycle (?P<cycle>\d+) as a whole>\s*\[\d+\]"
)
_CALL = re.compile(
    rf"\s+(?:(?P<self>{_TIME})\s+(?P<children>{_TIME})\s+)?(?P<calls>\d{{1,18}})(?:/\d{{1,18}})?\s+{_NAME}"
)
_VTUNE_CALL = re.compile(rf"\s+(?P<self>{_TIME})\s+(?P<children>{_TIME})\s+(?P<calls>(?!))?{_NAME}")
# share, cumulative, self; calls and the times per call where the function was compiled with -pg
_FLAT = re.compile(
    rf"\s*(?:\d+\.\d+|<?\d+%?)\s+{_TIME}\s+(?P<self>{_TIME})(?:\s+(?P<calls>\d{{1,18}})\s+{_TIME}\s+{_TIME})?\s+(?P<name>\S.*?)"
    r"(?:\s<cycle \d+>)?(?:\s\[\d+\])?"
)
_LINE = re.compile(r"(?P<name>.+) \((?P<file>[^()]+):(?P<line>\d{1,9}) @ [0-9a-f]+\)")  # gprof -l
_UNIT = re.compile(r"\b(?:self|cycles)\s{1,40}cycles\b")
_THOUSANDS = re.compile(r"\(K\)\s{1,40}\(K\)")


def detect(head: Head) -> Match:
    """The heading of the call graph, or that of the flat profile above rows of it."""
    lines = head.lines
    if any(_GRAPH_HEAD.fullmatch(line) or _VTUNE_HEAD.fullmatch(line) for line in lines):
        return Match.YES
    start = next((i for i, line in enumerate(lines) if _FLAT_TITLE.fullmatch(line)), None)
    if start is None:
        return Match.NO
    return Match.YES if any(_FLAT.fullmatch(line) for line in lines[start + 1 : start + 12]) else Match.NO


@dataclass
class _Function:
    """One entry of the call graph, or one row of the flat profile.

    Attributes:
        own: its own time.
        below: time of its callees.
        calls: how often it was called.
        cycle: number of its cycle, or empty.
    """

    name: str
    own: int = 0
    below: int = 0
    calls: int = 0
    cycle: str = ""


@dataclass
class _Report:
    """What was read; times in thousandths of what is printed.

    Attributes:
        functions: of the call graph, by index.
        cycles: time of each cycle and of what it calls.
        edges: (caller, callee) by index -> time of the callee on the caller's behalf, and calls.
        flat: rows of the flat profile, by name.
    """

    functions: dict[str, _Function] = field(default_factory=dict)
    cycles: dict[str, int] = field(default_factory=dict)
    edges: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    flat: dict[str, list[_Function]] = field(default_factory=lambda: defaultdict(list))
    skipped: Skipped = field(default_factory=Skipped)


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the call graph where there is one, else the flat profile.

    Raises:
        EmptyProfile: no function has a time.
        MalformedProfile: a time exceeds int64.
    """
    report = _read(source.lines())
    functions = dict(report.functions)
    known = {function.name for function in functions.values()}
    for name, rows in report.flat.items():
        if name not in known:
            functions.update({f"flat {name} {i}": row for i, row in enumerate(rows)})
    check_weights(([f.own, f.below, f.calls] for f in functions.values()), source.path)
    if not any(function.own for function in functions.values()):
        raise EmptyProfile(
            source.path,
            "no function has a time: the program ended before gprof took a sample",
            hint="let it run for seconds, or count with `valgrind --tool=callgrind`",
        )
    types = (_time_type(source.head.text), ValueType("calls", "count"))
    has_calls = any(function.calls for function in functions.values())
    builder = ProfileBuilder(types if has_calls else types[:1])
    add_call_graph(builder, _graph(builder, functions, report, has_calls))
    loss = (
        Loss(LossKind.APPROXIMATE, APPROXIMATE)
        if report.functions
        else Loss(
            LossKind.DROPPED,
            "a flat profile: without the call graph (gprof without -p) functions have no callers",
        )
    )
    losses = [loss, *report.skipped.losses("no function and no call")]
    return [builder.build(Provenance(source.path, source.checksum, INFO.name, "gprof", losses=tuple(losses)))]


def _time_type(text: str) -> ValueType:
    if any(_UNIT.search(line) for line in text.splitlines()[:8]):  # simulators count cycles
        return ValueType("cpu", "cycles", 1 if _THOUSANDS.search(text[:2000]) else 1000)
    return ValueType("cpu", "milliseconds")


def _read(lines: Iterable[str]) -> _Report:
    report = _Report()
    entry: list[tuple[int, str]] | None = None  # lines of the open entry, in the call graph only
    rule, in_flat = _RULE, False
    for number, line in enumerate(lines, 1):
        if _GRAPH_HEAD.fullmatch(line):
            entry, in_flat = [], False
        elif _VTUNE_HEAD.fullmatch(line):
            entry, in_flat, rule = [], False, _EMPTY
        elif entry is None and _FLAT_TITLE.fullmatch(line):
            in_flat = True
        elif in_flat and (row := _FLAT.fullmatch(line)):
            function = _Function(row["name"], _thousandths(row["self"]), 0, int(row["calls"] or 0))
            report.flat[function.name].append(function)
        elif entry is not None and rule.fullmatch(line):
            _add_entry(entry, report)
            entry = []
        elif entry is not None and _ENDS_GRAPH.match(line):
            entry = None
        elif entry is not None and line.strip():
            entry.append((number, line))
    if entry:
        _add_entry(entry, report)
    return report


def _add_entry(entry: list[tuple[int, str]], report: _Report) -> None:
    """Add one function with the calls it makes; its callers say the same from the other side."""
    own = next((i for i, (_, line) in enumerate(entry) if line.startswith("[")), None)
    if own is None:
        return
    number, line = entry[own]
    if whole := _WHOLE_CYCLE.fullmatch(line):
        report.cycles[whole["cycle"]] = _thousandths(whole["self"]) + _thousandths(whole["children"])
        return
    found = _OWN.fullmatch(line)
    if found is None:
        report.skipped.add(number)
        return
    caller = found["index"]
    report.functions[caller] = _Function(
        found["name"],
        _thousandths(found["self"]),
        _thousandths(found["children"]),
        int(found["calls"] or 0) + int(found["recursive"] or 0),
        found["cycle"] or "",
    )
    for number, line in entry[own + 1 :]:
        call = _CALL.fullmatch(line) or _VTUNE_CALL.fullmatch(line)
        if call is None:
            report.skipped.add(number)
            continue
        time = _thousandths(call["self"] or "0") + _thousandths(call["children"] or "0")
        known_time, known_calls = report.edges.get((caller, call["index"]), (0, 0))
        report.edges[caller, call["index"]] = known_time + time, known_calls + int(call["calls"] or 0)


def _graph(
    builder: ProfileBuilder, functions: dict[str, _Function], report: _Report, has_calls: bool
) -> CallGraph:
    index = {key: i for i, key in enumerate(functions)}
    within: dict[str, int] = defaultdict(int)  # calls of a function by others of its cycle
    for (caller, callee), (_, calls) in report.edges.items():
        if caller != callee and _same_cycle(functions, caller, callee):
            within[callee] += calls
    edges: dict[tuple[int, int], float] = {}
    for (caller, callee), (time, calls) in report.edges.items():
        if callee not in functions:
            continue
        if _same_cycle(functions, caller, callee) and caller != callee:
            time = int(_inclusive(functions[callee], report) * calls / max(within[callee], 1))
        edges[index[caller], index[callee]] = float(time)
    return CallGraph(
        frames=[_frame(builder, function.name) for function in functions.values()],
        own=[
            [f.own for f in functions.values()],
            *([[f.calls for f in functions.values()]] if has_calls else []),
        ],
        inclusive=[float(_inclusive(function, report)) for function in functions.values()],
        edges=edges,
    )


def _same_cycle(functions: dict[str, _Function], caller: str, callee: str) -> bool:
    return callee in functions and functions[caller].cycle == functions[callee].cycle != ""


def _inclusive(function: _Function, report: _Report) -> int:
    """Return the time of a function and all it calls; of a cycle's function, that of the cycle."""
    return report.cycles.get(function.cycle, function.own + function.below)


def _frame(builder: ProfileBuilder, name: str) -> int:
    if located := _LINE.fullmatch(name):
        return builder.frames.intern(located["name"], located["file"], int(located["line"]))
    return builder.frames.intern(name)


def _thousandths(text: str) -> int:
    return round(Decimal(text) * 1000)
