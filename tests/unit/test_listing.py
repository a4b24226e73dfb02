"""Source lines beside weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.report.listing import listing_report
from hotspot.report.table import plain
from hotspot.source.listing import Listing, Listings, list_source
from hotspot.source.ownership import Ownership

from tests.vocabulary import profile_from_text

LINES = [f"line {n}" for n in range(1, 31)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lex.py").write_text("\n".join(LINES) + "\n")
    return tmp_path


def listings(root: Path, stacks: str, pattern: str = "lex", **config: Any) -> Listings:
    return list_source(profile_from_text(stacks), pattern, Ownership(Config(root, **config)))


def drawn(listing: Listing) -> dict[int, tuple[str | None, int, int]]:
    """Text, self and total of the lines that have weight."""
    return {
        line.line: (line.text, line.weight.self_weight, line.weight.total_weight)
        for line in listing.lines
        if line.weight
    }


STACKS = """
    main;lex (lex.py:10) 6
    main;lex (lex.py:12);alloc 3
    main;lex (lex.py:12) 1
"""


def test_lines_with_weight_and_some_around_them(project: Path) -> None:
    (listing,) = listings(project, STACKS).listings
    assert drawn(listing) == {10: ("line 10", 6, 6), 12: ("line 12", 1, 4)}
    assert [(line.line, line.text) for line in listing.lines] == [(n, f"line {n}") for n in range(7, 16)]
    assert listing.source == str(project / "src" / "lex.py")


def test_a_recursive_line_counts_once(project: Path) -> None:
    (listing,) = listings(project, "lex (lex.py:2);lex (lex.py:2);lex (lex.py:3) 5").listings
    assert drawn(listing) == {2: ("line 2", 0, 5), 3: ("line 3", 5, 5)}
    assert (listing.function.self_weight, listing.function.total_weight) == (5, 5)


def test_at_the_edges_of_a_file(project: Path) -> None:
    (listing,) = listings(project, "lex (lex.py:1) 1\nlex (lex.py:30) 2").listings
    assert drawn(listing) == {1: ("line 1", 1, 1), 30: ("line 30", 2, 2)}
    assert listing.lines[0].line == 1


def test_form_feeds_do_not_shift_lines(project: Path) -> None:
    (project / "src" / "lex.py").write_text("one\n\x0c\ntwo\x0b\u2028still two\nthree\r\nfour\r\n")
    (listing,) = listings(project, "lex (lex.py:4) 1\nlex (lex.py:5) 1").listings
    assert drawn(listing) == {4: ("three", 1, 1), 5: ("four", 1, 1)}


def test_source_that_is_too_short_is_not_the_source(project: Path) -> None:
    (listing,) = listings(project, "lex (lex.py:10) 1\nlex (lex.py:99) 2").listings
    assert listing.source is None
    assert drawn(listing) == {10: (None, 1, 1), 99: (None, 2, 2)}
    assert "source not found, or too short" in plain(listing_report(listings(project, "lex (lex.py:99) 2")))


def test_without_source_the_weights_are_shown_alone(tmp_path: Path) -> None:
    (listing,) = listings(tmp_path, STACKS).listings
    assert (listing.source, drawn(listing)) == (None, {10: (None, 6, 6), 12: (None, 1, 4)})


def test_without_lines(project: Path) -> None:
    result = listings(project, "main;lex 3\nmain;lex (lex.py) 2")
    assert [drawn(listing) for listing in result.listings] == [{0: (None, 3, 3)}, {0: (None, 2, 2)}]
    assert "the profile has no line numbers for this function" in plain(listing_report(result))


def test_a_long_function_shows_every_weight_and_the_surroundings_of_the_hottest(project: Path) -> None:
    (project / "src" / "lex.py").write_text("x\n" * 5000)
    stacks = "\n".join(f"lex (lex.py:{n}) {10_000 - n}" for n in range(10, 5000, 10))
    (listing,) = listings(project, stacks).listings
    shown = [line.line for line in listing.lines]
    assert len(drawn(listing)) == 499
    assert {7, 8, 9, 11, 12, 13} <= set(shown)  # around the hottest line, 10
    assert not {4987, 4989, 4991} & set(shown)  # around the coldest
    assert len(shown) < 499 + 7 * 41


def test_a_short_path_that_several_files_end_in_is_said(project: Path) -> None:
    (project / "other").mkdir()
    (project / "other" / "lex.py").write_text("\n".join(LINES))
    result = listings(project, STACKS)
    assert result.listings[0].source == str(project / "src" / "lex.py")
    assert result.listings[0].others == ("other/lex.py",)
    assert "lex.py can also mean other/lex.py; path_map decides" in plain(listing_report(result))
    mapped = listings(project, STACKS, path_map=(("lex.py", "other/lex.py"),))
    assert (mapped.listings[0].source, mapped.listings[0].others) == (str(project / "other/lex.py"), ())


def test_a_file_outside_the_project_is_read_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text("a\nb\n")
    (tmp_path / "project").mkdir()
    (listing,) = listings(tmp_path / "project", f"lex ({tmp_path}/lib.py:2) 1").listings
    assert drawn(listing) == {2: ("b", 1, 1)}


def test_no_match(project: Path) -> None:
    with pytest.raises(UsageError, match="matches 'nowhere'"):
        listings(project, STACKS, "nowhere")


def test_source_cannot_disturb_a_terminal(project: Path) -> None:
    (project / "src" / "lex.py").write_text("\x1b[31mred\n\tindented\n")
    text = plain(listing_report(listings(project, "lex (lex.py:1) 1\nlex (lex.py:2) 1")))
    assert "\\x1b[31mred" in text
    assert "    indented" in text
    assert "\x1b" not in text


def test_the_json_object(project: Path) -> None:
    document = listings(project, "main;lex (lex.py:1) 3").to_dict()
    assert next(iter(document)) == "schema"
    assert document["rows"][0] == {
        "function": "lex", "file": "lex.py", "source": str(project / "src" / "lex.py"), "module": None,
        "line": 1, "self": 3, "total": 3, "text": "line 1",
    }  # fmt: skip
