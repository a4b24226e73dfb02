"""Cost that moved between functions without anything getting slower: renames, inlining, splits.

Each shift is a group of functions of the union that are judged as one; only what is left of the change (the residual)
can be a regression. The rules and constants are the diff method's:

* a gone function and a new one are a *rename* from a score of 0.6: 0.5 caller overlap + 0.3 callee overlap + 0.2 cost
  similarity, the last at least 0.5;
* functions that vanished were *inlined* where the self of the caller that held most of them grew by 50-200% of what
  vanished;
* a function was *split* where new functions below it hold 50-200% of what its self lost.

Callers are looked for past functions that vanished (or appeared) themselves, so that a chain of them, or several
helpers of one caller, are one shift. Compilers give leaf functions no frame, so that frame pointers show the caller of
a leaf's caller in its place: where the caller explains nothing, a leaf's cost is looked for *beside* it, in the
functions that the same caller calls.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hotspot.analysis.sets import EDGE, SetIndex
from hotspot.analysis.statistics import MIN_SAMPLES
from hotspot.analysis.totals import nearest_marked
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Bool, Int32, Int64

ShiftKind = Literal["renamed", "inlined", "split"]

_ACCEPTED = 0.6
_CALLERS, _CALLEES, _COST = 0.5, 0.3, 0.2
_LEAST_SIMILAR = 0.5
_SHARE_MOVED = (0.5, 2.0)
_LEAF_SHARE = 0.95  # a leaf but for interrupts
_LEAST_GROWTH = 0.1  # of a function's own self, for its growth not to be what runs differ by anyway


@dataclass(frozen=True)
class Shift:
    """Functions that are judged as one.

    Attributes:
        kind: what happened.
        into: the function that goes on: the new name, the caller that took the callees in, the function that was split.
        others: the functions whose cost moved.
        score: of a rename, 0.6 to 1; else what was found over what was missing, 0.5 to 2.
        beside: whether the functions were called beside the one that goes on, as far as the stacks tell.
    """

    kind: ShiftKind
    into: int
    others: tuple[int, ...]
    score: float
    beside: bool = False


def find_shifts(union: Union, index: SetIndex, pooled: FloatArray, ratio: float) -> tuple[Shift, ...]:
    """Return the shifts between two sides; the cost of a function moves once, but several may move into one.

    Args:
        union: the matched functions.
        index: of the union's sets.
        pooled: samples of each set before and after, float64[sets, 2].
        ratio: s, the work of the after side over the before side's.
    """
    corrected = pooled / np.array([1.0, ratio])
    functions = len(union.functions)
    own, total = corrected[:functions], corrected[functions : 2 * functions]
    nameable = np.array([f.is_code for f in union.functions], dtype=bool)
    enough = nameable & (total.max(axis=1, initial=0) >= MIN_SAMPLES)
    gone = enough & union.present[:, 0] & ~union.present[:, 1]
    new = enough & ~union.present[:, 0] & union.present[:, 1]
    if not gone.any() and not new.any():
        return ()
    shifts = _renames(_Edges(index, corrected), total, gone, new)
    # What a renamed function did under its old name counts under the new one from here on.
    name = np.arange(functions, dtype=np.int32)
    own = own.copy()
    for shift in shifts:
        name[list(shift.others)] = shift.into
        own[shift.into] += own[list(shift.others)].sum(axis=0)
        gone[list(shift.others)] = new[shift.into] = False
    into: set[int] = set()
    for shift in (*_inlined(union, name, own, gone), *_splits(union, name, own, new)):
        if shift.into not in into:
            shifts.append(shift)
            into.add(shift.into)
            gone[list(shift.others)] = new[list(shift.others)] = False
    leaf = own[:, 0] + own[:, 1] >= _LEAF_SHARE * total.sum(axis=1)
    gained = own[:, 1] - own[:, 0]
    shifts += _beside(union, name, own, gained, gone & leaf, "inlined", into)
    shifts += _beside(union, name, own, -gained, new & leaf, "split", into)
    return tuple(shifts)


def judged_union(union: Union, shifts: tuple[Shift, ...]) -> Union:
    """Return the union with every shift undone: renamed functions under one name, moved ones inside their callers."""
    tree = union.tree
    renamed = np.arange(len(union.functions), dtype=np.int32)
    absorbed = np.zeros(len(union.functions), dtype=bool)
    beside = np.zeros(len(union.functions), dtype=bool)
    for shift in shifts:
        renamed[list(shift.others)] = shift.into
        absorbed[list(shift.others)] = shift.kind != "renamed" and not shift.beside
        beside[list(shift.others)] = shift.beside
    dissolves = absorbed[tree.frame]
    # Beside its caller a function takes its name; where it is seen below it after all, it is part of it.
    called = np.flatnonzero(beside[tree.frame] & (tree.parent >= 0))
    dissolves[called] |= renamed[tree.frame[tree.parent[called]]] == renamed[tree.frame[called]]
    return union.rearranged(renamed, dissolves)


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """Callers (or callees) of every function on one side, each with its share of the function's edges.

    Attributes:
        other: the neighbours of function after function, int32[edges].
        share: of the function's samples that go over the edge, float64[edges]; those of a function add up to 1.
        first: where each function's neighbours begin, with the end of the last, int64[functions + 1].
    """

    other: Int32
    share: FloatArray
    first: Int64

    @classmethod
    def of(cls, mine: Int32, other: Int32, samples: FloatArray, functions: int) -> _Neighbours:
        seen = np.flatnonzero((samples > 0) & (mine != other))
        order = seen[np.argsort(mine[seen], kind="stable")]
        sums = np.bincount(mine[order], weights=samples[order], minlength=functions)
        return cls(
            other[order],
            samples[order] / sums[mine[order]],
            np.searchsorted(mine[order], np.arange(functions + 1)).astype(np.int64),
        )

    def has_any(self, function: int | Int64) -> Bool:
        """Whether functions have neighbours at all."""
        some: Bool = self.first[np.asarray(function) + 1] > self.first[function]
        return some

    def shares(self, function: int, name: Int32) -> FloatArray:
        """Return the share of every function among one's neighbours, under their new names, float64[functions]."""
        rows = slice(self.first[function], self.first[function + 1])
        shares: FloatArray = np.bincount(
            name[self.other[rows]], weights=self.share[rows], minlength=len(name)
        ).astype(np.float64)
        return shares

    def overlap(self, shares: FloatArray, functions: Int64) -> FloatArray:
        """Return the weighted Jaccard of shares with those of each of some functions, float64[functions].

        As shares add up to 1, the larger ones of each pair add up to 2 less the smaller ones.
        """
        length = self.first[functions + 1] - self.first[functions]
        owner = np.repeat(np.arange(len(functions)), length)
        skip = np.repeat(self.first[functions] - (np.cumsum(length) - length), length)
        rows = np.arange(int(length.sum())) + skip
        smaller = np.minimum(shares[self.other[rows]], self.share[rows])
        common = np.bincount(owner, weights=smaller, minlength=len(functions))
        return common / (2 - common)


class _Edges:
    """Callers and callees of every function, before and after."""

    def __init__(self, index: SetIndex, corrected: FloatArray) -> None:
        chosen = index.measure == EDGE
        caller, callee, count = index.function[chosen], index.callee[chosen], corrected[chosen]
        self.terms = [
            (
                weight,
                _Neighbours.of(mine, other, count[:, 0], index.functions),
                _Neighbours.of(mine, other, count[:, 1], index.functions),
            )
            for weight, mine, other in ((_CALLERS, callee, caller), (_CALLEES, caller, callee))
        ]

    def scores(self, total: FloatArray, f: int, candidates: Int64, name: Int32) -> FloatArray:
        """Return how well each new function fits a gone one, float64[candidates]; 0 where it costs too unlike."""
        before, after = total[f, 0], total[candidates, 1]
        cost = np.minimum(before, after) / np.maximum(before, after)
        score, weights = _COST * cost, np.full(len(candidates), _COST)
        for weight, of_gone, of_new in self.terms:
            applies = of_new.has_any(candidates) | of_gone.has_any(f)
            score += np.where(applies, weight * of_new.overlap(of_gone.shares(f, name), candidates), 0.0)
            weights += np.where(applies, weight, 0.0)
        return np.where(cost >= _LEAST_SIMILAR, score / weights, 0.0)


def _renames(edges: _Edges, total: FloatArray, gone: Bool, new: Bool) -> list[Shift]:
    """Pair each gone function with its best new one, best scores first, each used once.

    Where a function and its callers were renamed together, the callers have to be paired before they count as common;
    therefore again until nothing is found.
    """
    shifts: list[Shift] = []
    name = np.arange(len(total), dtype=np.int32)
    waiting, candidates = np.flatnonzero(gone), np.flatnonzero(new)
    while len(waiting) and len(candidates):
        scored: list[tuple[float, int, int]] = []
        for f in waiting.tolist():
            scores = edges.scores(total, f, candidates, name)
            fitting = np.flatnonzero(scores >= _ACCEPTED)
            scored += [(float(scores[i]), f, int(candidates[i])) for i in fitting]
        used: set[int] = set()
        for score, f, g in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
            if f not in used and g not in used:
                shifts.append(Shift("renamed", g, (f,), score))
                name[f] = g
                used |= {f, g}
        if not used:
            break
        waiting = waiting[[f not in used for f in waiting.tolist()]]
        candidates = candidates[[g not in used for g in candidates.tolist()]]
    return shifts


def _inlined(union: Union, name: Int32, own: FloatArray, gone: Bool) -> list[Shift]:
    shifts = []
    for caller, members in _holders(union, name, gone, after=False).items():
        gained = float(own[caller, 1] - own[caller, 0])
        lost = own[members, 0]
        # All that vanished below it, or where that is not what it gained, the one that explains it best.
        for some in (members, [members[int(np.argmin(np.abs(lost - gained)))]]):
            shift = _moved("inlined", caller, some, float(own[some, 0].sum()), gained)
            if shift is not None:
                shifts.append(shift)
                break
    return shifts


def _splits(union: Union, name: Int32, own: FloatArray, new: Bool) -> list[Shift]:
    shifts = []
    for function, members in _holders(union, name, new, after=True).items():
        lost = float(own[function, 0] - own[function, 1])
        shift = _moved("split", function, members, lost, float(own[members, 1].sum()))
        if shift is not None:
            shifts.append(shift)
    return shifts


def _beside(
    union: Union,
    name: Int32,
    own: FloatArray,
    gained: FloatArray,
    moved: Bool,
    kind: ShiftKind,
    into: set[int],
) -> list[Shift]:
    """Find leaves whose cost went to (or came from) a function that the same caller calls, largest first.

    Args:
        union: the matched functions.
        name: what a renamed function goes by.
        own: self samples before and after, float64[functions, 2], corrected for size.
        gained: what each function's self gained (for a split: lost), float64[functions].
        moved: the leaves.
        kind: of shift.
        into: functions that took part in a shift already; those found here are added.
    """
    after = kind == "split"
    called = union.tree.parent >= 0
    caller = name[union.tree.frame[union.tree.parent[called]]]
    callee = name[union.tree.frame[called]]
    left, members = gained.copy(), defaultdict(list)
    groups = _holders(union, name, moved, after=after)
    for holder, leaves in groups.items():
        beside = np.unique(callee[caller == holder])
        beside = beside[~moved[beside] & (gained[beside] >= _LEAST_GROWTH * own[beside].min(axis=1))]
        beside = np.array([f for f in beside.tolist() if f != holder and f not in into], dtype=np.int64)
        for f in sorted(leaves, key=lambda leaf: -float(own[leaf, int(after)])):
            amount = float(own[f, int(after)])
            low, high = _SHARE_MOVED
            fits = beside[(left[beside] >= low * amount) & (left[beside] <= high * amount)]
            if amount >= MIN_SAMPLES and len(fits):
                best = int(fits[np.argmin(np.abs(left[fits] - amount))])
                members[best].append(f)
                left[best] -= amount
    into |= members.keys()
    return [
        Shift(kind, f, tuple(leaves), float(gained[f] / own[leaves, int(after)].sum()), beside=True)
        for f, leaves in members.items()
    ]


def _moved(kind: ShiftKind, into: int, others: list[int], lost: float, gained: float) -> Shift | None:
    low, high = _SHARE_MOVED
    if lost >= MIN_SAMPLES and low * lost <= gained <= high * lost:
        return Shift(kind, into, tuple(others), gained / lost)
    return None


def _holders(union: Union, name: Int32, moved: Bool, *, after: bool) -> dict[int, list[int]]:
    """Group functions by the function that held most of their self samples: the nearest ancestor that did not move."""
    if not moved.any():
        return {}
    tree = union.tree
    side = union.count[:, union.is_after == after].sum(axis=1)
    nodes = np.flatnonzero(moved[tree.frame] & (side > 0))
    holder = nearest_marked(tree, ~moved[tree.frame])[nodes]
    nodes, holder = nodes[holder >= 0], holder[holder >= 0]
    held: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for function, above, samples in zip(
        tree.frame[nodes].tolist(), name[tree.frame[holder]].tolist(), side[nodes].tolist(), strict=True
    ):
        held[function][above] += samples
    groups: dict[int, list[int]] = defaultdict(list)
    for function in sorted(held):
        callers = held[function]
        caller = max(callers, key=lambda c: (callers[c], -c))
        if union.functions[caller].is_code:
            groups[caller].append(function)
    return groups
