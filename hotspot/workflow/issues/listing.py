"""Issues as the JSON of ``issues list`` and ``issues show``."""

from __future__ import annotations

from typing import Any

from hotspot.workflow.issues.issue_model import ANALYSIS, FIELDS, UNKNOWN
from hotspot.workflow.issues.store import Contents, IssueStore, StoredIssue


def listed(store: IssueStore, contents: Contents) -> dict[str, Any]:
    """Return the JSON object of a list: issues by name, and files that could not be read."""
    return {
        "schema": "hotspot.issues.list/1",
        "directory": str(store.directory),
        "issues": [_summary(stored) for stored in contents.issues],
        "unreadable": [
            {"path": str(broken.path), "reason": str(broken.error)} for broken in contents.unreadable
        ],
    }


def shown(stored: StoredIssue) -> dict[str, Any]:
    """Return the JSON object of one issue: its head, its location, and every section as the file has it."""
    issue = stored.issue
    head = {label.lower().replace(" ", "_"): _known(issue.field(label)) for label in FIELDS}
    return {
        "schema": "hotspot.issues.show/1",
        **_summary(stored),
        **head,
        "status": str(issue.status),
        "attempts": issue.attempts,
        "sections": [
            {
                "title": section.title,
                "blocks": [{"label": b.label or None, "text": _text(b.value)} for b in section.blocks],
            }
            for section in issue.sections[1:]
        ],
    }


def _summary(stored: StoredIssue) -> dict[str, Any]:
    issue = stored.issue
    rank, line = issue.value(ANALYSIS, "Hotspot Rank"), issue.location("Line") or ""
    return {
        "name": stored.name,
        "path": str(stored.path),
        "title": _text(issue.title),
        "status": str(issue.status),
        "rank": int(rank) if rank.isdecimal() else None,
        "contribution": _known(issue.value(ANALYSIS, "Time Contribution")),
        "function": _known(issue.location("Function") or UNKNOWN),
        "file": _known(issue.location("File") or UNKNOWN),
        "line": int(line) if line.isdecimal() else None,
        "fingerprint": _known(issue.field("FINGERPRINT")),
        "attempts": issue.attempts,
    }


def _known(value: str) -> str | None:
    return None if value == UNKNOWN else _text(value)


def _text(value: str) -> str:
    """Bytes of the file that are no UTF-8 become replacement characters: JSON has no place for them."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
