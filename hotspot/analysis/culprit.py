"""Who is to blame: a scan that takes the strongest set, names its culprit, removes its samples, and looks again.

Ranking by change names ancestors of what changed, or a shared helper where one caller began to call it more. The scan
takes the significant set with the largest t^2, tests whether the change is held by one caller ("f calls g more") and
removes the samples it explained, so that ancestors fall silent by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from hotspot.analysis.sets import EDGE, SELF, SetIndex, subtree_sums
from hotspot.analysis.statistics import Model, SetTests, blamed_caller, replicated
from hotspot.analysis.symbols import is_unknown
from hotspot.analysis.totals import nearest_marked
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Bool

Because = Literal["slower", "calls_more", "ambiguous"]

MOST_CULPRITS = 8
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


def find_culprits(
    union: Union,
    index: SetIndex,
    model: Model,
    *,
    min_change: float,
    sequence_spread: float | None,
    owned: Bool | None,
) -> tuple[Culprit, ...]:
    """Scan for culprits, strongest first.

    Args:
        union: the runs.
        index: of its sets.
        model: dispersion as fitted to all sets.
        min_change: see `replicated`.
        sequence_spread: see `replicated`.
        owned: which functions are in-app, bool[functions]; None where nothing is known. Foreign functions are
            charged to the nearest in-app caller.
    """
    count = union.count.copy()
    unnameable = np.array([is_unknown(f.name) for f in union.functions], dtype=bool)
    culprits: list[Culprit] = []
    for _ in range(MOST_CULPRITS):
        sets = index.collect(count)
        blameable = ~unnameable[index.function] & ~((index.callee >= 0) & unnameable[index.callee])
        tests = replicated(
            sets.count,
            model,
            min_change=min_change,
            sequence_spread=sequence_spread,
            candidates=sets.distinct,
        )
        taken = _strongest(index, tests, blameable)
        if taken is None:
            break
        function, position, because, callee = _name(index, tests, model, count, taken)
        explained = position
        if owned is not None and owned.any() and not owned[function]:
            function, position, callee = _owner(index, model, count, position, owned)
        culprit = Culprit(
            function,
            int(index.measure[position]),
            because,
            callee,
            float(tests.change[position]),
            (float(tests.low[position]), float(tests.high[position])),
            float(tests.p[position]),
            float(tests.q[position]),
        )
        if all(culprit.function != known.function or culprit.callee != known.callee for known in culprits):
            culprits.append(culprit)
        count[index.nodes(explained)] = 0
    return tuple(culprits)


def _strongest(index: SetIndex, tests: SetTests, blameable: Bool) -> int | None:
    significant = np.flatnonzero(tests.significant & blameable)
    if not len(significant):
        return None
    strength = tests.t[significant] ** 2
    tied = significant[strength >= strength.max() - _TIE]
    return int(tied[np.lexsort((-(tests.t[tied] ** 2), index.measure[tied]))[0]])


def _name(
    index: SetIndex, tests: SetTests, model: Model, count: FloatArray, taken: int
) -> tuple[int, int, Because, int | None]:
    """Return whom a set blames, the set that explains it, why, and the callee of an edge."""
    function = int(index.function[taken])
    if index.measure[taken] == EDGE:
        return function, taken, "calls_more", int(index.callee[taken])
    callers, table = _callers(index, model, count, taken)
    if len(callers) >= 2:
        blamed = blamed_caller(
            table[:, 0], table[:, 1], size_ratio=model.size_ratio, dispersion=float(tests.dispersion[taken])
        )
        edge = index.edge(int(callers[blamed]), function) if blamed is not None else None
        if edge is not None:
            return int(index.function[edge]), edge, "calls_more", function
    calls = (index.measure == EDGE) & (index.function == function) & (index.callee != function)
    lone_leaf = not calls.any() and len(callers) == 1 and callers[0] >= 0
    return function, taken, "ambiguous" if lone_leaf else "slower", None


def _callers(
    index: SetIndex, model: Model, count: FloatArray, taken: int
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return the callers of a self or total set (-1 is the root) and its samples under each, before and after."""
    tree = index.tree
    heads = np.flatnonzero(index.heads(taken))
    per_head = (count if index.measure[taken] == SELF else subtree_sums(tree, count))[heads]
    caller = np.where(tree.parent[heads] >= 0, tree.frame[tree.parent[heads]], -1)
    distinct, inverse = np.unique(caller, return_inverse=True)
    sides = np.stack(
        [per_head[:, ~model.is_after].sum(axis=1), per_head[:, model.is_after].sum(axis=1)], axis=1
    )
    table = np.zeros((len(distinct), 2), dtype=np.float64)
    np.add.at(table, inverse.reshape(-1), sides)
    seen = table.any(axis=1)
    return distinct[seen], table[seen]


def _owner(
    index: SetIndex, model: Model, count: FloatArray, position: int, owned: Bool
) -> tuple[int, int, int | None]:
    """Return the nearest in-app ancestor that holds most of a foreign set's change, its set, and the callee."""
    foreign = int(index.function[position])
    holder = nearest_marked(index.tree, owned[index.tree.frame])
    inside = np.flatnonzero(index.nodes(position) & (holder >= 0))
    if not len(inside):
        return foreign, position, int(index.callee[position]) if index.callee[position] >= 0 else None
    moved = count[inside][:, model.is_after].sum(axis=1) / model.size_ratio
    moved -= count[inside][:, ~model.is_after].sum(axis=1)
    per_function = np.bincount(index.tree.frame[holder[inside]], weights=moved, minlength=index.functions)
    ancestor = int(np.argmax(np.abs(per_function)))
    edge = index.edge(ancestor, foreign)
    return ancestor, index.functions + ancestor if edge is None else edge, foreign
