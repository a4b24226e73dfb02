"""What a flame graph draws: one call tree over functions, from a profile or from both sides of a diff.

A profile of ``main;parse;lex`` (3 samples) and ``main;emit`` (1) becomes::

    node  label  depth  self  total        all
    0     all    0       0     4           main
    1     main   1       0     4           parse      emit
    2     parse  2       0     3           lex
    3     lex    3       3     3
    4     emit   2       1     1

A node's place follows from the order alone: it begins after its parent's begin and its earlier siblings' widths.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hotspot.analysis.diff import Diff, InApp
from hotspot.analysis.diff_rows import DiffRow
from hotspot.analysis.rank import hottest_lines
from hotspot.analysis.totals import on_path, sum_by_group
from hotspot.profile import Bool, CallTree, Int32, Int64, Profile, UInt8
from hotspot.tree_layout import merge_handles
from hotspot.units import ValueType, human_share

FloatArray = npt.NDArray[np.float64]
Int8 = npt.NDArray[np.int8]

ROOT = "all"
OWNED, FOREIGN, NOT_KNOWN = 1, 0, -1

# Columns of a differential graph's weights.
BEFORE, AFTER, CLEAR_BEFORE, CLEAR_AFTER = range(4)


@dataclass(frozen=True, eq=False)
class Labels:
    """Functions that nodes refer to.

    Attributes:
        name: tuple of texts, as long as the others; file and module are empty where not known.
        line: hottest known line, 0 where none is known, int32[labels].
        kind: a `hotspot.profile.Kind`, uint8[labels].
        in_app: `OWNED`, `FOREIGN` or `NOT_KNOWN`, int8[labels].
        finding: what a diff found of the function, in words; empty texts for a profile.
    """

    name: tuple[str, ...]
    file: tuple[str, ...]
    module: tuple[str, ...]
    line: Int32
    kind: UInt8
    in_app: Int8
    finding: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, eq=False)
class Flame:
    """A tree to draw.

    Attributes:
        title: names of what is drawn.
        value_type: what weights are.
        labels: rows that ``tree.frame`` refers to.
        tree: depth-first; siblings are drawn in this order.
        own: self weight, int64[nodes, columns]. A profile has one column. A diff has four: before, after, and of each
            what belongs to functions that changed beyond chance.
        total: the same with everything below.
        whole: what shares are relative to, one number a side.
        size_factor: how much more work the side after did; its weights are divided by it.
        callers_from: in a sandwich the first node of the callers' tree, which is drawn the other way; else None.
        notes: what is not drawn, in sentences.
    """

    title: str
    value_type: ValueType
    labels: Labels
    tree: CallTree
    own: Int64
    total: Int64
    whole: tuple[int, ...]
    size_factor: float = 1.0
    callers_from: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_difference(self) -> bool:
        """Whether there are two sides."""
        return len(self.whole) == 2

    @property
    def width(self) -> FloatArray:
        """What the drawn width of each node is proportional to, float64[nodes].

        In a diff, both sides added up in the baseline's measure: what is gone stays visible, and parents hold their
        children exactly.
        """
        return self._width_of(self.total)

    @property
    def begin(self) -> FloatArray:
        """Where each node begins, in units of `width`, float64[nodes].

        What lies before a node in depth-first order is its earlier relatives' weight and its callers' own; that stands
        behind their children, so it is taken out again.
        """
        tree, width = self.tree, self.width
        below = np.zeros(len(tree), dtype=np.float64)
        np.add.at(below, tree.parent[tree.parent >= 0], width[tree.parent >= 0])
        own = np.maximum(width - below, 0)
        open_callers = np.zeros(len(tree) + 1, dtype=np.float64)
        open_callers[1:] = own
        np.subtract.at(open_callers, tree.subtree_end, own)
        begin = np.cumsum(own) - own - np.cumsum(open_callers[:-1])
        roots = np.flatnonzero(tree.parent < 0)
        result: FloatArray = begin - np.repeat(begin[roots], np.diff(np.append(roots, len(tree))))
        return result

    @property
    def change(self) -> FloatArray:
        """Change of each node's total in shares of the baseline's time, float64[nodes]; 0 for a profile."""
        return self._change_of(BEFORE, AFTER)

    @property
    def clear_change(self) -> FloatArray:
        """The part of `change` that belongs to functions which changed beyond chance, float64[nodes]."""
        return self._change_of(CLEAR_BEFORE, CLEAR_AFTER)

    def pruned(self, limit: int) -> Flame:
        """Return the widest ``limit`` nodes, with a note of what that leaves out; nodes without width go silently."""
        width = self.width
        widest = np.argsort(-width, kind="stable")  # of equal width the parent comes first
        drawn = int(np.count_nonzero(width > 0))
        kept = np.sort(widest[: min(limit, drawn)])
        tree = self.tree
        number = np.full(len(tree), -1, dtype=np.int32)
        number[kept] = np.arange(len(kept), dtype=np.int32)
        parent = tree.parent[kept]
        callers_from = self.callers_from
        smaller = replace(
            self,
            tree=CallTree(
                frame=tree.frame[kept],
                parent=np.where(parent >= 0, number[parent], -1).astype(np.int32),
                subtree_end=np.searchsorted(kept, tree.subtree_end[kept]).astype(np.int32),
                depth=tree.depth[kept],
            ),
            own=self.own[kept],
            total=self.total[kept],
            callers_from=None if callers_from is None else int(np.searchsorted(kept, callers_from)),
        )
        return replace(smaller, notes=(*self.notes, *self._left_out(widest[limit:drawn], drawn)))

    def _left_out(self, nodes: npt.NDArray[np.intp], drawn: int) -> tuple[str, ...]:
        if not len(nodes):
            return ()
        whole = float(self.width[self.tree.parent < 0].sum())
        hidden = float(self._width_of(self.own)[nodes].sum()) / whole
        widest = 100 * float(self.width[nodes].max()) / whole
        return (
            f"{len(nodes):,} of {drawn:,} frames are left out, none wider than {widest:.2g}%; "
            f"{human_share(hidden)} of the weight ends in them and is drawn as their callers' own",
        )

    def _width_of(self, weight: Int64) -> FloatArray:
        if not self.is_difference:
            return weight[:, 0].astype(np.float64)
        return weight[:, BEFORE] + weight[:, AFTER] / self.size_factor

    def _change_of(self, before: int, after: int) -> FloatArray:
        if not self.is_difference:
            return np.zeros(len(self.tree), dtype=np.float64)
        baseline = max(self.whole[0], 1)
        return (self.total[:, after] / self.size_factor - self.total[:, before]) / baseline


def flame_of_profile(profile: Profile, owned: Bool | None = None, known: Bool | None = None) -> Flame:
    """Return a profile's flame graph in its selected value type.

    Frames that differ in nothing but their line are one function. Stacks of negative weight have no width: they are
    left out, with a note.

    Args:
        profile: what to draw.
        owned: which frames the project owns, bool[frames]; not known where None.
        known: for which frames that is known, bool[frames]; all where None.
    """
    functions, tree = profile.functions, profile.call_tree
    frame = functions.of_frame[tree.frame]
    own = profile.node_self
    notes = []
    if len(own) and int(own.min()) < 0:
        notes.append(f"{int(np.count_nonzero(own < 0)):,} stacks of negative weight are left out")
        own = np.maximum(own, 0)
    of_node, merged = (
        (np.arange(len(tree), dtype=np.int32), replace(tree, frame=frame))
        if len(np.unique(frame)) == len(np.unique(tree.frame))
        else merge_handles(tree.parent, frame, max(len(functions), 1))
    )
    summed = sum_by_group(of_node, own, len(merged))[:, np.newaxis]
    rooted, own_rooted = _with_root(merged, summed, len(functions))
    return Flame(
        title=profile.label or profile.provenance.path or "profile",
        value_type=profile.value_type,
        labels=_profile_labels(profile, owned, known),
        tree=rooted,
        own=own_rooted,
        total=subtree_sums(rooted, own_rooted),
        whole=(max(profile.whole, 0),),
        notes=tuple(notes),
    )


def flame_of_diff(diff: Diff, in_app: InApp | None = None) -> Flame:
    """Return the differential flame graph of a comparison; see `Flame.own` for its columns.

    Args:
        diff: the comparison.
        in_app: as in `hotspot.analysis.diff.diff`; ownership is not known where None.
    """
    union = diff.union
    sides = [union.weight[:, side].sum(axis=1) for side in (~union.is_after, union.is_after)]
    own = np.maximum(np.stack(sides, axis=1), 0)
    clear = _changed_clearly(diff)
    rooted, columns = _with_root(
        union.tree,
        np.concatenate([own, np.where(clear[:, np.newaxis], own, 0)], axis=1),
        len(union.functions),
    )
    names = [
        " and ".join(dict.fromkeys(run.label for run in side if run.label))
        for side in (diff.before, diff.after)
    ]
    runs = [
        f"{len(side)} runs" if len(side) > 1 else name
        for side, name in zip((diff.before, diff.after), names, strict=True)
    ]
    return Flame(
        title=f"{runs[0] or 'before'} \N{RIGHTWARDS ARROW} {runs[1] or 'after'}",
        value_type=diff.before[0].value_type,
        labels=_diff_labels(diff, in_app),
        tree=rooted,
        own=columns,
        total=subtree_sums(rooted, columns),
        whole=(sum(run.whole for run in diff.before), sum(run.whole for run in diff.after)),
        size_factor=diff.size_factor,
    )


def subtree_sums(tree: CallTree, own: Int64) -> Int64:
    """Sum every column over each node's subtree, int64[nodes, columns]."""
    prefix = np.zeros((len(own) + 1, own.shape[1]), dtype=np.int64)
    np.cumsum(own, axis=0, out=prefix[1:])
    result: Int64 = prefix[tree.subtree_end] - prefix[:-1]
    return result


def _with_root(tree: CallTree, own: Int64, label: int) -> tuple[CallTree, Int64]:
    """Put one node above all roots."""
    first = np.zeros(1, dtype=np.int32)
    rooted = CallTree(
        frame=np.append(first + label, tree.frame).astype(np.int32),
        parent=np.append(first - 1, tree.parent + 1).astype(np.int32),
        subtree_end=np.append(first + len(tree) + 1, tree.subtree_end + 1).astype(np.int32),
        depth=np.append(first, tree.depth + 1).astype(np.int32),
    )
    return rooted, np.concatenate([np.zeros((1, own.shape[1]), dtype=np.int64), own])


def _profile_labels(profile: Profile, owned: Bool | None, known: Bool | None) -> Labels:
    functions, strings, of_frame = profile.functions, profile.frames.strings, profile.functions.of_frame
    in_app = np.full(len(functions) + 1, NOT_KNOWN, dtype=np.int8)
    if owned is not None:
        told = np.ones(len(owned), dtype=bool) if known is None else known
        in_app[of_frame[told]] = np.where(owned[told], OWNED, FOREIGN)
    kind = np.zeros(len(functions) + 1, dtype=np.uint8)
    kind[of_frame] = profile.frames.kind
    frame_self = sum_by_group(profile.call_tree.frame, profile.node_self, len(profile.frames))
    _, line = hottest_lines(profile, frame_self, of_frame, len(functions))
    texts = [
        (*(strings[i] for i in column.tolist()), "")
        for column in (functions.name, functions.file, functions.module)
    ]
    return Labels(
        name=(*texts[0][:-1], ROOT),
        file=texts[1],
        module=texts[2],
        line=np.append(line, 0).astype(np.int32),
        kind=kind,
        in_app=in_app,
        finding=("",) * (len(functions) + 1),
    )


def _diff_labels(diff: Diff, in_app: InApp | None) -> Labels:
    union = diff.union
    functions = union.functions
    mine = np.full(len(functions) + 1, NOT_KNOWN, dtype=np.int8)
    kind = np.zeros(len(functions) + 1, dtype=np.uint8)
    for run, of_frame in zip((*diff.before, *diff.after), union.of_frame, strict=True):
        seen = of_frame >= 0
        kind[of_frame[seen]] = run.frames.kind[seen]
        if in_app is not None:
            owned, known = in_app(run)
            told = seen & known
            mine[of_frame[told]] = np.maximum(mine[of_frame[told]], np.where(owned[told], OWNED, FOREIGN))
    rows = dict(zip(diff.function_of_row, diff.rows, strict=True))
    lines = [(row.line or 0) if (row := rows.get(i)) else 0 for i in range(len(functions))]
    return Labels(
        name=(*(f.name for f in functions), ROOT),
        file=(*(f.file for f in functions), ""),
        module=(*(f.module for f in functions), ""),
        line=np.array([*lines, 0], dtype=np.int32),
        kind=kind,
        in_app=mine,
        finding=(*(_finding(rows.get(i)) for i in range(len(functions))), ""),
    )


def _changed_clearly(diff: Diff) -> Bool:
    """Return which nodes' self weight belongs to a change that is significant, bool[nodes]."""
    tree, functions = diff.union.tree, diff.union.functions
    changed = [(f, row) for f, row in zip(diff.function_of_row, diff.rows, strict=True) if row.significant]
    by_itself = np.zeros(len(functions), dtype=bool)
    by_itself[[f for f, row in changed if row.measure == "self"]] = True
    clear: Bool = by_itself[tree.frame]
    for function, row in changed:  # of these there are at most as many as culprits
        nodes = tree.frame == function
        if row.measure == "total":
            clear |= on_path(tree, nodes)
        elif row.measure == "edge":
            called = np.array([f.name == row.callee for f in functions])
            clear |= on_path(tree, called[tree.frame] & (tree.parent >= 0) & nodes[tree.parent])
    return clear


def _finding(row: DiffRow | None) -> str:
    if row is None or row.interval is None:
        return ""
    low, high = (f"{100 * bound:+.1f}" for bound in row.interval)
    status = row.status.replace("_", " ")
    return f"{status}: {row.measure} {100 * row.change:+.1f} points ({low} to {high})"
