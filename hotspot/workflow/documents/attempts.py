"""The tries of an issue, one an IMPLEMENTATION section with the last VERIFICATION that belongs to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.workflow.issues.issue_model import IMPLEMENTATION, LOG, UNKNOWN, VERIFICATION, Issue, Section

_ENTRY = re.compile(r"^\[(\d{4}-\d{2}-\d{2})\] ([A-Z_]+) - (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Measured:
    """A row of a results table, as the issue file has it."""

    benchmark: str
    before: str
    after: str
    change: str


@dataclass(frozen=True)
class Attempt:
    """One try.

    Attributes:
        number: from 1.
        implementation: its section.
        verification: None where it was not verified.
    """

    number: int
    implementation: Section
    verification: Section | None

    def said(self, label: str) -> str:
        """Return what the verification says under a label, ``unknown`` where there is nothing."""
        block = self.verification.block(label) if self.verification else None
        return (block.value if block else "") or UNKNOWN

    def done(self, label: str) -> str:
        """Return what the implementation says under a label, ``unknown`` where there is nothing."""
        block = self.implementation.block(label)
        return (block.value if block else "") or UNKNOWN

    @property
    def verdict(self) -> str:
        """``CONFIRMED``, ``INSUFFICIENT``, ``REGRESSION`` or ``unknown``."""
        return self.said("Verdict").partition("\n")[0].strip() or UNKNOWN

    @property
    def failed(self) -> bool:
        """Whether it was measured and did not deliver."""
        return self.verdict in ("INSUFFICIENT", "REGRESSION")

    @property
    def measured(self) -> Measured | None:
        """The target benchmark before and after; None where nothing was measured."""
        text = self.said("Benchmark Results")
        values = [_value(text, label) for label in ("Target", "Before", "After", "Change")]
        target, before, after, change = values
        if before is None or after is None:
            return None
        return Measured(target or UNKNOWN, before, after, change or UNKNOWN)


def attempts(issue: Issue) -> tuple[Attempt, ...]:
    """Return the tries of an issue in their order; a verification belongs to the implementation above it."""
    found: list[Attempt] = []
    for section in issue.sections:
        kind = re.sub(r" \d+$", "", section.title)
        if kind == IMPLEMENTATION:
            found.append(Attempt(len(found) + 1, section, None))
        elif kind == VERIFICATION and found:
            found[-1] = Attempt(found[-1].number, found[-1].implementation, section)
    return tuple(found)


def log_entries(issue: Issue) -> tuple[tuple[str, str, str], ...]:
    """Return (date, status, what happened) of each line of the progress log."""
    section = issue.section(LOG)
    return tuple(_ENTRY.findall(section.text.replace("\r", ""))) if section else ()


def _value(text: str, label: str) -> str | None:
    found = re.search(rf"^\s*{re.escape(label)}: *(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else None
