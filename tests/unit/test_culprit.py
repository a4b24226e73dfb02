"""Whom the scan blames on drawn runs, and what it takes out before it looks again."""

from __future__ import annotations

import pytest
from hotspot.analysis.diff import diff

from tests.diff_vocabulary import PROGRAM, Stacks, culprits, edited, row_of, runs, scaled
from tests.vocabulary import profile_from_text


def blamed(
    after: Stacks, before: Stacks = PROGRAM, seed: int = 0
) -> dict[str, tuple[str | None, str | None]]:
    return culprits(diff(runs(before, seed=2 * seed + 1), runs(after, seed=2 * seed + 2)))


@pytest.mark.parametrize("seed", range(3))
def test_self_of_an_inner_function(seed: int) -> None:
    assert blamed(edited(PROGRAM, {"main;sort": 520}), seed=seed) == {"sort": ("slower", None)}


@pytest.mark.parametrize("seed", range(3))
def test_a_leaf_with_one_caller_is_ambiguous(seed: int) -> None:
    assert blamed(edited(PROGRAM, {"main;sort;less": 850}), seed=seed) == {"less": ("ambiguous", None)}


def test_a_root_has_no_caller_to_call_it_more() -> None:
    stacks = {**PROGRAM, "idle": 400.0}
    assert blamed(edited(stacks, {"idle": 700}), stacks) == {"idle": ("slower", None)}


@pytest.mark.parametrize("seed", range(3))
def test_new_code_is_blamed_at_its_caller_or_itself(seed: int) -> None:
    found = blamed(edited(PROGRAM, {"main;report;draw": 300}), seed=seed)
    assert list(found) == ["draw"]


def test_what_changed_in_two_ways_is_told_apart() -> None:
    # hash is slower everywhere, and group calls find less.
    after = edited(PROGRAM, {"main;load;hash": 240, "main;group;hash": 660, "main;group;find": 250})
    assert blamed(after) == {"hash": ("slower", None), "find": ("ambiguous", None)}


def test_a_helper_that_calls_on_is_called_more() -> None:
    # load calls parse more, which calls trim: what is blamed is parse with all below it, nobody else.
    found = blamed(scaled(PROGRAM, "main;load;parse", 1.5))
    assert list(found) == ["parse"]


@pytest.mark.parametrize("seed", range(4))
def test_a_callee_that_holds_a_change_is_blamed_before_its_caller(seed: int) -> None:
    # The caller changed a little, too, and has the more samples: by strength alone it would be named for all of it.
    stacks = {**PROGRAM, "main;search": 2.0, "main;search;score": 60.0, "main;search;score;copy": 60.0}
    slower = edited(stacks, {"main;search": 62, "main;search;score": 900, "main;search;score;copy": 800})
    found = blamed(slower, stacks, seed=seed)
    assert next(iter(found)) == "score"
    assert found["score"] == ("slower", None)
    assert "search" in found  # for the rest of it


def test_mutual_recursion() -> None:
    stacks = {**PROGRAM, "main;even;odd;even;odd": 300.0, "main;even;odd": 200.0, "main;even": 200.0}
    found = blamed(edited(stacks, {"main;even;odd;even;odd": 540, "main;even;odd": 360}), stacks)
    assert found == {"odd": ("slower", None)}


def test_at_most_eight() -> None:
    stacks = {f"main;f{i}": 300.0 for i in range(40)}
    # As many up as down: their caller as a whole stays.
    found = blamed(edited(stacks, {f"main;f{i}": 450 if i % 2 else 150 for i in range(12)}), stacks)
    assert 7 <= len(found) <= 8  # main may be blamed for two of its calls
    assert set(found) <= {"main", *(f"f{i}" for i in range(12))}


def test_numbers_of_a_culprit_are_of_the_set_it_was_taken_for() -> None:
    row = row_of(diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;load;hash": 480}), seed=2)), "load")
    assert row.measure == "edge"
    assert row.interval is not None
    assert row.interval[0] < row.change < row.interval[1]
    assert row.q is not None
    assert row.q <= 0.05
    assert row.significant is True
    # Its own time stayed, and its weights say so.
    assert row.self_after == pytest.approx(row.self_before, rel=0.2)


def test_every_significant_sample_is_explained_once() -> None:
    after = edited(PROGRAM, {"main;group;find": 800, "main;load;hash": 400})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    total = sum(row.change for row in found.rows if row.culprit)
    assert total == pytest.approx(found.change, abs=0.012)


def test_a_dominant_caller_is_told_from_a_slower_callee() -> None:
    stacks = {**PROGRAM, "main;group;hash": 900.0, "main;load;hash": 100.0}
    slower = {**stacks, "main;group;hash": 1170.0, "main;load;hash": 130.0}
    called = {**stacks, "main;group;hash": 1200.0}
    assert set(blamed(slower, stacks)) == {"hash"}
    assert blamed(called, stacks) in ({"group": ("calls_more", "hash")}, {"group": ("ambiguous", "hash")})


# -- what costs as much as before, under other callers -----------------------------------------------------------------


def test_a_call_that_moved_to_another_caller_blames_nobody() -> None:
    after = edited(PROGRAM, {"main;load;hash": 0, "main;report;hash": 160})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert culprits(found) == {}
    assert found.verdict == "unchanged"


def test_a_new_wrapper_blames_nobody() -> None:
    after = {stack.replace("main;load", "main;retry;load"): mean for stack, mean in PROGRAM.items()}
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert culprits(found) == {}
    assert found.verdict == "unchanged"


def test_a_regression_below_a_new_wrapper_is_found() -> None:
    after = {stack.replace("main;load", "main;retry;load"): mean for stack, mean in PROGRAM.items()}
    found = diff(runs(PROGRAM, seed=1), runs(edited(after, {"main;retry;load;parse": 600}), seed=2))
    assert culprits(found) == {"parse": ("slower", None)}
    assert found.verdict == "regressed"


def test_a_subtree_that_moved_and_is_called_more() -> None:
    after = {stack.replace("main;pack", "main;report;pack"): mean for stack, mean in PROGRAM.items()}
    found = diff(runs(PROGRAM, seed=1), runs(scaled(after, "main;report;pack", 1.6), seed=2))
    assert set(culprits(found)) <= {"pack", "report", "fold", "emit"}
    assert set(culprits(found)) & {"pack", "report"}
    assert found.verdict == "regressed"


def test_a_caller_without_a_name_is_not_blamed() -> None:
    before = [{"main": 1}, {"main": 1, "0x7f00": 24}, {"main": 24, "d": 2, "0x7f00;a": 2723}]
    after = [{"main": 1, "b": 28}, {"main": 1, "e": 958}, {"c": 310, "d": 26, "main;a": 56}, {"0x7f00": 4}]
    sides = [
        [profile_from_text("\n".join(f"{stack} {weight}" for stack, weight in run.items())) for run in side]
        for side in (before, after)
    ]
    assert [
        row.function for row in diff(*sides).rows if row.culprit and row.function.startswith("[unknown")
    ] == []
