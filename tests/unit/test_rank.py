"""Rankings on drawn stacks; the sums are checked against a model in `tests/property/test_analysis.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hotspot.analysis.rank import NOT_IN_APP, Ranking, rank
from hotspot.analysis.transform import Filters, apply_filters
from hotspot.builder import ProfileBuilder
from hotspot.profile import Profile, Provenance
from hotspot.report.rank import headline, ranking_report
from hotspot.report.table import plain
from hotspot.units import ValueType

from tests.vocabulary import SAMPLES, profile_from_text

STACKS = """
    main (run.py:1);parse (lex.py:10);lex (lex.py:20) 6
    main (run.py:1);parse (lex.py:10);lex (lex.py:21) 3
    main (run.py:2);parse (lex.py:12) 1
    main (run.py:2);emit (out.py:5);libz.so.1`deflate 2
"""


def names(ranking: Ranking) -> list[tuple[str, int, int]]:
    return [(row.name, row.self_weight, row.total_weight) for row in ranking.rows]


def ownership(profile: Profile, *owned: str) -> Any:
    return np.array([profile.frame_name(frame) in owned for frame in range(len(profile.frames))])


def test_by_self_and_by_total() -> None:
    profile = profile_from_text(STACKS)
    assert names(rank(profile)) == [
        ("lex", 9, 9), ("deflate", 2, 2), ("parse", 1, 10), ("main", 0, 12), ("emit", 0, 2),
    ]  # fmt: skip
    assert names(rank(profile, sort="total", n=3)) == [("main", 0, 12), ("parse", 1, 10), ("lex", 9, 9)]


def test_ties_are_in_the_order_of_names_so_that_output_is_stable() -> None:
    assert names(rank(profile_from_text("b 1\na 1\nc 1"))) == [("a", 1, 1), ("b", 1, 1), ("c", 1, 1)]


def test_a_functions_place_is_its_hottest_line() -> None:
    rows = {row.function: (row.file, row.line) for row in rank(profile_from_text(STACKS)).rows}
    assert rows["lex"] == ("lex.py", 20)
    assert rows["main"] == ("run.py", 1)  # no self weight: the line with the larger total
    assert rows["deflate"] == (None, None)


def test_a_line_that_filters_took_away_is_no_place() -> None:
    profile = apply_filters(profile_from_text("main;f 1\nmain;g;f (x.py:3) 5"), Filters(ignore="g"))
    assert [(row.function, row.line) for row in rank(profile).rows] == [("f", None), ("main", None)]


def test_by_line_file_and_module() -> None:
    profile = profile_from_text(STACKS)
    assert [(r.function, r.line, r.self_weight) for r in rank(profile, by="line", n=2).rows] == [
        ("lex", 20, 6), ("lex", 21, 3),
    ]  # fmt: skip
    assert [(r.function, r.file, r.line, r.module, r.self_weight) for r in rank(profile, by="file").rows] == [
        (None, "lex.py", None, None, 10),
        (None, None, None, None, 2),
        (None, "run.py", None, None, 0),
        (None, "out.py", None, None, 0),
    ]
    assert [(r.function, r.file, r.module, r.self_weight) for r in rank(profile, by="module").rows] == [
        (None, None, None, 10), (None, None, "libz.so.1", 2),
    ]  # fmt: skip


def test_in_app_charges_to_the_nearest_owned_caller() -> None:
    profile = profile_from_text(STACKS + "idle 4\n")
    ranking = rank(profile, in_app=True, owned=ownership(profile, "main", "parse", "emit"))
    assert names(ranking) == [("parse", 10, 10), (NOT_IN_APP, 4, 4), ("emit", 2, 2), ("main", 0, 12)]
    assert [row.in_app for row in ranking.rows] == [True, False, True, True]
    assert [row.rank for row in ranking.rows] == [1, 2, 3, 4]
    assert sum(row.self_weight for row in ranking.rows) == profile.total


def test_in_app_rows_by_module_hold_only_what_is_owned() -> None:
    # Both functions are in no known module; lex is not owned, and so no part of the row.
    profile = profile_from_text("lex 5\nparse;lex 1")
    ranking = rank(profile, in_app=True, by="module", owned=ownership(profile, "parse"))
    assert names(ranking) == [(NOT_IN_APP, 5, 5), ("[unknown]", 1, 1)]


def test_in_app_where_nothing_is_known() -> None:
    ranking = rank(profile_from_text("a;b 3"), in_app=True)
    assert names(ranking) == [(NOT_IN_APP, 3, 3)]
    assert "no frame is known to be in-app" in plain(ranking_report(ranking))


def test_a_cut_ranking_does_not_claim_that_nothing_is_in_app() -> None:
    profile = profile_from_text("a;b 3\nc 9")
    ranking = rank(profile, n=1, in_app=True, owned=ownership(profile, "a"))
    assert names(ranking) == [(NOT_IN_APP, 9, 9)]
    assert "no frame is known to be in-app" not in plain(ranking_report(ranking))


def test_whether_a_row_is_in_app_is_said_only_where_it_is_known_for_all_of_it() -> None:
    profile = profile_from_text("a (x.c:1) 1\nb (x.c:2) 2\nc 4")
    owned, known = ownership(profile, "a"), ownership(profile, "a", "b")
    by_function = {r.function: r.in_app for r in rank(profile, owned=owned, known=known).rows}
    assert by_function == {"a": True, "b": False, "c": None}
    assert {r.file: r.in_app for r in rank(profile, by="file", owned=owned).rows} == {
        "x.c": None,
        None: False,
    }
    assert {r.in_app for r in rank(profile).rows} == {None}


def test_the_json_object() -> None:
    profile = apply_filters(profile_from_text(STACKS), Filters(focus="parse"))
    document = rank(profile, n=1).to_dict()
    assert next(iter(document)) == "schema"
    assert document["schema"] == "hotspot.top/1"
    assert document["rows"] == [
        {
            "rank": 1, "function": "lex", "file": "lex.py", "line": 20, "module": None,
            "self": 9, "self_share": 0.75, "total": 9, "total_share": 0.75, "in_app": None,
        }
    ]  # fmt: skip
    assert (document["shown"], document["hidden_self"], document["profile"]["total"]) == (1, 2, 12)


def test_scaled_weights_are_printed_in_the_unit() -> None:
    milliseconds = ValueType("time", "milliseconds", scale=100)
    document = rank(profile_from_text("a 150\nb 200", milliseconds)).to_dict()
    assert [(row["function"], row["self"]) for row in document["rows"]] == [("b", 2), ("a", 1.5)]
    assert document["profile"]["total"] == 3.5


def test_an_empty_profile_has_no_rows_and_no_division() -> None:
    empty = ProfileBuilder((SAMPLES,)).build(Provenance()).check()
    for by in ("function", "line", "file", "module"):
        assert rank(empty, by=by, in_app=True).rows == ()  # type: ignore[arg-type]
    zero = rank(profile_from_text("a 0"))
    assert [(row.self_weight, row.self_share) for row in zero.rows] == [(0, 0.0)]


@pytest.mark.parametrize(
    ("n", "shown", "says"),
    [(0, 5, None), (2, 2, "3 more rows with 8.3% of self (-n 0 shows all)"), (5, 5, None), (9, 5, None)],
)
def test_rows_that_are_not_shown_are_counted(n: int, shown: int, says: str | None) -> None:
    ranking = rank(profile_from_text(STACKS), n=n)
    assert len(ranking.rows) == shown
    text = str(ranking)
    assert ("more row" in text) is (says is not None)
    assert says is None or says in text


def test_the_table() -> None:
    ranking = rank(apply_filters(profile_from_text(STACKS), Filters(focus="parse")), n=2)
    assert str(ranking) == (
        "profile | 10 samples\n"
        "self  self%  total  total%  function  where\n"
        "   9  75.0%      9   75.0%  lex       lex.py:20\n"
        "   1   8.3%     10   83.3%  parse     lex.py:12\n"
        "1 more row with 0.0% of self (-n 0 shows all)\n"
        "filters hide 2 (16.7%)\n"
    )


def test_the_headline_names_total_and_samples() -> None:
    assert (
        headline(profile_from_text("a 1500", ValueType("cpu", "milliseconds"))) == "profile | 1.50 s of cpu"
    )
