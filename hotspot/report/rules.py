"""The advice catalogue, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hotspot.advice.rule import Example, Rule
from hotspot.report.table import Cell, Column, Report, Table, clean_sentence

_COLUMNS = (
    Column("rule"),
    Column("title", grow=True),
    Column("order"),
    Column("typical gain", "right"),
    Column("needs"),
    Column("source patterns for", grow=True),
)


def rule_dict(rule: Rule) -> dict[str, Any]:
    """Return the JSON object of a rule, as ``hotspot rules -f json`` prints it."""
    return {
        "id": rule.id,
        "subject": rule.subject,
        "title": rule.title,
        "order": rule.order,
        "what": rule.what,
        "why": rule.why,
        "approach": list(rule.approach),
        "instead": dict(rule.instead),
        "gain": list(rule.gain),
        "complexity": rule.complexity,
        "risk": rule.risk,
        "validate": list(rule.validate),
        "references": list(rule.references),
        "needs": rule.needs,
        "min_share": rule.min_share,
        "value_types": list(rule.value_types),
        "languages": list(rule.languages),
        "origin": rule.origin,
    }


def list_report(rules: Sequence[Rule]) -> Report:
    """Return all rules, a line each."""
    rows = tuple(
        (
            Cell(rule.id, tone="strong"),
            Cell(clean_sentence(rule.title)),
            Cell(rule.order, tone="quiet"),
            Cell(_gain(rule)),
            Cell(rule.needs, tone="quiet"),
            Cell(" ".join(rule.languages) or "-", tone="quiet"),
        )
        for rule in rules
    )
    return Report((Table(_COLUMNS, rows), "", "next: hotspot rules ID"))


def rule_report(rule: Rule) -> Report:
    """Return the explanation of one rule."""
    parts: list[str | Cell | Table] = [
        Cell(f"{clean_sentence(rule.title)} ({rule.id})", tone="strong"),
        Cell(f"{rule.order}; complexity {rule.complexity}; from {clean_sentence(rule.origin)}", tone="quiet"),
    ]

    def section(title: str, lines: Sequence[str]) -> None:
        if lines:
            parts.extend(["", Cell(title, tone="strong"), *(clean_sentence(line) for line in lines)])

    section("What it does", [rule.what, _evidence(rule)])
    section("Why it costs", [rule.why])
    bad = next((example for example in rule.examples if example.fires), None)
    if bad is not None:
        section("Example", _lines(bad))
        good = next((e for e in rule.examples if not e.fires and e.language == bad.language), None)
        if good is not None and good.code:
            section("Use instead", _lines(good))
    section("What to do", [f"- {step}" for step in rule.approach])
    section("In each language", [f"- {language}: {text}" for language, text in rule.instead.items()])
    section(
        "Typical gain",
        [
            f"{_gain(rule)} of the part it explains: general experience with such changes, neither from the references nor measured here"
        ],
    )
    section("Risk", [rule.risk])
    section("How to validate", [f"- {step}" for step in rule.validate])
    section("References", [f"- {reference}" for reference in rule.references])
    return Report(tuple(parts))


_NEEDS = {
    "frames": "It needs the frames; source patterns show where.",
    "source": "It needs the source pattern on lines that are hot.",
    "either": "Frames or source alone are enough.",
    "both": "It needs the frames and the source pattern.",
}


def _evidence(rule: Rule) -> str:
    languages = f" Source patterns for {', '.join(rule.languages)}." if rule.languages else ""
    return f"{_NEEDS[rule.needs]} From {100 * rule.min_share:g}% of the profile on.{languages}"


def _gain(rule: Rule) -> str:
    low, high = rule.gain
    return f"{low:g}-{high:g}x"


def _lines(example: Example) -> list[str]:
    return [f"    {line}" for line in (example.code or example.stacks or "").strip("\n").split("\n")]
