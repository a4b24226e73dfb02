"""``issues brief``: all that whoever implements an issue has to know, collected from where it is known."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.analysis.benchmarks import THRESHOLD
from hotspot.analysis.text_tree import TextTree, text_tree
from hotspot.analysis.transform import Filters, apply_filters
from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.profile import Profile
from hotspot.source.listing import Listings, list_source
from hotspot.source.ownership import Ownership
from hotspot.workflow.issues.issue_model import ANALYSIS, PROPOSAL, UNKNOWN
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.function_weight import function_weight
from hotspot.workflow.lifecycle.goal import Goal, contribution, function_ratio, goal_of
from hotspot.workflow.lifecycle.issue_profile import IssueProfile, issue_profile
from hotspot.workflow.lifecycle.start_record import StartRecord, load_start
from hotspot.workflow.lifecycle.steps import summary

_AROUND = (5, 40)  # lines shown before and after the place's line where the profile knows no lines


@dataclass(frozen=True)
class SourceExcerpt:
    """Lines of the place's file as they are now, where the profile has no weights for them.

    Attributes:
        first: number of the first line.
    """

    file: str
    first: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Brief:
    """What a brief is made of.

    Attributes:
        record: what `start` recorded; None before it.
        share: of the whole that the place holds, 0 to 1; None where the issue does not say.
        function_ratio: what the function alone has to reach for the whole to reach the goal.
        read_first: files to read in full before anything else, and those of them that are not there.
        listings: the function's source with the weight of each line; None where the profile has no lines or is gone.
        excerpt: what stands for it then.
        subtree: the profile below the function; None where the profile is gone.
    """

    stored: StoredIssue
    config: Config
    goal: Goal
    record: StartRecord | None
    share: float | None
    function_ratio: float
    read_first: tuple[str, ...]
    missing: tuple[str, ...]
    profile: IssueProfile
    listings: Listings | None
    excerpt: SourceExcerpt | None
    subtree: TextTree | None

    def text(self, title: str, label: str) -> str | None:
        """Return what the issue says under a label; None where that is not known."""
        value = self.stored.issue.value(title, label)
        return None if value == UNKNOWN else value

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        issue, record = self.stored.issue, self.record
        target = record.results.named(record.target) if record and record.results and record.target else None
        return {
            "schema": "hotspot.issues.brief/1",
            **summary(self.stored),
            "title": issue.title,
            "function": issue.location("Function"),
            "file": issue.location("File"),
            "line": int(line) if (line := issue.location("Line") or "").isdecimal() else None,
            "share": self.share,
            "goal": {"ratio": self.goal.ratio, "stated": self.goal.stated, "words": self.goal.words},
            "function_goal_ratio": self.function_ratio,
            "threshold": THRESHOLD,
            "before": {
                "commit": record.commit if record else None,
                "target": record.target if record else None,
                "seconds": target.median if target else None,
            },
            "read_first": list(self.read_first),
            "missing": list(self.missing),
            "commands": {
                key: shlex.join(getattr(self.config, key)) or None
                for key in ("test_command", "lint_command", "build_command", "benchmark_command")
            },
            "root_cause": self.text(ANALYSIS, "Root Cause"),
            "evidence": self.text(ANALYSIS, "Evidence"),
            "approach": self.text(PROPOSAL, "Approach"),
            "risk": self.text(PROPOSAL, "Risk Assessment"),
            "source": self.listings.to_dict()["rows"] if self.listings else [],
            "subtree": self.subtree.to_dict()["rows"] if self.subtree else [],
            "profile": self.profile.path,
            "profile_remark": self.profile.remark,
        }


def brief(name: str, config: Config) -> Brief:
    """Collect a brief.

    Args:
        name: as `IssueStore.find` reads it.
        config: of the project; ``read_first`` names files that everyone has to know.

    Raises:
        UsageError: no such issue.
        MalformedIssue: the file cannot be read.
    """
    store = IssueStore.of(config)
    stored = store.load(store.find(name))
    issue = stored.issue
    found = issue_profile(issue, config)
    names = _spellings(found.profile, stored, config)
    listings = _listings(found.profile, names, config)
    files = list(dict.fromkeys((*config.read_first, *filter(None, [issue.location("File")]))))
    return Brief(
        stored=stored,
        config=config,
        goal=goal_of(issue),
        record=load_start(stored, config),
        share=contribution(issue),
        function_ratio=function_ratio(issue),
        read_first=tuple(file for file in files if (config.root / file).is_file()),
        missing=tuple(file for file in files if not (config.root / file).is_file()),
        profile=found,
        listings=listings,
        excerpt=None if listings else _excerpt(stored, config.root),
        subtree=_subtree(found.profile, names),
    )


def _spellings(profile: Profile | None, stored: StoredIssue, config: Config) -> tuple[str, ...]:
    if profile is None:
        return ()
    weight = function_weight(profile, stored.issue, Ownership(config))
    return weight.spellings if weight else ()


def _pattern(names: tuple[str, ...]) -> str:
    return f"/^(?:{'|'.join(re.escape(name) for name in names)})$/"


def _listings(profile: Profile | None, names: tuple[str, ...], config: Config) -> Listings | None:
    """The function's source with weights, where the profile has lines and the source is here."""
    if profile is None or not names:
        return None
    listings = list_source(profile, _pattern(names), Ownership(config))
    with_text = tuple(listing for listing in listings.listings if listing.source is not None)
    return Listings(profile, listings.pattern, with_text) if with_text else None


def _excerpt(stored: StoredIssue, root: Path) -> SourceExcerpt | None:
    file, line = stored.issue.location("File"), stored.issue.location("Line") or ""
    if file is None or not line.isdecimal() or not (root / file).is_file():
        return None
    lines = (root / file).read_text(encoding="utf-8", errors="replace").split("\n")
    first = max(1, int(line) - _AROUND[0])
    shown = lines[first - 1 : int(line) + _AROUND[1]]
    return SourceExcerpt(file, first, tuple(shown)) if shown else None


def _subtree(profile: Profile | None, names: tuple[str, ...]) -> TextTree | None:
    if profile is None or not names:
        return None
    try:
        return text_tree(apply_filters(profile, Filters(show_from=_pattern(names))))
    except HotspotError:  # a function whose only weight was filtered away has no tree to draw
        return None
