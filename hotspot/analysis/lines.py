"""Weights per source line of the functions a pattern matches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hotspot.analysis.pattern import matching_functions
from hotspot.analysis.totals import outermost
from hotspot.profile import Profile


@dataclass(frozen=True)
class LineWeight:
    """Self and total of one line; line 0 holds what has no known line."""

    line: int
    self_weight: int
    total_weight: int


@dataclass(frozen=True)
class FunctionLines:
    """A function and its lines in ascending order. ``total`` counts recursion once per sample."""

    function: str
    file: str | None
    module: str | None
    self_weight: int
    total_weight: int
    lines: tuple[LineWeight, ...]


def function_lines(profile: Profile, pattern: str) -> tuple[FunctionLines, ...]:
    """Return the functions that match with their lines, heaviest total first.

    Raises:
        UsageError: nothing matches.
    """
    functions, tree, frames = profile.functions, profile.call_tree, profile.frames
    of_node = functions.of_frame[tree.frame]
    line_of_node = frames.line[tree.frame]
    found = []
    for function in np.flatnonzero(matching_functions(profile, pattern)):
        nodes = np.flatnonzero(of_node == function)
        lines = np.unique(line_of_node[nodes])
        line_index = np.full(len(tree), -1, dtype=np.int32)
        line_index[nodes] = np.searchsorted(lines, line_of_node[nodes])
        top_of_line = nodes[outermost(tree, line_index)[nodes]]
        own = np.zeros(len(lines), dtype=np.int64)
        total = np.zeros(len(lines), dtype=np.int64)
        np.add.at(own, line_index[nodes], profile.node_self[nodes])
        np.add.at(total, line_index[top_of_line], profile.node_total[top_of_line])
        inside = np.where(of_node == function, np.int32(0), np.int32(-1))
        whole = int(profile.node_total[outermost(tree, inside)].sum())
        weights = tuple(
            LineWeight(int(line), int(s), int(t)) for line, s, t in zip(lines, own, total, strict=True)
        )
        strings = frames.strings
        found.append(
            FunctionLines(
                strings[int(functions.name[function])],
                strings[int(functions.file[function])] or None,
                strings[int(functions.module[function])] or None,
                int(own.sum()),
                whole,
                weights,
            )
        )
    return tuple(sorted(found, key=lambda f: (-f.total_weight, -f.self_weight, f.function)))
