"""Callers and callees on drawn stacks; the sums are checked in `tests/property/test_analysis.py`."""

from __future__ import annotations

import pytest
from hotspot.analysis.peek import PeekEdge, callees_of, callers_of, peek
from hotspot.analysis.transform import Filters, apply_filters
from hotspot.errors import UsageError
from hotspot.report.peek import peek_report
from hotspot.report.table import plain

from tests.vocabulary import profile_from_text

STACKS = """
    main;parse;lex 5
    main;lex;alloc 2
    lex 1
    main;emit 4
"""


def edges(found: tuple[PeekEdge, ...]) -> dict[str, int]:
    return {edge.function: edge.weight for edge in found}


def test_callers_and_callees() -> None:
    (row,) = peek(profile_from_text(STACKS), "lex").rows
    assert (row.self_weight, row.total_weight) == (6, 8)
    assert edges(row.callers) == {"parse": 5, "main": 2, "[root]": 1}
    assert edges(row.callees) == {"alloc": 2}
    assert [edge.share_of_function for edge in row.callers] == [5 / 8, 2 / 8, 1 / 8]
    assert (row.self_share, row.total_share) == (0.5, 8 / 12)


def test_recursion_is_an_edge_to_itself_and_counts_once() -> None:
    (row,) = peek(profile_from_text("main;fact;fact;fact;mul 3\nmain;fact 2"), "fact").rows
    assert (row.self_weight, row.total_weight) == (2, 5)
    assert edges(row.callers) == {"main": 5}
    assert edges(row.callees) == {"fact": 3, "mul": 3}


def test_mutual_recursion_counts_each_edge_once_a_sample() -> None:
    (row,) = peek(profile_from_text("a;b;a;b;a;b 7"), "/^a$/").rows
    assert (edges(row.callers), edges(row.callees)) == ({"[root]": 7}, {"b": 7})


def test_functions_of_one_name_in_two_files_are_two() -> None:
    profile = profile_from_text("main;get (a.py:1);x 1\nmain;get (b.py:1);y 2")
    rows = peek(profile, "get").rows
    assert [(row.file, edges(row.callees)) for row in rows] == [("b.py", {"y": 2}), ("a.py", {"x": 1})]


def test_lines_of_a_function_are_one_function() -> None:
    (row,) = peek(profile_from_text("main (m.py:1);f (f.py:1) 1\nmain (m.py:2);f (f.py:2) 2"), "/^f$/").rows
    assert edges(row.callers) == {"main": 3}


def test_at_most_n_functions_heaviest_first() -> None:
    profile = profile_from_text("f1 1\nf2 2\nf3 3")
    assert [row.function for row in peek(profile, "f", n=2).rows] == ["f3", "f2"]
    assert [row.function for row in peek(profile, "f", n=0).rows] == ["f3", "f2", "f1"]


def test_edges_of_a_function_by_index_are_those_of_peek() -> None:
    profile = profile_from_text(STACKS)
    names = [profile.frames.strings[name] for name in profile.functions.name]
    (row,) = peek(profile, "lex").rows
    assert callers_of(profile, names.index("lex")) == row.callers
    assert callees_of(profile, names.index("lex")) == row.callees


def test_shares_are_of_the_whole_before_filters() -> None:
    profile = apply_filters(profile_from_text(STACKS), Filters(ignore="emit"))
    (row,) = peek(profile, "lex").rows
    assert row.total_share == 8 / 12


def test_no_match() -> None:
    with pytest.raises(UsageError, match="matches 'nowhere'"):
        peek(profile_from_text(STACKS), "nowhere")


def test_the_table_draws_callers_above_and_callees_below() -> None:
    lines = plain(peek_report(peek(profile_from_text(STACKS), "lex"))).splitlines()
    assert [line.split("  ")[-1].strip() for line in lines[2:]] == [
        "parse", "main", "[root]", "lex", "[self]", "alloc",
    ]  # fmt: skip


def test_the_json_object() -> None:
    document = peek(profile_from_text(STACKS), "lex").to_dict()
    assert list(document) == ["schema", "profile", "pattern", "rows"]
    assert document["rows"][0]["callees"] == [
        {"function": "alloc", "file": None, "module": None, "weight": 2, "share_of_function": 0.25}
    ]
