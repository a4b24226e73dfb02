"""What an issue file says, in a line each, for lists of issues."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from hotspot.advice.rule import Rule
from hotspot.workflow.documents.prose import flat
from hotspot.workflow.issues.issue_model import ANALYSIS, PROPOSAL, UNKNOWN, Issue
from hotspot.workflow.lifecycle.goal import contribution, goal_of

ORDERS = ("representation", "algorithm", "low level")
UNKNOWN_ORDER = ORDERS.index("algorithm")  # most work is; a large share must not come last for want of a rule
_MOST = 220
_RULE = re.compile(r"\[([a-z][a-z0-9-]*)\]")
_LEVEL = re.compile(r"\b(low|medium|high)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """What the lists say of an issue.

    Attributes:
        current: its share and the data it was measured in.
        proposed: the beginning of the approach.
        gain: by which factor the whole is to get faster, at least; 1 where nothing is promised.
        gain_words: the same for people.
        complexity: Low, Medium, High or unknown.
        risk: the beginning of the assessment.
        order: index in `ORDERS`.
        share: of the whole, 0 where it is not known.
    """

    current: str
    proposed: str
    gain: float
    gain_words: str
    complexity: str
    risk: str
    order: int
    share: float


def facts_of(issue: Issue, rules: Mapping[str, Rule]) -> Facts:
    """Return the facts of an issue.

    Args:
        issue: its file.
        rules: by id; the first one that its evidence names tells the order of the work.
    """
    rule = next(
        (rules[found] for found in _RULE.findall(issue.value(ANALYSIS, "Evidence")) if found in rules), None
    )
    order = rule.order if rule else None
    goal = goal_of(issue)
    level = _LEVEL.search(issue.value(PROPOSAL, "Complexity").partition("\n")[0])
    measured = issue.field("PROFILE")
    path = measured.partition(" (sha256 ")[0]
    by = f", by `hotspot top --in-app {shlex.quote(path)}`" if path != measured else ""
    current = f"{issue.value(ANALYSIS, 'Time Contribution')}; measured in {measured}{by}"
    gain = 1 / goal.ratio if goal.stated else 1.0
    return Facts(
        current=_line(current),
        proposed=_line(issue.value(PROPOSAL, "Approach")),
        gain=gain,
        gain_words=f"{gain:.2f}x or more, expected and not measured"
        if goal.stated
        else "unknown: Expected Impact promises no number",
        complexity=level[1].capitalize() if level else UNKNOWN,
        risk=_line(issue.value(PROPOSAL, "Risk Assessment")),
        order=ORDERS.index(order) if order else UNKNOWN_ORDER,
        share=contribution(issue) or 0.0,
    )


def _line(text: str) -> str:
    """Return the first paragraph as one line: cut at a sentence where it is long, comment marks made harmless."""
    line = " ".join(flat(text.strip().split("\n\n")[0]).split())
    if len(line) <= _MOST:
        return line
    cut = line[:_MOST]
    sentence = cut.rfind(". ")
    return cut[: sentence + 1] if sentence > _MOST // 2 else f"{cut.rsplit(' ', 1)[0]} ..."
