"""pprof's ``drop_frames``: frames that the writer of a profile wants left out, with everything they call."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import numpy as np

from hotspot.importers.pprof.tables import Locations
from hotspot.profile import Bool, Int32, Int64


@dataclass(frozen=True)
class DropRule:
    """Functions whose whole name matches ``drop`` and not ``keep``."""

    drop: re.Pattern[str]
    keep: re.Pattern[str] | None

    def drops(self, name: str) -> bool:
        """Whether a function is dropped; its argument list and a leading dot do not count."""
        name = name.removeprefix(".")
        opened = name.find("(")
        if opened > 0 and not name.startswith("(anonymous namespace)", opened):
            name = name[:opened]
        return bool(name and self.drop.fullmatch(name) and not (self.keep and self.keep.fullmatch(name)))


def drop_rule(drop: str, keep: str) -> DropRule | None:
    """Compile the rule; None where Python cannot read the expression, which is in Go's dialect."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # "[[:alpha:]]" would silently mean something else
            return DropRule(re.compile(drop), re.compile(keep) if keep else None)
    except (re.error, FutureWarning, RecursionError, OverflowError):
        return None


@dataclass(frozen=True, eq=False)
class Cut:
    """What the rule does to locations.

    Attributes:
        kept: how many frames of each location stay, int64[locations]; 0 drops it whole.
        cuts: whether a stack ends at the location, bool[locations].
    """

    kept: Int64
    cuts: Bool


def cut_locations(rule: DropRule, locations: Locations) -> Cut:
    """Find the locations that the rule cuts: before the first matching frame from the root side."""
    verdict = {name: rule.drops(name) for name in set(locations.line_name)}
    dropped = np.fromiter((verdict[name] for name in locations.line_name), bool, len(locations.line_name))
    kept = np.diff(locations.offset)
    owner = np.repeat(np.arange(len(kept)), kept)
    hits = np.flatnonzero(dropped)[::-1]  # the earliest is written last, and so stays
    cuts = np.zeros(len(kept), dtype=bool)
    kept = kept.copy()
    kept[owner[hits]] = hits - locations.offset[owner[hits]]
    cuts[owner[hits]] = True
    return Cut(kept, cuts)


def kept_locations(cut: Cut, location: Int32, offset: Int64) -> Bool:
    """Say which locations of stacks stay.

    A stack ends at its first cut location, but never before a location that is not cut: a program whose ``main``
    matches keeps its stacks.

    Args:
        cut: what the rule does.
        location: location rows of all stacks, root to leaf, end to end, int32[locations].
        offset: where each stack begins, with the end of the last, int64[stacks + 1].

    Returns:
        bool[locations].
    """
    length = np.diff(offset)
    stack = np.repeat(np.arange(len(length)), length)
    place = np.arange(len(location))
    cuts = cut.cuts[location]
    first_free = np.full(len(length), len(location))
    np.minimum.at(first_free, stack[~cuts], place[~cuts])
    ends = cuts & (place > first_free[stack])
    end = np.full(len(length), len(location))
    np.minimum.at(end, stack[ends], place[ends])
    whole = cut.kept[location] == 0
    keeps: Bool = (place < end[stack]) | ((place == end[stack]) & ~whole)
    return keeps
