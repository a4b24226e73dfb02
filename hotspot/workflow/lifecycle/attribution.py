"""Whether the issue's function accounts for the change that was measured, by profiles of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotspot.analysis.diff import Diff, merged_side
from hotspot.analysis.diff_rows import DiffRow
from hotspot.analysis.sentence import interval_text, points
from hotspot.analysis.symbols import canonical
from hotspot.source.ownership import Ownership
from hotspot.units import human_share
from hotspot.workflow.issues.issue_model import Issue
from hotspot.workflow.issues.issue_text import bullet, one_line
from hotspot.workflow.lifecycle.function_weight import function_weight

_ACCOUNTS = 0.5
_NOTHING = 0.005  # a change of the whole that is too small to be divided up
_NAMED = 3


@dataclass(frozen=True)
class Attribution:
    """How much of the change is the function's.

    Attributes:
        function: of the issue.
        whole: change of the whole program, in shares of the baseline's time; negative is faster.
        change: of the function with all it calls, in the same.
        row: the diff's row of it: its self time; None where neither side has it.
        largest: rows that moved most, for comparison.
        screening: too few runs a side to be sure.
    """

    function: str
    whole: float
    change: float
    row: DiffRow | None
    largest: tuple[DiffRow, ...]
    screening: bool

    @property
    def portion(self) -> float | None:
        """The function's part of the change of the whole; None where that is next to nothing."""
        return None if abs(self.whole) < _NOTHING else self.change / self.whole

    @property
    def accounts(self) -> bool | None:
        """Whether the function answers for most of it."""
        return None if self.portion is None else self.portion >= _ACCOUNTS

    @property
    def headline(self) -> str:
        """One sentence."""
        name = one_line(self.function, 80)
        if self.portion is None:
            return f"the whole moved by {points(self.whole)} points only; {name} by {points(self.change)}"
        how = "accounts for" if self.accounts else "does not account for it: it has"
        portion = "all" if self.portion >= 0.95 else human_share(max(self.portion, 0.0))
        sure = ", as far as so few profiles tell" if self.screening else ""
        return f"{name} {how} {portion} of the change{sure}"

    @property
    def details(self) -> str:
        """The numbers behind the headline, as a list."""
        out = [
            bullet(
                f"{one_line(self.function, 80)} with all it calls: {points(self.change)} points of the time before; the whole "
                f"program: {points(self.whole)} points"
            )
        ]
        row = self.row
        if row is not None:
            shares = f"{human_share(row.self_share_before)} before, {human_share(row.self_share_after)} after"
            interval = f" ({interval_text(row.interval)})" if row.interval else ""
            out.append(
                bullet(f"Its self time: {points(row.change)} points{interval}; {shares}; {row.status}")
            )
        moved = ", ".join(f"{one_line(r.function, 60)} {points(r.change)}" for r in self.largest)
        if moved:
            out.append(bullet(f"What moved most: {moved}"))
        return "".join(out)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "function": self.function,
            "accounts": self.accounts,
            "portion": self.portion,
            "change": self.change,
            "whole": self.whole,
            "sentence": self.headline,
        }


def attribute(found: Diff, issue: Issue, ownership: Ownership) -> Attribution | None:
    """Return how much of a difference between profiles is an issue's function's; None where the issue names none."""
    function = issue.location("Function")
    weights = [function_weight(merged_side(side), issue, ownership) for side in (found.before, found.after)]
    before, after = weights
    if function is None or before is None or after is None:
        return None
    whole_before = sum(run.whole for run in found.before)
    change = (after.total_weight / found.size_factor - before.total_weight) / whole_before
    wanted = canonical(function).name
    row = next((row for row in found.rows if canonical(row.function).name == wanted), None)
    largest = sorted((r for r in found.rows if r.interval), key=lambda r: -abs(r.change))[:_NAMED]
    return Attribution(function, found.change, change, row, tuple(largest), found.basis == "screening")
