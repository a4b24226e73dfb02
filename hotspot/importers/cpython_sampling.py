"""CPython's own sampling profiler (``python -m profiling.sampling``, 3.15): collapsed text and flame graph pages.

Collapsed (``--collapsed``): one line a stack, ``tid:<thread>;<file>:<function>:<line>;... <samples>``; a frame that is
no Python code has only a name, ``<GC>`` or ``<native>``. Flame graph (``--flamegraph``): a page with one JSON tree,
``const EMBEDDED_DATA = {...};``, whose texts are numbers of its table ``strings`` (texts themselves in the first
alphas); functions under a thousandth of the samples are left out. Source: CPython's
Lib/profiling/sampling/stack_collector.py and _flamegraph_assets/flamegraph.js.

The other outputs have importers already: ``--pstats`` is read by ``pstats`` and ``--gecko`` by ``gecko``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._deep_json import decoded
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
    decode_text,
)
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("cpython-sampling", "CPython profiling.sampling", (".collapsed", ".html"))

_LINE = re.compile(r"tid:(?P<tid>\d{1,20})(?P<stack>(?:;.*)?) (?P<count>\d{1,18})")
_FRAME = re.compile(r"(?P<file>.+):(?P<name>[^:]+):(?P<line>-?\d{1,10})", re.DOTALL)
_PAGE = re.compile(r"<title>\s*Tachyon Profiler")
_DATA = "const EMBEDDED_DATA = "
_SAMPLES = ValueType("samples", "count")
_OMITTED = "[omitted]"  # weight of functions that are not drawn; the svg importer's name for it


def detect(head: Head) -> Match:
    """Lines that begin with a thread, or a page with the profiler's title."""
    text = head.text
    if text.lstrip().startswith("<"):
        return Match.YES if _PAGE.search(text) else Match.NO
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    if not head.complete and len(lines) > 1:
        lines.pop()  # cut off
    matching = sum(bool(_LINE.fullmatch(line)) for line in lines)
    return Match.YES if matching and 2 * matching > len(lines) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples.

    Raises:
        EmptyProfile: there is no sample.
        MalformedProfile: the page has no data, or its data are not a tree of functions.
        NotThisFormat: more lines are not collapsed stacks than are.
    """
    text = decode_text(source.read())
    return [_load_page(source, text) if text.lstrip().startswith("<") else _load_collapsed(source, text)]


def _provenance(source: Source, losses: list[Loss], duration_ns: int | None = None) -> Provenance:
    return Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer="CPython profiling.sampling",
        duration_ns=duration_ns,
        losses=tuple(losses),
    )


# -- collapsed ------------------------------------------------------------------------------------------------


def _load_collapsed(source: Source, text: str) -> Profile:
    builder = ProfileBuilder((_SAMPLES,))
    threads: dict[Thread, int] = {}
    ids: dict[str, int] = {}
    flat: list[int] = []
    offsets, counts, of_thread = [0], [], []
    skipped, first_skipped = 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if found is None:
            if line.strip():
                skipped, first_skipped = skipped + 1, first_skipped or number
            continue
        for frame in found["stack"].split(";")[1:]:
            if frame not in ids:
                ids[frame] = _collapsed_frame(builder, frame)
            flat.append(ids[frame])
        offsets.append(len(flat))
        counts.append(int(found["count"]))
        thread = Thread(None, int(found["tid"]), "")
        of_thread.append(threads.setdefault(thread, len(threads)))
    if not counts:
        raise EmptyProfile(source.path, "no sample in this file")
    if skipped > len(counts):
        raise NotThisFormat(source.path, f"{skipped} lines are not collapsed stacks")
    builder.add_samples(builder.add_stacks(flat, offsets), counts, None, of_thread)
    losses = [Loss(LossKind.DROPPED, "files have no folders in this format: equal names are one file")]
    if skipped:
        losses.append(
            Loss(
                LossKind.SKIPPED, f"{skipped} lines are no stacks, the first is line {first_skipped}", skipped
            )
        )
    return builder.build(_provenance(source, losses), threads=tuple(threads))


def _collapsed_frame(builder: ProfileBuilder, text: str) -> int:
    found = _FRAME.fullmatch(text)
    if found is None:  # <GC>, <native>
        return builder.frames.intern(text or UNKNOWN)
    return builder.frames.intern(found["name"], found["file"], int(found["line"]))


# -- page -----------------------------------------------------------------------------------------------------


def _load_page(source: Source, text: str) -> Profile:
    root = _embedded(source, text)
    strings = root.get("strings")
    tree = _Tree(strings if isinstance(strings, list) else [], source.path)
    tree.add(root)
    total = tree.samples(root)
    if not total:
        raise EmptyProfile(source.path, "no sample in this page")
    stats = root.get("stats")
    stats = stats if isinstance(stats, dict) else {}
    losses = [Loss(LossKind.DROPPED, "a page tells which threads ran a function, not how often each")]
    least = max(1, int(total * 0.001))  # the profiler's own rule
    if least > 1:
        losses.append(
            Loss(
                LossKind.PRUNED,
                f"functions with fewer than {least:,} samples are not in the page",
                least - 1,
            )
        )
    if stats.get("is_differential"):
        losses.append(Loss(LossKind.DROPPED, "the baseline of the differential page is not kept"))
    seconds = stats.get("duration_sec")
    duration = round(seconds * 1e9) if isinstance(seconds, int | float) and 0 < seconds < 1e9 else None
    return tree.builder.build(_provenance(source, losses, duration))


def _embedded(source: Source, text: str) -> dict[str, Any]:
    at = text.find(_DATA)
    if at < 0:
        raise MalformedProfile(
            source.path,
            "a page without a flame graph",
            hint="a heatmap has no stacks: record with --flamegraph",
        )
    try:
        root, _ = decoded(lambda: json.JSONDecoder().raw_decode(text, at + len(_DATA)))
    except (ValueError, RecursionError) as error:
        raise MalformedProfile(
            source.path, f"the embedded data are damaged: {error}", line=text.count("\n", 0, at) + 1
        ) from error
    if not isinstance(root, dict):
        raise MalformedProfile(source.path, "the embedded data are no tree", line=text.count("\n", 0, at) + 1)
    return root


class _Tree:
    """Adds the nodes of the embedded tree to a builder."""

    def __init__(self, strings: list[Any], path: str) -> None:
        self.builder = ProfileBuilder((_SAMPLES,))
        self._strings = strings
        self._path = path

    def add(self, root: dict[str, Any]) -> None:
        parents: list[int] = []
        frames: list[int] = []
        own: list[int] = []
        pending: list[tuple[dict[str, Any], int]] = [(root, -1)]
        while pending:
            node, parent = pending.pop()
            children = node.get("children") or []
            if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
                raise MalformedProfile(self._path, "children is not a list of functions")
            left = self.samples(node) - sum(self.samples(child) for child in children)
            if left < 0:
                raise MalformedProfile(self._path, "a function has fewer samples than its callees")
            if parent >= 0 or node.get("funcname") is not None:  # else the root above several functions
                parents.append(parent)
                frames.append(self._frame(node))
                known = node.get("self")
                own.append(known if isinstance(known, int) and 0 <= known <= left else left)
                left -= own[-1]
                parent = len(parents) - 1
            if left:  # callees that are not drawn
                parents.append(parent)
                frames.append(self.builder.frames.intern(_OMITTED))
                own.append(left)
            pending.extend((child, parent) for child in reversed(children))
        self.builder.add_samples(self.builder.add_nodes(parents, frames), own)

    def samples(self, node: dict[str, Any]) -> int:
        value = node.get("value", 0)
        if not isinstance(value, int) or not 0 <= value < 2**63:
            raise MalformedProfile(self._path, f"{value!r:.40} is not a number of samples")
        return value

    def _frame(self, node: dict[str, Any]) -> int:
        name, file, line = (
            self._text(node.get("funcname")),
            self._text(node.get("filename")),
            node.get("lineno"),
        )
        if file == "~":  # not Python code
            file = ""
        return self.builder.frames.intern(name or UNKNOWN, file, line if isinstance(line, int) else 0)

    def _text(self, value: Any) -> str:
        if isinstance(value, int):
            if not 0 <= value < len(self._strings):
                raise MalformedProfile(self._path, f"text {value} is not in the table of strings")
            value = self._strings[value]
        return value if isinstance(value, str) else ""
