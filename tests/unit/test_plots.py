from __future__ import annotations

import numpy as np
import pytest
from hotspot.analysis.flame import flame_of_diff, flame_of_profile
from hotspot.analysis.sandwich import sandwich
from hotspot.errors import UsageError
from hotspot.plots.coloring import (
    DIFFERENCES,
    GREY,
    HUES,
    TEXT_DARK,
    TEXT_LIGHT,
    colorings,
)
from hotspot.plots.figure import literal
from hotspot.report.flamegraph import _MATCH

from tests.diff_vocabulary import PROGRAM, edited, runs
from tests.vocabulary import profile_from_text

STACKS = """
    main;load;hash 3
    main;sort;hash;mix 1
    main;sort;hash;mix;hash 2
    main;sort 5
"""


def drawn(flame) -> list[str]:
    names = [flame.labels.name[label] for label in flame.tree.frame]
    return [
        f"{'  ' * depth}{name} {begin:g}+{width:g}"
        for depth, name, begin, width in zip(flame.tree.depth, names, flame.begin, flame.width, strict=True)
    ]


def test_frames_stand_beside_their_siblings_below_their_caller() -> None:
    assert drawn(flame_of_profile(profile_from_text(STACKS))) == [
        "all 0+11", "  main 0+11", "    load 0+3", "      hash 0+3", "    sort 3+8", "      hash 3+3", "        mix 3+3",
        "          hash 3+2",
    ]  # fmt: skip


def test_lines_of_a_function_are_one_frame() -> None:
    flame = flame_of_profile(profile_from_text("main (a.py:3);f 2\nmain (a.py:9);f 5"))
    assert drawn(flame) == ["all 0+7", "  main 0+7", "    f 0+7"]


def test_pruning_keeps_the_widest_and_says_what_it_hides() -> None:
    small = flame_of_profile(profile_from_text(STACKS)).pruned(3)
    assert drawn(small) == ["all 0+11", "  main 0+11", "    sort 0+8"]
    assert small.notes == (
        "5 of 8 frames are left out, none wider than 27%; 54.5% of the weight ends in them and is drawn as their callers' own",
    )


def test_a_sandwich_counts_recursion_once_on_both_sides() -> None:
    made = sandwich(flame_of_profile(profile_from_text(STACKS)), "hash")
    assert made.callers_from == 3
    assert drawn(made) == [
        "hash 0+6", "  mix 0+3", "    hash 0+2",
        "hash 0+6", "  load 0+3", "    main 0+3", "  sort 3+3", "    main 3+3",
    ]  # fmt: skip


def test_a_sandwich_of_nothing_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no function matches 'absent'"):
        sandwich(flame_of_profile(profile_from_text(STACKS)), "absent")


def test_a_change_colours_the_way_to_it() -> None:
    from hotspot import diff

    slower = edited(
        PROGRAM, {"main;sort;less": 1500, "main;pack;fold;fold;emit": 0, "main;group;brand_new": 500}
    )
    flame = flame_of_diff(diff(runs(PROGRAM), runs(slower, seed=1)))
    (coloring,) = [c for c in colorings(flame) if c.key == "difference"]
    called = {
        flame.labels.name[label]: DIFFERENCES[category].name
        for label, category in zip(flame.tree.frame, coloring.of_node, strict=True)
    }
    assert called["less"] == called["sort"] == "5+ points more"
    assert called["brand_new"] == "new"
    assert called["emit"] == "gone"


def test_what_chance_does_colours_nothing() -> None:
    from hotspot import diff

    flame = flame_of_diff(diff(runs(PROGRAM), runs(PROGRAM, seed=1)))
    (coloring,) = [c for c in colorings(flame) if c.key == "difference"]
    assert {DIFFERENCES[category].name for category in coloring.of_node} == {"no clear change"}


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_can_be_read_on_every_colour() -> None:
    pairs = [*HUES, GREY, *((c.light, c.dark) for c in (*DIFFERENCES, _MATCH))]
    for colors in pairs:
        for color, text in zip(colors, (TEXT_LIGHT, TEXT_DARK), strict=True):
            low, high = sorted((luminance(color), luminance(text)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, color


def test_names_are_no_markup_for_plotly() -> None:
    assert literal("<b>a&b</b>$x$\0\u202e") == "&lt;b&gt;a&amp;b&lt;/b&gt;&#36;x&#36;\\x00\\u202e"


def test_conveniences_return_figures() -> None:
    profile = profile_from_text(STACKS)
    bars = profile.flamegraph().data
    assert sum(len(bar.x) for bar in bars) == 8
    assert np.min(np.concatenate([bar.y for bar in profile.sandwich("hash").data])) == -2
    assert profile.diff(profile_from_text(STACKS)).flamegraph().data
