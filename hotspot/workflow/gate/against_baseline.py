"""Results and profiles against the base: a benchmark, the whole program and single functions, each an item."""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.analysis.benchmarks import MIN_MEASUREMENTS, Ratio, judge
from hotspot.analysis.diff import Diff
from hotspot.analysis.diff_rows import DiffRow
from hotspot.benchmarks.compare import Comparison, Row
from hotspot.units import human_seconds
from hotspot.workflow.gate.items import Item, Status
from hotspot.workflow.gate.rules import NoWorseThan, Rules, matches

_FEWEST_RUNS = 3


def benchmark_items(comparison: Comparison, rules: Rules, threshold: float) -> list[Item]:
    """Return one item a benchmark: not met where it is slower by its threshold or more, and that is real."""
    return [_benchmark(row, rules, *_allowed(row, rules, threshold)) for row in comparison.rows]


def profile_items(diff: Diff, rules: Rules, threshold: float) -> list[Item]:
    """Return the whole program, then each function that holds ``threshold`` of the baseline's time more, beyond doubt."""
    runs = min(len(diff.before), len(diff.after))
    if runs < _FEWEST_RUNS or diff.interval is None or diff.basis == "screening":
        detail = (
            f"{runs} run{'s' * (runs > 1)} a side is a screening: {_FEWEST_RUNS} are needed, five are better"
        )
        return [Item("profile", "whole program", "not measured", detail, _rule("program", threshold))]
    return [
        _whole(diff, threshold),
        *(_function(row, rules, threshold) for row in worse_functions(diff, threshold)),
    ]


def worse_functions(diff: Diff, threshold: float) -> list[DiffRow]:
    """Return functions that got slower by ``threshold`` points of the baseline's time or more; culprits first.

    Where a function is blamed, those that call it or that it calls are not blamed again.
    """
    culprits = [row for row in diff.culprits if row.change >= threshold]
    return culprits or [
        row for row in diff.rows if row.judged and row.significant and row.change >= threshold
    ]


def cause(row: DiffRow) -> str:
    """Return what happened to a function, in words."""
    if row.because == "calls_more" and row.callee:
        return f"calls {row.callee} more"
    if row.because == "ambiguous":
        return "got slower or is called more"
    return "is new" if row.status == "new" else "got slower"


def _allowed(row: Row, rules: Rules, threshold: float) -> tuple[float, str]:
    """Return how much slower a benchmark may be, and the rule that says so: a criterion's, else the default."""
    names = (row.name, row.before.name, row.after.name)
    for criterion in rules.criteria:
        if isinstance(criterion, NoWorseThan) and any(
            matches(name, pattern) for name in names for pattern in criterion.benchmarks
        ):
            return criterion.share, f"criterion {criterion.name}: no worse than {criterion.share * 100:g}%"
    return threshold, _rule("benchmark", threshold)


def _benchmark(row: Row, rules: Rules, allowed: float, rule: str) -> Item:
    ratio = row.ratio
    interval = (ratio.low, ratio.high) if ratio.low > 0 and ratio.high < float("inf") else None
    status: Status
    if row.judgement is None:
        status, detail = "not measured", f"{row.too_few} measurements a side, {MIN_MEASUREMENTS} are needed"
    else:
        status = "not met" if judge(ratio, allowed).verdict == "REGRESSION" else "met"
        detail = f"{human_seconds(row.before.median)} to {human_seconds(row.after.median)}, {_change(ratio)}"
        if row.verdict == "MARGINAL" and not row.judgement.decisive:
            detail += ", not decided"
    priority = rules.priority_of(row.before.name) or rules.priority_of(row.after.name)
    return Item(
        "benchmark", row.name, status, detail, rule, priority, row.before.median, row.after.median, interval
    )


def _whole(diff: Diff, threshold: float) -> Item:
    assert diff.interval is not None
    low, high = diff.interval
    ratio = Ratio(1 + diff.change, 1 + low, 1 + high, len(diff.before), len(diff.after))
    judgement = judge(ratio, threshold)
    undecided = ", not decided" if judgement.verdict == "MARGINAL" and not judgement.decisive else ""
    return Item(
        "profile",
        "whole program",
        "not met" if judgement.verdict == "REGRESSION" else "met",
        _change(ratio) + undecided,
        _rule("program", threshold),
        interval=(1 + low, 1 + high),
    )


def _function(row: DiffRow, rules: Rules, threshold: float) -> Item:
    where = f" ({row.file}{f':{row.line}' if row.line else ''})" if row.file else ""
    points = f"{row.change * 100:+.1f} points of the baseline's time"
    if row.interval is not None:
        points += f" ({row.interval[0] * 100:+.1f} to {row.interval[1] * 100:+.1f})"
    return Item(
        "function",
        f"{row.function}{where}",
        "not met",
        f"{cause(row)}: {points}",
        _rule("function", threshold),
        rules.priority_of(row.function),
        row.self_share_before,
        row.self_share_after,
    )


def _change(ratio: Ratio) -> str:
    ends = [(end - 1) * 100 for end in (ratio.low, ratio.high)]
    return f"{(ratio.rho - 1) * 100:+.1f}% ({ends[0]:+.1f}% to {ends[1]:+.1f}%)"


def _rule(what: str, threshold: float) -> str:
    unit = " points" if what == "function" else "%"
    return f"no {what} worse than {threshold * 100:g}{unit}"


def partial_success(items: Sequence[Item], comparison: Comparison | None) -> str | None:
    """Say what got better, what worse, and which rule decides; None where not both happened."""
    if comparison is None:
        return None
    better, worse = comparison.with_verdict("VERIFIED"), comparison.with_verdict("REGRESSION")
    if not better or not worse:
        return None
    of = {item.name: item for item in items if item.kind == "benchmark"}
    deciding = [of[row.name] for row in worse]
    rules = ", ".join(dict.fromkeys(item.rule for item in deciding))
    failed = any(item.status == "not met" for item in deciding)
    return f"partial success: faster {_named(better)}; slower {_named(worse)}. Decided by: {rules}: " + (
        "not met, whatever got faster" if failed else "met"
    )


def _named(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.name} {(row.ratio.rho - 1) * 100:+.1f}%" for row in rows)
