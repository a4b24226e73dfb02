"""The sets of samples that a diff tests: each function's self and total, and each call edge.

A set is a union of whole subtrees or single nodes of the union tree. Two sets that hold exactly the same samples are
one hypothesis, so all but the first (self before total before edge) are dropped; they are told apart by a sum of
random 64-bit numbers, one a node that has samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from hotspot.analysis.totals import outermost
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Int32

Measure = Literal["self", "total", "edge"]

SELF, TOTAL, EDGE = 0, 1, 2
MEASURES: tuple[Measure, Measure, Measure] = ("self", "total", "edge")


@dataclass(frozen=True, eq=False)
class Sets:
    """Sets of samples with their counts.

    Attributes:
        measure: SELF, TOTAL or EDGE, int8[sets].
        function: whose self or total, or the caller of an edge, int32[sets].
        callee: the callee of an edge, else -1, int32[sets].
        count: samples of each set in each run, float64[sets, runs].
        distinct: False where an earlier set holds the same samples, bool[sets].
    """

    measure: npt.NDArray[np.int8]
    function: Int32
    callee: Int32
    count: FloatArray
    distinct: npt.NDArray[np.bool_]


def collect_sets(union: Union) -> Sets:
    """Return self sets of all functions (in their order), then total sets, then edges."""
    tree, functions = union.tree, len(union.functions)
    node_count = union.count
    node_total = np.asarray(union.subtree_sums(node_count), dtype=np.float64)
    tag = np.random.default_rng(0).integers(1, 2**63, size=len(tree), dtype=np.uint64)
    tag[~node_count.any(axis=1)] = 0
    tag_total = _wrapping_subtree_sums(tag, tree.subtree_end)

    outer = outermost(tree, tree.frame)
    edge_of_node, callers, callees = _edges(union)
    outer_edge = outermost(tree, edge_of_node)
    parts = [
        _summed(tree.frame, np.ones(len(tree), dtype=bool), node_count, tag, functions),
        _summed(tree.frame, outer, node_total, tag_total, functions),
        _summed(edge_of_node, outer_edge, node_total, tag_total, len(callers)),
    ]
    every = np.arange(functions, dtype=np.int32)
    none = np.full(functions, -1, dtype=np.int32)
    tags = np.concatenate([tags for _, tags in parts])
    _, first = np.unique(tags, return_index=True)
    distinct = np.zeros(len(tags), dtype=bool)
    distinct[first] = True
    return Sets(
        measure=np.repeat(np.array([SELF, TOTAL, EDGE], dtype=np.int8), [functions, functions, len(callers)]),
        function=np.concatenate([every, every, callers]),
        callee=np.concatenate([none, none, callees]),
        count=np.concatenate([counts for counts, _ in parts]),
        distinct=distinct & (tags != 0),
    )


def _edges(union: Union) -> tuple[Int32, Int32, Int32]:
    """Return the edge each node is the callee end of (-1 for roots), and each edge's caller and callee."""
    tree, functions = union.tree, max(len(union.functions), 1)
    called = tree.parent >= 0
    key = tree.frame[tree.parent[called]].astype(np.int64) * functions + tree.frame[called]
    distinct, inverse = np.unique(key, return_inverse=True)
    edge = np.full(len(tree), -1, dtype=np.int32)
    edge[called] = inverse.reshape(-1)
    return edge, (distinct // functions).astype(np.int32), (distinct % functions).astype(np.int32)


def _summed(
    group: Int32,
    mask: npt.NDArray[np.bool_],
    count: FloatArray,
    tag: npt.NDArray[np.uint64],
    groups: int,
) -> tuple[FloatArray, npt.NDArray[np.uint64]]:
    chosen = np.flatnonzero(mask & (group >= 0))
    of = group[chosen]
    counts = np.empty((groups, count.shape[1]), dtype=np.float64)
    for run in range(count.shape[1]):  # counts are whole numbers far below 2^53, which float64 adds exactly
        counts[:, run] = np.bincount(of, weights=count[chosen, run], minlength=groups)
    tags = np.zeros(groups, dtype=np.uint64)
    np.add.at(tags, of, tag[chosen])
    return counts, tags


def _wrapping_subtree_sums(tag: npt.NDArray[np.uint64], subtree_end: Int32) -> npt.NDArray[np.uint64]:
    prefix = np.zeros(len(tag) + 1, dtype=np.uint64)
    np.cumsum(tag, out=prefix[1:])
    sums: npt.NDArray[np.uint64] = prefix[subtree_end] - prefix[:-1]
    return sums
