"""The profile that an issue was drafted from, where it still lies there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.importers.registry import load
from hotspot.profile import Profile
from hotspot.workflow.issues.issue_model import Issue

_LINE = re.compile(r"(?P<path>.+) \(sha256 (?P<digest>[0-9a-f]{12})?")


@dataclass(frozen=True)
class IssueProfile:
    """What became of an issue's profile.

    Attributes:
        path: as the issue calls it, relative to the root.
        profile: None where it cannot be read.
        remark: why it cannot, or that the file is another one by now.
    """

    path: str
    profile: Profile | None
    remark: str | None


def issue_profile(issue: Issue, config: Config) -> IssueProfile:
    """Read the profile that an issue's PROFILE line names."""
    found = _LINE.match(issue.field("PROFILE"))
    path = found["path"] if found else issue.field("PROFILE")
    if not found or path == "standard input":
        return IssueProfile(path, None, "the issue names no file of a profile")
    if not (config.root / path).is_file():
        return IssueProfile(path, None, f"{path} is no longer there")
    try:
        profile = load(str(config.root / path))
    except HotspotError as error:
        return IssueProfile(path, None, f"it cannot be read: {error}")
    same = found["digest"] is None or profile.provenance.sha256.startswith(found["digest"])
    remark = None if same else f"{path} has changed since the issue was drafted: its numbers are newer"
    return IssueProfile(path, profile, remark)
