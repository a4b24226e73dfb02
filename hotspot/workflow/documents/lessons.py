"""After a failed attempt: ``research/NN-NAME-lessons.md``, how to keep its code, and whether main is clear of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.workflow.documents.attempts import Attempt, attempts
from hotspot.workflow.documents.failed_code import FailedCode, MainBranch, failed_code, main_branch
from hotspot.workflow.documents.prose import flat
from hotspot.workflow.documents.research import ASK, Note, notes_of, questions, write_note
from hotspot.workflow.documents.worklog_entry import results_table, trade_offs
from hotspot.workflow.issues.issue_model import PROPOSAL, UNKNOWN
from hotspot.workflow.issues.store import IssueStore, StoredIssue


@dataclass(frozen=True)
class Lessons:
    """A note on a failed attempt, and what to do with its code.

    Attributes:
        path: of the note.
        created: whether it is new; a note is begun once.
        code: where the failed code is.
        main: None where it is not known which branch that is.
    """

    path: Path
    created: bool
    code: FailedCode
    main: MainBranch | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "schema": "hotspot.issues.lessons/1",
            "path": str(self.path),
            "created": self.created,
            "code": self.code.where,
            "branch_command": self.code.branch_command,
            "still_in_tree": list(self.code.files),
            "main": self.main.name if self.main else None,
            "at_last_verified": self.main.at_last_verified if self.main else None,
            "last_verified": self.main.verified if self.main else None,
            "beyond": list(self.main.beyond) if self.main else [],
        }


def write_lessons(name: str, config: Config) -> Lessons:
    """Begin the note on the last failed attempt of an issue; one that is there already is left as it is.

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
    attempt, code = failed[-1], failed_code(stored, config)
    main = main_branch(config, stored, store.read().issues)
    path = _note_on(stored, attempt, config)
    if path is not None:
        return Lessons(path, False, code, main)
    note = lessons_note(stored, attempt, code)
    return Lessons(write_note(config, _note_name(stored), note), True, code, main)


def lessons_note(stored: StoredIssue, attempt: Attempt, code: FailedCode) -> Note:
    """Return the note: what the issue file and the diff know, and questions for what they do not."""
    table = "\n".join(results_table(attempt)) or "Nothing was measured."
    source = _source(stored, attempt)
    return Note(
        f"Why {stored.name} Failed",
        (
            ("What We Tried", _tried(stored, attempt, code)),
            (
                "Results",
                f"{table}\n\nTrade-offs: {trade_offs(attempt)}. Verdict: {attempt.verdict}.\n\n"
                f"Data: {flat(attempt.said('Commands'))}. {source}",
            ),
            ("Why It Failed", f"{_attribution(attempt)}The reason: {ASK}"),
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


def _tried(stored: StoredIssue, attempt: Attempt, code: FailedCode) -> str:
    parts = [_quoted(attempt.done("Changes Made")), "Files:", _quoted(attempt.done("Files Modified"))]
    if code.diff:
        parts += [f"The diff, from {code.where}:", code.diff_block()]
    else:
        parts.append(
            f"The diff is not known: the code of the attempt is neither in the tree nor on a branch. {ASK}"
        )
    return "\n\n".join([*parts, _source(stored, attempt)])


def _attribution(attempt: Attempt) -> str:
    said = attempt.said("Attribution")
    return "" if said.startswith(UNKNOWN) else f"{_quoted(said)}\n\n"


def _source(stored: StoredIssue, attempt: Attempt) -> str:
    return f"From `perf-issues/{stored.path.name}`, attempt {attempt.number}."


def _note_on(stored: StoredIssue, attempt: Attempt, config: Config) -> Path | None:
    """The note on this attempt, where it was begun already."""
    notes = (path for path in notes_of(config) if path.stem.partition("-")[2] == _note_name(stored))
    source = _source(stored, attempt)
    return next((path for path in notes if source in path.read_text("utf-8", "replace")), None)


def _note_name(stored: StoredIssue) -> str:
    return f"{stored.name}-lessons"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
