"""From a call graph (self weights, weighted edges) to an estimated call tree.

Formats such as pstats and callgrind record for each function what it cost itself, and for each caller-callee pair
what the callee cost on the caller's behalf, but not through which paths. The estimate is gprof's: whoever calls a
function, it behaves alike, so a node that holds a fraction of a function's inclusive cost holds the same fraction of
its self cost and of its calls. Self weights are exact per function; totals and paths are estimated.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hotspot.builder import ProfileBuilder

_MOST_NODES = 50_000
_NARROWEST = 1e-5  # paths under this share of the whole are not followed further
_ENTRY_SHARE = (
    0.01  # a called function that has this much more cost than its callers account for is an entry as well
)

APPROXIMATE = (
    "a call graph, not stacks: self weights are exact, totals and call paths are estimated from caller shares"
)


@dataclass(frozen=True)
class CallGraph:
    """A call graph over functions 0..n-1.

    Attributes:
        frames: frame id of each function.
        own: self weights, one list a value type, one number a function.
        inclusive: inclusive cost of each function in the value type that steers the estimate.
        edges: (caller, callee) -> inclusive cost of the callee on the caller's behalf, same value type.
    """

    frames: Sequence[int]
    own: Sequence[Sequence[int]]
    inclusive: Sequence[float]
    edges: Mapping[tuple[int, int], float]


@dataclass
class _Node:
    function: int
    parent: int
    fraction: float
    path: frozenset[int]


def add_call_graph(builder: ProfileBuilder, graph: CallGraph) -> None:
    """Add the estimated tree and its samples to a builder."""
    nodes = _expanded(graph)
    parents = np.array([node.parent for node in nodes], dtype=np.int32)
    first = builder.handle_count
    handles = builder.add_nodes(
        np.where(parents >= 0, parents + first, -1), [graph.frames[node.function] for node in nodes]
    )
    of_function: dict[int, list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        of_function[node.function].append(i)
    weight = np.zeros((len(nodes), len(graph.own)), dtype=np.int64)
    for function, members in of_function.items():
        fractions = [nodes[i].fraction for i in members]
        for column, own in enumerate(graph.own):
            weight[members, column] = apportion(own[function], fractions)
    used = weight.any(axis=1)
    builder.add_samples(handles[used], weight[used])


def _expanded(graph: CallGraph) -> list[_Node]:
    """Follow the heaviest paths first, from the functions that nobody calls; cycles are cut where they close."""
    callees: dict[int, list[tuple[int, float]]] = defaultdict(list)
    called: dict[int, float] = defaultdict(float)
    for (caller, callee), cost in graph.edges.items():
        if caller != callee and cost > 0:
            callees[caller].append((callee, cost))
            called[callee] += cost
    functions = range(len(graph.frames))
    narrowest = _NARROWEST * max(graph.inclusive, default=0)
    nodes: list[_Node] = []
    # Heaviest first; the running number breaks ties, so that the same file always gives the same tree.
    waiting: list[tuple[float, int, _Node]] = []
    for function in functions:
        uncalled = max(graph.inclusive[function] - called[function], 0.0)
        if called[function] <= 0 or uncalled > _ENTRY_SHARE * graph.inclusive[function]:
            fraction = 1.0 if called[function] <= 0 else uncalled / graph.inclusive[function]
            root = _Node(function, -1, fraction, frozenset({function}))
            waiting.append((-fraction * graph.inclusive[function], function, root))
    heapq.heapify(waiting)
    number = len(graph.frames)
    while waiting and len(nodes) < _MOST_NODES:
        _, _, node = heapq.heappop(waiting)
        position = len(nodes)
        nodes.append(node)
        for callee, cost in callees[node.function]:
            share = cost * node.fraction
            if callee not in node.path and graph.inclusive[callee] > 0 and share >= narrowest:
                number += 1
                below = _Node(callee, position, share / graph.inclusive[callee], node.path | {callee})
                heapq.heappush(waiting, (-share, number, below))
    reached = {node.function for node in nodes}
    # A cycle without an entry, or a path too narrow to follow: its functions still keep their self weight.
    nodes.extend(_Node(f, -1, 1.0, frozenset({f})) for f in functions if f not in reached)
    return nodes


def apportion(total: int, fractions: Sequence[float]) -> list[int]:
    """Split a whole number in proportion to fractions so that the parts add up to it exactly."""
    whole = sum(fractions)
    parts: list[int] = []
    done, running = 0, 0.0
    for fraction in fractions[:-1]:
        running += fraction
        upto = int(Fraction(total) * Fraction(running / whole)) if whole > 0 else 0
        parts.append(upto - done)
        done = upto
    return [*parts, total - done]
