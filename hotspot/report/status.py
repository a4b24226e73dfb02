"""The status of a project's performance work: a page for people, and PERFORMANCE.md."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from hotspot.benchmarks.baselines import machine_key
from hotspot.report.table import Cell, Column, Heading, Item, Report, Table, clean, clean_sentence
from hotspot.workflow.status.checklist import Check, OptimisationChecks
from hotspot.workflow.status.project import IssueRow, ProjectStatus

_BAR = 20
_DASHBOARD = (
    Column("Issue"),
    Column("Status"),
    Column("Completion", "right", bar=True),
    Column("Complexity"),
    Column("Priority"),
    Column("Attempts", "right"),
    Column("Notes", grow=True),
)
LEGEND = (
    "Completion: 0% identified, blocked or dropped; 25% in progress, or tried without success; 50% implemented; "
    "75% being verified; 100% verified.",
    "Priority: of the critical path that the function is on, else the rank in its profile. Attempts: that failed.",
)
_METRICS = (
    Column("Metric"),
    Column("Asked"),
    Column("Measured", grow=True),
    Column("Status"),
    Column("When"),
)
_CRITICAL = (Column("Path"), Column("Priority"), Column("Figure", grow=True), Column("From", grow=True))
_BASELINES = (Column("Baseline"), Column("Age"), Column("Revision"), Column("Holds"), Column("Machine"))
_NEWS = (Column("When"), Column("What"), Column("Happened", grow=True))
_TONES = {"met": "better", "not met": "worse", "not measured": "strong"}

Part = str | Cell | Table


def status_report(status: ProjectStatus) -> Report:
    """Return the status: where things stand and the next action first, the checklists last."""
    parts: list[Part] = []
    for title, section in (
        ("Current State", [clean_sentence(status.state)]),
        ("Next Action", _next(status)),
        ("Overall Progress", [_progress(status)]),
        ("Dashboard", _dashboard(status)),
        ("Success Metrics", _metrics(status)),
        ("Critical Paths", _critical(status)),
        ("Baselines", _baselines(status)),
        (_since(status), _news(status)),
        ("Checklist: Before Starting", _checks(status.before_starting)),
        ("Checklist: For Each Optimisation", _each(status.each)),
        ("Checklist: Before Completing", _checks(status.before_completing)),
    ):
        parts += ["", Heading(title, tone="strong"), *section]
    return Report(tuple(parts[1:]))


def _next(status: ProjectStatus) -> list[Part]:
    action = status.next
    if action.issue is None:
        return [Cell(action.what), Item("command", detail=action.command)]
    parts: list[Part] = [
        Item("issue", detail=clean(action.issue)),
        Item("command", detail=clean_sentence(action.command), tone="strong"),
        Item("place", detail=clean_sentence(action.place)),
    ]
    for title, items in (
        ("Prerequisites", _checks(action.prerequisites)),
        ("Objectives", [Item("goal", detail=clean_sentence(action.objective))]),
        ("Success Criteria", [_labelled(text) for text in action.criteria]),
        ("Tests", [_labelled(text) for text in action.tests]),
    ):
        parts += ["", Heading(title, level=3), *items]
    return parts


def _labelled(text: str) -> Item:
    label, _, detail = text.partition(": ")
    return Item(clean_sentence(label), detail=clean_sentence(detail))


def _progress(status: ProjectStatus) -> str:
    if status.progress is None:
        return "no issues yet"
    full = round(status.progress * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {status.progress:.0%} of the issues are verified (dropped ones left out)"


def _dashboard(status: ProjectStatus) -> list[Part]:
    if not status.rows:
        return ["no issues yet: `hotspot issues PROFILE` drafts them"]
    return [
        Table(_DASHBOARD, tuple(_row(row) for row in status.rows)),
        *(Cell(line, tone="quiet") for line in LEGEND),
    ]


def _row(row: IssueRow) -> tuple[Cell, ...]:
    return (
        Cell(clean(row.name), tone="strong"),
        Cell(row.status),
        Cell(f"{row.completion}%", share=row.completion / 100),
        Cell(clean(row.complexity)),
        Cell(clean(row.priority)),
        Cell(str(row.attempts)),
        Cell(clean_sentence(row.note), tone="quiet"),
    )


def _metrics(status: ProjectStatus) -> list[Part]:
    if not status.metrics:
        return ["none are set: [criteria] and [budgets] in hotspot.toml say what counts as success"]
    rows = tuple(
        (
            Cell(clean(one.name), tone="strong"),
            Cell(clean_sentence(one.asked)),
            Cell(clean_sentence(one.measured)),
            Cell(one.status, tone=_TONES[one.status]),
            Cell(f"{one.when:%Y-%m-%d %H:%M} UTC" if one.when else ""),
        )
        for one in status.metrics
    )
    sources = dict.fromkeys((one.of, one.source) for one in status.metrics if one.when)
    data = [Item("data", detail=clean_sentence(f"{of}: {source}"), tone="quiet") for of, source in sources]
    return [Table(_METRICS, rows), *data]


def _critical(status: ProjectStatus) -> list[Part]:
    if not status.critical:
        return ["none are named: [critical] in hotspot.toml says which functions and benchmarks matter more"]
    rows = tuple(
        (
            Cell(clean(one.pattern), tone="strong"),
            Cell(one.priority),
            Cell(clean_sentence(one.figure)),
            Cell(clean_sentence(one.source), tone="quiet"),
        )
        for one in status.critical
    )
    return [Table(_CRITICAL, rows)]


def _baselines(status: ProjectStatus) -> list[Part]:
    if not status.baselines:
        return ["none is saved: `hotspot bench baseline save RESULT`"]
    rows = []
    for one in reversed(status.baselines):
        count = len(one.results.benchmarks) if one.results is not None else 0
        holds = [f"{count} benchmark{'s' if count != 1 else ''}"] if count else []
        holds += (
            [f"{len(one.profiles)} profile{'s' if len(one.profiles) != 1 else ''}"] if one.profiles else []
        )
        revision = (one.revision or "unknown")[:12] + (" and changes" if one.dirty else "")
        machine = "this one" if machine_key(one.machine) == status.machine else "another"
        cells = (
            clean(one.label or one.id),
            _age(status, one.created.date()),
            revision,
            ", ".join(holds),
            machine,
        )
        rows.append(tuple(Cell(text) for text in cells))
    return [Table(_BASELINES, tuple(rows))]


def _age(status: ProjectStatus, day: datetime.date) -> str:
    days = (status.today - day).days
    return "today" if days <= 0 else f"{days} day{'s' if days > 1 else ''} old"


def _since(status: ProjectStatus) -> str:
    since = status.updates.since
    return f"Changed Since the Last Update, {since}" if since else "Last Steps"


def _news(status: ProjectStatus) -> list[Part]:
    found = status.updates
    if not found.news:
        return ["nothing"] if found.since else ["none yet"]
    rows = tuple(
        (Cell(one.day), Cell(clean(one.about), tone="strong"), Cell(clean_sentence(one.what)))
        for one in found.news
    )
    more = [Cell(f"and {found.more} more", tone="quiet")] if found.more else []
    return [Table(_NEWS, rows), *more]


def _checks(checks: Sequence[Check]) -> list[Part]:
    marks = {True: "x", False: " ", None: "?"}
    return [
        Item(clean(check.text), detail=clean_sentence(check.because), box=marks[check.done])  # type: ignore[arg-type]
        for check in checks
    ]


def _each(each: Sequence[OptimisationChecks]) -> list[Part]:
    parts: list[Part] = []
    for one in each:
        parts += [*([""] if parts else []), Heading(clean(one.issue), level=3), *_checks(one.checks)]
    return parts or ["no issue was started yet"]
