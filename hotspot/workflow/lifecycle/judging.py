"""From measurements to a verdict on an issue, whether they are of benchmarks or profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotspot.analysis.benchmarks import DRIFT, THRESHOLD, Judgement, Ratio, judge, with_others
from hotspot.analysis.diff import Diff
from hotspot.benchmarks.compare import Comparison, Row
from hotspot.errors import TooFewSamples, UsageError
from hotspot.units import human_duration

LEAST_PROFILES = 3
"""Profiles a side below which nothing is decided."""


@dataclass(frozen=True)
class FileSize:
    """The size of a file that a budget is about, on both sides; None where the side does not have it."""

    path: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Finding:
    """What was measured of the target, and of everything beside it.

    Attributes:
        target: the benchmark that decides, or what the profiles are of.
        before: for people: ``12.4 ms (median of 20)``, and so ``after``.
        before_value: seconds, or weight a run; and so ``after_value``.
        unit: of these two: ``seconds``, or the profiles' unit.
        ratio: after / before with its interval; the drift allowance is in it.
        judgement: on the issue, other benchmarks considered.
        others: what was measured beside the target.
        worse: names of other benchmarks that regressed.
        peak_bytes: median peak memory before and after, where it is known.
        sizes: of the files that budgets are about, where both sides were built.
        notes: what was assumed, in sentences.
        settle: what would settle an open question.
    """

    target: str
    before: str
    after: str
    before_value: float
    after_value: float
    unit: str
    ratio: Ratio
    judgement: Judgement
    others: tuple[Row, ...] = ()
    worse: tuple[str, ...] = ()
    peak_bytes: tuple[int, int] | None = None
    sizes: tuple[FileSize, ...] = ()
    notes: tuple[str, ...] = ()
    settle: str | None = None

    @property
    def change(self) -> float:
        """Signed: -0.3 is 30% less time."""
        return self.ratio.rho - 1

    @property
    def change_text(self) -> str:
        """The change with its interval, in percent."""
        low, high = self.ratio.low - 1, self.ratio.high - 1
        text = f"{self.change:+.1%} (95% interval {low:+.1%} to {high:+.1%}"
        return f"{text}, {self.ratio.drift:.0%} drift allowed for)" if self.ratio.drift else f"{text})"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "target": self.target,
            "unit": self.unit,
            "before": self.before_value,
            "after": self.after_value,
            "change": self.change,
            "interval": [self.ratio.low - 1, self.ratio.high - 1],
            "drift": self.ratio.drift,
            "measurements": [self.ratio.before, self.ratio.after],
            "decisive": self.judgement.decisive,
            "measurements_needed": self.judgement.measurements_needed,
            "others": [row.to_dict() for row in self.others],
            "worse": list(self.worse),
            "peak_bytes": list(self.peak_bytes) if self.peak_bytes else None,
            "sizes": [dict(vars(size)) for size in self.sizes],
            "notes": list(self.notes),
        }


def judge_benchmarks(comparison: Comparison, target: str | None, *, regression: bool) -> Finding:
    """Judge an issue by benchmarks.

    Args:
        comparison: of the two sides.
        target: the benchmark that decides; the only one where None.
        regression: the issue was born from one: to be back within the threshold of the baseline is what it is to reach.

    Raises:
        UsageError: it is not told which benchmark decides, or the sides do not share it.
        TooFewSamples: the target has too few measurements.
    """
    row = _target_row(comparison, target)
    if row.judgement is None:
        comparison_of_target = Comparison(
            comparison.before, comparison.after, (row,), (), (), comparison.threshold, ()
        )
        comparison_of_target.require_judged()
        raise AssertionError("a row without judgement has too few measurements")
    others = tuple(other for other in comparison.rows if other is not row)
    judged = [other.judgement for other in others if other.judgement is not None]
    own = recovered(row.ratio) if regression else row.judgement
    judgement = with_others(own, judged)
    peaks = row.before.median_peak_bytes, row.after.median_peak_bytes
    return Finding(
        target=row.name,
        before=_side_text(row.before.median, row.ratio.before),
        after=_side_text(row.after.median, row.ratio.after),
        before_value=row.before.median,
        after_value=row.after.median,
        unit="seconds",
        ratio=row.ratio,
        judgement=judgement,
        others=others,
        worse=tuple(other.name for other in others if other.verdict == "REGRESSION"),
        peak_bytes=(peaks[0], peaks[1]) if peaks[0] is not None and peaks[1] is not None else None,
        notes=comparison.notes,
        settle=_settle_benchmarks(judgement, row),
    )


def judge_profiles(found: Diff, *, regression: bool) -> Finding:
    """Judge an issue by profiles: rho is 1 + D of the whole program.

    Raises:
        TooFewSamples: fewer than three runs a side, or weights that tell nothing of the spread between runs.
    """
    runs = len(found.before), len(found.after)
    if min(runs) < LEAST_PROFILES:
        raise TooFewSamples(
            f"{runs[0]} profile{'s' if runs[0] != 1 else ''} before and {runs[1]} after decide nothing: "
            f"{LEAST_PROFILES} a side are needed, 5 are better",
            hint="`hotspot record --runs 5 --against-rev COMMIT -- COMMAND` records both in turn; give each file it keeps "
            "with --before or --after",
        )
    if found.basis == "screening" or found.interval is None:
        raise TooFewSamples(
            "these profiles cannot tell how much runs vary: they hold weights, not counts of samples, or too few",
            hint="give profiles that count samples, or benchmark results",
        )
    low, high = found.interval
    ratio = Ratio(1 + found.change, 1 + low, 1 + high, *runs)
    judgement = recovered(ratio) if regression else judge(ratio)
    value_type = found.before[0].value_type
    weights = [sum(run.whole for run in side) / len(side) for side in (found.before, found.after)]
    weights[1] /= found.size_factor * runs[0] / runs[1]
    texts = [f"{value_type.human(round(weight))} a run" for weight in weights]
    return Finding(
        target=f"the whole program, {value_type}",
        before=f"{texts[0]} ({runs[0]} profiles)",
        after=f"{texts[1]} ({runs[1]} profiles; for the same work)",
        before_value=weights[0] / value_type.scale,
        after_value=weights[1] / value_type.scale,
        unit=value_type.unit,
        ratio=ratio,
        judgement=Judgement(judgement.verdict, judgement.decisive, None),
        notes=(found.sentence, *found.notes),
        settle=None if judgement.decisive else _settle_profiles(found, runs),
    )


def recovered(ratio: Ratio, threshold: float = THRESHOLD) -> Judgement:
    """Judge whether a regression is mended: the times are within the threshold of the baseline's, or below.

    The claim is that there is no difference left, so the allowance for drift, which guards a claim of one, is left out
    of the upper end.
    """
    if ratio.low > 1 and ratio.rho >= 1 + threshold:
        return Judgement("REGRESSION", True, None)
    within = ratio.high / (1 + ratio.drift) <= 1 + threshold
    return Judgement("VERIFIED", True, None) if within else Judgement("MARGINAL", False, None)


def _target_row(comparison: Comparison, target: str | None) -> Row:
    rows = comparison.rows
    if target is not None and (row := comparison.row(target)) is not None:
        return row
    if target is None and len(rows) == 1:
        return rows[0]
    # The only benchmark of each side pairs whatever its name, unless another one is asked for.
    if len(rows) == 1 and not comparison.only_before and not comparison.only_after:
        return rows[0]
    names = ", ".join(row.name for row in rows[:10])
    what = "which one decides?" if target is None else f"the target {target!r} is not on both sides"
    raise UsageError(
        f"{len(rows)} benchmark{'s' if len(rows) != 1 else ''} to compare: {what}",
        hint=f"--target NAME, one of: {names}",
    )


def _side_text(median: float, count: int) -> str:
    return f"{human_duration(median * 1e9)} (median of {count})"


def _settle_benchmarks(judgement: Judgement, row: Row) -> str | None:
    if judgement.decisive:
        return None
    if judgement.measurements_needed is not None:
        return f"about {judgement.measurements_needed:,} measurements a side would settle it"
    if row.ratio.drift >= DRIFT / 2:
        return "more measurements would not settle it: both sides have to be measured in turn (verify without files)"
    return "more measurements would settle it"


def _settle_profiles(found: Diff, runs: tuple[int, int]) -> str:
    if found.runs_needed is not None and found.runs_needed > min(runs):
        return f"about {found.runs_needed} runs a side would settle it"
    if found.samples_needed is not None:
        return f"about {found.samples_needed:,} samples a side would settle it"
    return "more runs of both, recorded in turn, would settle it"
