"""Where a project's performance work stands, from issue files, the candidate list, baselines and the configuration.

Nothing here is typed by hand: a box is ticked because a file says so, and what nothing says is not ticked.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hotspot.benchmarks.baselines import Baseline, list_baselines
from hotspot.config import Config
from hotspot.workflow.documents.attempts import attempts, log_entries
from hotspot.workflow.documents.candidates import CandidateList
from hotspot.workflow.documents.planning import read_candidates
from hotspot.workflow.gate.criteria import rule_text
from hotspot.workflow.gate.rules import Rules, rules_of
from hotspot.workflow.issues.issue_model import ANALYSIS, PROPOSAL, Status
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.goal import goal_of
from hotspot.workflow.lifecycle.steps import next_command

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

_RECENT = 8  # steps shown

# What is taken up first: what is in hand comes before what could be begun.
_IN_HAND = (
    Status.VERIFYING,
    Status.IMPLEMENTED,
    Status.IN_PROGRESS,
    Status.REGRESSION,
    Status.MARGINAL,
    Status.IDENTIFIED,
)


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
class NextAction:
    """What to do next.

    Attributes:
        issue: whose turn it is; None where there is no open issue.
        command: to type.
        prerequisites: what must be done before.
        objective: the goal in numbers.
        criteria: when it counts as done.
        tests: the command that must pass, as words.
    """

    issue: str | None
    command: str
    prerequisites: tuple[str, ...] = ()
    objective: str = ""
    criteria: str = ""
    tests: str = ""


@dataclass(frozen=True)
class Check:
    """A box: what it asks, and what the state says; None where nothing in the state could tell."""

    text: str
    done: bool | None


@dataclass(frozen=True)
class ProjectStatus:
    """Everything `hotspot status` says.

    Attributes:
        progress: share of the issues that are verified, dropped ones left out, 0 to 1; None without issues.
        recent: (date, issue, status, what happened) of the last steps, newest first.
        before_starting: checks before the work begins.
        each: checks of the issue in hand.
        before_completing: checks before the work ends.
    """

    today: datetime.date
    next: NextAction
    progress: float | None
    rows: tuple[IssueRow, ...]
    criteria: tuple[str, ...]
    critical: tuple[tuple[str, str, str], ...]
    baselines: tuple[Baseline, ...]
    recent: tuple[tuple[str, str, str, str], ...]
    before_starting: tuple[Check, ...]
    each: tuple[Check, ...]
    before_completing: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "schema": "hotspot.status/1",
            "next": dict(vars(self.next)) | {"prerequisites": list(self.next.prerequisites)},
            "progress": self.progress,
            "issues": [dict(vars(row)) | {"status": str(row.status)} for row in self.rows],
            "criteria": list(self.criteria),
            "critical": [{"pattern": p, "priority": q, "figures": f} for p, q, f in self.critical],
            "baselines": [baseline.to_dict() for baseline in self.baselines],
            "recent": [{"date": d, "issue": i, "status": s, "what": w} for d, i, s, w in self.recent],
            "checklist": {
                key: [{"text": check.text, "done": check.done} for check in checks]
                for key, checks in (
                    ("before_starting", self.before_starting),
                    ("each", self.each),
                    ("before_completing", self.before_completing),
                )
            },
        }


def project_status(config: Config, today: datetime.date) -> ProjectStatus:
    """Read the state of a project.

    Raises:
        HotspotError: the candidate list, a baseline or the configuration cannot be read.
    """
    issues = IssueStore.of(config).read().issues
    listed, rules = read_candidates(config), rules_of(config)
    baselines = list_baselines(config)
    current = _current(issues, listed)
    counted = [stored for stored in issues if stored.issue.status is not Status.DROPPED]
    verified = [stored for stored in counted if stored.issue.status is Status.VERIFIED]
    entries = [
        (day, stored.name, status, what)
        for stored in issues
        for day, status, what in log_entries(stored.issue)
    ]
    return ProjectStatus(
        today=today,
        next=_next(config, current, listed),
        progress=len(verified) / len(counted) if counted else None,
        rows=tuple(_row(stored, rules) for stored in issues),
        criteria=tuple(f"{c.name}: {rule_text(c)}" for c in rules.criteria),
        critical=tuple((c.pattern, c.priority, _figures(c.pattern, issues)) for c in rules.critical),
        baselines=baselines,
        recent=_newest(entries),
        before_starting=_before_starting(config, rules, listed, baselines, issues),
        each=_each(config, current, listed),
        before_completing=_before_completing(config, issues),
    )


def _newest(entries: Sequence[tuple[str, str, str, str]]) -> tuple[tuple[str, str, str, str], ...]:
    """The last steps; of one day and issue, the later line of the log comes first."""
    numbered = sorted(enumerate(entries), key=lambda pair: (pair[1][0], pair[0]), reverse=True)
    return tuple(entry for _, entry in numbered[:_RECENT])


def _current(issues: Sequence[StoredIssue], listed: CandidateList | None) -> StoredIssue | None:
    """The issue in hand, else the first of the plan that is approved, else the first that could be begun."""
    place = {entry.name: (not entry.approved, i) for i, entry in enumerate(listed.open)} if listed else {}
    open_ = [stored for stored in issues if stored.issue.status in _IN_HAND]
    last = (True, len(place))
    return min(
        open_,
        key=lambda s: (_IN_HAND.index(s.issue.status), place.get(s.name, last), _rank(s)),
        default=None,
    )


def _rank(stored: StoredIssue) -> int:
    text = stored.issue.value(ANALYSIS, "Hotspot Rank")
    return int(text) if text.isdecimal() else 1 << 30


def _next(config: Config, current: StoredIssue | None, listed: CandidateList | None) -> NextAction:
    if current is None:
        return NextAction(None, "hotspot issues --top 5")
    entry = listed.find(current.name) if listed else None
    waits = []
    if entry is not None and entry.builds_on is not None:
        waits.append(f"{entry.builds_on} is done first")
    if entry is not None and not entry.approved and current.issue.status is Status.IDENTIFIED:
        waits.append(f"{current.name} is approved (`hotspot issues plan --approve {current.name}`)")
    return NextAction(
        current.name,
        next_command(current),
        tuple(waits),
        goal_of(current.issue).words,
        "more than 5% faster and real, tests pass, nothing else worse by more than 5%",
        " ".join(config.test_command) or "unknown: set test_command",
    )


def _row(stored: StoredIssue, rules: Rules) -> IssueRow:
    issue = stored.issue
    entries = log_entries(issue)
    priority = (
        rules.priority_of(issue.location("Function") or "") or f"rank {issue.value(ANALYSIS, 'Hotspot Rank')}"
    )
    complexity = issue.value(PROPOSAL, "Complexity").partition("\n")[0].split(" ")[0]
    return IssueRow(
        stored.name,
        issue.status,
        COMPLETION[issue.status],
        complexity,
        priority,
        issue.attempts,
        entries[-1][2] if entries else "",
    )


def _figures(pattern: str, issues: Sequence[StoredIssue]) -> str:
    found = [
        f"{stored.name}: {stored.issue.value(ANALYSIS, 'Time Contribution')}"
        for stored in issues
        if pattern.strip("*") and pattern.strip("*") in (stored.issue.location("Function") or "")
    ]
    return "; ".join(found) or "not measured: no issue is about it"


def _before_starting(
    config: Config,
    rules: Rules,
    listed: CandidateList | None,
    baselines: Sequence[Baseline],
    issues: Sequence[StoredIssue],
) -> tuple[Check, ...]:
    research = config.root / "research"
    return (
        Check("success criteria are set", bool(rules.criteria or rules.budgets)),
        Check("a test command is set", bool(config.test_command)),
        Check("a baseline is saved", bool(baselines)),
        Check("a profile was read", bool(issues)),
        Check("research notes exist", research.is_dir() and any(research.glob("*.md"))),
        Check("candidates are prioritised", listed is not None),
        Check("a candidate is approved", listed is not None and any(e.approved for e in listed.entries)),
    )


def _each(config: Config, current: StoredIssue | None, listed: CandidateList | None) -> tuple[Check, ...]:
    tried = attempts(current.issue) if current else ()
    last = tried[-1] if tried else None
    log = config.issues_directory / "WORKLOG.md"
    worklog = log.read_text("utf-8", "replace") if log.is_file() else ""
    name = current.name if current else ""
    return (
        Check("the brief was read in full (hotspot issues brief)", None),
        Check("tests pass", last is not None and last.said("Tests").startswith("PASS")),
        Check("benchmarks were repeated", last is not None and last.measured is not None),
        Check("somebody else ran them again", None),
        Check(
            "the commit has the numbers",
            name in worklog and f"none yet names {name}" not in worklog and bool(name),
        ),
        Check("the worklog has it", bool(name) and f"### {name}, attempt" in worklog),
        Check("the candidate list has it", listed is not None and listed.find(name) is not None),
    )


def _before_completing(config: Config, issues: Sequence[StoredIssue]) -> tuple[Check, ...]:
    over = (Status.VERIFIED, Status.DROPPED, Status.BLOCKED)
    tried = [attempts(s.issue) for s in issues if s.issue.status is Status.VERIFIED]
    passed = [one[-1].said("Tests").startswith("PASS") for one in tried if one]
    return (
        Check("every issue is settled", bool(issues) and all(s.issue.status in over for s in issues)),
        Check("criteria are met (hotspot gate)", None),
        Check("tests passed at each verification", bool(passed) and all(passed)),
        Check("future work is written down", any((config.root / "research").glob("*future*.md"))),
        Check("the owner was told", None),
    )
