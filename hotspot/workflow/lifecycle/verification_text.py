"""The VERIFICATION section: every label of it, with the numbers behind it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from hotspot.analysis.benchmarks import THRESHOLD
from hotspot.units import human_bytes, human_seconds, human_share
from hotspot.workflow.issues.issue_model import IMPLEMENTATION, UNKNOWN, Issue
from hotspot.workflow.issues.issue_text import bullet, one_line, paragraph
from hotspot.workflow.lifecycle.attribution import Attribution
from hotspot.workflow.lifecycle.commands import CommandRun
from hotspot.workflow.lifecycle.goal import Goal
from hotspot.workflow.lifecycle.judging import FileSize, Finding
from hotspot.workflow.lifecycle.steps import DECISIVE, INCONCLUSIVE

_VERDICTS = {"VERIFIED": "CONFIRMED", "MARGINAL": "INSUFFICIENT", "REGRESSION": "REGRESSION"}


@dataclass(frozen=True)
class Report:
    """What a verification found.

    Attributes:
        tests: None where no command is configured.
        measured_by: ``re-run`` or ``supplied``.
        finding: None where tests failed and nothing was measured.
        goal: what Expected Impact promises.
        attribution: None where there are no profiles of both sides.
        commands: what ran and what was read, to repeat it.
        from_regression: the issue was born from a regression.
    """

    tests: CommandRun | None
    measured_by: str
    finding: Finding | None
    goal: Goal
    attribution: Attribution | None
    commands: tuple[str, ...]
    from_regression: bool

    @property
    def verdict(self) -> str | None:
        """``CONFIRMED``, ``INSUFFICIENT`` or ``REGRESSION``; None where nothing was measured."""
        return _VERDICTS[self.finding.judgement.verdict] if self.finding else None

    @property
    def meets_expected(self) -> bool | None:
        """Whether the change is as large as was expected; None where nothing was measured."""
        if self.finding is None:
            return None
        if self.from_regression or not self.goal.stated:
            return self.finding.judgement.verdict == "VERIFIED"
        return self.finding.judgement.verdict != "REGRESSION" and self.finding.ratio.rho <= self.goal.ratio


def verification_blocks(
    report: Report, issue: Issue, today: datetime.date
) -> tuple[tuple[str, str, str], ...]:
    """Return label, value and text below it, for every label of the section.

    Args:
        report: what was found.
        issue: as it stood while it was measured.
        today: date of the section.
    """
    finding, tests = report.finding, report.tests
    meets = report.meets_expected
    return (
        ("Date", today.isoformat(), ""),
        ("Tests", UNKNOWN if tests is None else "PASS" if tests.passed else "FAIL", _tests(tests)),
        ("Measured By", report.measured_by if finding else UNKNOWN, ""),
        ("Benchmark Results", "", _results(finding)),
        ("Meets Expected Impact", UNKNOWN if meets is None else "YES" if meets else "NO", _expected(report)),
        ("Attribution", "", _attribution(report, issue)),
        ("Commands", "", "".join(f"- {one_line(command, 500)}\n" for command in report.commands) or "none"),
        ("Side Effects", "", _side_effects(finding)),
        ("Verdict", report.verdict or UNKNOWN, _verdict(finding)),
    )


def _tests(tests: CommandRun | None) -> str:
    if tests is None:
        return "not run: test_command is not set"
    lines = [one_line(tests.sentence, 300)]
    if not tests.passed:
        lines += [f"  {line}" for line in tests.tail]
    return "\n".join(lines)


def _results(finding: Finding | None) -> str:
    if finding is None:
        return "not measured: a program whose tests fail is not worth a number\n"
    lines = [
        f"Target: {one_line(finding.target)}",
        f"Before: {finding.before}",
        f"After: {finding.after}",
        f"Change: {finding.change_text}",
    ]
    notes = [bullet(one_line(note, 1000)) for note in finding.notes]
    return "\n".join(lines) + "\n" + "".join(notes)


def _expected(report: Report) -> str:
    expected = (
        f"back within {human_share(THRESHOLD)} of the baseline"
        if report.from_regression
        else report.goal.words
    )
    actual = report.finding.change_text if report.finding else UNKNOWN
    return f"Expected: {expected}\nActual: {actual}\n"


def _attribution(report: Report, issue: Issue) -> str:
    if report.attribution is not None:
        return paragraph(report.attribution.headline) + report.attribution.details
    return paragraph(
        f"{UNKNOWN}: benchmarks do not tell which function got faster. {_touched(issue)} Profiles of both sides tell: "
        "give them with --before and --after, beside benchmark results or alone."
    )


def _touched(issue: Issue) -> str:
    """Whether the last implementation changed the file of the place: the least that can be said."""
    file, tried = issue.location("File"), issue.tries(IMPLEMENTATION)
    block = tried[-1].block("Files Modified") if tried else None
    if file is None or block is None:
        return ""
    touched = any(line.startswith(f"- {file}:") for line in block.value.split("\n"))
    return f"The change {'touches' if touched else 'does not touch'} {one_line(file)}, the file of the place."


def _side_effects(finding: Finding | None) -> str:
    if finding is None:
        return f"- Peak memory: {UNKNOWN}\n- Other benchmarks: {UNKNOWN}\n"
    out = [bullet(f"Peak memory: {_memory(finding)}")]
    out += [bullet(f"Size of {one_line(size.path)}: {_size(size)}") for size in finding.sizes]
    if not finding.others:
        out.append(bullet("Other benchmarks: none were measured"))
    for row in finding.others:
        sides = f"{human_seconds(row.before.median)} before, {human_seconds(row.after.median)} after"
        if row.judgement is None:
            judged = "too few measurements to judge"
        else:
            interval = f"95% interval {row.ratio.low - 1:+.1%} to {row.ratio.high - 1:+.1%}"
            judged = f"{interval}: {_IN_WORDS[row.judgement.verdict, row.judgement.decisive]}"
        out.append(bullet(f"Benchmark {one_line(row.name)}: {sides} ({row.ratio.rho - 1:+.1%}; {judged})"))
    return "".join(out)


_IN_WORDS = {
    ("VERIFIED", True): "faster",
    ("MARGINAL", True): "unchanged",
    ("MARGINAL", False): "not decided",
    ("REGRESSION", True): "slower",
}


def _memory(finding: Finding) -> str:
    if finding.peak_bytes is None:
        return f"{UNKNOWN}; the measurements do not hold it"
    return _grown(*finding.peak_bytes)


def _size(size: FileSize) -> str:
    if size.before is None or size.after is None:
        return f"{UNKNOWN}; it is not there {'before' if size.before is None else 'after'}"
    return _grown(size.before, size.after)


def _grown(before: int, after: int) -> str:
    change = after / before - 1 if before else 0.0
    more = f"; more than {human_share(THRESHOLD)} worse" if change > THRESHOLD else ""
    return f"{human_bytes(before)} before, {human_bytes(after)} after ({change:+.1%}{more})"


def _verdict(finding: Finding | None) -> str:
    if finding is None:
        return "mend the tests, then verify again\n"
    judgement = finding.judgement
    if finding.worse:
        return paragraph(
            f"{', '.join(one_line(name) for name in finding.worse)} got slower, which counts for more."
        )
    if judgement.verdict == "VERIFIED" or judgement.verdict == "REGRESSION":
        return ""
    if judgement.decisive:
        within = f"the interval lies within {human_share(THRESHOLD)} of no change"
        return paragraph(f"{DECISIVE}: {within}; this is no improvement that counts.")
    return paragraph(f"{INCONCLUSIVE}: it may be one or not. {(finding.settle or '').capitalize()}.")
