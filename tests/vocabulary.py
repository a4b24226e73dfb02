"""Shared test vocabulary: stacks drawn as text in, trees drawn as text out."""

from __future__ import annotations

import textwrap

from hotspot.builder import ProfileBuilder
from hotspot.importers.labels import Label, format_label, parse_label
from hotspot.profile import Profile, Provenance
from hotspot.units import ValueType

SAMPLES = ValueType("samples", "count")


def profile_from_text(text: str, value_type: ValueType = SAMPLES) -> Profile:
    """Build a profile from lines ``root;...;leaf weight`` without going through an importer."""
    builder = ProfileBuilder((value_type,))
    frames: list[int] = []
    offsets = [0]
    weights: list[int] = []
    for line in textwrap.dedent(text).strip().splitlines():
        stack, _, weight = line.strip().rpartition(" ")
        for name in stack.split(";") if stack else []:
            label = parse_label(name)
            frames.append(builder.frames.intern(label.name, label.file, label.line, label.module, label.kind))
        offsets.append(len(frames))
        weights.append(int(weight))
    builder.add_samples(builder.add_stacks(frames, offsets), weights)
    return builder.build(Provenance()).check()


def frame_label(profile: Profile, frame: int) -> str:
    """Return a frame's label as hotspot writes it."""
    frames = profile.frames
    return format_label(
        Label(
            frames.strings[frames.name[frame]],
            frames.strings[frames.file[frame]],
            int(frames.line[frame]),
            frames.strings[frames.module[frame]],
            int(frames.kind[frame]),  # type: ignore[arg-type]
            profile.provenance.module_style,
        )
    )


def format_tree(profile: Profile) -> str:
    """Draw the call tree, ``name total,self`` a line, two spaces a level, siblings by name."""
    tree = profile.call_tree
    rows: list[tuple[tuple[str, ...], str]] = []
    path: list[str] = []
    for node in range(len(tree)):
        del path[tree.depth[node] :]
        path.append(frame_label(profile, int(tree.frame[node])))
        text = (
            f"{'  ' * int(tree.depth[node])}{path[-1]} {profile.node_total[node]},{profile.node_self[node]}"
        )
        rows.append((tuple(path), text))
    return "\n".join(text for _, text in sorted(rows))


def folded(profile: Profile) -> dict[str, int]:
    """Return stack label -> weight of the selected value type, zero weights left out."""
    stacks: dict[str, int] = {}
    tree = profile.call_tree
    for node in range(len(tree)):
        weight = int(profile.node_self[node])
        if weight:
            stack = ";".join(frame_label(profile, frame) for frame in profile.path(node))
            stacks[stack] = stacks.get(stack, 0) + weight
    return stacks


def tree_text(text: str) -> str:
    """Dedent an expected drawing."""
    return textwrap.dedent(text).strip("\n")
