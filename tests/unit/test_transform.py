"""Filters, drawn; `tests/property/test_analysis.py` checks the same against pprof's meaning sample by sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hotspot.analysis.transform import Filters, apply_filters, parse_time_range, turned_round
from hotspot.builder import ProfileBuilder
from hotspot.errors import UsageError
from hotspot.profile import Profile, Provenance, Thread
from hotspot.units import ValueType

from tests.vocabulary import SAMPLES, folded, format_tree, profile_from_text, tree_text

STACKS = """
    main;parse;lex;alloc 5
    main;parse;lex 2
    main;emit;alloc;lex 3
    gc 4
"""


def filtered(text: str = STACKS, **filters: Any) -> dict[str, int]:
    return folded(apply_filters(profile_from_text(text), Filters(**filters)).check())


def test_focus_keeps_samples_with_a_match_anywhere() -> None:
    assert filtered(focus="parse") == {"main;parse;lex;alloc": 5, "main;parse;lex": 2}


def test_ignore_drops_them() -> None:
    assert filtered(ignore="parse") == {"main;emit;alloc;lex": 3, "gc": 4}


def test_hide_takes_frames_out_and_drops_stacks_left_empty() -> None:
    assert filtered(hide="/^(lex|gc)$/") == {"main;parse;alloc": 5, "main;parse": 2, "main;emit;alloc": 3}


def test_show_keeps_only_frames_that_match() -> None:
    assert filtered(show="/^(main|lex)$/") == {"main;lex": 10}


def test_show_from_begins_at_the_match_nearest_to_the_root() -> None:
    text = "main;lex;parse;lex;alloc 1\nmain;emit 2"
    assert filtered(text, show_from="lex") == {"lex;parse;lex;alloc": 1}


def test_prune_from_ends_at_the_match_nearest_to_the_leaf() -> None:
    text = "main;lex;parse;lex;alloc 1\nmain;emit 2"
    assert filtered(text, prune_from="lex") == {"main;lex;parse;lex": 1, "main;emit": 2}


def test_filters_apply_in_the_documented_order() -> None:
    # focus looks at frames that hide takes out later
    assert filtered(focus="parse", hide="parse") == {"main;lex;alloc": 5, "main;lex": 2}
    # show-from looks at what hide has left: lex is then the outermost match
    assert filtered(hide="parse", show_from="/parse|lex/") == {"lex;alloc": 5, "lex": 5}


def test_siblings_that_become_equal_are_one_node() -> None:
    profile = apply_filters(profile_from_text("a;x;c 1\na;y;c 2\na;c;d 4"), Filters(hide="/^[xy]$/")).check()
    assert format_tree(profile) == tree_text("""
        a 7,0
          c 7,3
            d 4,4
    """)


def test_weight_that_filters_take_away_is_kept_as_hidden() -> None:
    profile = apply_filters(profile_from_text(STACKS), Filters(focus="parse"))
    assert (profile.total, profile.hidden, profile.whole) == (7, (7,), 14)
    assert profile.share(7) == 0.5
    relative = apply_filters(profile_from_text(STACKS), Filters(focus="parse", relative=True))
    assert (relative.total, relative.hidden, relative.whole) == (7, (), 7)


def test_no_filter_changes_nothing() -> None:
    profile = profile_from_text(STACKS)
    assert apply_filters(profile, Filters()) is profile
    assert apply_filters(profile, Filters(relative=True)) is profile


def test_nothing_left_is_an_empty_profile_not_an_error() -> None:
    profile = apply_filters(profile_from_text(STACKS), Filters(focus="gc", ignore="gc")).check()
    assert (profile.total, profile.hidden_weight, len(profile.call_tree)) == (0, 14, 0)
    assert format_tree(turned_round(profile).check()) == ""


@pytest.mark.parametrize("name", ["focus", "ignore", "hide", "show", "show_from", "prune_from"])
def test_a_filter_that_matches_no_frame_names_itself(name: str) -> None:
    option = name.replace("_", "-")
    with pytest.raises(UsageError, match=f"--{option} nowhere: no function, file or module matches"):
        filtered(**{name: "nowhere"})


# -- threads and times ----------------------------------------------------------------------------


def _timed() -> Profile:
    builder = ProfileBuilder((SAMPLES, ValueType("cpu", "nanoseconds")))
    frames = [builder.frames.intern(name) for name in ("main", "work")]
    main, work = builder.add_stacks([frames[0], frames[0], frames[1]], [0, 1, 3])
    seconds = 10**9
    builder.add_samples(
        [main, work, work, main],
        [[1, 10], [1, 20], [1, 40], [1, 80]],
        time=np.array([100, 101, 102, 103]) * seconds,
        thread=[0, 1, 2, -1],
    )
    threads = (Thread(7, 7, "main"), Thread(7, 8, "pool-1"), Thread(7, 9, "8"))
    return builder.build(Provenance(), threads=threads).check()


def rows(**filters: Any) -> list[int]:
    """The cpu weight of the samples that are left: each has a bit of its own."""
    return apply_filters(_timed(), Filters(**filters)).check().samples.weight[:, 1].tolist()


def test_threads_by_name_and_number() -> None:
    assert rows(thread="POOL") == [20]
    assert rows(thread="7") == [10, 20, 40]
    assert rows(thread="8") == [20]  # the thread with that id, not the one with that name
    assert rows(thread="/^8$/") == [40]


def test_hidden_has_one_number_a_value_type() -> None:
    assert apply_filters(_timed(), Filters(thread="pool")).hidden == (3, 130)


@pytest.mark.parametrize(
    ("text", "left"),
    [("0..1", [10]), ("1s..3s", [20, 40]), ("..1500ms", [10, 20]), ("2..", [40, 80]), ("0:2", [10, 20])],
)
def test_times_are_half_open_and_count_from_the_first_sample(text: str, left: list[int]) -> None:
    assert rows(time_range=parse_time_range(text)) == left


def test_the_first_sample_is_the_profiles_not_the_threads() -> None:
    assert rows(thread="pool", time_range=parse_time_range("0..1")) == []
    assert rows(thread="pool", time_range=parse_time_range("1..2")) == [20]


def test_a_profile_without_threads_or_times_says_so() -> None:
    with pytest.raises(UsageError, match="--thread: this profile does not record threads"):
        filtered(thread="main")
    with pytest.raises(UsageError, match="--time-range: this profile does not record when"):
        filtered(time_range=(0, 1))


def test_an_unknown_thread_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="--thread 12: no such thread") as caught:
        rows(thread="12")
    assert caught.value.hint == "it has: 8 (9), main (7), pool-1 (8)"


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("1..2", (10**9, 2 * 10**9)),
        ("1.5s..3s", (1_500_000_000, 3 * 10**9)),
        ("200ms..", (200_000_000, None)),
        ("..1m", (None, 60 * 10**9)),
        ("10us..20µs", (10_000, 20_000)),
        ("5ns .. 1h", (5, 3600 * 10**9)),
    ],
)
def test_time_ranges(text: str, bounds: tuple[int | None, int | None]) -> None:
    assert parse_time_range(text) == bounds


@pytest.mark.parametrize(
    "text", ["", "1", "a..b", "1..2..3", "-1..2", "1e3..2e3", "3s..1s", "1..1", "..0", "1;2"]
)
def test_bad_time_ranges(text: str) -> None:
    with pytest.raises(UsageError, match="bad time range"):
        parse_time_range(text)
