"""What the code below hot places does, told by the frames there.

A place answers for the nodes below it down to the next place (``holder`` is a node's nearest place upwards).
Of those, the ones in code of others are *outside*::

    main;parse_row;malloc;_int_malloc     place parse_row; malloc and _int_malloc are outside
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hotspot.advice.frame_names import CLASS_IDS, class_of
from hotspot.advice.rule import FramePattern, Rule
from hotspot.analysis.totals import nearest_marked, on_path
from hotspot.profile import Bool, Int32, Kind, Profile

OWN = "own"
OTHER = "other"
_MOST_NAMES = 3


@dataclass(frozen=True)
class FrameHit:
    """The part of a place's charged weight that frames of a rule explain.

    Attributes:
        weight: stored weight.
        names: of the frames that matched, heaviest first.
        by_line: the same weight by the place's line it was asked for from; line 0 where unknown.
    """

    weight: int
    names: tuple[str, ...]
    by_line: dict[int, int]


class Work:
    """Frame patterns against one profile; each is evaluated once, whatever the number of places.

    Args:
        profile: in its selected value type.
        marked: nodes that are places, bool[nodes].
        holder: each node's nearest place upwards, itself included, -1 for none, int32[nodes].
    """

    def __init__(self, profile: Profile, marked: Bool, holder: Int32) -> None:
        self.profile = profile
        self.marked = marked
        self.holder = holder
        self._deciders: dict[FramePattern, Int32] = {}
        self._callers: dict[str, Bool] = {}

    @cached_property
    def outside(self) -> Bool:
        """Nodes in code of others that a place answers for, bool[nodes]."""
        result: Bool = (self.holder >= 0) & ~self.marked
        return result

    @cached_property
    def class_of_node(self) -> Int32:
        """What each outside node does, as an index of `CLASS_IDS`, -1 for no class, int32[nodes]."""
        decider = self._class_decider
        frame = self._class_of_frame[self.profile.call_tree.frame[decider]]
        result: Int32 = np.where(decider >= 0, frame, -1).astype(np.int32)
        return result

    @cached_property
    def _class_of_frame(self) -> Int32:
        tree, frames, strings = self.profile.call_tree, self.profile.frames, self.profile.frames.strings
        classes = np.full(len(frames), -1, dtype=np.int32)
        index = {class_id: i for i, class_id in enumerate(CLASS_IDS)}
        for frame in np.unique(tree.frame[self.outside]).tolist():
            name, file = strings[int(frames.name[frame])], strings[int(frames.file[frame])]
            found = class_of(name, file, int(frames.kind[frame]) == Kind.KERNEL)
            classes[frame] = index.get(found or "", -1)
        return classes

    @cached_property
    def _class_decider(self) -> Int32:
        """The node whose class counts for each node, -1 for none, int32[nodes].

        Below a place the first frame that a class knows decides: the page fault below a ``malloc`` is allocation,
        which is what the place asked for.
        """
        return self._first_below(self._class_of_frame[self.profile.call_tree.frame] >= 0)

    def _first_below(self, wanted: Bool) -> Int32:
        """Return each node's topmost wanted outside ancestor below its place (itself included), -1 for none."""
        tree = self.profile.call_tree
        wanted = wanted & self.outside
        # A wanted node is the topmost where the next place or wanted node above it is a place.
        above = np.where(tree.parent >= 0, nearest_marked(tree, self.marked | wanted)[tree.parent], -1)
        first = wanted & (above >= 0) & self.marked[above]
        decider = nearest_marked(tree, self.marked | first)
        result: Int32 = np.where((decider >= 0) & first[decider], decider, -1).astype(np.int32)
        return result

    def frames(self, rule: Rule, nodes: Int32) -> FrameHit | None:
        """Return what a rule's frames explain of what is charged to a place, None where nothing.

        Args:
            rule: its ``frames`` and ``callers`` are asked.
            nodes: what the place answers for, int32[n].
        """
        nodes = self.below_callers(rule, nodes)
        decider = np.full(len(nodes), -1, dtype=np.int32)
        for pattern in rule.frames:
            found = self._decider(pattern)[nodes]
            decider = np.where(decider >= 0, decider, found)
        hit = nodes[decider >= 0]
        profile = self.profile
        weights = profile.node_self[hit]
        weight = int(weights.sum())
        if not weight:
            return None
        frame = profile.call_tree.frame
        by_name = _summed(profile.frames.name[frame[decider[decider >= 0]]], weights)
        by_line = _summed(profile.frames.line[frame[self.holder[hit]]], weights)
        names = sorted(by_name, key=lambda name: (-by_name[name], name))[:_MOST_NAMES]
        return FrameHit(weight, tuple(profile.frames.strings[name] for name in names), by_line)

    def below_callers(self, rule: Rule, nodes: Int32) -> Int32:
        """Return those of a place's nodes that lie below a caller the rule asks for."""
        if not rule.callers:
            return nodes
        below = np.zeros(len(nodes), dtype=bool)
        for pattern in rule.callers:
            if pattern not in self._callers:
                mask = self._told_by(pattern, self.profile.frames.name)[self.profile.call_tree.frame]
                self._callers[pattern] = on_path(self.profile.call_tree, mask)
            below |= self._callers[pattern][self.holder[nodes]]
        return nodes[below]

    def _decider(self, pattern: FramePattern) -> Int32:
        if pattern not in self._deciders:
            self._deciders[pattern] = self._evaluate(pattern)
        return self._deciders[pattern]

    def _evaluate(self, pattern: FramePattern) -> Int32:
        tree, frames = self.profile.call_tree, self.profile.frames
        decider = np.full(len(tree), -1, dtype=np.int32)
        if OWN in pattern.classes:
            decider[self.marked] = np.flatnonzero(self.marked)
        named = np.ones(len(frames), dtype=bool)
        for text, column in (
            (pattern.name, frames.name),
            (pattern.file, frames.file),
            (pattern.module, frames.module),
        ):
            if text is not None:
                named &= self._told_by(text, column)
        wanted = [CLASS_IDS.index(name) for name in pattern.classes if name in CLASS_IDS]
        if pattern.classes:
            in_class = np.isin(self.class_of_node, wanted)
            if OTHER in pattern.classes:
                in_class |= self.outside & (self.class_of_node < 0)
            by_class = np.where(in_class, self._class_decider, -1)
            if named.all():
                return np.where(decider >= 0, decider, by_class).astype(np.int32)
            by_name = self._first_below(named[tree.frame])
            return np.where(in_class, by_name, decider).astype(np.int32)
        return self._first_below(named[tree.frame]) if named.any() else decider

    def _told_by(self, pattern: str, column: Int32) -> Bool:
        search = re.compile(pattern).search
        strings = self.profile.frames.strings
        fits = np.zeros(len(strings), dtype=bool)
        for index in np.unique(column).tolist():
            fits[index] = search(strings[index]) is not None
        result: Bool = fits[column]
        return result


def _summed(keys: Int32, weights: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[int, int]:
    distinct, inverse = np.unique(keys, return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, inverse.reshape(-1), weights)
    return dict(zip(distinct.tolist(), sums.tolist(), strict=True))
