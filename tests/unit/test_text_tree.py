"""The call tree for reading."""

from __future__ import annotations

import re
from typing import Any

from hotspot.analysis.text_tree import text_tree
from hotspot.analysis.transform import Filters, apply_filters, turned_round
from hotspot.builder import ProfileBuilder
from hotspot.profile import Profile, Provenance
from hotspot.report.table import plain, terminal
from hotspot.report.tree import tree_report

from tests.vocabulary import SAMPLES, folded, profile_from_text, tree_text

STACKS = """
    main;parse;lex 60
    main;parse 10
    main;emit;write 25
    main;emit;flush 3
    main;log 1
    gc 1
"""


def drawn(profile: Profile, **options: Any) -> str:
    """Depth, name, total, self and what is hidden below, a line a node."""
    tree = text_tree(profile, **options)
    lines = [
        f"{'  ' * row.depth}{row.function} {row.total_weight},{row.self_weight}"
        + (f" +{row.hidden_children}:{row.hidden_weight}" if row.hidden_children else "")
        for row in tree.rows
    ]
    return "\n".join([*lines, f"roots +{tree.hidden_roots}:{tree.hidden_weight}"])


def test_heaviest_path_first_and_narrow_nodes_summed_up() -> None:
    assert drawn(profile_from_text(STACKS), min_share=0.1) == tree_text("""
        main 99,0 +1:1
          parse 70,10
            lex 60,60
          emit 28,0 +1:3
            write 25,25
        roots +1:1
    """)


def test_a_node_of_exactly_the_minimum_is_drawn() -> None:
    assert "log 1,1" in drawn(profile_from_text(STACKS), min_share=0.01)
    assert "log" not in drawn(profile_from_text(STACKS), min_share=0.011)


def test_everything_is_drawn_without_a_minimum() -> None:
    assert drawn(profile_from_text(STACKS), min_share=0).endswith("gc 1,1\nroots +0:0")


def test_inverted_hangs_callers_below() -> None:
    assert drawn(profile_from_text("main;a;lex 2\nmain;b;lex 3\nmain;b 1"), inverted=True) == tree_text("""
        lex 5,0
          b 3,0
            main 3,3
          a 2,0
            main 2,2
        b 1,0
          main 1,1
        roots +0:0
    """)


def test_turning_round_merges_what_has_one_leaf() -> None:
    turned = turned_round(profile_from_text("a;x 1\nb;x 2\nx 4")).check()
    assert folded(turned) == {"x;a": 1, "x;b": 2, "x": 4}


def test_shares_are_of_the_whole_before_filters() -> None:
    profile = apply_filters(profile_from_text(STACKS), Filters(focus="emit"))
    rows = text_tree(profile).rows
    assert [(row.function, row.total_share) for row in rows[:2]] == [("main", 0.28), ("emit", 0.28)]


def test_the_drawing() -> None:
    text = plain(tree_report(text_tree(profile_from_text(STACKS), min_share=0.1)))
    assert text == tree_text("""
        profile | 100 samples
        total%  self%  call tree
         99.0%         main
         70.0%  10.0%  ├─ parse
         60.0%  60.0%  │  lex
         28.0%         └─ emit
         25.0%  25.0%     write
        nodes under 10.0% are not drawn (--min-share)
    """) + "\n"  # fmt: skip


def test_wide_enough_together_they_get_a_line() -> None:
    text = plain(tree_report(text_tree(profile_from_text("main;a 6\nmain;b 6\nmain;c 88"), min_share=0.1)))
    assert text.splitlines()[2:] == [
        "100.0%         main",
        " 88.0%  88.0%  ├─ c",
        " 12.0%         └─ (2 narrower)",
        "nodes under 10.0% are not drawn (--min-share)",
    ]


def test_a_chain_of_calls_stays_in_its_column() -> None:
    text = plain(tree_report(text_tree(profile_from_text(";".join(["f"] * 60) + " 1"))))
    assert text.splitlines()[2:4] == ["100.0%          f", "100.0%          f"]
    assert text.splitlines()[-2] == "100.0%  100.0%  f"


def test_very_deep_branches_are_numbered_instead_of_pushed_off_the_screen() -> None:
    stacks = "\n".join(f"{';'.join(['f'] * depth)};g {60 - depth}" for depth in range(1, 50))
    report = tree_report(text_tree(profile_from_text(stacks), min_share=0))
    lines = plain(report).splitlines()
    assert any(re.search(r"  \[48\] (│  )+└─ f$", line) for line in lines)
    assert max(map(len, lines)) < 90
    on_screen = terminal(report, color=False, width=60).splitlines()
    assert max(map(len, on_screen)) <= 60
    assert {line.rstrip()[-1] for line in on_screen[2:]} == {"f", "g"}  # no name is cut


def test_several_roots_are_told_apart_from_calls() -> None:
    text = plain(tree_report(text_tree(profile_from_text("a;b 3\nc 1"))))
    assert text.splitlines()[2:] == [
        " 75.0%         ├─ a",
        " 75.0%  75.0%  │  b",
        " 25.0%  25.0%  └─ c",
        "nodes under 1.0% are not drawn (--min-share)",
    ]


def test_ten_thousand_frames_deep() -> None:
    builder = ProfileBuilder((SAMPLES,))
    frame = builder.frames.intern("f")
    builder.add_samples(builder.add_stacks([frame] * 10_000, [0, 10_000]), [1])
    profile = builder.build(Provenance())
    for inverted in (False, True):
        tree = text_tree(profile, inverted=inverted)
        assert [row.depth for row in tree.rows] == list(range(10_000))


def test_an_empty_profile_draws_nothing() -> None:
    assert drawn(ProfileBuilder((SAMPLES,)).build(Provenance())) == "roots +0:0"


def test_the_json_object() -> None:
    document = text_tree(profile_from_text(STACKS), min_share=0.1).to_dict()
    assert next(iter(document)) == "schema"
    assert (document["hidden_roots"], document["hidden_weight"]) == (1, 1)
    assert document["rows"][0] == {
        "depth": 0, "function": "main", "file": None, "line": None, "module": None,
        "self": 0, "self_share": 0.0, "total": 99, "total_share": 0.99, "hidden_children": 1, "hidden_weight": 1,
    }  # fmt: skip
