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
    normalised_by: NormalisedBy
    rows: Sequence[DiffRow]
    change: float
    interval: tuple[float, float] | None
    spread: float
    runs: tuple[int, int]
    samples_needed: int | None
    runs_needed: int | None
    culprits: Sequence[DiffRow]
    same: bool = False  # both sides are the same recordings


def points(change: float) -> str:
    """Return a change as points of the baseline's time: ``+2.3`` is 2.3% of it slower."""
    return f"{change * 100:+z.1f}"


def interval_text(interval: tuple[float, float]) -> str:
    """Return an interval in points; ``-0.0`` is a bound below zero."""
    return " to ".join(f"{bound * 100:+.1f}" for bound in interval)


def sentence_for(summary: Summary) -> str:
    """Say the verdict, the effect on the whole with its interval, the culprit, and what would settle it."""
    if summary.same:
        what = "recording" if summary.runs == (1, 1) else "recordings"
        return (
            f"Both sides are the same {what}, so nothing can differ: compare what was recorded before a change with what "
            "was recorded after it."
        )
    if summary.basis == "screening":
        return _screening(summary)
    head = _verdict(summary)
    return f"{head}{_doubt(summary)}{_open(summary)}"


def _whole(summary: Summary) -> str:
    if summary.interval is None:
        return "there are too few samples to tell how the whole program moved"
    return f"the whole program moved by {points(summary.change)}% ({interval_text(summary.interval)})"


def _doubt(summary: Summary) -> str:
    if summary.basis != "low_confidence":
        return ""
    reasons = []
    if min(summary.runs) < RUNS_WANTED:
        reasons.append(f"{_runs(summary.runs)}, {RUNS_WANTED} are wanted")
    if summary.normalised_by == "equal_work":
        reasons.append("equal work is only assumed")
    return f" Low confidence: {'; '.join(reasons)}."


def _verdict(summary: Summary) -> str:
    whole = _whole(summary)
    if summary.verdict == "unchanged":
        return f"Unchanged: every function that could be tested stayed within the tolerance; {whole}."
    if summary.verdict == "inconclusive":
        return (
            f"Inconclusive: nothing moved beyond doubt, but not everything is shown to have stayed; {whole}."
        )
    word = {"regressed": "Slower", "improved": "Faster", "mixed": "Mixed"}[summary.verdict]
    named = summary.culprits or [row for row in summary.rows if row.judged and row.significant]
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
    whole = _whole(summary)
    # What would settle a suspicion; to see that nothing changed takes no fewer than a verdict does.
    wanted = max(RUNS_WANTED, (summary.runs_needed or 0) if suspects else 0)
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


def notes_for(summary: Summary, counted: bool, in_sequence: bool | None) -> tuple[str, ...]:
    """Say what the comparison rests on."""
    notes = []
    if summary.normalised_by == "equal_work":
        notes.append(
            "too few functions to tell how much work each side did: equal work is assumed (--work says it)"
        )
    if not counted:
        notes.append(
            "the profiles hold weights without sample counts: the weight of one sample is estimated from their spread"
        )
    if summary.basis != "screening":
        if in_sequence:
            notes.append(
                f"one side was recorded after the other: a drift of {summary.spread * 100:g}% between them is allowed for"
            )
        elif in_sequence is None:
            notes.append(
                "the files do not tell whether the runs were recorded in turn; in sequence, drift looks real"
            )
    return tuple(notes)
