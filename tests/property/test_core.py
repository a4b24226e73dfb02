"""What holds for any profile: the builder against a dictionary, merging against adding up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

import numpy as np
import pytest
from hotspot import tree_layout
from hotspot.analysis.merge import merge
from hotspot.builder import ProfileBuilder
from hotspot.exporters.folded import write
from hotspot.profile import Profile, Provenance
from hotspot.units import ValueType
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import SETTINGS, Frame, Recording, recordings, stacks_of

COUNT = ValueType("samples", "count")


@contextmanager
def levels_in_python(widest: int) -> Iterator[None]:
    """Change from which width on a level of the tree is worth a numpy pass."""
    kept = tree_layout._NARROW
    tree_layout._NARROW = widest
    try:
        yield
    finally:
        tree_layout._NARROW = kept


def without_zeros(sums: Counter[tuple[Frame, ...]]) -> dict[tuple[Frame, ...], int]:
    return {stack: weight for stack, weight in sums.items() if weight}


@pytest.mark.parametrize("widest", [0, 2, 16])
@SETTINGS
@given(recording=recordings(min_size=0))
def test_a_profile_is_the_sum_of_its_samples(widest: int, recording: Recording) -> None:
    with levels_in_python(widest):
        profile = recording.profile()
    for column in range(len(recording.value_types)):
        assert stacks_of(profile, column) == recording.by_stack(column)
        total = sum(row[column] for row in recording.weights)
        assert profile.select(str(recording.value_types[column])).total == total
    if recording.times is None and recording.threads is None:
        assert len(profile.samples) == len(recording.by_stack())
    else:
        assert len(profile.samples) == len(recording.stacks)


@SETTINGS
@given(recordings())
def test_samples_keep_time_and_thread(recording: Recording) -> None:
    samples = recording.profile().samples
    assert (None if samples.time is None else samples.time.tolist()) == recording.times
    assert (None if samples.thread is None else samples.thread.tolist()) == recording.threads


@SETTINGS
@given(recordings())
def test_totals_are_self_of_the_node_and_below(recording: Recording) -> None:
    profile = recording.profile()
    tree = profile.call_tree
    for node in range(len(tree)):
        below = [n for n in range(len(tree)) if node in ancestors(profile, n)]
        assert int(profile.node_total[node]) == sum(int(profile.node_self[n]) for n in below)


def ancestors(profile: Profile, node: int) -> set[int]:
    """Return the node and all above it."""
    found = set()
    while node >= 0:
        found.add(node)
        node = int(profile.call_tree.parent[node])
    return found


stacks_of_ids = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=7), min_size=1, max_size=30)


@SETTINGS
@given(stacks_of_ids, st.booleans())
def test_sorted_stacks_build_the_same_as_any_stacks(stacks: list[list[int]], in_order: bool) -> None:
    stacks = sorted(stacks) if in_order else stacks  # in any other order siblings repeat
    weights = [1 << (row % 40) for row in range(len(stacks))]
    before = [[], *stacks]
    shared = [
        sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
        for a, b in zip(before, stacks, strict=False)
    ]

    def build(sorted_stacks: bool) -> Profile:
        builder = ProfileBuilder((COUNT,))
        for row in range(5):
            builder.frames.intern(f"f{row}")
        own = [stack[skip:] for stack, skip in zip(stacks, shared, strict=True)] if sorted_stacks else stacks
        flat = [frame for stack in own for frame in stack]
        offsets = np.cumsum([0, *map(len, own)])
        if sorted_stacks:
            leaves = builder.add_sorted_stacks(flat, offsets, shared)
        else:
            leaves = builder.add_stacks(flat, offsets)
        builder.add_samples(leaves, weights)
        return builder.build(Provenance()).check()

    one, other = build(sorted_stacks=True), build(sorted_stacks=False)
    assert stacks_of(one) == stacks_of(other)
    assert one.call_tree.frame.tolist() == other.call_tree.frame.tolist()
    assert one.call_tree.parent.tolist() == other.call_tree.parent.tolist()


@pytest.mark.parametrize("widest", [0, 3, 16])
@SETTINGS
@given(drawn=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 2)), min_size=1, max_size=60))
def test_handles_in_any_order_are_their_paths(widest: int, drawn: list[tuple[int, int]]) -> None:
    parents = [above % (row + 1) - 1 for row, (above, _) in enumerate(drawn)]
    frames = [frame for _, frame in drawn]
    paths: list[tuple[int, ...]] = []
    for parent, frame in zip(parents, frames, strict=True):
        paths.append(((*paths[parent], frame)) if parent >= 0 else (frame,))
    builder = ProfileBuilder((COUNT,))
    for row in range(3):
        builder.frames.intern(f"f{row}")
    handles = builder.add_nodes(parents, frames)
    builder.add_samples(handles, np.arange(len(handles)))
    with levels_in_python(widest):
        profile = builder.build(Provenance()).check()
    expected: Counter[tuple[int, ...]] = Counter()
    for weight, path in enumerate(paths):
        expected[path] += weight
    leaves = zip(profile.samples.leaf.tolist(), profile.weights.tolist(), strict=True)
    assert {profile.path(leaf): weight for leaf, weight in leaves} == expected
    first_seen = list(dict.fromkeys(paths))
    for parent in range(-1, len(profile.call_tree)):
        children = np.flatnonzero(profile.call_tree.parent == parent).tolist()
        order = [first_seen.index(profile.path(child)) for child in children]
        assert order == sorted(order)


common_type = st.just((COUNT, ValueType("cpu", "nanoseconds", 10)))


@SETTINGS
@given(st.lists(recordings(value_types=common_type), min_size=1, max_size=4))
def test_merging_adds_up(parts: list[Recording]) -> None:
    profiles = [part.profile() for part in parts]
    merged = merge(profiles).check()
    for column in range(2):
        expected: Counter[tuple[Frame, ...]] = Counter()
        for part in parts:
            expected.update(part.by_stack(column))
        assert without_zeros(stacks_of(merged, column)) == without_zeros(expected)
    assert merged.total == sum(profile.total for profile in profiles)
    assert merged.provenance.runs == len(parts)


@SETTINGS
@given(st.lists(recordings(value_types=common_type), min_size=2, max_size=4))
def test_the_order_of_merging_does_not_show_in_folded_text(parts: list[Recording]) -> None:
    profiles = [part.profile() for part in parts]
    forwards, backwards = merge(profiles), merge(profiles[::-1])
    nested = merge([profiles[0], merge(profiles[1:])])
    assert b"".join(write(forwards)) == b"".join(write(backwards)) == b"".join(write(nested))
