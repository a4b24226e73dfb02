"""What got slower and faster between two sides of runs, and whether that is real.

`hotspot.analysis.union` puts all runs into one tree, `hotspot.analysis.sets` lists what is tested,
`hotspot.analysis.statistics` tests it; here the results become rows and one verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hotspot.analysis.merge import merge
from hotspot.analysis.rank import hottest_lines
from hotspot.analysis.reconcile import reconcile
from hotspot.analysis.sentence import screening_notes, screening_sentence
from hotspot.analysis.sets import Measure, Sets, collect_sets
from hotspot.analysis.statistics import (
    ALPHA,
    MIN_CHANGE,
    SPREAD,
    Basis,
    NormalisedBy,
    SetTests,
    basis,
    screen,
    size_factors,
)
from hotspot.analysis.statistics.effect import change_error, spread_dispersion
from hotspot.analysis.statistics.tails import normal_quantile
from hotspot.analysis.totals import outermost, sum_by_group
from hotspot.analysis.union import FloatArray, Symbols, Union, unite
from hotspot.errors import TooFewSamples
from hotspot.profile import Int32, Int64, LossKind, Profile

Verdict = Literal["regressed", "improved", "mixed", "unchanged", "inconclusive", "suspect"]
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

TOLERANCE = 0.02
"""A row whose interval lies within this many shares of the baseline's time is unchanged."""


@dataclass(frozen=True)
class DiffRow:
    """One function on both sides. Weights are stored weights of the common value type, summed over a side's runs.

    Attributes:
        change: D: signed share of the baseline's time that ``measure`` moved by.
        interval: 95% interval of ``change``, None where the row was not tested.
        matched_by: ``exact``, a symbol rule's id, or None where one side lacks the function.
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
    because: Literal["slower", "calls_more", "ambiguous"] | None
    callee: str | None
    matched_by: str | None
    self_max_before: int | None
    self_max_after: int | None


@dataclass(frozen=True, eq=False)
class Diff:
    """The comparison of two sides.

    Attributes:
        before: the runs of the baseline side, one value type selected in all runs of both sides.
        after: the runs of the other side.
        union: all runs in one tree.
        size_factor: s: how much more work, or sampling, the after side did.
        change: of the whole program, in shares of the baseline's time.
        interval: 95% interval of ``change``.
        rows: significant ones first, by size of change.
        notes: what was assumed or reconciled, in sentences.
    """

    before: tuple[Profile, ...]
    after: tuple[Profile, ...]
    union: Union
    basis: Basis
    normalised_by: NormalisedBy
    size_factor: float
    verdict: Verdict
    alpha: float
    min_change: float
    spread: float
    change: float
    interval: tuple[float, float]
    rows: tuple[DiffRow, ...]
    samples_needed: int | None
    runs_needed: int | None
    sentence: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        value_type = self.before[0].value_type
        return {
            "schema": "hotspot.diff/1",
            "before": _side(self.before).to_dict(),
            "after": _side(self.after).to_dict(),
            "basis": self.basis,
            "normalised_by": self.normalised_by,
            "size_factor": self.size_factor,
            "verdict": self.verdict,
            "alpha": self.alpha,
            "min_change": self.min_change,
            "change": self.change,
            "interval": list(self.interval),
            "rows": [_row_dict(row, value_type.number) for row in self.rows],
            "samples_needed": self.samples_needed,
            "runs_needed": self.runs_needed,
            "sentence": self.sentence,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """Return the comparison as plain text."""
        from hotspot.report.diff import diff_report
        from hotspot.report.table import plain

        return plain(diff_report(self))


def diff(
    before: Profile | Sequence[Profile],
    after: Profile | Sequence[Profile],
    *,
    symbols: Symbols = "canonical",
    min_change: float = MIN_CHANGE,
    spread: float = SPREAD,
    tolerance: float = TOLERANCE,
) -> Diff:
    """Compare two sides.

    Args:
        before: the baseline: one profile, or one a run.
        after: what to compare with it.
        symbols: ``exact`` compares names as they are spelled, ``canonical`` without what builds number anew.
        min_change: smallest change that counts, as a share of the baseline's time.
        spread: assumed variation between runs where it cannot be measured (a coefficient of variation).
        tolerance: what lies within is unchanged.

    Raises:
        UsageError: no common value type.
        TooFewSamples: a side has no weight at all.
    """
    sides = (_as_runs(before), _as_runs(after))
    runs, notes = reconcile([*sides[0], *sides[1]])
    first, second = runs[: len(sides[0])], runs[len(sides[0]) :]
    for side, name in ((first, "before"), (second, "after")):
        if sum(run.total for run in side) <= 0:
            raise TooFewSamples(
                f"{name}: no weight to compare ({_side(side).label or 'profile'} adds up to 0)"
            )
    union = unite(first, second, symbols)
    sets = collect_sets(union)
    functions = len(union.functions)
    factors = size_factors(sets.count[:functions])
    ratio = float(factors.factors[union.is_after].sum() / factors.factors[~union.is_after].sum())
    pooled = np.stack(
        [sets.count[:, ~union.is_after].sum(axis=1), sets.count[:, union.is_after].sum(axis=1)], axis=1
    )
    hidden = _hidden_counts(union, first, second)
    tests = _screened(sets, pooled, hidden, union, ratio, spread, min_change)
    which = basis(len(first), len(second), factors.normalised_by, weights_only=not union.counted)
    whole = _whole_change(union, ratio, spread)
    rows = _rows(union, sets, tests, hidden, first, second, tolerance)
    verdict = screening_verdict(rows)
    return Diff(
        before=first,
        after=second,
        union=union,
        basis=which,
        normalised_by=factors.normalised_by,
        size_factor=ratio,
        verdict=verdict,
        alpha=ALPHA,
        min_change=min_change,
        spread=spread,
        change=whole[0],
        interval=whole[1],
        rows=rows,
        samples_needed=None,
        runs_needed=None,
        sentence=screening_sentence(verdict, rows, whole[0], whole[1], spread, (len(first), len(second))),
        notes=(*notes, *screening_notes(factors, union.counted)),
    )


def _as_runs(side: Profile | Sequence[Profile]) -> tuple[Profile, ...]:
    return (side,) if isinstance(side, Profile) else tuple(side)


def _side(runs: Sequence[Profile]) -> Profile:
    """Return the one profile that stands for a side in output."""
    return runs[0] if len(runs) == 1 else merge(runs)


def _screened(
    sets: Sets,
    pooled: FloatArray,
    hidden: FloatArray,
    union: Union,
    ratio: float,
    spread: float,
    min_change: float,
) -> SetTests:
    """Screen all sets; where a side hides narrow frames, the value it may hide that is kindest to "no change"."""
    counts = pooled.copy()
    own = slice(0, len(union.functions))
    counts[own, 0] += np.clip(pooled[own, 1] / ratio, 0, hidden[:, 0])
    counts[own, 1] += np.clip(pooled[own, 0] * ratio, 0, hidden[:, 1])
    return screen(
        counts[:, 0],
        counts[:, 1],
        total_before=float(union.count[:, ~union.is_after].sum()),
        size_ratio=ratio,
        spread=spread,
        min_change=min_change,
        candidates=sets.distinct,
    )


def _hidden_counts(union: Union, before: Sequence[Profile], after: Sequence[Profile]) -> FloatArray:
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


def pruned_below(run: Profile) -> int:
    """Return the largest weight a frame that the file left out can have, 0 where it leaves none out."""
    return max(
        (loss.amount or 0 for loss in run.provenance.losses if loss.kind is LossKind.PRUNED), default=0
    )


def _whole_change(union: Union, ratio: float, spread: float) -> tuple[float, tuple[float, float]]:
    """Change of the whole program with its interval, in shares of the baseline's time."""
    before = np.array([union.count[:, ~union.is_after].sum()])
    after = np.array([union.count[:, union.is_after].sum()])
    change = float((after[0] / ratio - before[0]) / before[0])
    error = change_error(before, after, ratio, float(before[0]), spread_dispersion(before, after, spread))
    margin = normal_quantile(1 - ALPHA / 2) * float(error[0])
    return change, (change - margin, change + margin)


def _rows(
    union: Union,
    sets: Sets,
    tests: SetTests,
    hidden: FloatArray,
    before: Sequence[Profile],
    after: Sequence[Profile],
    tolerance: float,
) -> tuple[DiffRow, ...]:
    own, total = _weights_by_side(union)
    whole = (sum(run.whole for run in before), sum(run.whole for run in after))
    lines = _hottest_lines(union, before, after)
    rows = []
    for i, function in enumerate(union.functions):
        tested = bool(tests.tested[i])
        max_before, max_after = (_hidden_weight(union, hidden, i, side) for side in (0, 1))
        pruned = max_before is not None or max_after is not None
        rows.append(
            DiffRow(
                function=function.name,
                file=function.file or None,
                line=lines.get(i),
                module=function.module or None,
                measure="self",
                self_before=int(own[i, 0]),
                self_after=int(own[i, 1]),
                total_before=int(total[i, 0]),
                total_after=int(total[i, 1]),
                self_share_before=_share(own[i, 0], whole[0]),
                self_share_after=_share(own[i, 1], whole[1]),
                total_share_before=_share(total[i, 0], whole[0]),
                total_share_after=_share(total[i, 1], whole[1]),
                change=float(tests.change[i]),
                interval=(float(tests.low[i]), float(tests.high[i])) if tested else None,
                p=float(tests.p[i]) if tested else None,
                q=float(tests.q[i]) if tested else None,
                significant=bool(tests.significant[i]) if tested else None,
                status=_screening_status(tests, i, tolerance, pruned),
                culprit=False,
                because=None,
                callee=None,
                matched_by=function.matched_by,
                self_max_before=max_before,
                self_max_after=max_after,
            )
        )
    return tuple(sorted(rows, key=_row_order))


def _row_order(row: DiffRow) -> tuple[Any, ...]:
    return (not row.significant, -abs(row.change), -max(row.total_before, row.total_after), row.function)


def _screening_status(tests: SetTests, i: int, tolerance: float, pruned: bool) -> Status:
    if tests.significant[i]:
        return "suspect"
    if pruned:
        return "pruned"
    if tests.tested[i] and tests.low[i] >= -tolerance and tests.high[i] <= tolerance:
        return "unchanged"
    return "inconclusive"


def screening_verdict(rows: Sequence[DiffRow]) -> Verdict:
    """Return the verdict of a screening: never more than a suspicion."""
    tested = [row for row in rows if row.interval is not None and row.status != "pruned"]
    if any(row.status == "suspect" for row in tested):
        return "suspect"
    if tested and all(row.status == "unchanged" for row in tested):
        return "unchanged"
    return "inconclusive"


def _weights_by_side(union: Union) -> tuple[Int64, Int64]:
    """Self and total weight of each function on each side, int64[functions, 2] each."""
    sides = np.stack(
        [union.weight[:, ~union.is_after].sum(axis=1), union.weight[:, union.is_after].sum(axis=1)], axis=1
    )
    outer = outermost(union.tree, union.tree.frame)
    own = np.zeros((len(union.functions), 2), dtype=np.int64)
    total = np.zeros_like(own)
    np.add.at(own, union.tree.frame, sides)
    sums = np.asarray(union.subtree_sums(sides), dtype=np.int64)
    np.add.at(total, union.tree.frame[outer], sums[outer])
    return own, total


def _hidden_weight(union: Union, hidden: FloatArray, function: int, side: int) -> int | None:
    """What a side may hide of a function, as a weight; None where it hides nothing or has the function."""
    if not hidden[function, side]:
        return None
    columns = union.is_after == bool(side)
    per_sample = union.weight[:, columns].sum() / union.count[:, columns].sum()
    return int(np.ceil(hidden[function, side] * per_sample))


def _hottest_lines(union: Union, before: Sequence[Profile], after: Sequence[Profile]) -> dict[int, int]:
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


def _row_dict(row: DiffRow, number: Any) -> dict[str, Any]:
    weights = (
        "self_before",
        "self_after",
        "total_before",
        "total_after",
        "self_max_before",
        "self_max_after",
    )
    document = {name: getattr(row, name) for name in DiffRow.__dataclass_fields__}
    for name in weights:
        document[name] = None if document[name] is None else number(document[name])
    document["interval"] = list(row.interval) if row.interval is not None else None
    return document
