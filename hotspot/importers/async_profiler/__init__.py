"""async-profiler's flame graph pages (``-o flamegraph``, ``-f out.html``, ``jfrconv``), every version since 2.0.

Widths are exact weights in the profile's own unit; what a frame has more than its children is its own. The heading
names event and unit (``Allocation profile (bytes)``); without a unit the weights are samples. Frames narrower than
``--minwidth`` are not in the page and count as their caller's own. How a page is written stands in
`hotspot.importers.async_profiler.page`.

A graph made with ``--reverse`` has its stacks leaf first; they are turned round. Pages of 2.x and 3.x say so. Pages of
4.x say only that the drawing is upside down, which ``--inverted`` does as well: which of the two it was is told by
where the frames are that begin a thread (``Thread.run``, ``start_thread``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers.async_profiler.page import Page, scan
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.importers.labels import Label, parse_label
from hotspot.profile import NO_STACK, Kind, Loss, LossKind, ModuleStyle, Profile, Provenance
from hotspot.units import ValueType, canonical_unit

INFO = ImporterInfo("async-profiler", "async-profiler flame graph HTML", (".html",))

_SIGNATURE = re.compile(r"function f\((?:level, ?left, ?width, ?type, ?title|key, ?level, ?left, ?width)[,)]")
_HEADING = re.compile(r"(?P<what>.*?)(?: profile)?(?: \((?P<unit>[\w ]+)\))?", re.DOTALL)
_TYPES = {"wall clock": "wall", "allocation": "alloc_space", "java method": "method"}
_OMITTED = "[omitted]"  # weight of root frames that are not drawn; the svg importer's name for it
_COUNTS = {"calls", "total", "events"}  # units that mean a number of the thing
_LINE = re.compile(r"(?P<name>[^:]+):(?P<line>[1-9]\d{0,8})")
_JAVA = (Kind.JIT, Kind.INLINED)
# What begins a thread: the JVM's, glibc's and a program's own first frame.
_ENTRY = re.compile(
    r"(?:.*[./])?(?:Thread\.run|main)|_*start_thread|thread_start|_start|__libc_start.*|__clone.*"
)


def detect(head: Head) -> Match:
    """A page whose script defines the function that draws a frame."""
    text = head.text.lstrip()
    return Match.YES if text.startswith("<") and _SIGNATURE.search(text) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the page's graph; a differential page has the change as a second value type, ``delta``.

    Raises:
        EmptyProfile: the graph has no weight.
        MalformedProfile: a frame cannot be read, or lies outside its caller.
    """
    page = scan(decode_text(source.read()), source.path)
    if not page.level or page.width[0] == 0:
        raise EmptyProfile(source.path, "a flame graph without a sample")
    nesting = _nest(page, source.path)
    keys = list(zip(page.title, page.type, strict=True))
    labels = {key: _label(page, *key) for key in keys[1:]}  # without the root: `all` is no frame
    of_node = [Label(""), *(labels[key] for key in keys[1:])]
    value_type = _value_type(page.heading)
    losses = _losses(page, nesting, value_type)
    leaf_first = page.flag == "reverse"
    if page.flag == "inverted":
        leaf_first = _is_leaf_first(page, nesting, of_node)
        losses.append(_upside_down(leaf_first))
    value_types = (value_type, ValueType("delta", value_type.unit)) if page.differential else (value_type,)
    builder = ProfileBuilder(value_types)
    frames = {
        key: builder.frames.intern(label.name, label.file, label.line, label.module, label.kind)
        for key, label in labels.items()
    }
    weights = _weights(page, nesting)
    no_frame = -1
    if weights[0].any():
        no_frame = builder.frames.intern(_OMITTED if nesting.has_gaps else NO_STACK)
    used = np.flatnonzero(weights.any(axis=1))
    flat: list[int] = []
    offsets = [0]
    for node in used.tolist():
        stack = _stack(node, nesting.parent, of_node, leaf_first)
        flat.extend([frames[keys[i]] for i in stack] or [no_frame])
        offsets.append(len(flat))
    builder.add_samples(builder.add_stacks(flat, offsets), weights[used])
    styles = [label.module_style for label in of_node if label.module_style is not ModuleStyle.NONE]
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer="async-profiler",
        losses=tuple(losses),
        module_style=styles[0] if styles else ModuleStyle.NONE,
    )
    return [builder.build(provenance)]


@dataclass(frozen=True)
class _Nesting:
    """Who called whom: parent of each frame (-1 for the root), own weights, and whether frames are missing."""

    parent: list[int]
    own: list[int]
    has_gaps: bool


def _nest(page: Page, path: str) -> _Nesting:
    parents: list[int] = []
    own = list(page.width)
    branch: list[int] = []  # the frames from the root to the one before
    free = list(page.left)  # where the next child may begin
    has_gaps = False
    for node, (level, left, width) in enumerate(zip(page.level, page.left, page.width, strict=True)):
        if level > len(branch) or (level == 0) != (node == 0):
            raise MalformedProfile(path, f"a frame on level {level} without a caller", line=page.line[node])
        del branch[level:]
        branch.append(node)
        parents.append(branch[-2] if level else -1)
        if not level:
            continue
        parent = parents[-1]
        if left < free[parent] or left + width > page.left[parent] + page.width[parent]:
            raise MalformedProfile(
                path, "a frame lies outside its caller or on another frame", line=page.line[node]
            )
        has_gaps |= free[parent] > page.left[parent] and left > free[parent]
        free[parent] = left + width
        own[parent] -= width
    if page.own_weight_first:
        has_gaps |= any(
            left < begun < left + width
            for left, begun, width in zip(page.left, free, page.width, strict=True)
        )
    return _Nesting(parents, own, has_gaps)


def _weights(page: Page, nesting: _Nesting) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    if not page.differential:
        return np.array(nesting.own, dtype=np.int64).reshape(-1, 1)
    # A frame that the base does not have has gained all that it has.
    delta = [own if d is None else d for own, d in zip(nesting.own, page.delta, strict=True)]
    return np.array([nesting.own, delta], dtype=np.int64).T


def _label(page: Page, title: int, type_: int) -> Label:
    kind = page.kinds[type_] if type_ < len(page.kinds) else Kind.USER
    label = parse_label(page.titles[title])
    if label.kind is not Kind.USER:  # a thread
        return label
    if kind in _JAVA and (found := _LINE.fullmatch(label.name)):  # recorded with line numbers
        return Label(found["name"], line=int(found["line"]), kind=kind)
    return Label(label.name or "[unknown]", label.file, label.line, label.module, kind, label.module_style)


def _stack(node: int, parent: list[int], labels: list[Label], leaf_first: bool) -> list[int]:
    """Return the frames of a stack, root first."""
    upward: list[int] = []
    while node > 0:
        upward.append(node)
        node = parent[node]
    if not leaf_first:
        return upward[::-1]
    if upward and labels[upward[-1]].kind is Kind.THREAD:  # a thread stays at the root of a reversed graph
        return [upward[-1], *upward[:-1]]
    return upward


def _is_leaf_first(page: Page, nesting: _Nesting, labels: list[Label]) -> bool:
    """Whether more weight ends in the frames that begin threads than begins with them."""
    at_root, at_end = 0, 0
    for node in range(1, len(page.level)):
        if _ENTRY.fullmatch(labels[node].name):
            at_end += nesting.own[node]
            above = nesting.parent[node]
            if above == 0 or (nesting.parent[above] == 0 and labels[above].kind is Kind.THREAD):
                at_root += page.width[node]
    return at_end > at_root


def _upside_down(leaf_first: bool) -> Loss:
    read_as = "reversed stacks, because threads begin at their ends" if leaf_first else "an inverted drawing"
    return Loss(
        LossKind.INCONSISTENT,
        f"the page does not tell whether its stacks are reversed or only its drawing: read as {read_as}",
    )


def _losses(page: Page, nesting: _Nesting, value_type: ValueType) -> list[Loss]:
    losses: list[Loss] = []
    if nesting.has_gaps:
        # A frame is drawn when it has the minimum weight, so what is not drawn has less than any that is.
        most = max(min(page.width) - 1, 1)
        losses.append(
            Loss(
                LossKind.PRUNED,
                f"frames of at most {value_type.human(most)} each are not in the page; their weight is their caller's",
                most,
            )
        )
    if page.differential:
        losses.append(Loss(LossKind.DROPPED, "stacks that only the base has are not in a differential page"))
    if page.has_details:
        losses.append(
            Loss(
                LossKind.DROPPED, "how much of a frame was inlined, interpreted or compiled by C1 is not kept"
            )
        )
    return losses


def _value_type(heading: str) -> ValueType:
    found = _HEADING.fullmatch(heading)
    if found is None or found["unit"] is None:
        return ValueType("samples", "count")
    what = found["what"].strip().lower() or "samples"
    unit = canonical_unit(found["unit"])
    return ValueType(_TYPES.get(what, what.replace(" ", "_")), "count" if unit in _COUNTS else unit)
