"""What a review finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["CRITICAL", "WARNING", "INFO"]
SEVERITIES: tuple[Severity, ...] = ("CRITICAL", "WARNING", "INFO")


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        place: ``file:line``, a commit or a benchmark.
        impact: what was measured, or that nothing was.
        demands: whether the change must not go in as it is.
    """

    severity: Severity
    text: str
    place: str
    impact: str
    demands: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return dict(vars(self))
