"""Every text format of `tests.drawn_texts`: told by its content, read as drawn, whatever its line ends."""

from __future__ import annotations

import pytest
from hotspot.errors import MalformedProfile
from hotspot.importers import registry
from hotspot.importers._collect import plain_number
from hotspot.importers.base import ImportOptions, bytes_source
from hotspot.profile import Profile

from tests.drawn_texts import DRAWN
from tests.vocabulary import format_tree, tree_text

# Formats that are read as another one.
_READ_AS = {"uniq-stacks": "folded"}


def read(text: str) -> Profile:
    (profile,) = registry.read_source(bytes_source("given", text.encode()), None, ImportOptions())
    return profile.check()


@pytest.mark.parametrize("name", DRAWN)
def test_a_file_is_told_by_its_content_and_read_as_drawn(name: str) -> None:
    drawn = DRAWN[name]
    profile = read(drawn.text)
    provenance = profile.provenance
    expected = max((i.INFO.name for i in registry.importers() if name.startswith(i.INFO.name)), key=len)
    assert provenance.format == _READ_AS.get(expected, expected)
    assert format_tree(profile) == tree_text(drawn.tree)
    assert (provenance.producer, tuple(loss.kind for loss in provenance.losses)) == (
        drawn.producer,
        drawn.losses,
    )


@pytest.mark.parametrize("name", DRAWN)
def test_line_ends_of_windows_change_nothing(name: str) -> None:
    assert format_tree(read(DRAWN[name].text.replace("\n", "\r\n"))) == tree_text(DRAWN[name].tree)


@pytest.mark.parametrize("name", DRAWN)
def test_a_file_without_its_last_line_end_is_read_the_same(name: str) -> None:
    assert format_tree(read(DRAWN[name].text.rstrip("\n"))) == tree_text(DRAWN[name].tree)


@pytest.mark.parametrize(
    ("printed", "plain"),
    [("12", "12"), ("1,234.5", "1234.5"), ("1,234,567", "1234567"), ("8,75", "8.75"), ("0,5", "0.5")],
)
def test_a_comma_is_thousands_only_before_three_digits(printed: str, plain: str) -> None:
    assert plain_number(printed) == plain


def test_a_level_of_thousands_of_digits_is_no_call() -> None:
    text = DRAWN["xdebug-trace"].text
    profile = read(f"{text}{'1' * 5000}\t0\t0\t0.0001\t1\tmain\n")
    assert format_tree(profile) == tree_text(DRAWN["xdebug-trace"].tree)


def test_a_quote_that_is_never_closed_is_one_error() -> None:
    text = DRAWN["call-tree-csv"].text + '"' + "x" * 200_000
    with pytest.raises(MalformedProfile, match="field larger"):
        read(text)


@pytest.mark.parametrize("share", ["8.75s", "8..75", "1e3"])
def test_a_share_that_is_no_plain_number_is_refused(share: str) -> None:
    text = f"Level,Function Name,Elapsed Exclusive Time %,Module Name,\n0,main,{share},a.exe,\n"
    with pytest.raises(MalformedProfile, match=r"^given:2: .* is no number"):
        read(text)


def test_samples_of_visual_studio_are_exact() -> None:
    profile = read(
        'Level,Function Name,Exclusive Samples,Module Name,\n0,main,3,a.exe,\n1,work,"1,204",a.exe,\n'
    )
    assert profile.provenance.losses == ()
    assert format_tree(profile) == "main 1207,3\n  work 1204,1204"
