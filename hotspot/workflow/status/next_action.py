"""The next action: which issue is up, what must be done before, what it is to reach, how that is checked."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from hotspot.analysis.benchmarks import THRESHOLD
from hotspot.config import Config
from hotspot.units import human_share
from hotspot.workflow.documents.candidates import CandidateList
from hotspot.workflow.gate.budgets import budget_text
from hotspot.workflow.gate.criteria import rule_text
from hotspot.workflow.gate.rules import Rules
from hotspot.workflow.issues.issue_model import ANALYSIS, UNKNOWN, Status
from hotspot.workflow.issues.store import StoredIssue
from hotspot.workflow.lifecycle.goal import goal_of
from hotspot.workflow.lifecycle.start_record import StartRecord
from hotspot.workflow.lifecycle.steps import next_command
from hotspot.workflow.status.checklist import Check

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
class NextAction:
    """What to do next.

    Attributes:
        issue: whose turn it is; None where there is no open issue.
        command: to type.
        what: is to be done, where there is no issue to do.
        place: where in the code, and what it holds of the whole.
        prerequisites: what must be done before.
        objective: the goal in numbers.
        criteria: when it counts as done, each ``WHAT: RULE``.
        tests: commands that must pass, and what is measured, each ``WHAT: COMMAND``.
    """

    issue: str | None
    command: str
    what: str = ""
    place: str = ""
    prerequisites: tuple[Check, ...] = ()
    objective: str = ""
    criteria: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


def issue_in_hand(issues: Sequence[StoredIssue], listed: CandidateList | None) -> StoredIssue | None:
    """Return the issue in hand, else the first of the plan that is approved, else the first that could be begun."""
    place = {entry.name: (not entry.approved, i) for i, entry in enumerate(listed.open)} if listed else {}
    last = (True, len(place))
    return min(
        (stored for stored in issues if stored.issue.status in _IN_HAND),
        key=lambda s: (_IN_HAND.index(s.issue.status), place.get(s.name, last), rank_of(s)),
        default=None,
    )


def rank_of(stored: StoredIssue) -> int:
    """Return an issue's rank in its profile; a large number where that is not known."""
    text = stored.issue.value(ANALYSIS, "Hotspot Rank")
    return int(text) if text.isdecimal() else 1 << 30


def next_action(
    config: Config,
    rules: Rules,
    stored: StoredIssue | None,
    listed: CandidateList | None,
    start: StartRecord | None,
    *,
    verified: bool,
    finished: bool,
) -> NextAction:
    """Return what to do next.

    Args:
        config: of the project.
        rules: what it asks for.
        stored: the issue in hand, None where none is open.
        listed: the plan.
        start: what was recorded when it was started.
        verified: whether any issue is: then, with none open, the work is to be finished.
        finished: whether it is.
    """
    if stored is None:
        if verified and not finished:
            return NextAction(None, "hotspot issues finish", "every issue is settled: end the work")
        what = "the work is finished; a new profile tells what would be next" if finished else "draft issues"
        return NextAction(None, "hotspot issues --top 5", what)
    issue = stored.issue
    file, line, function = (issue.location(label) for label in ("File", "Line", "Function"))
    where = ", ".join(part for part in (f"{file}:{line}" if file and line else file, function) if part)
    worse = human_share(THRESHOLD)
    done = f"the issue: more than {worse} faster and real, tests pass, no other benchmark worse by more than {worse}"
    asked = [f"criterion {criterion.name}: {rule_text(criterion)}" for criterion in rules.criteria]
    asked += [f"budget {budget.name}: {budget_text(budget)}" for budget in rules.budgets]
    return NextAction(
        stored.name,
        next_command(stored),
        place=f"{where or UNKNOWN}: {issue.value(ANALYSIS, 'Time Contribution')}",
        prerequisites=tuple(_prerequisites(config, stored, listed, start)),
        objective=goal_of(issue).words,
        criteria=(done, *asked),
        tests=tuple(_tests(config, start)),
    )


def _prerequisites(
    config: Config, stored: StoredIssue, listed: CandidateList | None, start: StartRecord | None
) -> list[Check]:
    name, entry = stored.name, listed.find(stored.name) if listed else None
    checks = []
    if listed is None:
        checks.append(Check("it is in a plan", False, "`hotspot issues plan` makes one"))
    else:
        how = f"`hotspot issues plan --approve {shlex.quote(name)}`"
        decision = entry.block.value("Decision") if entry is not None and entry.block is not None else None
        approved = entry is not None and entry.approved
        checks.append(Check("it is approved", approved, (decision or "") if approved else how))
    if listed is not None and entry is not None and entry.builds_on is not None:
        below = listed.find(entry.builds_on)
        settled = below.settled if below is not None else None
        checks.append(
            Check(f"{entry.builds_on} is done, which it builds on", settled is not None, settled or "open")
        )
    if stored.issue.status is not Status.IDENTIFIED:
        recorded = (
            f"recorded {start.recorded[:10]}" if start is not None else "`hotspot issues start` records it"
        )
        checks.append(Check("the state before is recorded", start is not None, recorded))
    command = bool(config.benchmark_command) or (start is not None and start.results is not None)
    checks.append(
        Check("a benchmark is known", command, _benchmark(config, start) or "set benchmark_command")
    )
    return checks


def _tests(config: Config, start: StartRecord | None) -> list[str]:
    tests = shlex.join(config.test_command) if config.test_command else f"{UNKNOWN}: set test_command"
    lines = [f"tests: {tests}"]
    if config.lint_command:
        lines.append(f"lint: {shlex.join(config.lint_command)}")
    lines.append(f"benchmark: {_benchmark(config, start) or f'{UNKNOWN}: set benchmark_command'}")
    return lines


def _benchmark(config: Config, start: StartRecord | None) -> str | None:
    target = start.target if start is not None else None
    command = shlex.join(config.benchmark_command) or None
    return f"{target}, by {command}" if target and command and target != command else target or command
