"""What got slower and faster between two sides of runs, and whether that is real.

`reconcile` brings the runs to one value type, `union` puts them into one tree, `verdict_tests` asks the statistics, and
`diff_rows` puts weights and findings together; here they are called in turn and one verdict is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hotspot.analysis.diff_rows import DiffRow, Judgement, build_rows, row_dict
from hotspot.analysis.matches import Match, matches_of
from hotspot.analysis.matching import Symbols
from hotspot.analysis.merge import merge
from hotspot.analysis.reconcile import reconcile, recorded_in_sequence
from hotspot.analysis.sentence import Summary, notes_for, sentence_for
from hotspot.analysis.statistics import (
    ALPHA,
    MIN_CHANGE,
    SPREAD,
    Basis,
    NormalisedBy,
    basis,
    data_needed,
    runs_needed,
)
from hotspot.analysis.union import Union, unite
from hotspot.analysis.verdict_tests import Assumptions, Findings, find, work_factors
from hotspot.analysis.work import Work, recorded_work, work_of_runs
from hotspot.errors import TooFewSamples, UsageError
from hotspot.profile import Bool, Profile
from hotspot.text import printable

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Verdict = Literal["regressed", "improved", "mixed", "unchanged", "inconclusive", "suspect"]
FailOn = Literal["regression", "suspect", "any"]
InApp = Callable[[Profile], tuple[Bool, Bool]]

TOLERANCE = 0.02
_UNLIKELY_RATIO = 1000  # of the work of two sides
"""A row whose interval lies within this many shares of the baseline's time is unchanged."""


@dataclass(frozen=True, eq=False)
class Diff:
    """The comparison of two sides.

    Attributes:
        before: the runs of the baseline side, one value type selected in all runs of both sides.
        after: the runs of the other side.
        union: all runs in one tree.
        size_factor: s: how much more work, or sampling, the after side did.
        rows: significant ones first, by size of change.
        function_of_row: for each row its function in ``union.functions``.
        culprits: rows of those to blame, strongest evidence first; none in a screening.
        samples_needed: samples a side, over all its runs, that would settle the largest open row; None where more
            samples would not, or nothing is open.
        runs_needed: runs a side that would; in a screening never None where something is open.
        change: of the whole program, in shares of the baseline's time.
        interval: 95% interval of ``change``; None where there is too little to tell.
        notes: what was assumed or reconciled, in sentences.
        matches: functions that were taken for one although they are not spelled alike.
    """

    before: tuple[Profile, ...]
    after: tuple[Profile, ...]
    union: Union
    basis: Basis
    normalised_by: NormalisedBy
    size_factor: float
    verdict: Verdict
    alpha: float
    min_change: float
    rows: tuple[DiffRow, ...]
    function_of_row: tuple[int, ...]
    culprits: tuple[DiffRow, ...]
    samples_needed: int | None
    runs_needed: int | None
    sentence: str
    change: float
    interval: tuple[float, float] | None
    notes: tuple[str, ...]
    matches: tuple[Match, ...]

    def fails(self, on: FailOn) -> bool | None:
        """Return whether a check on ``on`` fails, or None where this basis cannot answer it.

        ``regression`` is for a verdict of regressed or mixed, which a screening never gives; ``suspect`` for that or
        a row that is likely slower; ``any`` for any change that is significant.
        """
        regressed = self.verdict in ("regressed", "mixed")
        if on == "any":
            return any(row.significant for row in self.rows)
        if on == "suspect":
            return regressed or any(row.status == "suspect" and row.change > 0 for row in self.rows)
        return None if self.basis == "screening" else regressed

    def flamegraph(self, **options: Any) -> Figure:
        """Return the differential flame graph as a plotly figure; see `hotspot.plots.diff_flamegraph`."""
        from hotspot.plots import diff_flamegraph

        return diff_flamegraph(self, **options)

    def to_dict(self, *, explain_matches: bool = False) -> dict[str, Any]:
        """Return the contract's JSON object, with ``matches`` where asked for."""
        number = self.before[0].value_type.number
        document = {
            "schema": "hotspot.diff/1",
            "before": merged_side(self.before).to_dict(),
            "after": merged_side(self.after).to_dict(),
            "basis": self.basis,
            "normalised_by": self.normalised_by,
            "size_factor": self.size_factor,
            "verdict": self.verdict,
            "alpha": self.alpha,
            "min_change": self.min_change,
            "rows": [row_dict(row, number) for row in self.rows],
            "samples_needed": self.samples_needed,
            "runs_needed": self.runs_needed,
            "sentence": self.sentence,
            "change": self.change,
            "interval": None if self.interval is None else list(self.interval),
            "notes": list(self.notes),
        }
        if explain_matches:
            document["matches"] = [match.to_dict() for match in self.matches]
        return document

    def __repr__(self) -> str:
        """Return its sentence; printing it shows the table."""
        return f"<Diff of {len(self.before)} and {len(self.after)} runs: {printable(self.sentence)}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the result in a notebook."""
        from hotspot.notebook import mimebundle

        return mimebundle(self)

    def __str__(self) -> str:
        """Return the comparison as plain text."""
        from hotspot.report.diff import diff_report
        from hotspot.report.table import plain

        return plain(diff_report(self))


def diff(
    before: Profile | Sequence[Profile],
    after: Profile | Sequence[Profile],
    *,
    work: Work | None = None,
    symbols: Symbols = "canonical",
    min_change: float = MIN_CHANGE,
    spread: float = SPREAD,
    tolerance: float = TOLERANCE,
    in_app: InApp | None = None,
) -> Diff:
    """Compare two sides.

    Args:
        before: the baseline: one profile, or one a run. Five or more runs a side, recorded in turn, give a verdict;
            three or four one of low confidence; one or two are a screening.
        after: what to compare with it.
        work: work done before and after, a number for all runs of a side or one a run; None for what hotspot recorded
            with the runs; where that is not known either, the functions that did not change tell.
        symbols: ``exact`` compares names as they are spelled, ``canonical`` without what builds number anew.
        min_change: smallest change that counts, as a share of the baseline's time.
        spread: assumed variation between runs where it cannot be measured (a coefficient of variation).
        tolerance: what lies within is unchanged, in shares of the baseline's time.
        in_app: for a profile, which of its frames the project owns and for which that is known, bool[frames] each;
            culprits in code known to be others' are charged to the nearest in-app caller.

    Raises:
        UsageError: no common value type, or work that does not fit the runs.
        TooFewSamples: a side has no weight at all.
    """
    sides = (_as_runs(before), _as_runs(after))
    runs, notes = reconcile([*sides[0], *sides[1]])
    first, second = runs[: len(sides[0])], runs[len(sides[0]) :]
    _require_weight(first, "before")
    _require_weight(second, "after")
    union = unite(first, second, symbols)
    work = recorded_work(first, second) if work is None else work
    known_work = None if work is None else work_of_runs(work, first, second)
    which = basis(len(first), len(second), "work", weights_only=not union.counted)
    assumed = Assumptions(
        min_change=min_change,
        spread=spread,
        screening=which == "screening",
        in_sequence=recorded_in_sequence(first, second),
    )
    # Ownership is asked of the project's files, which a screening (nobody is to blame there) does without.
    ownership = _ownership(union, runs, None if assumed.screening else in_app)
    found = find(union, runs, work_factors(known_work, runs), assumed, ownership)
    which = basis(len(first), len(second), found.normalised_by, weights_only=not union.counted)
    row_of_function, culprits = build_rows(
        union,
        Judgement(
            tests=found.tests,
            change=found.own_change,
            shifts=found.shifts,
            culprits=found.culprits,
            screening=assumed.screening,
            threshold=found.threshold,
            tolerance=tolerance,
        ),
        first,
        second,
    )
    rows = tuple(row_of_function.values())
    verdict = verdict_of(rows, which)
    samples, more_runs = _needed(rows, verdict, found, assumed, min(len(first), len(second)))
    summary = Summary(
        verdict=verdict,
        basis=which,
        normalised_by=found.normalised_by,
        rows=rows,
        change=found.change,
        interval=found.interval,
        spread=spread,
        runs=(len(first), len(second)),
        samples_needed=samples,
        runs_needed=more_runs,
        culprits=culprits,
        same=known_work is None and _same_recordings(first, second),
    )
    return Diff(
        before=first,
        after=second,
        union=union,
        basis=which,
        normalised_by=found.normalised_by,
        size_factor=found.ratio,
        verdict=verdict,
        alpha=ALPHA,
        min_change=min_change,
        rows=rows,
        function_of_row=tuple(row_of_function),
        culprits=culprits,
        samples_needed=samples,
        runs_needed=more_runs,
        sentence=sentence_for(summary),
        change=found.change,
        interval=found.interval,
        notes=(*notes, *_ratio_notes(found.ratio), *notes_for(summary, union.counted, assumed.in_sequence)),
        matches=matches_of(union.functions, found.shifts),
    )


def _same_recordings(before: Sequence[Profile], after: Sequence[Profile]) -> bool:
    """Tell whether both sides were read from the same bytes."""
    if sorted(run.total for run in before) != sorted(run.total for run in after):
        return False  # and no file need be hashed
    first, second = (sorted(run.provenance.sha256 for run in side) for side in (before, after))
    return bool(first[0]) and first == second


def _ratio_notes(ratio: float) -> tuple[str, ...]:
    """Say so where the sides differ so much in size that they hardly count the same thing."""
    if 1 / _UNLIKELY_RATIO <= ratio <= _UNLIKELY_RATIO:
        return ()
    heavier = "after" if ratio > 1 else "before"
    return (
        f"{heavier} weighs {max(ratio, 1 / ratio):,.0f} times as much as the other side: do both count the same thing? "
        "Folded stacks do not tell their unit",
    )


def verdict_of(rows: Sequence[DiffRow], which: Basis) -> Verdict:
    """Draw one verdict from the rows that count."""
    judged = [row for row in rows if row.judged]
    up = any(row.significant and row.change > 0 for row in judged)
    down = any(row.significant and row.change < 0 for row in judged)
    if up or down:
        if which == "screening":
            return "suspect"
        return "mixed" if up and down else "regressed" if up else "improved"
    if judged and all(row.status == "unchanged" for row in judged):
        return "unchanged"
    return "inconclusive"


def merged_side(runs: Sequence[Profile]) -> Profile:
    """Return the one profile that stands for a side in output."""
    return runs[0] if len(runs) == 1 else merge(runs)


def _as_runs(side: Profile | Sequence[Profile]) -> tuple[Profile, ...]:
    runs = (side,) if isinstance(side, Profile) else tuple(side)
    if not runs:
        raise UsageError("a comparison needs at least one profile a side")
    return runs


def _require_weight(side: Sequence[Profile], name: str) -> None:
    for run in side:
        if run.whole <= 0:
            raise TooFewSamples(
                f"{name}: nothing to compare in {run.label or 'a profile'}: its weights add up to {run.whole}"
            )


def _ownership(union: Union, runs: Sequence[Profile], in_app: InApp | None) -> tuple[Bool, Bool]:
    """Return which functions are known to be in-app, and which known not to be, bool[functions] each."""
    owned = np.zeros(len(union.functions), dtype=bool)
    foreign = np.zeros(len(union.functions), dtype=bool)
    if in_app is not None:
        for run, of_frame in zip(runs, union.of_frame, strict=True):
            mine, known = in_app(run)
            owned[of_frame[mine & (of_frame >= 0)]] = True
            foreign[of_frame[known & ~mine & (of_frame >= 0)]] = True
    return owned, foreign & ~owned


def _needed(
    rows: Sequence[DiffRow], verdict: Verdict, found: Findings, assumed: Assumptions, runs: int
) -> tuple[int | None, int | None]:
    """Samples and runs a side that would settle the open row with the largest change."""
    open_rows = [row for row in rows if row.judged and row.status in ("inconclusive", "suspect")]
    if verdict not in ("inconclusive", "suspect") or not open_rows:
        return None, None
    row = max(open_rows, key=lambda r: abs(r.change))
    if not max(abs(row.change), assumed.min_change):
        return None, None  # no amount of data shows that nothing changed at all
    tested = int(found.tests.tested.sum())
    spread = assumed.spread if found.model is None else float(np.sqrt(found.model.a2))
    needed = data_needed(
        row.self_share_before,
        row.change,
        tested=tested,
        s0sq=1.0 if found.model is None else found.model.s0sq,
        spread=spread,
        runs=runs,
        min_change=assumed.min_change,
    )
    if found.model is None:  # however many samples, a screening is settled by runs
        more = runs_needed(
            row.self_share_before, row.change, tested=tested, spread=spread, min_change=assumed.min_change
        )
        needed = replace(needed, runs=more)
    return needed.samples, needed.runs
