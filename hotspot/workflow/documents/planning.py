"""``hotspot issues plan``: brings ``perf-issues/CANDIDATES.md`` up to date and records decisions in it."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.advice.loader import load_catalogue
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.workflow.documents import plan
from hotspot.workflow.documents.candidates import CandidateList, Entry, parse_candidates
from hotspot.workflow.documents.document_file import read_text, write_text
from hotspot.workflow.documents.facts import Facts, facts_of
from hotspot.workflow.issues.issue_model import Status
from hotspot.workflow.issues.issue_text import one_line
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.steps import moved, require

FILE = "CANDIDATES.md"


@dataclass(frozen=True)
class Decisions:
    """What a person decided, as typed; each None where it was not asked for.

    Attributes:
        approve: numbers or names, separated by commas; the same for ``drop``.
        reorder: the entries that come first, or ``auto``.
        add: title of an entry without an issue.
        reason: why entries are dropped.
    """

    approve: str | None = None
    reorder: str | None = None
    drop: str | None = None
    add: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Plan:
    """The list after a run.

    Attributes:
        facts: by name of the issue; an entry that a person added has none.
        created: whether the document is new.
    """

    path: Path
    listed: CandidateList
    facts: dict[str, Facts]
    created: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        number = {entry.name: i for i, entry in enumerate(self.listed.open, 1)}
        return {
            "schema": "hotspot.issues.plan/1",
            "path": str(self.path),
            "candidates": [self._row(entry, number) for entry in self.listed.entries],
        }

    def _row(self, entry: Entry, number: dict[str, int]) -> dict[str, Any]:
        facts = self.facts.get(entry.name)
        return {
            "number": number.get(entry.name),
            "name": entry.name,
            "builds_on": entry.builds_on,
            "approved": entry.approved,
            "settled": entry.settled,
            "expected_gain": facts.gain if facts and facts.gain > 1 else None,
            "share": facts.share or None if facts else None,
            "complexity": facts.complexity if facts else None,
        }


def read_candidates(config: Config) -> CandidateList | None:
    """Return the project's candidate list, or None where there is none yet.

    Raises:
        UnreadableInput: the file may not be read or is no UTF-8.
        MalformedCandidates: it contradicts itself.
    """
    path = config.issues_directory / FILE
    text = read_text(path)
    return parse_candidates(text, os.path.relpath(path)) if text is not None else None


def make_plan(
    config: Config,
    decisions: Decisions,
    today: datetime.date,
) -> Plan:
    """Bring the list up to date, then record decisions; all of it or, after an error, nothing.

    Args:
        config: of the project.
        decisions: to record.
        today: for what is recorded.

    Raises:
        UsageError: there is no such entry, an entry cannot be dropped, or a reason is missing.
    """
    store = IssueStore.of(config)
    if decisions.drop and not (decisions.reason or "").strip():
        raise UsageError("--drop needs --reason: say why, so that nobody asks again")
    rules = load_catalogue(config.root).rules
    with store.locked():
        before = read_candidates(config)
        issues = store.read().issues
        facts = {stored.name: facts_of(stored.issue, rules) for stored in issues}
        listed = plan.update(before or parse_candidates("", FILE), issues, facts)
        dropped: list[tuple[StoredIssue, str]] = []
        if decisions.add is not None:
            listed = plan.add(listed, decisions.add, today)
        if decisions.approve is not None:
            listed = plan.approve(listed, decisions.approve, today)
        if decisions.reorder is not None:
            listed = plan.reorder(listed, decisions.reorder, today)
        if decisions.drop is not None:
            reason = one_line(" ".join((decisions.reason or "").split()), 1000)
            by_name = {stored.name: stored for stored in issues}
            for entry in plan.chosen(listed, decisions.drop):
                if entry.name in by_name:
                    require(by_name[entry.name], "drop")
                    dropped.append((by_name[entry.name], reason))
                listed = plan.drop(listed, listed.find(entry.name) or entry, reason, today)
        for stored, reason in dropped:
            store.save(stored.path, moved(stored.issue, Status.DROPPED, today, reason))
        if (
            dropped or decisions.reorder is not None
        ):  # their statuses, and hotspot's order where it was asked back
            issues = store.read().issues
            listed = plan.update(listed, issues, facts)
        path = store.directory / FILE
        if listed.entries or before is not None:
            write_text(path, listed.text)
    return Plan(path, listed, facts, before is None and bool(listed.entries))


def not_approved(config: Config, name: str) -> str | None:
    """Return a warning for an issue that is to be started without approval; None where there is no list, or it is.

    Raises:
        UnreadableInput: the list cannot be read.
        UsageError: no issue goes by that name.
    """
    listed = read_candidates(config)
    if listed is None:
        return None
    name = IssueStore.of(config).find(name).stem
    entry = listed.find(name)
    if entry is None or entry.settled is not None:
        return f"{name} is not in {FILE}: `hotspot issues plan` adds it"
    if not entry.approved:
        number = [e.name for e in listed.open].index(name) + 1
        return f"{name} is not approved yet (`hotspot issues plan --approve {number}`)"
    below = listed.find(entry.builds_on or "")
    if below is not None and below.settled is None:
        return f"{name} builds on {below.name}, which is not done yet"
    return None
