"""The gate's answer, and the response to a failed one, for people."""

from __future__ import annotations

from hotspot.report.table import Cell, Column, Report, Table, clean, clean_sentence, markdown
from hotspot.units import human_seconds
from hotspot.workflow.gate.gate import Gate
from hotspot.workflow.gate.items import Item
from hotspot.workflow.gate.response import MOST_ATTEMPTS, Part, Response

_TONES = {"not met": "worse", "not measured": "strong", "met": "quiet"}
_HEADLINES = {
    "passed": "The gate passes",
    "failed": "The gate fails",
    "too little data": "The gate cannot answer: too little data",
}


def gate_report(gate: Gate) -> Report:
    """Return the answer first, then a line an item, then what was assumed."""
    counts = {status: len(gate.with_status(status)) for status in ("not met", "not measured", "met")}
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    base = f", against {clean(gate.measured.base_name)}" if gate.measured.base_name else ""
    tone = {"passed": "better", "failed": "worse", "too little data": "strong"}[gate.verdict]
    parts: list[str | Cell | Table] = [Cell(f"{_HEADLINES[gate.verdict]}: {told}{base}", tone=tone), ""]
    if gate.partial:
        parts += [Cell(clean_sentence(gate.partial), tone="strong"), ""]
    parts.append(items_table(gate.items))
    if gate.diff is not None:
        parts += ["", clean_sentence(gate.diff.sentence)]
    if gate.notes:
        parts += ["", *(Cell(clean_sentence(note), tone="quiet") for note in gate.notes)]
    return Report(tuple(parts))


def items_table(items: tuple[Item, ...]) -> Table:
    """Return a line an item."""
    columns = [
        Column("status"),
        Column("what"),
        Column("name", grow=True),
        Column("measured"),
        Column("rule"),
    ]
    critical = any(item.priority for item in items)
    if critical:
        columns.append(Column("critical"))
    rows = []
    for item in items:
        line = [
            Cell(item.status, tone=_TONES[item.status]),
            Cell(item.kind),
            Cell(clean(item.name)),
            Cell(clean_sentence(item.detail)),
            Cell(clean_sentence(item.rule)),
        ]
        rows.append(tuple([*line, Cell(item.priority or "")] if critical else line))
    return Table(tuple(columns), tuple(rows))


def response_markdown(response: Response) -> str:
    """Return the regression response as a Markdown document."""
    gate = response.gate
    blocks = ["# Performance gate: " + {"failed": "regression"}.get(gate.verdict, gate.verdict) + "\n"]
    blocks.append(markdown(Report(gate_report(gate).parts[:1])))
    if gate.partial:
        blocks.append(_text(clean_sentence(gate.partial)))
    blocks += ["## Metrics before and after\n", _text(_metrics(gate))]
    blocks += ["## Attribution\n", *_attribution(response)]
    blocks += ["## How to check a fix\n", "```sh\n" + "\n".join(map(clean, response.commands)) + "\n```\n"]
    blocks += ["## Risk\n", *(f"- {_line(risk)}" for risk in response.risks), ""]
    blocks += ["## Attempts so far\n", *_attempts(response)]
    if gate.notes:
        blocks += ["## What this rests on\n", *(f"- {_line(note)}" for note in gate.notes), ""]
    return "\n".join(blocks)


def _metrics(gate: Gate) -> Table:
    columns = (
        Column("what"),
        Column("before", "right"),
        Column("after", "right"),
        Column("change or value"),
        Column("rule"),
        Column("status"),
    )
    rows = []
    for item in gate.items:
        human = human_seconds if item.kind == "benchmark" else None
        before, after = (
            "" if value is None or human is None else human(value) for value in (item.before, item.after)
        )
        cells = (f"{item.kind} {item.name}", before, after, item.detail, item.rule, item.status)
        rows.append(tuple(Cell(clean_sentence(text)) for text in cells))
    return Table(columns, tuple(rows))


def _attribution(response: Response) -> list[str]:
    if response.gate.diff is None:
        return [
            "No profiles of both sides: which functions hold the change is not known. "
            "The `hotspot record` command below records them.\n"
        ]
    if not response.parts:
        return ["No single function changed beyond doubt.\n"]
    columns = (
        Column("function"),
        Column("where"),
        Column("what happened"),
        Column("points of the baseline's time", "right"),
        Column("of the change", "right"),
        Column("commits since the base"),
    )
    rows = tuple(
        (
            Cell(clean(part.function) + (f" (critical: {part.priority})" if part.priority else "")),
            Cell(clean(f"{part.file}:{part.line}" if part.file and part.line else part.file or "unknown")),
            Cell(clean_sentence(part.cause)),
            Cell(_points(part)),
            Cell("" if part.of_whole is None else f"{part.of_whole * 100:.0f}%"),
            Cell(clean_sentence(_commits(part))),
        )
        for part in response.parts
    )
    return [_text(clean_sentence(response.gate.diff.sentence)), _text(Table(columns, rows))]


def _points(part: Part) -> str:
    text = f"{part.change * 100:+.1f}"
    if part.interval is None:
        return text
    return f"{text} ({part.interval[0] * 100:+.1f} to {part.interval[1] * 100:+.1f})"


def _commits(part: Part) -> str:
    touched = part.touched
    if touched is None:
        return "unknown"
    found = [f"{one.hash} {one.subject} ({one.author})" for one in touched.commits]
    if found and touched.by == "file":
        found[0] = f"in its file: {found[0]}"
    if touched.uncommitted:
        found.append("uncommitted changes in its file")
    return "; ".join(found) or "none"


def _attempts(response: Response) -> list[str]:
    used = sum(attempt.attempts for attempt in response.attempts)
    lines = []
    for attempt in response.attempts:
        lines.append(f"- {_line(attempt.name)}: {attempt.status}, {attempt.attempts} failed")
        lines += [f"  - {_line(entry)}" for entry in attempt.log]
    if response.escalate:
        lines.append(
            f"\n**Escalate: {used} of {MOST_ATTEMPTS} attempts failed.** Somebody has to decide between reverting, accepting "
            "the cost (a new baseline) and another approach; everything found so far is above.\n"
        )
    elif response.attempts:
        lines.append(f"\n{used} of {MOST_ATTEMPTS} attempts used.\n")
    else:
        origin = f" (ORIGIN `{response.origin}`)" if response.origin else ""
        lines.append(
            f"None yet: no issue is about this regression{origin}. At most {MOST_ATTEMPTS}, then escalate.\n"
        )
    return lines


def _line(text: str) -> str:
    return _text(clean_sentence(text)).strip()


def _text(part: str | Cell | Table) -> str:
    return markdown(Report((part,)))
