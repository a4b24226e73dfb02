"""What got slower and faster between two sides of runs, and whether that is real.

`union` puts all runs into one tree, `sets` lists what is tested, `cost_shift` finds what only moved, `statistics` tests,
`culprit` names who is to blame, `diff_rows` puts it together; here they are called in turn and one verdict is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from hotspot.analysis.cost_shift import find_shifts, shift_mapping
from hotspot.analysis.culprit import Culprit, find_culprits
from hotspot.analysis.diff_rows import DiffRow, Judgement, build_rows, hidden_counts, row_dict
from hotspot.analysis.merge import merge
from hotspot.analysis.reconcile import reconcile, recorded_in_sequence
from hotspot.analysis.sentence import Summary, notes_for, sentence_for
from hotspot.analysis.sets import SetIndex, Sets
from hotspot.analysis.statistics import (
    ALPHA,
    MIN_CHANGE,
    SPREAD,
    Basis,
    Model,
    NormalisedBy,
    SetTests,
    basis,
    data_needed,
    fit_model,
    replicated,
    runs_needed,
    screen,
    size_factors,
)
from hotspot.analysis.statistics.effect import change as change_of
from hotspot.analysis.statistics.effect import change_error, spread_dispersion
from hotspot.analysis.statistics.tails import normal_quantile
from hotspot.analysis.union import FloatArray, Symbols, Union, unite
from hotspot.errors import TooFewSamples, UsageError
from hotspot.profile import Bool, Profile

Verdict = Literal["regressed", "improved", "mixed", "unchanged", "inconclusive", "suspect"]
Work = tuple[float | Sequence[float], float | Sequence[float]]

TOLERANCE = 0.02
"""A row whose interval lies within this many shares of the baseline's time is unchanged."""


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
        samples_needed: samples a side that would settle the largest open row, None where runs are wanted or nothing.
        runs_needed: runs a side that would.
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
    change: float
    interval: tuple[float, float]
    rows: tuple[DiffRow, ...]
    samples_needed: int | None
    runs_needed: int | None
    sentence: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        number = self.before[0].value_type.number
        return {
            "schema": "hotspot.diff/1",
            "before": merged_side(self.before).to_dict(),
            "after": merged_side(self.after).to_dict(),
            "basis": self.basis,
            "normalised_by": self.normalised_by,
            "size_factor": self.size_factor,
            "verdict": self.verdict,
            "alpha": self.alpha,
            "min_change": self.min_change,
            "change": self.change,
            "interval": list(self.interval),
            "rows": [row_dict(row, number) for row in self.rows],
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
    work: Work | None = None,
    symbols: Symbols = "canonical",
    min_change: float = MIN_CHANGE,
    spread: float = SPREAD,
    tolerance: float = TOLERANCE,
    in_app: Mapping[str, bool] | None = None,
) -> Diff:
    """Compare two sides.

    Args:
        before: the baseline: one profile, or one a run. Five or more runs a side, recorded in turn, give a verdict;
            three or four one of low confidence; one or two are a screening.
        after: what to compare with it.
        work: work done before and after, a number for all runs of a side or one a run; where it is not known, the
            functions that did not change tell.
        symbols: ``exact`` compares names as they are spelled, ``canonical`` without what builds number anew.
        min_change: smallest change that counts, as a share of the baseline's time.
        spread: assumed variation between runs where it cannot be measured (a coefficient of variation).
        tolerance: what lies within is unchanged, in shares of the baseline's time.
        in_app: canonical function name -> whether the project owns it; culprits in other code are charged to the
            nearest in-app caller.

    Raises:
        UsageError: no common value type, or work that does not fit the runs.
        TooFewSamples: a side has no weight at all.
    """
    sides = (_as_runs(before), _as_runs(after))
    if not all(sides):
        raise UsageError("a comparison needs at least one profile a side")
    runs, notes = reconcile([*sides[0], *sides[1]])
    first, second = runs[: len(sides[0])], runs[len(sides[0]) :]
    for side, name in ((first, "before"), (second, "after")):
        for run in side:
            if run.total <= 0:
                raise TooFewSamples(
                    f"{name}: nothing to compare in {run.label or 'a profile'}: it adds up to {run.total}"
                )
    union = unite(first, second, symbols)
    index = SetIndex(union.tree, len(union.functions))
    sets = index.collect(union.count)
    factors = size_factors(sets.count[: len(union.functions)], _work_of_runs(work, first, second))
    ratio = float(factors.factors[union.is_after].sum() / factors.factors[~union.is_after].sum())
    which = basis(len(first), len(second), factors.normalised_by, weights_only=not union.counted)
    pooled = _pooled(sets, union)
    shifts = find_shifts(union, index, pooled, ratio)
    judged = union
    if shifts:
        judged = union.judged_as(shift_mapping(len(union.functions), shifts))
        index = SetIndex(judged.tree, len(union.functions))
        sets = index.collect(judged.count)
    hidden = hidden_counts(union, first, second)
    total_before = float(union.count[:, ~union.is_after].sum())
    in_sequence = recorded_in_sequence(first, second)
    model: Model | None = None
    culprits: tuple[Culprit, ...] = ()
    if which == "screening":
        tests = _screened(sets, judged, hidden, ratio, spread, min_change, total_before)
        dispersion = spread_dispersion(*_side_totals(union), spread)
    else:
        counts = _with_hidden(sets, judged, hidden, ratio)
        model = fit_model(
            counts,
            is_after=union.is_after,
            factors=factors.factors,
            total_before=total_before,
            candidates=sets.distinct,
        )
        extra = spread if in_sequence else None
        tests = replicated(
            counts, model, min_change=min_change, sequence_spread=extra, candidates=sets.distinct
        )
        culprits = find_culprits(
            judged,
            index,
            model,
            min_change=min_change,
            sequence_spread=extra,
            owned=_owned(union, in_app),
        )
        dispersion = _whole_dispersion(model, union, extra)
    judgement = Judgement(
        tests=tests,
        change=change_of(
            pooled[: len(union.functions), 0], pooled[: len(union.functions), 1], ratio, total_before
        ),
        shifts=shifts,
        culprits=culprits,
        screening=which == "screening",
        hidden=hidden,
        tolerance=tolerance,
    )
    rows = build_rows(union, judgement, first, second)
    verdict = verdict_of(rows, which)
    whole, interval = _whole_change(union, ratio, dispersion, total_before)
    needed = _needed(rows, verdict, model, tests, spread, min(len(first), len(second)), min_change)
    summary = Summary(
        verdict=verdict,
        basis=which,
        rows=rows,
        change=whole,
        interval=interval,
        spread=spread,
        runs=(len(first), len(second)),
        samples_needed=needed[0],
        runs_needed=needed[1],
        culprits=tuple(union.functions[c.function].name for c in culprits),
    )
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
        change=whole,
        interval=interval,
        rows=rows,
        samples_needed=needed[0],
        runs_needed=needed[1],
        sentence=sentence_for(summary),
        notes=(*notes, *notes_for(which, factors.normalised_by, union.counted, in_sequence, spread)),
    )


def verdict_of(rows: Sequence[DiffRow], which: Basis) -> Verdict:
    """Draw one verdict from the rows that count."""
    judged = [row for row in rows if row.judged]
    up = any(row.significant and row.change > 0 for row in judged)
    down = any(row.significant and row.change < 0 for row in judged)
    if up or down:
        if which == "screening":
            return "suspect"
        return "mixed" if up and down else "regressed" if up else "improved"
    if judged and all(row.status == "unchanged" for row in judged):
        return "unchanged"
    return "inconclusive"


def merged_side(runs: Sequence[Profile]) -> Profile:
    """Return the one profile that stands for a side in output."""
    return runs[0] if len(runs) == 1 else merge(runs)


def _as_runs(side: Profile | Sequence[Profile]) -> tuple[Profile, ...]:
    return (side,) if isinstance(side, Profile) else tuple(side)


def _work_of_runs(
    work: Work | None, before: Sequence[Profile], after: Sequence[Profile]
) -> FloatArray | None:
    if work is None:
        return None
    columns = []
    for given, runs, name in ((work[0], before, "before"), (work[1], after, "after")):
        values = [float(given)] * len(runs) if isinstance(given, int | float) else [float(w) for w in given]
        if len(values) != len(runs):
            raise UsageError(f"work {name}: {len(values)} numbers for {len(runs)} runs")
        if not all(np.isfinite(w) and w > 0 for w in values):
            raise UsageError(f"work {name} must be positive numbers, not {values}")
        columns += values
    return np.array(columns, dtype=np.float64)


def _pooled(sets: Sets, union: Union) -> FloatArray:
    """Counts of each set before and after, float64[sets, 2]."""
    sides = [sets.count[:, ~union.is_after].sum(axis=1), sets.count[:, union.is_after].sum(axis=1)]
    return np.stack(sides, axis=1)


def _with_hidden(sets: Sets, union: Union, hidden: FloatArray, ratio: float) -> FloatArray:
    """Counts of each set in each run, where a side that hides narrow frames is given what speaks for "no change".

    Of what it may hide, it is given at most what would make both sides equal, spread over its runs.
    """
    counts = sets.count.copy()
    pooled = _pooled(sets, union)
    own = len(union.functions)
    for side, other, factor in ((0, 1, 1 / ratio), (1, 0, ratio)):
        columns = np.flatnonzero(union.is_after == bool(side))
        given = np.clip(pooled[:own, other] * factor, 0, hidden[:, side])
        counts[:own, columns] += given[:, None] / len(columns)
    return counts


def _screened(
    sets: Sets,
    union: Union,
    hidden: FloatArray,
    ratio: float,
    spread: float,
    min_change: float,
    total_before: float,
) -> SetTests:
    counts = _with_hidden(sets, union, hidden, ratio)
    return screen(
        counts[:, ~union.is_after].sum(axis=1),
        counts[:, union.is_after].sum(axis=1),
        total_before=total_before,
        size_ratio=ratio,
        spread=spread,
        min_change=min_change,
        candidates=sets.distinct,
    )


def _side_totals(union: Union) -> tuple[FloatArray, FloatArray]:
    return (
        np.array([union.count[:, ~union.is_after].sum()]),
        np.array([union.count[:, union.is_after].sum()]),
    )


def _whole_dispersion(model: Model, union: Union, sequence_spread: float | None) -> FloatArray:
    whole = union.count.sum(axis=0, keepdims=True)
    return replicated(whole, model, sequence_spread=sequence_spread).dispersion


def _whole_change(
    union: Union, ratio: float, dispersion: FloatArray, total_before: float
) -> tuple[float, tuple[float, float]]:
    """Change of the whole program with its interval, in shares of the baseline's time."""
    before, after = _side_totals(union)
    change = float(change_of(before, after, ratio, total_before)[0])
    margin = normal_quantile(1 - ALPHA / 2) * float(
        change_error(before, after, ratio, total_before, dispersion)[0]
    )
    return change, (change - margin, change + margin)


def _owned(union: Union, in_app: Mapping[str, bool] | None) -> Bool | None:
    if in_app is None:
        return None
    return np.array([in_app.get(function.name, False) for function in union.functions], dtype=bool)


def _needed(
    rows: Sequence[DiffRow],
    verdict: Verdict,
    model: Model | None,
    tests: SetTests,
    spread: float,
    runs: int,
    min_change: float,
) -> tuple[int | None, int | None]:
    """Samples or runs a side that would settle the open row with the largest change."""
    open_rows = [row for row in rows if row.judged and row.status in ("inconclusive", "suspect")]
    if verdict not in ("inconclusive", "suspect") or not open_rows:
        return None, None
    row = max(open_rows, key=lambda r: abs(r.change))
    share, tested = row.self_share_before, int(tests.tested.sum())
    if model is None:  # however many samples, a screening is settled by runs alone
        return None, runs_needed(share, row.change, tested=tested, spread=spread, min_change=min_change)
    needed = data_needed(
        share,
        row.change,
        tested=tested,
        s0sq=model.s0sq,
        spread=float(np.sqrt(model.a2)),
        runs=runs,
        min_change=min_change,
    )
    return needed.samples, needed.runs
