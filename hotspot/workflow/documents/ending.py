"""The end of the work: were the criteria met, what was reached, what is left.

    first_start -> what the work began from;  measured_end -> Measured -> (the gate) -> ending -> Ending

`summary` and `future` write it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hotspot.advice.loader import load_catalogue
from hotspot.analysis.benchmarks import THRESHOLD
from hotspot.benchmarks.baselines import Baseline, list_baselines, machine_key
from hotspot.benchmarks.run import machine_texts
from hotspot.config import Config
from hotspot.errors import TooFewSamples, UsageError
from hotspot.state import machine_facts
from hotspot.units import human_bytes, human_seconds
from hotspot.workflow.documents.attempts import Attempt, attempts, log_entries
from hotspot.workflow.documents.candidates import Entry
from hotspot.workflow.documents.facts import Facts, facts_of
from hotspot.workflow.documents.planning import read_candidates
from hotspot.workflow.documents.worklog_entry import commit_of_issue
from hotspot.workflow.gate.gate import Gate
from hotspot.workflow.gate.items import Item
from hotspot.workflow.gate.measured import DataFile, Measured, from_files
from hotspot.workflow.gate.rules import rules_of
from hotspot.workflow.issues.issue_model import UNKNOWN, Status
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.judging import judge_profiles
from hotspot.workflow.lifecycle.start_record import StartRecord, load_start

_CRITERIA = ("criterion", "budget")


@dataclass(frozen=True)
class Reached:
    """A row of the table: one thing at the start and at the end, for people."""

    what: str
    start: str
    end: str
    improvement: str


@dataclass(frozen=True)
class Applied:
    """An issue that was verified; ``commit`` is its short hash and subject, None where no commit names it."""

    stored: StoredIssue
    attempt: Attempt | None
    commit: str | None


@dataclass(frozen=True)
class Failed:
    """A try that did not deliver."""

    stored: StoredIssue
    attempt: Attempt


@dataclass(frozen=True)
class Left:
    """What was not done: an open candidate.

    Attributes:
        number: in the plan, None where there is no plan.
        name: of the issue, or the title of one that a person added.
        facts: None for one that a person added.
        entry: in the plan, None where there is no plan.
        profile: that its share was measured in, as the issue says.
    """

    number: int | None
    name: str
    facts: Facts | None
    entry: Entry | None
    profile: str

    def said(self, label: str, known: str | None) -> str:
        """Return what is known, else what a person wrote in the plan under a label."""
        written = self.entry.block.value(label) if self.entry is not None and self.entry.block else None
        said = written or known or UNKNOWN
        return UNKNOWN if said.startswith(UNKNOWN) else said  # why it is not known stands in the plan


@dataclass(frozen=True, eq=False)
class Ending:
    """Where the work ended.

    Attributes:
        gate: the criteria and budgets, asked of start and end.
        command: how it was asked.
        applied: verified issues; ``failed`` tries that did not deliver, of all issues.
        left: open candidates, in the order of the plan.
        closed: (name, BLOCKED or DROPPED, why) of issues that were set aside.
    """

    gate: Gate
    command: str
    reached: tuple[Reached, ...]
    applied: tuple[Applied, ...]
    failed: tuple[Failed, ...]
    left: tuple[Left, ...]
    closed: tuple[tuple[str, str, str], ...]

    @property
    def success(self) -> bool:
        """Whether everything that was asked is met."""
        return self.gate.verdict == "passed"

    @property
    def criteria(self) -> tuple[Item, ...]:
        """The criteria and budgets, what is not met first."""
        return tuple(item for item in self.gate.items if item.kind in _CRITERIA)

    @property
    def asked(self) -> tuple[Item, ...]:
        """The criteria and budgets, and whatever else is not met."""
        others = (i for i in self.gate.items if i.kind not in _CRITERIA and i.status == "not met")
        return (*self.criteria, *others)

    @property
    def files(self) -> tuple[DataFile, ...]:
        """What it was read from, the start first."""
        return self.gate.measured.files

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "schema": "hotspot.issues.finish/1",
            "success": self.success,
            "rows": [dict(vars(row)) for row in self.reached],
            "applied": [one.stored.name for one in self.applied],
            "failed": [{"name": one.stored.name, "attempt": one.attempt.number} for one in self.failed],
            "left": [one.name for one in self.left],
            "gate": self.gate.to_dict(),
            "files": [dict(vars(file)) for file in self.files],
        }


def first_start(config: Config) -> tuple[StoredIssue, StartRecord] | None:
    """Return the issue that was started first and what was recorded then; None where none was."""
    found = [
        (stored, record)
        for stored in IssueStore.of(config).read().issues
        if (record := load_start(stored, config)) is not None
    ]
    return min(found, key=lambda pair: pair[1].recorded, default=None)


def measured_end(
    config: Config, paths: Sequence[str], before: Sequence[str], baseline: str | None
) -> Measured:
    """Read the end of the work, and its start.

    The start is what is named, else the newest baseline from before the first issue was started, else what that start
    measured.

    Args:
        config: of the project.
        paths: results and profiles of the end.
        before: the same of the start.
        baseline: name of one that is the start.

    Raises:
        UsageError: nothing tells where the work began.
        HotspotError: a file cannot be read.
    """
    first = first_start(config)

    def begun_from(config: Config) -> Baseline | None:
        if first is None:
            return None
        here = machine_key(machine_texts(machine_facts()))
        since = datetime.fromisoformat(first[1].recorded)
        older = [b for b in list_baselines(config) if b.created <= since and machine_key(b.machine) == here]
        return older[-1] if older else None

    measured = from_files(config, paths, before, baseline, default=begun_from)
    if measured.base is not None or measured.base_profiles:
        return measured
    if first is None or first[1].results is None:
        raise UsageError(
            "nothing tells where the work began",
            hint="give --before FILE or --baseline NAME; `hotspot issues start` records it where a benchmark is set",
        )
    stored, record = first
    results = record.results
    assert results is not None
    return replace(
        measured,
        base=results,
        base_name=f"the start of {stored.name}",
        base_revision=record.commit,
        files=(DataFile(results.path, results.sha256), *measured.files),
    )


def require_criteria(config: Config) -> None:
    """Refuse where nobody has said what the work is to reach.

    Raises:
        UsageError: neither criteria nor budgets are set.
    """
    rules = rules_of(config)
    if not rules.criteria and not rules.budgets:
        raise UsageError(
            "no criteria are set: what counts as success, only you can say",
            hint='in hotspot.toml: [criteria] and `faster = { faster_than = "baseline", by = "20%" }`; see docs/gate.md',
        )


def ending(config: Config, gate: Gate, command: str) -> Ending:
    """Collect what is known of the work at its end.

    Args:
        config: of the project.
        gate: asked of its start and end.
        command: how it was asked.

    Raises:
        TooFewSamples: something that was asked could not be measured, so neither success nor failure is known.
    """
    if gate.verdict == "too little data":
        missing = "; ".join(f"{item.name}: {item.detail}" for item in gate.with_status("not measured"))
        raise TooFewSamples(f"whether the criteria are met is not known: {missing}")
    issues = IssueStore.of(config).read().issues
    done = [stored for stored in issues if stored.issue.status is Status.VERIFIED]
    tries = [(stored, attempt) for stored in issues for attempt in attempts(stored.issue)]
    return Ending(
        gate=gate,
        command=command,
        reached=_reached(gate),
        applied=tuple(_applied(config, stored) for stored in done),
        failed=tuple(Failed(stored, attempt) for stored, attempt in tries if attempt.failed),
        left=_left(config, issues),
        closed=tuple(
            (stored.name, str(stored.issue.status), log_entries(stored.issue)[-1][2])
            for stored in issues
            if stored.issue.status in (Status.BLOCKED, Status.DROPPED) and log_entries(stored.issue)
        ),
    )


def _applied(config: Config, stored: StoredIssue) -> Applied:
    tried = attempts(stored.issue)
    commit = commit_of_issue(config, stored, load_start(stored, config))
    return Applied(stored, tried[-1] if tried else None, commit[1] if commit else None)


def _left(config: Config, issues: Sequence[StoredIssue]) -> tuple[Left, ...]:
    rules = load_catalogue(config.root).rules
    over = (Status.VERIFIED, Status.DROPPED, Status.BLOCKED)
    open_ = {stored.name: stored for stored in issues if stored.issue.status not in over}
    listed = read_candidates(config)
    numbered = {entry.name: (i, entry) for i, entry in enumerate(listed.open, 1)} if listed else {}
    known = {stored.name for stored in issues}
    names = [name for name in numbered if name in open_ or name not in known]
    names += [name for name in open_ if name not in numbered]
    found = []
    for name in names:
        number, entry = numbered.get(name, (None, None))
        issue = open_[name].issue if name in open_ else None
        facts = facts_of(issue, rules) if issue is not None else None
        found.append(Left(number, name, facts, entry, issue.field("PROFILE") if issue is not None else ""))
    return tuple(found)


def _reached(gate: Gate) -> tuple[Reached, ...]:
    rows: list[Reached] = []
    for row in gate.comparison.rows if gate.comparison is not None else ():
        times = human_seconds(row.before.median), human_seconds(row.after.median)
        rows.append(Reached(row.name, *times, _improvement(row.ratio.rho, row.ratio.low, row.ratio.high)))
        peaks = row.before.median_peak_bytes, row.after.median_peak_bytes
        if peaks[0] and peaks[1] is not None:
            sizes = human_bytes(peaks[0]), human_bytes(peaks[1])
            rows.append(Reached(f"{row.name}: peak memory", *sizes, f"{peaks[1] / peaks[0] - 1:+.1%}"))
    if gate.diff is not None and any(item.kind == "profile" and item.interval for item in gate.items):
        found = judge_profiles(gate.diff, regression=False)
        ratio = found.ratio
        rows.append(
            Reached(found.target, found.before, found.after, _improvement(ratio.rho, ratio.low, ratio.high))
        )
    return tuple(rows)


def _improvement(rho: float, low: float, high: float) -> str:
    """Say what a ratio of times means: ``1.2x faster (-18.4%, 95% interval -28.3% to -9.2%)``."""
    ends = f"95% interval {low - 1:+.1%} to {high - 1:+.1%}"
    if low <= 1 <= high:
        unchanged = low > 1 - THRESHOLD and high < 1 + THRESHOLD
        return f"{'unchanged' if unchanged else 'not decided'} ({rho - 1:+.1%}, {ends})"
    words = f"{1 / rho:.2f}x faster" if rho < 1 else f"{rho:.2f}x slower"
    return f"{words} ({rho - 1:+.1%}, {ends})"
