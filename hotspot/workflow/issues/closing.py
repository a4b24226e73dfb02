"""Steps that close an issue without a change to the code: block and drop."""

from __future__ import annotations

import datetime

from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.workflow.issues.issue_model import STEPS, Status, legal_steps
from hotspot.workflow.issues.issue_text import one_line
from hotspot.workflow.issues.store import IssueStore, StoredIssue

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
    because = one_line(" ".join(reason.split()), 1000)
    if not because:
        raise UsageError(f"--reason is empty: say why, so that nobody asks again before they {step} it too")
    store, status = IssueStore.of(config), _LEADS_TO[step]
    path = store.find(name)
    with store.locked():
        stored = store.load(path)
        now = stored.issue.status
        if now not in STEPS[step]:
            raise UsageError(
                f"{stored.name} is {now}: {step} is not a step from there",
                hint=f"legal: {', '.join(legal_steps(now))}",
            )
        issue = stored.issue.with_field("STATUS", status).with_log(today, status, because)
        store.save(path, issue)
    return StoredIssue(path, issue)
