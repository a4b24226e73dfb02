"""The one sentence of a diff that a person can repeat in a meeting, and the notes beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hotspot.analysis.statistics import SizeFactors

if TYPE_CHECKING:
    from hotspot.analysis.diff import DiffRow

RUNS_WANTED = 5


def points(change: float) -> str:
    """Return a change as points of the baseline's time: ``+2.3`` is 2.3% of it slower."""
    return f"{change * 100:+.1f}"


def interval_text(interval: tuple[float, float]) -> str:
    """Return an interval in points."""
    return f"{points(interval[0])} to {points(interval[1])}"


def screening_sentence(
    verdict: str,
    rows: Sequence[DiffRow],
    change: float,
    interval: tuple[float, float],
    spread: float,
    runs: tuple[int, int],
) -> str:
    """Say what one or two runs a side suggest, against which assumption, and what would settle it."""
    assumed = f"assuming runs vary by {spread * 100:g}%"
    suspects = [row for row in rows if row.status == "suspect"]
    if verdict == "unchanged":
        head = f"No function moved by more than the tolerance, {assumed}"
    elif not suspects:
        head = f"Nothing stands out, {assumed}, but some intervals are too wide to call it unchanged"
    else:
        head = f"{_suspicion(suspects)}, {assumed}"
    whole = f"the whole program moved by {points(change)}% ({interval_text(interval)})"
    return f"{head}; {whole}. {_settle(runs)}"


def _suspicion(suspects: Sequence[DiffRow]) -> str:
    worst = max(suspects, key=lambda row: abs(row.change))
    parts = [_likely(worst)]
    others = len(suspects) - 1
    if others:
        slower = sum(row.change > 0 for row in suspects if row is not worst)
        parts.append(f"{others} more: {slower} likely slower, {others - slower} likely faster")
    return " and ".join(parts)


def _likely(row: DiffRow) -> str:
    word = "slower" if row.change > 0 else "faster"
    assert row.interval is not None
    return (
        f"{row.function} is likely {word}: {points(row.change)} points of the baseline's time "
        f"({interval_text(row.interval)})"
    )


def _settle(runs: tuple[int, int]) -> str:
    now = "one run a side" if runs == (1, 1) else f"{runs[0]} and {runs[1]} runs"
    return (
        f"A screening of {now} is no proof: record {RUNS_WANTED} runs of each in turn (before, after, before, ...) "
        f"and compare the folders with `hotspot diff BEFORE/ AFTER/`."
    )


def screening_notes(factors: SizeFactors, counted: bool) -> tuple[str, ...]:
    """Say what the comparison rests on besides the assumed spread."""
    notes = []
    if factors.normalised_by == "equal_work":
        notes.append("too few functions to tell how much work each side did: equal work is assumed")
    if not counted:
        notes.append(
            "the profiles hold weights without sample counts: the weight of one sample is estimated from their spread"
        )
    return tuple(notes)
