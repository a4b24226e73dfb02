"""Rows of a diff: one function each, with its weights on both sides and what the tests say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from hotspot.analysis.cost_shift import Shift
from hotspot.analysis.culprit import Because, Culprit
from hotspot.analysis.rank import hottest_lines
from hotspot.analysis.sets import MEASURES, Measure
from hotspot.analysis.statistics import SetTests
from hotspot.analysis.totals import outermost, sum_by_group
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Int64, Profile

Status = Literal[
    "regressed",
    "improved",
    "new",
    "gone",
    "cost_shift",
    "suspect",
    "pruned",
    "unchanged",
    "inconclusive",
]


@dataclass(frozen=True)
class DiffRow:
    """One function on both sides. Weights are stored weights of the common value type, summed over a side's runs.

    Attributes:
        measure: the set that change, interval, p and q speak of: the function's self, or on a culprit whose self is
            not significant its total or the edge to ``callee``.
        change: D: signed share of the baseline's time that ``measure`` moved by.
        interval: 95% interval of ``change``, None where the row was not tested.
        matched_by: ``exact``, the id of a symbol rule or of a cost shift, None where one side lacks the function.
        self_max_before: what a side that drops narrow frames may hide at most, None elsewhere.
    """

    function: str
    file: str | None
    line: int | None
    module: str | None
    measure: Measure
    self_before: int
    self_after: int
    total_before: int
    total_after: int
    self_share_before: float
    self_share_after: float
    total_share_before: float
    total_share_after: float
    change: float
    interval: tuple[float, float] | None
    p: float | None
    q: float | None
    significant: bool | None
    status: Status
    culprit: bool
    because: Because | None
    callee: str | None
    matched_by: str | None
    self_max_before: int | None
    self_max_after: int | None

    @property
    def judged(self) -> bool:
        """Whether the row counts for the verdict: tested, and not explained by a shift or by pruning."""
        return self.interval is not None and self.status not in ("cost_shift", "pruned")


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the tests found, ready to be put beside the weights.

    Attributes:
        tests: of every set of the judged union; the first ones are the functions' self sets.
        change: D of every function's own self samples, moved or hidden or not, float64[functions].
        shifts: functions judged as one.
        culprits: strongest first.
        screening: whether the spread between runs is assumed, so that nothing is more than suspect.
        threshold: samples of the widest frame that each side left out, float64[2].
        tolerance: intervals within it are unchanged.
    """

    tests: SetTests
    change: FloatArray
    shifts: tuple[Shift, ...]
    culprits: tuple[Culprit, ...]
    screening: bool
    threshold: FloatArray
    tolerance: float


def build_rows(
    union: Union, judgement: Judgement, before: Sequence[Profile], after: Sequence[Profile]
) -> tuple[dict[int, DiffRow], tuple[DiffRow, ...]]:
    """Return the row of each function, significant ones first, by size of change; and the culprits', strongest first.

    A function whose own time changed beyond doubt is judged by that in its row, and by what it is charged with as a culprit.
    """
    own, total = _weights_by_side(union)
    whole = (sum(run.whole for run in before), sum(run.whole for run in after))
    most = _hidden_weights(union, judgement.threshold)
    lines = _hottest_lines(union, before, after)
    moved_from = {f: shift for shift in judgement.shifts for f in shift.others}
    moved_into = {shift.into: shift for shift in judgement.shifts}
    blamed = {culprit.function: culprit for culprit in reversed(judgement.culprits)}
    rows: dict[int, DiffRow] = {}
    named: dict[int, DiffRow] = {}
    for i, function in enumerate(union.functions):
        if not union.present[i].any():  # known from nodes without any weight
            continue
        if i in moved_from:
            finding = _moved_away(judgement, i, moved_from[i])
        else:
            finding = _finding(judgement, union, i, moved_into.get(i), pruned=most[i] != (None, None))
        charge = _charge(finding, blamed[i], union, i, most[i] != (None, None)) if i in blamed else None
        if charge is not None:
            own_set = replace(finding, culprit=True, because=charge.because, callee=charge.callee)
            finding = own_set if finding.significant else charge
        row = DiffRow(
            function=function.name,
            file=function.file or None,
            line=lines.get(i),
            module=function.module or None,
            self_before=int(own[i, 0]),
            self_after=int(own[i, 1]),
            total_before=int(total[i, 0]),
            total_after=int(total[i, 1]),
            self_share_before=_share(own[i, 0], whole[0]),
            self_share_after=_share(own[i, 1], whole[1]),
            total_share_before=_share(total[i, 0], whole[0]),
            total_share_after=_share(total[i, 1], whole[1]),
            self_max_before=most[i][0],
            self_max_after=most[i][1],
            **vars(finding),
        )
        rows[i] = row
        if charge is not None:
            named[i] = replace(row, **vars(charge))
    ordered = dict(sorted(rows.items(), key=lambda item: _row_order(item[1])))
    by_strength = dict.fromkeys(culprit.function for culprit in judgement.culprits)
    return ordered, tuple(named[i] for i in by_strength)


@dataclass(frozen=True)
class _Finding:
    """The columns of a row that come from the tests."""

    measure: Measure
    change: float
    interval: tuple[float, float] | None
    p: float | None
    q: float | None
    significant: bool | None
    status: Status
    matched_by: str | None
    culprit: bool = False
    because: Because | None = None
    callee: str | None = None


def _finding(judgement: Judgement, union: Union, i: int, shift: Shift | None, pruned: bool) -> _Finding:
    tests = judgement.tests
    tested, significant = bool(tests.tested[i]), bool(tests.significant[i])
    change = float(tests.change[i] if tested else judgement.change[i])
    renamed = shift is not None and shift.kind == "renamed"
    status: Status = "inconclusive"
    if significant:
        both = pruned or renamed or bool(union.present[i].all())
        status = "suspect" if judgement.screening else _direction(change, both)
    elif shift is not None:
        status = "cost_shift"
    elif pruned:
        status = "pruned"
    elif tested and max(-tests.low[i], tests.high[i]) <= judgement.tolerance:
        status = "unchanged"
    return _Finding(
        "self",
        change,
        (float(tests.low[i]), float(tests.high[i])) if tested else None,
        float(tests.p[i]) if tested else None,
        float(tests.q[i]) if tested else None,
        significant if tested else None,
        status,
        "renamed" if renamed else union.functions[i].matched_by,
    )


def _direction(change: float, on_both_sides: bool) -> Status:
    """Name a change that is real. What a side may have left out, or has by another name, is neither new nor gone."""
    if on_both_sides:
        return "regressed" if change > 0 else "improved"
    return "new" if change > 0 else "gone"


def _moved_away(judgement: Judgement, i: int, shift: Shift) -> _Finding:
    """A function whose cost went on elsewhere is judged there, not here."""
    return _Finding("self", float(judgement.change[i]), None, None, None, None, "cost_shift", shift.kind)


def _charge(finding: _Finding, culprit: Culprit, union: Union, i: int, pruned: bool) -> _Finding:
    """What a function is charged with: the set that the scan took, which may hold far more than its own time."""
    both = pruned or finding.matched_by == "renamed" or bool(union.present[i].all())
    return replace(
        finding,
        measure=MEASURES[culprit.measure],
        change=culprit.change,
        interval=culprit.interval,
        p=culprit.p,
        q=culprit.q,
        significant=True,
        status=_direction(culprit.change, both),
        culprit=True,
        because=culprit.because,
        callee=union.functions[culprit.callee].name if culprit.callee is not None else None,
    )


def _row_order(row: DiffRow) -> tuple[Any, ...]:
    return (not row.significant, -abs(row.change), -max(row.total_before, row.total_after), row.function)


def _weights_by_side(union: Union) -> tuple[Int64, Int64]:
    """Self and total weight of each function on each side, int64[functions, 2] each."""
    frame, end, functions = union.tree.frame, union.tree.subtree_end, len(union.functions)
    outer = np.flatnonzero(outermost(union.tree, frame))
    own = np.zeros((functions, 2), dtype=np.int64)
    total = np.zeros((functions, 2), dtype=np.int64)
    for side, runs in enumerate((~union.is_after, union.is_after)):
        per_node = union.weight[:, runs].sum(axis=1)
        prefix = np.zeros(len(per_node) + 1, dtype=np.int64)
        np.cumsum(per_node, out=prefix[1:])
        own[:, side] = sum_by_group(frame, per_node, functions)
        total[:, side] = sum_by_group(frame[outer], prefix[end[outer]] - prefix[outer], functions)
    return own, total


def _hidden_weights(union: Union, threshold: FloatArray) -> list[tuple[int | None, int | None]]:
    """For each function the weight that each side may hide of it, None where it hides nothing or has the function."""
    places = np.bincount(union.tree.frame, minlength=len(union.functions))
    most: list[list[int | None]] = []
    for side, runs in enumerate((~union.is_after, union.is_after)):
        count = union.count[:, runs].sum()
        per_sample = union.weight[:, runs].sum() / count if count else 1.0
        hides = ~union.present[:, side] & (threshold[side] > 0)
        weight = np.ceil(places * threshold[side] * per_sample)
        most.append([int(w) if h else None for w, h in zip(weight.tolist(), hides.tolist(), strict=True)])
    return list(zip(*most, strict=True))


def _hottest_lines(union: Union, before: Sequence[Profile], after: Sequence[Profile]) -> Mapping[int, int]:
    """Hottest known line of each function: of the after side, else of the before side."""
    runs = [*zip((*before, *after), union.of_frame, union.is_after, strict=True)]
    lines: dict[int, int] = {}
    for run, of_frame, _ in sorted(runs, key=lambda item: not item[2]):
        frame_self = sum_by_group(run.call_tree.frame, run.node_self, len(run.frames))
        seen = np.flatnonzero(of_frame >= 0)
        _, line = hottest_lines(run, frame_self, np.maximum(of_frame, 0), len(union.functions))
        for function in np.unique(of_frame[seen][run.frames.line[seen] > 0]).tolist():
            if line[function]:
                lines.setdefault(function, int(line[function]))
    return lines


def _share(weight: int, whole: int) -> float:
    return int(weight) / whole if whole else 0.0


def row_dict(row: DiffRow, number: Callable[[int], int | float]) -> dict[str, Any]:
    """Return the contract's JSON form; ``number`` turns stored weights into the value type's unit."""
    document: dict[str, Any] = {f.name: getattr(row, f.name) for f in fields(DiffRow)}
    for name in (
        "self_before",
        "self_after",
        "total_before",
        "total_after",
        "self_max_before",
        "self_max_after",
    ):
        document[name] = None if document[name] is None else number(document[name])
    document["interval"] = None if row.interval is None else list(row.interval)
    return document
