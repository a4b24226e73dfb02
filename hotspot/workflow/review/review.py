"""The review of a change: benchmarks, architecture, hot lines and what its commits claim, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hotspot.advice.loader import load_catalogue
from hotspot.benchmarks.compare import Comparison, compare_results
from hotspot.benchmarks.model import Results
from hotspot.config import Config
from hotspot.profile import Profile
from hotspot.units import human_seconds
from hotspot.workflow.documents.claims import problems
from hotspot.workflow.documents.commit_message import issue_names
from hotspot.workflow.review.architecture import Forbidden, Violation, forbidden_imports, violations
from hotspot.workflow.review.changes import Change, read_change
from hotspot.workflow.review.hot import HotRange, hot_ranges, pattern_hits, patterns_of, rule_hits

Severity = Literal["CRITICAL", "WARNING", "INFO"]
_SEVERITIES: tuple[Severity, ...] = ("CRITICAL", "WARNING", "INFO")


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        place: ``file:line``, a commit or a benchmark.
        impact: what was measured, or that nothing was.
        demands: whether the change must not go in as it is.
    """

    severity: Severity
    text: str
    place: str
    impact: str
    demands: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Review:
    """A review.

    Attributes:
        rules: forbidden imports that were looked for, each with what breaks it.
        comparison: of the benchmarks, None where there were none.
        hot: functions of changed files that the profile calls hot; None without a profile.
        checked: the rules and patterns that were looked for on hot lines, by name, with their number of hits.
    """

    change: Change
    findings: tuple[Finding, ...]
    rules: tuple[tuple[Forbidden, tuple[Violation, ...]], ...]
    comparison: Comparison | None
    hot: tuple[HotRange, ...] | None
    checked: tuple[tuple[str, int], ...]

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
            "benchmarks": self.comparison.to_dict() if self.comparison else None,
            "architecture": [{"rule": str(rule), "violations": len(broken)} for rule, broken in self.rules],
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
) -> Review:
    """Review what a head adds to a base.

    Args:
        config: of the project.
        base: a revision.
        head: another.
        profile: tells which lines are hot; without one no line is checked.
        before: benchmark results of the base.
        after: of the head.

    Raises:
        UsageError: a revision is not known, or the configuration is wrong.
    """
    change = read_change(config.root, base, head)
    rules = tuple(
        (rule, tuple(v for file in change.files for v in violations([rule], file.path, file.source)))
        for rule in forbidden_imports(config.architecture)
    )
    comparison = compare_results(before, after) if before is not None and after is not None else None
    hot = hot_ranges(config, profile, change.files) if profile is not None else None
    on_hot, checked = _hot_findings(config, change, hot or ())
    findings = [
        *_benchmark_findings(comparison),
        *(_forbidden(violation) for _, broken in rules for violation in broken),
        *_commit_findings(config, change),
        *on_hot,
    ]
    findings.sort(key=lambda f: _SEVERITIES.index(f.severity))
    return Review(change, tuple(findings), rules, comparison, hot, checked)


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


def _commit_findings(config: Config, change: Change) -> list[Finding]:
    names = list(issue_names(config))
    return [
        Finding(
            "WARNING",
            problem,
            f"commit {commit.short} ({commit.message.subject})",
            "not measured",
            demands=True,
        )
        for commit in change.commits
        for problem in problems(commit.message, names)
    ]


def _hot_findings(
    config: Config, change: Change, hot: Sequence[HotRange]
) -> tuple[list[Finding], tuple[tuple[str, int], ...]]:
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
    return findings, tuple(hits.items())
