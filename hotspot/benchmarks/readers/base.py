"""What a reader of benchmark results is, and what all of them need.

A reader is a module with three names::

    NAME = "hyperfine"
    def recognises(file: ResultsFile) -> bool: ...
    def read(file: ResultsFile) -> Found: ...

Readers never import each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeVar

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from hotspot.benchmarks.model import Benchmark, MalformedResults, NoMeasurements, seconds_array, unique_names
from hotspot.importers.base import decode_text

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class ResultsFile:
    """One file, decompressed.

    Attributes:
        path: what the user gave.
        data: all bytes.
    """

    path: str
    data: bytes

    @cached_property
    def text(self) -> str:
        """The file as text."""
        return decode_text(self.data)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of a JSON object, or of the first object of a JSON array; empty for any other file."""
        try:
            document = msgspec.json.decode(self._json, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
            if isinstance(document, list):
                first = document[0] if document else msgspec.Raw(b"{}")
                document = msgspec.json.decode(first, type=dict[str, msgspec.Raw])
        except RecursionError:
            return frozenset()
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._keys_with_nan()
        return frozenset(document)

    def decoded(self, shape: type[T]) -> T:
        """Read the JSON as ``shape``.

        Raises:
            MalformedResults: it is not of that shape; the message names the place.
        """
        try:
            return msgspec.json.decode(self._json, type=shape)
        except msgspec.ValidationError as error:
            raise MalformedResults(self.path, _lowered(str(error))) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # NaN, which some tools write, or no JSON at all
        try:
            return msgspec.convert(json.loads(self.text), type=shape)
        except msgspec.ValidationError as error:
            raise MalformedResults(self.path, _lowered(str(error))) from error
        except json.JSONDecodeError as error:
            raise MalformedResults(self.path, _lowered(error.msg), line=error.lineno) from error
        except RecursionError as error:
            raise MalformedResults(self.path, "nested too deeply to read") from error

    @property
    def _json(self) -> bytes:
        return self.data.removeprefix(b"\xef\xbb\xbf")

    def _keys_with_nan(self) -> frozenset[str]:
        if b"NaN" not in self.data and b"Infinity" not in self.data:
            return frozenset()
        try:
            document = json.loads(self.text)
        except (ValueError, RecursionError):
            return frozenset()
        first = document[0] if isinstance(document, list) and document else document
        return frozenset(first) if isinstance(first, dict) else frozenset()


@dataclass(frozen=True, eq=False)
class Found:
    """What a reader found in a file; see `hotspot.benchmarks.model.Results`.

    Attributes:
        sides: label -> benchmarks, where the file holds several sides measured in turn.
    """

    benchmarks: tuple[Benchmark, ...]
    skipped: tuple[str, ...] = ()
    machine: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None
    sides: tuple[FoundSide, ...] = ()


@dataclass(frozen=True, eq=False)
class FoundSide:
    """One side of a comparison that a file holds whole."""

    label: str
    revision: str | None
    benchmarks: tuple[Benchmark, ...]


class ReaderModule(Protocol):
    """The protocol of a reader module."""

    NAME: str

    @staticmethod
    def recognises(file: ResultsFile) -> bool:
        """Say whether the file is of this format."""

    @staticmethod
    def read(file: ResultsFile) -> Found:
        """Read it."""


class Collector:
    """Benchmarks as a reader comes across them; what is no measurement is skipped, with its reason."""

    def __init__(self, path: str, *, one_process: bool) -> None:
        self._path = path
        self._one_process = one_process
        self._benchmarks: list[Benchmark] = []
        self._skipped: list[str] = []

    def add(
        self,
        name: str,
        seconds: ArrayLike,
        *,
        peak_bytes: Sequence[int] = (),
        started: Sequence[float] = (),
    ) -> None:
        """Take the measurements of a benchmark; ``peak_bytes`` and ``started`` count where there is one for each."""
        values = seconds_array(seconds)
        if not values.size:
            self.skip(name, "no measurement")
        elif not bool(np.all(np.isfinite(values) & (values > 0))):
            self.skip(name, "a time of zero or less: too short for the tool's clock")
        else:
            complete = len(values)
            self._benchmarks.append(
                Benchmark(
                    name,
                    values,
                    self._one_process,
                    tuple(peak_bytes) if len(peak_bytes) == complete else (),
                    tuple(started) if len(started) == complete else (),
                )
            )

    def skip(self, name: str, reason: str) -> None:
        """Leave something out and say why."""
        sentence = f"{name}: {reason}"
        if sentence not in self._skipped:
            self._skipped.append(sentence)

    def found(self, machine: Mapping[str, str | None] | None = None, revision: str | None = None) -> Found:
        """Return everything taken.

        Raises:
            NoMeasurements: there is nothing.
        """
        if not self._benchmarks:
            why = "; ".join(self._skipped[:3]) + ("; ..." if len(self._skipped) > 3 else "")
            raise NoMeasurements(f"{self._path}: no measurements" + (f": {why}" if why else ""))
        names = unique_names(benchmark.name for benchmark in self._benchmarks)
        return Found(
            tuple(
                Benchmark(name, one.seconds, one.one_process, one.peak_bytes, one.started)
                for name, one in zip(names, self._benchmarks, strict=True)
            ),
            tuple(self._skipped),
            {key: value for key, value in (machine or {}).items() if value},
            revision,
        )


TIME_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "m": 60.0,
    "h": 3600.0,
}
"""Seconds in a unit of time, by the names the tools use."""


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
