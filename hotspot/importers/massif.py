"""Valgrind's massif: snapshots of the heap, some with a tree of who allocated what was in it.

::

    desc: (none)
    cmd: ./w
    time_unit: i
    #-----------
    snapshot=12
    #-----------
    time=135562
    mem_heap_B=2500
    mem_heap_extra_B=28
    mem_stacks_B=0
    heap_tree=peak
    n2: 2500 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
     n1: 2000 0x109180: leaf (w.c:3)
      n0: 2000 0x1091E2: main (w.c:5)
     n0: 500 in 3 places, all below massif's threshold (1.00%)

A line's children, one space further in, are its callers: the tree stands on its leaves. Read is the snapshot that massif
marks as the peak, or the largest detailed one: ``inuse_space/bytes``. What a line has more than its callers together
has callers that massif does not tell. With ``--pages-as-heap`` the bytes are those of pages.

Source: https://valgrind.org/docs/manual/ms-manual.html; massif/ms_print.in of Valgrind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._valgrind import intern_frame
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("massif", "Valgrind massif", (".massif",))

SPACE = ValueType("inuse_space", "bytes")

# A command may have several lines.
_BEGINNING = re.compile(rb"\Adesc: [^\n]*\r?\ncmd: .*?\ntime_unit: (?:i|ms|B)\r?\n#-", re.DOTALL)
_SIZES = ("mem_heap_B", "mem_heap_extra_B", "mem_stacks_B")
_NODE = re.compile(r"(?P<indent> *)n\d+: (?P<bytes>\d{1,18}) (?P<text>.*)")
_BELOW = re.compile(
    r"in (?P<places>[\d,]+) places?, (?:all )?below massif's threshold \((?P<percent>[\d.]+)%\)"
)


@dataclass(frozen=True)
class _Node:
    """A line of a tree: what a function allocated on behalf of those that the lines above it name."""

    line: int
    depth: int
    size: int
    text: str


@dataclass
class _Snapshot:
    """A snapshot; only a detailed one has a tree."""

    number: str
    size: int = 0
    is_peak: bool = False
    tree: list[_Node] = field(default_factory=list)


def detect(head: Head) -> Match:
    """Look at the three lines that every file begins with."""
    return Match.YES if _BEGINNING.match(head.data) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the snapshot of the peak.

    Raises:
        MalformedProfile: with the line.
        EmptyProfile: no snapshot has a tree, or nothing was allocated in it.
    """
    path = source.path
    with source.open() as stream:
        lines = (decode_text(line).rstrip("\r\n") for line in stream)
        detailed = [each for each in _snapshots(path, lines) if each.tree]
    if not detailed:
        raise EmptyProfile(path, "no snapshot says who allocated: every heap_tree is empty")
    chosen = max(detailed, key=lambda each: (each.is_peak, each.size))
    builder = ProfileBuilder((SPACE,))
    pruned = _add_tree(builder, path, chosen)
    losses = []
    if not chosen.is_peak:
        losses.append(Loss(LossKind.DROPPED, "no snapshot is of the peak; the largest detailed one is read"))
    if pruned is not None:
        losses.append(pruned)
    if len(detailed) > 1:
        text = f"snapshot {chosen.number} is read; {len(detailed) - 1} other detailed ones are not kept"
        losses.append(Loss(LossKind.DROPPED, text))
    return [
        builder.build(Provenance(path, source.checksum, INFO.name, "Valgrind massif", losses=tuple(losses)))
    ]


def _snapshots(path: str, lines: Iterable[str]) -> list[_Snapshot]:
    snapshots: list[_Snapshot] = []
    for number, line in enumerate(lines, start=1):
        key, _, value = line.partition("=")
        if key == "snapshot":
            snapshots.append(_Snapshot(value))
        elif not snapshots:
            continue
        elif node := _NODE.fullmatch(line):
            snapshots[-1].tree.append(_Node(number, len(node["indent"]), int(node["bytes"]), node["text"]))
        elif key in _SIZES:
            if not value.isdecimal() or len(value) > 18:
                raise MalformedProfile(path, f"{key}: {value[:40]!r} is not a size", line=number)
            snapshots[-1].size += int(value)
        elif key == "heap_tree":
            snapshots[-1].is_peak = value == "peak"
        elif line.strip() and not line.startswith("#") and key != "time":
            raise MalformedProfile(path, f"not a line of a heap tree: {line.strip()[:60]!r}", line=number)
    return snapshots


def _add_tree(builder: ProfileBuilder, path: str, snapshot: _Snapshot) -> Loss | None:
    """Add the tree, turned round; returns what massif left out of it."""
    tree = snapshot.tree
    own = _own(path, tree)
    flat: list[int] = []
    offsets, weights = [0], []
    stack: list[int] = []  # leaf first
    places, most = 0, 0
    for node, weight in zip(tree, own, strict=True):
        below = _BELOW.fullmatch(node.text)
        if below is not None:
            places += int(below["places"].replace(",", ""))
            most = max(most, node.size)
        if node.depth:  # the outermost line names no function but all that allocate
            del stack[node.depth - 1 :]
            stack.append(builder.frames.intern(UNKNOWN) if below else intern_frame(builder.frames, node.text))
        if weight:
            flat += reversed(stack)
            offsets.append(len(flat))
            weights.append(weight)
    if not weights:
        raise EmptyProfile(path, f"nothing was allocated in snapshot {snapshot.number}")
    builder.add_samples(builder.add_stacks(flat, offsets), weights)
    if not places:
        return None
    return Loss(LossKind.PRUNED, f"callers below massif's threshold are [unknown]: {places:,} places", most)


def _own(path: str, tree: Sequence[_Node]) -> list[int]:
    """Return what each line has that none of its callers accounts for."""
    own = [node.size for node in tree]
    around: list[int] = []
    for row, node in enumerate(tree):
        if node.depth > len(around) or (node.depth == 0) != (row == 0):
            raise MalformedProfile(path, "a line of the heap tree stands under none", line=node.line)
        del around[node.depth :]
        if around:
            own[around[-1]] -= node.size
        around.append(row)
    worst = min(range(len(tree)), key=own.__getitem__)
    if own[worst] < 0:
        raise MalformedProfile(path, "its callers allocated more than this line", line=tree[worst].line)
    return own
