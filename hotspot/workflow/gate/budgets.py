"""Budgets: is a time, a peak memory or a file within its limit?

A budget is decided by the median; where its interval reaches across the limit, the item says so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hotspot.analysis.benchmarks import difference
from hotspot.benchmarks.medians import median_interval
from hotspot.benchmarks.model import Benchmark, Results
from hotspot.units import human_bytes, human_seconds
from hotspot.workflow.gate.items import Item, Status
from hotspot.workflow.gate.rules import Budget, matches

_FEWEST = 6
"""Measurements below which a median has no interval at 95%."""

Value = tuple[float, tuple[float, float] | None]


def check_budget(budget: Budget, results: Results | None, root: Path) -> list[Item]:
    """Return one item, or one for each benchmark that the budget's pattern fits."""
    if budget.measure == "file":
        return [_file(budget, root)]
    found = [one for one in results.benchmarks if matches(one.name, budget.subject)] if results else []
    if not found:
        return [_unmeasured(budget, budget.name, f"no benchmark {budget.subject!r} among the results")]
    other: Benchmark | None = None
    if budget.minus is not None:
        other = results.named(budget.minus) if results else None
        if other is None:
            return [_unmeasured(budget, budget.name, f"no benchmark {budget.minus!r} among the results")]
    several = len(found) > 1
    return [
        _checked(budget, f"{budget.name}: {one.name}" if several else budget.name, one, other)
        for one in found
    ]


def _checked(budget: Budget, name: str, one: Benchmark, other: Benchmark | None) -> Item:
    if budget.measure == "memory":
        sides = [side for side in (one, other) if side is not None]
        missing = next((side.name for side in sides if not side.peak_bytes), None)
        if missing is not None:
            return _unmeasured(budget, name, f"the results do not tell the peak memory of {missing}")
        value = _memory(sides)
    elif min(side.seconds.size for side in (one, other) if side is not None) < _FEWEST:
        return _unmeasured(budget, name, f"fewer than {_FEWEST} measurements")
    elif other is None:
        value = one.median, median_interval(one.seconds)
    else:
        value = difference(other.seconds, one.seconds)
    return _item(budget, name, value)


def _memory(sides: Sequence[Benchmark]) -> Value:
    if len(sides) == 1:
        return float(np.median(sides[0].peak_bytes)), median_interval(sides[0].peak_bytes)
    return difference(sides[1].peak_bytes, sides[0].peak_bytes)


def _file(budget: Budget, root: Path) -> Item:
    try:
        size = os.stat(root / budget.subject).st_size
    except OSError as error:
        reason = f"{budget.subject}: {(error.strerror or str(error)).lower()}"
        return _unmeasured(budget, budget.name, reason)
    return _item(budget, budget.name, (float(size), None))


def _item(budget: Budget, name: str, value: Value) -> Item:
    number, interval = value
    limit = budget.limit
    human = human_seconds if limit.kind == "time" else human_bytes
    status: Status = "met" if number <= limit.value else "not met"
    detail = f"{human(number)} of {limit.text}"
    if interval is not None:
        detail += f" ({human(interval[0])} to {human(interval[1])})"
        if interval[0] <= limit.value < interval[1]:
            detail += ", too close to be sure"
    return Item("budget", name, status, detail, budget_text(budget), after=number, interval=interval)


def _unmeasured(budget: Budget, name: str, reason: str) -> Item:
    return Item("budget", name, "not measured", reason, budget_text(budget))


def budget_text(budget: Budget) -> str:
    """Return what a budget asks, in words."""
    what = {"benchmark": "", "memory": "peak memory of ", "file": "size of "}[budget.measure]
    minus = f" minus {budget.minus}" if budget.minus else ""
    return f"{what}{budget.subject}{minus} at most {budget.limit.text}"
