"""async-profiler pages: stacks drawn as pages of either syntax come back as they were."""

from __future__ import annotations

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import async_profiler, registry
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.profile import Kind, LossKind, Profile
from hypothesis import given
from hypothesis import strategies as st

from tests.async_profiler_pages import plain, pooled
from tests.vocabulary import folded, format_tree, tree_text

STACKS = {
    (("[main tid=7]", 3), ("java/lang/Thread.run", 0), ("App.work", 1), ("App.it's\\here", 2)): 5,
    (("[main tid=7]", 3), ("java/lang/Thread.run", 0), ("App.work", 1)): 7,
    (("[main tid=7]", 3), ("java/lang/Thread.run", 0), ("App.work", 1), ("libc.so.6`read", 3), ("vfs_read", 5)): 2,
    (("[GC tid=8]", 3), ("start_thread", 3), ("G1::collect", 4)): 30,
}  # fmt: skip
TREE = """
    [GC tid=8] 30,0
      start_thread 30,0
        G1::collect 30,30
    [main tid=7] 14,0
      java/lang/Thread.run 14,0
        App.work_[j] 14,7
          App.it's\\here_[i] 5,5
          libc.so.6`read 2,0
            vfs_read_[k] 2,2
"""


def read(page: str) -> Profile:
    source = bytes_source("page.html", page.encode())
    assert [i.INFO.name for i in registry.importers() if i.detect(source.head) is Match.YES] == [
        "async-profiler"
    ]
    (profile,) = async_profiler.load(source, ImportOptions())
    return profile.check()


@pytest.mark.parametrize("draw", [plain, pooled])
def test_both_syntaxes_give_the_tree_that_was_drawn(draw) -> None:
    profile = read(draw(STACKS))
    assert format_tree(profile) == tree_text(TREE)
    assert str(profile.value_type) == "samples/count"
    assert profile.provenance.losses == ()


def test_types_are_read_from_the_palette_which_had_another_order_once() -> None:
    old = ["50e150", "50bebe", "e17d00", "c8c83c", "e15a5a"]
    profile = read(plain({(("a", 0), ("b", 1), ("c", 2), ("d", 3), ("e", 4)): 1}, palette=old))
    assert profile.frames.kind.tolist()[:5] == [Kind.JIT, Kind.INLINED, Kind.KERNEL, Kind.USER, Kind.USER]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("CPU profile", "samples/count"),
        ("Flame Graph", "samples/count"),
        ("CPU profile (ns)", "cpu/nanoseconds"),
        ("Wall clock profile (ns)", "wall/nanoseconds"),
        ("Allocation profile (bytes)", "alloc_space/bytes"),
        ("Java method profile (calls)", "method/count"),
        ("cache-misses (total)", "cache-misses/count"),
    ],
)
def test_the_heading_names_the_value_type(heading: str, name: str) -> None:
    assert str(read(pooled(STACKS, heading=heading)).value_type) == name


def test_line_numbers_of_compiled_methods_are_lines() -> None:
    profile = read(pooled({(("App.main:12", 1), ("std::sort:3", 4)): 4}))
    assert format_tree(profile) == "App.main_[j] 4,0\n  std::sort:3 4,4"
    assert sorted(profile.frames.line.tolist())[-1] == 12


@pytest.mark.parametrize(("draw", "flag"), [(plain, "reverse"), (pooled, "reverse"), (pooled, "inverted")])
def test_reversed_stacks_are_turned_round(draw, flag: str) -> None:
    # Threads stay at the root of a reversed graph.
    reversed_ = {(stack[0], *stack[:0:-1]): weight for stack, weight in STACKS.items()}
    profile = read(draw(reversed_, flag=flag))
    assert format_tree(profile) == tree_text(TREE)
    assert [loss.kind for loss in profile.provenance.losses] == (
        [LossKind.INCONSISTENT] * (flag == "inverted")
    )


def test_a_drawing_that_is_only_upside_down_is_not_turned_round() -> None:
    profile = read(pooled(STACKS, flag="inverted"))
    assert format_tree(profile) == tree_text(TREE)
    assert "inverted drawing" in profile.provenance.losses[0].text


def test_frames_that_were_not_drawn_are_said_and_their_weight_stays() -> None:
    stacks = {(("a", 1), ("b", 1)): 10, (("a", 1), ("c", 1)): 2, (("a", 1), ("d", 1)): 10, (("z", 1),): 1}
    profile = read(pooled(stacks, minimum=4))
    assert folded(profile) == {"a_[j];b_[j]": 10, "a_[j]": 2, "a_[j];d_[j]": 10, "[omitted]": 1}
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.PRUNED, 9)


def test_a_frame_that_is_missing_behind_the_last_one_is_noticed() -> None:
    profile = read(pooled({(("a", 1), ("b", 1)): 10, (("a", 1), ("c", 1)): 2}, minimum=4))
    assert folded(profile) == {"a_[j];b_[j]": 10, "a_[j]": 2}
    assert [(loss.kind, loss.amount) for loss in profile.provenance.losses] == [(LossKind.PRUNED, 9)]


def test_a_differential_page_has_the_change_of_each_own_weight() -> None:
    stacks = {(("a", 1),): 10, (("a", 1), ("b", 1)): 4, (("a", 1), ("new", 1)): 3}
    profile = read(pooled(stacks, delta={("a",): -2, ("a", "b"): 0, ("a", "new"): None}))
    assert [str(v) for v in profile.value_types] == ["samples/count", "delta/count"]
    assert folded(profile) == {"a_[j]": 10, "a_[j];b_[j]": 4, "a_[j];new_[j]": 3}
    assert folded(profile.select("delta")) == {"a_[j]": -2, "a_[j];new_[j]": 3}


def test_samples_without_a_frame_are_kept() -> None:
    assert folded(read(pooled({(): 3, (("a", 3),): 1}))) == {"[no stack]": 3, "a": 1}


names = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), min_size=1
)


@given(
    st.dictionaries(
        st.lists(st.tuples(names.filter(str.strip), st.just(4)), min_size=1, max_size=5).map(tuple),
        st.integers(1, 2**40),
        min_size=1,
        max_size=8,
    )
)
def test_any_stacks_survive_both_syntaxes(stacks: dict[tuple[tuple[str, int], ...], int]) -> None:
    first, second = (
        async_profiler.load(bytes_source("x", draw(stacks).encode()), ImportOptions())[0].check()
        for draw in (plain, pooled)
    )
    assert format_tree(first) == format_tree(second)
    assert first.total == sum(stacks.values())


def break_(page: str, old: str, new: str) -> None:
    assert old in page
    async_profiler.load(bytes_source("page.html", page.replace(old, new, 1).encode()), ImportOptions())


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("\nu(", "\nq(", "not a frame"),
        ("\nu(", "\nu(9999999", "is not in the pool"),
        ("\nf(", "\nf(0,40,1)\nf(", "without a caller"),
        ("</script>", "", "the page ends early"),
        ("\nunpack(", "\n'~x',\nunpack(", "not a frame"),
        ("];\nunpack", "'~x',\n];\nunpack", "shares more"),
        ("];\nunpack", "x];\nunpack", "not a title"),
    ],
)
def test_a_broken_page_is_refused_with_its_line(old: str, new: str, reason: str) -> None:
    with pytest.raises(MalformedProfile, match=reason) as error:
        break_(pooled(STACKS), old, new)
    assert error.value.line


def test_frames_that_overlap_are_refused() -> None:
    page = plain({(("a", 1),): 2}).replace("f(1,0,2,1,'a')", "f(1,0,3,1,'a')")
    with pytest.raises(MalformedProfile, match="outside its caller"):
        async_profiler.load(bytes_source("x", page.encode()), ImportOptions())


def test_a_page_without_a_frame_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        async_profiler.load(bytes_source("x", pooled({}).encode()), ImportOptions())
