"""The goal of an issue in numbers: what Expected Impact promises, else what counts as an improvement at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.analysis.benchmarks import THRESHOLD
from hotspot.units import human_share
from hotspot.workflow.issues.issue_model import ANALYSIS, PROPOSAL, Issue

_PERCENT = r"(\d+(?:\.\d+)?)"
_FORMS = (
    # 10% to 20%, 10-20 %, 10.5–20%
    re.compile(rf"(?<![\w.+-]){_PERCENT}\s*%?\s*(?:-|\u2013|to)\s*{_PERCENT}\s*%"),
    re.compile(rf"(?<![\w.]){_PERCENT}\s*%"),
)
_TIMES = re.compile(rf"(?<![\w.+-]){_PERCENT}\s*(?:x\b|\u00d7|times as fast)")
# What a sentence says that sets a bound or quotes a share is no promise.
_NO_PROMISE = re.compile(
    r"\b(?:at most|ceiling|up to|interval|not more than|of it did|share)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Goal:
    """How much faster an issue is to make the whole.

    Attributes:
        ratio: time after over time before that is to be reached, or less.
        stated: whether Expected Impact says so; else it is the least that counts as an improvement.
        words: for people.
    """

    ratio: float
    stated: bool
    words: str

    @property
    def gain(self) -> float:
        """Share of the time that is to go away."""
        return 1 - self.ratio


def goal_of(issue: Issue) -> Goal:
    """Return what an issue is to reach.

    Expected Impact is searched sentence by sentence for ``N% to M%`` (the lower end counts), ``N%`` or ``N x``;
    sentences that only set a bound (``at most``, ``ceiling``) promise nothing.
    """
    text = " ".join(issue.value(PROPOSAL, "Expected Impact").split())
    for sentence in re.split(r"(?<=[.;])\s+", text):
        if _NO_PROMISE.search(sentence):
            continue
        for form in _FORMS:
            if found := form.search(sentence):
                gain = float(found[1]) / 100
                if 0 < gain < 1:
                    return Goal(1 - gain, True, f"at least {human_share(gain)} less time")
        if (found := _TIMES.search(sentence)) and float(found[1]) > 1:
            return Goal(1 / float(found[1]), True, f"at least {found[1]} times as fast")
    words = f"more than {human_share(THRESHOLD)} less time (Expected Impact promises no number)"
    return Goal(1 - THRESHOLD, False, words)


def contribution(issue: Issue) -> float | None:
    """Return the share of the whole that Time Contribution states, 0 to 1."""
    found = re.match(rf"{_PERCENT}\s*%", issue.value(ANALYSIS, "Time Contribution"))
    share = float(found[1]) / 100 if found else 0.0
    return share if 0 < share <= 1 else None


def function_ratio(issue: Issue) -> float:
    """Return what a benchmark of the function alone must reach for the whole to reach the goal (Amdahl's law).

    A function that holds 40% of the time must take half of it for the whole to take a fifth less. Where even all of it
    would not do, or the share is not known, the goal of the whole stands.
    """
    goal, share = goal_of(issue), contribution(issue)
    if share is None or goal.gain >= share:
        return goal.ratio
    return 1 - goal.gain / share
