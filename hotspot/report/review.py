"""A review as Markdown, for a pull request or a terminal."""

from __future__ import annotations

from hotspot.report.bench import change_text
from hotspot.report.table import clean
from hotspot.tabular import markdown_row, markdown_text
from hotspot.units import human_seconds
from hotspot.workflow.review.review import Review


def review_markdown(review: Review) -> str:
    """Return the review: summary, findings, benchmarks, architecture, hot paths, verdict."""
    parts = ["## Performance Review", "### Summary", _summary(review), "### Issues Found", _issues(review)]
    parts += ["### Benchmarks Run", _benchmarks(review), "### Architecture Compliance", _architecture(review)]
    parts += ["### Hot Paths", _hot_paths(review), "### Verdict", _verdict(review)]
    return "\n\n".join(parts) + "\n"


def _summary(review: Review) -> str:
    change = review.change
    lines = sum(len(file.added) for file in change.files)
    regressed = review.comparison.with_verdict("REGRESSION") if review.comparison else ()
    improved = review.comparison.with_verdict("VERIFIED") if review.comparison else ()
    measured = (
        f"Of {_count(len(review.comparison.rows), 'benchmark')}, {len(improved)} got faster and {len(regressed)} slower."
        if review.comparison
        else "No benchmark was run."
    )
    if review.ran is not None and review.ran.tests is not None:
        measured = f"The tests {'pass' if review.ran.tests.head.passed else 'fail'}. {measured}"
    hot = (
        f"{_count(len(review.hot), 'function')} of changed files {'is' if len(review.hot) == 1 else 'are'} hot in the profile."
        if review.hot is not None
        else "There is no profile, so hot lines are not known."
    )
    return (
        f"{'Pass' if review.approved else 'Fail'}: {_count(len(change.commits), 'commit')} from {change.base[:10]} to "
        f"{change.head[:10]}, {_count(lines, 'line')} added in {_count(len(change.files), 'file')}. {measured} {hot}"
    )


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _issues(review: Review) -> str:
    if not review.findings:
        return "None."
    return "\n".join(
        f"{i}. **[{f.severity}]** {markdown_text(clean(f.text))} -- {markdown_text(clean(f.place))} -- {markdown_text(clean(f.impact))}"
        for i, f in enumerate(review.findings, 1)
    )


def _benchmarks(review: Review) -> str:
    parts = []
    ran = review.ran
    if ran is not None and ran.tests is not None:
        parts.append(f"Tests: {markdown_text(clean(ran.tests.head.sentence))}")
    rows = _measured_rows(review) + _verified_rows(review)
    if rows:
        head = [markdown_row(("Benchmark", "Before", "After", "Change")), "|---|---:|---:|---:|"]
        parts.append("\n".join([*head, *rows]))
    if review.comparison is None:
        parts.append(_why_none(review))
    elif ran is not None:
        parts.append(f"{ran.rounds} runs of each revision, in turn.")
    return "\n\n".join(parts)


def _why_none(review: Review) -> str:
    if review.ran is None:
        return "No benchmark of this change was run: `--run` measures both revisions, `--before` and `--after` take results."
    if review.ran.tests is not None and not review.ran.tests.head.passed:
        return "No benchmark was run, for the tests fail."
    return "No benchmark was run, for no `benchmark_command` is configured."


def _measured_rows(review: Review) -> list[str]:
    rows = review.comparison.rows if review.comparison else ()
    return [
        markdown_row(
            (
                clean(row.name),
                human_seconds(row.before.median),
                human_seconds(row.after.median),
                change_text(row),
            )
        )
        for row in rows
    ]


def _verified_rows(review: Review) -> list[str]:
    """What `issues verify` measured of the issues that the commits name."""
    found = [(issue, issue.measured) for issue in review.issues if issue.measured is not None]
    return [
        markdown_row(
            tuple(
                clean(text)
                for text in (
                    f"{measured.benchmark} ({issue.path}, {issue.status})",
                    measured.before,
                    measured.after,
                    measured.change,
                )
            )
        )
        for issue, measured in found
    ]


def _architecture(review: Review) -> str:
    if not review.rules:
        return "No rules: `[tool.hotspot.architecture] forbidden` lists them."
    return "\n".join(
        f"- [{' ' if broken else 'x'}] no import {markdown_text(str(rule))}" for rule, broken in review.rules
    )


def _hot_paths(review: Review) -> str:
    if review.hot is None:
        return "Not checked: record the program (`hotspot record`) or give --profile."
    source = f"By {markdown_text(clean(review.profile or 'the profile'))}, on the lines that the change adds:"
    if not review.hot:
        return f"{source} no changed file holds a hot function."
    lines = [
        f"- {markdown_text(clean(hot.function))} ({markdown_text(clean(hot.file))}:{hot.first}-{hot.last}), {hot.share:.1%}"
        for hot in review.hot
    ]
    checks = [f"- [{' ' if hits else 'x'}] {markdown_text(clean(name))}" for name, hits in review.checked]
    checks.append(f"- [x] the other {review.silent_rules} rules of `hotspot rules`")
    return "\n".join([source, "", *lines, *checks])


def _verdict(review: Review) -> str:
    demanded = [finding for finding in review.findings if finding.demands]
    if not demanded:
        return "APPROVED"
    items = [f"- {markdown_text(clean(f.text))} ({markdown_text(clean(f.place))})" for f in demanded]
    return "\n".join(["CHANGES REQUESTED", "", *items])
