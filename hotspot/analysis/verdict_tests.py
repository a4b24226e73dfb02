"""From a union of runs to what the statistics say of it: size factors, cost shifts, tests, culprits.

Narrow frames that one side left out are undone first (`pruning`), then cost that only moved (`cost_shift`); what is
tested is the union as it would look without either, each as one set among all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hotspot.analysis.cost_shift import Shift, find_shifts, judged_union
from hotspot.analysis.culprit import Culprit, Scan, find_culprits
from hotspot.analysis.pruning import hidden_samples, narrow_nodes, thresholds, with_hidden
from hotspot.analysis.reconcile import sample_periods
from hotspot.analysis.sets import SetIndex, Sets
from hotspot.analysis.statistics import (
    Model,
    NormalisedBy,
    SetTests,
    SizeFactors,
    fit_model,
    replicated,
    screen,
    size_factors,
)
from hotspot.analysis.statistics.effect import change as change_of
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Bool, Profile


@dataclass(frozen=True)
class Assumptions:
    """What is tested, and against what.

    Attributes:
        min_change: smallest change that counts, in shares of the baseline's time.
        spread: coefficient of variation between runs, where it cannot be measured.
        screening: whether it cannot: one or two runs a side, or weights only.
        in_sequence: whether one side was recorded after the other; None where that is not known.
    """

    min_change: float
    spread: float
    screening: bool
    in_sequence: bool | None


@dataclass(frozen=True, eq=False)
class Findings:
    """What the statistics say.

    Attributes:
        ratio: s, the work of the after side over the before side's.
        normalised_by: how it was found.
        threshold: samples of the widest frame that each side left out, float64[2].
        shifts: functions judged as one.
        tests: of every set of the judged union; the first ones are the functions' self sets.
        own_change: D of every function's own self samples as they are, float64[functions].
        model: of the variation between runs; None in a screening.
        culprits: strongest first; none in a screening.
        change: D of the whole program.
        interval: its 95% interval, None where there is too little to tell.
    """

    ratio: float
    normalised_by: NormalisedBy
    threshold: FloatArray
    shifts: tuple[Shift, ...]
    tests: SetTests
    own_change: FloatArray
    model: Model | None
    culprits: tuple[Culprit, ...]
    change: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class WorkFactors:
    """What is known of the runs' work, and of their sampling rates, which scale counts where work is known or assumed.

    Attributes:
        work: float64[runs], None where it is not known.
        rate: samples per unit of time relative to the mean, float64[runs]; ones where it is not known.
    """

    work: FloatArray | None
    rate: FloatArray

    def factors(self, self_counts: FloatArray, is_after: Bool) -> SizeFactors:
        """Return e_k; reference functions know of rates by themselves."""
        if self.work is not None:
            return size_factors(self_counts, is_after, self.work * self.rate)
        found = size_factors(self_counts, is_after)
        if found.normalised_by == "equal_work":
            return SizeFactors(found.factors * self.rate, "equal_work")
        return found


def work_factors(work: FloatArray | None, runs: Sequence[Profile]) -> WorkFactors:
    """Put known work and the runs' sampling rates together."""
    periods = sample_periods(runs)
    rate = np.ones(len(runs)) if periods is None else periods.mean() / periods
    return WorkFactors(work, rate)


def find(
    union: Union,
    runs: Sequence[Profile],
    work: WorkFactors,
    assumed: Assumptions,
    ownership: tuple[Bool, Bool],
) -> Findings:
    """Ask the statistics.

    Args:
        union: all runs.
        runs: the same, for what their files left out.
        work: what is known of the work.
        assumed: what is tested, and against what.
        ownership: functions known to be in-app, and known not to be, bool[functions] each.
    """
    functions = len(union.functions)
    index = SetIndex(union.tree, functions)
    sets = index.collect(union.count)
    factors = work.factors(sets.count[:functions], union.is_after)
    ratio = _ratio(factors, union.is_after)
    own = _pooled(sets.count[:functions], union.is_after)
    threshold = thresholds(union, runs)
    level = union
    if threshold.any():
        narrow = narrow_nodes(union, threshold, ratio)
        level = union.rearranged(np.arange(functions, dtype=np.int32), narrow)
        index, sets, factors, ratio = _again(level, work)
    shifts = find_shifts(level, index, _pooled(sets.count, union.is_after), ratio)
    if shifts:
        level = judged_union(level, shifts)
        index, sets, factors, ratio = _again(level, work)
    hidden = hidden_samples(level, index, _pooled(sets.count, union.is_after), threshold)
    own_change = change_of(own[:, 0], own[:, 1], ratio, union.total_before)
    model: Model | None = None
    culprits: tuple[Culprit, ...] = ()
    if assumed.screening:
        tests, whole = _screened(level, sets, hidden, ratio, assumed)
    else:
        model, tests, whole, culprits = _replicated(level, index, sets, hidden, factors, assumed, ownership)
    return Findings(
        ratio=ratio,
        normalised_by=factors.normalised_by,
        threshold=threshold,
        shifts=shifts,
        tests=tests,
        own_change=own_change,
        model=model,
        culprits=culprits,
        change=float(whole.change[0]),
        interval=(float(whole.low[0]), float(whole.high[0])) if whole.tested[0] else None,
    )


def _again(union: Union, work: WorkFactors) -> tuple[SetIndex, Sets, SizeFactors, float]:
    """Collect the sets of a rearranged union, and what its functions say of the work."""
    index = SetIndex(union.tree, len(union.functions))
    sets = index.collect(union.count)
    factors = work.factors(sets.count[: len(union.functions)], union.is_after)
    return index, sets, factors, _ratio(factors, union.is_after)


def _ratio(factors: SizeFactors, is_after: Bool) -> float:
    return float(factors.factors[is_after].sum() / factors.factors[~is_after].sum())


def _pooled(counts: FloatArray, is_after: Bool) -> FloatArray:
    """Counts of each set before and after, float64[sets, 2]."""
    return np.stack([counts[:, ~is_after].sum(axis=1), counts[:, is_after].sum(axis=1)], axis=1)


def _screened(
    union: Union, sets: Sets, hidden: FloatArray, ratio: float, assumed: Assumptions
) -> tuple[SetTests, SetTests]:
    """Return the tests of all sets, and of the whole program."""
    pooled = _pooled(with_hidden(sets.count, hidden, union.is_after, ratio), union.is_after)
    whole = _pooled(union.count.sum(axis=0, keepdims=True), union.is_after)

    def screened(counts: FloatArray, candidates: Bool | None) -> SetTests:
        return screen(
            counts[:, 0],
            counts[:, 1],
            total_before=union.total_before,
            size_ratio=ratio,
            spread=assumed.spread,
            min_change=assumed.min_change,
            candidates=candidates,
        )

    return screened(pooled, sets.distinct()), screened(whole, None)


def _replicated(
    union: Union,
    index: SetIndex,
    sets: Sets,
    hidden: FloatArray,
    factors: SizeFactors,
    assumed: Assumptions,
    ownership: tuple[Bool, Bool],
) -> tuple[Model, SetTests, SetTests, tuple[Culprit, ...]]:
    """Return the model, the tests of all sets and of the whole program, and the culprits."""
    counts = with_hidden(sets.count, hidden, union.is_after, _ratio(factors, union.is_after))
    model = fit_model(
        counts,
        is_after=union.is_after,
        factors=factors.factors,
        total_before=union.total_before,
        candidates=sets.distinct(),
    )
    sequence_spread = assumed.spread if assumed.in_sequence else None
    owned, foreign = ownership
    scan = Scan(
        union=union,
        index=index,
        sets=sets,
        model=model,
        hidden=hidden,
        min_change=assumed.min_change,
        sequence_spread=sequence_spread,
        foreign=foreign,
        owned=owned,
    )
    whole = replicated(union.count.sum(axis=0, keepdims=True), model, sequence_spread=sequence_spread)
    return model, scan.test(sets, sets.distinct()), whole, find_culprits(scan)
