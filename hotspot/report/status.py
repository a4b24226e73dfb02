"""The status of a project's performance work: a page for people, and PERFORMANCE.md."""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.report.table import Cell, Column, Report, Table, clean
from hotspot.workflow.status import Check, IssueRow, ProjectStatus

_BAR = 20
_DASHBOARD = (
    Column("issue"),
    Column("status"),
    Column("completion", "right", bar=True),
    Column("complexity"),
    Column("priority"),
    Column("attempts", "right"),
    Column("notes", grow=True),
)
LEGEND = (
    "completion: 0% identified, blocked or dropped; 25% in progress, or tried without success; 50% implemented; "
    "75% being verified; 100% verified"
)


def status_report(status: ProjectStatus) -> Report:
    """Return the status: the next action first, the checklists last."""
    parts: list[str | Cell | Table] = []

    def heading(text: str) -> None:
        parts.extend(("", Cell(text, tone="strong")))

    next_ = status.next
    parts.append(Cell(f"Next: {next_.issue or 'draft issues'}", tone="strong"))
    parts.append(f"next command: {next_.command}")
    if next_.issue is not None:
        parts += [f"first: {clean(text)}" for text in next_.prerequisites]
        parts.append(f"objective: {clean(next_.objective)}")
        parts.append(f"done when: {next_.criteria}")
        parts.append(f"tests: {clean(next_.tests)}")
    heading("Progress")
    parts.append(_progress(status))
    if status.rows:
        heading("Issues")
        parts.append(Table(_DASHBOARD, tuple(_row(row) for row in status.rows)))
        parts.append(Cell(LEGEND, tone="quiet"))
    heading("Success criteria")
    parts += [clean(text) for text in status.criteria] or ["none are set: [tool.hotspot.criteria]"]
    parts.append("measured by `hotspot gate RESULT...`, which this command does not run")
    heading("Critical paths")
    parts += [f"{clean(p)} ({q}): {clean(f)}" for p, q, f in status.critical] or [
        "none are named: [tool.hotspot.critical]"
    ]
    heading("Baselines")
    parts += [_baseline(status, i) for i in range(len(status.baselines))] or [
        "none is saved: `hotspot bench baseline save`"
    ]
    heading("Last steps")
    parts += [f"{day} {name} {state}: {clean(what)}" for day, name, state, what in status.recent] or [
        "none yet"
    ]
    for title, checks in (
        ("Before starting", status.before_starting),
        ("For each optimisation", status.each),
        ("Before completing", status.before_completing),
    ):
        heading(title)
        parts += _checks(checks)
    return Report(tuple(parts))


def _progress(status: ProjectStatus) -> str:
    if status.progress is None:
        return "no issues yet"
    full = round(status.progress * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {status.progress:.0%} of the issues are verified"


def _row(row: IssueRow) -> tuple[Cell, ...]:
    return (
        Cell(clean(row.name), tone="strong"),
        Cell(row.status),
        Cell(f"{row.completion}%", share=row.completion / 100),
        Cell(clean(row.complexity)),
        Cell(clean(row.priority)),
        Cell(str(row.attempts)),
        Cell(clean(row.note), tone="quiet"),
    )


def _baseline(status: ProjectStatus, index: int) -> str:
    baseline = status.baselines[index]
    days = (status.today - baseline.created.date()).days
    age = "today" if days <= 0 else f"{days} day{'s' if days > 1 else ''} old"
    return f"{clean(baseline.label or baseline.id)}: {age}, revision {(baseline.revision or 'unknown')[:12]}"


def _checks(checks: Sequence[Check]) -> list[str]:
    mark = {True: "[x]", False: "[ ]", None: "[?]"}
    lines = [f"{mark[check.done]} {check.text}" for check in checks]
    return [*lines, "[?]: only a person can know"] if any(check.done is None for check in checks) else lines
