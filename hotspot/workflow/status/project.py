"""The status of a project, put together from issue files, the plan, baselines, the gate's answers and the configuration."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from hotspot.benchmarks.baselines import Baseline, list_baselines, machine_key
from hotspot.benchmarks.run import machine_texts
from hotspot.config import Config
from hotspot.errors import UnreadableInput
from hotspot.git import head
from hotspot.state import machine_facts
from hotspot.workflow.documents.attempts import log_entries
from hotspot.workflow.documents.candidates import CandidateList
from hotspot.workflow.documents.planning import read_candidates
from hotspot.workflow.documents.worklog import read_worklog
from hotspot.workflow.gate.kept import kept_gates
from hotspot.workflow.gate.rules import Rules, rules_of
from hotspot.workflow.issues.issue_model import ANALYSIS, PROPOSAL, Status
from hotspot.workflow.issues.store import Contents, IssueStore, StoredIssue
from hotspot.workflow.lifecycle.start_record import StartRecord, load_start
from hotspot.workflow.status.checklist import (
    Check,
    Known,
    OptimisationChecks,
    before_completing,
    before_starting,
    each_optimisation,
)
from hotspot.workflow.status.metrics import (
    CriticalFigure,
    Metric,
    critical_figures,
    latest_profile_name,
    metrics,
)
from hotspot.workflow.status.next_action import NextAction, issue_in_hand, next_action, rank_of
from hotspot.workflow.status.updates import Updates, now_of, remember, updates, updates_dict

COMPLETION = {
    Status.IDENTIFIED: 0,
    Status.BLOCKED: 0,
    Status.DROPPED: 0,
    Status.IN_PROGRESS: 25,
    Status.MARGINAL: 25,
    Status.REGRESSION: 25,
    Status.IMPLEMENTED: 50,
    Status.VERIFYING: 75,
    Status.VERIFIED: 100,
}
"""How far a status is, in percent of the way to VERIFIED."""


@dataclass(frozen=True)
class IssueRow:
    """One line of the dashboard."""

    name: str
    status: Status
    completion: int
    complexity: str
    priority: str
    attempts: int
    note: str


@dataclass(frozen=True)
class ProjectStatus:
    """Everything `hotspot status` says.

    Attributes:
        state: where things stand, in a sentence.
        progress: share of the issues that are verified, dropped ones left out, 0 to 1; None without issues.
        rows: of the dashboard: in the plan's order, then by rank, what is settled last.
        machine: key of this machine, to tell baselines of others.
    """

    today: datetime.date
    state: str
    next: NextAction
    progress: float | None
    rows: tuple[IssueRow, ...]
    metrics: tuple[Metric, ...]
    critical: tuple[CriticalFigure, ...]
    baselines: tuple[Baseline, ...]
    machine: str
    updates: Updates
    before_starting: tuple[Check, ...]
    each: tuple[OptimisationChecks, ...]
    before_completing: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "schema": "hotspot.status/1",
            "state": self.state,
            "next": {**vars(self.next), "prerequisites": _checks(self.next.prerequisites)},
            "progress": self.progress,
            "issues": [dict(vars(row)) | {"status": str(row.status)} for row in self.rows],
            "metrics": [
                dict(vars(m)) | {"when": m.when.isoformat() if m.when else None} for m in self.metrics
            ],
            "critical": [dict(vars(figure)) for figure in self.critical],
            "baselines": [baseline.to_dict() for baseline in self.baselines],
            "updates": updates_dict(self.updates),
            "checklist": {
                "before_starting": _checks(self.before_starting),
                "each": [{"issue": one.issue, "checks": _checks(one.checks)} for one in self.each],
                "before_completing": _checks(self.before_completing),
            },
        }


def project_status(
    config: Config, today: datetime.date, *, ticked: Collection[str] = (), writing: bool = False
) -> ProjectStatus:
    """Read the state of a project.

    Args:
        config: of the project.
        today: for ages.
        ticked: boxes that a person ticked in the document.
        writing: it is for the document, which is what "since the last update" is about.

    Raises:
        HotspotError: the candidate list, a baseline or the configuration cannot be read.
    """
    contents = IssueStore.of(config).read()
    issues = contents.issues
    listed, rules = read_candidates(config), rules_of(config)
    baselines, gates = list_baselines(config), kept_gates(config)
    starts = _starts(config, issues)
    current = issue_in_hand(issues, listed)
    checked_out = head(config.root)
    measured = metrics(rules, gates)
    known = Known(
        config=config,
        issues=issues,
        starts=starts,
        listed=listed,
        baselines=baselines,
        gates=gates,
        metrics=measured,
        profile=latest_profile_name(config) or next((s.issue.field("PROFILE") for s in issues), None),
        worklog=read_worklog(config),
        head=checked_out.revision if checked_out is not None else None,
        ticked=ticked,
    )
    counted = [stored for stored in issues if stored.issue.status is not Status.DROPPED]
    verified = [stored for stored in counted if stored.issue.status is Status.VERIFIED]
    start = starts.get(current.name) if current is not None else None
    now = now_of(config, issues, gates, baselines)
    status = ProjectStatus(
        today=today,
        state=_state(contents, current),
        next=next_action(
            config, rules, current, listed, start, verified=bool(verified), finished=known.finished
        ),
        progress=len(verified) / len(counted) if counted else None,
        rows=tuple(_row(stored, rules) for stored in _in_order(issues, listed)),
        metrics=measured,
        critical=critical_figures(config, rules, issues, gates, baselines),
        baselines=baselines,
        machine=machine_key(machine_texts(machine_facts())),
        updates=updates(config, now, writing=writing),
        before_starting=before_starting(known),
        each=each_optimisation(known),
        before_completing=before_completing(known),
    )
    if writing:
        remember(config, now)
    return status


def _checks(checks: Sequence[Check]) -> list[dict[str, Any]]:
    return [dict(vars(check)) for check in checks]


def _starts(config: Config, issues: Sequence[StoredIssue]) -> dict[str, StartRecord]:
    found = {}
    for stored in issues:
        try:
            record = load_start(stored, config)
        except UnreadableInput:
            continue  # the step that needs it says so
        if record is not None:
            found[stored.name] = record
    return found


def _state(contents: Contents, current: StoredIssue | None) -> str:
    issues = contents.issues
    broken = ", ".join(one.path.name for one in contents.unreadable)
    unread = f"; cannot be read: {broken} (`hotspot issues list` says why)" if broken else ""
    if not issues:
        return f"no issues yet{unread}"
    numbers = {status: sum(s.issue.status is status for s in issues) for status in Status}
    told = [f"{count} {status}" for status, count in numbers.items() if count]
    in_hand = current is not None and current.issue.status is not Status.IDENTIFIED
    hand = f"; in hand is {current.name}" if current is not None and in_hand else ""
    return f"{len(issues)} issue{'s' if len(issues) != 1 else ''}: {', '.join(told)}{hand}{unread}"


def _in_order(issues: Sequence[StoredIssue], listed: CandidateList | None) -> list[StoredIssue]:
    place = {entry.name: i for i, entry in enumerate(listed.open)} if listed else {}
    over = (Status.BLOCKED, Status.VERIFIED, Status.DROPPED)

    def key(stored: StoredIssue) -> tuple[int, int, int, str]:
        status = stored.issue.status
        settled = over.index(status) + 1 if status in over else 0
        return settled, place.get(stored.name, len(place)), rank_of(stored), stored.name

    return sorted(issues, key=key)


def _row(stored: StoredIssue, rules: Rules) -> IssueRow:
    issue = stored.issue
    entries = log_entries(issue)
    rank = issue.value(ANALYSIS, "Hotspot Rank")
    priority = rules.priority_of(issue.location("Function") or "") or f"rank {rank}"
    return IssueRow(
        stored.name,
        issue.status,
        COMPLETION[issue.status],
        issue.value(PROPOSAL, "Complexity").partition("\n")[0].split(" ")[0],
        priority,
        issue.attempts,
        entries[-1][2] if entries else "",
    )
