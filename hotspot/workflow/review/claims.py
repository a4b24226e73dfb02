"""What a change's commits claim, held against what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.benchmarks.compare import Comparison
from hotspot.workflow.documents.claims import problems
from hotspot.workflow.review.changes import Change, Commit
from hotspot.workflow.review.findings import Finding
from hotspot.workflow.review.verified import NamedIssue


def commit_findings(change: Change, names: Sequence[str]) -> list[Finding]:
    """Return what the commits lack that claim something, and whether they mix optimisations.

    Args:
        change: whose commits are read.
        names: of the project's issues.
    """
    found = [
        Finding("WARNING", problem, _place(commit), "not measured", demands=True)
        for commit in change.commits
        for problem in problems(commit.message, names)
    ]
    claiming = [commit for commit in change.commits if commit.message.claims_speed]
    named = [commit.message.issues(names) for commit in claiming]
    mixed = sorted({name for each in named for name in each})
    if len(mixed) > 1 and all(len(each) < 2 for each in named):  # several in one commit: said above
        text = f"the change mixes optimisations: {', '.join(mixed)}; measured together, neither is known"
        place = ", ".join(commit.short for commit, each in zip(claiming, named, strict=True) if each)
        found.append(Finding("WARNING", text, f"commits {place}", "not measured apart", demands=True))
    return found


def claims_not_borne_out(change: Change, comparison: Comparison) -> list[Finding]:
    """Return the claims of speed that no benchmark shows; where the benchmarks decide that, the change must not go in."""
    if comparison.with_verdict("VERIFIED"):
        return []
    decided = all(row.judgement is not None and row.judgement.decisive for row in comparison.rows)
    what = "no benchmark got faster" if decided else "the benchmarks do not show it; more runs may"
    changes = ", ".join(f"{row.name} {(row.ratio.rho - 1) * 100:+.1f}%" for row in comparison.rows)
    return [
        Finding("WARNING", f"claims to be faster, and {what}", _place(commit), changes, demands=decided)
        for commit in change.commits
        if commit.message.claims_speed and not commit.message.passes
    ]


def issue_findings(issue: NamedIssue) -> list[Finding]:
    """Return what there is to say of an issue that a commit names: nothing where it is verified."""
    if issue.status == "VERIFIED":
        return []
    regressed = issue.status == "REGRESSION"
    measured = issue.measured.short if issue.measured is not None else "not measured"
    text = f"{issue.name} is {issue.status}, not VERIFIED"
    return [Finding("WARNING", text, issue.path, measured, demands=regressed)]


def _place(commit: Commit) -> str:
    return f"commit {commit.short} ({commit.message.subject})"
