"""Rows of a diff: weights of both sides, lines, order."""

from __future__ import annotations

import pytest
from hotspot.analysis.diff import diff

from tests.diff_vocabulary import PROGRAM, drawn, edited, pruned, row_of, runs
from tests.vocabulary import profile_from_text


def test_weights_are_summed_over_runs_and_shares_are_of_each_side() -> None:
    before = [profile_from_text("main;a 3\nmain 1"), profile_from_text("main;a 5\nmain;a;a 1")]
    row = row_of(diff(before, [profile_from_text("main;a 2\nmain 6")] * 2), "a")
    assert (row.self_before, row.self_after) == (9, 4)
    assert (row.total_before, row.total_after) == (9, 4)
    assert (row.self_share_before, row.self_share_after) == (0.9, 0.25)
    assert (row.total_share_before, row.total_share_after) == (0.9, 0.25)


def test_recursion_counts_once_a_sample() -> None:
    profile = profile_from_text("main;f;g;f 4\nmain;f 1")
    row = row_of(diff(profile, profile), "f")
    assert (row.self_before, row.total_before) == (5, 5)


def test_lines_are_the_hottest_of_the_after_side() -> None:
    before = profile_from_text("main;f (a.py:10) 9\nmain;g (a.py:3) 1")
    after = profile_from_text("main;f (a.py:12) 2\nmain;f (a.py:14) 7")
    found = diff(before, after)
    assert (row_of(found, "f").file, row_of(found, "f").line) == ("a.py", 14)
    assert row_of(found, "g").line == 3
    assert (row_of(found, "main").file, row_of(found, "main").line, row_of(found, "main").module) == (
        None,
        None,
        None,
    )


def test_order_is_significant_first_then_by_size_of_change() -> None:
    after = edited(PROGRAM, {"main;group;find": 700, "main;sort;less": 450, "main;report": 500})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert [row.function for row in found.rows[:3]] == ["report", "find", "less"]
    sizes = [abs(row.change) for row in found.rows[3:]]
    assert sizes == sorted(sizes, reverse=True)


def test_judged_rows() -> None:
    found = diff(
        runs(edited(PROGRAM, {"main;tiny": 1, "main;sort;swap": 200}), seed=1),
        runs(edited(PROGRAM, {"main;sort": 500}), seed=2),
    )
    judged = {row.function for row in found.rows if row.judged}
    assert not judged & {"tiny", "swap", "sort"}
    assert "find" in judged


@pytest.mark.parametrize("amount", [0, 3])
def test_at_most_is_what_every_place_may_hide(amount: int) -> None:
    before = drawn({**PROGRAM, "main;a;leaf": 2, "main;b;leaf": 2})
    row = row_of(diff(before, pruned(drawn(PROGRAM), amount)), "leaf")
    assert row.self_max_after == (2 * amount or None)
    assert row.status == ("pruned" if amount else "inconclusive")
