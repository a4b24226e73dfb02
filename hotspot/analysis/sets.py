"""The sets of samples that a diff tests: each function's self and total, and each call edge.

A set is a union of single nodes or whole subtrees of the union tree. Two sets that hold exactly the same samples are
one hypothesis, so all but the first (self before total before edge) are dropped; they are told apart by a sum of
random 64-bit numbers, one a node that has samples.

`SetIndex` knows which nodes make up which set and is built once; `SetIndex.collect` sums counts over it. A scan that
takes samples out again and again subtracts what `SetIndex.collect_at` says of the nodes it empties, which costs what
these nodes and their ancestors cost, not the whole tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from hotspot.analysis.totals import on_path, outermost
from hotspot.analysis.union import FloatArray
from hotspot.profile import Bool, CallTree, Int32, Int64

Measure = Literal["self", "total", "edge"]
UInt64 = npt.NDArray[np.uint64]

SELF, TOTAL, EDGE = 0, 1, 2
MEASURES: tuple[Measure, Measure, Measure] = ("self", "total", "edge")


@dataclass(frozen=True, eq=False)
class Sets:
    """Counts of the sets of one `SetIndex`.

    Attributes:
        count: samples of each set in each run, float64[sets, runs].
        tag: sum of the tags of the nodes with samples in it, modulo 2^64, uint64[sets]; equal for equal sets.
    """

    count: FloatArray
    tag: UInt64

    def distinct(self, preferred: Bool | None = None) -> Bool:
        """Return the sets that stand for all that hold the same samples, bool[sets]; none for no samples at all.

        The first of each is taken, or the first preferred one where there is one.
        """
        order = np.arange(len(self.tag)) if preferred is None else np.argsort(~preferred, kind="stable")
        _, first = np.unique(self.tag[order], return_index=True)
        result = np.zeros(len(self.tag), dtype=bool)
        result[order[first]] = True
        result[self.tag == 0] = False
        return result

    def __sub__(self, other: Sets) -> Sets:
        """Return the sets without the samples of others of the same index."""
        return Sets(self.count - other.count, self.tag - other.tag)


@dataclass(frozen=True, eq=False)
class SetIndex:
    """Which sets there are: self of every function in order, then total of every function, then the edges.

    Attributes:
        tree: the union tree.
        functions: how many functions it has.
    """

    tree: CallTree
    functions: int

    @cached_property
    def _edges(self) -> tuple[Int32, Int32, Int32]:
        """The edge each node is the callee end of (-1 for roots), and each edge's caller and callee."""
        tree, functions = self.tree, max(self.functions, 1)
        called = tree.parent >= 0
        key = tree.frame[tree.parent[called]].astype(np.int64) * functions + tree.frame[called]
        distinct, inverse = np.unique(key, return_inverse=True)
        edge = np.full(len(tree), -1, dtype=np.int32)
        edge[called] = inverse.reshape(-1)
        return edge, (distinct // functions).astype(np.int32), (distinct % functions).astype(np.int32)

    @cached_property
    def measure(self) -> npt.NDArray[np.int8]:
        """SELF, TOTAL or EDGE of each set, int8[sets]."""
        sizes = [self.functions, self.functions, len(self._edges[1])]
        return np.repeat(np.array([SELF, TOTAL, EDGE], dtype=np.int8), sizes)

    @cached_property
    def function(self) -> Int32:
        """Whose self or total, or the caller of an edge, int32[sets]."""
        every = np.arange(self.functions, dtype=np.int32)
        return np.concatenate([every, every, self._edges[1]])

    @cached_property
    def callee(self) -> Int32:
        """The callee of an edge, else -1, int32[sets]."""
        none = np.full(2 * self.functions, -1, dtype=np.int32)
        return np.concatenate([none, self._edges[2]])

    @cached_property
    def places(self) -> Int64:
        """In how many places of the tree each set begins, int64[sets]."""
        frame, edge = self.tree.frame, self._edges[0]
        return np.concatenate(
            [
                np.bincount(frame, minlength=self.functions),
                np.bincount(frame[self._outer], minlength=self.functions),
                np.bincount(edge[self._outer_edge], minlength=len(self._edges[1])),
            ]
        )

    @cached_property
    def _outer(self) -> Bool:
        return outermost(self.tree, self.tree.frame)

    @cached_property
    def _outer_edge(self) -> Bool:
        return outermost(self.tree, self._edges[0])

    @cached_property
    def _tag(self) -> UInt64:
        return np.random.default_rng(0).integers(1, 2**63, size=len(self.tree), dtype=np.uint64)

    @cached_property
    def _layout(self) -> _Layout:
        return _Layout(self.tree.frame, self._edges[0], self.tree.subtree_end, self._outer, self._outer_edge)

    def edge(self, caller: int, callee: int) -> int | None:
        """Return the set of an edge, None where there is none."""
        callers, callees = self._edges[1], self._edges[2]
        found = np.flatnonzero((callers == caller) & (callees == callee))
        return 2 * self.functions + int(found[0]) if len(found) else None

    def collect(self, node_count: FloatArray) -> Sets:
        """Sum counts, float64[nodes, runs], over every set."""
        return self._collected(self._layout, node_count, self._tag)

    def collect_at(self, nodes: Int64, node_count: FloatArray) -> Sets:
        """Sum the counts of some nodes alone, int64[n] and float64[n, runs], over every set."""
        inside = _with_ancestors(self.tree, nodes)
        at = np.flatnonzero(inside)
        layout = self._layout
        compact = _Layout(
            layout.frame[at],
            layout.edge[at],
            np.searchsorted(at, layout.subtree_end[at]).astype(np.int32),
            layout.outer[at],
            layout.outer_edge[at],
        )
        count = np.zeros((len(at), node_count.shape[1]), dtype=np.float64, order="F")
        count[np.searchsorted(at, nodes)] = node_count
        return self._collected(compact, count, self._tag[at])

    def _collected(self, layout: _Layout, node_count: FloatArray, tag: UInt64) -> Sets:
        sizes = (self.functions, self.functions, len(self._edges[1]))
        outer, outer_edge = np.flatnonzero(layout.outer), np.flatnonzero(layout.outer_edge)
        count = np.empty((sum(sizes), node_count.shape[1]), dtype=np.float64, order="F")
        for run in range(node_count.shape[1]):
            own = node_count[:, run]
            prefix = np.zeros(len(own) + 1, dtype=np.float64)  # whole numbers far below 2^53: sums are exact
            np.cumsum(own, out=prefix[1:])
            below = [prefix[layout.subtree_end[at]] - prefix[at] for at in (outer, outer_edge)]
            groups = (layout.frame, layout.frame[outer], layout.edge[outer_edge])
            count[:, run] = np.concatenate(
                [
                    np.bincount(group, weights=weights, minlength=size)
                    for group, weights, size in zip(groups, (own, *below), sizes, strict=True)
                ]
            )
        seen = np.where(node_count.any(axis=1), tag, np.uint64(0))
        prefix_tag = np.zeros(len(seen) + 1, dtype=np.uint64)
        np.cumsum(
            seen, out=prefix_tag[1:]
        )  # wraps, and so do the differences: a sum modulo 2^64 all the same
        summed = np.zeros(sum(sizes), dtype=np.uint64)
        np.add.at(summed, layout.frame, seen)
        for at, group, first in (
            (outer, layout.frame, sizes[0]),
            (outer_edge, layout.edge, sizes[0] + sizes[1]),
        ):
            np.add.at(summed, group[at] + first, prefix_tag[layout.subtree_end[at]] - prefix_tag[at])
        return Sets(count, summed)

    def heads(self, position: int) -> Bool:
        """Return the topmost nodes of a set, bool[nodes]: all of a self set, the outermost of the others."""
        measure, function = int(self.measure[position]), int(self.function[position])
        if measure == EDGE:
            heads: Bool = self._outer_edge & (self._edges[0] == position - 2 * self.functions)
            return heads
        mine: Bool = self.tree.frame == function
        return mine & self._outer if measure == TOTAL else mine

    def nodes(self, position: int) -> Bool:
        """Return the nodes whose own samples belong to a set, bool[nodes]."""
        heads = self.heads(position)
        return heads if self.measure[position] == SELF else on_path(self.tree, heads)


@dataclass(frozen=True, eq=False)
class _Layout:
    """The columns of a tree, or of an ancestor-closed part of one, that summing over sets needs."""

    frame: Int32
    edge: Int32
    subtree_end: Int32
    outer: Bool
    outer_edge: Bool


def _with_ancestors(tree: CallTree, nodes: Int64) -> Bool:
    inside = np.zeros(len(tree), dtype=bool)
    inside[nodes] = True
    above = np.unique(tree.parent[nodes])
    while len(above := above[above >= 0]) and len(above := above[~inside[above]]):
        inside[above] = True
        above = np.unique(tree.parent[above])
    return inside


def subtree_sums(tree: CallTree, per_node: FloatArray) -> FloatArray:
    """Sum float64[nodes, columns] over each node's subtree; exact while sums stay below 2^53."""
    prefix = np.zeros((len(per_node) + 1, per_node.shape[1]), dtype=np.float64)
    np.cumsum(per_node, axis=0, out=prefix[1:])
    sums: FloatArray = prefix[tree.subtree_end] - prefix[:-1]
    return sums
