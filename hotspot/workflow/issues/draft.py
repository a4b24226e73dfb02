"""From a profile to issue files: what is new is drafted, what is known gets its numbers refreshed.

A place and an issue belong together by fingerprint, never by file name or title: people rename both.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotspot.advice.loader import load_catalogue
from hotspot.analysis.symbols import canonical
from hotspot.config import Config
from hotspot.profile import Profile
from hotspot.source.ownership import Ownership
from hotspot.units import human_share
from hotspot.workflow.issues import evidence, wording
from hotspot.workflow.issues.evidence import Subject
from hotspot.workflow.issues.issue_model import ANALYSIS, UNKNOWN, Issue, Status
from hotspot.workflow.issues.issue_text import NewIssue, body, new_issue
from hotspot.workflow.issues.measured import Measured, Measurer
from hotspot.workflow.issues.places import MIN_SHARE, Basis, Place, charge, fingerprint
from hotspot.workflow.issues.store import Contents, IssueStore, StoredIssue


@dataclass(frozen=True)
class DraftRow:
    """What became of one place, or of a file that could not be read (then there is no place).

    Attributes:
        name: the issue's file name without ``.txt``; None where no file belongs to it.
        title: of the issue.
        rule: id of the rule that fits best, None where none does or the place was not looked at.
        changed: whether the file is, or would be, written.
        kept: whether its numbers were left because they rest on more samples than this profile has.
        reason: why it was skipped; None where it was not.
    """

    name: str | None
    path: Path | None
    place: Place | None
    fingerprint: str | None
    title: str | None = None
    rule: str | None = None
    changed: bool = False
    kept: bool = False
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's object of one issue."""
        place = self.place
        row = {
            "name": self.name,
            "path": str(self.path) if self.path else None,
            "rank": place.rank if place else None,
            "share": place.share if place else None,
            "function": place.function if place else None,
            "file": (place.file or place.recorded_file) if place else None,
            "line": place.line if place else None,
            "in_app": place.in_app if place else None,
            "rule": self.rule,
            "fingerprint": self.fingerprint,
        }
        return row if self.reason is None else {**row, "reason": self.reason}


@dataclass(frozen=True)
class Goal:
    """How far the drafted issues get towards a goal. All are shares of the profile that would be saved.

    Attributes:
        wanted: the goal.
        expected: what the drafted issues typically save (see `hotspot.advice.impact.Impact`).
        ceiling: what is saved if everything that places answer for cost nothing.
    """

    wanted: float
    expected: float
    ceiling: float

    @property
    def reached(self) -> bool:
        """Whether the expected impacts reach the goal."""
        return self.expected >= self.wanted

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "wanted": self.wanted,
            "expected": self.expected,
            "ceiling": self.ceiling,
            "reached": self.reached,
        }


@dataclass(frozen=True)
class DraftResult:
    """What a draft did, or with ``dry_run`` would do.

    Attributes:
        basis: what is known about who owns the places.
        uncharged_share: share of the profile that no function could be named for.
        warning: one sentence where callers are lost, so that places may be charged too little; None where all is well.
    """

    directory: Path
    profile: Profile
    basis: Basis
    uncharged_share: float
    dry_run: bool
    created: tuple[DraftRow, ...]
    updated: tuple[DraftRow, ...]
    skipped: tuple[DraftRow, ...]
    goal: Goal | None = None
    warning: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        return {
            "schema": "hotspot.issues/1",
            "directory": str(self.directory),
            "created": [row.to_dict() for row in self.created],
            "updated": [row.to_dict() for row in self.updated],
            "skipped": [row.to_dict() for row in self.skipped],
            "dry_run": self.dry_run,
            "goal": self.goal.to_dict() if self.goal else None,
            "ownership": str(self.basis),
            "warning": self.warning,
            "profile": self.profile.to_dict(),
        }


def draft_issues(
    profile: Profile,
    config: Config,
    *,
    top: int = 5,
    goal: float | None = None,
    dry_run: bool = False,
    today: datetime.date | None = None,
) -> DraftResult:
    """Draft issues for the hottest places of a profile.

    Args:
        profile: in its selected value type.
        config: of the project; its root is where ``perf-issues`` lies.
        top: issues to draft or refresh; 0 for all places of at least `MIN_SHARE`.
        goal: instead of ``top``: the fewest issues whose expected impacts save this share of the profile; none where
            even the ceilings do not allow it.
        dry_run: decide and return everything, write nothing.
        today: the date that files get; the current one where None.

    Raises:
        IssuesLocked: another process is changing the files.
        OSError: the folder may not be written to.
    """
    charges = charge(profile, Ownership(config))
    subject = Subject(charges, config, evidence.shown_path(profile, config))
    store = IssueStore.of(config)
    with nullcontext() if dry_run else store.locked():
        run = _Drafting(subject, store, today or datetime.date.today(), dry_run)
        rows = list(run.rows(top)) if goal is None else list(run.rows(0, run.choose(goal)))
    return DraftResult(
        store.directory,
        profile,
        charges.basis,
        profile.share(charges.uncharged),
        dry_run,
        tuple(row for kind, row in rows if kind == "created"),
        tuple(row for kind, row in rows if kind == "updated"),
        tuple(row for kind, row in rows if kind == "skipped"),
        run.goal,
        subject.broken.warning,
    )


class _Drafting:
    """One pass over the places, hottest first."""

    def __init__(self, subject: Subject, store: IssueStore, today: datetime.date, dry_run: bool) -> None:
        self.subject = subject
        self.store = store
        self.today = today
        self.dry_run = dry_run
        self.contents = store.read()
        catalogue = load_catalogue(subject.config.root)
        self.measurer = Measurer(subject.charges, subject.config.root, catalogue, subject.noun)
        self.taken: set[str] = set()
        self.matched: set[Path] = set()
        self.goal: Goal | None = None

    def choose(self, wanted: float) -> frozenset[int]:
        """Return the ranks of the fewest places whose expected impacts reach a goal, and note how far they get.

        A place where no rule fits promises nothing: it counts for the ceiling alone. Closed issues count for neither.
        """
        places = [p for p in self.subject.charges.places() if p.share >= MIN_SHARE and not self._is_closed(p)]
        ceiling = sum(place.share for place in places)
        chosen: list[int] = []
        expected = 0.0
        if ceiling >= wanted:
            promised = [(f[0].impact.typical, p.rank) for p in places if (f := self.measurer.findings(p))]
            for saving, rank in sorted(promised, key=lambda pair: (-pair[0], pair[1])):
                if expected >= wanted:
                    break
                expected += saving
                chosen.append(rank)
        self.goal = Goal(wanted, expected, ceiling)
        return frozenset(chosen)

    def _is_closed(self, place: Place) -> bool:
        stored = _stored_issue(self.contents, place, set())
        return stored is not None and stored.issue.status in _CLOSED

    def rows(self, top: int, ranks: frozenset[int] | None = None) -> Iterator[tuple[str, DraftRow]]:
        drafted = 0
        for place in self.subject.charges.places():
            if top and drafted == top:
                break
            if ranks is not None:
                if place.rank in ranks:
                    yield self._draft(place)
                continue
            if place.share < MIN_SHARE:
                yield "skipped", self._too_small(place)
                break  # the rest is smaller still
            kind, row = self._draft(place)
            drafted += kind in ("created", "updated") or row.kept
            yield kind, row
        for broken in self.contents.unreadable:
            if broken.path not in self.matched:
                reason = f"not read, left alone: {broken.error}"
                yield (
                    "skipped",
                    DraftRow(broken.path.stem, broken.path, None, broken.fingerprint, reason=reason),
                )

    def _draft(self, place: Place) -> tuple[str, DraftRow]:
        prints = {fingerprint(place.function, place.file), fingerprint(place.function, None)}
        for broken in self.contents.unreadable:
            if broken.fingerprint in prints and broken.path not in self.matched:
                self.matched.add(broken.path)
                reason = f"its file cannot be read: {broken.error}"
                return "skipped", DraftRow(
                    broken.path.stem, broken.path, place, broken.fingerprint, reason=reason
                )
        stored = _stored_issue(self.contents, place, self.matched)
        if stored is None:
            return "created", self._create(place)
        self.matched.add(stored.path)
        closed = _CLOSED.get(stored.issue.status)
        if closed is not None:
            return "skipped", self._row(stored.path, place, stored.issue, reason=closed)
        weaker = _weaker(stored.issue, self.subject)
        if weaker is not None:
            row = self._row(stored.path, place, stored.issue, reason=weaker)
            return "skipped", replace(row, kept=True)
        measured = self.measurer.measure(place)
        place = _located(place, measured)
        updated = self._refreshed(stored.issue, place, measured)
        changed = updated.text != stored.issue.text
        if changed and not self.dry_run:
            self.store.save(stored.path, updated)
        return "updated", self._row(stored.path, place, updated, rule=_rule(measured), changed=changed)

    def _create(self, place: Place) -> DraftRow:
        measured = self.measurer.measure(place)
        place = _located(place, measured)
        issue = _drafted(self.subject, place, measured, self.today)
        path = self.store.free_path(wording.file_name(place), self.taken)
        if not self.dry_run:
            self.store.save(path, issue)
        return self._row(path, place, issue, rule=_rule(measured), changed=True)

    def _refreshed(self, issue: Issue, place: Place, measured: Measured) -> Issue:
        """Rewrite what a later draft may: the numbers, never what a person says about them."""
        subject, profile = self.subject, self.subject.profile
        section = issue.section(ANALYSIS)
        block = section.block("Evidence") if section else None
        kept = evidence.remarks(block.text) if block else ""
        lines = evidence.evidence(subject, place, measured)
        return (
            issue.with_field("PROFILE", evidence.profile_line(profile, subject.path))
            .with_line(ANALYSIS, "Runtime", evidence.runtime(profile))
            .with_line(ANALYSIS, "Hotspot Rank", str(place.rank))
            .with_line(ANALYSIS, "Time Contribution", evidence.contribution(subject, place))
            .with_body(ANALYSIS, "Evidence", body(lines).replace("\n", issue.newline) + kept)
        )

    def _row(
        self,
        path: Path,
        place: Place,
        issue: Issue,
        *,
        rule: str | None = None,
        changed: bool = False,
        reason: str | None = None,
    ) -> DraftRow:
        return DraftRow(
            path.stem, path, place, issue.field("FINGERPRINT"), issue.title, rule, changed, reason=reason
        )

    def _too_small(self, place: Place) -> DraftRow:
        reason = (
            f"it and all that follow have less than {human_share(MIN_SHARE)} of the profile each "
            f"({human_share(place.share)} or less)"
        )
        return DraftRow(None, None, place, place.fingerprint, reason=reason)


def _located(place: Place, measured: Measured) -> Place:
    """Return the place at the line that a rule found where the profile does not tell the function's own lines.

    What it tells there is the line of an inlined function, or where this one begins.
    """
    main = measured.findings[0] if measured.findings else None
    if main is None or not main.sites or any(site.share is not None for site in main.sites):
        return place
    return replace(place, line=main.sites[0].site.line)


def _weaker(issue: Issue, subject: Subject) -> str | None:
    """Why an issue keeps its numbers: they rest on far more samples, and this profile has few; else None."""
    before = evidence.samples_of(issue.field("PROFILE"))
    now = evidence.samples_of(evidence.profile_line(subject.profile, subject.path))
    if before is None or now is None or now >= min(before / 2, _ENOUGH_SAMPLES):
        return None
    return (
        f"keeps its numbers: they are of {before:,} samples, this profile has {now:,}; record at least "
        f"{math.ceil(min(before / 2, _ENOUGH_SAMPLES)):,} to refresh them"
    )


# From so many on, a newer profile is worth more than one with more samples: a place of 1% is known to about a third.
_ENOUGH_SAMPLES = 1000


def _rule(measured: Measured) -> str | None:
    return measured.findings[0].rule.id if measured.findings else None


_CLOSED = {
    Status.DROPPED: "dropped; `hotspot issues reopen` takes it up again",
    Status.VERIFIED: "verified; reopen it if it is hot again, its numbers are those it was verified with",
}


def _stored_issue(contents: Contents, place: Place, matched: set[Path]) -> StoredIssue | None:
    """Find the issue of a place that no hotter place has taken.

    The fingerprint with the file decides, then the one without: a file that was found later keeps the old
    fingerprint. Then those of the closures in it, which were issues of their own where nothing else of the function
    was seen by its name. A place whose file the profile does not tell is the only issue of that function, if it is one.
    """
    free = [stored for stored in contents.issues if stored.path not in matched]
    names = dict.fromkeys((place.function, *(canonical(spelling).name for spelling in place.spellings)))
    for wanted in dict.fromkeys(fingerprint(name, file) for name in names for file in (place.file, None)):
        for stored in free:
            if stored.issue.field("FINGERPRINT") == wanted:
                return stored
    if place.file is None:
        same = [s for s in free if s.issue.field("FINGERPRINT") == _with_its_file(s, place.function)]
        if len(same) == 1:
            return same[0]
    return None


def _with_its_file(stored: StoredIssue, function: str) -> str | None:
    file = stored.issue.location("File")
    return fingerprint(function, file) if file else None


def _drafted(subject: Subject, place: Place, measured: Measured, today: datetime.date) -> Issue:
    profile, path = subject.profile, subject.path
    return new_issue(
        NewIssue(
            title=wording.title(subject, place, measured),
            benchmark_file=path,
            today=today,
            profile=evidence.profile_line(profile, path),
            fingerprint=place.fingerprint,
            origin="profile",
            runtime=evidence.runtime(profile),
            rank=place.rank,
            contribution=evidence.contribution(subject, place),
            file=place.file or place.recorded_file or UNKNOWN,
            line=str(place.line or UNKNOWN),
            function=place.function,
            description=wording.description(subject, place, measured),
            root_cause=wording.root_cause(subject, place, measured),
            evidence=evidence.evidence(subject, place, measured),
            approach=wording.approach(measured),
            expected_impact=wording.expected_impact(subject, place, measured),
            risk=wording.risk(measured),
            complexity=wording.complexity(place, measured),
            validation=wording.validation(subject, measured),
            entry=f"Found while profiling {path}",
        )
    )
