"""The candidate list, notes and lessons, for people."""

from __future__ import annotations

import os
import shlex

from hotspot.report.gate import items_table
from hotspot.report.table import Cell, Column, Report, Table, clean, clean_sentence
from hotspot.units import human_share
from hotspot.workflow.documents.finishing import Finished
from hotspot.workflow.documents.lessons import Lessons
from hotspot.workflow.documents.planning import Plan

_REACHED = (
    Column("Benchmark", grow=True),
    Column("Start", "right"),
    Column("End", "right"),
    Column("Improvement"),
)
_COLUMNS = (
    Column("#", "right"),
    Column("candidate", grow=True),
    Column("relation"),
    Column("share", "right", bar=True),
    Column("expected gain", "right"),
    Column("complexity"),
    Column("decision"),
)


def plan_report(plan: Plan) -> Report:
    """Return the candidates in their order, and what to do next."""
    listed = plan.listed
    if not listed.entries:
        return Report(("no candidates yet: `hotspot issues PROFILE` drafts issues",))
    number = {entry.name: i for i, entry in enumerate(listed.open, 1)}
    rows = []
    for entry in listed.entries:
        facts = plan.facts.get(entry.name)
        below = number.get(entry.builds_on or "")
        decision = entry.settled or ("approved" if entry.approved else "open")
        rows.append(
            (
                Cell(str(number.get(entry.name, ""))),
                Cell(clean(entry.name), tone="strong" if entry.settled is None else "quiet"),
                Cell("" if entry.settled else f"builds on #{below}" if below else "foundation"),
                Cell(
                    human_share(facts.share) if facts and facts.share else "",
                    share=facts.share if facts else 0.0,
                ),
                Cell(f"{facts.gain:.2f}x" if facts and facts.gain > 1 else "unknown"),
                Cell(facts.complexity if facts else "unknown"),
                Cell(clean(decision)),
            )
        )
    first = next((entry for entry in listed.open if not entry.approved), None)
    step = f"hotspot issues plan --approve {number[first.name]}" if first else None
    ready = next((entry for entry in listed.open if entry.approved and entry.name in plan.facts), None)
    step = f"hotspot issues start {shlex.quote(ready.name)}" if ready else step
    parts: list[str | Cell | Table] = [
        Table(_COLUMNS, tuple(rows)),
        "",
        f"kept in {os.path.relpath(plan.path)}",
    ]
    return Report((*parts, f"next: {step}") if step else tuple(parts))


def finished_report(finished: Finished) -> Report:
    """Return whether the criteria are met, what was reached, and what is left for a person to write."""
    ending = finished.ending
    met = sum(item.status == "met" for item in ending.criteria)
    state, tone = ("met", "better") if ending.success else ("not met", "worse")
    base = ending.gate.measured.base_name
    headline = f"The criteria are {state}: {met} of {len(ending.criteria)}" + (
        f", against {clean(base)}" if base else ""
    )
    parts: list[str | Cell | Table] = [Cell(headline, tone=tone), ""]
    if ending.reached:
        rows = ((r.what, r.start, r.end, r.improvement) for r in ending.reached)
        parts += [
            Table(_REACHED, tuple(tuple(Cell(clean_sentence(text)) for text in row) for row in rows)),
            "",
        ]
    parts += [items_table(ending.asked), ""]
    if ending.gate.partial:
        parts += [Cell(clean_sentence(ending.gate.partial), tone="strong"), ""]
    parts += [*(Cell(clean_sentence(note), tone="quiet") for note in ending.gate.notes)]
    if finished.future is None:
        parts.append(
            f"the final summary is in {os.path.relpath(finished.worklog)}; its key insights are yours to write"
        )
    else:
        path = os.path.relpath(finished.future)
        parts.append(f"what more would take is in {path}; why it is hard, and the choice, are yours to write")
    return Report(tuple(parts))


def lessons_report(lessons: Lessons) -> Report:
    """Return where the note is, how to keep the failed code, and whether main is at the last verified state."""
    code, main = lessons.code, lessons.main
    parts: list[str | Cell | Table] = [
        f"{'begun' if lessons.created else 'there already'}: {os.path.relpath(lessons.path)}",
        f"the failed code is in {clean_sentence(code.where)}" if code.where else "the failed code is gone",
    ]
    if code.branch_command:
        parts.append(f"to keep it: {clean_sentence(code.branch_command)}")
    if code.files:
        parts.append(f"still in the working tree: {clean_sentence(', '.join(code.files))}")
    if main is None or main.verified is None or main.at_last_verified is None:
        parts.append("whether main is at the last verified commit is not known")
    elif main.at_last_verified:
        parts.append(f"{clean(main.name)} is at the last verified commit: {clean_sentence(main.verified)}")
    else:
        parts.append(
            Cell(
                f"{clean(main.name)} is not at the last verified commit, {clean_sentence(main.verified)}:",
                tone="worse",
            )
        )
        parts += [f"  {clean_sentence(commit)}" for commit in main.beyond] or ["  it lacks that commit"]
    return Report(tuple(parts))
