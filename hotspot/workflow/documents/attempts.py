"""The tries of an issue, one an IMPLEMENTATION section with the last VERIFICATION that belongs to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hotspot.analysis.benchmarks import THRESHOLD
from hotspot.workflow.issues.issue_model import IMPLEMENTATION, LOG, UNKNOWN, VERIFICATION, Issue, Section

Direction = Literal["better", "worse"]

_ENTRY = re.compile(r"^\[(\d{4}-\d{2}-\d{2})\] ([A-Z_]+) - (.*)$", re.MULTILINE)
# A line of Side Effects, as `lifecycle.verification_text` writes it.
_EFFECT = re.compile(
    r"^(?P<kind>Peak memory|Size of|Benchmark)(?P<name>.*): (?P<before>.+) before, (?P<after>.+) after "
    r"\((?P<change>[+-][\d.,]+)%(?:; (?P<judged>.+))?\)$"
)
_NOTE = re.compile(r"\s*\((?:median|mean) of \d+\)|\s*\(95% interval [^)]*\)")
_PERCENT = re.compile(r"([+-][\d.,]+)%")
_INTERVAL = re.compile(r"interval ([+-][\d.,]+)% to ([+-][\d.,]+|\+?inf)%")


@dataclass(frozen=True)
class Measured:
    """A row of a results table, as the issue file has it."""

    benchmark: str
    before: str
    after: str
    change: str

    @property
    def short(self) -> str:
        """The figures alone: ``12.3 ms -> 8.1 ms (-34.1%)``; of profiles, whose weights say little, ``1.34x on NAME``."""
        percent = _PERCENT.match(self.change)
        if "profiles" in self.before and percent is not None:
            ratio = 1 / (1 + float(percent[1].replace(",", "")) / 100)
            return f"{ratio:.2f}x on {self.benchmark.partition(', ')[0]}"
        before, after, change = (
            _NOTE.sub("", text).strip() for text in (self.before, self.after, self.change)
        )
        return f"{before} -> {after} ({change})"


@dataclass(frozen=True)
class SideEffect:
    """What else changed: another benchmark, the peak memory, the size of a file.

    Attributes:
        what: ``write``, ``peak memory``, ``size of dist/app``.
        benchmark: whether it is another benchmark's time.
        before: for people, and so ``after``.
        change: in percent.
        judged: what the verification says of it, or empty.
    """

    what: str
    benchmark: bool
    before: str
    after: str
    change: float
    judged: str

    @property
    def direction(self) -> Direction | None:
        """Whether it got better or worse; None where neither, or where that is not decided."""
        if self.benchmark:
            return {"faster": "better", "slower": "worse"}.get(self.judged.rpartition(": ")[2])  # type: ignore[return-value]
        if abs(self.change) <= THRESHOLD * 100:
            return None
        return "worse" if self.change > 0 else "better"

    @property
    def change_text(self) -> str:
        """The change as the verification has it."""
        return f"{self.change:+.1f}%" + (f" ({self.judged})" if self.judged else "")


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

    @property
    def side_effects(self) -> tuple[SideEffect, ...]:
        """What was measured beside the target."""
        found = (_EFFECT.match(item) for item in _items(self.said("Side Effects")))
        return tuple(
            SideEffect(
                what=f"{one['kind'].lower()}{one['name']}"
                if one["kind"] != "Benchmark"
                else one["name"].strip(),
                benchmark=one["kind"] == "Benchmark",
                before=one["before"],
                after=one["after"],
                change=float(one["change"].replace(",", "")),
                judged=one["judged"] or "",
            )
            for one in found
            if one is not None
        )

    @property
    def moved(self) -> dict[Direction, tuple[str, ...]]:
        """What got better and what got worse beyond doubt, each with its change: ``parse -60.0%``."""
        found: dict[Direction, list[str]] = {"better": [], "worse": []}
        measured = self.measured
        direction = _direction(measured.change) if measured is not None else None
        if measured is not None and direction is not None and self.verdict != "INSUFFICIENT":
            found[direction].append(f"{measured.benchmark} {measured.change.partition(' ')[0]}")
        for effect in self.side_effects:
            if effect.direction is not None:
                found[effect.direction].append(f"{effect.what} {effect.change:+.1f}%")
        return {key: tuple(texts) for key, texts in found.items()}


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


def _items(text: str) -> list[str]:
    """The items of a list, each as one line again."""
    items: list[str] = []
    for line in text.splitlines():
        if line.startswith("- "):
            items.append(line[2:].strip())
        elif items:
            items[-1] += f" {line.strip()}"
    return items


def _direction(change: str) -> Direction | None:
    """Where a change in time goes, if its whole interval goes there."""
    interval = _INTERVAL.search(change)
    if interval is None:
        return None
    low, high = (float(end.replace(",", "")) for end in interval.groups())
    return "better" if high < 0 else "worse" if low > 0 else None


def _value(text: str, label: str) -> str | None:
    found = re.search(rf"^\s*{re.escape(label)}: *(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else None
