"""The text format: what is read, what is refused, and that nothing a person wrote is lost."""

from __future__ import annotations

import datetime
import re

import pytest
from hotspot.workflow.issues.issue_model import ANALYSIS, FIELDS, LABELS, LOG, PROPOSAL, Status
from hotspot.workflow.issues.issue_text import (
    MalformedIssue,
    NewIssue,
    decode,
    encode,
    new_issue,
    one_line,
    parse,
)

TODAY = datetime.date(2026, 11, 21)
NEW = NewIssue(
    title="Token text copied for every token",
    benchmark_file="flamegraph.svg",
    profile="flamegraph.svg (sha256 0f3c5a7b9d1e..., 4,213 samples)",
    origin="profile",
    runtime="4.21 s sampled",
    contribution="31.4% of total execution",
    file="src/lexer.rs",
    line="214",
    function="Lexer::next_token",
    description="Copies.\nA lot.",
    root_cause="unknown so far.",
    evidence="- Charged: 31.4% (1,323 of 4,213 samples).",
    approach="Borrow.",
    expected_impact="At most 31.4% less time.",
    risk="unknown",
    complexity="unknown",
    validation="- Tests: unknown",
    entry="Found while profiling flamegraph.svg",
    fingerprint="5b1e0c9a7d24",
    rank=1,
    today=TODAY,
)
TEXT = new_issue(NEW).text
THICK, THIN = "=" * 80, "-" * 80


def test_the_format_is_the_contracts_to_the_letter() -> None:
    expected = f"""\
{THICK}
PERFORMANCE ISSUE: Token text copied for every token
{THICK}

BENCHMARK FILE: flamegraph.svg
IDENTIFIED: 2026-11-21
STATUS: IDENTIFIED
PROFILE: flamegraph.svg (sha256 0f3c5a7b9d1e..., 4,213 samples)
FINGERPRINT: 5b1e0c9a7d24
ATTEMPTS: 0
ORIGIN: profile

{THIN}
ANALYSIS
{THIN}

Runtime: 4.21 s sampled
Hotspot Rank: 1
Time Contribution: 31.4% of total execution

Location:
  File: src/lexer.rs
  Line: 214
  Function: Lexer::next_token

Description:
  Copies.
  A lot.

Root Cause:
  unknown so far.

Evidence:
  - Charged: 31.4% (1,323 of 4,213 samples).

{THIN}
PROPOSED OPTIMIZATION
{THIN}

Approach:
  Borrow.

Expected Impact:
  At most 31.4% less time.

Risk Assessment:
  unknown

Complexity:
  unknown

Validation:
  - Tests: unknown

{THIN}
PROGRESS LOG
{THIN}

[2026-11-21] IDENTIFIED - Found while profiling flamegraph.svg
"""
    assert expected == TEXT


def test_what_a_file_says() -> None:
    issue = parse(TEXT, "X.txt")
    assert issue.title == "Token text copied for every token"
    assert issue.status is Status.IDENTIFIED
    assert issue.attempts == 0
    assert [issue.field(label) for label in FIELDS[-3:]] == ["5b1e0c9a7d24", "0", "profile"]
    assert issue.location("File") == "src/lexer.rs"
    assert issue.location("Line") == "214"
    assert issue.location("Function") == "Lexer::next_token"
    assert issue.value(ANALYSIS, "Description") == "Copies.\nA lot."
    assert issue.value(PROPOSAL, "Approach") == "Borrow."
    for title in (ANALYSIS, PROPOSAL):
        section = issue.section(title)
        assert section is not None
        assert tuple(block.label for block in section.blocks if block.label) == LABELS[title]


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace("\n", "\r\n"),
        "\ufeff" + TEXT,
        TEXT.rstrip("\n"),
        TEXT.replace("A lot.", "A lot.   \n\t\x0b\x0c\u2028\x85 x\n\n\n"),
        "# kept by the parser team\n\n" + TEXT,
        TEXT.replace("Borrow.", "Borrow.\n\nAt the left margin: a remark\n" + THICK),
        TEXT.replace(THIN + "\nPROPOSED", f"{THIN}\nNOTES\n{THIN}\nfree text\n\n{THIN}\nPROPOSED"),
        TEXT.replace("ATTEMPTS: 0", "ATTEMPTS: 0\nTARGET: parse/large\nOWNER: bo"),
        TEXT.replace("=" * 80, "=" * 78 + "  "),
        TEXT.replace("Token text", "T\xf6ken \N{SNOWMAN} \u202e text"),
        TEXT + "\n\nafter the log\n",
    ],
    ids=range(11),
)
def test_every_byte_of_an_edited_file_survives(edited: str) -> None:
    issue = parse(edited, "X.txt")
    assert issue.text == edited
    assert encode(issue.text) == edited.encode()
    assert issue.field("FINGERPRINT") == "5b1e0c9a7d24"
    assert issue.value(ANALYSIS, "Runtime") == "4.21 s sampled"


def test_bytes_that_are_not_utf8_survive() -> None:
    data = TEXT.encode().replace(b"Copies.", b"Copies: \xff\xfe\xe9.")
    assert encode(parse(decode(data), "X.txt").with_field("STATUS", "BLOCKED").text) == data.replace(
        b"STATUS: IDENTIFIED", b"STATUS: BLOCKED"
    )


def test_a_table_pasted_between_rules_is_no_section() -> None:
    table = (
        f"{THIN}\nBenchmark             Time        CPU   Iterations\n{THIN}\nBM_lex   14 ns   14 ns   49\n"
    )
    issue = parse(TEXT.replace("  Borrow.\n", f"  Borrow.\n{table}"), "X.txt")
    assert [section.title for section in issue.sections] == ["", ANALYSIS, PROPOSAL, LOG]
    assert issue.value(PROPOSAL, "Approach").endswith("BM_lex   14 ns   14 ns   49")
    assert issue.value(PROPOSAL, "Expected Impact") == "At most 31.4% less time."


def test_numbered_sections_of_later_attempts_are_held() -> None:
    def section(title: str, body: str) -> str:
        return f"{THIN}\n{title}\n{THIN}\n\n{body}\n"

    log = f"{THIN}\n{LOG}"
    attempts = "".join(
        section(f"IMPLEMENTATION{n}", f"Files Modified:\n  - a.py: {n}\nChanges Made:\n  c{n}\n")
        + section(f"VERIFICATION{n}", f"Date: 2026-11-2{i}\nVerdict: REGRESSION\n")
        for i, n in enumerate(("", " 2"))
    )
    edited = TEXT.replace(log, attempts + log)
    issue = parse(edited, "X.txt")
    assert issue.text == edited
    assert issue.value("IMPLEMENTATION", "Changes Made") == "c"
    assert issue.value("IMPLEMENTATION 2", "Changes Made") == "c 2"
    assert issue.value("VERIFICATION 2", "Date") == "2026-11-21"
    assert issue.value("VERIFICATION 3", "Date") == "unknown"


@pytest.mark.parametrize(
    ("edited", "line", "reason"),
    [
        ("", 1, "no line begins with 'PERFORMANCE ISSUE:'"),
        ("notes about performance\n", 1, "no line begins with 'PERFORMANCE ISSUE:'"),
        (TEXT.replace("STATUS: IDENTIFIED", "STATUS: DONE"), 7, "STATUS is 'DONE'"),
        (TEXT.replace("STATUS: IDENTIFIED\n", ""), 12, "no line that begins with 'STATUS:'"),
        (TEXT.replace("ATTEMPTS: 0", "ATTEMPTS: none"), 10, "ATTEMPTS is 'none', not a number"),
        (TEXT.replace("5b1e0c9a7d24", "5b1e"), 9, "FINGERPRINT is '5b1e'"),
        (TEXT.replace("ORIGIN:", "STATUS: DROPPED\nORIGIN:"), 11, "STATUS is already in line 7"),
        (TEXT.replace("PROGRESS LOG", "Progress"), 59, "the section PROGRESS LOG is missing"),
        (TEXT.replace("ATTEMPTS", "<<<<<<< HEAD\nATTEMPTS"), 10, "a merge conflict is not resolved"),
    ],
)
def test_what_tools_need_must_be_there_once(edited: str, line: int, reason: str) -> None:
    with pytest.raises(MalformedIssue, match=re.escape(reason)) as caught:
        parse(edited, "perf-issues/X.txt")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"perf-issues/X.txt:{line}: ")
    assert caught.value.exit_code == 3


def test_a_change_touches_its_own_line_only() -> None:
    edited = TEXT.replace("\n", "\r\n").replace("4.21 s sampled\r\n", "4.21 s sampled  \r\n  (my laptop)\r\n")
    changed = parse(edited, "X.txt").with_line(ANALYSIS, "Runtime", "9 s sampled").text
    assert changed == edited.replace("4.21 s sampled  \r\n", "9 s sampled\r\n")


def test_new_lines_below_a_label_keep_the_blank_ones_after_it() -> None:
    edited = TEXT.replace("4,213 samples).\n\n", "4,213 samples).\n\n \n\n")
    changed = parse(edited, "X.txt").with_body(ANALYSIS, "Evidence", "  - one\n  - two\n").text
    assert changed == edited.replace("  - Charged: 31.4% (1,323 of 4,213 samples).\n", "  - one\n  - two\n")


def test_a_label_that_a_person_took_out_stays_out() -> None:
    edited = TEXT.replace("Runtime: 4.21 s sampled\n", "")
    assert parse(edited, "X.txt").with_line(ANALYSIS, "Runtime", "9 s").text == edited


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("[2026-11-21] IDENTIFIED - x\n", "[2026-11-21] IDENTIFIED - x\n[2026-12-01] BLOCKED - why\n"),
        ("[2026-11-21] IDENTIFIED - x", "[2026-11-21] IDENTIFIED - x\n[2026-12-01] BLOCKED - why\n"),
        (
            "[2026-11-21] IDENTIFIED - x\n\nhis remarks\n",
            "[2026-11-21] IDENTIFIED - x\n[2026-12-01] BLOCKED - why\n\nhis remarks\n",
        ),
        ("", "[2026-12-01] BLOCKED - why\n"),
    ],
)
def test_the_log_is_appended_to(log: str, expected: str) -> None:
    before = TEXT[: TEXT.index("[2026-11-21]")]
    issue = parse(before + log, "X.txt")
    assert issue.with_log(datetime.date(2026, 12, 1), Status.BLOCKED, "why").text == before + expected


def test_a_log_of_dos_lines_stays_one() -> None:
    edited = TEXT.replace("\n", "\r\n").rstrip("\r\n")
    changed = parse(edited, "X.txt").with_log(TODAY, Status.BLOCKED, "why").text
    assert changed == f"{edited}\r\n[2026-11-21] BLOCKED - why\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\tc\x1b[31m", r"a\nb\tc\x1b[31m"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("  std::vector<int>   push ", "std::vector<int> push"),
        ("caf\xe9 \N{SNOWMAN}", "caf\xe9 \N{SNOWMAN}"),
        ("\ud800", r"\ud800"),
        ("x" * 10_000, "x" * 131 + "..." + "x" * 66),
    ],
)
def test_names_become_one_harmless_line(text: str, expected: str) -> None:
    assert one_line(text) == expected
