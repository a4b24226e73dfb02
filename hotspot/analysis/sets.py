"""The sets of samples that a diff tests: each function's self and total, and each call edge.

A set is a union of single nodes or whole subtrees of the union tree. Two sets that hold exactly the same samples are
one hypothesis, so all but the first (self before total before edge) are dropped; they are told apart by a sum of
random 64-bit numbers, one a node that has samples.

`SetIndex` knows which nodes make up which set and is built once; `SetIndex.collect` sums counts over it, again and
again while a scan takes samples out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from hotspot.analysis.totals import on_path, outermost
from hotspot.analysis.union import FloatArray
from hotspot.profile import Bool, CallTree, Int32

Measure = Literal["self", "total", "edge"]

SELF, TOTAL, EDGE = 0, 1, 2
MEASURES: tuple[Measure, Measure, Measure] = ("self", "total", "edge")


@dataclass(frozen=True, eq=False)
class Sets:
    """Counts of the sets of one `SetIndex`.

    Attributes:
        count: samples of each set in each run, float64[sets, runs].
        distinct: False where an earlier set holds the same samples, or none at all, bool[sets].
    """

    count: FloatArray
    distinct: Bool


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
    def _outer(self) -> Bool:
        return outermost(self.tree, self.tree.frame)

    @cached_property
    def _outer_edge(self) -> Bool:
        return outermost(self.tree, self._edges[0])

    @cached_property
    def _tag(self) -> npt.NDArray[np.uint64]:
        return np.random.default_rng(0).integers(1, 2**63, size=len(self.tree), dtype=np.uint64)

    def edge(self, caller: int, callee: int) -> int | None:
        """Return the set of an edge, None where there is none."""
        found = np.flatnonzero((self.measure == EDGE) & (self.function == caller) & (self.callee == callee))
        return int(found[0]) if len(found) else None

    def collect(self, node_count: FloatArray) -> Sets:
        """Sum counts, float64[nodes, runs], over every set."""
        tag = np.where(node_count.any(axis=1), self._tag, np.uint64(0))
        columns = np.concatenate([node_count, tag_columns(tag)], axis=1)
        below = subtree_sums(self.tree, columns)
        everywhere = np.ones(len(self.tree), dtype=bool)
        parts = [
            _summed(self.tree.frame, everywhere, columns, self.functions),
            _summed(self.tree.frame, self._outer, below, self.functions),
            _summed(self._edges[0], self._outer_edge, below, len(self._edges[1])),
        ]
        summed = np.concatenate(parts)
        runs = node_count.shape[1]
        tags = summed[:, runs:]
        _, first = np.unique(tags, axis=0, return_index=True)
        distinct = np.zeros(len(tags), dtype=bool)
        distinct[first] = True
        return Sets(summed[:, :runs], distinct & tags.any(axis=1))

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


def subtree_sums(tree: CallTree, per_node: FloatArray) -> FloatArray:
    """Sum float64[nodes, columns] over each node's subtree; exact while sums stay below 2^53."""
    prefix = np.zeros((len(per_node) + 1, per_node.shape[1]), dtype=np.float64)
    np.cumsum(per_node, axis=0, out=prefix[1:])
    sums: FloatArray = prefix[tree.subtree_end] - prefix[:-1]
    return sums


def tag_columns(tag: npt.NDArray[np.uint64]) -> FloatArray:
    """Split 64-bit tags into three 21-bit columns, whose float64 sums stay exact for up to 2^32 nodes."""
    mask = np.uint64(2**21 - 1)
    return np.stack([(tag >> np.uint64(21 * part)) & mask for part in range(3)], axis=1).astype(np.float64)


def _summed(group: Int32, mask: Bool, columns: FloatArray, groups: int) -> FloatArray:
    chosen = np.flatnonzero(mask & (group >= 0))
    of = group[chosen]
    out = np.empty((groups, columns.shape[1]), dtype=np.float64)
    for column in range(
        columns.shape[1]
    ):  # counts are whole numbers far below 2^53, which float64 adds exactly
        out[:, column] = np.bincount(of, weights=columns[chosen, column], minlength=groups)
    return out
