"""Issue files and benchmark results for tests of the lifecycle."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from hotspot.config import Config
from hotspot.workflow.issues.issue_text import NewIssue, encode, new_issue
from hotspot.workflow.issues.store import IssueStore


def write_issue(
    config: Config,
    name: str,
    *,
    function: str = "parse",
    file: str = "lex.py",
    impact: str = "unknown",
    origin: str = "profile",
    share: str = "40.0% of total execution",
    remark: str = "",
    dos: bool = False,
) -> Path:
    """Write an issue as a first draft leaves it, with a person's remark behind its description."""
    issue = new_issue(
        NewIssue(
            title=f"{function} is slow",
            benchmark_file="p.folded",
            profile="p.folded (sha256 unknown, 10 samples)",
            origin=origin,
            runtime="1 s sampled",
            contribution=share,
            file=file,
            line="1",
            function=function,
            description="It is slow.",
            root_cause="unknown",
            evidence="- Charged: 40%",
            approach="unknown",
            expected_impact=impact,
            risk="unknown",
            complexity="unknown",
            validation="unknown",
            entry="Found",
            fingerprint="0123456789ab",
            rank=1,
            today=datetime.date(2026, 11, 21),
        )
    )
    text = issue.text.replace("  It is slow.\n", f"  It is slow.\n{remark}")
    text = text.replace("\n", "\r\n") if dos else text
    path = IssueStore.of(config).directory / f"{name}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encode(text))
    return path


def results_file(
    path: Path, seconds: float, *, count: int = 12, name: str = "parse", **others: float
) -> Path:
    """Write hyperfine's JSON: times within 1% of what is asked for, so that verdicts do not depend on chance."""
    results = [
        {
            "command": command,
            "times": [each * (1 + 0.001 * (i % 10)) for i in range(count)],
            "exit_codes": [0] * count,
        }
        for command, each in {name: seconds, **others}.items()
    ]
    path.write_text(json.dumps({"results": results}))
    return path
