"""Every text format of `tests.drawn_texts`: told by its content, read as drawn, whatever its line ends."""

from __future__ import annotations

import pytest
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
