"""Cost that moved between functions without anything getting slower: renames, inlining, splits.

Each shift is a group of functions of the union that are judged as one; only what is left of the change (the residual)
can be a regression. The rules and constants are the diff method's:

* a gone function and a new one are a *rename* from a score of 0.6: 0.5 caller overlap + 0.3 callee overlap + 0.2 cost
  similarity, the last at least 0.5;
* functions that vanished were *inlined* where the self of the caller that held most of them grew by 50-200% of what
  vanished;
* a function was *split* where new functions below it hold 50-200% of what its self lost.

Callers are looked for past functions that vanished (or appeared) themselves, so that a chain of them, or several
helpers of one caller, are one shift.
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
from hotspot.profile import Bool, Int32

ShiftKind = Literal["renamed", "inlined", "split"]

_ACCEPTED = 0.6
_CALLERS, _CALLEES, _COST = 0.5, 0.3, 0.2
_LEAST_SIMILAR = 0.5
_SHARE_MOVED = (0.5, 2.0)
_MOST_CANDIDATES = 64  # new functions that a gone one is compared with, those of the most similar cost


@dataclass(frozen=True)
class Shift:
    """Functions that are judged as one.

    Attributes:
        kind: what happened.
        into: the function that goes on: the new name, the caller that took the callees in, the function that was split.
        others: the functions whose cost moved.
        score: of a rename, 0.6 to 1; else what was found over what was missing, 0.5 to 2.
    """

    kind: ShiftKind
    into: int
    others: tuple[int, ...]
    score: float


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
    return tuple(shifts)


def judged_union(union: Union, shifts: tuple[Shift, ...]) -> Union:
    """Return the union with every shift undone: renamed functions under one name, moved ones inside their callers."""
    renamed = np.arange(len(union.functions), dtype=np.int32)
    absorbed = np.zeros(len(union.functions), dtype=bool)
    for shift in shifts:
        renamed[list(shift.others)] = shift.into
        absorbed[list(shift.others)] = shift.kind != "renamed"
    return union.rearranged(renamed, absorbed[union.tree.frame])


class _Edges:
    """Callers and callees of a function with their size-corrected samples."""

    def __init__(self, index: SetIndex, corrected: FloatArray) -> None:
        chosen = index.measure == EDGE
        caller, callee, count = index.function[chosen], index.callee[chosen], corrected[chosen]
        self.called = _Neighbours(callee, caller, count, index.functions)
        self.calling = _Neighbours(caller, callee, count, index.functions)


class _Neighbours:
    """The other end of every edge of a function, by function."""

    def __init__(self, mine: Int32, other: Int32, count: FloatArray, functions: int) -> None:
        order = np.argsort(mine, kind="stable")
        self.other = other[order]
        self.count = count[order]
        self.first = np.searchsorted(mine[order], np.arange(functions + 1))

    def of(self, function: int, side: int, names: dict[int, int]) -> dict[int, float]:
        """Return neighbour -> samples on one side, neighbours that were renamed under their new name."""
        rows = slice(self.first[function], self.first[function + 1])
        found: dict[int, float] = {}
        for other, weight in zip(self.other[rows].tolist(), self.count[rows, side].tolist(), strict=True):
            if weight > 0 and other != function:
                name = names.get(other, other)
                found[name] = found.get(name, 0.0) + weight
        return found


def _renames(edges: _Edges, total: FloatArray, gone: Bool, new: Bool) -> list[Shift]:
    """Pair each gone function with its best new one, best scores first, each used once.

    Where a function and its callers were renamed together, the callers have to be paired before they count as common;
    therefore again until nothing is found.
    """
    shifts: list[Shift] = []
    renamed: dict[int, int] = {}
    waiting, candidates = np.flatnonzero(gone), np.flatnonzero(new)
    while len(waiting) and len(candidates):
        scored: list[tuple[float, int, int]] = []
        for f in waiting.tolist():
            for g in _similar(total, f, candidates):
                score = _rename_score(edges, total, f, g, renamed)
                if score >= _ACCEPTED:
                    scored.append((score, f, g))
        used: set[int] = set()
        for score, f, g in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
            if f not in used and g not in used:
                shifts.append(Shift("renamed", g, (f,), score))
                renamed[f] = g
                used |= {f, g}
        if not used:
            break
        waiting = np.array([f for f in waiting.tolist() if f not in used], dtype=np.int64)
        candidates = np.array([g for g in candidates.tolist() if g not in used], dtype=np.int64)
    return shifts


def _similar(total: FloatArray, f: int, candidates: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int]:
    """Return the new functions that cost about what ``f`` did, most similar first."""
    before, after = total[f, 0], total[candidates, 1]
    cost = np.minimum(before, after) / np.maximum(before, after)
    order = np.argsort(-cost, kind="stable")[:_MOST_CANDIDATES]
    similar: list[int] = candidates[order[cost[order] >= _LEAST_SIMILAR]].tolist()
    return similar


def _rename_score(edges: _Edges, total: FloatArray, f: int, g: int, renamed: dict[int, int]) -> float:
    small, large = sorted((float(total[f, 0]), float(total[g, 1])))
    terms = [(_COST, small / large)]
    for weight, neighbours in ((_CALLERS, edges.called), (_CALLEES, edges.calling)):
        of_f, of_g = neighbours.of(f, 0, renamed), neighbours.of(g, 1, {})
        if of_f or of_g:
            terms.append((weight, _weighted_jaccard(of_f, of_g)))
    return sum(weight * value for weight, value in terms) / sum(weight for weight, _ in terms)


def _weighted_jaccard(one: dict[int, float], other: dict[int, float]) -> float:
    """Weighted Jaccard of two sets of edge shares."""
    sums = (sum(one.values()) or 1.0, sum(other.values()) or 1.0)
    shares = [(one.get(k, 0.0) / sums[0], other.get(k, 0.0) / sums[1]) for k in one.keys() | other.keys()]
    largest = sum(max(pair) for pair in shares)
    return sum(min(pair) for pair in shares) / largest if largest else 0.0


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
