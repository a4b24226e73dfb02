"""How call-tree nodes get their depth-first order: the inside of `hotspot.builder`.

Three ways in. `merge_handles` takes (parent, frame) pairs in any order, with repeats, and `lay_out_stacks` whole
stacks; both work level by level from the roots, one numpy pass a level. `lay_out_sorted` takes stacks that already
are in depth-first order, each told by what it adds to the one before; there the work follows stacks, and a node costs
a few copied integers::

    main;parse;lex   ->   shared 0, adds main parse lex
    main;parse;ast        shared 2, adds ast
    main;emit             shared 1, adds emit
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hotspot.errors import InvariantError
from hotspot.profile import CallTree, Int32, Int64

# A numpy pass over a level costs about as much as this many nodes in plain Python. It matters for deep recursion:
# one stack of 100,000 frames is 100,000 levels of one node.
_NARROW = 16


# -- stacks in depth-first order ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SortedLayout:
    """The tree of stacks in depth-first order, see `lay_out_sorted` and `lay_out_stacks`.

    Attributes:
        tree: nodes in the order of the stacks; siblings need not be distinct yet.
        leaf: node of each stack's leaf, int32[stacks].
        first_added: nodes that begin what a stack adds, int64[stacks that add something]; none where siblings are
            known to be distinct.
    """

    tree: CallTree
    leaf: Int32
    first_added: Int64

    def has_distinct_siblings(self) -> bool:
        """Whether no two siblings have the same frame.

        A node with an earlier sibling is the first that some stack adds, and the first child of a node comes
        right after it: only these need a look, not every node.
        """
        tree = self.tree
        candidate = np.zeros(len(tree), dtype=bool)
        candidate[self.first_added] = True
        candidate[tree.parent[self.first_added] + 1] = True
        node = np.flatnonzero(candidate)
        key = (tree.parent[node].astype(np.int64) << 32) | tree.frame[node]
        key.sort()
        return not bool((key[1:] == key[:-1]).any())


def lay_out_sorted(frame: Int32, offset: Int64, shared: Int64) -> SortedLayout:
    """Return the tree of stacks that are in depth-first order.

    Args:
        frame: what each stack adds to the one before, end to end, int32[nodes].
        offset: where each stack's own frames begin, with the end of the last, int64[stacks + 1].
        shared: how many frames from the root each stack has in common with the one before, int64[stacks].

    Raises:
        InvariantError: a stack shares more frames than the one before has, or has no frame at all.
    """
    nodes, stacks = len(frame), len(shared)
    head = offset[:-1]
    added = np.diff(offset)
    depth_after = shared + added
    if stacks and (shared[0] != 0 or (shared[1:] > depth_after[:-1]).any() or depth_after.min() <= 0):
        raise InvariantError("sorted stacks share more frames than there are")

    # The parent of what stack i adds lies on the last stack before it that shares less.
    before = stacks - 1 - _next_lower(shared[::-1])[::-1]
    above = np.where(shared > 0, head[before] + shared - 1 - shared[before], -1)
    adds = added > 0
    parent = np.arange(-1, nodes - 1, dtype=np.int32)
    parent[head[adds]] = above[adds]
    # A node is one deeper than the node before it, but for the first that a stack adds.
    depth = np.ones(nodes, dtype=np.int32)
    depth[head[adds]] = shared[adds] + 1 - np.append(1, depth_after[adds][:-1])
    np.cumsum(depth, dtype=np.int32, out=depth)
    tree = CallTree(frame, parent, _subtree_ends(head, shared, depth_after), depth)
    leaf = np.where(adds, offset[1:] - 1, above).astype(np.int32)
    return SortedLayout(tree, leaf, head[adds])


def _next_lower(values: Int64) -> Int64:
    """Return the index of the next smaller value, ``len(values)`` where there is none, by pointer jumping."""
    count = len(values)
    lower = np.arange(1, count + 1)
    active = np.arange(count - 1) if count else lower
    while len(active := active[values[lower[active]] >= values[active]]):
        lower[active] = lower[lower[active]]
        active = active[lower[active] < count]
    return lower


def _subtree_ends(head: Int64, shared: Int64, depth_after: Int64) -> Int32:
    """Return one past each node's subtree: where the next stack begins that shares fewer frames than its depth.

    Most nodes end where the very next stack begins; each further round looks at the stacks of which that stack
    keeps some nodes open.
    """
    stacks = len(head)
    nodes = int((depth_after - shared).sum())
    head = np.append(head, nodes)
    shared = np.append(shared, 0)  # behind the last stack everything ends
    lower = np.append(_next_lower(shared[:-1]), stacks)
    ends = np.zeros(nodes, dtype=np.int32)
    begins = np.zeros(nodes, dtype=bool)
    stack = np.arange(stacks)
    closer = stack + 1
    bottom = depth_after
    while len(stack):
        top = bottom
        bottom = np.minimum(np.maximum(shared[closer], shared[stack]), top)
        some = bottom < top
        first = (head[stack] + bottom - shared[stack])[some]
        ends[first] = head[closer[some]]
        begins[first] = True
        still_open = shared[closer] > shared[stack]
        stack, bottom, closer = stack[still_open], bottom[still_open], lower[closer[still_open]]
    # Known where a run of equal ends begins; a sum of the differences fills the runs.
    first = np.flatnonzero(begins)
    ends[first[1:]] = np.diff(ends[first])
    return np.cumsum(ends, dtype=np.int32, out=ends)


# -- handles in any order -------------------------------------------------------------------------------------


def merge_handles(parent: Int32, frame: Int32, frame_count: int) -> tuple[Int32, CallTree]:
    """Merge handles with equal paths and lay the distinct nodes out depth-first.

    Siblings keep the order in which they were first seen.

    Args:
        parent: handle of each handle's parent, smaller than itself, -1 for a root, int32[handles].
        frame: int32[handles].
        frame_count: how many frames there are.

    Returns:
        The node of each handle, int32[handles], and the tree.
    """
    levels = _Levels(parent, frame, frame_count)
    nodes = levels.bounds[-1]
    position, tree = _depth_first(levels.node_parent[:nodes], levels.node_frame[:nodes], levels.bounds)
    return position[levels.merged].astype(np.int32), tree


def _depth_first(parent: Int32 | Int64, frame: Int32 | Int64, bounds: list[int]) -> tuple[Int64, CallTree]:
    """Return the depth-first position of nodes that are numbered level by level, and their tree."""
    position, size, depth = _positions(parent, bounds)
    out = [np.empty(len(parent), dtype=np.int32) for _ in range(4)]
    out[0][position] = frame
    out[1][position] = np.where(parent < 0, -1, position[parent]) if len(parent) else parent
    out[2][position] = position + size
    out[3][position] = depth
    return position, CallTree(*out)


def lay_out_stacks(frame: Int32, offset: Int64, frame_count: int) -> SortedLayout:
    """Return the tree of stacks in any order; siblings are distinct, in the order in which they were first seen.

    Args:
        frame: frames of all stacks, root to leaf, end to end, int32[frames].
        offset: where each stack begins, with the end of the last, int64[stacks + 1]; none is empty.
        frame_count: how many frames there are.
    """
    length, start = np.diff(offset), offset[:-1]
    node = np.full(len(length), -1, dtype=np.int64)  # how far each stack has come
    parents: list[Int32] = []
    frames: list[Int32] = []
    bounds = [0]
    active = np.arange(len(length))
    while len(active) > _NARROW:
        key = (node[active] + 1) * frame_count + frame[start[active] + len(bounds) - 1]
        distinct, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        order = np.lexsort((first, distinct // frame_count))
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order)) + bounds[-1]
        node[active] = number[inverse.reshape(-1)]
        parents.append((distinct[order] // frame_count - 1).astype(np.int32))
        frames.append((distinct[order] % frame_count).astype(np.int32))
        bounds.append(bounds[-1] + len(order))
        active = active[length[active] >= len(bounds)]
    few = {
        stack: frame[start[stack] + len(bounds) - 1 : offset[stack + 1]].tolist() for stack in active.tolist()
    }
    rest = _add_few(few, node, bounds)
    parents.append(np.array([above for above, _ in rest], dtype=np.int32))
    frames.append(np.array([of_node for _, of_node in rest], dtype=np.int32))
    position, tree = _depth_first(np.concatenate(parents), np.concatenate(frames), bounds)
    return SortedLayout(tree, position[node].astype(np.int32), first_added=node[:0])


def _add_few(rest: dict[int, list[int]], node: Int64, bounds: list[int]) -> list[tuple[int, int]]:
    """Number the nodes of what is left of few stacks; returns the parent and frame of each.

    Args:
        rest: frames of each stack below the node that it has come to.
        node: the node that each stack has come to, moved on to its leaf.
        bounds: where each level begins, with the end of the last; those that are added here are appended.
    """
    nodes: list[tuple[int, int]] = []
    begin = bounds[-1]
    at = {stack: int(node[stack]) for stack in rest}
    level = 0
    while at:
        stacks_of: dict[tuple[int, int], list[int]] = {}
        for stack, above in at.items():
            stacks_of.setdefault((above, rest[stack][level]), []).append(stack)
        for key in sorted(stacks_of, key=_parent_of):  # stable: siblings stay in order of first sight
            for stack in stacks_of[key]:
                node[stack] = at[stack] = begin + len(nodes)
            nodes.append(key)
        bounds.append(begin + len(nodes))
        level += 1
        at = {stack: above for stack, above in at.items() if len(rest[stack]) > level}
    return nodes


class _Levels:
    """Distinct nodes, numbered level by level, within a level by parent, among siblings by first sight.

    Attributes:
        merged: distinct node of each handle, int64[handles].
        node_parent: int64, filled up to the number of nodes.
        node_frame: the same.
        bounds: where each level begins, with the end of the last.
    """

    def __init__(self, parent: Int32, frame: Int32, frame_count: int) -> None:
        handles = len(parent)
        self._parent = parent
        self._frame = frame
        self._frame_count = frame_count
        self._by_parent = np.argsort(parent, kind="stable")
        self._first_child = np.searchsorted(parent[self._by_parent], np.arange(-1, handles + 1))
        self.merged = np.empty(handles, dtype=np.int64)
        self.node_parent = np.empty(handles, dtype=np.int64)
        self.node_frame = np.empty(handles, dtype=np.int64)
        self.bounds = [0]
        members = self._by_parent[: self._first_child[1]]
        while len(members):
            members = (
                self._add_wide(members) if len(members) > _NARROW else self._add_narrow(members.tolist())
            )

    def _add_wide(self, members: Int64) -> Int64:
        """Number the nodes of one level, given its handles in ascending order; return the handles below."""
        above = self._parent[members]
        merged_above = np.where(above < 0, -1, self.merged[above])
        key = (merged_above + 1) * self._frame_count + self._frame[members]
        distinct, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        order = np.lexsort((first, distinct // self._frame_count))
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order)) + self.bounds[-1]
        self.merged[members] = number[inverse.reshape(-1)]
        end = self.bounds[-1] + len(order)
        self.node_parent[self.bounds[-1] : end] = distinct[order] // self._frame_count - 1
        self.node_frame[self.bounds[-1] : end] = distinct[order] % self._frame_count
        self.bounds.append(end)
        return self._children(members)

    def _add_narrow(self, members: list[int]) -> Int64:
        """Do the same for as many levels as stay narrow."""
        parent, frame, merged = self._parent.data, self._frame.data, self.merged.data
        by_parent, first_child = self._by_parent.data, self._first_child.data
        while 0 < len(members) <= _NARROW:
            handles_of: dict[tuple[int, int], list[int]] = {}
            for handle in members:
                above = parent[handle]
                key = (-1 if above < 0 else merged[above], frame[handle])
                handles_of.setdefault(key, []).append(handle)
            node = self.bounds[-1]
            for key in sorted(handles_of, key=_parent_of):  # stable: siblings stay in order of first sight
                self.node_parent[node], self.node_frame[node] = key
                for handle in handles_of[key]:
                    merged[handle] = node
                node += 1
            self.bounds.append(node)
            children: list[int] = []
            for handle in members:
                children += by_parent[first_child[handle + 1] : first_child[handle + 2]]
            children.sort()
            members = children
        return np.array(members, dtype=np.int64)

    def _children(self, members: Int64) -> Int64:
        """Return all handles whose parent is among ``members``, in ascending order."""
        begin, end = self._first_child[members + 1], self._first_child[members + 2]
        length = end - begin
        begin, length = begin[length > 0], length[length > 0]
        if not len(length):
            return np.zeros(0, dtype=np.int64)
        skip = np.repeat(begin - np.concatenate([[0], np.cumsum(length)[:-1]]), length)
        return np.sort(self._by_parent[np.arange(int(length.sum())) + skip])


def _parent_of(key: tuple[int, int]) -> int:
    return key[0]


def _starts(parents: Int32 | Int64) -> Int64:
    """Return where runs of equal parents begin; the nodes of a level are in the order of their parents."""
    return np.flatnonzero(np.concatenate([[True], parents[1:] != parents[:-1]]))


def _positions(parents: Int32 | Int64, bounds: list[int]) -> tuple[Int64, Int64, Int32]:
    """Return depth-first position, subtree size and depth of nodes that are numbered level by level."""
    nodes = len(parents)
    size = np.ones(nodes, dtype=np.int64)
    depth = np.empty(nodes, dtype=np.int32)
    position = np.empty(nodes, dtype=np.int64)
    one_parent, one_size, one_position = parents.data, size.data, position.data
    for begin, end in reversed(list(pairwise(bounds[1:]))):
        if end - begin > _NARROW:
            above = parents[begin:end]
            starts = _starts(above)
            size[above[starts]] += np.add.reduceat(size[begin:end], starts)
        else:
            for node in range(begin, end):
                one_size[one_parent[node]] += one_size[node]
    for level, (begin, end) in enumerate(pairwise(bounds)):
        depth[begin:end] = level
        if end - begin > _NARROW:
            before = np.cumsum(size[begin:end]) - size[begin:end]  # sizes of all earlier nodes of the level
            above = parents[begin:end]
            starts = _starts(above)
            group = np.repeat(before[starts], np.diff(np.append(starts, len(above))))
            position[begin:end] = before - group + (position[above] + 1 if level else 0)
        else:
            free, last_parent = 0, -1
            for node in range(begin, end):
                if level and (above_node := one_parent[node]) != last_parent:
                    free, last_parent = one_position[above_node] + 1, above_node
                one_position[node] = free
                free += one_size[node]
    return position, size, depth
