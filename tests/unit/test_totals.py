"""Self and total of groups, and marks in call trees, on drawn stacks."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hotspot.analysis.totals import group_totals, nearest_marked, on_path, outermost, sum_by_group
from hotspot.builder import ProfileBuilder
from hotspot.profile import CallTree, Provenance

from tests.vocabulary import SAMPLES, profile_from_text

# node:      0     1     2      3     4     5      6
RECURSIVE = """
    main;fact;fact;mul 3
    main;fact;log;fact 2
    fact 5
"""


def _names(nodes: np.ndarray) -> list[int]:
    return np.flatnonzero(nodes).tolist()


def test_recursion_counts_once() -> None:
    profile = profile_from_text(RECURSIVE)
    own, total = group_totals(profile, profile.functions.of_frame, len(profile.functions))
    names = [profile.frames.strings[n] for n in profile.functions.name]
    assert dict(zip(names, zip(own.tolist(), total.tolist(), strict=True), strict=True)) == {
        "main": (0, 5),
        "fact": (7, 10),
        "mul": (3, 3),
        "log": (0, 2),
    }


def test_outermost_is_per_group_and_leaves_out_minus_one() -> None:
    # main(0) > fact(1) > fact(2) > mul(3); fact(1) > log(4) > fact(5); fact(6)
    tree = profile_from_text(RECURSIVE).call_tree
    assert tree.parent.tolist() == [-1, 0, 1, 2, 1, 4, -1]
    fact = np.array([-1, 0, 0, -1, -1, 0, 0], dtype=np.int32)
    assert _names(outermost(tree, fact)) == [1, 6]
    everything = np.zeros(len(tree), dtype=np.int32)
    assert _names(outermost(tree, everything)) == [0, 6]
    nothing = np.full(len(tree), -1, dtype=np.int32)
    assert _names(outermost(tree, nothing)) == []


def test_nearest_marked_is_the_node_itself_or_the_closest_above() -> None:
    tree = profile_from_text(RECURSIVE).call_tree
    marked = np.zeros(len(tree), dtype=bool)
    marked[[1, 4]] = True
    assert nearest_marked(tree, marked).tolist() == [-1, 1, 1, 1, 4, 4, -1]
    assert nearest_marked(tree, ~marked).tolist() == [0, 0, 2, 3, 0, 5, 6]


def test_on_path_is_everything_from_a_mark_down() -> None:
    tree = profile_from_text(RECURSIVE).call_tree
    marked = np.zeros(len(tree), dtype=bool)
    marked[[2, 4]] = True
    assert _names(on_path(tree, marked)) == [2, 3, 4, 5]


def test_nothing_at_all() -> None:
    empty = ProfileBuilder((SAMPLES,)).build(Provenance()).check()
    no_groups, no_marks = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=bool)
    own, total = group_totals(empty, no_groups, 0)
    assert (len(own), len(total)) == (0, 0)
    assert len(outermost(empty.call_tree, no_groups)) == 0
    assert len(nearest_marked(empty.call_tree, no_marks)) == 0
    assert len(on_path(empty.call_tree, no_marks)) == 0


def test_sums_are_exact_past_two_to_the_53() -> None:
    weights = np.array([2**53, 1, 1, 2**60 + 1], dtype=np.int64)
    groups = np.array([0, 0, 0, 1], dtype=np.int32)
    assert sum_by_group(groups, weights, 2).tolist() == [2**53 + 2, 2**60 + 1]


def test_a_stack_ten_thousand_deep() -> None:
    deep = ProfileBuilder((SAMPLES,))
    frame = [deep.frames.intern("even"), deep.frames.intern("odd")]
    leaves = deep.add_stacks([frame[i % 2] for i in range(10_000)], [0, 10_000])
    deep.add_samples(leaves, [1])
    profile = deep.build(Provenance()).check()
    tree: CallTree = profile.call_tree
    own, total = group_totals(profile, profile.functions.of_frame, 2)
    assert (own.tolist(), total.tolist()) == ([0, 1], [1, 1])
    last = np.zeros(len(tree), dtype=bool)
    last[0] = True
    assert nearest_marked(tree, last).tolist() == [0] * 10_000


@pytest.mark.parametrize("seed", range(20))
def test_nearest_marked_is_what_a_walk_up_finds(seed: int) -> None:
    choose = random.Random(seed)
    lines = [";".join(choose.choices("abc", k=choose.randint(1, 8))) + " 1" for _ in range(12)]
    tree = profile_from_text("\n".join(lines)).call_tree
    marked = np.array([choose.random() < seed / 20 for _ in range(len(tree))])
    expected = []
    for start in range(len(tree)):
        node = start
        while node >= 0 and not marked[node]:
            node = int(tree.parent[node])
        expected.append(node)
    assert nearest_marked(tree, marked).tolist() == expected
