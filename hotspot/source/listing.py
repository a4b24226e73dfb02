"""A function's source beside each line's weight."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.analysis.lines import FunctionLines, LineWeight, function_lines
from hotspot.profile import Profile
from hotspot.source.definitions import Definition
from hotspot.source.ownership import Ownership

_CONTEXT = 3
_LONGEST = 400  # of a longer function, lines without weight are shown around the hottest only


@dataclass(frozen=True)
class ListedLine:
    """A source line; ``text`` is None where the source was not found, weights are None where it has none."""

    line: int
    text: str | None
    weight: LineWeight | None


@dataclass(frozen=True)
class Listing:
    """One function's listing.

    Attributes:
        source: the file that was read, None where none was found.
        others: files of the project that the recorded path can mean as well.
        definition: where the project defines a function for which the profile has no file.
        candidates: definitions it can mean, where there are several.
    """

    function: FunctionLines
    source: str | None
    lines: tuple[ListedLine, ...]
    others: tuple[str, ...] = ()
    definition: Definition | None = None
    candidates: tuple[Definition, ...] = ()


@dataclass(frozen=True)
class Listings:
    """The listings of all functions that match."""

    profile: Profile
    pattern: str
    listings: tuple[Listing, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        number = self.profile.value_type.number
        return {
            "schema": "hotspot.list/1",
            "profile": self.profile.to_dict(),
            "pattern": self.pattern,
            "rows": [
                {
                    "function": listing.function.function,
                    "file": listing.function.file,
                    "source": listing.source,
                    "module": listing.function.module,
                    "line": line.line or None,
                    "self": number(line.weight.self_weight) if line.weight else 0,
                    "total": number(line.weight.total_weight) if line.weight else 0,
                    "text": line.text,
                }
                for listing in self.listings
                for line in listing.lines
            ],
        }


def list_source(profile: Profile, pattern: str, ownership: Ownership) -> Listings:
    """Return the listings of the functions that match, heaviest first.

    Raises:
        UsageError: nothing matches.
    """
    listings = tuple(_listing(function, ownership) for function in function_lines(profile, pattern))
    return Listings(profile, pattern, listings)


def _listing(function: FunctionLines, ownership: Ownership) -> Listing:
    weights = {w.line: w for w in function.lines if w.line}
    unknown = [ListedLine(0, None, w) for w in function.lines if not w.line]
    if function.file is None:
        found = ownership.definitions_of(function.function, function.module or "")
        if len(found) == 1:
            return _defined(function, found[0], ownership.config.root, (*unknown, *_bare(weights)))
        return Listing(function, None, (*unknown, *_bare(weights)), candidates=found)
    source = _source_path(function.file, ownership)
    text = _read_lines(source) if source else []
    if not weights or not text or max(weights) > len(text):
        return Listing(function, None, (*unknown, *_bare(weights)))
    first, last = min(weights) - _CONTEXT, max(weights) + _CONTEXT
    shown = set(range(first, last + 1))
    if len(shown) > _LONGEST:
        hottest = sorted(weights, key=lambda line: (-weights[line].total_weight, line))[: _LONGEST // 10]
        shown = {near for line in hottest for near in range(line - _CONTEXT, line + _CONTEXT + 1)}
        shown |= weights.keys()  # every weight is shown, whatever the length
    lines = [
        ListedLine(line, text[line - 1], weights.get(line))
        for line in sorted(shown)
        if 1 <= line <= len(text)
    ]
    others = tuple(ownership.local_files(function.file)[1:])
    return Listing(function, str(source), (*unknown, *lines), others)


def _defined(
    function: FunctionLines, definition: Definition, root: Path, weighed: tuple[ListedLine, ...]
) -> Listing:
    """The source of a function that the profile has no file for: its weights cannot be told by line."""
    path = root / definition.file
    text = _read_lines(path)
    last = min(definition.end_line, definition.start_line + _LONGEST - 1, len(text))
    lines = (ListedLine(line, text[line - 1], None) for line in range(definition.start_line, last + 1))
    return Listing(function, str(path), (*weighed, *lines), definition=definition)


def _bare(weights: dict[int, LineWeight]) -> list[ListedLine]:
    return [ListedLine(line, None, weight) for line, weight in sorted(weights.items())]


def _source_path(recorded: str, ownership: Ownership) -> Path | None:
    candidates = [ownership.config.root / local for local in ownership.local_files(recorded)[:1]]
    candidates.append(Path(recorded))
    return next((path for path in candidates if path.is_file()), None)


def _read_lines(path: Path) -> list[str]:
    try:
        # Not splitlines(): compilers count line ends only, not the form feeds some sources have.
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []  # unreadable source is source not found: the weights are shown without text
