"""The gate itself: every rule asked of what was measured, and one answer.

judge_measured(config, measured) -> Gate
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hotspot.analysis.benchmarks import DRIFT, THRESHOLD
from hotspot.analysis.diff import Diff, InApp, diff
from hotspot.benchmarks.compare import Comparison, compare_results
from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.profile import Bool, Profile
from hotspot.source.ownership import Ownership
from hotspot.workflow.gate.against_baseline import benchmark_items, partial_success, profile_items
from hotspot.workflow.gate.budgets import check_budget
from hotspot.workflow.gate.criteria import check_criterion
from hotspot.workflow.gate.items import Item, Status
from hotspot.workflow.gate.measured import Measured
from hotspot.workflow.gate.rules import Rules, rules_of

Verdict = Literal["passed", "failed", "too little data"]


@dataclass(frozen=True, eq=False)
class Gate:
    """The answer.

    Attributes:
        items: everything that was asked; what is not met first.
        measured: what it was asked of.
        comparison: benchmark results against the base, or None.
        diff: profiles against the base, or None.
        threshold: how much worse anything may be where no criterion says otherwise.
        partial: what got better and what worse, and the rule that decides; None where not both happened.
        notes: what was assumed, in sentences.
    """

    items: tuple[Item, ...]
    measured: Measured
    comparison: Comparison | None
    diff: Diff | None
    threshold: float
    partial: str | None
    notes: tuple[str, ...]

    def with_status(self, status: Status) -> tuple[Item, ...]:
        """Return the items answered so."""
        return tuple(item for item in self.items if item.status == status)

    @property
    def verdict(self) -> Verdict:
        """Failed where anything is not met, else too little data where anything is not measured."""
        if self.with_status("not met"):
            return "failed"
        return "too little data" if self.with_status("not measured") else "passed"

    @property
    def exit_code(self) -> int:
        """0, 1 or 3, as the contract has it: a failed check beats too little data."""
        return {"passed": 0, "failed": 1, "too little data": 3}[self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """Return the gate as JSON; the rows are the items."""
        return {
            "schema": "hotspot.gate/1",
            "verdict": self.verdict,
            "base": self.measured.base_name,
            "baseline": self.measured.baseline_id,
            "base_revision": self.measured.base_revision,
            "threshold": self.threshold,
            "rows": [item.to_dict() for item in self.items],
            "partial": self.partial,
            "diff_sentence": None if self.diff is None else self.diff.sentence,
            "notes": list(self.notes),
        }


class NothingToCheck(HotspotError):
    """There is neither a base nor a budget or criterion: the gate has nothing to ask."""


def judge_measured(
    config: Config, measured: Measured, *, threshold: float = THRESHOLD, drift: float = DRIFT
) -> Gate:
    """Ask every rule of the project of what was measured.

    Raises:
        ConfigError: a rule is not understood.
        NothingToCheck: there is nothing to ask.
        UsageError: the two sides have nothing in common.
    """
    rules = rules_of(config)
    comparison, compared = None, None
    if measured.head is not None and measured.base is not None:
        comparison = compare_results(measured.base, measured.head, drift=drift, threshold=threshold)
    if measured.head_profiles and measured.base_profiles:
        work = (1.0, 1.0) if measured.equal_work else None
        compared = diff(measured.base_profiles, measured.head_profiles, work=work, in_app=_in_app(config))
    items = _items(config, rules, measured, comparison, compared, threshold, drift)
    if not items:
        raise NothingToCheck(
            "nothing to check against: no baseline, no budget, no criterion",
            hint="hotspot bench baseline save RESULT, --before FILE, --base REV, or [tool.hotspot.budgets]",
        )
    order = {"not met": 0, "not measured": 1, "met": 2}
    ordered = sorted(items, key=lambda item: (order[item.status], _PRIORITY[item.priority]))
    notes = [*measured.notes, *(comparison.notes if comparison is not None else ())]
    notes += compared.notes if compared is not None else ()
    if comparison is not None:
        notes += [f"{name}: only in the base" for name in comparison.only_before]
        notes += [f"{name}: only now, nothing to compare it with" for name in comparison.only_after]
    partial = partial_success(items, comparison)
    return Gate(tuple(ordered), measured, comparison, compared, threshold, partial, tuple(notes))


_PRIORITY = {"high": 0, "medium": 1, "low": 2, None: 3}


def _items(
    config: Config,
    rules: Rules,
    measured: Measured,
    comparison: Comparison | None,
    compared: Diff | None,
    threshold: float,
    drift: float,
) -> Sequence[Item]:
    items: list[Item] = []
    if comparison is not None:
        items += benchmark_items(comparison, rules, threshold)
    if compared is not None:
        items += profile_items(compared, rules, threshold)
    for budget in rules.budgets:
        items += check_budget(budget, measured.head, config.root)
    for criterion in rules.criteria:
        items.append(check_criterion(criterion, comparison, measured.head, drift))
    return items


def _in_app(config: Config) -> InApp:
    ownership = Ownership(config, wait=False)

    def classify(profile: Profile) -> tuple[Bool, Bool]:
        verdict = ownership.classify(profile)
        return verdict.owned, verdict.known

    return classify
