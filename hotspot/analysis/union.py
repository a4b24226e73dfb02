"""One call tree for all runs of a comparison, over the functions that `hotspot.analysis.matching` found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hotspot.analysis.matching import MatchedFunction, Symbols, match_functions
from hotspot.analysis.statistics import mean_weight
from hotspot.analysis.totals import nearest_marked
from hotspot.profile import Bool, CallTree, Int32, Int64, Profile
from hotspot.tree_layout import merge_handles

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Union:
    """Runs of both sides in one tree.

    Attributes:
        functions: rows that ``tree.frame`` refers to.
        tree: call tree over functions.
        is_after: bool[runs].
        weight: self weight of each node in each run, int64[nodes, runs], in the runs' common value type.
        count: the same as samples, float64[nodes, runs]; weights over the weight of one sample where samples
            are not known. Columns are contiguous.
        whole: samples of each run before filters took any away, float64[runs]; what shares are relative to.
        counted: whether ``count`` holds samples in every run.
        present: whether a function weighs anything on each side, bool[functions, 2].
        of_frame: for each run, the function of each of its frames, int32; -1 for frames that no node has.
    """

    functions: tuple[MatchedFunction, ...]
    tree: CallTree
    is_after: Bool
    weight: Int64
    count: FloatArray
    whole: FloatArray
    counted: bool
    present: Bool
    of_frame: tuple[Int32, ...]

    @property
    def total_before(self) -> float:
        """N_A: all samples of the side before."""
        return float(self.whole[~self.is_after].sum())

    def rearranged(self, renamed: Int32, dissolves: Bool) -> Union:
        """Return the union with functions under other names and nodes gone into their callers; equal paths merge.

        Args:
            renamed: for each function the one it counts as, int32[functions].
            dissolves: nodes whose samples go to the nearest ancestor that does not dissolve, bool[nodes]. One without
                such an ancestor stays.
        """
        tree = self.tree
        itself = np.arange(len(tree), dtype=np.int32)
        holder = nearest_marked(tree, ~dissolves)
        stands_for = np.where(holder < 0, itself, holder)
        kept = np.flatnonzero(stands_for == itself)
        number = np.full(len(tree), -1, dtype=np.int32)
        number[kept] = np.arange(len(kept), dtype=np.int32)
        above = tree.parent[kept]
        parent = np.where(above >= 0, number[stands_for[above]], -1).astype(np.int32)
        merged, rearranged = merge_handles(parent, renamed[tree.frame[kept]], max(len(self.functions), 1))
        node_of = merged[number[stands_for]]
        return replace(
            self,
            tree=rearranged,
            weight=_int_sums(node_of, self.weight.T, len(rearranged)),
            count=_float_sums(node_of, self.count.T, len(rearranged)),
        )


def unite(before: Sequence[Profile], after: Sequence[Profile], symbols: Symbols = "canonical") -> Union:
    """Match functions and unite the call trees of all runs."""
    runs = [*before, *after]
    is_after = np.array([False] * len(before) + [True] * len(after))
    functions, of_frame, present = match_functions(runs, is_after.tolist(), symbols)
    parents: list[Int32] = []
    frames: list[Int32] = []
    bounds = [0]
    for run, mapping in zip(runs, of_frame, strict=True):
        tree = run.call_tree
        parents.append(np.where(tree.parent >= 0, tree.parent + bounds[-1], -1).astype(np.int32))
        frames.append(mapping[tree.frame])
        bounds.append(bounds[-1] + len(tree))
    node_of, tree = merge_handles(np.concatenate(parents), np.concatenate(frames), max(len(functions), 1))
    weight = np.zeros((len(tree), len(runs)), dtype=np.int64, order="F")
    count = np.zeros((len(tree), len(runs)), dtype=np.float64, order="F")
    whole = np.zeros(len(runs), dtype=np.float64)
    counted = True
    for column, run in enumerate(runs):
        nodes = node_of[bounds[column] : bounds[column + 1]]
        np.add.at(weight[:, column], nodes, run.node_self)
        samples, whole[column], is_count = _samples_at_nodes(run)
        counted &= is_count
        count[:, column] = np.bincount(nodes, weights=samples, minlength=len(tree))
    return Union(functions, tree, is_after, weight, count, whole, counted, present, tuple(of_frame))


def _samples_at_nodes(run: Profile) -> tuple[FloatArray, float, bool]:
    """Return a run's samples at each node, those it had before filters, and whether they were counted."""
    counts = run.sample_counts
    if counts is None:
        one = mean_weight(run.weights)
        return run.node_self / one, run.whole / one, False
    seen = int(counts.sum())
    # What filters took away is known as a weight; a sample of it is taken to weigh what the others do.
    hidden = run.hidden_weight * seen / run.total if run.total else float(run.hidden_weight)
    return run.sum_at_leaves(counts).astype(np.float64), seen + hidden, True


def _int_sums(group: Int32, columns: Int64, groups: int) -> Int64:
    out = np.zeros((groups, len(columns)), dtype=np.int64, order="F")
    for i, column in enumerate(columns):
        np.add.at(out[:, i], group, column)
    return out


def _float_sums(group: Int32, columns: FloatArray, groups: int) -> FloatArray:
    out = np.zeros((groups, len(columns)), dtype=np.float64, order="F")
    for i, column in enumerate(columns):  # whole numbers far below 2^53 add up exactly
        out[:, i] = np.bincount(group, weights=column, minlength=groups)
    return out
