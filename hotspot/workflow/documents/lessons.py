"""After a failed attempt: ``research/NN-NAME-lessons.md``, and whether the failed code is kept and main is clean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.config import Config
from hotspot.errors import HotspotError, UsageError
from hotspot.git import ask_git, head
from hotspot.tabular import markdown_row
from hotspot.workflow.documents.attempts import Attempt, attempts
from hotspot.workflow.documents.research import ASK, Note, questions, slug, write_note
from hotspot.workflow.issues.issue_model import PROPOSAL
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.start_record import load_start


@dataclass(frozen=True)
class Lessons:
    """A note on a failed attempt, and what to do with its code.

    Attributes:
        path: of the note.
        branch_command: keeps the failed commit, as a person would type it.
        clean: whether the working tree is at the commit the attempt began from; None where that is not known.
        since: that commit.
    """

    path: Path
    branch_command: str
    clean: bool | None
    since: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "schema": "hotspot.issues.lessons/1",
            "path": str(self.path),
            "branch_command": self.branch_command,
            "at_last_verified": self.clean,
            "since": self.since,
        }


def write_lessons(name: str, config: Config) -> Lessons:
    """Write the note on the last failed attempt of an issue.

    Raises:
        UsageError: no such issue, or none of its attempts failed.
    """
    store = IssueStore.of(config)
    stored = store.load(store.find(name))
    failed = [attempt for attempt in attempts(stored.issue) if attempt.failed]
    if not failed:
        raise UsageError(
            f"{stored.name} has no failed attempt", hint="lessons are written after a REGRESSION or MARGINAL"
        )
    path = write_note(config, f"{slug(stored.name)}-lessons", lessons_note(stored, failed[-1]))
    start = load_start(stored, config)
    since = start.commit if start else None
    here = head(config.root)
    clean = None if since is None or here is None else here.revision == since and not here.dirty
    return Lessons(path, f"git branch slow-{stored.name} {_failed_commit(config)}", clean, since)


def lessons_note(stored: StoredIssue, attempt: Attempt) -> Note:
    """Return the note: what the issue file knows, and questions for what it does not."""
    name = stored.name
    measured = attempt.measured
    results = "Nothing was measured."
    if measured is not None:
        rows = [
            markdown_row(("Benchmark", "Before", "After", "Change")),
            "|---|---:|---:|---|",
            markdown_row((measured.benchmark, measured.before, measured.after, measured.change)),
        ]
        results = "\n".join(rows) + f"\n\nSide effects: {' '.join(attempt.said('Side Effects').split())}"
    source = f"From `{stored.path.name}`, attempt {attempt.number}."
    return Note(
        f"Why {name} Failed",
        (
            (
                "What We Tried",
                f"{_quoted(attempt.done('Changes Made'))}\n\nFiles:\n\n{_quoted(attempt.done('Files Modified'))}\n\n{source}",
            ),
            ("Results", f"{results}\n\nVerdict: {attempt.verdict}. {source}"),
            ("Why It Failed", f"{_quoted(attempt.said('Attribution'))}\n\nThe reason: {ASK}"),
            (
                "Lessons",
                questions(
                    "What did we believe that was not so?", "How would we have seen it earlier, and cheaper?"
                ),
            ),
            (
                "Future Alternatives",
                f"The issue proposed:\n\n{_quoted(stored.issue.value(PROPOSAL, 'Approach'))}\n\n"
                + questions("Which of it is left, and what would have to change first?"),
            ),
        ),
    )


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _failed_commit(config: Config) -> str:
    """The commit that holds the failed code; HEAD where it is not known."""
    try:
        return ask_git(config.root, "rev-parse", "--short", "HEAD")
    except HotspotError:
        return "HEAD"
