"""Benchmark results as hotspot keeps them: named benchmarks, each with its raw measurements in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import MalformedProfile, TooFewSamples

FloatArray = NDArray[np.float64]


class MalformedResults(MalformedProfile):
    """A file of benchmark results breaks the rules of its format."""


class NoMeasurements(TooFewSamples):
    """A file of benchmark results holds no raw measurement: means only, or nothing but failures."""


@dataclass(frozen=True, eq=False, slots=True)
class Benchmark:
    """One benchmark of a file.

    Attributes:
        name: as the tool spells it; unique within its `Results`.
        seconds: float64[n], one a measurement, in the order they were taken; positive and finite, at least one.
        one_process: all measurements come from one process, so that what differs between processes (layout, hash seeds,
            the machine's mood) is the same in all of them.
        peak_bytes: peak memory of each measurement's process; empty where the tool does not tell.
        started: when each measurement began, seconds since 1970; empty where the tool does not tell.
    """

    name: str
    seconds: FloatArray
    one_process: bool
    peak_bytes: tuple[int, ...] = ()
    started: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.seconds.size == 0 or not bool(np.all(np.isfinite(self.seconds) & (self.seconds > 0))):
            raise ValueError(f"{self.name}: the measurements must be positive numbers, at least one")
        self.seconds.setflags(write=False)

    @property
    def median(self) -> float:
        """The median of the measurements, in seconds."""
        return float(np.median(self.seconds))

    @property
    def median_peak_bytes(self) -> int | None:
        """The median of the peak memory, in bytes; None where it is not known."""
        return round(float(np.median(self.peak_bytes))) if self.peak_bytes else None


@dataclass(frozen=True, eq=False, slots=True)
class Results:
    """The benchmarks of one file, or of one side of a comparison.

    Attributes:
        path: what the user gave.
        sha256: of the stored bytes; of all of them, in order, where the results come from several files.
        format: the reader's name.
        benchmarks: at least one, in the file's order.
        machine: what the file tells about where it was measured: ``host``, ``cpu``, ``cores``, ``system``.
        revision: the git revision that was measured, where the file tells.
        skipped: what was not taken as a measurement and why, in sentences.
        sides: where the file holds a whole comparison measured in turn (`hotspot bench run` writes such), its sides, the
            baseline first; ``benchmarks`` then has all of them under names of their own.
    """

    path: str
    sha256: str
    format: str
    benchmarks: tuple[Benchmark, ...]
    machine: Mapping[str, str] = field(default_factory=dict)
    revision: str | None = None
    skipped: tuple[str, ...] = ()
    sides: tuple[Results, ...] = ()

    def named(self, name: str) -> Benchmark | None:
        """Return the benchmark of that name, or None."""
        return next((benchmark for benchmark in self.benchmarks if benchmark.name == name), None)


def seconds_array(values: ArrayLike) -> FloatArray:
    """Return measurements as their own float64 array."""
    return np.array(values, dtype=np.float64).ravel()


def unique_names(names: Iterable[str]) -> list[str]:
    """Number the second and later benchmarks of one name: ``cmd``, ``cmd #2``."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return unique
