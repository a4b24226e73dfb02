"""One function table and one call tree for all runs of a comparison.

A *function* of a diff is a canonical name (see `hotspot.analysis.symbols`); file and module separate two functions
only where both sides know them and one side has several of that name. Lines are ignored, so a function that moved
in its file stays one node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from hotspot.analysis.statistics import mean_weight
from hotspot.analysis.symbols import canonical
from hotspot.profile import CallTree, Int32, Int64, Profile
from hotspot.tree_layout import merge_handles

Symbols = Literal["exact", "canonical"]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MatchedFunction:
    """One function of the comparison.

    Attributes:
        name: canonical name, or the name itself where both sides spell it alike.
        file: as the after side spells it, else the before side.
        module: the same.
        matched_by: ``exact``, the id of the rule that made the names equal, or None where one side lacks it.
        spellings: every distinct name it has before and after.
    """

    name: str
    file: str
    module: str
    matched_by: str | None
    spellings: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Union:
    """Runs of both sides in one tree.

    Attributes:
        functions: rows that ``tree.frame`` refers to.
        tree: call tree over functions.
        is_after: bool[runs].
        weight: self weight of each node in each run, int64[nodes, runs], in the runs' common value type.
        count: the same as samples, float64[nodes, runs]; weights over the weight of one sample where samples
            are not known.
        counted: whether ``count`` holds samples in every run.
        present: whether a function occurs on each side, bool[functions, 2].
        of_function: for each run, the function that each of its own functions became, int32.
    """

    functions: tuple[MatchedFunction, ...]
    tree: CallTree
    is_after: npt.NDArray[np.bool_]
    weight: Int64
    count: FloatArray
    counted: bool
    present: npt.NDArray[np.bool_]
    of_function: tuple[Int32, ...]

    def judged_as(self, mapping: Int32) -> Union:
        """Return the union with functions renamed to others, int32[functions], and equal paths merged."""
        node_of, tree = merge_handles(self.tree.parent, mapping[self.tree.frame], max(len(self.functions), 1))
        weight = np.zeros((len(tree), self.weight.shape[1]), dtype=np.int64)
        count = np.zeros((len(tree), self.count.shape[1]), dtype=np.float64)
        np.add.at(weight, node_of, self.weight)
        np.add.at(count, node_of, self.count)
        return replace(self, tree=tree, weight=weight, count=count)


def unite(before: Sequence[Profile], after: Sequence[Profile], symbols: Symbols = "canonical") -> Union:
    """Match functions and unite the call trees of all runs."""
    runs = [*before, *after]
    side = [0] * len(before) + [1] * len(after)
    functions, of_function, present = _match(runs, side, symbols)
    parents: list[Int32] = []
    frames: list[Int32] = []
    first = 0
    for run, mapping in zip(runs, of_function, strict=True):
        tree = run.call_tree
        parents.append(np.where(tree.parent >= 0, tree.parent + first, -1).astype(np.int32))
        frames.append(mapping[run.functions.of_frame][tree.frame])
        first += len(tree)
    node_of, tree = merge_handles(np.concatenate(parents), np.concatenate(frames), max(len(functions), 1))
    weight = np.zeros((len(tree), len(runs)), dtype=np.int64)
    count = np.zeros((len(tree), len(runs)), dtype=np.float64)
    first, counted = 0, True
    for column, run in enumerate(runs):
        nodes = node_of[first : first + len(run.call_tree)]
        first += len(run.call_tree)
        np.add.at(weight[:, column], nodes, run.node_self)
        samples, is_count = _samples_at_nodes(run)
        counted &= is_count
        np.add.at(count[:, column], nodes, samples)
    return Union(
        functions, tree, np.array(side, dtype=bool), weight, count, counted, present, tuple(of_function)
    )


def _samples_at_nodes(run: Profile) -> tuple[FloatArray, bool]:
    counts = run.sample_counts
    if counts is not None:
        return run.sum_at_leaves(counts).astype(np.float64), True
    return run.node_self / mean_weight(run.weights), False


def _match(
    runs: Sequence[Profile], side: Sequence[int], symbols: Symbols
) -> tuple[tuple[MatchedFunction, ...], list[Int32], npt.NDArray[np.bool_]]:
    """Return the functions, and for each run the function of each of its own functions."""
    variants: dict[str, list[set[tuple[str, str]]]] = defaultdict(lambda: [set(), set()])
    named: list[list[tuple[str, str, str, str, tuple[str, ...]]]] = []
    for run, which in zip(runs, side, strict=True):
        rows = []
        strings = run.frames.strings
        for name_id, file_id, module_id in zip(
            run.functions.name.tolist(),
            run.functions.file.tolist(),
            run.functions.module.tolist(),
            strict=True,
        ):
            name, file, module = strings[name_id], strings[file_id], strings[module_id]
            same = canonical(name, module) if symbols == "canonical" else None
            key = same.name if same else name
            variants[key][which].add((_tail(file), _tail(module)))
            rows.append((key, name, file, module, same.rules if same else ()))
        named.append(rows)
    separators = {key: _separator(*sides) for key, sides in variants.items()}
    index: dict[tuple[str, str, str], int] = {}
    found: list[_Found] = []
    of_function = []
    for which, rows in zip(side, named, strict=True):
        mapping = np.empty(len(rows), dtype=np.int32)
        for i, (key, name, file, module, rules) in enumerate(rows):
            by_file, by_module = separators[key]
            identity = (key, _tail(file) if by_file else "", _tail(module) if by_module else "")
            position = index.setdefault(identity, len(found))
            if position == len(found):
                found.append(_Found(key))
            found[position].add(which, name, file, module, rules)
            mapping[i] = position
        of_function.append(mapping)
    present = np.array([[bool(f.names[0]), bool(f.names[1])] for f in found], dtype=bool).reshape(-1, 2)
    return tuple(f.finish() for f in found), of_function, present


class _Found:
    """Collects the spellings of one function while profiles are walked."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.names: tuple[dict[str, None], dict[str, None]] = ({}, {})
        self.rules: dict[str, None] = {}
        self.places: list[tuple[str, str]] = [("", ""), ("", "")]

    def add(self, side: int, name: str, file: str, module: str, rules: tuple[str, ...]) -> None:
        self.names[side][name] = None
        self.rules.update(dict.fromkeys(rules))
        known_file, known_module = self.places[side]
        self.places[side] = (known_file or file, known_module or module)

    def finish(self) -> MatchedFunction:
        before, after = tuple(self.names[0]), tuple(self.names[1])
        same = set(before) == set(after)
        matched_by = None
        if before and after:
            matched_by = "exact" if same else next(iter(self.rules), "exact")
        name = before[0] if same and len(before) == 1 else self.key
        file = self.places[1][0] or self.places[0][0]
        module = self.places[1][1] or self.places[0][1]
        return MatchedFunction(name, file, module, matched_by, (before, after))


def _separator(before: set[tuple[str, str]], after: set[tuple[str, str]]) -> tuple[bool, bool]:
    """Whether file, and whether module, tells functions of one name apart."""
    if not before or not after:
        return False, False
    result = []
    for part in (0, 1):
        sides = [{variant[part] for variant in variants} for variants in (before, after)]
        known = all("" not in values for values in sides)
        result.append(known and any(len(values) > 1 for values in sides))
    return result[0], result[1]


def _tail(path: str) -> str:
    """The last part of a path: builds move folders, and versions of a library keep its name."""
    return path.rstrip("/").rsplit("/", 1)[-1]
