"""Boxes that the state ticks: before the work begins, for each optimisation, before the work ends.

A box is ticked because a file says so, and says which. What nothing on disk can tell is a person's to tick, in the document
that `hotspot status --write` keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from hotspot.benchmarks.baselines import Baseline
from hotspot.config import Config
from hotspot.git import run_git
from hotspot.workflow.documents.attempts import Attempt, attempts
from hotspot.workflow.documents.block import Document
from hotspot.workflow.documents.candidates import CandidateList
from hotspot.workflow.documents.claims import read_message
from hotspot.workflow.documents.future import is_future, newest_future
from hotspot.workflow.documents.research import FOLDER, notes_of
from hotspot.workflow.documents.worklog import is_finished
from hotspot.workflow.documents.worklog_entry import commit_of_issue
from hotspot.workflow.gate.kept import KeptGate
from hotspot.workflow.issues.issue_model import Status
from hotspot.workflow.issues.store import StoredIssue
from hotspot.workflow.lifecycle.brief_record import brief_printed
from hotspot.workflow.lifecycle.start_record import StartRecord
from hotspot.workflow.status.metrics import Metric

_SETTLED = (Status.VERIFIED, Status.DROPPED, Status.BLOCKED)
# What changes when only the papers do.
_PAPERS = (
    ":(exclude,top,glob)**/perf-issues/**",
    f":(exclude,top,glob)**/{FOLDER}/**",
    ":(exclude)PERFORMANCE.md",
)


@dataclass(frozen=True)
class Check:
    """A box.

    Attributes:
        text: what it asks.
        done: what the state says; None where nothing in the state could tell.
        because: what says so, or what would.
    """

    text: str
    done: bool | None
    because: str = ""


@dataclass(frozen=True)
class OptimisationChecks:
    """The boxes of one optimisation."""

    issue: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Known:
    """What the boxes are ticked from.

    Attributes:
        starts: what was recorded at the start of each issue, by name.
        worklog: the document, None where there is none.
        ticked: boxes that a person ticked in the document.
        head: the commit that is checked out; None outside git.
    """

    config: Config
    issues: Sequence[StoredIssue]
    starts: dict[str, StartRecord]
    listed: CandidateList | None
    baselines: Sequence[Baseline]
    gates: Sequence[KeptGate]
    metrics: Sequence[Metric]
    profile: str | None
    worklog: Document | None
    head: str | None
    ticked: Collection[str] = field(default_factory=frozenset)

    @property
    def finished(self) -> bool:
        """Whether the worklog has the summary of work that reached its criteria."""
        return self.worklog is not None and is_finished(self.worklog)


def before_starting(known: Known) -> tuple[Check, ...]:
    """Return the boxes before the work begins."""
    asked = [metric.name for metric in known.metrics]
    notes = [path.name for path in notes_of(known.config) if not is_future(path)]
    newest = known.baselines[-1] if known.baselines else None
    open_ = known.listed.open if known.listed else ()
    approved = [entry.name for entry in (known.listed.entries if known.listed else ()) if entry.approved]
    return (
        Check(
            "success criteria are set",
            bool(asked),
            ", ".join(asked) or "[criteria] and [budgets] in hotspot.toml",
        ),
        _tests_pass(known),
        Check(
            "a baseline is saved",
            newest is not None,
            f"{newest.label or newest.id}, {newest.created:%Y-%m-%d}"
            if newest
            else "hotspot bench baseline save RESULT",
        ),
        Check("a profile was read", known.profile is not None, known.profile or "hotspot record -- COMMAND"),
        Check(
            "research notes are written",
            bool(notes),
            f"{len(notes)} in {FOLDER}/, the last is {notes[-1]}" if notes else "hotspot issues note TOPIC",
        ),
        Check(
            "candidates are prioritised",
            known.listed is not None,
            f"{len(open_)} open in CANDIDATES.md" if known.listed else "hotspot issues plan",
        ),
        Check(
            "a candidate is approved",
            bool(approved),
            ", ".join(approved) or "hotspot issues plan --approve N",
        ),
    )


def each_optimisation(known: Known) -> tuple[OptimisationChecks, ...]:
    """Return the boxes of every issue that was started, those in hand first."""
    started = [s for s in known.issues if attempts(s.issue) or s.issue.status is Status.IN_PROGRESS]
    started.sort(key=lambda s: (s.issue.status in _SETTLED, s.name))
    return tuple(OptimisationChecks(stored.name, _of_issue(known, stored)) for stored in started)


def before_completing(known: Known) -> tuple[Check, ...]:
    """Return the boxes before the work ends."""
    open_ = [s.name for s in known.issues if s.issue.status not in _SETTLED]
    tried = [(s.name, attempts(s.issue)) for s in known.issues if s.issue.status is Status.VERIFIED]
    untested = [name for name, one in tried if not one or not one[-1].said("Tests").startswith("PASS")]
    finished = known.finished
    future = newest_future(known.config)
    told = "the owner was told"
    return (
        Check("every issue is settled", bool(known.issues) and not open_, ", ".join(open_)),
        _criteria_met(known),
        Check(
            "tests passed at each verification",
            bool(tried) and not untested,
            f"not at {', '.join(untested)}" if untested else f"{len(tried)} verified",
        ),
        Check(
            "the final summary is written", finished, "in WORKLOG.md" if finished else "hotspot issues finish"
        ),
        Check(
            "future work is written down",
            future is not None or finished,
            f"{FOLDER}/{future.name}"
            if future
            else "what is left open, in the summary"
            if finished
            else "hotspot issues finish",
        ),
        _by_person(known, told),
    )


def _tests_pass(known: Known) -> Check:
    """The last run of the tests that is on file."""
    text = "tests pass"
    runs = [(s.recorded[:10], f"start of {name}", s.tests) for name, s in known.starts.items() if s.tests]
    for stored in known.issues:
        for attempt in attempts(stored.issue):
            said = attempt.said("Tests").partition("\n")[0]
            if said in ("PASS", "FAIL"):
                runs.append((attempt.said("Date"), f"verification of {stored.name}", said))
    if not runs:
        set_ = bool(known.config.test_command)
        return Check(
            text, False, "no run is on file: `hotspot issues start` makes one" if set_ else "set test_command"
        )
    day, where, said = max(runs, key=lambda run: (run[0], run[2] == "FAIL"))
    return Check(text, said == "PASS", f"{said} on {day}, {where}")


def _of_issue(known: Known, stored: StoredIssue) -> tuple[Check, ...]:
    tried = attempts(stored.issue)
    last = tried[-1] if tried else None
    name, start = stored.name, known.starts.get(stored.name)
    printed = brief_printed(stored, known.config)
    in_log = (
        known.worklog is not None
        and last is not None
        and known.worklog.block(f"{name}-{last.number}") is not None
    )
    entry = known.listed.find(name) if known.listed else None
    listed = entry is not None and _status_in(entry.block.lines if entry.block else (), stored)
    return (
        Check(
            "full brief",
            printed is not None,
            f"printed {printed}" if printed else f"hotspot issues brief {name}",
        ),
        Check("tests", last is not None and last.said("Tests").startswith("PASS"), _first(last, "Tests")),
        Check("repeated benchmarks", _repeated(last), _measured(last)),
        _by_person(known, f"{name}: re-run by someone else"),
        _numbers_in_commit(known, stored, start),
        Check("worklog updated", in_log, "in WORKLOG.md" if in_log else "hotspot issues worklog"),
        Check("list updated", listed, "in CANDIDATES.md" if listed else "hotspot issues plan"),
    )


def _status_in(lines: Sequence[str], stored: StoredIssue) -> bool:
    """Whether the candidate list has the issue as it stands now."""
    return any(line.startswith("- **Issue:**") and f", {stored.issue.status}," in line for line in lines)


def _first(attempt: Attempt | None, label: str) -> str:
    return attempt.said(label).partition("\n")[0] if attempt is not None else "hotspot issues verify"


def _repeated(attempt: Attempt | None) -> bool:
    """Both sides were measured more than once: what is told is a median, or several profiles."""
    measured = attempt.measured if attempt is not None else None
    return measured is not None and all("(" in side for side in (measured.before, measured.after))


def _measured(attempt: Attempt | None) -> str:
    measured = attempt.measured if attempt is not None else None
    return f"{measured.before} -> {measured.after}" if measured is not None else "hotspot issues verify"


def _numbers_in_commit(known: Known, stored: StoredIssue, start: StartRecord | None) -> Check:
    text = "numbers in the commit"
    commit = commit_of_issue(known.config, stored, start)
    if commit is None and stored.issue.status in (Status.REGRESSION, Status.MARGINAL):
        return Check(text, False, f"none is to be kept as it is: hotspot issues lessons {stored.name}")
    if commit is None:
        return Check(text, False, f"no commit names it: hotspot issues commit-message {stored.name}")
    message = read_message(run_git(known.config.root, "log", "-1", "--format=%B", commit[0], "--").stdout)
    return Check(text, bool(message.figures), commit[1] if message.figures else f"no figures in {commit[1]}")


def _criteria_met(known: Known) -> Check:
    text = "criteria are met"
    if not known.metrics:
        return Check(text, False, "none are set")
    missing = [metric.name for metric in known.metrics if metric.status != "met"]
    if missing:
        return Check(text, False, f"not met or not measured: {', '.join(missing)}")
    newest = known.gates[-1]
    if newest.verdict != "passed":
        return Check(text, False, f"the gate's last answer is: {newest.verdict}")
    if newest.revision is not None and not newest.dirty and _code_differs(known, newest.revision):
        return Check(text, False, f"the code has changed since {newest.of} was judged")
    return Check(text, True, f"{newest.when:%Y-%m-%d}, {newest.of}")


def _code_differs(known: Known, revision: str) -> bool:
    if known.head is None or known.head == revision:
        return False
    done = run_git(known.config.root, "diff", "--quiet", revision, known.head, "--", ":/", *_PAPERS)
    return done.returncode == 1


def _by_person(known: Known, text: str) -> Check:
    if text in known.ticked:
        return Check(text, True, "ticked by a person")
    return Check(text, None, "a person's to tick")
