"""Which lines that a change adds are hot, and what rules and the project's own patterns find on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from hotspot.advice.patterns import HotSource
from hotspot.advice.rule import Rule
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.profile import Profile
from hotspot.source.definitions import definitions
from hotspot.source.grammars import language_of
from hotspot.source.ownership import Ownership
from hotspot.units import human_share
from hotspot.workflow.issues.places import charge
from hotspot.workflow.review.changes import FileChange

HOT_SHARE = 0.01
"""Of the profile, charged to a function, from which on its lines count as hot."""


@dataclass(frozen=True)
class HotRange:
    """A function as the head of the change has it, and its share of the profile."""

    file: str
    function: str
    first: int
    last: int
    share: float


@dataclass(frozen=True)
class Pattern:
    """One of the project's own patterns: code that needs a reason on a hot path.

    Attributes:
        regex: searched in each line.
        reason: why it is looked for.
        files: glob that a path must match.
    """

    regex: re.Pattern[str]
    reason: str
    files: str


@dataclass(frozen=True)
class Hit:
    """Something found on a line that is both changed and hot."""

    file: str
    line: int
    text: str
    function: str
    share: float

    @property
    def impact(self) -> str:
        """What was measured of the function."""
        return f"{self.function} holds {human_share(self.share)} of the profile"


def patterns_of(review: Mapping[str, Any]) -> tuple[Pattern, ...]:
    """Read ``[tool.hotspot.review] patterns = [{pattern = "unwrap", reason = "panics in library code"}]``.

    Raises:
        UsageError: the table says something else.
    """
    unknown = sorted(set(review) - {"patterns"})
    listed = review.get("patterns", [])
    if unknown or not isinstance(listed, list):
        raise UsageError("review: the one key is `patterns`, a list of tables")
    return tuple(_pattern(entry) for entry in listed)


def _pattern(entry: object) -> Pattern:
    if not isinstance(entry, dict) or not {"pattern", "reason"} <= set(entry) <= {
        "pattern",
        "reason",
        "files",
    }:
        raise UsageError("review: a pattern is a table of `pattern`, `reason` and perhaps `files`")
    try:
        return Pattern(re.compile(str(entry["pattern"])), str(entry["reason"]), str(entry.get("files", "*")))
    except re.error as error:
        raise UsageError(f"review: {entry['pattern']!r} is no regular expression: {error}") from error


def hot_ranges(config: Config, profile: Profile, files: Sequence[FileChange]) -> tuple[HotRange, ...]:
    """Return the functions of changed files that hold at least `HOT_SHARE` of a profile."""
    by_path = {file.path: file for file in files}
    found: list[HotRange] = []
    for place in charge(profile, Ownership(config)).places():
        if place.share < HOT_SHARE:
            break
        changed = by_path.get(place.file or "")
        language = language_of(changed.path, changed.source) if changed else None
        if changed is None or language is None:
            continue
        tail = re.split(r"::|\.", place.function)[-1]
        found += [
            HotRange(changed.path, place.function, definition.start_line, definition.end_line, place.share)
            for definition in definitions(changed.source, language, changed.path)
            if definition.kind != "class" and definition.name == tail
        ]
    return tuple(found)


def rule_hits(
    ranges: Sequence[HotRange], files: Sequence[FileChange], rules: Sequence[Rule]
) -> Iterator[tuple[Rule, Hit]]:
    """Yield what the catalogue's source patterns find on changed lines of hot functions."""
    for hot, file in _with_files(ranges, files):
        language = language_of(file.path, file.source)
        assert language is not None  # ranges are of files in a known language
        source = HotSource(file.source, language, (hot.first, hot.last))
        for rule in rules:
            for site in source.sites(rule):
                if site.line in file.added:
                    yield rule, Hit(file.path, site.line, site.text, hot.function, hot.share)


def pattern_hits(
    ranges: Sequence[HotRange], files: Sequence[FileChange], patterns: Sequence[Pattern]
) -> Iterator[tuple[Pattern, Hit]]:
    """Yield what the project's own patterns find on changed lines of hot functions."""
    for hot, file in _with_files(ranges, files):
        for pattern in patterns:
            if not fnmatchcase(file.path, pattern.files):
                continue
            for line in sorted(file.added & set(range(hot.first, hot.last + 1))):
                if found := pattern.regex.search(file.lines[line - 1]):
                    yield pattern, Hit(file.path, line, found[0], hot.function, hot.share)


def _with_files(
    ranges: Sequence[HotRange], files: Sequence[FileChange]
) -> Iterator[tuple[HotRange, FileChange]]:
    by_path = {file.path: file for file in files}
    return ((hot, by_path[hot.file]) for hot in ranges)
