"""Folded (collapsed) stacks: one line a distinct stack, ``root;...;leaf weight``, sorted bytewise.

Weights are those of the selected value type and add up to its total exactly; a fractional scale is written out in
decimals. Kinds are written as ``_[k]``, ``_[j]``, ``_[i]``, ``_[w]``, files and modules as the labels spelled them (see
`hotspot.importers.labels`), ``;`` inside a name as ``:``. Stacks whose labels coincide are one line; stacks of weight
0 are left out.
"""

from __future__ import annotations

from hotspot.importers.labels import Label, format_label
from hotspot.profile import Kind, Profile


def render(profile: Profile) -> bytes:
    """Return the folded text of the selected value type."""
    exact = profile.value_type.exact
    lines = [
        stack + f" {exact(weight)}\n".encode()
        for stack, weight in sorted(stack_weights(profile).items())
        if weight
    ]
    return b"".join(lines)


def stack_weights(profile: Profile) -> dict[bytes, int]:
    """Return the stored weight of each stack by its folded text."""
    tree = profile.call_tree
    labels = frame_labels(profile)
    weights: dict[bytes, int] = {}
    path: list[bytes] = []
    nodes = zip(tree.frame.tolist(), tree.depth.tolist(), profile.node_self.tolist(), strict=True)
    for (
        frame,
        depth,
        weight,
    ) in nodes:  # depth-first: the path of a node is that of the one before, cut and extended
        del path[depth:]
        path.append(labels[frame])
        if weight:
            stack = b";".join(path)
            weights[stack] = weights.get(stack, 0) + weight
    return weights


def frame_labels(profile: Profile) -> list[bytes]:
    """Return each frame's label as folded text spells it."""
    frames, strings = profile.frames, profile.frames.strings
    style = profile.provenance.module_style
    columns = zip(
        frames.name.tolist(),
        frames.file.tolist(),
        frames.line.tolist(),
        frames.module.tolist(),
        frames.kind.tolist(),
        strict=True,
    )
    return [
        format_label(Label(strings[name], strings[file], line, strings[module], Kind(kind), style)).encode(
            "utf-8", "backslashreplace"
        )
        for name, file, line, module, kind in columns
    ]
