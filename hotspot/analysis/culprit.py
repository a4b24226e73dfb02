"""Who is to blame: a scan that takes the strongest set, names its culprit, removes its samples, and looks again.

Ranking by change names ancestors of what changed, or a shared helper where one caller began to call it more. The scan
takes the significant set with the largest t^2, goes down from there to the innermost function that holds the change
(a caller and its callee differ by chance alone), tests whether it is held by one caller ("f calls g more") and removes the samples it explained, so that ancestors fall silent by themselves.

A call that moved from one caller to another, or a new wrapper around an old function, changes totals and edges although
nothing costs more. So a total or an edge is only blamed where the functions that hold its samples changed as a whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from hotspot.analysis.pruning import with_hidden
from hotspot.analysis.sets import EDGE, SELF, TOTAL, SetIndex, Sets, subtree_sums
from hotspot.analysis.statistics import MIN_SAMPLES, Model, SetTests, blame, replicated
from hotspot.analysis.totals import nearest_marked
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Bool

Because = Literal["slower", "calls_more", "ambiguous"]

MOST_CULPRITS = 8
NET_SHARE = 0.5
"""A total or edge is passed over where its functions as a whole changed by less than this share of what it did."""

HOLDS_SHARE = 0.9
"""A function called from one that got slower is named in its place where it holds this share of the change."""

_TIE = 1.0  # sets whose t^2 differ by no more than this say the same; the more specific one is named


@dataclass(frozen=True)
class Culprit:
    """A function to blame.

    Attributes:
        function: whom the change is charged to.
        measure: the kind of set that was taken (SELF, TOTAL or EDGE) and that the numbers speak of.
        because: ``slower``; ``calls_more`` (calls ``callee`` more, or less); ``ambiguous`` (a leaf with one caller:
            either is possible).
        callee: the other end of an edge.
        change: D of that set when it was taken, with its interval, p and q.
    """

    function: int
    measure: int
    because: Because
    callee: int | None
    change: float
    interval: tuple[float, float]
    p: float
    q: float


@dataclass(frozen=True, eq=False)
class Scan:
    """What the scan looks at.

    Attributes:
        union: the runs as they are judged.
        index: of its sets.
        sets: the same collected.
        model: dispersion as fitted to all sets.
        hidden: samples each side may hide of each set, float64[sets, 2].
        min_change: see `replicated`.
        sequence_spread: see `replicated`.
        foreign: functions known not to be in-app, bool[functions]; they are charged to the nearest in-app caller.
        owned: functions known to be in-app, bool[functions].
    """

    union: Union
    index: SetIndex
    sets: Sets
    model: Model
    hidden: FloatArray
    min_change: float
    sequence_spread: float | None
    foreign: Bool
    owned: Bool

    def test(self, sets: Sets, candidates: Bool) -> SetTests:
        """Test some of the sets, of which samples may have been taken out."""
        return replicated(
            with_hidden(sets.count, self.hidden, self.union.is_after, self.model.size_ratio),
            self.model,
            min_change=self.min_change,
            sequence_spread=self.sequence_spread,
            candidates=candidates,
        )


def find_culprits(scan: Scan) -> tuple[Culprit, ...]:
    """Scan for culprits, strongest first."""
    index, sets, count = scan.index, scan.sets, scan.union.count.copy()
    is_code = np.array([f.is_code for f in scan.union.functions], dtype=bool)
    blameable = is_code[index.function] & ((index.callee < 0) | is_code[index.callee])
    culprits: list[Culprit] = []
    for _ in range(MOST_CULPRITS):
        # A process holds the same samples as its main function: the one that can be blamed stands for both.
        tests = scan.test(sets, sets.distinct(blameable))
        while (taken := _strongest(index, tests, blameable)) is not None and _only_moved(
            scan, tests, count, taken
        ):
            blameable[taken] = False
        if taken is None:
            break
        explained, because = _explain(scan, sets, tests, count, taken, is_code)
        if because == "slower" and (inner := _inner(scan, tests, count, explained, blameable)) is not None:
            explained, because = _explain(scan, sets, tests, count, inner, is_code)
        culprit = _charged(scan, sets, tests, count, explained, because)
        if all((culprit.function, culprit.callee) != (known.function, known.callee) for known in culprits):
            culprits.append(culprit)
        inside = np.flatnonzero(index.nodes(explained))
        inside = inside[count[inside].any(axis=1)]
        sets -= index.collect_at(inside, count[inside])
        count[inside] = 0
    return tuple(culprits)


def _strongest(index: SetIndex, tests: SetTests, blameable: Bool) -> int | None:
    significant = np.flatnonzero(tests.significant & blameable)
    if not len(significant):
        return None
    strength = tests.t[significant] ** 2
    tied = significant[strength >= strength.max() - _TIE]
    return int(tied[np.lexsort((-(tests.t[tied] ** 2), index.measure[tied]))[0]])


def _only_moved(scan: Scan, tests: SetTests, count: FloatArray, taken: int) -> bool:
    """Whether the functions that hold a set's samples changed elsewhere by what they did in it, the other way."""
    index, model = scan.index, scan.model
    if index.measure[taken] == SELF:
        return False
    inside = np.flatnonzero(index.nodes(taken))
    functions = np.zeros(index.functions, dtype=bool)
    functions[index.tree.frame[inside[count[inside].any(axis=1)]]] = True
    everywhere = count[functions[index.tree.frame]]
    moved = everywhere[:, model.is_after].sum() / model.size_ratio - everywhere[:, ~model.is_after].sum()
    change = float(tests.change[taken])
    net = float(moved) / model.total_before
    return math.copysign(1.0, change) * net < NET_SHARE * abs(change)


def _inner(scan: Scan, tests: SetTests, count: FloatArray, slower: int, blameable: Bool) -> int | None:
    """Return the total of the innermost function that holds the change of another one's total, None if that is itself.

    Library functions are passed over: they are charged to their caller, and the outermost of them says most about it.
    """
    index, model = scan.index, scan.model
    if index.measure[slower] != TOTAL:
        return None
    inside = np.flatnonzero(index.nodes(slower))
    inside = inside[count[inside].any(axis=1)]
    held = index.collect_at(inside, count[inside]).count
    change = held[:, model.is_after].sum(axis=1) / model.size_ratio - held[:, ~model.is_after].sum(axis=1)
    samples = held.sum(axis=1)
    within = (index.measure == TOTAL) & ~scan.foreign[index.function] & (samples < samples[slower])
    candidates = np.flatnonzero(
        within & (change / change[slower] >= HOLDS_SHARE) & tests.significant & blameable
    )
    candidates = candidates[[not _only_moved(scan, tests, count, int(at)) for at in candidates]]
    return int(candidates[np.argmin(samples[candidates])]) if len(candidates) else None


def _explain(
    scan: Scan, sets: Sets, tests: SetTests, count: FloatArray, taken: int, is_code: Bool
) -> tuple[int, Because]:
    """Return the set that explains a significant one, itself or the edge of one of its callers, and why it changed."""
    index, model = scan.index, scan.model
    whole: int | None = taken
    if index.measure[taken] == EDGE:
        # The edge of a slower callee's dominant caller may look stronger than the callee by chance.
        callee = int(index.callee[taken])
        positions = np.arange(len(index.measure))
        whole = _strongest(index, tests, (positions == callee) | (positions == index.functions + callee))
    if whole is None:
        return taken, "calls_more"
    function = int(index.function[whole])
    callers, table = _callers(index, count, whole)
    if len(callers) >= 2:
        found = blame(
            table,
            is_after=model.is_after,
            size_ratio=model.size_ratio,
            dispersion=float(tests.dispersion[whole]),
        )
        caller = int(callers[found.caller]) if found.caller is not None else -1
        edge = index.edge(caller, function) if caller >= 0 and is_code[caller] else None
        if edge is not None and sets.count[edge].sum() >= MIN_SAMPLES and (sets.count[edge] >= 0).all():
            return edge, "calls_more" if found.certain else "ambiguous"
        return whole, "slower" if found.certain else "ambiguous"
    if whole != taken:
        return taken, "calls_more"
    calls = (index.measure == EDGE) & (index.function == function) & (index.callee != function)
    lone_leaf = not calls.any() and len(callers) == 1 and callers[0] >= 0
    return taken, "ambiguous" if lone_leaf else "slower"


def _callers(index: SetIndex, count: FloatArray, taken: int) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return the callers of a self or total set (-1 is the root) and its samples under each in each run.

    A recursive function's caller is who called it first: what it calls itself is not another caller.
    """
    tree = index.tree
    outer = np.flatnonzero(index.heads(index.functions + int(index.function[taken])))
    heads = np.flatnonzero(index.heads(taken))
    per_head = (count if index.measure[taken] == SELF else subtree_sums(tree, count))[heads]
    above = tree.parent[outer[np.searchsorted(outer, heads, side="right") - 1]]
    caller = np.where(above >= 0, tree.frame[above], -1).astype(np.int64)
    distinct, inverse = np.unique(caller, return_inverse=True)
    table: FloatArray = np.stack(
        [
            np.bincount(inverse.reshape(-1), weights=per_head[:, run], minlength=len(distinct))
            for run in range(per_head.shape[1])
        ],
        axis=1,
    )
    seen = table.any(axis=1)
    return distinct[seen], table[seen]


def _charged(
    scan: Scan, sets: Sets, tests: SetTests, count: FloatArray, explained: int, because: Because
) -> Culprit:
    """Return the culprit of a set, or of the nearest in-app caller's where it lies in library code."""
    index = scan.index
    function, callee = int(index.function[explained]), int(index.callee[explained])
    measure, at = int(index.measure[explained]), explained
    if not tests.tested[explained]:  # it holds the same samples as another set
        tests = scan.test(sets, _only(sets, explained))
    owner = _owner(scan, count, explained) if scan.foreign[function] else None
    if owner is not None:
        edge = index.edge(owner, function)
        position = index.functions + owner if edge is None else edge
        # The edge (or what the caller costs in all) speaks for itself where it moved beyond doubt.
        alone = scan.test(sets, _only(sets, position))
        if alone.significant[position]:
            tests, at, measure = alone, position, int(index.measure[position])
        else:
            measure = EDGE
        function, callee = owner, function
    return Culprit(
        function,
        measure,
        because,
        callee if callee >= 0 else None,
        float(tests.change[at]),
        (float(tests.low[at]), float(tests.high[at])),
        float(tests.p[at]),
        float(tests.q[at]),
    )


def _only(sets: Sets, position: int) -> Bool:
    only = np.zeros(len(sets.tag), dtype=bool)
    only[position] = True
    return only


def _owner(scan: Scan, count: FloatArray, position: int) -> int | None:
    """Return the in-app function that is the nearest such ancestor of most of a set's change."""
    index, model = scan.index, scan.model
    inside = np.flatnonzero(index.nodes(position))
    holder = nearest_marked(index.tree, scan.owned[index.tree.frame])[inside]
    inside, holder = inside[holder >= 0], holder[holder >= 0]
    if not len(inside):
        return None
    moved = count[inside][:, model.is_after].sum(axis=1) / model.size_ratio
    moved -= count[inside][:, ~model.is_after].sum(axis=1)
    per_function = np.bincount(index.tree.frame[holder], weights=moved, minlength=index.functions)
    return int(np.argmax(np.abs(per_function)))
