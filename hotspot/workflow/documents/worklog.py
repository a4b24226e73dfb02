"""``perf-issues/WORKLOG.md``: the baseline, then one entry an optimisation, kept from the issue files by every step.

Everything in it is derived from issue files and git, so it can be brought up to date at any time; a person's lines stay.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotspot.benchmarks.model import Benchmark, Results
from hotspot.config import Config
from hotspot.errors import HotspotError, UnreadableInput
from hotspot.files import write_atomically
from hotspot.git import ask_git
from hotspot.tabular import markdown_row
from hotspot.units import human_seconds
from hotspot.workflow.documents.attempts import Attempt, attempts, log_entries
from hotspot.workflow.documents.block import Block, Document, new_block, parse_document
from hotspot.workflow.issues.issue_model import Status
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.start_record import load_start

FILE = "WORKLOG.md"
_HEAD = """\
# Worklog

What was tried, with the numbers. The steps of `hotspot issues` keep the lines between its marks; everything else is yours,
a line of its that you change included.

## Baseline

"""
_ENTRIES = "## Optimisations\n\n"
_RESULTS = ("Benchmark", "Before", "After", "Change")
_BASELINE = ("Benchmark", "Ours", "Competitor", "Ratio")
_NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Peers:
    """Results to set beside each other in the baseline table; a competitor may be missing."""

    ours: Results
    competitor: Results | None


def refresh(config: Config, peers: Peers | None = None) -> Path | None:
    """Bring the worklog up to date; None where there is nothing to log yet.

    Args:
        config: of the project.
        peers: for the baseline table, which otherwise stays as it is.

    Raises:
        UnreadableInput: the document cannot be read.
    """
    store = IssueStore.of(config)
    with store.locked():
        path = store.directory / FILE
        before = _read(path)
        issues = store.read().issues
        if before is None and peers is None and not any(attempts(stored.issue) for stored in issues):
            return None
        document = parse_document(before if before is not None else "")
        text = updated(document, config, issues, peers).text
        if text != before:
            store.directory.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text.encode())
    return path


def updated(
    document: Document, config: Config, issues: Sequence[StoredIssue], peers: Peers | None
) -> Document:
    """Return the document with every try in it, new ones at its end in the order they were implemented."""
    if not document.pieces:
        first = baseline_lines(peers or _started(config, issues))
        document = Document((_HEAD, new_block("BASELINE", first), "\n", _ENTRIES))
    elif peers is not None:
        document = document.updated("BASELINE", baseline_lines(peers))
    tries = [(stored, attempt) for stored in issues for attempt in attempts(stored.issue)]
    for stored, attempt in sorted(tries, key=lambda pair: (_dates(*pair)[0], pair[0].name, pair[1].number)):
        key = f"{stored.name}-{attempt.number}"
        lines = entry_lines(config, stored, attempt)
        if document.block(key) is not None:
            document = document.updated(key, lines)
        else:
            heading = f"### {stored.name}, attempt {attempt.number}\n\n"
            document = replace(
                document, pieces=(*_ended(document.pieces), heading, new_block(key, lines), "\n")
            )
    return document


def baseline_lines(peers: Peers | None) -> list[str]:
    """Return the baseline table: our benchmarks, the competitor's, and how they compare."""
    if peers is None:
        return ["No benchmark was recorded yet: `hotspot issues worklog --ours FILE --competitor FILE`."]
    ours, theirs = peers.ours, peers.competitor
    rows = []
    for mine in ours.benchmarks:
        other = _partner(mine, ours, theirs) if theirs else None
        rows.append(
            markdown_row(
                (
                    mine.name,
                    human_seconds(mine.median),
                    human_seconds(other.median) if other else _NOT_MEASURED,
                    ratio_words(mine.median, other.median) if other else _NOT_MEASURED,
                )
            )
        )
    source = [f"Medians. Ours: `{ours.path}`{_digest(ours)}."]
    if theirs is not None:
        source.append(f"Competitor: `{theirs.path}`{_digest(theirs)}.")
    return [markdown_row(_BASELINE), "|---|---:|---:|---|", *rows, "", " ".join(source)]


def ratio_words(ours: float, theirs: float) -> str:
    """Return how a time compares with another: ``2.3x slower``, ``1.2x faster``, ``the same``."""
    if theirs <= 0 or ours <= 0:
        return _NOT_MEASURED
    ratio = ours / theirs
    if 0.995 < ratio < 1.005:
        return "the same"
    return f"{ratio:.1f}x slower" if ratio > 1 else f"{1 / ratio:.1f}x faster"


def entry_lines(config: Config, stored: StoredIssue, attempt: Attempt) -> list[str]:
    """Return what the worklog says of a try."""
    begun, ended = _dates(stored, attempt)
    last = attempt.number == len(attempts(stored.issue))
    status = str(stored.issue.status) if last else f"{attempt.verdict}, tried again"
    lines = [
        f"- **Time:** {begun}" + (f" to {ended}" if ended and ended != begun else ""),
        f"- **Status:** {status}" + (f" ({attempt.verdict})" if last and attempt.verification else ""),
        f"- **Changes:** {_flat(attempt.done('Changes Made'))}",
        f"- **Files:** {_flat(attempt.done('Files Modified'))}",
        f"- **Commit:** {_commit(config, stored)}",
    ]
    measured = attempt.measured
    if measured is not None:
        row = (measured.benchmark, measured.before, measured.after, measured.change)
        lines += ["", markdown_row(_RESULTS), "|---|---:|---:|---|", markdown_row(row), ""]
    effects = attempt.said("Side Effects")
    lines.append(f"- **Trade-offs:** {_flat(effects)}")
    lines.append(f"- **Data:** [{stored.path.name}]({stored.path.name}); {_flat(attempt.said('Commands'))}")
    return lines


def _started(config: Config, issues: Sequence[StoredIssue]) -> Peers | None:
    """The first benchmark results that a start recorded."""
    found = []
    for stored in issues:
        try:
            start = load_start(stored, config)
        except UnreadableInput:
            continue
        if start is not None and start.results is not None:
            found.append((start.recorded, start.results))
    return Peers(min(found, key=lambda pair: pair[0])[1], None) if found else None


def _partner(mine: Benchmark, ours: Results, theirs: Results) -> Benchmark | None:
    if len(ours.benchmarks) == len(theirs.benchmarks) == 1:
        return theirs.benchmarks[0]
    return next((other for other in theirs.benchmarks if other.name == mine.name), None)


def _dates(stored: StoredIssue, attempt: Attempt) -> tuple[str, str]:
    """When the try was begun and when it was verified, as far as the progress log and the sections tell."""
    started = [day for day, status, _ in log_entries(stored.issue) if status == Status.IN_PROGRESS]
    begun = started[min(attempt.number, len(started)) - 1] if started else ""
    ended = attempt.said("Date") if attempt.verification else ""
    return begun, ended


def _commit(config: Config, stored: StoredIssue) -> str:
    """The newest commit that names the issue."""
    name = rf"(^|[^A-Za-z0-9_-]){re.escape(stored.name)}([^A-Za-z0-9_-]|$)"
    try:
        found = ask_git(config.root, "log", "-1", "--format=%h %s", "-E", f"--grep={name}")
    except HotspotError:
        return "unknown: no git repository"
    return markdown_safe(found) if found else f"none yet names {stored.name}"


def markdown_safe(text: str) -> str:
    """Return a text of others as code, which Markdown leaves alone."""
    return f"`{text.replace('`', chr(39))}`"


def _digest(results: Results) -> str:
    return f" (sha256 {results.sha256[:12]}...)" if results.sha256 else ""


def _flat(text: str) -> str:
    lines = [line.strip().removeprefix("- ") for line in text.splitlines()]
    return "; ".join(line for line in lines if line).replace("<!--", "< !--")


def _ended(pieces: Sequence[str | Block]) -> tuple[str | Block, ...]:
    last = pieces[-1] if pieces else ""
    return (*pieces, "\n") if isinstance(last, str) and last and not last.endswith("\n") else tuple(pieces)


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise UnreadableInput(os.path.relpath(path), reason) from error
