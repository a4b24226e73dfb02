"""A frame that is read as one token, and the same frame read tag by tag, are the same frame.

A space in a tag changes nothing of what a drawing says, and keeps the scanner from taking the frame whole.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import svg
from hotspot.importers.base import ImportOptions, bytes_source
from hotspot.importers.svg.scan import _TOKEN
from hotspot.profile import Profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.test_fuzz_svg import DOCUMENTS, EDITS, STACKS, edited
from tests.strategies import SETTINGS
from tests.svg_drawings import Stacks, flamegraph_pl, inferno, ordered

TAG, SPACED = "<title>", "<title >"
SHAPES = (
    '<g class="func_g" onmouseover="s(this)" onmouseout="c()" onclick="zoom(this)">\n<title>',  # 2015 to 2017
    "<g>\n  <title>",  # tidied up
    '<g class="func_g" onmouseover="s(\'twice\')"><title>',  # hover text that a title goes before
)


def tag_by_tag(document: str) -> str:
    return document.replace(TAG, SPACED)


def summary(document: str) -> list[Any]:
    """All that is read from a document, but for its hash."""
    try:
        profiles = svg.load(bytes_source("x.svg", document.encode("utf-8", "surrogatepass")), ImportOptions())
    except HotspotError as error:
        return [type(error), str(error).replace(SPACED, TAG)]
    return [part for profile in profiles for part in contents(profile.check())]


def contents(profile: Profile) -> list[Any]:
    frames, tree, samples = profile.frames, profile.call_tree, profile.samples
    arrays = (frames.name, frames.file, frames.line, frames.module, frames.kind)
    nodes = (tree.frame, tree.parent, samples.leaf, samples.weight)
    texts = [text.replace(SPACED, TAG) for text in frames.strings]
    told = (profile.provenance.producer, profile.provenance.losses, profile.provenance.module_style)
    return [profile.value_types, texts, told, *(array.tolist() for array in (*arrays, *nodes))]


stacks = st.dictionaries(
    st.lists(st.sampled_from(["a", "b<c>", "d & e", "f (g.py:3)", "all", ""]), min_size=1, max_size=4).map(
        tuple
    ),
    st.integers(1, 5000),
    min_size=1,
    max_size=12,
).map(ordered)


@settings(SETTINGS, max_examples=40)
@given(stacks, st.booleans(), st.randoms(use_true_random=False))
def test_generated_drawings(drawn: Stacks, inverted: bool, shuffle: random.Random) -> None:
    for document in (
        flamegraph_pl(drawn, inverted=inverted, shuffle=shuffle),
        inferno(drawn, inverted=inverted),
        inferno(drawn, whole_pixels=True),
        flamegraph_pl(drawn).replace("%)</title>", "%; +0.15%)</title>"),
    ):
        assert summary(document) == summary(tag_by_tag(document))


@pytest.mark.parametrize("shape", SHAPES)
def test_groups_of_all_generations(shape: str) -> None:
    document = flamegraph_pl(STACKS).replace("<g >\n<title>", shape)
    assert shape in document
    assert summary(document) == summary(tag_by_tag(document)) != summary("<svg></svg>")


@SETTINGS
@given(st.sampled_from(DOCUMENTS), EDITS)
def test_damaged_drawings(document: str, edits: list[tuple[str, float, int, str]]) -> None:
    document = edited(document, edits)
    assert summary(document) == summary(tag_by_tag(document))


@pytest.mark.parametrize("document", [flamegraph_pl(STACKS), inferno(STACKS)])
def test_usual_frames_are_one_token(document: str) -> None:
    kinds = [token.lastgroup for token in _TOKEN.finditer(document)]
    assert kinds.count("frame") == document.count("</title>") > 1
    kinds = [token.lastgroup for token in _TOKEN.finditer(tag_by_tag(document))]
    assert kinds.count("frame") == 0


def test_real_drawings(corpus: Path) -> None:
    for path in sorted((corpus / "svg-flamegraph").iterdir()):
        document = path.read_text(encoding="utf-8")
        assert summary(document) == summary(tag_by_tag(document)), path.name
