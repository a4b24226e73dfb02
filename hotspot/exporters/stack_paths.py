"""The stacks of many leaves written at once: numpy takes one step up of all of them, not Python one a node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from hotspot.profile import Int32, Int64

_NODES = 1 << 19  # of all stacks in memory at a time


def written_stacks(
    leaf: Int32, up: Int32, length: Int32, token: Int32, tokens: Sequence[bytes], *, root_first: bool
) -> Iterator[bytes]:
    """Yield for each leaf what stands for the nodes of its stack, one after the other.

    Args:
        leaf: nodes, int32[leaves].
        up: which node follows towards the root, int32[nodes], -1 behind the last.
        length: how many nodes that are from each node, itself included, int32[nodes].
        token: what each node is written as: row of ``tokens``, int32[nodes].
        tokens: short texts, of few bytes each.
        root_first: the order within a stack.
    """
    size = np.array([len(text) for text in tokens], dtype=np.int64)
    width = int(size.max(initial=1))
    padded = np.frombuffer(b"".join([text.ljust(width) for text in tokens]), dtype=np.uint8)
    table, columns = padded.reshape(-1, width), np.arange(width)
    for nodes, bounds in _paths(leaf, up, length, root_first=root_first):
        which = token[nodes]
        sizes = size[which]
        text = table[which][columns < sizes[:, None]].tobytes()
        place = np.zeros(len(nodes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=place[1:])
        for begin, end in pairwise(place[bounds].tolist()):
            yield text[begin:end]


def _paths(leaf: Int32, up: Int32, length: Int32, *, root_first: bool) -> Iterator[tuple[Int32, Int64]]:
    """Yield the nodes of some stacks at a time, and where each stack begins and ends among them."""
    end = np.cumsum(length[leaf], dtype=np.int64)
    cuts = (np.flatnonzero(np.diff(end // _NODES)) + 1).tolist()
    for first, last in pairwise([0, *cuts, len(leaf)]):
        node = leaf[first:last]
        bounds = np.zeros(len(node) + 1, dtype=np.int64)
        np.cumsum(length[node], out=bounds[1:])
        nodes = np.empty(bounds[-1], dtype=np.int32)
        at, step = (bounds[1:] - 1, -1) if root_first else (bounds[:-1], 1)
        while len(node):
            nodes[at] = node
            node = up[node]
            goes_on = node >= 0
            node, at = node[goes_on], at[goes_on] + step
        yield nodes, bounds
