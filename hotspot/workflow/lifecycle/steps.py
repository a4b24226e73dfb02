"""Which step is legal from where an issue stands, and how a step changes its file."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Callable
from typing import Any

from hotspot.errors import UsageError
from hotspot.workflow.issues.issue_model import VERIFICATION, Issue, Status
from hotspot.workflow.issues.issue_text import one_line
from hotspot.workflow.issues.store import IssueStore, StoredIssue

MOST_ATTEMPTS = 2
"""Failed attempts after which another one has to be asked for."""

# Below `Verdict: INSUFFICIENT` one of these words says whether the measurements decided it.
DECISIVE, INCONCLUSIVE = "decisive", "inconclusive"

_OPEN = frozenset(Status) - {Status.VERIFIED, Status.DROPPED}
_FROM: dict[str, frozenset[Status]] = {
    "start": frozenset({Status.IDENTIFIED, Status.MARGINAL, Status.REGRESSION}),
    "implement": frozenset({Status.IN_PROGRESS}),
    "verify": frozenset({Status.IMPLEMENTED, Status.VERIFYING, Status.MARGINAL}),
    "reopen": frozenset({Status.VERIFIED, Status.BLOCKED, Status.DROPPED}),
    "block": _OPEN,
    "drop": _OPEN,
}
_NEXT = {
    Status.IDENTIFIED: "start {name}",
    Status.IN_PROGRESS: "implement {name} --changes TEXT",
    Status.IMPLEMENTED: "verify {name}",
    Status.VERIFYING: "verify {name}",
    Status.VERIFIED: "list",
    Status.MARGINAL: "start {name}",
    Status.REGRESSION: "start {name}",
    Status.BLOCKED: "reopen {name}",
    Status.DROPPED: "list",
}


def is_inconclusive(issue: Issue) -> bool:
    """Return whether the last verification says that its measurements did not decide."""
    tried = issue.tries(VERIFICATION)
    block = tried[-1].block("Verdict") if tried else None
    return block is not None and INCONCLUSIVE in block.value.lower()


def legal_steps(issue: Issue) -> tuple[str, ...]:
    """Return the steps that are legal from where an issue stands; what was decided is not measured again."""
    status = issue.status
    decided = status is Status.MARGINAL and not is_inconclusive(issue)
    return tuple(
        step for step, statuses in _FROM.items() if status in statuses and not (step == "verify" and decided)
    )


def require(stored: StoredIssue, step: str) -> None:
    """Refuse a step that is not legal.

    Raises:
        UsageError: naming the steps that are.
    """
    legal = legal_steps(stored.issue)
    if step not in legal:
        status = stored.issue.status
        why = " and was decided" if step == "verify" and status is Status.MARGINAL else ""
        raise UsageError(
            f"{stored.name} is {status}{why}: {step} is not a step from there",
            hint=f"legal: {', '.join(legal)}",
        )


def next_command(stored: StoredIssue) -> str:
    """Return the command that usually follows."""
    issue, status = stored.issue, stored.issue.status
    name = shlex.quote(stored.name)
    again = status in (Status.MARGINAL, Status.REGRESSION)
    if status is Status.MARGINAL and is_inconclusive(issue):
        text = f"verify {name}"
    elif again and issue.attempts >= MOST_ATTEMPTS:
        text = f"drop {name} --reason TEXT"
    else:
        text = _NEXT[status].format(name=name)
    return f"hotspot issues {text}"


def take(
    store: IssueStore, name: str, step: str, change: Callable[[StoredIssue], Issue | None]
) -> StoredIssue:
    """Take a step: read, check that it is legal, change, write, all under the lock.

    Args:
        store: of the project.
        name: as `IssueStore.find` reads it.
        step: a name that `legal_steps` may return.
        change: returns the issue as it becomes, or None to leave the file alone.

    Raises:
        UsageError: no such issue, or the step is not legal from where it stands now.
        MalformedIssue: the file cannot be read.
    """
    path = store.find(name)
    with store.locked():
        stored = store.load(path)
        require(stored, step)
        issue = change(stored)
        if issue is None:
            return stored
        store.save(path, issue)
    return StoredIssue(path, issue)


def moved(issue: Issue, status: Status, today: datetime.date, what: str) -> Issue:
    """Return the issue in another status, with a line in its log that says what happened."""
    in_one_line = one_line(" ".join(what.split()), 1000)
    return issue.with_field("STATUS", status).with_log(today, status, in_one_line)


def summary(stored: StoredIssue) -> dict[str, Any]:
    """Return what every command of the lifecycle says in JSON."""
    return {
        "name": stored.name,
        "path": str(stored.path),
        "status": str(stored.issue.status),
        "attempts": stored.issue.attempts,
        "next": next_command(stored),
    }
