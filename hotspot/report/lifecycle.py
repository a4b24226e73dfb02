"""Steps of an issue for people: what happened, in a few lines, and the command that follows."""

from __future__ import annotations

from hotspot.report.table import Cell, Report, clean, clean_sentence
from hotspot.units import human_share
from hotspot.workflow.issues.store import StoredIssue
from hotspot.workflow.lifecycle.commands import CommandRun
from hotspot.workflow.lifecycle.implementing import Implemented
from hotspot.workflow.lifecycle.start_record import Coverage
from hotspot.workflow.lifecycle.starting import Started, before_text, commit_text
from hotspot.workflow.lifecycle.steps import next_command
from hotspot.workflow.lifecycle.verifying import Verified

_TONES = {"CONFIRMED": "better", "REGRESSION": "worse"}

Part = str | Cell


def moved_report(stored: StoredIssue) -> Report:
    """Return where an issue stands now."""
    return Report((_headline(stored), *_next(stored)))


def started_report(started: Started) -> Report:
    """Return what was recorded, what is to be reached, and a benchmark to begin with where none covers the place."""
    stored, record = started.stored, started.record
    parts: list[Part] = [_headline(stored)]
    again = " (recorded at the first attempt)" if started.resumed else ""
    parts.append(
        f"before: {clean_sentence(commit_text(record))}, {clean_sentence(before_text(record))}{again}"
    )
    parts.append(f"goal: {clean_sentence(started.goal.words)}")
    if record.tests == "FAIL" and not started.resumed:
        parts.append(
            Cell("tests fail before the change: verify measures nothing until they pass", tone="worse")
        )
    if record.dirty and not started.resumed:
        parts.append(
            "uncommitted changes in the tree will count as part of the change: commit them first if they are not"
        )
    parts.append(_coverage_text(record.coverage))
    if started.skeleton is not None:
        skeleton = started.skeleton
        parts += ["", f"a benchmark to begin with ({skeleton.kind}), say as {clean(skeleton.path)}:", ""]
        parts += [f"    {line}" for line in skeleton.text.splitlines()]
        parts += ["", f"run: {clean_sentence(skeleton.run)}"]
    return Report((*parts, "", f"brief: hotspot issues brief {clean(stored.name)}", *_next(stored)))


def _coverage_text(coverage: Coverage) -> Part:
    share = f"{human_share(coverage.share)} of its profile" if coverage.share is not None else ""
    if coverage.covered:
        return f"the benchmark runs the place: {share} is in it"
    if coverage.covered is None:
        return f"whether a benchmark covers the place is not known: {coverage.why} (--profile FILE gives one)"
    least = human_share(Coverage.LEAST)
    return Cell(
        f"no benchmark covers the place: {share} is in it, {least} is the least that counts", tone="worse"
    )


def implemented_report(done: Implemented) -> Report:
    """Return the files, and what tests and lint said."""
    parts: list[Part] = [_headline(done.stored)]
    since = (
        f"since {done.since[:12]}"
        if done.since
        else "as named (git cannot tell what changed since the start)"
    )
    parts.append(f"{len(done.files)} file{'s' if len(done.files) != 1 else ''} modified {since}")
    parts += [f"  {clean(file.path)}: {clean_sentence(file.what)}" for file in done.files]
    if not done.files:
        parts.append(Cell("nothing was changed: is the change in this working tree?", tone="worse"))
    parts += _run_parts("tests", done.tests, "test_command")
    parts += _run_parts("lint", done.lint, "lint_command")
    return Report((*parts, *_next(done.stored)))


def _run_parts(what: str, run: CommandRun | None, key: str) -> list[Part]:
    if run is None:
        return [Cell(f"{what}: not run, {key} is not set", tone="quiet")]
    tail = [] if run.passed else [f"  {clean(line)}" for line in run.tail]
    return [Cell(f"{what}: {clean_sentence(run.sentence)}", tone=None if run.passed else "worse"), *tail]


def verified_report(verified: Verified) -> Report:
    """Return the verdict with its numbers."""
    report, stored = verified.report, verified.stored
    finding = report.finding
    parts: list[Part] = [_headline(stored)]
    parts += _run_parts("tests", report.tests, "test_command")
    if finding is not None:
        assert report.verdict is not None  # there is one where something was measured
        parts.append(
            Cell(
                f"{report.verdict}: {clean_sentence(finding.target)}: {finding.before} -> {finding.after}, "
                f"{finding.change_text}",
                tone=_TONES.get(report.verdict, "strong"),
            )
        )
        if finding.worse:
            names = ", ".join(clean(name) for name in finding.worse)
            parts.append(Cell(f"got slower: {names}", tone="worse"))
        if not finding.judgement.decisive:
            parts.append(f"not decided: {finding.settle}")
        meets = "met" if report.meets_expected else "not met"
        parts.append(f"goal {meets}: {clean_sentence(report.goal.words)}")
        if report.attribution is not None:
            parts.append(clean_sentence(report.attribution.headline))
        parts += [Cell(clean_sentence(note), tone="quiet") for note in finding.notes]
    return Report((*parts, *_next(stored)))


def _headline(stored: StoredIssue) -> Cell:
    return Cell(f"{clean(stored.name)} is {stored.issue.status}", tone="strong")


def _next(stored: StoredIssue) -> tuple[Part, ...]:
    return (f"next: {clean_sentence(next_command(stored))}",)
