"""Done criteria: faster than the baseline or than another program on so many benchmarks, none worse than so much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotspot.analysis.benchmarks import MIN_MEASUREMENTS, THRESHOLD, compare, judge, with_drift
from hotspot.benchmarks.compare import Comparison, Row, measured_in_turn
from hotspot.benchmarks.model import Benchmark, Results
from hotspot.workflow.gate.items import Item, Status
from hotspot.workflow.gate.rules import Criterion, FasterThanBaseline, FasterThanOther, NoWorseThan, matches


@dataclass(frozen=True, slots=True)
class _Answer:
    """Of one benchmark; ``holds`` is None where there is too little data."""

    name: str
    rho: float
    holds: bool | None


def check_criterion(
    criterion: Criterion, comparison: Comparison | None, results: Results | None, drift: float
) -> Item:
    """Return the item of one criterion."""
    if isinstance(criterion, FasterThanOther):
        answers = _beside_each_other(criterion, results, drift)
        missing = f"no benchmarks {criterion.faster!r} and {criterion.than!r} among the results"
    else:
        answers = [] if comparison is None else _against_baseline(criterion, comparison)
        missing = "nothing to compare with" if comparison is None else "no such benchmark on both sides"
    rule = rule_text(criterion)
    if not answers:
        return Item("criterion", criterion.name, "not measured", missing, rule)
    if isinstance(criterion, NoWorseThan):
        return _all_of(criterion, answers, rule)
    return _quorum(criterion, answers, rule)


def rule_text(criterion: Criterion) -> str:
    """Return what a criterion asks, in words."""
    if isinstance(criterion, NoWorseThan):
        which = "" if criterion.benchmarks == ("*",) else f" of {', '.join(criterion.benchmarks)}"
        return f"no benchmark{which} worse than {criterion.share * 100:g}%"
    by = f" by {criterion.by * 100:g}%" if criterion.by else ""
    on = f" on {criterion.quorum[0]} of {criterion.quorum[1]}" if criterion.quorum else ""
    than = "the baseline" if isinstance(criterion, FasterThanBaseline) else criterion.than
    who = f"{criterion.faster} " if isinstance(criterion, FasterThanOther) else ""
    return f"{who}faster than {than}{by}{on}"


def _against_baseline(criterion: FasterThanBaseline | NoWorseThan, comparison: Comparison) -> list[_Answer]:
    rows = [row for row in comparison.rows if any(_row_matches(row, one) for one in criterion.benchmarks)]
    answers = []
    for row in rows:
        if row.judgement is None:
            holds = None
        elif isinstance(criterion, NoWorseThan):
            holds = judge(row.ratio, criterion.share).verdict != "REGRESSION"
        else:
            holds = judge(row.ratio, _least(criterion.by)).verdict == "VERIFIED"
        answers.append(_Answer(row.name, row.ratio.rho, holds))
    return answers


def _beside_each_other(criterion: FasterThanOther, results: Results | None, drift: float) -> list[_Answer]:
    answers = []
    benchmarks = results.benchmarks if results is not None else ()
    for one in benchmarks:
        partner = _partner(criterion, one.name)
        other = results.named(partner) if results is not None and partner is not None else None
        if other is not None:
            answers.append(_answer(criterion, one, other, drift))
    return answers


def _partner(criterion: FasterThanOther, name: str) -> str | None:
    if not matches(name, criterion.faster):
        return None
    before, star, after = criterion.faster.partition("*")
    middle = name[len(before) : len(name) - len(after)] if star else ""
    return criterion.than.replace("*", middle)


def _answer(criterion: FasterThanOther, one: Benchmark, other: Benchmark, drift: float) -> _Answer:
    ratio = compare(other.seconds, one.seconds)
    if not measured_in_turn(other, one):
        ratio = with_drift(ratio, drift)
    enough = min(one.seconds.size, other.seconds.size) >= MIN_MEASUREMENTS
    holds = judge(ratio, _least(criterion.by)).verdict == "VERIFIED" if enough else None
    return _Answer(one.name, ratio.rho, holds)


def _least(by: float | None) -> float:
    return THRESHOLD if by is None else by


def _all_of(criterion: NoWorseThan, answers: Sequence[_Answer], rule: str) -> Item:
    worse = [answer for answer in answers if answer.holds is False]
    unknown = [answer for answer in answers if answer.holds is None]
    status: Status = "not met" if worse else "not measured" if unknown else "met"
    if worse:
        detail = "worse: " + ", ".join(f"{one.name} {(one.rho - 1) * 100:+.1f}%" for one in worse)
    elif unknown:
        detail = "too few measurements: " + ", ".join(one.name for one in unknown)
    else:
        detail = f"holds for {len(answers)}"
    return Item("criterion", criterion.name, status, detail, rule)


def _quorum(criterion: FasterThanBaseline | FasterThanOther, answers: Sequence[_Answer], rule: str) -> Item:
    needed, of = criterion.quorum or (len(answers), len(answers))
    holding = sum(answer.holds is True for answer in answers)
    unknown = sum(answer.holds is None for answer in answers) + max(0, of - len(answers))
    status: Status = (
        "met" if holding >= needed else "not measured" if holding + unknown >= needed else "not met"
    )
    each = ", ".join(
        f"{one.name} {'too few measurements' if one.holds is None else f'{(one.rho - 1) * 100:+.1f}%'}"
        + (" (yes)" if one.holds else "")
        for one in answers
    )
    return Item("criterion", criterion.name, status, f"{holding} of {max(of, len(answers))}: {each}", rule)


def _row_matches(row: Row, pattern: str) -> bool:
    return any(matches(name, pattern) for name in (row.name, row.before.name, row.after.name))
