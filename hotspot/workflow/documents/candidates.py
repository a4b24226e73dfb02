"""``perf-issues/CANDIDATES.md`` as an object: numbered entries in the order to work on them, text of people between.

::

    # Candidates                                     head
    ## Open
    ### 1. TOKENISE (Foundation)                     an entry: heading, block, whatever a person wrote
    <!-- hotspot:begin TOKENISE ... --> ...
    ### 2. STEM (Builds on #1)
    ## Settled
    ### GENERATE (VERIFIED)                          an entry that is done or dropped: no number
    ## Decisions                                     tail
    - 2026-11-27: approved #1 TOKENISE

Numbers are places in the list, so they change with it; here ``builds_on`` is a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hotspot.errors import HotspotError
from hotspot.workflow.documents.block import Block, Document, new_block, parse_document

HEAD = """\
# Candidates

What to optimise, in the order to do it: representation before algorithm before low level, then the expected gain.
`hotspot issues plan` keeps the lines between its marks up to date. Everything else is yours, a line of its that you change
included. Say `(Builds on #2)` behind a name where one needs another first; move entries, and your order is kept.

"""
_OPEN, _SETTLED, _DECISIONS = "## Open", "## Settled", "## Decisions"
BY_HAND = "by-hand"
_ORDER = re.compile(r"^<!-- hotspot:order((?: \S+)*) -->[ \t]*\n", re.MULTILINE)
_HEADING = re.compile(r"^### (?:(\d+)\. )?(.+?)(?: \(([^()]*)\))?[ \t]*\r?$")
_BUILDS_ON = re.compile(r"builds on #?\s*(\d+)", re.IGNORECASE)


class MalformedCandidates(HotspotError):
    """The candidate list cannot be read without guessing."""


@dataclass(frozen=True)
class Entry:
    """One entry of the list.

    Attributes:
        name: the issue's, or the title of one that a person added.
        body: all below the heading, blank lines included.
        builds_on: name of the entry that must come first, or None.
        settled: what the parentheses of a settled entry say, None for an open one.
    """

    name: str
    body: Document
    builds_on: str | None = None
    settled: str | None = None

    @property
    def block(self) -> Block | None:
        """What hotspot keeps in it."""
        return self.body.block(key_of(self.name))

    @property
    def approved(self) -> bool:
        """Whether somebody decided to do it."""
        block = self.block
        return block is not None and (block.value("Decision") or "").lower().startswith("approved")

    def with_lines(self, lines: Sequence[str]) -> Entry:
        """Return the entry with hotspot's lines renewed; they come first where it has none yet."""
        key = key_of(self.name)
        if self.block is not None:
            return replace(self, body=self.body.updated(key, lines))
        return replace(self, body=Document((new_block(key, lines), *(self.body.pieces or ("\n",)))))


@dataclass(frozen=True)
class CandidateList:
    """The document.

    Attributes:
        head: up to the first entry.
        entries: open ones in their order, then settled ones.
        tail: from ``## Decisions``, or empty.
    """

    head: str
    entries: tuple[Entry, ...]
    tail: str

    @property
    def written_order(self) -> tuple[str, ...] | None:
        """Keys of the open entries in the order hotspot left them in; None where a person's order is to be kept."""
        found = _ORDER.search(self.head)
        names = tuple(found[1].split()) if found else ()
        return None if names == (BY_HAND,) else names

    def with_order(self, *, by_hand: bool) -> CandidateList:
        """Return the list with its order written down, or that it is a person's."""
        names = [BY_HAND] if by_hand else [key_of(entry.name) for entry in self.open]
        line = f"<!-- hotspot:order {' '.join(names)} -->\n"
        if _ORDER.search(self.head):
            return replace(self, head=_ORDER.sub(lambda _: line, self.head, count=1))
        return replace(self, head=f"{self.head.rstrip()}\n\n{line}\n")

    @property
    def open(self) -> tuple[Entry, ...]:
        """Entries to do, in their order."""
        return tuple(entry for entry in self.entries if entry.settled is None)

    @property
    def settled(self) -> tuple[Entry, ...]:
        """Entries that are done or dropped."""
        return tuple(entry for entry in self.entries if entry.settled is not None)

    def find(self, name: str) -> Entry | None:
        """Return the entry of a name, or None."""
        return next((entry for entry in self.entries if entry.name == name), None)

    @property
    def text(self) -> str:
        """The whole document."""
        number = {entry.name: i for i, entry in enumerate(self.open, 1)}
        parts = [self.head, f"{_OPEN}\n\n"]
        for entry in self.open:
            below = number.get(entry.builds_on or "")
            relation = f"Builds on #{below}" if below else "Foundation"
            parts.append(f"### {number[entry.name]}. {entry.name} ({relation})\n{_ended(entry.body.text)}")
        if not self.open:
            parts.append("Nothing is open.\n\n")
        if self.settled:
            parts.append(f"{_SETTLED}\n\n")
            parts += [f"### {e.name} ({e.settled})\n{_ended(e.body.text)}" for e in self.settled]
        return "".join(parts) + (self.tail or f"{_DECISIONS}\n\n")

    def with_decision(self, line: str) -> CandidateList:
        """Return the list with a line more at the end of its decisions."""
        tail = self.tail or f"{_DECISIONS}\n\n"
        return replace(
            self, tail=f"{tail.rstrip()}\n{'' if tail.rstrip() != _DECISIONS else chr(10)}- {line}\n"
        )


def key_of(name: str) -> str:
    """Return the key of an entry's block: the name without white space."""
    return re.sub(r"\s+", "-", name)


def _ended(body: str) -> str:
    return f"{body.rstrip()}\n\n" if body.strip() else "\n"


def parse_candidates(text: str, path: str) -> CandidateList:
    """Read the document.

    Raises:
        MalformedCandidates: two entries have one name, or one builds on a number that is not there or on itself.
    """
    lines = text.splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.startswith("### ")]
    tail_at = next((i for i, line in enumerate(lines) if line.rstrip() == _DECISIONS), len(lines))
    starts = [i for i in starts if i < tail_at]
    head_end = starts[0] if starts else tail_at
    found: list[tuple[int, str | None, str | None, Entry]] = []
    for start, end in pairwise([*starts, tail_at]):
        settled = _SETTLED in (line.rstrip() for line in lines[:start])
        heading = _HEADING.match(lines[start].rstrip("\n"))
        assert heading is not None  # any text behind `### ` is a name
        number, name, note = heading[1], heading[2], heading[3]
        body = parse_document("".join(_without_headings(lines[start + 1 : end])))
        if any(entry.name == name for _, _, _, entry in found):
            raise MalformedCandidates(f"{path}:{start + 1}: there is a second entry called {name}")
        entry = Entry(name, body, settled=(note or "settled") if settled else None)
        found.append((start + 1, number, note, entry))
    numbers = {number: entry.name for _, number, _, entry in found if number and entry.settled is None}
    entries = tuple(_related(path, line, note, entry, numbers) for line, _, note, entry in found)
    head = "".join(_without_headings(lines[:head_end])) or HEAD
    return CandidateList(head, entries, "".join(lines[tail_at:]))


def _without_headings(lines: list[str]) -> list[str]:
    """What stands before a heading of hotspot's belongs to the entry above it; the heading is written anew."""
    kept = [line for line in lines if line.rstrip() not in (_OPEN, _SETTLED, "Nothing is open.")]
    return kept if kept == lines else [*"".join(kept).rstrip("\n").splitlines(keepends=True), "\n", "\n"]


def _related(path: str, line: int, note: str | None, entry: Entry, numbers: dict[str, str]) -> Entry:
    wanted = _BUILDS_ON.search(note or "") if entry.settled is None else None
    if wanted is None:
        return entry
    below = numbers.get(wanted[1])
    if below is None or below == entry.name:
        raise MalformedCandidates(
            f"{path}:{line}: {entry.name} builds on #{wanted[1]}, which is {'itself' if below else 'not in the list'}",
            hint="name the number of another open entry",
        )
    return replace(entry, builds_on=below)
