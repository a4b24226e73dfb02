"""Python's profilers: the marshalled dictionary that cProfile, profile and ``pstats.Stats.dump_stats`` write.

``{(file, line, name): (primitive calls, calls, self seconds, cumulative seconds, {caller: the same four})}``.
Source: the documentation of ``pstats`` and Lib/pstats.py. The file is a call graph (see `_call_graph`).

``profiling.sampling`` (CPython 3.15) writes the same shape with a key ``("__sampled__",)`` and another meaning: samples
in the function itself, samples with it on the stack, both as seconds, and ``{caller: samples}``
(Lib/profiling/sampling/pstats_collector.py).

`marshal.loads` may crash on a damaged file, so the few types that occur are read here (format: Python/marshal.c).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NoReturn

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._call_graph import APPROXIMATE, CallGraph, add_call_graph
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("pstats", "Python cProfile statistics (pstats)", (".prof", ".pstats", ".cprof"))

_FLAG_REF = 0x80
_DEEPEST = 50
_TIME = ValueType("wall", "nanoseconds")
_SAMPLED = ("__sampled__",)


def detect(head: Head) -> Match:
    """A marshalled dictionary whose first key is a tuple of three, or the mark of a sampling profiler."""
    data = head.data[:32]
    if len(data) < 3 or data[0] & 0x7F != ord("{"):
        return Match.NO
    kind = data[1] & 0x7F
    if kind == ord(")") and (data[2] == 3 or (data[2] == 1 and b"__sampled__" in data)):
        return Match.YES
    return Match.YES if kind == ord("(") and data[2:6] == b"\x03\x00\x00\x00" else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the statistics as an estimated call tree of wall time and calls."""
    stats = _Unmarshaller(source.read(), source.path).value()
    if not isinstance(stats, dict) or not stats:
        raise MalformedProfile(source.path, "no statistics in this file")
    sampled = stats.pop(_SAMPLED, None) is not None
    if not stats:
        raise EmptyProfile(source.path, "no function in these statistics")
    builder = ProfileBuilder((_TIME, ValueType("samples" if sampled else "calls", "count")))
    index: dict[Any, int] = {}
    frames: list[int] = []
    for key in stats:
        file, line, name = _function(key, source.path)
        index[key] = len(frames)
        # Built-in functions are recorded as ("~", 0, "<built-in method ...>").
        frames.append(builder.frames.intern(name, "" if file == "~" else file, line))
    own_time: list[int] = []
    calls: list[int] = []
    inclusive: list[float] = []
    edges: dict[tuple[int, int], float] = {}
    for key, row in stats.items():
        first, second, own, cumulative, callers = _row(row, key, source.path)
        own_time.append(round(own * 1e9))
        calls.append(first if sampled else second)
        inclusive.append(float(second) if sampled else cumulative * 1e9)
        for caller, share in callers.items():
            if caller in index:
                edges[index[caller], index[key]] = _cost(share, sampled=sampled)
    add_call_graph(builder, CallGraph(frames, (own_time, calls), inclusive, edges))
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer="CPython profiling.sampling" if sampled else "cProfile",
        losses=(Loss(LossKind.APPROXIMATE, APPROXIMATE),),
    )
    return [builder.build(provenance)]


def _function(key: Any, path: str) -> tuple[str, int, str]:
    if isinstance(key, tuple) and len(key) == 3:
        file, line, name = key
        if isinstance(file, str) and isinstance(line, int) and isinstance(name, str):
            return file, line, name
    raise MalformedProfile(path, f"{key!r:.80} is not a (file, line, function)")


def _cost(share: Any, *, sampled: bool) -> float:
    """Return what a callee cost on one caller's behalf: samples, or nanoseconds."""
    if sampled:
        return float(share) if isinstance(share, int) and abs(share) < 2**53 else 0.0
    if isinstance(share, tuple) and len(share) == 4 and isinstance(share[3], int | float):
        return float(share[3]) * 1e9
    return 0.0


def _row(row: Any, key: Any, path: str) -> tuple[int, int, float, float, dict[Any, Any]]:
    if isinstance(row, tuple) and len(row) == 5:
        primitive, calls, own, cumulative, callers = row
        numbers = (primitive, calls, own, cumulative)
        if isinstance(callers, dict) and all(
            isinstance(n, int | float) and abs(n) < 1e9 * 2**33 for n in numbers
        ):
            return int(primitive), int(calls), float(own), float(cumulative), callers
    raise MalformedProfile(
        path, f"the statistics of {key!r:.80} are not (calls, calls, seconds, seconds, callers)"
    )


class _Unmarshaller:
    """Reads dictionaries, tuples, numbers and texts of the marshal format, and nothing else."""

    def __init__(self, data: bytes, path: str) -> None:
        self.data = data
        self.path = path
        self.at = 0
        self.references: list[Any] = []

    def value(self, depth: int = 0) -> Any:
        if depth > _DEEPEST:
            self._fail("nested too deeply")
        code = self._take(1)[0]
        slot = None
        if code & _FLAG_REF:
            slot = len(self.references)
            self.references.append(None)
        result = self._value(chr(code & 0x7F), depth)
        if slot is not None:
            self.references[slot] = result
        return result

    def _value(self, kind: str, depth: int) -> Any:
        if kind == "{":
            return self._dictionary(depth)
        if kind in "()":
            size = self._int32() if kind == "(" else self._take(1)[0]
            if not 0 <= size <= len(self.data) - self.at:
                self._fail(f"a tuple of {size} does not fit")
            return tuple(self.value(depth + 1) for _ in range(size))
        if kind in "zZ":
            return self._text(self._take(1)[0])
        if kind in "uaAts":
            return self._text(self._int32())
        simple = {"N": None, "T": True, "F": False}
        return simple[kind] if kind in simple else self._number(kind)

    def _number(self, kind: str) -> Any:
        if kind == "i":
            return self._int32()
        if kind == "g":
            return float(struct.unpack("<d", self._take(8))[0])
        if kind == "r":
            position = self._int32()
            if not 0 <= position < len(self.references):
                self._fail("a reference to nothing")
            return self.references[position]
        if kind == "l":
            digits = self._int32()
            if abs(digits) > 10:
                self._fail("a number too large")
            value = sum(struct.unpack("<H", self._take(2))[0] << (15 * place) for place in range(abs(digits)))
            return -value if digits < 0 else value
        self._fail(f"type {kind!r} does not belong here")

    def _dictionary(self, depth: int) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        while self._peek() != ord("0"):
            key = self.value(depth + 1)
            if isinstance(key, dict):
                self._fail("a dictionary as a key")
            try:
                result[key] = self.value(depth + 1)
            except TypeError:
                self._fail("a key that cannot be one")
        self.at += 1
        return result

    def _text(self, size: int) -> str:
        return self._take(size).decode("utf-8", "backslashreplace")

    def _int32(self) -> int:
        return int(struct.unpack("<i", self._take(4))[0])

    def _peek(self) -> int:
        if self.at >= len(self.data):
            self._fail("the file ends early")
        return self.data[self.at]

    def _take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            self._fail("the file ends early")
        taken = self.data[self.at : self.at + size]
        self.at += size
        return taken

    def _fail(self, reason: str) -> NoReturn:
        raise MalformedProfile(self.path, reason, offset=self.at)
