"""Nested JSON as d3-flame-graph draws it, alone or inside a page, as perf, stackprof and others write it.

::

    {"name": "root", "value": 12, "children": [{"name": "main", "value": 12, "children": [...]}]}

perf's flame graph script shortens the keys to ``n``, ``v``, ``c`` and adds ``l``, which is ``kernel`` or not. A value is
a total; what it has more than its children is self. A node without a value has its children's. The outermost node is
not a frame. Source: github.com/spiermar/d3-flame-graph, "Input Format"; tools/perf/scripts/python/flamegraph.py of Linux.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._web_columns import scaled
from hotspot.importers._web_json import is_number, outline, without_mark
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
    decode_text,
)
from hotspot.importers.labels import parse_label
from hotspot.profile import Kind, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("d3-flamegraph", "d3-flame-graph JSON and pages", (".json", ".html"))

_KEYS = ({"name", "value", "children"}, {"n", "v", "c"})
_PAGE = re.compile(rb"^\s*<(?:!doctype html|html|head)\b", re.IGNORECASE)
_LIBRARY = re.compile(rb"d3-?flame-?graph", re.IGNORECASE)
_ROOT = re.compile(r'\{\s*"(?:name|n)"\s*:\s*"')
_STACKPROF = re.compile(r"(?P<name>.+) : (?P<file>.*) : (?P<line>\d{0,9})", re.DOTALL)
_SCALE = 1_000_000  # of values with a fraction


def detect(head: Head) -> Match:
    """JSON whose outermost object is a node, or a page that names the library: its data may come late."""
    seen = outline(head.data)
    if seen is not None:
        is_node = not seen.is_array and any(keys <= seen.keys for keys in _KEYS)
        early = not head.complete and not seen.is_array and bool(_ROOT.match(head.text))
        return Match.YES if is_node else Match.MAYBE if early else Match.NO
    if _PAGE.match(head.data) and _LIBRARY.search(head.data):
        return Match.MAYBE
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree.

    Raises:
        NotThisFormat: no tree is in it.
        MalformedProfile: naming the place in the file.
        EmptyProfile: nothing in it has a value.
    """
    text = decode_text(without_mark(source.read()))
    root = _tree(source.path, text)
    names, kinds, values, parents = _rows(source.path, root)
    whole = all(isinstance(value, int) for value in values)
    scale = 1 if whole else _SCALE
    total = scaled(source.path, values, scale, "value")
    own, contradictions = _own(total, np.array(parents))
    if not own.any():
        raise EmptyProfile(source.path, "nothing in it has a value")
    builder = ProfileBuilder((ValueType("samples", "count", scale),))
    frames = [_frame(builder, name, kind) for name, kind in zip(names[1:], kinds[1:], strict=True)]
    handles = builder.add_nodes(np.array(parents[1:], dtype=np.int64) - 1, frames)
    used = np.flatnonzero(own[1:])
    builder.add_samples(handles[used], own[1:][used])
    if own[0]:  # the outermost node is the whole, so what no child has has no stack
        builder.add_samples(builder.add_stacks([], [0, 0]), own[:1])
    losses = []
    if contradictions:
        text = f"{contradictions} frames are narrower than their children together; their self is 0"
        losses.append(Loss(LossKind.INCONSISTENT, text, contradictions))
    return [builder.build(Provenance(source.path, source.sha256, INFO.name, "", losses=tuple(losses)))]


def _tree(path: str, text: str) -> dict[str, Any]:
    """Return the outermost node: the whole file, or the first object in a page that looks like one."""
    start = text.lstrip()[:1] == "{"
    for place in _ROOT.finditer(text):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, place.start())
        except ValueError as error:
            if start:
                raise MalformedProfile(path, f"not valid JSON: {str(error)[:80]}") from error
            continue
        if any(keys & (found.keys() - {"name", "n"}) for keys in _KEYS):
            return found  # type: ignore[no-any-return]  # an object: it began with a brace
        if start:
            break
    raise NotThisFormat(path, "no tree of names and values in it")


def _rows(path: str, root: dict[str, Any]) -> tuple[list[str], list[str], list[int | float], list[int]]:
    names: list[str] = []
    kinds: list[str] = []
    values: list[int | float] = []
    parents: list[int] = []
    waiting: list[tuple[Any, int]] = [(root, -1)]
    while waiting:
        node, parent = waiting.pop()
        if not isinstance(node, dict):
            raise MalformedProfile(path, "a node is no object")
        value = node.get("value", node.get("v"))
        children = node.get("children", node.get("c")) or []
        if not isinstance(children, list) or not (value is None or is_number(value)):
            raise MalformedProfile(
                path, f"node {str(node.get('name', node.get('n')))[:40]!r}: not a value, or not children"
            )
        if value is not None and not 0 <= value < 2**62:
            raise MalformedProfile(
                path, f"node {str(node.get('name', node.get('n')))[:40]!r}: its value is out of range"
            )
        row = len(names)
        names.append(str(node.get("name", node.get("n")) or ""))
        kinds.append(str(node.get("l") or ""))
        values.append(value or 0)
        parents.append(parent)
        waiting += [(child, row) for child in reversed(children)]
    return names, kinds, values, parents


def _own(
    total: np.ndarray[Any, np.dtype[np.int64]], parent: np.ndarray[Any, np.dtype[Any]]
) -> tuple[Any, int]:
    """Return self weights, and how many nodes have less than their children although they have a value."""
    own = np.zeros(len(total), dtype=np.int64)
    below = [0] * len(total)
    contradictions = 0
    for row in range(len(total) - 1, -1, -1):
        value = int(total[row])
        own[row] = max(value - below[row], 0)
        contradictions += 0 < value < below[row]
        if row:
            below[parent[row]] += max(value, below[row])
    return own, contradictions


def _frame(builder: ProfileBuilder, name: str, kind: str) -> int:
    if located := _STACKPROF.fullmatch(name):
        return builder.frames.intern(located["name"], located["file"], int(located["line"] or 0))
    label = parse_label(name)
    of_kind = Kind.KERNEL if kind == "kernel" else label.kind
    return builder.frames.intern(label.name, label.file, label.line, label.module, of_kind)
