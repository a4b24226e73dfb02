"""Callgrind output (valgrind, and what xdebug and other tools write in its format): a call graph of event counts.

Cachegrind's is the same without calls: each function stands alone.

Source: "Callgrind Format Specification" in the Valgrind manual. Names may be compressed (``fn=(3) main``, then
``fn=(3)``), positions may be relative (``+2``, ``-1``, ``*``), trailing costs of 0 may be left out, and ``cfi``,
``cfl`` and ``cob`` hold for the next call only. Costs count for the function (``fn``), whatever file ``fi``/``fe`` says
a line was inlined from.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._call_graph import APPROXIMATE, CallGraph, add_call_graph
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType, canonical_unit

INFO = ImporterInfo("callgrind", "Callgrind call graph", (".callgrind", ".out"))

_NAME = re.compile(r"^\((?P<id>\d+)\)(?: (?P<name>.*))?$", re.DOTALL)
_COST = re.compile(r"^[+\-*]?(?:\d|0x|\*|$)")
_JUMPS = ("jump", "jcnd", "jfi", "jfn")  # with --collect-jumps=yes: where code jumped to, which is no call
_POSITION_KINDS = ("instr", "line")
_HEADER = re.compile(r"^([A-Za-z][A-Za-z_ ]*):\s*(.*)$")
# yappi puts file and line into the name too
_YAPPI = re.compile(r"(?P<place>.+):(?P<line>\d{1,9})", re.DOTALL)
_NO_CALLS = "the file has no calls, so functions have no callers (`valgrind --tool=callgrind` records them)"
_UNIT_IN_NAME = re.compile(r"(?P<name>[A-Za-z]\w*?)_?\((?P<size>\d{1,6})?(?P<unit>ns|us|ms|s|bytes)\)")
_MAX_COST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    file: str
    module: str


@dataclass
class _Reader:
    """State of one pass over the lines."""

    path: str
    events: list[str] = field(default_factory=list)
    positions: int = 1
    producer: str = ""
    names: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    file: str = ""
    module: str = ""
    function: _Function | None = None
    call_file: str | None = None
    call_module: str | None = None
    callee: str | None = None
    last_costs: list[int] = field(default_factory=list)
    awaiting_cost: tuple[_Function, _Function] | None = None
    own: dict[_Function, list[int]] = field(default_factory=dict)
    calls: dict[tuple[_Function, _Function], list[int]] = field(default_factory=dict)

    def line(self, number: int, text: str) -> None:
        if _COST.match(text) and self.function is not None:
            self._cost(number, text)
            return
        key, separator, value = text.partition("=")
        if separator and key in _SPECIFICATIONS:
            self._specification(number, key, value.strip())
            return
        if header := _HEADER.match(text):
            self._header(number, header[1].lower(), header[2].strip())
            return
        raise MalformedProfile(self.path, f"neither a cost, a name nor a header: {text[:60]!r}", line=number)

    def _header(self, number: int, key: str, value: str) -> None:
        if key == "events":
            if self.own and self.events != value.split():
                raise MalformedProfile(self.path, "parts with different events", line=number)
            self.events = value.split()
            self.last_costs = [0] * len(self.events)
        elif key == "positions":
            self.positions = max(sum(kind in _POSITION_KINDS for kind in value.split()), 1)
        elif key == "creator":
            self.producer = value

    def _specification(self, number: int, key: str, value: str) -> None:
        if key == "calls":
            self._call(number)
            return
        if key in _JUMPS:
            if key in ("jfi", "jfn"):  # a compressed name may be defined here
                self._name(number, "fl" if key == "jfi" else "fn", value)
            return
        table = {"fn": "fn", "cfn": "fn", "ob": "ob", "cob": "ob"}.get(key, "fl")
        name = self._name(number, table, value)
        if key == "fn":
            self.function = _Function(name, self.file, self.module)
            self.own.setdefault(self.function, [0] * len(self.events))
        elif key == "fl":
            self.file = name
        elif key == "ob":
            self.module = name
        elif key == "cfn":
            self.callee = name
        elif key in ("cfi", "cfl"):
            self.call_file = name
        elif key == "cob":
            self.call_module = name

    def _name(self, number: int, table: str, value: str) -> str:
        compressed = _NAME.match(value)
        if compressed is None:
            return value
        if compressed["name"] is not None:
            self.names[table][compressed["id"]] = compressed["name"]
        if compressed["id"] not in self.names[table]:
            raise MalformedProfile(self.path, f"name ({compressed['id']}) was never defined", line=number)
        return self.names[table][compressed["id"]]

    def _call(self, number: int) -> None:
        if self.function is None or self.callee is None:
            raise MalformedProfile(self.path, "a call without caller or callee", line=number)
        callee = _Function(
            self.callee,
            self.file if self.call_file is None else self.call_file,
            self.module if self.call_module is None else self.call_module,
        )
        self.awaiting_cost = (self.function, callee)
        self.callee = self.call_file = self.call_module = None

    def _cost(self, number: int, text: str) -> None:
        fields = text.split()[self.positions :]
        if len(fields) > len(self.events):
            raise MalformedProfile(
                self.path, f"{len(fields)} costs for {len(self.events)} events", line=number
            )
        try:
            costs = [_number(text, last) for text, last in zip(fields, self.last_costs, strict=False)]
        except ValueError:
            raise MalformedProfile(
                self.path, f"a cost is not a whole number: {text[:60]!r}", line=number
            ) from None
        self.last_costs[: len(costs)] = costs
        assert self.function is not None  # line() has looked
        if self.awaiting_cost is not None:
            row = self.calls.setdefault(self.awaiting_cost, [0] * len(self.events))
            self.own.setdefault(self.awaiting_cost[1], [0] * len(self.events))
            self.awaiting_cost = None
        else:
            row = self.own[self.function]
        for i, cost in enumerate(costs):
            row[i] += cost


def _number(text: str, last: int) -> int:
    """Read a number, or one relative to the last in its place: ``*`` the same, ``+3``, ``-3``."""
    if text == "*":
        return last
    return last + int(text) if text[0] in "+-" else int(text)


_SPECIFICATIONS = frozenset(
    {"fn", "cfn", "fl", "fi", "fe", "cfi", "cfl", "ob", "cob", "calls", "rcalls", "frfn", *_JUMPS}
)


def detect(head: Head) -> Match:
    """An ``events:`` header and ``fn=`` lines, or callgrind's own version and creator lines."""
    text = head.text
    if not re.search(r"^events:\s*\S", text, re.MULTILINE):
        return Match.NO
    if re.search(r"^fn=", text, re.MULTILINE) or re.search(r"^creator: callgrind", text, re.MULTILINE):
        return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the call graph as an estimated call tree, one value type an event."""
    reader = _Reader(source.path)
    for number, line in enumerate(decode_text(source.read()).splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#"):
            reader.line(number, text)
    if not any(any(costs) for costs in reader.own.values()):
        raise EmptyProfile(source.path, "the file has a header and no cost: nothing was recorded")
    types, factors = _value_types(reader.events)
    for costs, factor in zip(zip(*reader.own.values(), strict=True), factors, strict=True):
        if sum(map(abs, costs)) * factor > _MAX_COST:
            raise MalformedProfile(source.path, "costs exceed 2^63")
    builder = ProfileBuilder(types)
    _add(builder, reader, factors)
    is_graph = bool(reader.calls)
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer=reader.producer or ("" if is_graph else "cachegrind"),
        losses=(
            Loss(LossKind.APPROXIMATE, APPROXIMATE) if is_graph else Loss(LossKind.DROPPED, _NO_CALLS),
            Loss(LossKind.DROPPED, "costs of single lines and instructions are summed up per function"),
        ),
    )
    return [builder.build(provenance)]


def _value_types(events: Sequence[str]) -> tuple[tuple[ValueType, ...], list[int]]:
    """Return the value types of events and how many of its unit one of each counts.

    Xdebug and pprof say the unit in the name: ``Time_(10ns)``, ``Memory_(bytes)``, ``cpu(ms)``.
    """
    types: list[ValueType] = []
    factors: list[int] = []
    for event in events:
        found = _UNIT_IN_NAME.fullmatch(event)
        kind = (
            ValueType(found["name"].lower(), canonical_unit(found["unit"]))
            if found
            else ValueType(event, "count")
        )
        factor = int(found["size"] or 1) if found else 1
        if kind in types or not factor:
            kind, factor = ValueType(event, "count"), 1
        types.append(kind)
        factors.append(factor)
    return tuple(types), factors


def _add(builder: ProfileBuilder, reader: _Reader, factors: Sequence[int]) -> None:
    functions = list(reader.own)
    index = {function: i for i, function in enumerate(functions)}
    plain = {_split_contexts(f.name)[0] for f in functions}
    yappi = reader.producer.startswith("yappi")
    frames = [_frame(builder, f, plain, yappi) for f in functions]
    inclusive = [float(reader.own[f][0]) for f in functions]
    edges: dict[tuple[int, int], float] = {}
    for (caller, callee), costs in reader.calls.items():
        edges[index[caller], index[callee]] = float(costs[0])
        if caller != callee:
            inclusive[index[caller]] += costs[0]
    columns = zip(*(reader.own[f] for f in functions), strict=True)
    own = [[cost * factor for cost in column] for column, factor in zip(columns, factors, strict=True)]
    add_call_graph(builder, CallGraph(frames, own, inclusive, edges))


def _frame(builder: ProfileBuilder, function: _Function, plain: set[str], yappi: bool) -> int:
    name, line = function.name, 0
    own, contexts = _split_contexts(name)
    if all(context.isdecimal() or context in plain for context in contexts):
        name = own
    if yappi and (located := _YAPPI.fullmatch(name)) and located["place"].endswith(f" {function.file}"):
        name, line = located["place"].removesuffix(f" {function.file}"), int(located["line"])
    name = name if name not in ("", "???") else UNKNOWN
    return builder.frames.intern(name, _known(function.file), line, _known(function.module))


def _split_contexts(name: str) -> tuple[str, list[str]]:
    """Take apart what valgrind adds to a name: ``fib'2`` is fib in recursion, ``f'main`` is f called by main.

    The second is ``--separate-callers``. A name may have a quote of its own, so that a part counts as a context only
    where it is a number or a function of the file.
    """
    own, *contexts = name.split("'")
    return (own, contexts) if own else (name, [])


def _known(name: str) -> str:
    return "" if name == "???" else name
