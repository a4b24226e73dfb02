"""What a profile says about one place: its lines, what it waits for in other code, callers, callees, heaviest stack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hotspot.advice.frame_names import CLASS_IDS
from hotspot.advice.loader import Catalogue
from hotspot.advice.match import Finding, HotPlace, Matcher
from hotspot.advice.patterns import HotSource
from hotspot.advice.work import OTHER, OWN, Work
from hotspot.analysis.peek import PeekEdge, callees_of, callers_of
from hotspot.analysis.totals import nearest_marked, sum_by_group
from hotspot.profile import Int32, Profile
from hotspot.source.definitions import Definition, definitions
from hotspot.source.grammars import language_of
from hotspot.workflow.issues.places import Charges, Place

_MOST = 5
# Languages whose compilers inline functions and keep their lines.
_INLINED = ("c", "cpp", "rust", "go")
# Where code at the top of a file is charged.
_WHOLE_FILE = ("<module>", "(anonymous)")
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
        findings: of the catalogue's rules, the one that promises most first.
        below_share: where there are none: what rules match but explain less than they ask for, the most first.
    """

    parts: tuple[Part, ...]
    outside: tuple[Outside, ...]
    lines: tuple[LineCharge, ...]
    callers: tuple[PeekEdge, ...]
    callees: tuple[PeekEdge, ...]
    stack: tuple[str, ...]
    stack_weight: int
    stack_place: int
    findings: tuple[Finding, ...]
    below_share: tuple[Finding, ...] = ()


class Measurer:
    """Measures places of one profile; what they share is computed once.

    Args:
        charges: of the profile.
        root: the project's, to quote lines from.
        catalogue: the rules that are asked.
        noun: what the weights are, as `hotspot.advice.match.Matcher` takes it.
    """

    def __init__(self, charges: Charges, root: Path, catalogue: Catalogue, noun: str) -> None:
        self._charges = charges
        self._root = root
        work = Work(charges.profile, charges.marked, charges.holder)
        self._class_of_node = work.class_of_node
        self._matcher = Matcher(catalogue.rules.values(), work, noun)
        tree, marked = charges.profile.call_tree, charges.marked
        left = ~marked & (tree.parent >= 0) & marked[tree.parent]
        self._call_of_node = nearest_marked(tree, marked | left)

    def measure(self, place: Place) -> Measured:
        """Return the numbers of one place."""
        charges, profile = self._charges, self._charges.profile
        nodes = self._nodes(place)
        outside = nodes[~charges.marked[nodes]]
        classes = self._class_of_node[outside]
        by_class = sum_by_group(classes, profile.node_self[outside], len(CLASS_IDS))
        found = [(CLASS_IDS[i], int(by_class[i])) for i in np.flatnonzero(by_class).tolist()]
        found.append((OTHER, int(profile.node_self[outside[classes < 0]].sum())))
        found.append((OWN, int(profile.node_self[nodes[charges.marked[nodes]]].sum())))
        findings = self.findings(place)
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
            findings,
            () if findings else self._matcher.below_share(self._hot(place)),
        )

    def findings(self, place: Place) -> tuple[Finding, ...]:
        """Return what the rules find at a place."""
        return self._matcher.findings(self._hot(place))

    def _hot(self, place: Place) -> HotPlace:
        return HotPlace(self._nodes(place), _hot_source(self._root, place))

    def _nodes(self, place: Place) -> Int32:
        charges = self._charges
        mine = (charges.group_of_node == place.group) & (charges.profile.node_self > 0)
        return np.flatnonzero(mine).astype(np.int32)

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


def _hot_source(root: Path, place: Place) -> HotSource | None:
    """The source of a place, None where its function cannot be told in a file that is here."""
    if place.file is None:
        return None
    try:
        path = root / place.file
        source = path.read_bytes() if path.stat().st_size <= _MOST_SOURCE else b""
    except (OSError, ValueError):
        return None
    language = language_of(place.file, source)
    if language is None or not source:
        return None
    if place.function in _WHOLE_FILE:
        return HotSource(source, language) if place.line else None
    found = _definition(definitions(source, language), place, inlines=language in _INLINED)
    return HotSource(source, language, (found.start_line, found.end_line), found.line) if found else None


def _definition(known: tuple[Definition, ...], place: Place, *, inlines: bool) -> Definition | None:
    """The definition that a place means: by line where its name agrees, else the only one of its name.

    A line in a function of another name means that the file has changed since the recording, or, where the compiler
    ``inlines``, that the line is an inlined function's.
    """
    named = [d for d in known if d.kind != "class" and _is_called(place.function, d.name)]
    if place.line is not None:
        around = [d for d in named if d.start_line <= place.line <= d.end_line]
        if around or not inlines:
            return max(around, key=lambda d: d.start_line, default=None)
    return named[0] if len(named) == 1 else None


def _is_called(function: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", function) is not None


def _source_lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _MOST_SOURCE:
            return []
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except (OSError, ValueError):  # gone, not a file, or a name that no file system takes
        return []


def frame_text(profile: Profile, frame: int) -> str:
    """Return a frame as ``name (file:line)`` or ``name (module)``, as much of it as is known."""
    frames, strings = profile.frames, profile.frames.strings
    name, file, module = (strings[int(c[frame])] for c in (frames.name, frames.file, frames.module))
    line = int(frames.line[frame])
    if file:
        return f"{name} ({file}:{line})" if line else f"{name} ({file})"
    return f"{name} ({module.rsplit('/', 1)[-1]})" if module else name
