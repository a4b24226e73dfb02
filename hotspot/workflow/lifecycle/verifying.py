"""``issues verify``: tests, then measurements, then a verdict that is written down with all it rests on."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hotspot.benchmarks.baselines import Baseline, find_baseline
from hotspot.benchmarks.run import ROUNDS
from hotspot.config import Config
from hotspot.errors import TooFewSamples, UsageError
from hotspot.files import file_digest, within
from hotspot.record.interleave import Step
from hotspot.source.ownership import Ownership
from hotspot.workflow.issues.issue_model import VERIFICATION, Issue, Status
from hotspot.workflow.issues.issue_text import with_try
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.attribution import Attribution, attribute
from hotspot.workflow.lifecycle.commands import CommandRun, run_command
from hotspot.workflow.lifecycle.goal import Goal, goal_of
from hotspot.workflow.lifecycle.judging import Finding, judge_benchmarks, judge_profiles
from hotspot.workflow.lifecycle.measuring import Supplied, check_rerun, read_supplied, rerun
from hotspot.workflow.lifecycle.start_record import StartRecord, folder_of, load_start
from hotspot.workflow.lifecycle.steps import moved, require, summary, take
from hotspot.workflow.lifecycle.verification_text import Report, verification_blocks


@dataclass(frozen=True)
class Measure:
    """What ``verify`` is to measure.

    Attributes:
        before: files of benchmark results or profiles; none of either side: the benchmark is run again.
        after: the same for the other side.
        target: name of the benchmark that decides; the one that `start` stored where None.
        rounds: runs of each side, where the benchmark is run again.
        say: told what is being done.
        progress: told before each run.
    """

    before: Sequence[str] = ()
    after: Sequence[str] = ()
    target: str | None = None
    rounds: int = ROUNDS
    say: Callable[[str], None] | None = None
    progress: Callable[[Step], None] | None = None


@dataclass(frozen=True)
class Verified:
    """How a verification ended; ``report.finding`` is None where tests failed."""

    stored: StoredIssue
    report: Report

    @property
    def failed(self) -> bool:
        """Whether the check failed: a regression, or failing tests."""
        tests = self.report.tests
        return self.stored.issue.status is Status.REGRESSION or (tests is not None and not tests.passed)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        report = self.report
        return {
            "schema": "hotspot.issues.verify/1",
            **summary(self.stored),
            "verdict": report.verdict,
            "tests": report.tests.to_dict() if report.tests else None,
            "measured_by": report.measured_by if report.finding else None,
            "finding": report.finding.to_dict() if report.finding else None,
            "expected": {
                "ratio": report.goal.ratio,
                "stated": report.goal.stated,
                "words": report.goal.words,
            },
            "meets_expected": report.meets_expected,
            "attribution": report.attribution.to_dict() if report.attribution else None,
        }


def verify(name: str, config: Config, measure: Measure, *, today: datetime.date) -> Verified:
    """Verify an implementation.

    The issue is VERIFYING while this runs, without the lock. A kill, a benchmark that fails and too little data leave it
    there, and no attempt is used.

    Args:
        name: as `IssueStore.find` reads it.
        config: of the project.
        measure: what to measure.
        today: for the section and the log.

    Raises:
        UsageError: no such issue, the step is not legal, it is not told which benchmark decides, or another command
            changed the issue meanwhile.
        TooFewSamples: there is too little data to judge.
        HotspotError: a file cannot be read, a command cannot be run.
    """
    store = IssueStore.of(config)
    stored = store.load(store.find(name))
    require(stored, "verify")
    record = load_start(stored, config)
    origin = _origin(stored.issue, config)
    supplied = None
    if measure.before or measure.after:
        stands_for = origin.results if origin else record.results if record else None
        supplied = read_supplied(measure.before, measure.after, stands_for)
    else:
        check_rerun(config, _commit(origin, record), measure.rounds)
    how = "from files" if supplied else "both sides run in turn"

    def begin(stored: StoredIssue) -> Issue:
        return moved(stored.issue, Status.VERIFYING, today, f"verification began, {how}")

    stored = take(store, name, "verify", begin)
    tests = run_command(config.test_command, config.root, "test_command") if config.test_command else None
    work = _Work(stored, config, measure, record, origin, supplied, tests)
    if tests is not None and not tests.passed:
        report = work.report(None, None, "supplied", ())
        what = f"tests fail: {tests.sentence}"
        return _finish(store, work, report, Status.IMPLEMENTED, what, today)
    try:
        report = work.measured()
    except TooFewSamples as error:
        _note(store, work, f"too little data, no attempt used: {error}", today)
        raise
    finding = report.finding
    assert finding is not None  # only failing tests leave none
    return _finish(store, work, report, Status(finding.judgement.verdict), _outcome(finding), today)


@dataclass(frozen=True)
class _Work:
    """One verification on its way."""

    stored: StoredIssue
    config: Config
    measure: Measure
    record: StartRecord | None
    origin: Baseline | None
    supplied: Supplied | None
    tests: CommandRun | None

    def report(
        self,
        finding: Finding | None,
        attribution: Attribution | None,
        measured_by: str,
        commands: tuple[str, ...],
    ) -> Report:
        goal: Goal = goal_of(self.stored.issue)
        if self.tests is not None:
            commands = (f"tests: {shlex.join(self.tests.command)}", *commands)
        return Report(self.tests, measured_by, finding, goal, attribution, commands, self.from_regression)

    @property
    def from_regression(self) -> bool:
        return self.stored.issue.field("ORIGIN").lower().startswith("regression")

    @property
    def target(self) -> str | None:
        return self.measure.target or (self.record.target if self.record else None)

    def measured(self) -> Report:
        return self._from_files(self.supplied) if self.supplied else self._again()

    def _from_files(self, supplied: Supplied) -> Report:
        comparison, profiles = supplied.comparison(), supplied.profile_diff(self.config)
        if comparison is not None:
            finding = judge_benchmarks(comparison, self.target, regression=self.from_regression)
        else:
            assert profiles is not None  # read_supplied refuses where there is neither
            finding = judge_profiles(profiles, regression=self.from_regression)
        attribution = attribute(profiles, self.stored.issue, Ownership(self.config)) if profiles else None
        commands = tuple(
            f"{within(self.config.root, path)} (sha256 {digest or 'unknown'})"
            for path, digest in supplied.sources
        )
        return self.report(finding, attribution, "supplied", commands)

    def _again(self) -> Report:
        commit = check_rerun(self.config, _commit(self.origin, self.record), self.measure.rounds)
        folder = folder_of(self.stored, self.config)
        number = len(list(folder.glob("verify-*.json"))) + 1
        data = folder / f"verify-{number}.json"
        run = rerun(self.config, commit, self.measure.rounds, data, self.measure.say, self.measure.progress)
        finding = judge_benchmarks(run.comparison, self.target, regression=self.from_regression)
        finding = replace(finding, sizes=run.sizes)
        commands = (
            f"benchmark: {shlex.join(self.config.benchmark_command)}, {run.rounds} runs a side in turn: commit "
            f"{commit[:12]} and the working tree",
            f"every run: {within(self.config.root, data)} (sha256 {file_digest(data)})",
        )
        return self.report(finding, None, "re-run", commands)


def _origin(issue: Issue, config: Config) -> Baseline | None:
    """The baseline that an issue born from a regression is held against, where it is still there."""
    kind, _, baseline_id = issue.field("ORIGIN").partition(" ")
    if kind.lower() != "regression" or not baseline_id.strip():
        return None
    try:
        return find_baseline(config, baseline_id.strip())
    except UsageError:
        return None


def _commit(origin: Baseline | None, record: StartRecord | None) -> str | None:
    """The commit that is the side before: the baseline's where it is one, else the one at the start."""
    if origin is not None and origin.revision and not origin.dirty:
        return origin.revision
    return record.commit if record else None


def _finish(
    store: IssueStore, work: _Work, report: Report, status: Status, what: str, today: datetime.date
) -> Verified:
    """Write the section and the status, unless the issue has moved on meanwhile."""
    failed = status is Status.REGRESSION or (
        status is Status.MARGINAL and report.finding is not None and report.finding.judgement.decisive
    )

    def change(stored: StoredIssue) -> Issue:
        _require_verifying(stored)
        issue = with_try(stored.issue, VERIFICATION, verification_blocks(report, work.stored.issue, today))
        if failed:
            issue = issue.with_field("ATTEMPTS", str(issue.attempts + 1))
        return moved(issue, status, today, what)

    return Verified(take(store, work.stored.name, "verify", change), report)


def _note(store: IssueStore, work: _Work, what: str, today: datetime.date) -> None:
    def change(stored: StoredIssue) -> Issue:
        _require_verifying(stored)
        return moved(stored.issue, Status.VERIFYING, today, what)

    take(store, work.stored.name, "verify", change)


def _require_verifying(stored: StoredIssue) -> None:
    if stored.issue.status is not Status.VERIFYING:
        raise UsageError(
            f"{stored.name} became {stored.issue.status} while this was measured: nothing of it is written",
            hint="another command was faster; see its progress log",
        )


def _outcome(finding: Finding) -> str:
    """What the log says: numbers first."""
    numbers = f"{finding.target}: {finding.before} -> {finding.after}, {finding.change_text}"
    if finding.worse:
        return f"{', '.join(finding.worse)} got slower; {numbers}"
    if not finding.judgement.decisive:
        return f"inconclusive; {numbers}"
    return numbers
