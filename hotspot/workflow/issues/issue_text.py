"""The text format of issue files: reading it without losing a byte, and writing a first draft.

``parse(text).text == text`` for every text that is accepted. What people do to such files must not stop them
from being read: CRLF, a byte-order mark, bytes that are not UTF-8, other sections, other labels, remarks
anywhere. What tools need must be there and be unambiguous; else `MalformedIssue` says which line to look at.
"""

from __future__ import annotations

import datetime
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hotspot.errors import HotspotError
from hotspot.workflow.issues.issue_model import (
    ANALYSIS,
    FIELDS,
    IMPLEMENTATION,
    LABELS,
    LOG,
    PROPOSAL,
    VERIFICATION,
    Block,
    Issue,
    Section,
    Status,
)

WIDTH = 80
_INDENT = "  "


class MalformedIssue(HotspotError):
    """An issue file lacks what tools need, or says it twice.

    Attributes:
        line: 1-based.
    """

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}", hint="mend it by hand; hotspot leaves the file alone")
        self.path = path
        self.line = line
        self.reason = reason


# -- reading ------------------------------------------------------------------------------------------------

_TITLE = re.compile(r"^\ufeff?PERFORMANCE ISSUE:")
_EQUALS = re.compile(r"^\ufeff?={20,}\s*$")
_DASHES = re.compile(r"^-{20,}\s*$")
# Capitals only: a table that a person pasted (`Benchmark   Time   CPU` between rules) is no section.
_SECTION = re.compile(r"^([A-Z][A-Z0-9 /&_-]*?)\s*$")
_FIELD = re.compile(r"^([A-Z][A-Z ]*):(?=\s|$)")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}) ")


def decode(data: bytes) -> str:
    """Return a file's text; bytes that are not UTF-8 come back unchanged from `encode`."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes of a text that `decode` or `parse` gave."""
    return text.encode("utf-8", "surrogateescape")


def parse(text: str, path: str) -> Issue:
    """Read an issue file.

    Args:
        text: the whole file.
        path: for messages.

    Raises:
        MalformedIssue: there is no title, a field of the head is missing, double or wrong, the sections ANALYSIS
            or PROGRESS LOG are missing, or a merge left its conflict marks.
    """
    # Only line feeds end a line: other separators inside a line (form feeds, U+2028) are a person's text.
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    for number, line in enumerate(lines, 1):
        if _CONFLICT.match(line):
            raise MalformedIssue(path, number, "a merge conflict is not resolved")
    title = next((i for i, line in enumerate(lines) if _TITLE.match(line)), None)
    if title is None:
        raise MalformedIssue(path, 1, "no line begins with 'PERFORMANCE ISSUE:'")
    begin = title + 2 if title + 1 < len(lines) and _EQUALS.match(lines[title + 1]) else title + 1
    headings = _headings(lines, begin)
    ends = [*headings, len(lines)]
    head = Section("", "".join(lines[:begin]), _blocks(lines[begin : ends[0]], _field_label))
    _check_head(head, begin + 1, path)
    sections = [head]
    for start, end in zip(headings, ends[1:], strict=True):
        name = lines[start + 1].strip()
        known = LABELS.get(re.sub(r" \d+$", "", name), ())
        blocks = _blocks(lines[start + 3 : end], _LabelsOnce(known))
        sections.append(Section(name, "".join(lines[start : start + 3]), blocks))
    for wanted in (ANALYSIS, LOG):
        if all(section.title != wanted for section in sections):
            raise MalformedIssue(path, len(lines), f"the section {wanted} is missing")
    return Issue(tuple(sections))


def _headings(lines: list[str], begin: int) -> list[int]:
    """Where a section's three heading lines begin; two headings never share a rule."""
    found: list[int] = []
    for i in range(begin, len(lines) - 2):
        if found and i < found[-1] + 3:
            continue
        if _DASHES.match(lines[i]) and _SECTION.match(lines[i + 1]) and _DASHES.match(lines[i + 2]):
            found.append(i)
    return found


def _blocks(lines: list[str], label_of: Callable[[str], str | None]) -> tuple[Block, ...]:
    blocks: list[tuple[str, list[str]]] = [("", [])]
    for line in lines:
        label = label_of(line)
        if label is None:
            blocks[-1][1].append(line)
        else:
            blocks.append((label, [line]))
    return tuple(Block(label, "".join(text)) for label, text in blocks if text)


def _field_label(line: str) -> str | None:
    found = _FIELD.match(line)
    return found[1] if found else None


class _LabelsOnce:
    """Tells a section's labels; what looks like one for the second time is a person's text."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self._left = set(known)

    def __call__(self, line: str) -> str | None:
        label, separator, _ = line.partition(":")
        if not separator or label not in self._left:
            return None
        self._left.remove(label)
        return label


def _check_head(head: Section, line: int, path: str) -> None:
    seen: dict[str, int] = {}
    for block in head.blocks:
        if block.label in seen and block.label in FIELDS:
            raise MalformedIssue(path, line, f"{block.label} is already in line {seen[block.label]}")
        seen[block.label] = line
        valid = _VALID.get(block.label)
        if valid is not None and not valid.pattern.fullmatch(block.first_line):
            raise MalformedIssue(path, line, f"{block.label} is {block.first_line[:40]!r}, not {valid.words}")
        line += block.text.count("\n")
    for label in _VALID:
        if label not in seen:
            raise MalformedIssue(path, line, f"the head has no line that begins with '{label}:'")


@dataclass(frozen=True)
class _Valid:
    pattern: re.Pattern[str]
    words: str


_VALID = {
    "STATUS": _Valid(re.compile("|".join(Status), re.IGNORECASE), f"one of {', '.join(Status)}"),
    "FINGERPRINT": _Valid(re.compile(r"[0-9a-f]{12}|unknown"), "12 hexadecimal digits"),
    "ATTEMPTS": _Valid(re.compile(r"\d{1,6}"), "a number"),
}


# -- writing ------------------------------------------------------------------------------------------------

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def one_line(text: str, limit: int = 200) -> str:
    """Return text as one line that can break neither a file's structure nor a terminal.

    Control, format (right-to-left) and separator characters are written as escapes, runs of spaces become one;
    what is longer than ``limit`` is cut in the middle, where names differ least.
    """
    text = " ".join(_without_controls(text).split())
    if len(text) > limit:
        tail = limit // 3
        text = f"{text[: limit - tail - 3]}...{text[-tail:]}"
    return text


def _without_controls(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.category(c) in _UNSAFE else c for c in text
    )


def paragraph(text: str, indent: str = "", first: str | None = None) -> str:
    """Return text wrapped to what `body` leaves of the width; words and commands in it are not broken.

    Args:
        text: one paragraph.
        indent: of every line but the first.
        first: begins the first line; ``indent`` where None.
    """
    wrapped = textwrap.fill(
        text,
        WIDTH - len(_INDENT) - 1,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{wrapped}\n"


def bullet(text: str) -> str:
    """Return text as an item of a list."""
    return paragraph(text, indent="  ", first="- ")


def body(text: str) -> str:
    """Return text as it stands below a label: indented, so that no line of it can pass for structure."""
    lines = (_without_controls(line.expandtabs(4)) for line in text.rstrip().split("\n"))
    return "".join(f"{_INDENT}{line}".rstrip() + "\n" for line in lines)


@dataclass(frozen=True)
class NewIssue:
    """What a first draft says; texts may hold anything, `new_issue` makes them fit.

    Attributes:
        title: one line, and so down to ``function``.
        description: any number of lines, and so down to ``validation``.
        entry: what happened, for the progress log.
    """

    title: str
    benchmark_file: str
    profile: str
    origin: str
    runtime: str
    contribution: str
    file: str
    line: str
    function: str
    description: str
    root_cause: str
    evidence: str
    approach: str
    expected_impact: str
    risk: str
    complexity: str
    validation: str
    entry: str
    fingerprint: str
    rank: int
    today: datetime.date


def new_issue(new: NewIssue) -> Issue:
    """Write a first draft."""
    rule, today = "=" * WIDTH, new.today.isoformat()
    text = f"""\
{rule}
PERFORMANCE ISSUE: {one_line(new.title)}
{rule}

BENCHMARK FILE: {one_line(new.benchmark_file)}
IDENTIFIED: {today}
STATUS: {Status.IDENTIFIED}
PROFILE: {one_line(new.profile, 500)}
FINGERPRINT: {new.fingerprint}
ATTEMPTS: 0
ORIGIN: {one_line(new.origin)}

{_heading(ANALYSIS)}
Runtime: {one_line(new.runtime)}
Hotspot Rank: {new.rank}
Time Contribution: {one_line(new.contribution)}

Location:
  File: {one_line(new.file)}
  Line: {one_line(new.line)}
  Function: {one_line(new.function)}

Description:
{body(new.description)}
Root Cause:
{body(new.root_cause)}
Evidence:
{body(new.evidence)}
{_heading(PROPOSAL)}
Approach:
{body(new.approach)}
Expected Impact:
{body(new.expected_impact)}
Risk Assessment:
{body(new.risk)}
Complexity:
{body(new.complexity)}
Validation:
{body(new.validation)}
{_heading(LOG)}
[{today}] {Status.IDENTIFIED} - {one_line(new.entry, 1000)}
"""
    return parse(text, "new issue")


def with_try(issue: Issue, kind: str, blocks: Iterable[tuple[str, str, str]]) -> Issue:
    """Return the issue with one more section of a kind: numbered where there is one, and none is overwritten.

    It stands behind the last section of the work (`_WORK`), else before the progress log; texts may hold anything.

    Args:
        issue: what a person wrote in it stays where it is.
        kind: ``IMPLEMENTATION`` or ``VERIFICATION``.
        blocks: label, what stands on its line, and what stands below; each may be empty but the label.
    """
    numbers = [int(section.title[len(kind) :] or 1) for section in issue.tries(kind)]
    title = f"{kind} {max(numbers) + 1}" if numbers else kind
    text = _heading(title) + "\n" + "".join(_block(*block) for block in blocks)
    text = text.rstrip("\n") + "\n\n"
    titles = [re.sub(r" \d+$", "", section.title) for section in issue.sections]
    work = [i + 1 for i, found in enumerate(titles) if found in _WORK]
    at = max(work, default=titles.index(LOG))
    before = "".join(section.text for section in issue.sections[:at])
    gap = (
        ""
        if before.endswith("\n\n") or before.endswith("\n\r\n")
        else "\n"
        if before.endswith("\n")
        else "\n\n"
    )
    after = "".join(section.text for section in issue.sections[at:])
    return parse(before + (gap + text).replace("\n", issue.newline) + after, title)


_WORK = (PROPOSAL, IMPLEMENTATION, VERIFICATION)


def _block(label: str, line: str, below: str) -> str:
    first = f"{label}: {one_line(line, 1000)}".rstrip()
    return f"{first}\n{body(below)}\n" if below.strip() else f"{first}\n"


def _heading(title: str) -> str:
    rule = "-" * WIDTH
    return f"{rule}\n{title}\n{rule}\n"
