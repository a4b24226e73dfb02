"""The final summary, for the worklog: start and end of every benchmark, the criteria, what was done for it."""

from __future__ import annotations

import datetime

from hotspot.workflow.documents.ending import Applied, Ending
from hotspot.workflow.documents.prose import as_code, flat, table_row
from hotspot.workflow.documents.worklog import MET
from hotspot.workflow.documents.worklog_entry import trade_offs

_TABLE = ("Benchmark", "Start", "End", "Improvement")
_CRITERIA = ("Criterion", "Asked", "Measured", "Status")


def summary_lines(ending: Ending, today: datetime.date) -> tuple[str, ...]:
    """Return the summary of work that reached its criteria.

    Args:
        ending: where the work ended.
        today: when that was asked.
    """
    return (
        *reached_lines(ending, today),
        "",
        "### Optimisations Applied",
        "",
        *(applied_line(one) for one in ending.applied),
        *([] if ending.applied else ["None is verified by an issue."]),
        "",
        f"- **Tried without success:** {_failed(ending)}",
        f"- **Left open:** {', '.join(one.name for one in ending.left) or 'nothing'}",
    )


def reached_lines(ending: Ending, today: datetime.date) -> tuple[str, ...]:
    """Return what was reached, the criteria, and where the numbers come from."""
    met = sum(item.status == "met" for item in ending.criteria)
    state = MET if ending.success else "Criteria **not met** on "
    against = f", against {flat(ending.gate.measured.base_name)}" if ending.gate.measured.base_name else ""
    lines = [
        f"{state}{today.isoformat()}: {met} of {len(ending.criteria)}{against}.",
        "",
        table_row(*_TABLE),
        "|---|---:|---:|---|",
        *(table_row(row.what, row.start, row.end, row.improvement) for row in ending.reached),
        "",
        table_row(*_CRITERIA),
        "|---|---|---|---|",
        *(table_row(item.name, item.rule, item.detail, item.status) for item in ending.asked),
        "",
    ]
    if ending.gate.partial:
        lines += [f"- **Trade-offs:** {flat(ending.gate.partial)}"]
    lines += [f"- **Note:** {flat(note)}" for note in ending.gate.notes]
    lines += [f"- **Data:** {flat(', '.join(map(str, ending.files)))}; by {as_code(ending.command)}"]
    return tuple(lines)


def applied_line(one: Applied) -> str:
    """Return one optimisation with what it brought and where that stands."""
    attempt, name = one.attempt, one.stored.name
    link = f"[{one.stored.path.name}]({one.stored.path.name})"
    if attempt is None or attempt.measured is None:
        return f"- **{name}:** verified, with no attempt on file ({link})"
    measured = attempt.measured
    commit = as_code(one.commit) if one.commit else "no commit names it yet"
    return (
        f"- **{name}:** {flat(attempt.done('Changes Made')).removesuffix('.')}. {flat(measured.benchmark)}: "
        f"{measured.short}; {trade_offs(attempt)}. {commit}, {link}"
    )


def _failed(ending: Ending) -> str:
    return (
        "; ".join(
            f"{one.stored.name}, attempt {one.attempt.number} ({one.attempt.verdict})"
            for one in ending.failed
        )
        or "nothing"
    )
