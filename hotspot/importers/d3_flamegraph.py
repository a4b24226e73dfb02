"""Nested JSON as d3-flame-graph draws it, alone or inside a page, as perf, stackprof and others write it.

::

    {"name": "root", "value": 12, "children": [{"name": "main", "value": 12, "children": [...]}]}

A wrapper around the outermost node, or a list of them, is looked through.
perf's flame graph script shortens the keys to ``n``, ``v``, ``c`` and adds ``l``, which is ``kernel`` or not. A value is
a total; what it has more than its children is self. A node without a value has its children's. The outermost node is
not a frame. Source: github.com/spiermar/d3-flame-graph, "Input Format"; tools/perf/scripts/python/flamegraph.py of Linux.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._deep_json import decoded
from hotspot.importers._js_frames import file_of_url, function_name
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
from hotspot.profile import UNKNOWN, Kind, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("d3-flamegraph", "d3-flame-graph JSON and pages", (".json", ".html"))

_NAMES, _VALUES, _CHILDREN = ("name", "n"), ("value", "v", "total"), ("children", "c")
_PAGE = re.compile(rb"^\s*<(?:!doctype html|html|head)\b", re.IGNORECASE)
_LIBRARY = re.compile(r"flame-?graph|d3-?fg", re.IGNORECASE)
_ROOT = re.compile(r'\{\s*"(?:name|n|id|value|v|children|c)"\s*:')
_STACKPROF = re.compile(r"(?P<name>.+) : (?P<file>.*) : (?P<line>\d{0,9})", re.DOTALL)
# 0x and clinic: `~work /srv/app.js:12:8`, with how V8 had compiled it before the name, and what sort it is after all.
_NODE = re.compile(
    r"[*~^+]?(?P<name>.*?) ?(?P<file>(?:[a-z]+:|[A-Za-z]:\\|\.{0,2}/)\S*):(?P<line>\d{1,9}):\d{1,9}(?: \[\w+\])?",
    re.DOTALL,
)
_NODE_NATIVE = re.compile(r"(?P<name>.+) \[(?P<sort>CPP|SHARED_LIB)\]", re.DOTALL)
_SCALE = 1_000_000  # of values with a fraction


def detect(head: Head) -> Match:
    """JSON whose outermost object is a node, or a page that names a flame graph: styles and scripts may come first."""
    seen = outline(head.data)
    if seen is not None:
        names, values = seen.keys.intersection(_NAMES), seen.keys.intersection(_VALUES)
        is_node = names and seen.keys.intersection(_CHILDREN)
        if is_node and values and not seen.is_array:
            return Match.YES
        # Values may be at the leaves only, and keys in any order.
        nested = b'"children"' in head.data and b'"value"' in head.data
        early = not head.complete and not seen.is_array and names
        return Match.MAYBE if is_node or nested or early else Match.NO
    is_page = (
        _PAGE.match(head.data) is not None and b"<svg" not in head.data
    )  # a picture that is there already
    return Match.MAYBE if is_page and (not head.complete or _LIBRARY.search(head.text)) else Match.NO


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
    return [builder.build(Provenance(source.path, source.checksum, INFO.name, "", losses=tuple(losses)))]


def _tree(path: str, text: str) -> dict[str, Any]:
    """Return the outermost node: of a JSON file, or the first object in a page that looks like one."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _outermost(path, decoded(lambda: json.loads(text)))
        except ValueError as error:
            raise MalformedProfile(path, f"not valid JSON: {str(error)[:80]}") from error
    if not _LIBRARY.search(text):
        raise NotThisFormat(path, "a page without a flame graph")
    for place in _ROOT.finditer(text):
        try:
            found, _ = decoded(partial(json.JSONDecoder().raw_decode, text, place.start()))
        except ValueError:
            continue
        if _is_node(found):
            return found  # type: ignore[no-any-return]  # an object: it began with a brace
    raise NotThisFormat(path, "no tree of names and values in it")


def _outermost(path: str, document: Any) -> dict[str, Any]:
    """Return a document's root: itself, the roots of a list together, or the value in it that is a node."""
    if isinstance(document, list) and document and all(map(_is_node, document)):
        return document[0] if len(document) == 1 else {"name": "", "children": document}
    if isinstance(document, dict):
        for node in (document, *document.values()):
            if _is_node(node):
                return node  # type: ignore[no-any-return]  # a node is an object
    raise NotThisFormat(path, "no tree of names and values in it")


def _is_node(value: Any) -> bool:
    """Whether a value has a name, and a weight or something below it."""
    if not isinstance(value, dict) or _of(value, _NAMES) is None:
        return False
    return _of(value, _VALUES) is not None or isinstance(_of(value, _CHILDREN), list)


def _of(node: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((node[key] for key in keys if node.get(key) is not None), None)


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
        name, value, children = _of(node, _NAMES), _number(_of(node, _VALUES)), _of(node, _CHILDREN) or []
        if isinstance(children, dict):  # by name
            children = list(children.values())
        if not isinstance(children, list) or not (value is None or is_number(value)):
            raise MalformedProfile(path, f"node {str(name)[:40]!r}: not a value, or not children")
        if value is not None and not 0 <= value < 2**62:
            raise MalformedProfile(path, f"node {str(name)[:40]!r}: its value is out of range")
        row = len(names)
        names.append("" if name is None else str(name))
        kinds.append(str(node.get("l") or ""))
        values.append(value or 0)
        parents.append(parent)
        waiting += [(child, row) for child in reversed(children)]
    return names, kinds, values, parents


def _number(value: Any) -> Any:
    """Return the number that a text is, where it is one."""
    if not isinstance(value, str):
        return value
    try:
        return int(value) if value.isdecimal() and len(value) < 20 else float(value)
    except ValueError:
        return value


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
    if located := _NODE.fullmatch(name):
        file, line = file_of_url(located["file"]), int(located["line"])
        return builder.frames.intern(
            function_name(located["name"].removeprefix("(anonymous)"), file, line), file, line
        )
    if native := _NODE_NATIVE.fullmatch(name):
        if native["sort"] == "SHARED_LIB":
            return builder.frames.intern(UNKNOWN, module=native["name"])
        return builder.frames.intern(native["name"].partition("@@")[0])
    label = parse_label(name)
    of_kind = Kind.KERNEL if kind == "kernel" else label.kind
    return builder.frames.intern(label.name or UNKNOWN, label.file, label.line, label.module, of_kind)
