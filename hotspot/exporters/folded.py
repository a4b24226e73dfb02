"""Folded (collapsed) stacks: one line a stack, ``root;...;leaf weight``, sorted bytewise.

The selected value type is written, exactly; stacks that weigh nothing are left out. Labels are those of
`hotspot.importers.labels`. Frames whose labels coincide are one, so every stack is on one line.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.importers.folded_lines import has_two_counts, is_comment
from hotspot.importers.labels import Label, format_label
from hotspot.profile import Kind, Profile

_PIECE_BYTES = 1 << 18


def write(profile: Profile) -> Iterator[bytes]:
    """Yield the lines of a profile, some hundred kilobytes at a time."""
    labels = frame_labels(profile)
    if len(set(labels)) < len(labels):
        profile, labels = _joined(profile, labels)
    pending: list[bytes] = []
    size = 0
    for line in _lines(profile, [label.encode("utf-8", "backslashreplace") for label in labels]):
        pending.append(line)
        size += len(line)
        if size > _PIECE_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    yield b"".join(pending)


def frame_labels(profile: Profile) -> list[str]:
    """Return the label of each frame, spelled as the profile's source spells them."""
    frames, style = profile.frames, profile.provenance.module_style
    text = frames.strings
    return [
        format_label(Label(text[name], text[file], line, text[module], Kind(kind), style))
        for name, file, line, module, kind in zip(
            frames.name.tolist(),
            frames.file.tolist(),
            frames.line.tolist(),
            frames.module.tolist(),
            frames.kind.tolist(),
            strict=True,
        )
    ]


def _joined(profile: Profile, labels: list[str]) -> tuple[Profile, list[str]]:
    """Return the profile with one frame a label, weights of the selected value type only."""
    builder = ProfileBuilder((profile.value_type,))
    frame = np.array([builder.frames.intern(label) for label in labels], dtype=np.int32)
    tree = profile.call_tree
    handles = builder.add_nodes(tree.parent, frame[tree.frame])
    builder.add_samples(handles, profile.node_self)
    joined = builder.build(profile.provenance)
    return joined, [joined.frame_name(row) for row in range(len(joined.frames))]


def _lines(profile: Profile, labels: list[bytes]) -> Iterator[bytes]:
    """Yield the lines in bytewise order, walking the tree down from the roots.

    The line of a node and the lines below it are two entries among those of its siblings, ``label weight`` and
    ``label;``: ``a 5`` sorts behind ``a (x.py)`` and before ``a b``, ``a;`` behind all of them. Ordering the entries
    of each node's children orders all lines.
    """
    weights = profile.node_self
    weighs = weights != 0
    below = profile.sum_subtrees(weighs.astype(np.int64)) > weighs
    tree = profile.call_tree
    weight, frame, end = weights.data, tree.frame.data, tree.subtree_end.data  # indexed one by one, fast
    has_line, has_lines_below = weighs.data, below.data
    exact = profile.value_type.exact
    # A reader takes two numbers on every line for two counts; behind a tab, the first belongs to the name.
    leaves = np.unique(tree.frame[weighs]).tolist()
    separator = b"\t" if has_two_counts(labels[leaf] + b" 1" for leaf in leaves) else b" "

    def entries(begin: int, stop: int, labels: list[bytes]) -> list[tuple[bytes, int]]:
        """Return what the siblings in a range of nodes contribute, last first; -1 marks a line."""
        found: list[tuple[bytes, int]] = []
        while begin < stop:
            label = labels[frame[begin]]
            if has_line[begin]:
                found.append((label + separator + exact(weight[begin]).encode(), -1))
            if has_lines_below[begin]:
                found.append((label + b";", begin))
            begin = end[begin]
        if len(found) > 1:
            found.sort(reverse=True)
        return found

    # A separator before the first frame means nothing, but keeps the line from being a comment.
    as_root = [b";" + label if is_comment(label) else label for label in labels]
    path = [b""]
    todo = [entries(0, len(tree), as_root)]
    while todo:
        if not todo[-1]:
            todo.pop()
            path.pop()
            continue
        text, node = todo[-1].pop()
        if node < 0:
            yield path[-1] + text + b"\n"
            continue
        chain = [path[-1], text]
        while end[node + 1] == end[node] and not has_line[node + 1]:  # an only child: nothing to put in order
            node += 1
            chain += labels[frame[node]], b";"
        path.append(b"".join(chain))
        todo.append(entries(node + 1, end[node], labels))
