r"""An issue file as an object: cut into sections and labelled blocks, nothing of it lost.

People edit issue files anywhere, in any editor, so the object *is* the text: every piece keeps its raw
characters, line ends included, and the file is the pieces one after the other. A step replaces single pieces;
whatever it does not know (other labels, other sections, remarks between them) stays as it was::

    Issue
      Section ""                     heading: PERFORMANCE ISSUE: ... between = rules
        Block "STATUS"               "STATUS: IDENTIFIED\n"
      Section "ANALYSIS"             heading: the title between - rules
        Block "Location"             "Location:\n  File: src/lexer.rs\n ..."
      Section "IMPLEMENTATION"       one a try; the second is "IMPLEMENTATION 2"
      Section "PROGRESS LOG"
"""

from __future__ import annotations

import datetime
import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

UNKNOWN = "unknown"

ANALYSIS = "ANALYSIS"
PROPOSAL = "PROPOSED OPTIMIZATION"
IMPLEMENTATION = "IMPLEMENTATION"
VERIFICATION = "VERIFICATION"
LOG = "PROGRESS LOG"

# The lines of the head, in their order; others may stand beside them.
FIELDS = ("BENCHMARK FILE", "IDENTIFIED", "STATUS", "PROFILE", "FINGERPRINT", "ATTEMPTS", "ORIGIN")

# The labels that begin a block, section by section; any other line belongs to the block it stands in.
LABELS: dict[str, tuple[str, ...]] = {
    ANALYSIS: (
        "Runtime", "Hotspot Rank", "Time Contribution", "Location", "Description", "Root Cause", "Evidence",
    ),
    PROPOSAL: ("Approach", "Expected Impact", "Risk Assessment", "Complexity", "Validation"),
    IMPLEMENTATION: ("Files Modified", "Changes Made", "Tests Added/Modified"),
    VERIFICATION: (
        "Date", "Tests", "Measured By", "Benchmark Results", "Meets Expected Impact", "Attribution",
        "Commands", "Side Effects", "Verdict",
    ),
}  # fmt: skip


class Status(enum.StrEnum):
    """Where an issue stands."""

    IDENTIFIED = "IDENTIFIED"
    IN_PROGRESS = "IN_PROGRESS"
    IMPLEMENTED = "IMPLEMENTED"
    VERIFYING = "VERIFYING"
    VERIFIED = "VERIFIED"
    MARGINAL = "MARGINAL"
    REGRESSION = "REGRESSION"
    BLOCKED = "BLOCKED"
    DROPPED = "DROPPED"


@dataclass(frozen=True)
class Block:
    """A label and what follows it, up to the next label that the section knows.

    Attributes:
        label: empty for what stands before the first label.
        text: raw, the label's line included.
    """

    label: str
    text: str

    @property
    def first_line(self) -> str:
        """What stands on the label's own line."""
        return self.text.partition("\n")[0].partition(":")[2].strip()

    @property
    def value(self) -> str:
        """What the block says: without label, indentation of two, line ends and blank lines at its ends."""
        lines = [line.rstrip("\r") for line in self.text.split("\n")]
        if self.label:
            lines[0] = self.first_line
        lines[1:] = [line[2:] if line.startswith("  ") else line for line in lines[1:]]
        while lines and not lines[-1].strip():
            lines.pop()
        while lines and not lines[0].strip():
            lines.pop(0)
        return "\n".join(lines)

    def with_first_line(self, value: str) -> Block:
        """Return the block with another value on the label's line; the lines below it stay."""
        line, end, rest = self.text.partition("\n")
        carriage = "\r" if line.endswith("\r") else ""
        return replace(self, text=f"{self.label}: {value}{carriage}{end}{rest}")

    def with_body(self, body: str) -> Block:
        """Return the block with other lines below its label; the blank lines at its end stay.

        Args:
            body: raw lines, each with its end.
        """
        label, _, rest = self.text.partition("\n")
        blank = rest[len(rest.rstrip()) :]  # begins with the end of the last line that is not blank
        tail = blank.partition("\n")[2] if rest.strip() else rest
        return replace(self, text=f"{label}\n{body}{tail}")


@dataclass(frozen=True)
class Section:
    """A titled part of the file; the first one, without a title, is the head.

    Attributes:
        title: as between the rules.
        heading: raw: rules and title.
        blocks: in the order of the file.
    """

    title: str
    heading: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The raw text."""
        return self.heading + "".join(block.text for block in self.blocks)

    def block(self, label: str) -> Block | None:
        """Return the block of a label, or None."""
        return next((block for block in self.blocks if block.label == label), None)

    def with_block(self, label: str, change: Callable[[Block], Block]) -> Section:
        """Return the section with one block changed; unchanged where it has none of that label."""
        blocks = tuple(change(block) if block.label == label else block for block in self.blocks)
        return replace(self, blocks=blocks)


@dataclass(frozen=True)
class Issue:
    """One issue. `hotspot.workflow.issues.issue_text.parse` makes it and guarantees what the properties rely on."""

    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(section.text for section in self.sections)

    @property
    def newline(self) -> str:
        """What a line ends in: as the first line does."""
        return "\r\n" if self.text.partition("\n")[0].endswith("\r") else "\n"

    # -- what it says -------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The words behind ``PERFORMANCE ISSUE:``."""
        found = _TITLE.search(self.sections[0].heading)
        return found[1].strip() if found else ""

    def field(self, label: str) -> str:
        """Return a value of the head, ``unknown`` where it is missing or empty."""
        block = self.sections[0].block(label)
        return (block.first_line if block else "") or UNKNOWN

    @property
    def status(self) -> Status:
        """Where the issue stands."""
        return Status(self.field("STATUS").upper())

    @property
    def attempts(self) -> int:
        """How many tries failed."""
        return int(self.field("ATTEMPTS"))

    def section(self, title: str) -> Section | None:
        """Return the section of a title, or None."""
        return next((section for section in self.sections[1:] if section.title == title), None)

    def tries(self, title: str) -> tuple[Section, ...]:
        """Return the sections of a title and its numbered successors (``VERIFICATION``, ``VERIFICATION 2``)."""
        pattern = re.compile(rf"{re.escape(title)}(?: \d+)?")
        return tuple(section for section in self.sections[1:] if pattern.fullmatch(section.title))

    def value(self, title: str, label: str) -> str:
        """Return what a section says under a label, ``unknown`` where it is missing or empty."""
        section = self.section(title)
        block = section.block(label) if section else None
        return (block.value if block else "") or UNKNOWN

    def location(self, label: str) -> str | None:
        """Return ``File``, ``Line`` or ``Function`` of the location; None where it is not known."""
        for line in self.value(ANALYSIS, "Location").split("\n"):
            name, separator, value = line.partition(":")
            if separator and name.strip() == label:
                return value.strip() if value.strip() not in ("", UNKNOWN) else None
        return None

    # -- changes ------------------------------------------------------------------------------

    def with_field(self, label: str, value: str) -> Issue:
        """Return the issue with another value in its head."""
        head = self.sections[0].with_block(label, lambda block: block.with_first_line(value))
        return replace(self, sections=(head, *self.sections[1:]))

    def with_line(self, title: str, label: str, value: str) -> Issue:
        """Return the issue with another value on the line of a label."""
        return self._with_block(title, label, lambda block: block.with_first_line(value))

    def with_body(self, title: str, label: str, body: str) -> Issue:
        """Return the issue with other lines below a label: raw, with this file's line ends."""
        return self._with_block(title, label, lambda block: block.with_body(body))

    def with_log(self, today: datetime.date, status: Status, what: str) -> Issue:
        """Return the issue with a line in its progress log, behind the last one."""
        section = self.section(LOG)
        assert section is not None  # parse() refuses a file without
        text = section.text
        entries = list(_ENTRY.finditer(text))
        at = entries[-1].end() if entries else len(text)
        before, after = text[:at], text[at:]
        gap = "" if before.endswith("\n") else self.newline
        entry = f"{gap}[{today.isoformat()}] {status} - {what}{self.newline}"
        lines = Block("", (before + entry + after)[len(section.heading) :])
        return self._with_section(LOG, lambda section: replace(section, blocks=(lines,)))

    def _with_block(self, title: str, label: str, change: Callable[[Block], Block]) -> Issue:
        return self._with_section(title, lambda section: section.with_block(label, change))

    def _with_section(self, title: str, change: Callable[[Section], Section]) -> Issue:
        first = self.section(title)
        sections = tuple(change(section) if section is first else section for section in self.sections)
        return replace(self, sections=sections)


_TITLE = re.compile(r"^PERFORMANCE ISSUE:([^\r\n]*)", re.MULTILINE)
_ENTRY = re.compile(r"^\[\d{4}-\d{2}-\d{2}\][^\n]*(?:\n|\Z)", re.MULTILINE)
