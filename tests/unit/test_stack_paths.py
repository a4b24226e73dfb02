"""What exporters compute of many nodes at once, against the plain walk from each node to the root."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hotspot.builder import ProfileBuilder
from hotspot.exporters import stack_paths
from hotspot.exporters.pprof_locations import find_locations
from hotspot.exporters.stack_paths import written_stacks
from hotspot.exporters.svg import begins
from hotspot.profile import Kind, Profile, Provenance

from tests.vocabulary import SAMPLES, profile_from_text


def some_profile(seed: int, lowest: int = 0) -> Profile:
    """Sixty short stacks of few frames, of which many are inlined, some with weights below zero."""
    choose = random.Random(seed)
    builder = ProfileBuilder((SAMPLES,))
    kinds = (Kind.USER, Kind.KERNEL, Kind.INLINED, Kind.INLINED)
    frames = [
        builder.frames.intern(name, module=module, kind=choose.choice(kinds))
        for name in "abcd"
        for module in ("", "app", "lib")
    ]
    stacks = [choose.choices(frames, k=choose.randint(1, 9)) for _ in range(60)]
    offset = np.cumsum([0, *map(len, stacks)])
    leaf = builder.add_stacks([frame for stack in stacks for frame in stack], offset)
    builder.add_samples(leaf, [choose.randint(lowest, 9) for _ in stacks])
    return builder.build(Provenance()).check()


@pytest.mark.parametrize("at_a_time", [1, 7, 1 << 19])
@pytest.mark.parametrize("root_first", [True, False])
def test_each_leaf_gets_the_tokens_of_its_stack(
    monkeypatch: pytest.MonkeyPatch, at_a_time: int, root_first: bool
) -> None:
    monkeypatch.setattr(stack_paths, "_NODES", at_a_time)
    profile = some_profile(1)
    tree = profile.call_tree
    tokens = [b"%d," % (frame**3) for frame in range(len(profile.frames))]
    leaf = np.arange(len(tree), dtype=np.int32)[::-1]
    written = written_stacks(leaf, tree.parent, tree.depth + 1, tree.frame, tokens, root_first=root_first)
    step = 1 if root_first else -1
    expected = [b"".join(tokens[frame] for frame in profile.path(node)[::step]) for node in leaf.tolist()]
    assert list(written) == expected


def test_no_leaf_has_no_stack() -> None:
    nothing = np.zeros(0, dtype=np.int32)
    assert list(written_stacks(nothing, nothing, nothing, nothing, [], root_first=True)) == []


@pytest.mark.parametrize("seed", range(8))
def test_inlined_frames_join_the_location_above(seed: int) -> None:
    profile = some_profile(seed)
    locations = find_locations(profile)
    frames = profile.frames
    for leaf in np.unique(profile.samples.leaf).tolist():
        expected: list[list[int]] = []
        for frame in profile.path(leaf):
            outer = expected[-1][0] if expected else -1
            same = outer >= 0 and frames.module[frame] in (0, frames.module[outer])
            if same and frames.kind[frame] == Kind.INLINED:
                expected[-1].append(frame)
            else:
                expected.append([frame])
        found, node = [], leaf
        while node >= 0:
            found.append(list(locations.frames[locations.of_node[node]]))
            node = int(locations.up[node])
        assert found[::-1] == expected
        assert locations.length[leaf] == len(expected)


def test_locations_come_in_the_order_in_which_a_walk_completes_them() -> None:
    profile = profile_from_text("""
        main;parse;lex 3
        main;emit 1
        main;emit;copy_[i] 2
    """)
    written = [[profile.frame_name(frame) for frame in group] for group in find_locations(profile).frames]
    assert written == [["main"], ["parse"], ["lex"], ["emit"], ["emit", "copy"]]


@pytest.mark.parametrize("lowest", [0, -9])
def test_a_flame_graph_places_children_from_their_parent_s_left_edge_on(lowest: int) -> None:
    profile = some_profile(3, lowest)
    tree, width = profile.call_tree, np.maximum(profile.node_total, 0).tolist()
    expected: list[int] = []
    used: dict[int, int] = {-1: 0}
    for node, parent in enumerate(tree.parent.tolist()):
        expected.append(used[parent])
        used[node] = used[parent]
        used[parent] += width[node]
    assert begins(tree, profile.node_total).tolist() == expected
