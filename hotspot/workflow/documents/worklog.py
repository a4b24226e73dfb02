"""``perf-issues/WORKLOG.md``: the baseline, then one entry an optimisation, kept from the issue files by every step.

Everything in it is derived from issue files and git, so it can be brought up to date at any time; a person's lines stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hotspot.benchmarks.model import Benchmark, Results
from hotspot.config import Config
from hotspot.errors import UnreadableInput
from hotspot.units import human_seconds
from hotspot.workflow.documents.attempts import attempts
from hotspot.workflow.documents.block import Document, new_block, parse_document
from hotspot.workflow.documents.document_file import read_text, write_text
from hotspot.workflow.documents.prose import table_row
from hotspot.workflow.documents.research import questions
from hotspot.workflow.documents.worklog_entry import dates, entry_lines
from hotspot.workflow.gate.kept import kept_gates
from hotspot.workflow.gate.measured import data_file
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.start_record import StartRecord, load_start

FILE = "WORKLOG.md"
_HEAD = """\
# Worklog

What was tried, with the numbers. The steps of `hotspot issues` keep the lines between its marks; everything else is yours,
a line of its that you change included.

## Baseline

"""
_ENTRIES = "## Optimisations"
_SUMMARY, _SUMMARY_HEADING = "SUMMARY", "## Final Summary"
_INSIGHTS = "### Key Insights"
MET = "Criteria met on "
"""What the summary of work that reached its criteria begins with."""
INSIGHTS = questions(
    "What made the difference, and does it hold on other input?",
    "What did we believe at the start that the measurements did not confirm?",
    "What would you try first next time, and what not again?",
)
_BASELINE = ("Benchmark", "Ours", "Competitor", "Ratio")
_NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Summary:
    """How the work ended: lines of Markdown, and whether what it was to reach was reached."""

    lines: tuple[str, ...]
    success: bool


@dataclass(frozen=True)
class Peers:
    """Results to set beside each other in the baseline table; a competitor may be missing."""

    ours: Results
    competitor: Results | None


def refresh(config: Config, peers: Peers | None = None, summary: Summary | None = None) -> Path | None:
    """Bring the worklog up to date; None where there is nothing to log yet.

    Args:
        config: of the project.
        peers: for the baseline table, which otherwise stays as it is.
        summary: how the work ended, which otherwise stays as it is.

    Raises:
        UnreadableInput: the document cannot be read.
    """
    store = IssueStore.of(config)
    with store.locked():
        path = store.directory / FILE
        before = read_text(path)
        issues = store.read().issues
        nothing = peers is None and summary is None and not any(attempts(stored.issue) for stored in issues)
        if before is None and nothing:
            return None
        document = parse_document(before if before is not None else "")
        document = with_entries(with_baseline(document, config, issues, peers), config, issues)
        if summary is not None:
            document = with_summary(document, summary)
        write_text(path, document.text)
    return path


def with_baseline(
    document: Document, config: Config, issues: Sequence[StoredIssue], peers: Peers | None
) -> Document:
    """Return the document with its head and the baseline table, which stays where there is one and none is given."""
    if not document.pieces:
        first = baseline_lines(config, peers or _started(config, issues))
        return Document((_HEAD, new_block("BASELINE", first), f"\n{_ENTRIES}\n\n"))
    return document if peers is None else document.updated("BASELINE", baseline_lines(config, peers))


def with_entries(document: Document, config: Config, issues: Sequence[StoredIssue]) -> Document:
    """Return the document with every try in it, new ones behind the others in the order they were implemented."""
    gates = kept_gates(config)
    tries = [(stored, attempt) for stored in issues for attempt in attempts(stored.issue)]
    for stored, attempt in sorted(tries, key=lambda pair: (dates(*pair)[0], pair[0].name, pair[1].number)):
        key = f"{stored.name}-{attempt.number}"
        lines = entry_lines(config, stored, attempt, _start_of(stored, config), gates)
        if document.block(key) is not None:
            document = document.updated(key, lines)
        else:
            heading = f"### {stored.name}, attempt {attempt.number}\n\n"
            document = document.with_added(_ENTRIES, heading, new_block(key, lines), "\n")
    return document


def with_summary(document: Document, summary: Summary) -> Document:
    """Return the document with its final summary; what a person wrote below it stays."""
    if document.block(_SUMMARY) is not None:
        document = document.updated(_SUMMARY, summary.lines)
    else:
        document = document.with_added(
            "", f"{_SUMMARY_HEADING}\n\n", new_block(_SUMMARY, summary.lines), "\n"
        )
    if summary.success and _INSIGHTS not in document.text:
        document = document.with_added(_SUMMARY_HEADING, f"{_INSIGHTS}\n\n{INSIGHTS}\n\n")
    return document


def read_worklog(config: Config) -> Document | None:
    """Return the worklog, or None where there is none.

    Raises:
        UnreadableInput: it cannot be read.
    """
    text = read_text(IssueStore.of(config).directory / FILE)
    return parse_document(text) if text is not None else None


def is_finished(document: Document) -> bool:
    """Whether its final summary is of work that reached its criteria."""
    return (block := document.block(_SUMMARY)) is not None and any(
        line.startswith(MET) for line in block.lines
    )


def baseline_lines(config: Config, peers: Peers | None) -> list[str]:
    """Return the baseline table: our benchmarks, the competitor's, and how they compare."""
    if peers is None:
        return ["No benchmark was recorded yet: `hotspot issues worklog --ours FILE --competitor FILE`."]
    ours, theirs = peers.ours, peers.competitor
    rows = []
    for mine in ours.benchmarks:
        other = _partner(mine, ours, theirs) if theirs else None
        rows.append(
            table_row(
                mine.name,
                human_seconds(mine.median),
                human_seconds(other.median) if other else _NOT_MEASURED,
                ratio_words(mine.median, other.median) if other else _NOT_MEASURED,
            )
        )
    source = [f"Medians. Ours: {data_file(config, ours.path, ours.sha256)}."]
    if theirs is not None:
        source.append(f"Competitor: {data_file(config, theirs.path, theirs.sha256)}.")
    return [table_row(*_BASELINE), "|---|---:|---:|---|", *rows, "", " ".join(source)]


def ratio_words(ours: float, theirs: float) -> str:
    """Return how a time compares with another: ``2.3x slower``, ``1.2x faster``, ``the same``."""
    if theirs <= 0 or ours <= 0:
        return _NOT_MEASURED
    ratio = ours / theirs
    if 0.995 < ratio < 1.005:
        return "the same"
    return f"{ratio:.1f}x slower" if ratio > 1 else f"{1 / ratio:.1f}x faster"


def _started(config: Config, issues: Sequence[StoredIssue]) -> Peers | None:
    """The first benchmark results that a start recorded."""
    found = []
    for stored in issues:
        start = _start_of(stored, config)
        if start is not None and start.results is not None:
            found.append((start.recorded, start.results))
    return Peers(min(found, key=lambda pair: pair[0])[1], None) if found else None


def _start_of(stored: StoredIssue, config: Config) -> StartRecord | None:
    """What was recorded at the start; a damaged record is told by the step that needs it, not by the worklog."""
    try:
        return load_start(stored, config)
    except UnreadableInput:
        return None


def _partner(mine: Benchmark, ours: Results, theirs: Results) -> Benchmark | None:
    if len(ours.benchmarks) == len(theirs.benchmarks) == 1:
        return theirs.benchmarks[0]
    return next((other for other in theirs.benchmarks if other.name == mine.name), None)
