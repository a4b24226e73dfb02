"""Numbered notes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.config import Config
from hotspot.errors import HotspotError, UsageError
from hotspot.workflow.documents.research import Note, notes_of, slug, topic_note, write_note

NOTE = Note("Title", (("Question", "What?"), ("Answer", "\nThat.\n\n")))


def test_notes_are_numbered_behind_the_last_one(tmp_path: Path) -> None:
    config = Config(tmp_path)
    assert write_note(config, "a", NOTE).name == "01-a.md"
    (tmp_path / "research" / "9-mine.md").write_text("x")
    (tmp_path / "research" / "README.md").write_text("x")
    assert write_note(config, "b", NOTE).name == "10-b.md"
    assert [path.name for path in notes_of(config)] == ["01-a.md", "9-mine.md", "10-b.md"]


def test_a_note_is_headings_and_texts() -> None:
    assert NOTE.text == "# Title\n\n## Question\n\nWhat?\n\n## Answer\n\nThat.\n"


def test_a_topic_note_names_the_source_of_its_numbers() -> None:
    rows = ["| function | self |", "|---|---:|", "| tokenise | 41.6% |"]
    text = topic_note("Faster lexing", rows, "`cpu.svg` (sha256 0f3c)").text
    assert "| tokenise | 41.6% |\n\nFrom `cpu.svg` (sha256 0f3c).\n" in text
    assert "No profile was at hand" in topic_note("Faster lexing", [], "").text


@pytest.mark.parametrize(
    ("topic", "name"), [("Faster Lexing!", "faster-lexing"), ("../Überlauf", "uberlauf")]
)
def test_a_topic_becomes_a_file_name(topic: str, name: str) -> None:
    assert slug(topic) == name


def test_a_topic_without_letters_is_refused() -> None:
    with pytest.raises(UsageError, match="is no topic"):
        slug("../..")


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "research").write_text("x")
    with pytest.raises(HotspotError, match="research"):
        write_note(Config(tmp_path), "a", NOTE)
