from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hotspot.analysis.diff import diff
from hotspot.builder import ProfileBuilder
from hotspot.errors import InvariantError, UsageError
from hotspot.profile import Profile, Provenance, Thread
from hotspot.units import ValueType

from tests.vocabulary import profile_from_text

STACKS = """
    main;parse;lex 3
    main;parse 2
    main;emit 1
    idle;wait 4
"""


def timed_profile() -> Profile:
    builder = ProfileBuilder((ValueType("samples", "count"), ValueType("cpu", "nanoseconds", 10)))
    frames = [builder.frames.intern(name, "x.c", 3, "m") for name in ("a", "b", "c")]
    leaves = builder.add_stacks([frames[0], frames[1], frames[0], frames[2]], [0, 2, 4])
    builder.add_samples(leaves, [[1, 10], [2, 20]], [5, 6], [0, 1])
    return builder.build(Provenance(), threads=(Thread(1, 1, "x"), Thread(1, 2, "y"))).check()


def changed(profile: Profile, part: str, column: str, row: int, value: Any) -> Profile:
    """Return the profile with one number of one column changed."""
    array = np.array(getattr(getattr(profile, part), column))
    array[row] = value
    return replace(profile, **{part: replace(getattr(profile, part), **{column: array})})


@pytest.mark.parametrize(
    ("part", "column", "row", "value", "invariant"),
    [
        ("frames", "name", 0, -1, "frames.name refers to strings"),
        ("frames", "name", 0, 99, "frames.name refers to strings"),
        ("frames", "file", 1, 99, "frames.file refers to strings"),
        ("frames", "module", 1, -1, "frames.module refers to strings"),
        ("frames", "line", 2, -1, "lines are not negative"),
        ("frames", "kind", 0, 200, "kinds are known"),
        ("frames", "name", 1, 1, "frames are distinct"),
        ("call_tree", "frame", 0, 6, "nodes refer to frames"),
        ("call_tree", "frame", 0, -1, "nodes refer to frames"),
        ("call_tree", "parent", 1, 1, "a parent comes before its child"),
        ("call_tree", "parent", 0, -2, "a parent comes before its child"),
        ("call_tree", "parent", 3, 1, "a child is one deeper"),
        ("call_tree", "parent", 4, 0, "a child is one deeper"),
        ("call_tree", "subtree_end", 2, 2, "subtrees are ranges"),
        ("call_tree", "subtree_end", 0, 99, "subtrees are ranges"),
        ("call_tree", "subtree_end", 0, 6, "nodes are in depth-first order"),
        ("call_tree", "subtree_end", 0, 3, "nodes are in depth-first order"),
        ("call_tree", "subtree_end", 4, 5, "subtree ranges nest"),
        ("call_tree", "subtree_end", 2, 4, "subtree ranges nest"),
        ("call_tree", "subtree_end", 3, 5, "subtree ranges nest"),
        ("call_tree", "depth", 0, 1, "roots have depth 0"),
        ("call_tree", "depth", 2, 1, "a child is one deeper"),
        ("call_tree", "frame", 3, 1, "siblings have distinct frames"),
        ("samples", "leaf", 0, 6, "samples refer to nodes"),
        ("samples", "leaf", 0, -1, "samples refer to nodes"),
        ("samples", "leaf", 1, 1, "without time and thread, one row a distinct stack"),
    ],
)
def test_check_finds_one_wrong_number(part: str, column: str, row: int, value: int, invariant: str) -> None:
    with pytest.raises(InvariantError, match=f"^invariant broken: {invariant}$"):
        changed(profile_from_text(STACKS), part, column, row, value).check()


@pytest.mark.parametrize(
    ("part", "column", "dtype", "invariant"),
    [
        ("frames", "line", np.int64, "frames.line has one entry a frame"),
        ("frames", "kind", np.int32, "frames.kind has one entry a frame"),
        ("call_tree", "parent", np.int64, "tree.parent is one int32 a node"),
        ("samples", "leaf", np.int64, "one int32 leaf a row"),
        ("samples", "weight", np.float64, "weights are int64"),
        ("samples", "time", np.float64, "one int64 time a row"),
        ("samples", "thread", np.int64, "one int32 thread a row"),
    ],
)
def test_check_finds_a_wrong_type(part: str, column: str, dtype: type, invariant: str) -> None:
    profile = timed_profile()
    array = getattr(getattr(profile, part), column).astype(dtype)
    broken = replace(profile, **{part: replace(getattr(profile, part), **{column: array})})
    with pytest.raises(InvariantError, match=invariant):
        broken.check()


@pytest.mark.parametrize(
    ("part", "column", "invariant"),
    [
        ("frames", "file", "frames.file has one entry a frame"),
        ("frames", "kind", "frames.kind has one entry a frame"),
        ("call_tree", "depth", "tree.depth is one int32 a node"),
        ("samples", "weight", "one weight a row and value type"),
        ("samples", "time", "one int64 time a row"),
        ("samples", "thread", "one int32 thread a row"),
    ],
)
def test_check_finds_a_short_column(part: str, column: str, invariant: str) -> None:
    profile = timed_profile()
    short = replace(getattr(profile, part), **{column: getattr(getattr(profile, part), column)[:-1]})
    with pytest.raises(InvariantError, match=invariant):
        replace(profile, **{part: short}).check()


@pytest.mark.parametrize(
    ("change", "invariant"),
    [
        (lambda p: replace(p, frames=replace(p.frames, strings=("x", *p.frames.strings[1:]))), "empty text"),
        (
            lambda p: replace(p, frames=replace(p.frames, strings=("", "a", "a", "m", "x.c", "c"))),
            "texts are distinct",
        ),
        (lambda p: changed(p, "samples", "thread", 0, 2), "samples refer to threads"),
        (lambda p: changed(p, "samples", "thread", 0, -2), "samples refer to threads"),
        (lambda p: replace(p, selected=2), "the selected value type exists"),
        (lambda p: replace(p, selected=-1), "the selected value type exists"),
        (lambda p: replace(p, value_types=p.value_types[:1]), "one weight a row and value type"),
        (lambda p: replace(p, value_types=(p.value_types[0],) * 2), "value types have distinct names"),
        (
            lambda p: replace(p, value_types=(ValueType("a", "b", 20), p.value_types[1])),
            "a scale is a power of ten",
        ),
        (
            lambda p: replace(p, value_types=(ValueType("a", "b", 0), p.value_types[1])),
            "a scale is a power of ten",
        ),
    ],
)
def test_check_finds_what_does_not_fit_together(change: Callable[[Profile], Profile], invariant: str) -> None:
    with pytest.raises(InvariantError, match=invariant):
        change(timed_profile()).check()


def test_totals_are_ranges_of_self() -> None:
    profile = profile_from_text(STACKS)
    tree = profile.call_tree
    for node in range(len(tree)):
        assert profile.node_total[node] == profile.node_self[node : tree.subtree_end[node]].sum()
    assert profile.total == 10
    assert profile.stack_count == 4


def test_totals_of_large_weights_are_exact() -> None:
    profile = profile_from_text(f"a;b {2**53 + 1}\na;c 1\na {2**53}")
    assert profile.node_total[0] == 2**54 + 2
    assert profile.total == 2**54 + 2


@pytest.mark.parametrize("name", ["cpu/nanoseconds", "cpu", "nanoseconds"])
def test_a_value_type_is_selected_by_name(name: str) -> None:
    profile = timed_profile().select(name)
    assert profile.value_type == ValueType("cpu", "nanoseconds", 10)
    assert profile.total == 30
    assert profile.value_type.number(profile.total) == 3
    assert profile.select("samples").total == 3


def test_an_unknown_value_type_is_named_with_the_known_ones() -> None:
    with pytest.raises(
        UsageError, match=r"'alloc' is not in this profile \(it has: samples/count, cpu/nanoseconds\)"
    ):
        timed_profile().select("alloc")


def test_an_ambiguous_value_type_is_refused() -> None:
    profile = timed_profile()
    both = replace(profile, value_types=(ValueType("cpu", "count"), ValueType("cpu", "nanoseconds")))
    with pytest.raises(UsageError, match="'cpu' is ambiguous"):
        both.select("cpu")


def test_samples_behind_a_period() -> None:
    profile = timed_profile()
    assert profile.sample_count == 3
    period = profile.select("cpu")
    assert period.sample_count == 3
    without = replace(profile, value_types=(ValueType("io", "bytes"), profile.value_types[1]))
    assert without.sample_count is None


def test_a_path_leads_from_the_root_to_the_node() -> None:
    profile = profile_from_text(STACKS)
    assert [profile.frame_name(frame) for frame in profile.path(2)] == ["main", "parse", "lex"]


def test_functions_ignore_line_and_kind() -> None:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    rows = [
        builder.frames.intern("f", "x.c", 1),
        builder.frames.intern("g", "x.c", 1),
        builder.frames.intern("f", "x.c", 2),
        builder.frames.intern("f", "x.c", 1, kind=2),
        builder.frames.intern("f", "y.c", 1),
        builder.frames.intern("f", "x.c", 1, "m"),
    ]
    builder.add_samples(builder.add_stacks(rows, range(len(rows) + 1)), [1] * len(rows))
    functions = builder.build(Provenance()).check().functions
    assert functions.of_frame.tolist() == [0, 1, 0, 0, 2, 3]
    assert len(functions) == 4


def test_the_contracts_profile_object() -> None:
    assert timed_profile().to_dict() == {
        "label": "",
        "path": "",
        "format": "",
        "producer": "",
        "value_type": {"type": "samples", "unit": "count"},
        "total": 3,
        "samples": 3,
        "stacks": 2,
        "losses": [],
        "runs": 1,
    }


def test_the_interactive_prompt_shows_a_line_instead_of_columns() -> None:
    before, after = profile_from_text(STACKS), profile_from_text(STACKS)
    assert repr(before) == "<Profile profile: 10 samples, 4 stacks, 6 functions>"
    assert repr(timed_profile().select("cpu")) == (
        "<Profile profile: 3 ns of cpu, 3 samples, 2 stacks, 3 functions>"
    )
    assert repr(before.top(n=2)) == f"<Ranking 2 of 6 function rows by self, hottest wait, of {before!r}>"
    assert repr(diff(before, after)).startswith("<Diff of 1 and 1 runs: ")
    hostile = replace(before, provenance=Provenance(path="a\x1b[31m\nb"))
    assert repr(hostile).startswith("<Profile a\\x1b[31m\\nb: ")
