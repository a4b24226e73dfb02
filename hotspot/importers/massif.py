"""Valgrind's massif: what the heap held at its peak, by the stacks that allocated it.

::

    snapshot=14
    time=2160
    mem_heap_B=104950
    heap_tree=peak
    n1: 104950 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
     n2: 104950 0x109211: alloc (w.c:7)
      n0: 99950 0x1092A7: main (w.c:8)
      n0: 5000 in 3 places, all below massif's threshold (1.00%)

A tree is drawn leaf first, a space a level, with the bytes of each branch. The snapshot called ``peak`` is read, else the largest
with a tree. Source: the Valgrind manual, "Massif", and ``ms_main.c``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._collect import Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("massif", "Valgrind massif, the peak of the heap", (".massif",))

_LOOKS = re.compile(r"\A\s*desc: .*\r?\ncmd: .*\r?\ntime_unit: ")
_KEY = re.compile(r"(?P<key>snapshot|mem_heap_B|mem_heap_extra_B|mem_stacks_B|heap_tree)=(?P<value>\S+)\s*")
_NODE = re.compile(r"(?P<indent> *)n(?P<children>\d{1,9}): (?P<bytes>\d{1,18}) (?P<text>.*?)\s*")
_FRAME = re.compile(r"0x[0-9A-Fa-f]+: (?P<name>.*?)(?: \((?P<place>[^()]*(?:\([^()]*\)[^()]*)*)\))?")
_SOURCE = re.compile(r"(?P<file>.+):(?P<line>\d{1,9})")
_BELOW = "[below massif's threshold]"


def detect(head: Head) -> Match:
    """Its three first lines."""
    return Match.YES if _LOOKS.match(head.text) else Match.NO


@dataclass
class _Snapshot:
    """One snapshot: what its tree is called, its size, and the lines of the tree with the number of the first."""

    heap: int = 0
    extra: int = 0
    stacks: int = 0
    tree: str = "empty"
    nodes: list[tuple[int, re.Match[str]]] = field(default_factory=list)


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree of the peak.

    Raises:
        EmptyProfile: no snapshot has a tree.
        MalformedProfile: the branches of a frame hold more than the frame.
    """
    snapshots: list[_Snapshot] = []
    for number, line in enumerate(decode_text(source.read()).splitlines(), 1):
        if key := _KEY.fullmatch(line):
            if key["key"] == "snapshot":
                snapshots.append(_Snapshot())
            elif snapshots:
                _set(snapshots[-1], key["key"], key["value"], source.path, number)
        elif snapshots and (node := _NODE.fullmatch(line)):
            snapshots[-1].nodes.append((number, node))
    detailed = [snapshot for snapshot in snapshots if snapshot.nodes]
    if not detailed:
        raise EmptyProfile(
            source.path, "no snapshot has a tree of the heap", hint="run massif with --detailed-freq=1"
        )
    peak = next((s for s in detailed if s.tree == "peak"), max(detailed, key=lambda s: s.heap))
    stacks = Stacks(ValueType("inuse_space", "bytes"))
    _add(stacks, peak, source.path)
    losses = [
        Loss(
            LossKind.DROPPED,
            f"the other {len(snapshots) - 1:,} snapshots, and what was freed before the peak",
        )
    ]
    if peak.extra:
        losses.append(Loss(LossKind.DROPPED, f"{peak.extra:,} bytes that the allocator needs beside them"))
    if peak.stacks:
        losses.append(Loss(LossKind.DROPPED, f"{peak.stacks:,} bytes of the threads' stacks"))
    provenance = Provenance(source.path, source.sha256, INFO.name, "massif", losses=tuple(losses))
    return [stacks.build(provenance)]


def _set(snapshot: _Snapshot, key: str, value: str, path: str, line: int) -> None:
    if key == "heap_tree":
        snapshot.tree = value
        return
    if not re.fullmatch(r"\d{1,18}", value):
        raise MalformedProfile(path, f"{key} is no whole number", line=line)
    setattr(
        snapshot,
        {"mem_heap_B": "heap", "mem_heap_extra_B": "extra", "mem_stacks_B": "stacks"}[key],
        int(value),
    )


def _add(stacks: Stacks, snapshot: _Snapshot, path: str) -> None:
    """Add a stack for what each branch has more than its own branches; the first node only sums up."""
    branch: list[tuple[int, int]] = []  # frame and bytes that no branch has taken yet, leaf first

    def close(depth: int) -> None:
        while len(branch) > depth:
            rest = branch[-1][1]
            if rest:
                stacks.add([frame for frame, _ in reversed(branch)], rest)
            branch.pop()

    for line, node in snapshot.nodes:
        depth = len(node["indent"]) - 1
        if depth < 0:
            continue
        if depth > len(branch):
            raise MalformedProfile(path, "a frame that stands under none", line=line)
        close(depth)
        size = int(node["bytes"])
        if branch:
            frame, rest = branch[-1]
            if rest < size:
                raise MalformedProfile(path, "branches hold more than what they branch off", line=line)
            branch[-1] = frame, rest - size
        branch.append((_frame(stacks, node["text"]), size))
    close(0)


def _frame(stacks: Stacks, text: str) -> int:
    found = _FRAME.fullmatch(text)
    if found is None:
        return stacks.builder.frames.intern(_BELOW if "place" in text and "below massif" in text else text)
    name = UNKNOWN if found["name"] in ("", "???") else found["name"]
    place = found["place"] or ""
    if located := _SOURCE.fullmatch(place):
        return stacks.builder.frames.intern(name, located["file"], int(located["line"]))
    return stacks.builder.frames.intern(
        name, module=place.removeprefix("in ") if place.startswith("in ") else ""
    )
