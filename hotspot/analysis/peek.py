"""Callers and callees of a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hotspot.analysis.pattern import matching_functions
from hotspot.analysis.totals import group_totals, outermost
from hotspot.profile import Bool, Int32, Int64, Profile


@dataclass(frozen=True)
class PeekEdge:
    """Weight that flows between a function and one caller or callee."""

    function: str
    file: str | None
    module: str | None
    weight: int
    share_of_function: float


@dataclass(frozen=True)
class PeekRow:
    """One function with its callers and callees, heaviest first.

    The callers' weights add up to the function's total (``[root]`` stands for none); callees and self add up
    to the total too, but for recursion, which is shown as an edge of the function to itself.
    """

    function: str
    file: str | None
    module: str | None
    self_weight: int
    self_share: float
    total_weight: int
    total_share: float
    callers: tuple[PeekEdge, ...]
    callees: tuple[PeekEdge, ...]


@dataclass(frozen=True)
class Peek:
    """The functions a pattern matches, heaviest first."""

    profile: Profile
    pattern: str
    rows: tuple[PeekRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        number = self.profile.value_type.number

        def edge(e: PeekEdge) -> dict[str, Any]:
            return {
                "function": e.function,
                "file": e.file,
                "module": e.module,
                "weight": number(e.weight),
                "share_of_function": e.share_of_function,
            }

        return {
            "schema": "hotspot.peek/1",
            "profile": self.profile.to_dict(),
            "pattern": self.pattern,
            "rows": [
                {
                    "function": row.function,
                    "file": row.file,
                    "module": row.module,
                    "self": number(row.self_weight),
                    "self_share": row.self_share,
                    "total": number(row.total_weight),
                    "total_share": row.total_share,
                    "callers": [edge(e) for e in row.callers],
                    "callees": [edge(e) for e in row.callees],
                }
                for row in self.rows
            ],
        }


ROOT = "[root]"


def peek(profile: Profile, pattern: str, *, n: int = 5) -> Peek:
    """Return callers and callees of the functions that match.

    Args:
        profile: in its selected value type.
        pattern: see `hotspot.analysis.pattern`.
        n: functions to return, heaviest total first; 0 for all.

    Raises:
        UsageError: nothing matches.
    """
    functions = profile.functions
    self_weight, total_weight = group_totals(profile, functions.of_frame, len(functions))
    wanted = np.flatnonzero(matching_functions(profile, pattern))
    wanted = wanted[np.lexsort((wanted, -self_weight[wanted], -total_weight[wanted]))]
    if n > 0:
        wanted = wanted[:n]
    of_node = functions.of_frame[profile.call_tree.frame]
    top = outermost(profile.call_tree, of_node)
    rows = []
    for function in wanted:
        total = int(total_weight[function])
        rows.append(
            PeekRow(
                *_location(profile, int(function)),
                int(self_weight[function]),
                profile.share(int(self_weight[function])),
                total,
                profile.share(total),
                callers=_callers(profile, of_node, top, int(function), total),
                callees=callees(profile, of_node, int(function), total),
            )
        )
    return Peek(profile, pattern, tuple(rows))


def callers_of(profile: Profile, function: int) -> tuple[PeekEdge, ...]:
    """Return the callers of a function by index, heaviest first."""
    of_node = profile.functions.of_frame[profile.call_tree.frame]
    top = outermost(profile.call_tree, of_node)
    total = int(profile.node_total[top & (of_node == function)].sum())
    return _callers(profile, of_node, top, function, total)


def callees_of(profile: Profile, function: int) -> tuple[PeekEdge, ...]:
    """Return the callees of a function by index, heaviest first."""
    of_node = profile.functions.of_frame[profile.call_tree.frame]
    top = outermost(profile.call_tree, of_node)
    total = int(profile.node_total[top & (of_node == function)].sum())
    return callees(profile, of_node, function, total)


def _callers(profile: Profile, of_node: Int32, top: Bool, function: int, total: int) -> tuple[PeekEdge, ...]:
    nodes = np.flatnonzero((of_node == function) & top)
    parent = profile.call_tree.parent[nodes]
    caller = np.where(parent >= 0, of_node[parent], -1)
    return _edges(profile, caller, profile.node_total[nodes], total)


def callees(profile: Profile, of_node: Int32, function: int, total: int) -> tuple[PeekEdge, ...]:
    """Return what a function calls; below recursion each sample counts once, at its outermost call."""
    parent = profile.call_tree.parent
    called = np.flatnonzero((parent >= 0) & (of_node[parent] == function))
    # An edge f -> g below an outer f -> g of the same pair would count its samples twice.
    pair = np.full(len(parent), -1, dtype=np.int32)
    pair[called] = of_node[called]
    first = outermost(profile.call_tree, pair)
    called = called[first[called]]
    return _edges(profile, of_node[called], profile.node_total[called], total)


def _edges(profile: Profile, other: Int32, weight: Int64, total: int) -> tuple[PeekEdge, ...]:
    distinct, inverse = np.unique(other, return_inverse=True)
    summed = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(summed, inverse.reshape(-1), weight)
    order = np.argsort(-summed, kind="stable")
    edges = []
    for i in order:
        name, file, module = _location(profile, int(distinct[i])) if distinct[i] >= 0 else (ROOT, None, None)
        share = int(summed[i]) / total if total else 0.0
        edges.append(PeekEdge(name, file, module, int(summed[i]), share))
    return tuple(edges)


def _location(profile: Profile, function: int) -> tuple[str, str | None, str | None]:
    functions, strings = profile.functions, profile.frames.strings
    return (
        strings[int(functions.name[function])],
        strings[int(functions.file[function])] or None,
        strings[int(functions.module[function])] or None,
    )
