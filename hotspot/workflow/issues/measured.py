"""What a profile says about one place: its lines, what it waits for in other code, callers, callees, heaviest stack."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hotspot.analysis.peek import PeekEdge, callees_of, callers_of
from hotspot.analysis.totals import nearest_marked, sum_by_group
from hotspot.profile import Int32, Kind, Profile
from hotspot.workflow.issues.frame_classes import OTHER, OWN
from hotspot.workflow.issues.frame_names import CLASS_IDS, class_of
from hotspot.workflow.issues.places import Charges, Place

_MOST = 5
_MOST_SOURCE = 4 << 20
# Of what is charged to a place: less than this in one function of others is noise to the reader.
_WORTH_A_LINE = 0.01


@dataclass(frozen=True)
class Part:
    """A class of work (`frame_classes`) and the charged weight that went to it."""

    class_id: str
    weight: int


@dataclass(frozen=True)
class Outside:
    """A call that leaves the project's code, and what was charged to the place for it.

    Attributes:
        function: the first one that is not the project's: the name to look for in the place's code.
        home: its file or module, without folders; empty where unknown.
        class_id: what is done below it.
        weight: self weight of it and of all below it that is not the project's.
    """

    function: str
    home: str
    class_id: str
    weight: int


@dataclass(frozen=True)
class LineCharge:
    """A line of the place, the weight charged to it, and what stands there now (empty where not found)."""

    line: int
    weight: int
    code: str


@dataclass(frozen=True)
class Measured:
    """The numbers behind one issue; every tuple heaviest first.

    Attributes:
        parts: what the charged weight consists of; disjoint, adds up to it.
        outside: the calls behind the parts that are not its own code.
        lines: its known lines.
        callers: of its heaviest spelling; shares of that function's total.
        callees: the same.
        stack: frames of the heaviest stack charged to it, root first.
        stack_weight: its weight.
        stack_place: which of its frames is the place.
    """

    parts: tuple[Part, ...]
    outside: tuple[Outside, ...]
    lines: tuple[LineCharge, ...]
    callers: tuple[PeekEdge, ...]
    callees: tuple[PeekEdge, ...]
    stack: tuple[str, ...]
    stack_weight: int
    stack_place: int


class Measurer:
    """Measures places of one profile; what they share is computed once.

    Args:
        charges: of the profile.
        root: the project's, to quote lines from.
    """

    def __init__(self, charges: Charges, root: Path) -> None:
        self._charges = charges
        self._root = root
        self._class_of_node = _classes(charges)
        tree, marked = charges.profile.call_tree, charges.marked
        left = ~marked & (tree.parent >= 0) & marked[tree.parent]
        self._call_of_node = nearest_marked(tree, marked | left)

    def measure(self, place: Place) -> Measured:
        """Return the numbers of one place."""
        charges, profile = self._charges, self._charges.profile
        nodes = np.flatnonzero((charges.group_of_node == place.group) & (profile.node_self > 0)).astype(
            np.int32
        )
        outside = nodes[~charges.marked[nodes]]
        classes = self._class_of_node[outside]
        by_class = sum_by_group(classes, profile.node_self[outside], len(CLASS_IDS))
        found = [(CLASS_IDS[i], int(by_class[i])) for i in np.flatnonzero(by_class).tolist()]
        found.append((OTHER, int(profile.node_self[outside[classes < 0]].sum())))
        found.append((OWN, int(profile.node_self[nodes[charges.marked[nodes]]].sum())))
        hottest = int(nodes[np.argmax(profile.node_self[nodes])])
        return Measured(
            tuple(sorted((Part(*f) for f in found if f[1]), key=lambda p: (-p.weight, p.class_id))),
            self._outside(outside, classes, place.weight),
            self._lines(place),
            callers_of(profile, place.functions[0])[:_MOST],
            callees_of(profile, place.functions[0])[:_MOST],
            tuple(frame_text(profile, frame) for frame in profile.path(hottest)),
            int(profile.node_self[hottest]),
            int(profile.call_tree.depth[charges.holder[hottest]]),
        )

    def _outside(self, nodes: Int32, classes: Int32, charged: int) -> tuple[Outside, ...]:
        profile = self._charges.profile
        functions, strings = profile.functions, profile.frames.strings
        called = functions.of_frame[profile.call_tree.frame[self._call_of_node[nodes]]]
        key = called.astype(np.int64) * (len(CLASS_IDS) + 1)
        distinct, inverse = np.unique(key + classes + 1, return_inverse=True)
        weights = sum_by_group(inverse.reshape(-1).astype(np.int32), profile.node_self[nodes], len(distinct))
        rows = []
        order = np.argsort(-weights, kind="stable")[:_MOST]
        for i in order[weights[order] >= _WORTH_A_LINE * charged].tolist():
            function, class_index = divmod(int(distinct[i]), len(CLASS_IDS) + 1)
            module, file = (
                strings[int(column[function])].rsplit("/", 1)[-1]
                for column in (functions.module, functions.file)
            )
            rows.append(
                Outside(
                    strings[int(functions.name[function])],
                    file or module,
                    CLASS_IDS[class_index - 1] if class_index else OTHER,
                    int(weights[i]),
                )
            )
        return tuple(rows)

    def _lines(self, place: Place) -> tuple[LineCharge, ...]:
        charges, lines = self._charges, self._charges.profile.frames.line
        mine = np.flatnonzero((charges.group_of_frame == place.group) & (lines > 0))
        distinct, inverse = np.unique(lines[mine], return_inverse=True)
        weights = sum_by_group(
            inverse.reshape(-1).astype(np.int32), charges.frame_weight[mine], len(distinct)
        )
        order = [i for i in np.argsort(-weights, kind="stable").tolist() if weights[i] > 0]
        source = _source_lines(self._root / place.file) if place.file else []
        found = ((int(distinct[i]), int(weights[i])) for i in order[:_MOST])
        return tuple(
            LineCharge(line, weight, source[line - 1].strip() if line <= len(source) else "")
            for line, weight in found
        )


def _source_lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _MOST_SOURCE:
            return []
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except (OSError, ValueError):  # gone, not a file, or a name that no file system takes
        return []


def _classes(charges: Charges) -> Int32:
    """Return what each node outside the places does, as an index of `CLASS_IDS`, -1 for no class, int32[nodes].

    Below a place the first frame that a class knows decides: the page fault below a ``malloc`` is allocation,
    which is what the place asked for.
    """
    profile = charges.profile
    tree, frames, strings = profile.call_tree, profile.frames, profile.frames.strings
    outside = (charges.holder >= 0) & ~charges.marked
    class_of_frame = np.full(len(frames), -1, dtype=np.int32)
    index = {class_id: i for i, class_id in enumerate(CLASS_IDS)}
    for frame in np.unique(tree.frame[outside]).tolist():
        name, file = strings[int(frames.name[frame])], strings[int(frames.file[frame])]
        found = class_of(name, file, int(frames.kind[frame]) == Kind.KERNEL)
        class_of_frame[frame] = index.get(found or "", -1)
    classed = outside & (class_of_frame[tree.frame] >= 0)
    # A classed node is the first below its place where the next place or classed node above it is a place.
    above = np.where(tree.parent >= 0, nearest_marked(tree, charges.marked | classed)[tree.parent], -1)
    first = classed & (above >= 0) & charges.marked[above]
    decider = nearest_marked(tree, charges.marked | first)
    decided = (decider >= 0) & first[decider]
    result: Int32 = np.where(decided, class_of_frame[tree.frame[decider]], -1).astype(np.int32)
    return result


def frame_text(profile: Profile, frame: int) -> str:
    """Return a frame as ``name (file:line)`` or ``name (module)``, as much of it as is known."""
    frames, strings = profile.frames, profile.frames.strings
    name, file, module = (strings[int(c[frame])] for c in (frames.name, frames.file, frames.module))
    line = int(frames.line[frame])
    if file:
        return f"{name} ({file}:{line})" if line else f"{name} ({file})"
    return f"{name} ({module.rsplit('/', 1)[-1]})" if module else name


def binomial_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95% Wilson score interval of a proportion (Wilson 1927), which holds for few samples too."""
    z = 1.959963984540054
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    return max(0.0, centre - half), min(1.0, centre + half)
