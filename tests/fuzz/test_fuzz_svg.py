"""Damaged flame graph SVGs: a profile whose invariants hold, or one HotspotError, and nothing else."""

from __future__ import annotations

import random

from hotspot.errors import HotspotError
from hotspot.importers import svg
from hotspot.importers.base import HEAD_BYTES, Head, ImportOptions, bytes_source
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.svg_drawings import flamegraph_pl, inferno, ordered

STACKS = ordered(
    {
        ("main", "parse (a.py:1)", "lex"): 600,
        ("main", "parse (a.py:1)"): 1,
        ("main", "<emit>"): 30,
        ("lib`idle",): 2,
        ("main", "main", "main"): 40,
    }
)
DIFFERENTIAL = flamegraph_pl(STACKS).replace("%)</title>", "%; +0.15%)</title>")
DOCUMENTS = [
    flamegraph_pl(STACKS, generation=2011, shuffle=random.Random(1)),
    flamegraph_pl(STACKS, generation=2013, unit="ms"),
    flamegraph_pl(STACKS, generation=2017, inverted=True),
    inferno(STACKS),
    inferno(STACKS, whole_pixels=True, inverted=True),
    DIFFERENTIAL,
    f"<!DOCTYPE html><html>{inferno(STACKS)}{flamegraph_pl(STACKS)}</html>",
]
FRAGMENTS = [
    "<", ">", '"', "'", "&", "<g>", "</g>", "<svg>", "</svg>", "<svg/>", "<title>", "</title>", "<rect ", "/>", "<a>", "<!--",
    "-->", "<![CDATA[", "]]>", "<script>", "</script>", "&lt;", "&#0;", "&#xD800;", "&#1114112;", "\x00", "\ud800", "-", "0",
    "9" * 25, "1e308", "nan", ".", ",", " ", "%", " (1 samples, 1%)", "(1.5 ms, 1%)", "(-3 sample weight, 2 samples, 1%)",
    ' fg:x="3"', ' fg:w="0"', ' x="1.23456789"', ' width="-5"', ' height="15.0"', "; +1.20%", "onmouseover=\"s('", "all", "\u00a0",
]  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "repeat", "move"]),
        st.floats(0, 1),
        st.integers(0, 300),
        st.sampled_from(FRAGMENTS),
    ),
    min_size=1,
    max_size=6,
)


def edited(text: str, edits: list[tuple[str, float, int, str]]) -> str:
    for kind, where, length, fragment in edits:
        at = int(where * len(text))
        piece = text[at : at + length]
        if kind == "insert":
            text = text[:at] + fragment + text[at:]
        elif kind == "delete":
            text = text[:at] + text[at + length :]
        elif kind == "repeat":
            text = text[:at] + piece + text[at:]
        else:
            text = piece + text[:at] + text[at + length :]
    return text


def read_or_refuse(data: bytes) -> None:
    source = bytes_source("x.svg", data)
    svg.detect(Head(data[:HEAD_BYTES], len(data) <= HEAD_BYTES))
    try:
        profiles = svg.load(source, ImportOptions())
    except HotspotError as error:
        assert str(error).startswith("x.svg")  # noqa: PT017  (the error is one of two right answers)
    else:
        for profile in profiles:
            profile.check()
            assert int(profile.node_self.min(initial=0)) >= 0


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(DOCUMENTS), EDITS)
def test_edited_documents(document: str, edits: list[tuple[str, float, int, str]]) -> None:
    read_or_refuse(edited(document, edits).encode("utf-8", errors="surrogatepass"))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=30))
def test_damaged_bytes(document: str, damage: list[tuple[float, int]]) -> None:
    data = bytearray(document.encode())
    for where, value in damage:
        data[int(where * (len(data) - 1))] = value
    read_or_refuse(bytes(data))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*FRAGMENTS, 'x="0" y="16" height="15"', "<g><title>f"]), max_size=40))
@example(["<svg>", "<title>", "</title>", "<rect ", "/>", "</svg>"])
def test_tag_soup(pieces: list[str]) -> None:
    read_or_refuse(("<svg>" + "".join(pieces)).encode("utf-8", errors="surrogatepass"))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.integers(-3, 60),
            st.integers(0, 40),
            st.one_of(st.integers(0, 50), st.just(2**61), st.just(2**63 - 1)),
            st.sampled_from(["all", "a", "b", ""]),
        ),
        min_size=1,
        max_size=25,
    ),
    st.booleans(),
)
def test_drawings_that_contradict_themselves(
    frames: list[tuple[int, int, int, int, str]], exact: bool
) -> None:
    """Frames anywhere, overlapping, of any weight."""
    out = ["<svg>"]
    for row, x, width, count, name in frames:
        more = f' fg:x="{x}" fg:w="{width}"' if exact else ""
        out.append(
            f'<g><title>{name} ({count} samples, 1%)</title><rect x="{x}" y="{16 * row}" width="{width}" height="15"{more}/></g>'
        )
    read_or_refuse("".join([*out, "</svg>"]).encode())


def test_work_stays_linear() -> None:
    """Documents that make a careless scanner read the rest of the text again for every tag."""
    for piece in (
        "<!--",
        "<title>",
        "<script>",
        "<rect a='",
        "<g onmouseover=\"s('",
        "<svg ",
        "<title>f (1(1(1(1",
        "&amp;",
        '<g a="b" ',
        '<g class="(this)',
        '<g><title>f (1 samples, 1%)</title><rect x="',
        '<g><title>f</title><rect x="" y="" width="" height="" fill=""/><text ',
    ):
        read_or_refuse(("<svg>" + piece * 40_000).encode())
        read_or_refuse(("<svg>" + piece * 40_000 + "</svg>").encode())
    read_or_refuse(f"<svg><g><title>{'f (1 1 (' * 40_000}</title><rect/></g></svg>".encode())
