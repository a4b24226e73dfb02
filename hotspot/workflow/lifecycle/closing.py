"""Steps that change no code: block and drop close an issue, reopen takes it up again."""

from __future__ import annotations

import datetime

from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.workflow.issues.issue_model import Issue, Status
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.steps import moved, take

_LEADS_TO = {"block": Status.BLOCKED, "drop": Status.DROPPED}


def close(step: str, name: str, reason: str, config: Config, *, today: datetime.date) -> StoredIssue:
    """Block or drop an issue and say why in its progress log.

    Args:
        step: ``block`` or ``drop``.
        name: as `IssueStore.find` reads it.
        reason: one line of it is written.
        config: of the project.
        today: for the log.

    Raises:
        UsageError: no such issue, no reason, or the step is not legal from where the issue stands.
        MalformedIssue: the file cannot be read.
    """
    if not reason.strip():
        raise UsageError(f"--reason is empty: say why, so that nobody asks again before they {step} it too")

    def change(stored: StoredIssue) -> Issue:
        return moved(stored.issue, _LEADS_TO[step], today, reason)

    return take(IssueStore.of(config), name, step, change)


def reopen(name: str, reason: str | None, config: Config, *, today: datetime.date) -> StoredIssue:
    """Take a verified, blocked or dropped issue up again; failed attempts stay counted.

    Raises:
        UsageError: no such issue, or it is none of these.
        MalformedIssue: the file cannot be read.
    """

    def change(stored: StoredIssue) -> Issue:
        what = (reason or "").strip() or f"reopened, was {stored.issue.status}"
        return moved(stored.issue, Status.IDENTIFIED, today, what)

    return take(IssueStore.of(config), name, "reopen", change)
