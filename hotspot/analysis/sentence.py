"""The one sentence of a diff that a person can repeat in a meeting, and the notes beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotspot.analysis.diff_rows import DiffRow
from hotspot.analysis.statistics import Basis, NormalisedBy

RUNS_WANTED = 5


@dataclass(frozen=True)
class Summary:
    """What the sentence is made of; see `hotspot.analysis.diff.Diff` for the fields."""

    verdict: str
    basis: Basis
    rows: Sequence[DiffRow]
    change: float
    interval: tuple[float, float]
    spread: float
    runs: tuple[int, int]
    samples_needed: int | None
    runs_needed: int | None
    culprits: tuple[str, ...]


def points(change: float) -> str:
    """Return a change as points of the baseline's time: ``+2.3`` is 2.3% of it slower."""
    return f"{change * 100:+.1f}"


def interval_text(interval: tuple[float, float]) -> str:
    """Return an interval in points."""
    return f"{points(interval[0])} to {points(interval[1])}"


def sentence_for(summary: Summary) -> str:
    """Say the verdict, the effect on the whole with its interval, the culprit, and what would settle it."""
    if summary.basis == "screening":
        return _screening(summary)
    head = _verdict(summary)
    low = " Low confidence: " + _runs(summary.runs) + "." if summary.basis == "low_confidence" else ""
    return f"{head}{low}{_open(summary)}"


def _verdict(summary: Summary) -> str:
    whole = f"the whole program moved by {points(summary.change)}% ({interval_text(summary.interval)})"
    if summary.verdict == "unchanged":
        return f"Unchanged: every function that could be tested stayed within the tolerance; {whole}."
    if summary.verdict == "inconclusive":
        return (
            f"Inconclusive: nothing moved beyond doubt, but not everything is shown to have stayed; {whole}."
        )
    word = {"regressed": "Slower", "improved": "Faster", "mixed": "Mixed"}[summary.verdict]
    blamed = [
        row for name in summary.culprits for row in summary.rows if row.culprit and row.function == name
    ]
    named = blamed or [row for row in summary.rows if row.judged and row.significant]
    reasons = "; ".join(_reason(row) for row in named[:2])
    more = f" and {len(named) - 2} more" if len(named) > 2 else ""
    return f"{word}: {reasons}{more}; {whole}."


def _reason(row: DiffRow) -> str:
    size = f"{points(row.change)} points"
    if row.interval is not None:
        size += f" ({interval_text(row.interval)})"
    up = row.change > 0
    if row.because == "calls_more":
        return f"{row.function} calls {row.callee} {'more' if up else 'less'}, {size}"
    if row.because == "ambiguous":
        return f"{row.function} got {'slower' if up else 'faster'} or is called {'more' if up else 'less'}, {size}"
    if row.status in ("new", "gone"):
        return f"{row.function} is {row.status}, {size}"
    within = f" in {row.callee}" if row.callee else ""
    return f"{row.function} got {'slower' if up else 'faster'}{within}, {size}"


def _open(summary: Summary) -> str:
    if summary.runs_needed is not None:
        return f" About {summary.runs_needed} runs a side would settle the rest."
    if summary.samples_needed is not None:
        return f" About {summary.samples_needed:,} samples a side would settle the rest."
    return ""


def _screening(summary: Summary) -> str:
    assumed = f"assuming runs vary by {summary.spread * 100:g}%"
    suspects = [row for row in summary.rows if row.status == "suspect"]
    if summary.verdict == "unchanged":
        head = f"No function moved by more than the tolerance, {assumed}"
    elif not suspects:
        head = f"Nothing stands out, {assumed}, but some intervals are too wide to call it unchanged"
    else:
        head = f"{_suspicion(suspects)}, {assumed}"
    whole = f"the whole program moved by {points(summary.change)}% ({interval_text(summary.interval)})"
    wanted = max(RUNS_WANTED, summary.runs_needed or 0)
    return (
        f"{head}; {whole}. A screening ({_runs(summary.runs)}) is no proof: record {wanted} runs of each in turn "
        f"(before, after, before, ...) and compare the folders with `hotspot diff BEFORE/ AFTER/`."
    )


def _suspicion(suspects: Sequence[DiffRow]) -> str:
    worst = max(suspects, key=lambda row: abs(row.change))
    word = "slower" if worst.change > 0 else "faster"
    assert worst.interval is not None  # only tested rows are suspect
    text = (
        f"{worst.function} is likely {word}: {points(worst.change)} points of the baseline's time "
        f"({interval_text(worst.interval)})"
    )
    others = [row for row in suspects if row is not worst]
    if others:
        slower = sum(row.change > 0 for row in others)
        parts = [f"{slower} more likely slower"] if slower else []
        parts += [f"{len(others) - slower} more likely faster"] if slower < len(others) else []
        text += " and " + ", ".join(parts)
    return text


def _runs(runs: tuple[int, int]) -> str:
    if runs[0] == runs[1]:
        return "one run a side" if runs[0] == 1 else f"{runs[0]} runs a side"
    return f"{runs[0]} runs before, {runs[1]} after"


def notes_for(
    basis: Basis, normalised_by: NormalisedBy, counted: bool, in_sequence: bool | None, spread: float
) -> tuple[str, ...]:
    """Say what the comparison rests on."""
    notes = []
    if normalised_by == "equal_work":
        notes.append("too few functions to tell how much work each side did: equal work is assumed")
    if not counted:
        notes.append(
            "the profiles hold weights without sample counts: the weight of one sample is estimated from their spread"
        )
    if basis != "screening":
        if in_sequence:
            notes.append(
                f"one side was recorded after the other: a drift of {spread * 100:g}% between them is allowed for"
            )
        elif in_sequence is None:
            notes.append(
                "the files do not tell whether the runs were recorded in turn; in sequence, drift looks real"
            )
    return tuple(notes)
