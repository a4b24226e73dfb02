"""How benchmarks went over the saved baselines, and where they really changed.

A change between two neighbours is a change point only where the verdict on the pair is one: the interval, with the
allowance for drift, at a level for all pairs together. Baselines of other machines are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hotspot.analysis.benchmarks import DRIFT, MIN_MEASUREMENTS, THRESHOLD, compare, judge, with_drift
from hotspot.benchmarks.baselines import Baseline, machine_key
from hotspot.benchmarks.medians import median_interval
from hotspot.benchmarks.model import Benchmark

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Point:
    """A benchmark in one baseline; ``change`` is the ratio to the point before where that is a real change."""

    baseline: Baseline
    benchmark: Benchmark
    change: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One benchmark over the baselines that have it, oldest first."""

    name: str
    points: tuple[Point, ...]

    @property
    def sparkline(self) -> str:
        """One bar a point, from the smallest median to the largest."""
        medians = [point.benchmark.median for point in self.points]
        low, high = min(medians), max(medians)
        if high == low:
            return _BARS[0] * len(medians)
        return "".join(_BARS[round((value - low) / (high - low) * (len(_BARS) - 1))] for value in medians)


@dataclass(frozen=True, slots=True)
class Trend:
    """What `trend` found.

    Attributes:
        series: in the order in which the benchmarks first appear.
        other_machines: baselines that were left out.
    """

    series: tuple[Series, ...]
    other_machines: int

    def to_dict(self) -> dict[str, Any]:
        """Return the trend as JSON, one row a point; times in seconds."""
        return {
            "schema": "hotspot.bench-trend/1",
            "other_machines": self.other_machines,
            "rows": [_row(series.name, point) for series in self.series for point in series.points],
        }


def trend(baselines: Sequence[Baseline], machine: str, *, pattern: str = "", drift: float = DRIFT) -> Trend:
    """Follow the benchmarks of one machine over its baselines.

    Args:
        baselines: oldest first.
        machine: its `machine_key`.
        pattern: a part of the names to follow, in any case; all where empty.
        drift: allowance for what the machine drifted from one baseline to the next.
    """
    same = [one for one in baselines if machine_key(one.machine) == machine and one.results is not None]
    taken: dict[str, list[tuple[Baseline, Benchmark]]] = {}
    for baseline in same:
        for benchmark in baseline.results.benchmarks if baseline.results is not None else ():
            if pattern.lower() in benchmark.name.lower():
                taken.setdefault(benchmark.name, []).append((baseline, benchmark))
    pairs = sum(len(points) - 1 for points in taken.values())
    return Trend(
        tuple(Series(name, _points(points, max(pairs, 1), drift)) for name, points in taken.items()),
        len(baselines) - len(same),
    )


def _points(taken: Sequence[tuple[Baseline, Benchmark]], pairs: int, drift: float) -> tuple[Point, ...]:
    points = []
    before: Benchmark | None = None
    for baseline, benchmark in taken:
        points.append(Point(baseline, benchmark, _real_change(before, benchmark, pairs, drift)))
        before = benchmark
    return tuple(points)


def _real_change(before: Benchmark | None, after: Benchmark, pairs: int, drift: float) -> float | None:
    if before is None or min(before.seconds.size, after.seconds.size) < MIN_MEASUREMENTS:
        return None
    ratio = with_drift(compare(before.seconds, after.seconds, comparisons=pairs), drift)
    return ratio.rho if judge(ratio, THRESHOLD).verdict != "MARGINAL" else None


def _row(name: str, point: Point) -> dict[str, Any]:
    interval = median_interval(point.benchmark.seconds)
    return {
        "benchmark": name,
        "baseline": point.baseline.id,
        "created": point.baseline.created.isoformat(timespec="seconds"),
        "revision": point.baseline.revision,
        "median": point.benchmark.median,
        "interval": None if interval is None else list(interval),
        "peak_bytes": point.benchmark.median_peak_bytes,
        "change": None if point.change is None else point.change - 1,
    }
