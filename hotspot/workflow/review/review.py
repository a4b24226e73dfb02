"""The review of a change: tests, benchmarks, architecture, hot lines and what its commits claim, and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hotspot.advice.loader import load_catalogue
from hotspot.benchmarks.compare import Comparison, compare_results
from hotspot.benchmarks.model import Results
from hotspot.config import Config
from hotspot.profile import Profile
from hotspot.units import human_seconds
from hotspot.workflow.documents.commit_message import issue_names
from hotspot.workflow.review.architecture import Forbidden, Violation, forbidden_imports, violations
from hotspot.workflow.review.changes import Change, read_change
from hotspot.workflow.review.claims import claims_not_borne_out, commit_findings, issue_findings
from hotspot.workflow.review.findings import SEVERITIES, Finding
from hotspot.workflow.review.hot import HotRange, hot_ranges, pattern_hits, patterns_of, rule_hits
from hotspot.workflow.review.running import Ran, Tests
from hotspot.workflow.review.verified import NamedIssue, named_issues


@dataclass(frozen=True, eq=False)
class Review:
    """A review.

    Attributes:
        rules: forbidden imports that were looked for, each with what breaks it.
        ran: what was run for this review; None where nothing was.
        comparison: of the benchmarks, None where there were none.
        issues: that the commits name.
        profile: path of the one that tells what is hot; None without one.
        hot: functions of changed files that the profile calls hot; None without a profile.
        checked: the patterns, and the rules with hits, that were looked for on hot lines, each with its number of hits.
        silent_rules: how many rules were looked for there and found nothing.
    """

    change: Change
    findings: tuple[Finding, ...]
    rules: tuple[tuple[Forbidden, tuple[Violation, ...]], ...]
    ran: Ran | None
    comparison: Comparison | None
    issues: tuple[NamedIssue, ...]
    profile: str | None
    hot: tuple[HotRange, ...] | None
    checked: tuple[tuple[str, int], ...]
    silent_rules: int

    @property
    def approved(self) -> bool:
        """Whether nothing was found that must change first."""
        return not any(finding.demands for finding in self.findings)

    @property
    def verdict(self) -> str:
        """``APPROVED`` or ``CHANGES REQUESTED``."""
        return "APPROVED" if self.approved else "CHANGES REQUESTED"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "schema": "hotspot.review/1",
            "base": self.change.base,
            "head": self.change.head,
            "verdict": self.verdict,
            "findings": [finding.to_dict() for finding in self.findings],
            "tests": self.ran.tests.to_dict() if self.ran and self.ran.tests else None,
            "benchmarks": self.comparison.to_dict() if self.comparison else None,
            "issues": [issue.to_dict() for issue in self.issues],
            "architecture": [{"rule": str(rule), "violations": len(broken)} for rule, broken in self.rules],
            "profile": self.profile,
            "hot": None if self.hot is None else [dict(vars(hot)) for hot in self.hot],
            "checked": [{"name": name, "hits": hits} for name, hits in self.checked],
        }


def review(
    config: Config,
    base: str,
    head: str,
    *,
    profile: Profile | None = None,
    before: Results | None = None,
    after: Results | None = None,
    run: Callable[[Change], Ran] | None = None,
) -> Review:
    """Review what a head adds to a base.

    Args:
        config: of the project.
        base: a revision.
        head: another.
        profile: tells which lines are hot; without one no line is checked.
        before: benchmark results of the base.
        after: of the head.
        run: runs tests and benchmarks of both ends, see `run_both`; its results are taken instead of before and after.

    Raises:
        UsageError: a revision is not known, or the configuration is wrong.
        HotspotError: something that was to be run cannot be.
    """
    change = read_change(config.root, base, head)
    rules = tuple(
        (rule, tuple(v for file in change.files for v in violations([rule], file.path, file.source)))
        for rule in forbidden_imports(config.architecture)
    )
    hot = hot_ranges(config, profile, change.files) if profile is not None else None
    on_hot, checked, silent = _hot_findings(config, change, hot or ())
    names = tuple(issue_names(config))
    issues = named_issues(config, (name for c in change.commits for name in c.message.issues(names)))
    ran = run(change) if run is not None else None
    if ran is not None and ran.benchmarks is not None:
        before, after = ran.benchmarks
    comparison = compare_results(before, after) if before is not None and after is not None else None
    findings = [
        *(_test_findings(ran.tests, change) if ran is not None and ran.tests is not None else ()),
        *_benchmark_findings(comparison),
        *(_forbidden(violation) for _, broken in rules for violation in broken),
        *commit_findings(change, names),
        *(claims_not_borne_out(change, comparison) if comparison is not None else ()),
        *(finding for issue in issues for finding in issue_findings(issue)),
        *on_hot,
    ]
    findings.sort(key=lambda f: SEVERITIES.index(f.severity))
    path = profile.provenance.path if profile is not None else None
    return Review(change, tuple(findings), rules, ran, comparison, issues, path, hot, checked, silent)


def _test_findings(tests: Tests, change: Change) -> list[Finding]:
    if tests.head.passed:
        return []
    mine = tests.base is None or tests.base.passed
    at_base = "they pass at the base" if mine else "they fail at the base too"
    place = f"head {change.head[:10]}"
    impact = f"{tests.head.sentence}; {at_base}"
    return [Finding("CRITICAL" if mine else "WARNING", "the tests fail", place, impact, demands=True)]


def _benchmark_findings(comparison: Comparison | None) -> list[Finding]:
    if comparison is None:
        return []
    return [
        Finding(
            "CRITICAL",
            f"{row.name} got slower",
            row.name,
            f"{human_seconds(row.before.median)} to {human_seconds(row.after.median)}, {(row.ratio.rho - 1) * 100:+.1f}%",
            demands=True,
        )
        for row in comparison.with_verdict("REGRESSION")
    ]


def _forbidden(violation: Violation) -> Finding:
    return Finding(
        "CRITICAL",
        f"imports {violation.text}, which {violation.rule} forbids",
        f"{violation.file}:{violation.line}",
        "not a matter of time",
        demands=True,
    )


def _hot_findings(
    config: Config, change: Change, hot: Sequence[HotRange]
) -> tuple[list[Finding], tuple[tuple[str, int], ...], int]:
    rules = list(load_catalogue(config.root).rules.values())
    patterns = patterns_of(config.review)
    findings = []
    hits = {f"{pattern.regex.pattern} ({pattern.reason})": 0 for pattern in patterns}
    for pattern, hit in pattern_hits(hot, change.files, patterns):
        hits[f"{pattern.regex.pattern} ({pattern.reason})"] += 1
        text = f"{hit.text}: {pattern.reason}"
        findings.append(Finding("WARNING", text, f"{hit.file}:{hit.line}", hit.impact, demands=True))
    for rule, hit in rule_hits(hot, change.files, rules):
        hits[rule.id] = hits.get(rule.id, 0) + 1
        text = f"{rule.title}: {hit.text} [{rule.id}]"
        findings.append(Finding("INFO", text, f"{hit.file}:{hit.line}", hit.impact, demands=False))
    return findings, tuple(hits.items()), len(rules) - sum(rule.id in hits for rule in rules)
