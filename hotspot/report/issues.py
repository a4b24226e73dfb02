"""Drafts and lists of issues, for people."""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.report.fitting import name_cell, place_cell
from hotspot.report.rank import headline
from hotspot.report.table import Cell, Column, Report, Table, clean, clean_sentence
from hotspot.units import human_share
from hotspot.workflow.issues.draft import DraftResult, DraftRow, Goal
from hotspot.workflow.issues.evidence import why_not_charged
from hotspot.workflow.issues.issue_model import ANALYSIS
from hotspot.workflow.issues.places import MIN_SHARE, Basis, Place
from hotspot.workflow.issues.store import StoredIssue

# How much of a profile may be without a name before it is worth a line.
_WORTH_SAYING = 0.05

_DRAFT_COLUMNS = (
    Column("rank", "right"),
    Column("share", "right", bar=True),
    Column("function", grow=True),
    Column("where", grow=True),
    Column("issue"),
    Column(""),
)
_LIST_COLUMNS = (
    Column("issue"),
    Column("status"),
    Column("rank", "right"),
    Column("contribution"),
    Column("title", grow=True),
    Column("where", grow=True),
)

_OWNERSHIP = {
    Basis.UNDETERMINED: "no function is known to be in-app: these are not known to be others'; run inside the "
    "project, or set in_app = [...] in hotspot.toml",
    Basis.ANY: "every function looks like other people's code: these are ranked all the same; run inside the "
    "project, or set in_app = [...] in hotspot.toml",
    Basis.KERNEL: "only kernel and library code has names here: record with user stacks and symbols",
}


def draft_report(result: DraftResult) -> Report:
    """Return what was drafted, what was not and why, and the next command."""
    parts: list[str | Cell | Table] = [Cell(headline(result.profile), tone="strong")]
    rows = [(row, "would be created" if result.dry_run else "created") for row in result.created]
    rows += [(row, _updated(row, dry_run=result.dry_run)) for row in result.updated]
    # By rank, so that the hottest place is on top whatever became of it.
    rows.sort(key=lambda pair: pair[0].place.rank if pair[0].place else 0)
    if rows:
        parts.append(Table(_DRAFT_COLUMNS, tuple(_draft_cells(row, did) for row, did in rows)))
    elif result.goal is None and not result.skipped:
        parts.append(f"no function holds {human_share(MIN_SHARE)} of this profile: nothing to draft")
    if result.goal is not None:
        parts.append(_goal(result.goal))
    for row in result.skipped:
        what = row.name or (row.place.function if row.place else "")
        parts.append(Cell(f"skipped {clean(what)}: {clean(row.reason or '')}", tone="quiet"))
    if result.basis in _OWNERSHIP and result.created:
        parts.append(_OWNERSHIP[result.basis])
    if result.uncharged_share >= _WORTH_SAYING:
        parts.append(f"{human_share(result.uncharged_share)} of the profile {why_not_charged(result.basis)}")
    if result.warning is not None:
        parts.append(Cell(clean_sentence(result.warning), tone="worse"))
    first = next((row for row, _ in rows if row.name), None)
    if first is not None and first.name is not None:
        command = "hotspot issues" if result.dry_run else f"hotspot issues show {first.name}"
        hint = " (without --dry-run)" if result.dry_run else ""
        parts += ["", f"next: {command}{hint}"]
    return Report(tuple(parts))


def _goal(goal: Goal) -> Cell:
    wanted, expected, ceiling = (human_share(x) for x in (goal.wanted, goal.expected, goal.ceiling))
    if goal.reached:
        return Cell(
            f"goal {wanted}: these are expected to save {expected} (typical gains, not measured here)",
            tone="better",
        )
    if goal.ceiling < goal.wanted:
        return Cell(f"goal {wanted}: out of reach: the ceilings allow {ceiling}", tone="worse")
    return Cell(
        f"goal {wanted}: out of reach with typical gains: they save {expected}; the ceilings allow {ceiling}",
        tone="worse",
    )


def _updated(row: DraftRow, *, dry_run: bool) -> str:
    if not row.changed:
        return "up to date"
    return "would be updated" if dry_run else "updated"


def _draft_cells(row: DraftRow, did: str) -> tuple[Cell, ...]:
    place = row.place
    assert place is not None  # only skipped rows have none
    return (
        Cell(str(place.rank)),
        Cell(human_share(place.share), share=place.share),
        name_cell(place.function, tone="strong" if place.in_app else None),
        place_cell(place.where or _candidates(place)),
        Cell(clean(row.name or "")),
        Cell(did, tone="quiet"),
    )


def _candidates(place: Place) -> str:
    return f"one of {len(place.candidates)} places" if len(place.candidates) > 1 else ""


def list_report(issues: Sequence[StoredIssue], broken: Sequence[str]) -> Report:
    """Return every issue of a project with its status.

    Args:
        issues: by name.
        broken: messages about files that could not be read.
    """
    parts: list[str | Cell | Table] = []
    if issues:
        parts.append(Table(_LIST_COLUMNS, tuple(_list_cells(stored) for stored in issues)))
    elif not broken:
        parts.append("no issues yet: `hotspot issues PROFILE` drafts them")
    parts += [Cell(clean(f"not read: {message}"), tone="worse") for message in broken]
    return Report(tuple(parts))


def _list_cells(stored: StoredIssue) -> tuple[Cell, ...]:
    issue = stored.issue
    file, line = issue.location("File"), issue.location("Line")
    where = f"{file}:{line}" if file and line else file or ""
    return (
        Cell(clean(stored.name), tone="strong"),
        Cell(issue.status),
        Cell(clean(issue.value(ANALYSIS, "Hotspot Rank"))),
        Cell(clean(issue.value(ANALYSIS, "Time Contribution"))),
        Cell(clean(issue.title)),
        place_cell(where),
    )
