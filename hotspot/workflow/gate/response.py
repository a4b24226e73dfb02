"""The response to a failed gate: what got worse, who holds which part of it, which commits, what to do now.

respond(config, gate, command) -> Response -> report/response.py writes it
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hotspot.analysis.diff import Diff
from hotspot.analysis.diff_rows import DiffRow
from hotspot.config import Config
from hotspot.source.ownership import Ownership
from hotspot.workflow.gate.against_baseline import cause, worse_functions
from hotspot.workflow.gate.commits import Touched, commits_touching
from hotspot.workflow.gate.gate import Gate
from hotspot.workflow.gate.rules import Priority, Rules, rules_of
from hotspot.workflow.issues.issue_model import LOG
from hotspot.workflow.issues.store import IssueStore

MOST_ATTEMPTS = 2
_SMALLEST_PART = 0.002
_MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A function and the part of the change it holds.

    Attributes:
        change: in shares of the baseline's time, and its 95% ``interval``.
        of_whole: ``change`` over the whole program's change; None where that is about zero.
        file: relative to the root where it was found there, else as recorded.
        touched: the commits since the base; None where the base or the file is not known.
    """

    function: str
    file: str | None
    line: int | None
    cause: str
    change: float
    interval: tuple[float, float] | None
    of_whole: float | None
    priority: Priority | None
    touched: Touched | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An issue about this regression: how often it was tried, and what its log says."""

    name: str
    status: str
    attempts: int
    log: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Response:
    """Everything somebody needs who has to deal with a failed gate.

    Attributes:
        parts: attribution, largest first; empty where there are no profiles of both sides.
        commands: to see it again and to check a fix, in the order to run them.
        risks: what makes it serious, or uncertain, in sentences.
        attempts: issues that already deal with it.
    """

    gate: Gate
    parts: tuple[Part, ...]
    commands: tuple[str, ...]
    risks: tuple[str, ...]
    attempts: tuple[Attempt, ...]

    @property
    def escalate(self) -> bool:
        """Whether all attempts are used up, so that a person has to decide."""
        return sum(attempt.attempts for attempt in self.attempts) >= MOST_ATTEMPTS

    @property
    def origin(self) -> str | None:
        """ORIGIN of an issue about it; None without a saved baseline or a known base."""
        base = self.gate.measured.baseline_id or self.gate.measured.base_revision
        return f"regression {base}" if base else None

    def to_dict(self) -> dict[str, Any]:
        """Return the attribution and the rest as JSON, to stand in the gate's."""
        return {
            "attribution": [_part_dict(part) for part in self.parts],
            "commands": list(self.commands),
            "risks": list(self.risks),
            "attempts": [
                {"name": one.name, "status": one.status, "attempts": one.attempts, "log": list(one.log)}
                for one in self.attempts
            ],
            "escalate": self.escalate,
            "origin": self.origin,
        }


def respond(config: Config, gate: Gate, command: Sequence[str]) -> Response:
    """Find out what there is to know about a failed gate.

    Args:
        config: the project.
        gate: that failed.
        command: how the gate was called, to call it again.
    """
    rules = rules_of(config)
    parts = _parts(config, gate, rules) if gate.diff is not None else ()
    origin = gate.measured.baseline_id or gate.measured.base_revision
    return Response(
        gate=gate,
        parts=parts,
        commands=_commands(config, gate, command),
        risks=_risks(gate, parts),
        attempts=_attempts(config, origin),
    )


def _parts(config: Config, gate: Gate, rules: Rules) -> tuple[Part, ...]:
    compared = gate.diff
    assert compared is not None
    ownership = Ownership(config)
    rows = _changed(compared, gate.threshold)
    whole = compared.change if abs(compared.change) > _SMALLEST_PART else None
    return tuple(_part(config, gate, ownership, rules, row, whole) for row in rows[:_MOST_PARTS])


def _changed(compared: Diff, threshold: float) -> list[DiffRow]:
    """The functions to blame first, then whatever else changed beyond doubt, by size."""
    blamed = worse_functions(compared, threshold) or list(compared.culprits)
    kept = {_function_of(row) for row in blamed}
    others = [
        row for row in compared.rows if row.judged and row.significant and _function_of(row) not in kept
    ]
    return [*blamed, *others]


def _function_of(row: DiffRow) -> tuple[str, str | None, str | None]:
    return row.function, row.file, row.module


def _part(
    config: Config, gate: Gate, ownership: Ownership, rules: Rules, row: DiffRow, whole: float | None
) -> Part:
    local = ownership.local_file(row.file) if row.file else None
    base = gate.measured.base_revision
    touched = commits_touching(config, base, row.function, local) if local and base else None
    return Part(
        function=row.function,
        file=local or row.file,
        line=row.line or None,
        cause=cause(row) if row.change > 0 else "got faster",
        change=row.change,
        interval=row.interval,
        of_whole=None if whole is None else row.change / whole,
        priority=rules.priority_of(row.function),
        touched=touched,
    )


def _commands(config: Config, gate: Gate, command: Sequence[str]) -> tuple[str, ...]:
    base = gate.measured.base_revision
    revision = base[:10] if base else "BASE"
    what = shlex.join(config.benchmark_command) if config.benchmark_command else "COMMAND"
    commands = []
    if config.test_command:
        commands.append(shlex.join(config.test_command))
    if gate.comparison is not None or config.benchmark_command:
        commands.append(
            f"hotspot bench run --rev {revision}" + ("" if config.benchmark_command else " 'COMMAND'")
        )
    if gate.diff is not None or not gate.comparison:
        commands.append(f"hotspot record --runs 5 --against-rev {revision} -- {what}")
    commands.append(shlex.join(command))
    return tuple(commands)


def _risks(gate: Gate, parts: Sequence[Part]) -> tuple[str, ...]:
    failed = gate.with_status("not met")
    risks = []
    critical = [item.name for item in failed if item.priority == "high"]
    critical += [part.function for part in parts if part.priority == "high" and part.change > 0]
    if critical:
        risks.append(f"high: on a critical path: {', '.join(dict.fromkeys(critical))}")
    elif any(item.priority for item in failed):
        risks.append("medium: on a path the project calls critical, not of the highest priority")
    else:
        risks.append("no critical path of the project is known to be affected")
    checked = [item for item in gate.items if item.kind == "benchmark"]
    if checked:
        slower = [item for item in failed if item.kind == "benchmark"]
        risks.append(f"{len(slower)} of {len(checked)} benchmarks got worse")
    unknown = gate.with_status("not measured")
    if unknown:
        risks.append(f"not known: {', '.join(item.name for item in unknown)}")
    if parts and all(
        part.touched is not None and not part.touched.commits for part in parts if part.change > 0
    ):
        uncommitted = any(part.touched is not None and part.touched.uncommitted for part in parts)
        if not uncommitted:
            risks.append(
                "no commit since the base touched these functions: look at what they are given, at dependencies and at "
                "the machine"
            )
    return tuple(risks)


def _attempts(config: Config, origin: str | None) -> tuple[Attempt, ...]:
    if origin is None:
        return ()
    attempts = []
    for stored in IssueStore.of(config).read().issues:
        issue = stored.issue
        kind, _, baseline = issue.field("ORIGIN").partition(" ")
        if kind != "regression" or not baseline or not (baseline == origin or origin.startswith(baseline)):
            continue
        section = issue.section(LOG)
        lines = section.text.splitlines() if section is not None else []
        log = tuple(line for line in lines if line.startswith("["))
        attempts.append(Attempt(stored.name, str(issue.status), issue.attempts, log))
    return tuple(attempts)


def _part_dict(part: Part) -> dict[str, Any]:
    touched = part.touched
    return {
        "function": part.function,
        "file": part.file,
        "line": part.line,
        "because": part.cause,
        "change": part.change,
        "interval": None if part.interval is None else list(part.interval),
        "of_whole": part.of_whole,
        "priority": part.priority,
        "commits": None
        if touched is None
        else [{"hash": one.hash, "author": one.author, "subject": one.subject} for one in touched.commits],
        "commits_by": None if touched is None else touched.by,
        "uncommitted": None if touched is None else touched.uncommitted,
    }
