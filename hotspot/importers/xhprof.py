"""XHProf's call graph of PHP, as the extensions xhprof, tideways_xhprof and tools around them save it.

::

    {"main()": {"ct": 1, "wt": 900}, "main()==>work": {"ct": 3, "wt": 700, "cpu": 650, "mu": 120, "pmu": 0}}

A row is a caller and what it called, with the number of calls, microseconds by the clock and of the CPU, and bytes of
memory that was taken and not given back; all inclusive. Calls deeper in a recursion are functions of their own,
``fib@1``. Read are JSON (also of XHGui: under ``profile``, one run or a list) and PHP's ``serialize``, which XHProf's own class writes.

A call graph: self is exact, paths are estimated from caller shares. Source: github.com/tideways/php-xhprof-extension,
README, "Data-Format"; php.net/manual/function.serialize.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._call_graph import APPROXIMATE, CallGraph, add_call_graph
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
    decode_text,
)
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("xhprof", "XHProf call graph (PHP)", (".xhprof",))

# What a row may hold, most wanted first.
_MEASURES = {
    "wt": ValueType("wall", "microseconds"),
    "cpu": ValueType("cpu", "microseconds"),
    "ct": ValueType("calls", "count"),
    "mu": ValueType("memory", "bytes"),
}
_LIMIT = 2**53

_IS_JSON = re.compile(rb'\{\s*(?:"\w+"\s*:\s*\{\s*)?"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"(?:ct|wt)"\s*:\s*\d')
_IS_SERIALIZED = re.compile(rb'a:\d+:\{s:\d+:"[^"\n]*";a:\d:\{s:2:"(?:ct|wt)";i:')
_PHP_TEXT = re.compile(rb's:(\d{1,9}):"')
_PHP_SCALAR = re.compile(rb"(?:[id]:(-?[\d.eE+-]{1,30})|b:[01]|N);")
_PHP_ARRAY = re.compile(rb"a:\d{1,9}:\{")
_PHP_END = re.compile(rb"\}")
_LEVEL = re.compile(r"@\d+\Z")


def detect(head: Head) -> Match:
    """Look for a row of calls with their number or time."""
    data = head.data.lstrip()
    if _IS_SERIALIZED.match(data) or _IS_JSON.match(data):
        return Match.YES
    seen = outline(head.data)
    return Match.MAYBE if seen is not None and b"==>" in head.data and b'"ct"' in head.data else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the graph.

    Raises:
        NotThisFormat: no row has a number of calls or a time.
        MalformedProfile: naming the place in the file.
        EmptyProfile: nothing in it took time or was called.
    """
    path = source.path
    data = without_mark(source.read()).lstrip()
    document = _Php(path, data).document() if data[:2] == b"a:" else decode(path, data, Any)
    runs = document if isinstance(document, list) and document else [document]
    return [_read(source, run) for run in runs]


def _read(source: Source, document: Any) -> Profile:
    """Read one run."""
    path = source.path
    edges: dict[tuple[str, str], dict[str, int]] = {}
    for key, row in _rows(path, document):
        caller, _, callee = key.rpartition("==>")
        edges[caller, callee] = _costs(path, key, row)
    measures = [measure for measure in _MEASURES if any(costs.get(measure) for costs in edges.values())]
    if not measures:
        raise EmptyProfile(path, "nothing in it took time or was called")
    names = list(dict.fromkeys(name for edge in edges for name in edge if name))
    costs = {measure: _Cost(edges, names, measure) for measure in measures}
    losses = [Loss(LossKind.APPROXIMATE, APPROXIMATE)]
    if "mu" in costs and min(costs["mu"].own) < 0:  # not every format of others holds negative weights
        measures = [measure for measure in measures if measure != "mu"] or measures
        losses.append(
            Loss(LossKind.DROPPED, "memory is not kept: some functions gave back more than they took")
        )
    builder = ProfileBuilder(tuple(_MEASURES[measure] for measure in measures))
    row_of = {name: row for row, name in enumerate(names)}
    calls = {
        (row_of[caller], row_of[callee]): float(row.get(measures[0], 0))
        for (caller, callee), row in edges.items()
        if caller
    }
    frames = [builder.frames.intern(_LEVEL.sub("", name)) for name in names]
    own = [costs[measure].own for measure in measures]
    add_call_graph(builder, CallGraph(frames, own, costs[measures[0]].inclusive, calls))
    if exceeding := sum(cost.exceeding for cost in costs.values()):
        text = f"{exceeding} functions took less time than what they called; their self is 0"
        losses.append(Loss(LossKind.INCONSISTENT, text, exceeding))
    provenance = Provenance(path, source.checksum, INFO.name, "XHProf", losses=tuple(losses))
    return builder.build(provenance, label=_label(document))


def _label(document: Any) -> str:
    """Return the URL that XHGui says a run answered, if it says one."""
    meta = document.get("meta")
    return str(meta.get("url") or "") if isinstance(meta, dict) else ""


class _Cost:
    """What each function cost in one measure.

    Attributes:
        own: without what it called; never less than no time.
        inclusive: with it.
        exceeding: how many functions took less time than what they called.
    """

    def __init__(self, edges: dict[tuple[str, str], dict[str, int]], names: list[str], measure: str) -> None:
        given: dict[str, int] = defaultdict(int)
        passed: dict[str, int] = defaultdict(int)
        for (caller, callee), costs in edges.items():
            given[callee] += costs.get(measure, 0)
            passed[caller] += costs.get(measure, 0)
        # Who was running when profiling began was never called: it cost what it called.
        inclusive = [given[name] if name in given else passed[name] for name in names]
        self.inclusive = [float(max(cost, 0)) for cost in inclusive]
        if measure == "ct":  # calls are not part of one another
            self.own, self.exceeding = [given.get(name, 0) for name in names], 0
            return
        own = [cost - passed.get(name, 0) for name, cost in zip(names, inclusive, strict=True)]
        is_time = _MEASURES[measure].is_time
        self.own = [max(cost, 0) for cost in own] if is_time else own
        self.exceeding = sum(cost < 0 for cost in own) if is_time else 0


def _rows(path: str, document: Any) -> list[tuple[str, Any]]:
    """Return all rows: the document's own, or those of the first value in it that has any."""
    values = list(document.values()) if isinstance(document, dict) else []
    for table in (document, *values):
        if isinstance(table, dict) and any(_is_row(row) for row in table.values()):
            return list(table.items())
    raise NotThisFormat(path, "no row has a number of calls or a time")


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("ct", row.get("wt")), int)


def _costs(path: str, key: str, row: Any) -> dict[str, int]:
    """Return a row's numbers."""
    if not _is_row(row):
        raise MalformedProfile(path, f"{key[:60]!r} has no number of calls")
    costs = {}
    for measure in _MEASURES:
        value = row.get(measure, 0)
        if not isinstance(value, int | float) or not abs(value) < _LIMIT or (value < 0 and measure != "mu"):
            raise MalformedProfile(path, f"{key[:60]!r}: {measure} is {str(value)[:30]}, which is none")
        costs[measure] = round(value)
    return costs


class _Php:
    """Reads what PHP's ``serialize`` makes of arrays, texts and numbers."""

    def __init__(self, path: str, data: bytes) -> None:
        self._path, self._data, self._at = path, data, 0

    def document(self) -> Any:
        """Return the value; lists come as dictionaries too, as in PHP.

        Raises:
            MalformedProfile: with the byte offset.
        """
        return self._value()

    def _value(self) -> Any:
        if text := self._found(_PHP_TEXT):
            begin, size = text.end(), int(text[1])
            self._at = begin + size + 2
            if self._data[begin + size : self._at] != b'";':
                raise MalformedProfile(self._path, "a text is not as long as it says", offset=text.start())
            return decode_text(self._data[begin : begin + size])
        if self._found(_PHP_ARRAY):
            values = {}
            while not self._found(_PHP_END):
                key = self._value()
                if not isinstance(key, str | int | float | None):
                    raise MalformedProfile(self._path, "a key that is none", offset=self._at)
                values[str(key)] = self._value()
            return values
        if scalar := self._found(_PHP_SCALAR):
            number = scalar[1] or b"0"
            try:
                return float(number) if scalar[0][:1] == b"d" else int(number)
            except ValueError as error:
                raise MalformedProfile(self._path, "not a number", offset=scalar.start()) from error
        raise MalformedProfile(self._path, "not what PHP's serialize writes", offset=self._at)

    def _found(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        found = pattern.match(self._data, self._at)
        if found:
            self._at = found.end()
        return found
