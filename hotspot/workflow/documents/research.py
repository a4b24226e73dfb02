"""Numbered notes, ``research/NN-topic.md`` at the project's root: begun by hotspot, written by people.

What was measured is filled in with its source; what only a person can know is a question. A note is written once and
never again.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hotspot.analysis.rank import rank
from hotspot.config import Config
from hotspot.errors import HotspotError, UsageError
from hotspot.profile import Profile
from hotspot.tabular import markdown_row
from hotspot.units import human_share
from hotspot.workflow.documents.document_file import write_text
from hotspot.workflow.issues.issue_text import one_line

FOLDER = "research"
_HOTTEST = 10
ASK = "(for you to fill in)"
_NUMBERED = re.compile(r"^(\d+)-")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Note:
    """A note to write: a heading a section, each with finished Markdown below it."""

    title: str
    sections: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The document."""
        parts = [f"# {self.title}\n"]
        parts += [f"## {heading}\n\n{body.strip()}\n" for heading, body in self.sections]
        return "\n".join(parts)


def questions(*asked: str) -> str:
    """Return questions for a person as a list."""
    return "\n".join(f"- {question} {ASK}" for question in asked)


def slug(topic: str) -> str:
    """Return a file name for a topic: lower-case letters and digits, words joined by hyphens.

    Raises:
        UsageError: nothing of it is left.
    """
    text = unicodedata.normalize("NFKD", topic).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:_LONGEST_NAME].rstrip("-")
    if not name:
        raise UsageError(f"{topic!r} is no topic", hint="use some letters or digits")
    return name


def notes_of(config: Config) -> tuple[Path, ...]:
    """Return the project's notes by number."""
    folder = config.root / FOLDER
    if not folder.is_dir():
        return ()
    found = [(int(match[1]), path) for path in folder.glob("*.md") if (match := _NUMBERED.match(path.name))]
    return tuple(path for _, path in sorted(found))


def note_named(config: Config, name: str) -> Path | None:
    """Return the note of a name, whatever its number; the newest of several, None without one."""
    return next((path for path in reversed(notes_of(config)) if path.stem.partition("-")[2] == name), None)


def write_note(config: Config, name: str, note: Note) -> Path:
    """Write a note under the next free number and return its path.

    Args:
        config: of the project.
        name: of the file, without number and suffix.
        note: what it begins with.

    Raises:
        HotspotError: the folder cannot be written to.
    """
    path = note_path(config, name)
    write_text(path, note.text)
    return path


def note_path(config: Config, name: str) -> Path:
    """Return a path under the next free number, its folder made.

    Raises:
        HotspotError: the folder cannot be made.
    """
    folder = config.root / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HotspotError(f"{folder}: {(error.strerror or str(error)).lower()}") from error
    last = notes_of(config)
    match = _NUMBERED.match(last[-1].name) if last else None
    return folder / f"{int(match[1]) + 1 if match else 1:02d}-{name}.md"


def hotspot_table(profile: Profile) -> tuple[list[str], str]:
    """Return the hottest functions as lines of a Markdown table, and where they come from."""
    rows = [markdown_row(("function", "where", "self", "total")), "|---|---|---:|---:|"]
    for row in rank(profile, n=_HOTTEST).rows:
        where = f"{row.file}:{row.line}" if row.file and row.line else row.file or row.module or ""
        shares = (human_share(row.self_share), human_share(row.total_share))
        rows.append(markdown_row((one_line(row.function or ""), one_line(where), *shares)))
    path, sha256 = profile.provenance.path, profile.provenance.sha256[:12]
    return rows, f"`{one_line(path)}` (sha256 {sha256}...) by `hotspot top {shlex.quote(path)}`"


def topic_note(topic: str, hotspots: Sequence[str], source: str) -> Note:
    """Return a note on a topic: what is hot, and what to ask of those who do the same faster.

    Args:
        topic: as the user names it.
        hotspots: rows of a Markdown table, its two heading lines included; empty where there is no profile.
        source: where they come from: profile, checksum, command.
    """
    table = "\n".join(hotspots)
    measured = f"{table}\n\nFrom {source}." if hotspots else f"No profile was at hand. {ASK}"
    return Note(
        topic,
        (
            ("Question", f"What is to be found out, and which decision depends on it? {ASK}"),
            ("Hotspots when this was begun", measured),
            (
                "How others do it",
                "One paragraph a competitor or paper, with where you read it.\n\n"
                + questions(
                    "Data structures: which does it keep the hot data in, how large is a record?",
                    "Complexity: how does its work grow with the input, and in which variable?",
                    "Constants: what does it do per element (allocations, copies, hashes, system calls)?",
                    "Trade-offs: what does it give up for it (memory, start-up, generality, accuracy)?",
                ),
            ),
            ("What follows for this project", questions("What to try, and what to measure to know?")),
        ),
    )
