from __future__ import annotations

import random
import time

import numpy as np
import pytest
from hotspot.builder import FrameTable, ProfileBuilder
from hotspot.errors import InvariantError, MalformedProfile
from hotspot.profile import NO_STACK, Kind, Profile, Provenance, Thread
from hotspot.units import ValueType

from tests.vocabulary import SAMPLES, folded, format_tree, profile_from_text, tree_text


def names_in_order(profile: Profile) -> list[str]:
    return [profile.frame_name(frame) for frame in profile.call_tree.frame]


def test_the_tree_of_the_documentation() -> None:
    profile = profile_from_text("""
        main;parse;lex 3
        main;emit 1
    """)
    assert format_tree(profile) == tree_text("""
        main 4,0
          emit 1,1
          parse 3,0
            lex 3,3
    """)
    assert names_in_order(profile) == ["main", "parse", "lex", "emit"]
    assert profile.call_tree.parent.tolist() == [-1, 0, 1, 0]
    assert profile.call_tree.subtree_end.tolist() == [4, 3, 3, 4]
    assert profile.call_tree.depth.tolist() == [0, 1, 2, 1]
    assert profile.node_self.tolist() == [0, 0, 3, 1]
    assert profile.node_total.tolist() == [4, 3, 3, 1]


def test_equal_stacks_are_one_row() -> None:
    profile = profile_from_text("""
        a;b 1
        c 5
        a;b 2
    """)
    assert len(profile.samples) == 2
    assert folded(profile) == {"a;b": 3, "c": 5}


def test_siblings_keep_the_order_in_which_they_were_seen() -> None:
    profile = profile_from_text("""
        z;b 1
        a 1
        z;a;q 1
        z;b;c 1
        m 1
    """)
    assert names_in_order(profile) == ["z", "b", "c", "a", "q", "a", "m"]


def test_recursion_is_a_chain_of_nodes() -> None:
    profile = profile_from_text("""
        a;a;a 2
        a;a 3
        a 4
    """)
    assert format_tree(profile) == tree_text("""
        a 9,4
          a 5,3
            a 2,2
    """)


def test_a_sample_without_frames_has_a_stack() -> None:
    builder = ProfileBuilder((SAMPLES,))
    main = builder.frames.intern("main")
    leaves = builder.add_stacks([main, main], [0, 0, 1, 1, 2])
    builder.add_samples(leaves, [1, 2, 4, 8])
    assert folded(builder.build(Provenance()).check()) == {NO_STACK: 5, "main": 10}


def test_no_samples_at_all() -> None:
    profile = ProfileBuilder((SAMPLES,)).build(Provenance()).check()
    assert (profile.total, len(profile.call_tree), len(profile.samples)) == (0, 0, 0)


@pytest.mark.parametrize("stacks", [1, 3, 20])
def test_very_deep_stacks_take_reasonable_time(stacks: int) -> None:
    depth = 100_000 // stacks
    builder = ProfileBuilder((SAMPLES,))
    frames = np.array([builder.frames.intern(f"f{i}") for i in range(100)])
    begin = time.perf_counter()
    flat = np.concatenate([frames[(np.arange(depth) + stack // 2) % 100] for stack in range(stacks)])
    leaves = builder.add_stacks(flat, np.arange(stacks + 1) * depth)
    builder.add_samples(leaves, np.ones(stacks, np.int64))
    profile = builder.build(Provenance()).check()
    assert time.perf_counter() - begin < 20  # a numpy pass a level took minutes on a slow machine
    assert int(profile.call_tree.depth.max()) == depth - 1
    assert len(profile.call_tree) == depth * ((stacks + 1) // 2)  # pairs of stacks are equal
    assert profile.total == stacks


@pytest.mark.parametrize("stacks", [1, 9, 200])
def test_stacks_and_their_nodes_one_by_one_make_the_same_tree(stacks: int) -> None:
    choose = random.Random(stacks)
    drawn = [choose.choices(range(4), k=choose.randint(1, 7)) for _ in range(stacks)]
    whole, single = ProfileBuilder((SAMPLES,)), ProfileBuilder((SAMPLES,))
    for name in "abcd":
        whole.frames.intern(name)
        single.frames.intern(name)
    flat = [frame for stack in drawn for frame in stack]
    leaf = whole.add_stacks(flat, np.cumsum([0, *map(len, drawn)]))
    whole.add_samples(leaf, np.arange(stacks))
    for weight, stack in enumerate(drawn):
        handle = -1
        for frame in stack:
            handle = int(single.add_nodes([handle], [frame])[0])
        single.add_samples([handle], [weight])
    one, other = whole.build(Provenance()).check(), single.build(Provenance()).check()
    assert one.call_tree.frame.tolist() == other.call_tree.frame.tolist()  # siblings in order of first sight
    assert one.call_tree.parent.tolist() == other.call_tree.parent.tolist()
    assert one.node_self.tolist() == other.node_self.tolist()


def test_handles_may_repeat_a_path() -> None:
    builder = ProfileBuilder((SAMPLES,))
    a, b = builder.frames.intern("a"), builder.frames.intern("b")
    first = builder.add_nodes([-1, 0], [a, b])
    second = builder.add_nodes([-1, builder.handle_count, 1], [a, b, b])
    builder.add_samples([first[1], second[1], second[2]], [1, 2, 4])
    profile = builder.build(Provenance()).check()
    assert folded(profile) == {"a;b": 3, "a;b;b": 4}
    assert len(profile.call_tree) == 3


def test_a_node_before_its_parent_is_refused() -> None:
    builder = ProfileBuilder((SAMPLES,))
    frame = builder.frames.intern("a")
    with pytest.raises(InvariantError, match="before its parent"):
        builder.add_nodes([1, -1], [frame, frame])


# -- sorted stacks ---------------------------------------------------------------------------------------------


def sorted_builder(text: str) -> tuple[ProfileBuilder, np.ndarray]:
    """Add stacks drawn as ``shared: frames it adds``."""
    builder = ProfileBuilder((SAMPLES,))
    frames: list[int] = []
    offsets = [0]
    shared: list[int] = []
    for line in text.split("\n"):
        count, _, added = line.partition(":")
        frames += [builder.frames.intern(name) for name in added.split()]
        offsets.append(len(frames))
        shared.append(int(count))
    return builder, builder.add_sorted_stacks(frames, offsets, shared)


def test_sorted_stacks_tell_only_what_they_add() -> None:
    builder, leaves = sorted_builder("0: main parse lex\n2: ast\n1: emit\n0: idle")
    builder.add_samples(leaves, [1, 2, 4, 8])
    profile = builder.build(Provenance()).check()
    assert format_tree(profile) == tree_text("""
        idle 8,8
        main 7,0
          emit 4,4
          parse 3,0
            ast 2,2
            lex 1,1
    """)
    assert names_in_order(profile) == ["main", "parse", "lex", "ast", "emit", "idle"]


def test_a_sorted_stack_may_add_nothing() -> None:
    builder, leaves = sorted_builder("0: a b c\n3:\n2:\n1: d\n1:")
    assert leaves.tolist() == [2, 2, 1, 3, 0]
    builder.add_samples(leaves, [1, 2, 4, 8, 16])
    profile = builder.build(Provenance()).check()
    assert folded(profile) == {"a;b;c": 3, "a;b": 4, "a;d": 8, "a": 16}


def test_sorted_stacks_with_equal_siblings_are_merged() -> None:
    builder, leaves = sorted_builder("0: a b c\n1: b d\n0: a b c")
    builder.add_samples(leaves, [1, 2, 4])
    profile = builder.build(Provenance()).check()
    assert folded(profile) == {"a;b;c": 5, "a;b;d": 2}
    assert names_in_order(profile) == ["a", "b", "c", "d"]


def test_no_sorted_stacks() -> None:
    builder = ProfileBuilder((SAMPLES,))
    assert builder.add_sorted_stacks([], [0], []).tolist() == []
    assert len(builder.build(Provenance()).check().call_tree) == 0


def test_sorted_stacks_behind_other_nodes_are_merged_with_them() -> None:
    builder = ProfileBuilder((SAMPLES,))
    a, b = builder.frames.intern("a"), builder.frames.intern("b")
    one = builder.add_stacks([a, b], [0, 2])
    two = builder.add_sorted_stacks([a, b], [0, 1, 2], [0, 1])
    builder.add_samples(one, [1])
    builder.add_samples(two, [2, 4])
    assert folded(builder.build(Provenance()).check()) == {"a": 2, "a;b": 5}


@pytest.mark.parametrize("drawn", ["1: a", "0: a\n2: b", "0: a b\n0:"])
def test_impossible_sorted_stacks_are_refused(drawn: str) -> None:
    with pytest.raises(InvariantError, match="share more frames than there are"):
        sorted_builder(drawn)


# -- weights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "weights",
    [
        [2**63 - 1, 1],
        [2**62] * 4,  # wraps to 0 where it is added up in int64
        [-(2**62)] * 4,
        [-(2**63)],
        [2**62, -(2**62), 2**62],  # a prefix sum could wrap in another order
    ],
)
@pytest.mark.parametrize("batches", [1, 2])
def test_sums_past_2_63_are_refused(weights: list[int], batches: int) -> None:
    builder = ProfileBuilder((ValueType("cpu", "nanoseconds"),))
    handle = builder.add_stacks([builder.frames.intern("a")], [0, 1])
    half = len(weights) // batches
    for part in (weights[:half], weights[half:]):
        builder.add_samples(np.repeat(handle, len(part)), np.array(part, np.int64))
    with pytest.raises(
        MalformedProfile, match=r"run\.x: the weights of cpu/nanoseconds add up to more than 2\^63"
    ):
        builder.build(Provenance(path="run.x"))


@pytest.mark.parametrize("weights", [[2**63 - 1], [-(2**63) + 1], [2**62, 2**62 - 1], [-1] * 5])
def test_sums_up_to_2_63_are_exact(weights: list[int]) -> None:
    builder = ProfileBuilder((SAMPLES,))
    handle = builder.add_stacks([builder.frames.intern("a")], [0, 1])
    builder.add_samples(np.repeat(handle, len(weights)), weights)
    profile = builder.build(Provenance()).check()
    assert profile.total == sum(weights)
    assert int(profile.node_total[0]) == sum(weights)


def test_samples_with_a_time_stay_apart() -> None:
    builder = ProfileBuilder((SAMPLES,))
    handle = builder.add_stacks([builder.frames.intern("a")], [0, 1])
    builder.add_samples(np.repeat(handle, 3), [1, 1, 1], [30, 10, 20], [0, -1, 0])
    profile = builder.build(Provenance(), threads=(Thread(1, 2, "main"),)).check()
    assert profile.samples.time is not None
    assert profile.samples.thread is not None
    assert profile.samples.time.tolist() == [30, 10, 20]
    assert profile.samples.thread.tolist() == [0, -1, 0]
    assert profile.node_self.tolist() == [3]


def test_time_with_some_batches_only_is_refused() -> None:
    builder = ProfileBuilder((SAMPLES,))
    handle = builder.add_stacks([builder.frames.intern("a")], [0, 1])
    builder.add_samples(handle, [1], [5])
    builder.add_samples(handle, [1])
    with pytest.raises(InvariantError, match="some batches"):
        builder.build(Provenance())


# -- frames ----------------------------------------------------------------------------------------------------


def test_frames_are_interned() -> None:
    table = FrameTable()
    assert table.intern("f", "x.c", 3, "m", Kind.JIT) == 0
    assert table.intern("f", "x.c", 4, "m", Kind.JIT) == 1
    assert table.intern("f", "x.c", 3, "m", Kind.JIT) == 0
    frames = table.freeze()
    assert frames.strings == ("", "f", "x.c", "m")
    assert frames.line.tolist() == [3, 4]
    assert frames.kind.tolist() == [Kind.JIT, Kind.JIT]


@pytest.mark.parametrize("line", [-1, 2**31, 10**12])
def test_a_line_that_cannot_be_one_is_unknown(line: int) -> None:
    table = FrameTable()
    assert table.intern("f", "x.c", line) == table.intern("f", "x.c", 0)
    assert table.freeze().line.tolist() == [0]


def test_every_column_is_read_only() -> None:
    profile = profile_from_text("a;b 1\na;c 2")
    columns = [
        profile.frames.name,
        profile.call_tree.parent,
        profile.samples.weight,
        profile.node_total,
        profile.weights,
    ]
    for column in columns:
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_a_builder_builds_one_profile() -> None:
    builder = ProfileBuilder((SAMPLES,))
    builder.add_samples(builder.add_stacks([builder.frames.intern("f")], [0, 1]), [1])
    assert builder.build(Provenance()).total == 1
    with pytest.raises(InvariantError, match="builds one profile"):
        builder.build(Provenance())
