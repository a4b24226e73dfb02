"""``issues start``: records the "before", so that there is something to hold a change against."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hotspot.analysis.benchmarks import MIN_MEASUREMENTS
from hotspot.benchmarks.load import load_side
from hotspot.benchmarks.model import Results
from hotspot.benchmarks.run import measure
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.files import file_digest, within
from hotspot.git import head
from hotspot.profile import Profile
from hotspot.record.interleave import Side, Step
from hotspot.source.changes import has_commit, is_dirty
from hotspot.source.ownership import Ownership
from hotspot.state import State, write_json
from hotspot.units import human_duration
from hotspot.workflow.issues.issue_model import Issue, Status
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.commands import run_command
from hotspot.workflow.lifecycle.function_weight import function_weight
from hotspot.workflow.lifecycle.goal import Goal, goal_of
from hotspot.workflow.lifecycle.issue_profile import issue_profile
from hotspot.workflow.lifecycle.skeleton import Skeleton, skeleton_for
from hotspot.workflow.lifecycle.start_record import (
    Coverage,
    StartRecord,
    files_lying_about,
    folder_of,
    load_start,
    save_start,
    with_target,
)
from hotspot.workflow.lifecycle.steps import MOST_ATTEMPTS, moved, require, summary, take

_RESUMED = (Status.MARGINAL, Status.REGRESSION)


@dataclass(frozen=True)
class Before:
    """What ``start`` is given to record.

    Attributes:
        benchmark: files of benchmark results, read instead of running the configured command.
        target: name of the benchmark that decides.
        profile: of the benchmark, to see whether it runs the place.
        rounds: runs of the configured command.
        progress: told before each of them.
    """

    benchmark: Sequence[str] = ()
    target: str | None = None
    profile: Profile | None = None
    rounds: int = MIN_MEASUREMENTS
    progress: Callable[[Step], None] | None = None


@dataclass(frozen=True)
class Started:
    """What ``start`` did.

    Attributes:
        resumed: the "before" of the first attempt stands.
        skeleton: of a benchmark; None where one covers the place.
    """

    stored: StoredIssue
    record: StartRecord
    resumed: bool
    goal: Goal
    skeleton: Skeleton | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        record = self.record.to_dict()
        target = _target(self.record)
        return {
            "schema": "hotspot.issues.start/1",
            **summary(self.stored),
            "resumed": self.resumed,
            **{key: record[key] for key in ("recorded", "commit", "dirty", "profile", "benchmark_command")},
            "target": self.record.target,
            "before_seconds": target.median if target else None,
            "measurements": int(target.seconds.size) if target else None,
            "goal": {"ratio": self.goal.ratio, "stated": self.goal.stated, "words": self.goal.words},
            "coverage": record["coverage"],
            "tests": record["tests"],
            "skeleton": self.skeleton.to_dict() if self.skeleton else None,
        }


def start(name: str, config: Config, before: Before, *, force: bool, today: datetime.date) -> Started:
    """Begin an attempt.

    A further attempt at an issue is held against the state before the first one, so that what a failed attempt left
    behind does not count as a gain; naming a benchmark or a target records it anew.

    Args:
        name: as `IssueStore.find` reads it.
        config: of the project.
        before: what to record.
        force: begin a third attempt after two have failed.
        today: for the log.

    Raises:
        UsageError: no such issue, the step is not legal, or it is not told which benchmark decides.
        BenchmarkFailed: the configured command failed.
    """
    store = IssueStore.of(config)
    stored = store.load(store.find(name))
    _require(stored, force)
    record, resumed = _resumed(stored, config, before), True
    if record is None:
        record, resumed = _recorded(stored, config, before), False

    def change(stored: StoredIssue) -> Issue:
        _require(stored, force)
        save_start(stored, config, record)
        return moved(stored.issue, Status.IN_PROGRESS, today, _log_line(stored.issue, record, resumed))

    stored = take(store, name, "start", change)
    skeleton = None if record.coverage.covered else skeleton_for(stored.name, stored.issue, config)
    return Started(stored, record, resumed, goal_of(stored.issue), skeleton)


def _require(stored: StoredIssue, force: bool) -> None:
    require(stored, "start")
    failed = stored.issue.attempts
    if failed >= MOST_ATTEMPTS and not force:
        raise UsageError(
            f"{stored.name} has failed {failed} times",
            hint=f"read why (`hotspot issues show {stored.name}`), then start it with --force, or drop it",
        )


def _resumed(stored: StoredIssue, config: Config, before: Before) -> StartRecord | None:
    """The "before" of an earlier attempt, where it still stands."""
    if stored.issue.status not in _RESUMED or before.benchmark or before.target or before.profile:
        return None
    record = load_start(stored, config)
    if record is None or (record.commit and not has_commit(config.root, record.commit)):
        return None
    return record


def _recorded(stored: StoredIssue, config: Config, before: Before) -> StartRecord:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    checked_out = head(config.root)
    lay_about = files_lying_about(config.root)
    tests = run_command(config.test_command, config.root, "test_command") if config.test_command else None
    results = _results(stored, config, before)
    record = StartRecord(
        recorded=now,
        commit=checked_out.revision if checked_out else None,
        dirty=is_dirty(config.root) if checked_out else False,
        lay_about=lay_about,
        command=config.benchmark_command if results and not before.benchmark else (),
        target=None,
        results=results,
        profile=stored.issue.field("PROFILE"),
        coverage=_coverage(stored.issue, config, results, before.profile),
        tests=None if tests is None else "PASS" if tests.passed else "FAIL",
    )
    return with_target(record, before.target)


def _results(stored: StoredIssue, config: Config, before: Before) -> Results | None:
    if before.benchmark:
        given = load_side(before.benchmark)
        return replace(given, path=" ".join(str(within(config.root, path)) for path in before.benchmark))
    if not config.benchmark_command:
        if before.target:
            raise UsageError(
                "--target names a benchmark, and there is none",
                hint="give its results with --benchmark FILE, or set benchmark_command in hotspot.toml",
            )
        return None
    side = Side("before", config.benchmark_command, config.root)
    session = measure([side], rounds=before.rounds, progress=before.progress)
    results = session.results(0)
    folder = folder_of(stored, config)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "before.json"
    write_json(path, session.to_dict())
    return replace(results, path=str(path.relative_to(config.root)), sha256=file_digest(path))


def _coverage(issue: Issue, config: Config, results: Results | None, profile: Profile | None) -> Coverage:
    """Whether the benchmark runs the place: only a profile of the benchmark can tell."""
    if results is None:
        return Coverage(None, None, "no benchmark is known")
    profile = profile or _recorded_profile(issue, config)
    if profile is None:
        return Coverage(None, None, "there is no profile of the benchmark")
    weight = function_weight(profile, issue, Ownership(config))
    share = profile.share(weight.total_weight) if weight else 0.0
    return Coverage(share, profile.provenance.path or profile.label)


def _recorded_profile(issue: Issue, config: Config) -> Profile | None:
    """The issue's own profile, where hotspot recorded it and knows that it is one of the benchmark."""
    profile = issue_profile(issue, config).profile if config.benchmark_command else None
    if profile is None:
        return None
    records = State(config.state_directory).records_of(profile.provenance.sha256)
    return profile if any(tuple(r.command) == config.benchmark_command for r in records) else None


def _target(record: StartRecord) -> Any:
    return record.results.named(record.target) if record.results and record.target else None


def before_text(record: StartRecord) -> str:
    """Say in a few words what stands for the state before: ``12.4 ms (parse, 10 measurements)``."""
    target = _target(record)
    if target is None:
        return f"profile {record.profile}"
    count = int(target.seconds.size)
    return f"{human_duration(target.median * 1e9)} ({target.name}, {count} measurements)"


def commit_text(record: StartRecord) -> str:
    """Say at which commit the state before is, and whether it had uncommitted changes."""
    if record.commit is None:
        return "no commit"
    return f"commit {record.commit[:12]}{' with uncommitted changes' if record.dirty else ''}"


def _log_line(issue: Issue, record: StartRecord, resumed: bool) -> str:
    said = {"PASS": "; tests pass", "FAIL": "; tests FAIL"}.get(record.tests or "", "")
    tests = "" if resumed else said
    which = f"attempt {issue.attempts + 1} " if issue.attempts or resumed else ""
    still = "still " if resumed else ""
    return f"{which}started; before {still}is {commit_text(record)}, {before_text(record)}{tests}"
