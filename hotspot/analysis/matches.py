"""What was taken for one function, by which rule and why: the answer to `--explain-matches`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hotspot.analysis.cost_shift import Shift
from hotspot.analysis.matching import TEMPLATE_ARGUMENTS, MatchedFunction
from hotspot.analysis.symbols import RULES


@dataclass(frozen=True)
class Match:
    """Functions that were compared or judged as one although they are not spelled alike.

    Attributes:
        function: the name they go by.
        rules: ids of all the rules that applied, or the kind of a cost shift.
        before: spellings on the side before; for a cost shift the functions whose cost moved, or were moved into.
        after: the same on the side after.
        reason: why, in a sentence.
    """

    function: str
    rules: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "function": self.function,
            "matched_by": self.rules[0],
            "rules": list(self.rules),
            "before": list(self.before),
            "after": list(self.after),
            "reason": self.reason,
        }


def matches_of(functions: Sequence[MatchedFunction], shifts: Sequence[Shift]) -> tuple[Match, ...]:
    """Return the cost shifts, then everything a rule of identity put together, by name."""
    named = [
        Match(f.name, f.rules, *f.spellings, "; ".join(_REASONS[rule] for rule in f.rules))
        for f in functions
        if f.rules and len({*f.spellings[0], *f.spellings[1]}) > 1
    ]
    moved = [_shift_match(functions, shift) for shift in shifts]
    return (*moved, *sorted(named, key=lambda match: match.function))


_REASONS = {rule.id: rule.description for rule in RULES} | {
    TEMPLATE_ARGUMENTS: "Equal but for template arguments, and the only one of that name on each side without a partner."
}


def _shift_match(functions: Sequence[MatchedFunction], shift: Shift) -> Match:
    into, others = functions[shift.into].name, tuple(functions[f].name for f in shift.others)
    if shift.kind == "renamed":
        reason = (
            f"Same callers and callees at a similar cost: score {shift.score:.2f} of 1, accepted from 0.60."
        )
        return Match(into, (shift.kind,), others, (into,), reason)
    if shift.kind == "inlined":
        heir = "a function beside it" if shift.beside else "its caller's self"
        reason = f"It vanished, and {heir} grew by {shift.score:.0%} of what it had."
        return Match(into, (shift.kind,), (into, *others), (into,), reason)
    reason = f"New {'beside' if shift.beside else 'below'} it, with {shift.score:.0%} of what its self lost."
    return Match(into, (shift.kind,), (into,), (into, *others), reason)
