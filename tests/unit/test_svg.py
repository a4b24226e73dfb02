"""Flame graph SVGs of every generation, drawn small, read back."""

from __future__ import annotations

import gzip
import random
import re

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.exporters import svg as exporters_svg
from hotspot.importers import svg
from hotspot.importers.base import HEAD_BYTES, Head, ImportOptions, Match, NotThisFormat, bytes_source
from hotspot.profile import LossKind, ModuleStyle, Profile
from hotspot.units import ValueType
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.svg_drawings import as_text, flamegraph_pl, inferno, ordered
from tests.vocabulary import folded, format_tree, profile_from_text, tree_text

SMALL = ordered({("main", "parse", "lex"): 6, ("main", "parse"): 1, ("main", "emit"): 3, ("idle",): 2})
SMALL_TREE = tree_text(
    """
    idle 2,2
    main 10,0
      emit 3,3
      parse 7,1
        lex 6,6
    """
)


def read_all(document: str | bytes) -> list[Profile]:
    data = document if isinstance(document, bytes) else document.encode()
    return [profile.check() for profile in svg.load(bytes_source("x.svg", data), ImportOptions())]


def read(document: str | bytes) -> Profile:
    (profile,) = read_all(document)
    return profile


def match(document: str) -> Match:
    data = document.encode()
    return svg.detect(Head(data[:HEAD_BYTES], len(data) <= HEAD_BYTES))


def losses(profile: Profile, kind: LossKind) -> list[int | None]:
    return [loss.amount for loss in profile.provenance.losses if loss.kind is kind]


def drawing(*frames: str, attributes: str = "") -> str:
    """Return a drawing of frames given as ``x y width title``."""
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>']
    for frame in frames:
        x, y, width, title = frame.split(" ", 3)
        out.append(
            f'<g><title>{title}</title><rect x="{x}" y="{y}" width="{width}" height="15" fill="rgb(1,2,3)"/></g>'
        )
    return "\n".join([*out, "</svg>"])


# -- generations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("inverted", [False, True], ids=["flame", "icicle"])
@pytest.mark.parametrize("generation", [2011, 2013, 2017])
def test_flamegraph_pl(generation: int, inverted: bool) -> None:
    document = flamegraph_pl(
        SMALL, generation=generation, inverted=inverted, shuffle=random.Random(generation)
    )
    profile = read(document)
    assert format_tree(profile) == SMALL_TREE
    assert profile.total == 12
    assert profile.value_types == (ValueType("samples", "count"),)
    assert profile.provenance.losses == ()
    assert profile.provenance.format == svg.INFO.name == "svg"
    assert match(document) is Match.YES


@pytest.mark.parametrize("inverted", [False, True], ids=["flame", "icicle"])
@pytest.mark.parametrize("whole_pixels", [False, True])
def test_inferno(inverted: bool, whole_pixels: bool) -> None:
    document = inferno(SMALL, inverted=inverted, whole_pixels=whole_pixels)
    profile = read(document)
    assert format_tree(profile) == SMALL_TREE
    assert profile.provenance.producer == "inferno"
    assert profile.provenance.losses == ()
    assert match(document) is Match.YES


def test_py_spy_is_told_by_its_caption_and_its_labels_are_taken_apart() -> None:
    stacks = [(("<module> (app.py:3)", "run (lib/x.py:41)", "read (libc.so.6)"), 5)]
    profile = read(inferno(stacks, inverted=True, caption="py-spy record -o x.svg -- python3 app.py"))
    assert profile.provenance.producer == "py-spy"
    assert profile.provenance.module_style is ModuleStyle.PARENTHESES
    strings, frames = profile.frames.strings, profile.frames
    assert [strings[i] for i in frames.name] == ["<module>", "run", "read"]
    assert [strings[i] for i in frames.file] == ["app.py", "lib/x.py", ""]
    assert [strings[i] for i in frames.module] == ["", "", "libc.so.6"]
    assert frames.line.tolist() == [3, 41, 0]
    assert folded(profile) == {"<module> (app.py:3);run (lib/x.py:41);read (libc.so.6)": 5}


def test_py_spy_called_by_its_path() -> None:
    profile = read(inferno(SMALL, caption="/usr/local/bin/py-spy record -o x.svg"))
    assert profile.provenance.producer == "py-spy"


def test_inferno_before_it_wrote_exact_widths() -> None:
    document = re.sub(r' fg:[xw]="\d+"', "", inferno(SMALL)).replace(' total_samples="12"', "")
    assert "%" in document
    assert format_tree(read(document)) == SMALL_TREE


def test_async_profiler() -> None:
    document = flamegraph_pl(SMALL).replace("100%)", "100.00%)").replace("rgb(1,2,3)", "#e5a04b")
    profile = read(document)
    assert format_tree(profile) == SMALL_TREE
    assert profile.provenance.producer == "async-profiler"


def test_flame_chart_siblings_that_come_again_are_merged() -> None:
    stacks = [(("a", "b"), 2), (("a", "c"), 1), (("a", "b"), 4), (("d",), 1), (("a", "b"), 8)]
    expected = {"a;b": 14, "a;c": 1, "d": 1}
    assert folded(read(flamegraph_pl(stacks))) == expected
    assert folded(read(inferno(stacks))) == expected


def test_recursion_keeps_its_depth() -> None:
    stacks = ordered({("a",) * 40: 3, ("a",) * 39: 1})
    for document in (flamegraph_pl(stacks), inferno(stacks), inferno(stacks, inverted=True)):
        assert folded(read(document)) == {";".join("a" * 40): 3, ";".join("a" * 39): 1}


def test_a_lone_chain_is_the_right_way_up() -> None:
    for inverted in (False, True):
        assert folded(read(inferno([(("a", "b", "c"), 7)], inverted=inverted))) == {"a;b;c": 7}


def test_several_roots_without_a_row_all() -> None:
    profile = read(
        drawing("0 32 60 a (6 samples, 60%)", "60 32 40 b (4 samples, 40%)", "0 16 50 c (5 samples, 50%)")
    )
    assert folded(profile) == {"a": 1, "a;c": 5, "b": 4}


def test_two_rows_of_all_as_hot_cold_graphs_have() -> None:
    profile = read(
        drawing(
            "0 32 60 all (6 ms, 100%)",
            "60 32 40 all (4 ms, 100%)",
            "0 16 60 a (6 ms, 60%)",
            "60 16 40 a (4 ms, 40%)",
        )
    )
    assert folded(profile) == {"a": 10}
    assert str(profile.value_type) == "time/milliseconds"


def test_links_classes_and_styles_around_frames() -> None:
    rect = 'rect y="{}" x="0" height="15" width="{}" fill="rgb(1,2,3)"'
    document = f"""<svg>
      <g class="func_g" style="opacity:1" id="z"><title>all (9 samples, 100%)</title>
      <a xlink:href="http://x/?a=1&amp;b=2" target="_top"><{rect.format(32, 90)} /><text x="3" y="3">all</text></a></g>
      <a xlink:href="#" class="c"><title>f (4 samples, 44.44%)</title><{rect.format(16, 40)}></rect><text>f</text></a>
      <g onmouseover="s('g (2 samples, 22.22%)')"><title>see the manual</title><{rect.format(0, 20)}/></g>
    </svg>"""
    assert folded(read(document)) == {"[omitted]": 5, "f": 2, "f;g": 2}


def test_rectangle_before_its_title_and_title_inside_it() -> None:
    document = """<svg><title>The picture</title><rect width="100%" height="99"/>
      <g><rect x="0" y="16" width="10" height="15"/><title>all (5 samples, 100%)</title></g>
      <rect x="0" y="0" width="10" height="15"><title>f (5 samples, 100.00%)</title></rect></svg>"""
    assert folded(read(document)) == {"f": 5}


def test_titles_and_rectangles_without_groups() -> None:
    """The background must not take the first title, or each frame would get its neighbour's."""
    rect = '<rect x="0" y="{}" width="{}" height="15"/>'
    document = f"""<svg><rect width="100%" height="99"/>
      <title>all (9 samples)</title>{rect.format(16, 9)}<text>all</text>
      <title>f (5 samples)</title>{rect.format(0, 5)}<text>f</text></svg>"""
    assert folded(read(document)) == {"[omitted]": 4, "f": 5}


def test_saved_again_by_other_tools() -> None:
    """Prefixes, single quotes, attributes reordered, one line; the prefix of inferno's namespace renamed."""
    plain = inferno(SMALL)
    renamed = (
        plain.replace("<svg ", "<ns0:svg ").replace("</svg>", "</ns0:svg>").replace("fg:", "ns1:")
        .replace("<g>", "<ns0:g>").replace("</g>", "</ns0:g>").replace("<rect ", "<ns0:rect ")
        .replace("<title>", "<ns0:title>").replace("</title>", "</ns0:title>")
    )  # fmt: skip
    assert format_tree(read(renamed)) == SMALL_TREE
    assert format_tree(read(flamegraph_pl(SMALL).replace("\n", " ").replace('"', "'"))) == SMALL_TREE
    laid_out = (
        flamegraph_pl(SMALL).replace("<title>", "<title>\n      ").replace("</title>", "\n    </title>")
    )
    assert format_tree(read(laid_out)) == SMALL_TREE


def test_minified_without_titles_keeps_exact_counts() -> None:
    document = """<svg total_samples="10"><g><rect y="16" x="0" width="100%" height="15" fg:x="0" fg:w="10"/>
      <text>all</text></g><g><rect y="0" x="0" width="70%" height="15" fg:x="0" fg:w="7"/><text>long_na..</text></g></svg>"""
    profile = read(document)
    assert folded(profile) == {"[omitted]": 3, "long_na..": 7}
    assert losses(profile, LossKind.DROPPED) == [2]


def test_picture_saved_while_it_was_zoomed() -> None:
    document = drawing(
        "10 32 100 all (10 samples, 100%)", "10 16 40 f (4 samples, 40%)", "50 16 60 g (6 samples, 60%)"
    )
    zoomed = document.replace(
        'x="50" y="16" width="60"', 'x="10" _orig_x="50" y="16" width="100" _orig_width="60"'
    )
    assert folded(read(zoomed)) == {"f": 4, "g": 6}


def test_html_page_with_two_drawings_gives_two_profiles() -> None:
    other = drawing("0 16 9 all (3 calls, 100%)", "0 0 9 x (3 calls, 100.00%)")
    icon = '<svg class="icon"><path d="M0 0"/></svg><svg viewBox="0 0 1 1"/>'
    page = f"<!DOCTYPE html><html><head><title>t (3 samples, 4%)</title><script>'<svg>'</script></head>{icon}{inferno(SMALL)}<p>and {other}</html>"
    first, second = read_all(page)
    assert format_tree(first) == SMALL_TREE
    assert folded(second) == {"x": 3}
    assert str(second.value_type) == "calls/count"


def test_compressed() -> None:
    assert format_tree(read(gzip.compress(inferno(SMALL).encode()))) == SMALL_TREE


# -- text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("std::vector&lt;int&gt;::at", "std::vector<int>::at"),
        ("a &amp;amp;&amp;lt; b", "a &< b"),
        ("op&#60;&#x3c; &quot;x&apos;", "op<< \"x'"),
        ("raw <b> & c &unknown < d", "raw <b> & c &unknown < d"),
        ("tab\there \x01 end", "tab\there \x01 end"),
        ("f (12 samples, 3%) (inlined)", "f (12 samples, 3%) (inlined)"),
        ("operator()(int, 3)", "operator()(int, 3)"),
        ("naïve 函数", "naïve 函数"),
        ("", "[unknown]"),
    ],
)
def test_names(written: str, name: str) -> None:
    profile = read(drawing("0 16 9 all (3 samples, 100%)", f"0 0 9 {written} (3 samples, 100.00%)"))
    assert folded(profile) == {name: 3}


def test_raw_quotes_in_the_oldest_hover_text() -> None:
    document = flamegraph_pl([(('a "b" > c', "d\"'e"), 4)], generation=2011)
    assert folded(read(document)) == {'a "b" > c;d"\'e': 4}


def test_encodings() -> None:
    text = inferno([(("café",), 4)])
    assert folded(read(text)) == {"café": 4}
    assert folded(read(text.encode("utf-16"))) == {"café": 4}
    declared = text.replace('version="1.0"', 'version="1.0" encoding="iso-8859-1"')
    assert folded(read(declared.encode("latin-1"))) == {"café": 4}
    assert folded(read(text.encode("latin-1"))) == {r"caf\xe9": 4}
    wrong = text.replace('version="1.0"', 'version="1.0" encoding="martian"')
    assert folded(read(wrong)) == {"café": 4}


def test_entities_a_document_declares_are_not_expanded() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + drawing(
        "0 0 9 &b; (3 samples, 100.00%)"
    )
    assert folded(read(bomb)) == {"&b:": 3}  # `;` in a name is written as `:`


# -- counts and units ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "weight", "value_type"),
    [
        ("1,234,567 samples", 1234567, ValueType("samples", "count")),
        ("1\u00a0234\u00a0567 samples", 1234567, ValueType("samples", "count")),
        ("1.234.567 samples", 1234567, ValueType("samples", "count")),
        ("1.234 samples", 1234, ValueType("samples", "count")),
        ("1'234 cycles", 1234, ValueType("cycles", "count")),
        ("1 sample", 1, ValueType("samples", "count")),
        ("12 ms", 12, ValueType("time", "milliseconds")),
        ("12 μs", 12, ValueType("time", "microseconds")),
        ("1.25 s", 125, ValueType("time", "seconds", 100)),
        ("1.250 ms", 1250, ValueType("time", "milliseconds", 1000)),
        ("0,5 ms", 5, ValueType("time", "milliseconds", 10)),
        ("1,024.5 KB", 10245, ValueType("space", "kilobytes", 10)),
        ("4,096 bytes", 4096, ValueType("space", "bytes")),
        ("7 I/O calls", 7, ValueType("i/o calls", "count")),
        ("7 calls (total), all of them", 7, ValueType("calls (total), all of them", "count")),
        ("7 sample weight", 7, ValueType("sample weight", "count")),
        ("7 ", 7, ValueType("count", "count")),
    ],
)  # fmt: skip
def test_units(written: str, weight: int, value_type: ValueType) -> None:
    profile = read(drawing(f"0 16 9 all ({written}, 100%)", f"0 0 9 f ({written}, 100.00%)"))
    assert profile.value_types == (value_type,)
    assert folded(profile) == {"f": weight}


def test_one_unit_is_kept_where_frames_use_several() -> None:
    profile = read(drawing("0 16 9 all (1.5 s, 100%)", "0 0 3 f (300 ms, 20%)", "3 0 1 g (1 us, 0%)"))
    assert profile.value_types == (ValueType("time", "microseconds", 10),)
    assert folded(profile) == {"f": 3_000_000, "g": 10, "[omitted]": 11_999_990}
    singular = read(drawing("0 16 9 all (2 calls, 100%)", "0 0 3 f (1 call, 50%)"))
    assert str(singular.value_type) == "calls/count"
    with pytest.raises(MalformedProfile, match="different units: 'bytes', 'ms'"):
        read(drawing("0 16 9 all (2 ms, 100%)", "0 0 3 f (1 bytes, 50%)"))


def test_decimals_that_would_not_fit_are_rounded_and_said() -> None:
    profile = read(drawing("0 0 9 all (1234567890.0123456789012 s, 100%)"))
    assert profile.total == 1234567890012345679
    assert profile.value_type.scale == 10**9
    assert losses(profile, LossKind.ROUNDED) == [None]


def test_factor_makes_titles_differ_from_exact_widths() -> None:
    document = inferno(SMALL).replace("12 samples", "121 ms").replace("10 samples", "101 ms")
    document = (
        document.replace("2 samples", "20 ms").replace("7 samples", "71 ms").replace("6 samples", "61 ms")
    )
    profile = read(document.replace("3 samples", "30 ms"))
    assert folded(profile) == {"idle": 20, "main;emit": 30, "main;parse": 10, "main;parse;lex": 61}
    assert losses(profile, LossKind.ROUNDED) == [None]


def test_a_title_that_was_replaced_leaves_the_exact_width() -> None:
    document = inferno(SMALL).replace("parse (7 samples, 58.33%)", "Parser")
    assert folded(read(document)) == {"idle": 2, "main;Parser": 1, "main;Parser;lex": 6, "main;emit": 3}


def test_a_frame_without_any_count_gets_the_sum_of_its_callees() -> None:
    profile = read(
        drawing(
            "0 48 9 all (9 samples, 100%)",
            "0 32 8 see the manual",
            "0 16 5 f (5 samples, 1%)",
            "0 0 1 g (1 samples, 1%)",
        )
    )
    assert folded(profile) == {"see the manual;f": 4, "see the manual;f;g": 1, "[omitted]": 4}
    assert losses(profile, LossKind.INCONSISTENT) == [1]


# -- differential ---------------------------------------------------------------------------------------


def test_differential_percentages_that_stand_for_one_count_each() -> None:
    profile = read(
        drawing(
            "0 32 9 all (400 samples, 100%)",
            "0 16 9 f (400 samples, 100.00%; +0.50%)",
            "0 0 4 g (150 samples, 37.50%; -12.25%)",
            "4 0 4 h (100 samples, 25.00%; 0.00%)",
        )
    )
    assert profile.value_types == (ValueType("samples", "count"), ValueType("delta", "count"))
    assert folded(profile) == {"f": 150, "f;g": 150, "f;h": 100}
    assert folded(profile.select("delta")) == {"f": 2, "f;g": -49}


@pytest.mark.parametrize("total", ["40,000", "400"])
def test_differential_percentages_that_do_not_are_left_out(total: str) -> None:
    share = "+1.20" if total == "40,000" else "+1.23"  # no whole number of 400 is 1.23%
    profile = read(
        drawing(f"0 16 9 all ({total} samples, 100%)", f"0 0 9 f ({total} samples, 100.00%; {share}%)")
    )
    assert profile.value_types == (ValueType("samples", "count"),)
    assert losses(profile, LossKind.DROPPED) == [1]


def test_differential_of_2011_shows_the_weight_of_the_first_stack_that_reaches_a_frame() -> None:
    profile = read(
        drawing(
            "0 32 90 all samples (9 samples, 100%)",
            "0 16 90 f (-4 sample weight, 9 samples, 100.00%)",
            "0 0 40 g (-4 sample weight, 4 samples, 44.44%)",
            "40 0 50 h (3 sample weight, 5 samples, 55.56%)",
        )
    )
    assert folded(profile) == {"f;g": 4, "f;h": 5}
    assert folded(profile.select("delta")) == {"f;g": -4, "f;h": 3}


# -- what a drawing lost ----------------------------------------------------------------------------------


def test_narrow_frames_are_self_of_their_caller_and_bounded() -> None:
    stacks = ordered({("a",): 9_000, ("a", "b"): 900_000, ("a", "c"): 70, ("d",): 70, ("e",): 90_860})
    profile = read(flamegraph_pl(stacks))
    assert profile.total == 1_000_000
    # 0.1 px of 1180 are 84.7 samples: at most 84 are hidden in one frame.
    assert losses(profile, LossKind.PRUNED) == [84]
    assert folded(profile) == {"a": 9_070, "a;b": 900_000, "e": 90_860, "[omitted]": 70}
    (loss,) = profile.provenance.losses
    assert "0.1 px" in loss.text
    assert "70 samples belong to no root frame" in loss.text
    assert losses(read(inferno(stacks)), LossKind.PRUNED) == [99]  # 0.01% are 100 samples
    drawn = read(inferno(stacks, minimum=0))
    assert losses(drawn, LossKind.PRUNED) == [69]  # a frame of 70 is drawn


def test_our_own_picture_says_that_it_leaves_nothing_out() -> None:
    # The picture has no frame of one unit, and none would be 0.01% of it.
    given = profile_from_text("a 9000\na;b 900000\na;c 70\nd 70\ne 90860")
    document = b"".join(exporters_svg.write(given)).decode()
    profile = read(document)
    assert profile.provenance.losses == ()
    assert profile.provenance.producer == "hotspot"
    assert folded(profile) == folded(given)
    assert losses(read(document.replace(' data-narrowest="0"', "")), LossKind.PRUNED) == [69]


def test_py_spy_leaves_out_more() -> None:
    stacks = ordered({("a",): 99_000, ("b",): 50, ("c",): 950})
    profile = read(inferno(stacks, caption="py-spy record", minimum=0.1))
    assert losses(profile, LossKind.PRUNED) == [99]
    assert folded(profile) == {"a": 99_000, "c": 950, "[omitted]": 50}


def test_samples_without_a_stack_are_told_from_frames_left_out() -> None:
    all_row, leaf = "0 16 100 all (10 samples, 100%)", "90 0 10 f (1 samples, 10%)"
    assert folded(read(drawing(all_row, "20 0 70 e (7 samples, 70%)", leaf))) == {
        "[no stack]": 2,
        "e": 7,
        "f": 1,
    }
    assert folded(read(drawing(all_row, "0 0 70 e (7 samples, 70%)", leaf))) == {
        "[omitted]": 2,
        "e": 7,
        "f": 1,
    }


def test_callees_that_outweigh_their_caller_are_reduced_and_the_total_stays() -> None:
    profile = read(
        drawing(
            "0 48 90 all (9 ms, 100%)",
            "0 32 90 f (9 ms, 100.00%)",
            "0 16 50 g (5 ms, 55.56%)",
            "50 16 30 h (3 ms, 33.33%)",
            "80 16 10 i (2 ms, 11.11%)",
            "0 0 20 j (3 ms, 22.22%)",
            "20 0 30 k (2 ms, 33.33%)",
        )
    )
    # f holds 10 ms of callees: g, h and i are worth 4.5, 2.7 and 1.8 of its 9; then g's own 5 do not fit either.
    assert profile.total == 9
    assert folded(profile) == {"f;g;j": 2, "f;g;k": 2, "f;h": 3, "f;i": 2}
    assert losses(profile, LossKind.INCONSISTENT) == [1]
    assert "add up to 1 ms more" in profile.provenance.losses[-1].text


def test_frames_within_one_pixel_follow_the_order_inferno_writes() -> None:
    stacks = ordered({("a", "b"): 4, ("c", "d"): 4, ("e", "f", "g"): 4, ("h",): 99_988})
    profile = read(inferno(stacks, whole_pixels=True))
    assert folded(profile) == {"[omitted]": 12, "h": 99_988}  # all under 0.1 px: nothing to nest
    stacks = ordered({("a", "b"): 40, ("c", "d"): 40, ("e", "f", "g"): 40, ("h",): 399_880})
    profile = read(inferno(stacks, whole_pixels=True))
    assert folded(profile) == {"a;b": 40, "c;d": 40, "e;f;g": 40, "h": 399_880}
    assert losses(profile, LossKind.ROUNDED) == [3]


def test_frames_within_one_pixel_in_no_order_are_nested_by_counts() -> None:
    profile = read(
        drawing(
            "0 32 100 all (1,000 samples, 100%)",
            "0 16 0 a (30 samples, 3%)",
            "0 0 0 c (20 samples, 2%)",
            "0 16 0 b (20 samples, 2%)",
            "0 0 0 d (30 samples, 3%)",
            "0 16 100 e (900 samples, 90%)",
        )
    )
    assert folded(profile) == {"a;d": 30, "b;c": 20, "e": 900, "[omitted]": 50}
    assert losses(profile, LossKind.ROUNDED) == [2]


# -- refusals ------------------------------------------------------------------------------------------------

PLOT = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><g id="figure_1"><title>Figure</title>
<rect x="1" y="2" width="3" height="4"/><text>12 samples</text><path d="M 0 1"/></g></svg>"""


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (PLOT, "titles without a count"),
        ('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>', "not a flame graph"),
        (drawing("0 16 9 all (100%)", "0 0 9 f 12.5%"), "no counts"),
        ("<html><p>nothing</p></html>", "no <svg>"),
        ("<html><svg><path></html>", "cut off"),
    ],
)
def test_other_drawings_are_refused_with_a_reason(document: str, reason: str) -> None:
    with pytest.raises(NotThisFormat, match=reason):
        read(document)
    assert match(document) is not Match.YES


def test_detection() -> None:
    assert match(PLOT) is Match.MAYBE
    assert match('{"svg": "<svg id=\'frames\'>"}') is Match.NO
    assert match("main;<svg 12") is Match.NO
    assert match("<html>" + " " * HEAD_BYTES + inferno(SMALL)) is Match.MAYBE
    late = f"<svg><script>{' ' * HEAD_BYTES}</script></svg>"
    assert match(late) is Match.MAYBE


def test_an_error_drawn_by_the_tool_is_passed_on() -> None:
    said = "ERROR: No valid input provided to flamegraph.pl."
    with pytest.raises(EmptyProfile, match=said):
        read(f'<svg width="1200"><text x="600" y="24">{said}</text></svg>')


@pytest.mark.parametrize("document", [flamegraph_pl(SMALL), inferno(SMALL)], ids=["flamegraph.pl", "inferno"])
def test_a_file_cut_off_anywhere_is_one_clear_error(document: str) -> None:
    end = document.rindex("</svg>") + len("</svg>")
    for cut in range(document.index("<svg") + 1, end, 7):
        with pytest.raises(MalformedProfile, match=r"cut off|no <svg>"):
            read(document[:cut])
    with pytest.raises(
        MalformedProfile, match=r"x\.svg:\d+: the drawing is cut off after 2 frames: no </svg>"
    ):
        read(document[: [m for m in range(len(document)) if document.startswith("</title>", m)][2]])


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (
            ["0 16 9 f (3 samples, 100%)", "50 0 9 g (2 samples, 1%)"],
            "no caller is drawn next to the frames 'g'",
        ),
        (["nan 16 9 f (3 samples, 100%)"], "out of all bounds"),
        (["1e300 16 9 f (3 samples, 100%)"], "out of all bounds"),
        (["0 y 9 f (3 samples, 100%)"], "a coordinate is no number: 'y'"),
        ([f"0 16 9 f ({10**19} samples, 100%)"], "larger than 2^63"),
        ([f"0 16 9 f ({2**62} samples, 100%)", f"9 16 9 f ({2**62} samples, 100%)"], "more than 2^62"),
    ],
)
def test_damage(frames: list[str], reason: str) -> None:
    with pytest.raises(MalformedProfile, match=reason.replace("^", r"\^")):
        read(drawing(*frames))


# -- properties ------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "main",
        "x y",
        "op<<",
        "f(int, char)",
        "a&b",
        'q"q',
        "é",
        "lib`sym",
        "r (m.py:7)",
        "s_[k]",
        "-",
    ]
)
STACKS = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=7).map(tuple), st.integers(1, 700), min_size=1, max_size=15
)
CHART = st.lists(
    st.tuples(st.lists(NAMES, min_size=1, max_size=5).map(tuple), st.integers(1, 90)), min_size=1, max_size=30
)


def expected(stacks: list[tuple[tuple[str, ...], int]]) -> dict[str, int]:
    return folded(profile_from_text(as_text(stacks)))


@settings(max_examples=60, deadline=None)
@given(STACKS, st.booleans(), st.sampled_from([2011, 2013, 2017]), st.randoms(use_true_random=False))
def test_flamegraph_pl_gives_back_every_stack(
    stacks: dict[tuple[str, ...], int], inverted: bool, generation: int, shuffle: random.Random
) -> None:
    lines = ordered(stacks)
    document = flamegraph_pl(lines, generation=generation, inverted=inverted, shuffle=shuffle)
    assert without_style(folded(read(document))) == without_style(expected(lines))


@settings(max_examples=60, deadline=None)
@given(STACKS, st.booleans(), st.sampled_from([1, 997, 10**12]))
def test_inferno_gives_back_every_stack(
    stacks: dict[tuple[str, ...], int], inverted: bool, factor: int
) -> None:
    lines = [(stack, weight * factor) for stack, weight in ordered(stacks)]
    profile = read(inferno(lines, inverted=inverted, minimum=0))
    assert without_style(folded(profile)) == without_style(expected(lines))
    assert profile.total == sum(weight for _, weight in lines)


@settings(max_examples=40, deadline=None)
@given(CHART, st.randoms(use_true_random=False))
def test_flame_charts_give_back_every_stack(
    stacks: list[tuple[tuple[str, ...], int]], shuffle: random.Random
) -> None:
    for document in (flamegraph_pl(stacks, shuffle=shuffle), inferno(stacks)):
        assert without_style(folded(read(document))) == without_style(expected(stacks))


@settings(max_examples=60, deadline=None)
@given(STACKS, st.integers(1, 10**5))
def test_whole_pixels_keep_total_and_every_count(stacks: dict[tuple[str, ...], int], idle: int) -> None:
    """Frames may be too narrow to nest for certain; what each weighs in all is known regardless."""
    lines = ordered({**stacks, ("zz",): idle})
    profile = read(inferno(lines, whole_pixels=True))
    assert profile.total == sum(weight for _, weight in lines)
    if all(weight * 1180 >= profile.total for _, weight in lines):
        assert without_style(folded(profile)) == without_style(expected(lines))
        assert losses(profile, LossKind.ROUNDED) == []


def without_style(stacks: dict[str, int]) -> dict[str, int]:
    """One label of a drawing says how modules are spelt; a profile built by hand does not."""
    merged: dict[str, int] = {}
    for stack, weight in stacks.items():
        key = stack.replace("lib`sym", "sym")
        merged[key] = merged.get(key, 0) + weight
    return merged
