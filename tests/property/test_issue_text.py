"""Issue files under hostile text: what is written is read back, what is edited survives, structure never breaks."""

from __future__ import annotations

import datetime

from hotspot.workflow.issues.evidence import remarks
from hotspot.workflow.issues.issue_model import ANALYSIS, LABELS, LOG, PROPOSAL, Issue, Status
from hotspot.workflow.issues.issue_text import (
    MalformedIssue,
    NewIssue,
    body,
    decode,
    encode,
    new_issue,
    one_line,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

TODAY = datetime.date(2026, 11, 21)
_RULES = ("=" * 80, "-" * 80)
_STRUCTURE = (
    *_RULES, "STATUS: DROPPED", "Evidence:", "PROGRESS LOG", "ANALYSIS", "PERFORMANCE ISSUE: other", "<<<<<<< HEAD",
    "[2026-11-21] VERIFIED - lie", "  - Data: x", "FINGERPRINT: 000000000000", f"{_RULES[1]}\nANALYSIS\n{_RULES[1]}",
)  # fmt: skip
# Anything, lone surrogates and separators included, and what the format itself is made of.
HOSTILE = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=[]), max_size=20),
        st.sampled_from((*_STRUCTURE, "\r\n", "\n", "\u2028", "\u202e", "\x00", "\x1b[2J")),
    ),
    max_size=5,
).map("".join)

NEW = st.builds(
    NewIssue,
    **dict.fromkeys(
        (
            "title", "benchmark_file", "profile", "origin", "runtime", "contribution", "file", "line", "function",
            "description", "root_cause", "evidence", "approach", "expected_impact", "risk", "complexity",
            "validation", "entry",
        ),
        HOSTILE,
    ),
    fingerprint=st.text("0123456789abcdef", min_size=12, max_size=12),
    rank=st.integers(1, 9999),
    today=st.just(TODAY),
)  # fmt: skip


@given(NEW)
def test_what_is_written_is_read_back(new: NewIssue) -> None:
    issue = new_issue(new)
    again = parse(decode(encode(issue.text)), "X.txt")
    assert again == issue
    assert again.text == issue.text
    assert again.status is Status.IDENTIFIED
    assert again.field("FINGERPRINT") == new.fingerprint
    assert [section.title for section in again.sections] == ["", ANALYSIS, PROPOSAL, LOG]
    for title in (ANALYSIS, PROPOSAL):
        section = again.section(title)
        assert section is not None
        assert tuple(block.label for block in section.blocks if block.label) == LABELS[title]
    assert again.title == one_line(new.title)
    assert again.value(PROPOSAL, "Approach") == (_value(new.approach) or "unknown")
    assert again.value(ANALYSIS, "Evidence") == (_value(new.evidence) or "unknown")


def _value(text: str) -> str:
    lines = [line.removeprefix("  ") for line in body(text).split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)


@given(NEW, HOSTILE, HOSTILE)
def test_changes_touch_what_they_name_and_nothing_else(new: NewIssue, value: str, lines: str) -> None:
    issue = new_issue(new)
    changed = (
        issue.with_field("STATUS", Status.BLOCKED)
        .with_line(ANALYSIS, "Runtime", one_line(value))
        .with_body(ANALYSIS, "Evidence", body(lines))
        .with_log(TODAY, Status.BLOCKED, one_line(value))
    )
    again = parse(changed.text, "X.txt")
    assert again.text == changed.text
    assert again.status is Status.BLOCKED
    before = {(s.title, b.label): b.text for s in issue.sections for b in s.blocks}
    after = {(s.title, b.label): b.text for s in again.sections for b in s.blocks}
    assert {key for key in before if before[key] != after[key]} <= {
        ("", "STATUS"),
        (ANALYSIS, "Runtime"),
        (ANALYSIS, "Evidence"),
        (LOG, ""),
    }
    assert after[LOG, ""] == f"{before[LOG, '']}[2026-11-21] BLOCKED - {one_line(value)}\n"


@given(NEW, st.lists(st.tuples(st.integers(0, 10_000), HOSTILE), max_size=4), st.booleans())
def test_whatever_a_person_inserts_survives_or_is_refused(
    new: NewIssue, insertions: list[tuple[int, str]], dos: bool
) -> None:
    text = new_issue(new).text
    text = text.replace("\n", "\r\n") if dos else text
    for at, inserted in insertions:
        at %= len(text) + 1
        text = text[:at] + inserted + text[at:]
    read = parsed(text)
    if isinstance(read, MalformedIssue):
        assert 1 <= read.line <= text.count("\n") + 1
    else:
        assert read.text == text


@given(st.lists(HOSTILE.map(lambda text: text.replace("\n", " ").lstrip()).filter(str.strip), max_size=6))
def test_a_rewrite_of_evidence_keeps_remarks_and_settles(lines: list[str]) -> None:
    written = [f"    {line}" for line in lines]  # four in: no line that hotspot writes looks like it
    machine = "  - Charged: 31.4%\n  - Callers (shares of its total):\n       12.0%  main\n"
    block = f"Evidence:\n{machine}" + "".join(f"{line}\n" for line in written) + "\n"
    kept = remarks(block)
    assert kept.split("\n")[:-1] == written
    assert remarks(f"Evidence:\n{machine}{kept}\n") == kept


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read = parsed(decode(data))
    assert isinstance(read, MalformedIssue) or encode(read.text) == data


def parsed(text: str) -> Issue | MalformedIssue:
    try:
        return parse(text, "X.txt")
    except MalformedIssue as error:
        return error
