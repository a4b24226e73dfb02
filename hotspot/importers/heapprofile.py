"""V8's sampling heap profiles: ``.heapprofile`` files by Chrome's DevTools and ``node --heap-prof``.

A tree of the functions that allocated, each with the size of what it allocated and what was still alive at the end::

    {"head": {"callFrame": {"functionName": "main", ...}, "selfSize": 0, "id": 1, "children": [...]}, "samples": [...]}

V8 has already scaled sizes up to estimates of all allocations. Source: HeapProfiler.SamplingHeapProfile,
https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._v8_tree import V8Faults, V8Nodes, add_counts, add_tree
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.profile import Profile, Provenance
from hotspot.units import ValueType

if TYPE_CHECKING:
    from hotspot.importers._v8_shapes import HeapNode

INFO = ImporterInfo("heapprofile", "V8 sampling heap profile (Chrome, Node.js)", (".heapprofile",))

SPACE = ValueType("inuse_space", "bytes")


def detect(head: Head) -> Match:
    """Tell the profile by its tree, whose nodes have sizes."""
    seen = outline(head.data)
    if seen is None or seen.is_array or "head" not in seen.keys:
        return Match.NO
    return Match.YES if b'"selfSize"' in head.data and b'"callFrame"' in head.data else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree.

    Raises:
        MalformedProfile: naming the place in the file.
        EmptyProfile: nothing in it has a size.
    """
    from hotspot.importers._v8_shapes import HeapProfile

    path = source.path
    file = decode(path, without_mark(source.read()), HeapProfile)
    if file.head is None:
        raise NotThisFormat(path, "no head, which V8 heap profiles have")
    nodes, sizes = _rows(path, file.head)
    if not any(sizes):
        raise EmptyProfile(path, "nothing in it was allocated")
    if sum(sizes) >= 2**63:
        raise MalformedProfile(path, "sizes exceed 2^63")
    builder = ProfileBuilder((SPACE,))
    tree = add_tree(builder, path, nodes, "head")
    weight = np.array(sizes, dtype=np.int64)
    used = np.flatnonzero(weight)
    add_counts(builder, tree, used, weight[used])
    faults = V8Faults()
    faults.add_nodes(nodes)
    provenance = Provenance(path, source.checksum, INFO.name, "V8", losses=tuple(faults.losses()))
    return [builder.build(provenance)]


def _rows(path: str, head: HeapNode) -> tuple[V8Nodes, list[int]]:
    from hotspot.importers._v8_shapes import line_from_zero

    rows, sizes = V8Nodes(), []
    waiting: list[tuple[HeapNode, int]] = [(head, -1)]
    while waiting:
        node, parent = waiting.pop()
        frame = node.call_frame
        row = len(rows.ids)
        line = line_from_zero(frame.line_number)
        rows.append(row, parent, frame.function_name or "", frame.url, line, frame.column_number)
        sizes.append(node.self_size)
        waiting += [(child, row) for child in reversed(node.children)]
    return rows, sizes
