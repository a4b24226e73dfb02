"""One function with everything that calls it on one side and everything it calls on the other.

``main;load;hash`` (3 samples) and ``main;sort;hash;mix`` (1), around ``hash``::

    callers    main   main
               load   sort
               hash----------
    callees    hash----------
                      mix

A sample in which the function calls itself counts once, at its outermost call.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hotspot.analysis.flame import Flame, subtree_sums
from hotspot.analysis.pattern import compile_pattern
from hotspot.analysis.totals import on_path, outermost
from hotspot.errors import UsageError
from hotspot.profile import Bool, CallTree, Int32, Int64
from hotspot.tree_layout import merge_handles


def sandwich(flame: Flame, pattern: str) -> Flame:
    """Return the sandwich of the heaviest function that a pattern matches; others that match are named in a note.

    Args:
        flame: of a profile or a diff, with all its nodes.
        pattern: the function's exact name, or see `hotspot.analysis.pattern`.

    Raises:
        UsageError: no function matches.
    """
    label, others = _chosen(flame, pattern)
    at = outermost(flame.tree, np.where(flame.tree.frame == label, 0, -1).astype(np.int32))
    callees, callee_weight = _callees(flame, at)
    callers, caller_weight = _callers(flame, np.flatnonzero(at), label)
    first = len(callees)
    tree = CallTree(
        frame=np.concatenate([callees.frame, callers.frame]),
        parent=np.concatenate(
            [callees.parent, np.where(callers.parent < 0, -1, callers.parent + first)]
        ).astype(np.int32),
        subtree_end=np.concatenate([callees.subtree_end, callers.subtree_end + first]).astype(np.int32),
        depth=np.concatenate([callees.depth, callers.depth]),
    )
    own = np.concatenate([callee_weight, caller_weight])
    return replace(
        flame,
        title=f"{flame.labels.name[label]} in {flame.title}",
        tree=tree,
        own=own,
        total=subtree_sums(tree, own),
        callers_from=first,
        notes=(*flame.notes, *others),
    )


def _chosen(flame: Flame, pattern: str) -> tuple[int, tuple[str, ...]]:
    names = flame.labels.name[:-1]  # the last is the root's
    fitting = [i for i, name in enumerate(names) if name == pattern]
    if not fitting:
        search = compile_pattern(pattern).search
        fitting = [i for i, name in enumerate(names) if search(name)]
    top = outermost(flame.tree, flame.tree.frame)
    totals = np.zeros(len(flame.labels), dtype=np.float64)
    np.add.at(totals, flame.tree.frame[top], flame.width[top])
    fitting = sorted((i for i in fitting if totals[i] > 0), key=lambda i: -totals[i])
    if not fitting:
        raise UsageError(f"no function matches {pattern!r}", hint="see `hotspot top -n 0`")
    others = [names[i] for i in fitting[1:4]]
    if not others:
        return fitting[0], ()
    more = f" and {len(fitting) - 4} more" if len(fitting) > 4 else ""
    return fitting[0], (f"{pattern!r} matches {', '.join(others)}{more} too; the heaviest is drawn",)


def _callees(flame: Flame, at: Bool) -> tuple[CallTree, Int64]:
    """Merge the subtrees of the function's outermost nodes into one."""
    tree = flame.tree
    inside = np.flatnonzero(on_path(tree, at))
    number = np.full(len(tree), -1, dtype=np.int32)
    number[inside] = np.arange(len(inside), dtype=np.int32)
    parent = np.where(at[inside], -1, number[tree.parent[inside]]).astype(np.int32)
    node_of, merged = merge_handles(parent, tree.frame[inside], len(flame.labels))
    return merged, _summed(node_of, flame.own[inside], len(merged))


def _callers(flame: Flame, at: Int64, label: int) -> tuple[CallTree, Int64]:
    """Merge the ways from the function up to the roots, one step for all of its nodes at a time."""
    tree, labels = flame.tree, len(flame.labels)
    parents = [np.array([-1], dtype=np.int64)]
    frames = [np.array([label], dtype=np.int64)]
    weights: list[Int64] = []
    first = 0  # number of the level's first merged node
    here = np.zeros(len(at), dtype=np.int64)  # merged node that each way has got to, within the level
    weight, above = flame.total[at], tree.parent[at]
    while True:
        ends = above <= 0  # node 0 is the root above all, no caller
        weights.append(_summed(here[ends], weight[ends], len(frames[-1])))
        here, weight, above = here[~ends], weight[~ends], above[~ends]
        if not len(above):
            break
        distinct, inverse = np.unique(here * labels + tree.frame[above], return_inverse=True)
        parents.append(distinct // labels + first)
        frames.append(distinct % labels)
        first += len(frames[-2])
        here, above = inverse.reshape(-1), tree.parent[above]
    parent, frame = (np.concatenate(column).astype(np.int32) for column in (parents, frames))
    node_of, merged = merge_handles(parent, frame, labels)
    return merged, _summed(node_of, np.concatenate(weights), len(merged))


def _summed(group: Int32 | Int64, weight: Int64, groups: int) -> Int64:
    out = np.zeros((groups, weight.shape[1]), dtype=np.int64)
    np.add.at(out, group, weight)
    return out
