"""A review as Markdown, for a pull request or a terminal."""

from __future__ import annotations

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
        f"Of {len(review.comparison.rows)} benchmarks, {len(improved)} got faster and {len(regressed)} slower."
        if review.comparison
        else "No benchmarks were given."
    )
    hot = (
        f"{len(review.hot)} changed files' functions are hot in the profile."
        if review.hot is not None
        else "No profile was given, so hot lines are not known."
    )
    return (
        f"{'Pass' if review.approved else 'Fail'}: {len(change.commits)} commits from {change.base[:10]} to {change.head[:10]} "
        f"add {lines} lines in {len(change.files)} files. {measured} {hot}"
    )


def _issues(review: Review) -> str:
    if not review.findings:
        return "None."
    return "\n".join(
        f"{i}. **[{f.severity}]** {markdown_text(clean(f.text))} -- {markdown_text(clean(f.place))} -- {markdown_text(clean(f.impact))}"
        for i, f in enumerate(review.findings, 1)
    )


def _benchmarks(review: Review) -> str:
    if review.comparison is None:
        return "None: give --before and --after, results of the base and of the head."
    rows = [markdown_row(("Benchmark", "Before", "After", "Change")), "|---|---:|---:|---:|"]
    for row in review.comparison.rows:
        low, high = ((end - 1) * 100 for end in (row.ratio.low, row.ratio.high))
        change = f"{(row.ratio.rho - 1) * 100:+.1f}% ({low:+.1f}% to {high:+.1f}%)"
        medians = (human_seconds(row.before.median), human_seconds(row.after.median))
        rows.append(markdown_row((clean(row.name), *medians, change)))
    return "\n".join(rows)


def _architecture(review: Review) -> str:
    if not review.rules:
        return "No rules: `[tool.hotspot.architecture] forbidden` lists them."
    return "\n".join(
        f"- [{' ' if broken else 'x'}] no import {markdown_text(str(rule))}" for rule, broken in review.rules
    )


def _hot_paths(review: Review) -> str:
    if review.hot is None:
        return "Not checked: give --profile."
    if not review.hot:
        return "No changed file holds a hot function."
    lines = [
        f"- {markdown_text(clean(hot.function))} ({markdown_text(clean(hot.file))}:{hot.first}-{hot.last}), {hot.share:.1%}"
        for hot in review.hot
    ]
    checks = [f"- [{' ' if hits else 'x'}] {markdown_text(clean(name))}" for name, hits in review.checked]
    return "\n".join([*lines, *checks])


def _verdict(review: Review) -> str:
    demanded = [finding for finding in review.findings if finding.demands]
    if not demanded:
        return "APPROVED"
    items = [f"- {markdown_text(clean(f.text))} ({markdown_text(clean(f.place))})" for f in demanded]
    return "\n".join(["CHANGES REQUESTED", "", *items])
