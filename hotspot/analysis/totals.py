"""Self and total weights of groups of frames (functions, lines, files, modules)."""

from __future__ import annotations

import numpy as np

from hotspot.profile import Bool, CallTree, Int32, Int64, Profile


def sum_by_group(group_of_node: Int32, per_node: Int64, groups: int) -> Int64:
    """Sum an int64 column over the nodes of each group, int64[groups]; nodes of group -1 are left out."""
    out = np.zeros(groups, dtype=np.int64)
    inside = group_of_node >= 0
    np.add.at(out, group_of_node[inside], per_node[inside])
    return out


def outermost(tree: CallTree, group_of_node: Int32) -> Bool:
    """Return which nodes have no ancestor of their own group, bool[nodes]; False for group -1.

    Summing totals over these counts a recursive function once per sample. Within a group, in depth-first
    order, a node is nested exactly when it begins before the furthest subtree end seen so far.
    """
    nodes = len(tree)
    order = np.lexsort((np.arange(nodes), group_of_node))
    order = order[group_of_node[order] >= 0]
    # Shifting every group by its own multiple of the node count lets one running maximum serve all groups.
    shift = group_of_node[order].astype(np.int64) * (nodes + 1)
    furthest = np.maximum.accumulate(tree.subtree_end[order] + shift) if len(order) else shift
    first = np.ones(len(order), dtype=bool)
    first[1:] = order[1:] + shift[1:] >= furthest[:-1]
    result = np.zeros(nodes, dtype=bool)
    result[order[first]] = True
    return result


def group_totals(profile: Profile, group_of_frame: Int32, groups: int) -> tuple[Int64, Int64]:
    """Return self and total of each group in the selected value type, int64[groups] each."""
    group = group_of_frame[profile.call_tree.frame]
    top = outermost(profile.call_tree, group)
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group[top], profile.node_total[top])
    return sum_by_group(group, profile.node_self, groups), total


def nearest_marked(tree: CallTree, marked: Bool) -> Int32:
    """Return each node itself where it is marked, else its nearest marked ancestor, else -1; int32[nodes]."""
    node = np.arange(len(tree), dtype=np.int32)
    # Depth-first, the last marked node up to a node is its nearest one where it has the node below it.
    last = np.maximum.accumulate(np.where(marked, node, np.int32(-1)))
    known = (last < 0) | (tree.subtree_end[last] > node)
    nearest = np.where(known, last, tree.parent)
    going_up = np.flatnonzero(~known)
    # Each round doubles how far up a node looks: there are as many as the depth has bits.
    while len(going_up):
        above = nearest[going_up]
        going_up, above = going_up[above >= 0], above[above >= 0]
        nearest[going_up] = nearest[above]
        going_up = going_up[~known[above]]
    return nearest


def on_path(tree: CallTree, marked: Bool) -> Bool:
    """Return which nodes are marked or lie below a marked node, bool[nodes]."""
    change = np.zeros(len(tree) + 1, dtype=np.int64)
    index = np.flatnonzero(marked)
    np.add.at(change, index, 1)
    np.subtract.at(change, tree.subtree_end[index], 1)
    result: Bool = np.cumsum(change[:-1]) > 0
    return result
