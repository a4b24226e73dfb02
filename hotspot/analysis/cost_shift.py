"""Cost that moved between functions without anything getting slower: renames, inlining, splits.

Each shift is a group of functions of the union that are judged as one; only what is left of the change (the residual)
can be a regression. The rules and constants are the diff method's: a gone function and a new one are a rename from a
score of 0.6 (0.5 caller overlap + 0.3 callee overlap + 0.2 cost similarity, the last at least 0.5); a function that
vanished was inlined where its dominant caller's self grew by 50-200% of what vanished; a function was split where new
functions below it hold 50-200% of what its self lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hotspot.analysis.sets import EDGE, SELF, SetIndex
from hotspot.analysis.statistics import MIN_SAMPLES
from hotspot.analysis.symbols import is_unknown
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Bool, Int32

ShiftKind = Literal["renamed", "inlined", "split"]

_ACCEPTED = 0.6
_CALLERS, _CALLEES, _COST = 0.5, 0.3, 0.2
_LEAST_SIMILAR = 0.5
_SHARE_MOVED = (0.5, 2.0)


@dataclass(frozen=True)
class Shift:
    """Functions that are judged as one.

    Attributes:
        kind: what happened.
        into: the function that goes on: the new name, the caller that took the callee in, the function that was split.
        others: the functions whose cost moved.
    """

    kind: ShiftKind
    into: int
    others: tuple[int, ...]


def find_shifts(union: Union, index: SetIndex, pooled: FloatArray, ratio: float) -> tuple[Shift, ...]:
    """Return the shifts between two sides; a function takes part in one at most.

    Args:
        union: the matched functions.
        index: of the union's sets.
        pooled: samples of each set before and after, float64[sets, 2].
        ratio: s, the work of the after side over the before side's.
    """
    corrected = pooled / np.array([1.0, ratio])
    nameable = np.array([not is_unknown(f.name) for f in union.functions], dtype=bool)
    total = corrected[len(union.functions) : 2 * len(union.functions)]
    enough = nameable & (total.max(axis=1, initial=0) >= MIN_SAMPLES)
    gone = enough & union.present[:, 0] & ~union.present[:, 1]
    new = enough & ~union.present[:, 0] & union.present[:, 1]
    edges = _Edges(index, corrected)
    shifts = _renames(edges, total, gone, new)
    taken = {f for shift in shifts for f in (shift.into, *shift.others)}
    own = corrected[index.measure == SELF]
    for shift in (*_inlined(edges, own, gone), *_splits(edges, own, new)):
        members = {shift.into, *shift.others}
        if not members & taken:
            shifts.append(shift)
            taken |= members
    return tuple(shifts)


def shift_mapping(functions: int, shifts: tuple[Shift, ...]) -> Int32:
    """Return for each function the one it is judged as, int32[functions]."""
    mapping = np.arange(functions, dtype=np.int32)
    for shift in shifts:
        mapping[list(shift.others)] = shift.into
    return mapping


class _Edges:
    """Callers and callees of a function with their size-corrected samples."""

    def __init__(self, index: SetIndex, corrected: FloatArray) -> None:
        chosen = index.measure == EDGE
        self.caller = index.function[chosen]
        self.callee = index.callee[chosen]
        self.count = corrected[chosen]

    def callers(self, function: int, side: int) -> dict[int, float]:
        return self._other(self.callee == function, self.caller, function, side)

    def callees(self, function: int, side: int) -> dict[int, float]:
        return self._other(self.caller == function, self.callee, function, side)

    def _other(self, rows: Bool, column: FloatArray, function: int, side: int) -> dict[int, float]:
        found = np.flatnonzero(rows)
        weights = self.count[found, side]
        return {
            int(other): float(weight)
            for other, weight in zip(column[found], weights, strict=True)
            if weight > 0 and other != function
        }


def _renames(edges: _Edges, total: FloatArray, gone: Bool, new: Bool) -> list[Shift]:
    """Pair each gone function with its best new one, best scores first, each used once."""
    scored: list[tuple[float, int, int]] = []
    new_functions = np.flatnonzero(new)
    for f in np.flatnonzero(gone).tolist():
        cost = np.minimum(total[f, 0], total[new_functions, 1]) / np.maximum(
            total[f, 0], total[new_functions, 1]
        )
        for g in new_functions[cost >= _LEAST_SIMILAR].tolist():
            score = _rename_score(edges, total, f, g)
            if score >= _ACCEPTED:
                scored.append((score, f, g))
    shifts: list[Shift] = []
    used: set[int] = set()
    for _, f, g in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
        if f not in used and g not in used:
            shifts.append(Shift("renamed", g, (f,)))
            used |= {f, g}
    return shifts


def _rename_score(edges: _Edges, total: FloatArray, f: int, g: int) -> float:
    small, large = sorted((float(total[f, 0]), float(total[g, 1])))
    terms = [(_COST, small / large)]
    for weight, of_f, of_g in (
        (_CALLERS, edges.callers(f, 0), edges.callers(g, 1)),
        (_CALLEES, edges.callees(f, 0), edges.callees(g, 1)),
    ):
        if of_f or of_g:
            terms.append((weight, _weighted_jaccard(of_f, of_g)))
    return sum(weight * value for weight, value in terms) / sum(weight for weight, _ in terms)


def _weighted_jaccard(one: dict[int, float], other: dict[int, float]) -> float:
    """Weighted Jaccard of two sets of edge shares."""
    sums = (sum(one.values()) or 1.0, sum(other.values()) or 1.0)
    shares = [(one.get(k, 0.0) / sums[0], other.get(k, 0.0) / sums[1]) for k in one.keys() | other.keys()]
    largest = sum(max(pair) for pair in shares)
    return sum(min(pair) for pair in shares) / largest if largest else 0.0


def _inlined(edges: _Edges, own: FloatArray, gone: Bool) -> list[Shift]:
    shifts = []
    for f in np.flatnonzero(gone).tolist():
        callers = edges.callers(f, 0)
        if not callers:
            continue
        caller = max(callers, key=lambda c: (callers[c], -c))
        lost, gained = float(own[f, 0]), float(own[caller, 1] - own[caller, 0])
        if lost >= MIN_SAMPLES and _SHARE_MOVED[0] * lost <= gained <= _SHARE_MOVED[1] * lost:
            shifts.append(Shift("inlined", caller, (f,)))
    return shifts


def _splits(edges: _Edges, own: FloatArray, new: Bool) -> list[Shift]:
    parts: dict[int, list[int]] = {}
    for g in np.flatnonzero(new).tolist():
        callers = edges.callers(g, 1)
        if callers:
            parts.setdefault(max(callers, key=lambda c: (callers[c], -c)), []).append(g)
    shifts = []
    for f, children in parts.items():
        lost, gained = float(own[f, 0] - own[f, 1]), float(own[children, 1].sum())
        if lost >= MIN_SAMPLES and _SHARE_MOVED[0] * lost <= gained <= _SHARE_MOVED[1] * lost:
            shifts.append(Shift("split", f, tuple(children)))
    return shifts
