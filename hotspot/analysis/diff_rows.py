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
from hotspot.profile import Int32, Int64, LossKind, Profile

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
        shifts: functions judged as one.
        culprits: strongest first.
        screening: whether the spread between runs is assumed, so that nothing is more than suspect.
        change: D of every function's own self samples, shifts or not, float64[functions].
        hidden: samples each side may hide of a function it lacks, float64[functions, 2].
        tolerance: intervals within it are unchanged.
    """

    tests: SetTests
    change: FloatArray
    shifts: tuple[Shift, ...]
    culprits: tuple[Culprit, ...]
    screening: bool
    hidden: FloatArray
    tolerance: float


def build_rows(
    union: Union, judgement: Judgement, before: Sequence[Profile], after: Sequence[Profile]
) -> tuple[DiffRow, ...]:
    """Return all rows: significant ones first, by size of change."""
    own, total = _weights_by_side(union)
    whole = (sum(run.whole for run in before), sum(run.whole for run in after))
    lines = _hottest_lines(union, before, after)
    moved_into = {f: shift for shift in judgement.shifts for f in shift.others}
    went_on = {shift.into: shift for shift in judgement.shifts}
    blamed = {culprit.function: culprit for culprit in reversed(judgement.culprits)}
    rows = []
    for i, function in enumerate(union.functions):
        most = (_hidden_weight(union, judgement.hidden, i, 0), _hidden_weight(union, judgement.hidden, i, 1))
        if i in moved_into:
            finding = _moved_away(float(judgement.change[i]), moved_into[i])
        else:
            finding = _finding(judgement, union, i, went_on.get(i), pruned=most != (None, None))
        if i in blamed:
            finding = _blamed(finding, blamed[i], union)
        rows.append(
            DiffRow(
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
                self_max_before=most[0],
                self_max_after=most[1],
                **vars(finding),
            )
        )
    return tuple(sorted(rows, key=_row_order))


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
    tested = bool(tests.tested[i])
    status = _status(judgement, union, i, pruned)
    matched_by = union.functions[i].matched_by
    if shift is not None:
        matched_by = matched_by or shift.kind
        if not tests.significant[i]:
            status = "cost_shift"
    return _Finding(
        "self",
        float(tests.change[i]),
        (float(tests.low[i]), float(tests.high[i])) if tested else None,
        float(tests.p[i]) if tested else None,
        float(tests.q[i]) if tested else None,
        bool(tests.significant[i]) if tested else None,
        status,
        matched_by,
    )


def _status(judgement: Judgement, union: Union, i: int, pruned: bool) -> Status:
    tests = judgement.tests
    if tests.significant[i]:
        if judgement.screening:
            return "suspect"
        before, after = union.present[i]
        if not before and not pruned:
            return "new"
        if not after and not pruned:
            return "gone"
        return "regressed" if tests.change[i] > 0 else "improved"
    if pruned:
        return "pruned"
    if tests.tested[i] and max(-tests.low[i], tests.high[i]) <= judgement.tolerance:
        return "unchanged"
    return "inconclusive"


def _moved_away(change: float, shift: Shift) -> _Finding:
    """A function whose cost went on elsewhere is judged there, not here."""
    return _Finding("self", change, None, None, None, None, "cost_shift", shift.kind)


def _blamed(finding: _Finding, culprit: Culprit, union: Union) -> _Finding:
    callee = union.functions[culprit.callee].name if culprit.callee is not None else None
    named = replace(finding, culprit=True, because=culprit.because, callee=callee)
    if finding.significant:
        return named
    return replace(
        named,
        measure=MEASURES[culprit.measure],
        change=culprit.change,
        interval=culprit.interval,
        p=culprit.p,
        q=culprit.q,
        significant=True,
        status="regressed" if culprit.change > 0 else "improved",
    )


def _row_order(row: DiffRow) -> tuple[Any, ...]:
    return (not row.significant, -abs(row.change), -max(row.total_before, row.total_after), row.function)


def _weights_by_side(union: Union) -> tuple[Int64, Int64]:
    """Self and total weight of each function on each side, int64[functions, 2] each."""
    sides = np.stack(
        [union.weight[:, ~union.is_after].sum(axis=1), union.weight[:, union.is_after].sum(axis=1)], axis=1
    )
    outer = outermost(union.tree, union.tree.frame)
    own = np.zeros((len(union.functions), 2), dtype=np.int64)
    total = np.zeros_like(own)
    np.add.at(own, union.tree.frame, sides)
    prefix = np.zeros((len(sides) + 1, 2), dtype=np.int64)
    np.cumsum(sides, axis=0, out=prefix[1:])
    np.add.at(total, union.tree.frame[outer], (prefix[union.tree.subtree_end] - prefix[:-1])[outer])
    return own, total


def pruned_below(run: Profile) -> int:
    """Return the largest weight a frame that the file left out can have, 0 where it leaves none out."""
    return max(
        (loss.amount or 0 for loss in run.provenance.losses if loss.kind is LossKind.PRUNED), default=0
    )


def hidden_counts(union: Union, before: Sequence[Profile], after: Sequence[Profile]) -> FloatArray:
    """Samples that each side may hide of a function it lacks, float64[functions, 2].

    A pruned file hides at most its threshold at each place in the tree where the other side has the function.
    """
    hidden = np.zeros((len(union.functions), 2), dtype=np.float64)
    places = np.bincount(union.tree.frame, minlength=len(union.functions))
    weight, count = union.weight.sum(axis=0), union.count.sum(axis=0)
    for side, runs in enumerate((before, after)):
        columns = np.flatnonzero(union.is_after == bool(side))
        per_place = 0.0
        for run, column in zip(runs, columns, strict=True):
            per_sample = weight[column] / count[column] if count[column] else 1.0
            per_place += pruned_below(run) / per_sample
        missing = ~union.present[:, side]
        hidden[missing, side] = places[missing] * per_place
    return hidden


def _hidden_weight(union: Union, hidden: FloatArray, function: int, side: int) -> int | None:
    """What a side may hide of a function, as a weight; None where it hides nothing or has the function."""
    if not hidden[function, side]:
        return None
    columns = union.is_after == bool(side)
    per_sample = union.weight[:, columns].sum() / union.count[:, columns].sum()
    return int(np.ceil(hidden[function, side] * per_sample))


def _hottest_lines(union: Union, before: Sequence[Profile], after: Sequence[Profile]) -> Mapping[int, int]:
    """Hottest known line of each function: of the after side, else of the before side."""
    lines: dict[int, int] = {}
    for run, mapping in zip((*after, *before), (*_of(union, True), *_of(union, False)), strict=True):
        frame_self = sum_by_group(run.call_tree.frame, run.node_self, len(run.frames))
        of_frame = mapping[run.functions.of_frame]
        _, line = hottest_lines(run, frame_self, of_frame, len(union.functions))
        for function in np.flatnonzero(line).tolist():
            lines.setdefault(function, int(line[function]))
    return lines


def _of(union: Union, after: bool) -> list[Int32]:
    return [mapping for mapping, side in zip(union.of_function, union.is_after, strict=True) if side == after]


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
