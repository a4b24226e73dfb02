"""Renames, inlining and splits found between two drawn sides, and what is judged in their place."""

from __future__ import annotations

import numpy as np
import pytest
from hotspot.analysis.cost_shift import Shift, find_shifts, judged_union
from hotspot.analysis.sets import SetIndex
from hotspot.analysis.union import Union, unite

from tests.diff_vocabulary import PROGRAM, Stacks, drawn, edited, renamed


def united(before: Stacks, after: Stacks) -> tuple[Union, tuple[Shift, ...]]:
    union = unite([drawn(before)], [drawn(after)])
    index = SetIndex(union.tree, len(union.functions))
    return union, find_shifts(union, index, index.collect(union.count).count, 1.0)


def shifts(before: Stacks, after: Stacks) -> set[tuple[str, str, tuple[str, ...]]]:
    union, found = united(before, after)
    names = [f.name for f in union.functions]
    return {(s.kind, names[s.into], tuple(sorted(names[f] for f in s.others))) for s in found}


def judged(before: Stacks, after: Stacks) -> dict[str, list[float]]:
    """Function -> self samples before and after, as they are judged."""
    union, found = united(before, after)
    level = judged_union(union, found)
    index = SetIndex(level.tree, len(level.functions))
    own = index.collect(level.count).count[: len(level.functions)]
    return {f.name: counts.tolist() for f, counts in zip(level.functions, own, strict=True) if counts.any()}


def test_nothing_moved() -> None:
    assert shifts(PROGRAM, PROGRAM) == set()
    assert shifts(PROGRAM, edited(PROGRAM, {"main;group;find": 900})) == set()


def test_rename_of_a_leaf_and_of_an_inner_function() -> None:
    assert shifts(PROGRAM, renamed(PROGRAM, "find", "probe")) == {("renamed", "probe", ("find",))}
    assert shifts(PROGRAM, renamed(PROGRAM, "load", "read")) == {("renamed", "read", ("load",))}
    assert shifts(PROGRAM, renamed(PROGRAM, "fold", "squeeze")) == {("renamed", "squeeze", ("fold",))}


def test_a_function_and_what_it_calls_renamed_together() -> None:
    after = renamed(renamed(PROGRAM, "parse", "scan"), "trim", "strip")
    assert shifts(PROGRAM, after) == {("renamed", "scan", ("parse",)), ("renamed", "strip", ("trim",))}


def test_a_rename_needs_a_similar_cost() -> None:
    after = edited(renamed(PROGRAM, "find", "probe"), {"main;group;probe": 1200})
    assert shifts(PROGRAM, after) == set()


def test_a_rename_needs_the_same_callers() -> None:
    assert shifts(PROGRAM, edited(PROGRAM, {"main;group;find": 0, "main;report;draw": 500})) == set()


def test_of_two_candidates_the_more_similar_is_taken() -> None:
    after = edited(PROGRAM, {"main;group;find": 0, "main;group;probe": 480, "main;group;other": 300})
    assert shifts(PROGRAM, after) == {("renamed", "probe", ("find",))}


def test_addresses_are_not_renamed() -> None:
    before = renamed(PROGRAM, "find", "[unknown:a.so]")
    assert shifts(before, renamed(PROGRAM, "find", "[unknown:b.so]")) == set()


@pytest.mark.parametrize(("caller_after", "found"), [(449, False), (450, True), (1500, True), (1501, False)])
def test_inlining_within_50_to_200_percent(caller_after: int, found: bool) -> None:
    # less had 600, sort 300 of its own: it must grow by 300 to 1200.
    grown = caller_after + (150 if caller_after < 1000 else 0)
    after = edited(PROGRAM, {"main;sort;less": 0, "main;sort": grown})
    assert bool(shifts(PROGRAM, after)) is found


def test_several_functions_inlined_into_one() -> None:
    before = edited(PROGRAM, {"main;sort;swap": 200})
    after = edited(PROGRAM, {"main;sort;less": 0, "main;sort": 1100})
    assert shifts(before, after) == {("inlined", "sort", ("less", "swap"))}
    assert judged(before, after)["sort"] == [1100, 1100]


def test_a_chain_of_calls_inlined_into_its_caller() -> None:
    after = edited(PROGRAM, {"main;load;parse": 0, "main;load;parse;trim": 0, "main;load": 800})
    assert shifts(PROGRAM, after) == {("inlined", "load", ("parse", "trim"))}


def test_an_inlined_function_is_judged_in_each_of_its_callers() -> None:
    after = edited(PROGRAM, {"main;load;hash": 0, "main;group;hash": 0, "main;load": 260, "main;group": 640})
    assert shifts(PROGRAM, after) == {("inlined", "group", ("hash",))}
    found = judged(PROGRAM, after)
    assert (found["load"], found["group"]) == ([260, 260], [640, 640])


def test_an_inlined_function_leaves_its_callees_to_its_caller() -> None:
    after = {
        stack.replace("main;load;parse;", "main;load;"): mean
        for stack, mean in PROGRAM.items()
        if stack not in ("main;load", "main;load;parse")
    } | {"main;load": 500}
    assert shifts(PROGRAM, after) == {("inlined", "load", ("parse",))}
    union, found = united(PROGRAM, after)
    level = judged_union(union, found)
    names = [f.name for f in level.functions]
    index = SetIndex(level.tree, len(names))
    edges = {(names[f], names[c]) for f, c in zip(index.function, index.callee, strict=True) if c >= 0}
    assert ("load", "trim") in edges
    assert ("load", "load") not in edges


def test_only_what_its_caller_gained_was_inlined() -> None:
    # trim (300) was inlined into parse; less (600) is simply gone, sort did not grow.
    after = edited(PROGRAM, {"main;load;parse;trim": 0, "main;load;parse": 700, "main;sort;less": 0})
    assert shifts(PROGRAM, after) == {("inlined", "parse", ("trim",))}


@pytest.mark.parametrize(("child", "found"), [(170, False), (180, True), (690, True), (710, False)])
def test_split_within_50_to_200_percent(child: int, found: bool) -> None:
    # find loses 350 of 500 to a new function below it.
    after = edited(PROGRAM, {"main;group;find": 150, "main;group;find;probe": child})
    assert bool(shifts(PROGRAM, after)) is found


def test_a_split_into_several_and_into_a_chain() -> None:
    several = edited(PROGRAM, {"main;group;find": 100, "main;group;find;a": 200, "main;group;find;b": 200})
    assert shifts(PROGRAM, several) == {("split", "find", ("a", "b"))}
    chain = edited(PROGRAM, {"main;group;find": 100, "main;group;find;a": 200, "main;group;find;a;b": 200})
    assert shifts(PROGRAM, chain) == {("split", "find", ("a", "b"))}
    assert judged(PROGRAM, chain)["find"] == [500, 500]


# What frame pointers show of leaf functions: their caller is missing, its caller stands in its place.
LEAFLESS = edited(PROGRAM, {"main;sort;less": 0, "main;sort;pick": 250, "main;less": 600, "main;swap": 200})


def test_leaves_inlined_into_a_caller_that_the_stacks_do_not_show() -> None:
    after = edited(LEAFLESS, {"main;swap": 0, "main;less": 800})
    assert shifts(LEAFLESS, after) == {("inlined", "less", ("swap",))}
    assert judged(LEAFLESS, after)["less"] == [800, 800]
    both = edited(LEAFLESS, {"main;swap": 0, "main;less": 0, "main;sort": 1080})
    assert shifts(LEAFLESS, both) == {("inlined", "sort", ("less", "swap"))}


def test_a_leaf_split_off_a_function_that_the_stacks_do_not_show() -> None:
    after = edited(LEAFLESS, {"main;less": 250, "main;compare": 350})
    assert shifts(LEAFLESS, after) == {("split", "less", ("compare",))}
    _, found = united(LEAFLESS, after)
    assert found[0].beside
    assert judged(LEAFLESS, after)["less"] == [600, 600]


def test_what_is_beside_by_chance_is_left_alone() -> None:
    # 30 more of 400 is what runs differ by; swap is gone, and nothing took its place.
    assert shifts(LEAFLESS, edited(LEAFLESS, {"main;swap": 0, "main;less": 630})) == set()
    # A function that calls others has a frame: its caller is known.
    inner = edited(LEAFLESS, {"main;swap;copy": 200})
    assert (
        shifts(
            inner, edited(inner, {"main;swap": 0, "main;swap;copy": 0, "main;copy": 200, "main;less": 800})
        )
        == set()
    )


def test_renamed_and_split_at_once() -> None:
    after = renamed(
        edited(PROGRAM, {"main;pack;fold;fold;emit": 100, "main;pack;fold;fold;emit;put": 200}), "pack", "zip"
    )
    assert shifts(PROGRAM, after) == {("renamed", "zip", ("pack",)), ("split", "emit", ("put",))}


def test_few_samples_move_unnoticed() -> None:
    before = edited(PROGRAM, {"main;sort;tiny": 19})
    assert shifts(before, edited(PROGRAM, {"main;sort": 319})) == set()


def test_many_gone_and_new_functions_stay_cheap() -> None:
    before = {f"main;caller{i % 50};old{i}": 20.0 + i % 7 for i in range(2000)}
    after = {f"main;caller{i % 50};new{i}": 20.0 + i % 7 for i in range(2000)}
    _union, found = united(before, after)
    assert len(found) > 0
    assert len({f for shift in found for f in shift.others}) == sum(len(shift.others) for shift in found)
    assert np.isfinite([shift.score for shift in found]).all()
