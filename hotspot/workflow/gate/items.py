"""What the gate asks, one item at a time, and how it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hotspot.workflow.gate.rules import Priority

Status = Literal["met", "not met", "not measured"]
Kind = Literal["benchmark", "profile", "function", "budget", "criterion"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was asked.

    Attributes:
        kind: what it is about.
        name: of the benchmark, function, budget or criterion.
        status: the answer; ``not measured`` where there is no data or too little.
        detail: the numbers behind it, for people.
        rule: what decides, for people.
        priority: of the critical path it is on, None elsewhere.
        before: seconds or bytes or a share of the baseline's time, where there are two sides.
        after: the same of what was measured now.
        interval: of after / before, or of ``after`` where there is one side.
    """

    kind: Kind
    name: str
    status: Status
    detail: str
    rule: str
    priority: Priority | None = None
    before: float | None = None
    after: float | None = None
    interval: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the item as JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "status": self.status,
            "rule": self.rule,
            "detail": self.detail,
            "priority": self.priority,
            "before": self.before,
            "after": self.after,
            "interval": None if self.interval is None else list(self.interval),
        }
