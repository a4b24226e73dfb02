"""Which rules fit a hot place, how much of it each explains, and on what evidence."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from hotspot.advice.impact import Impact, impact
from hotspot.advice.patterns import HotSource, Site
from hotspot.advice.rule import Order, Rule
from hotspot.advice.work import FrameHit, Work
from hotspot.profile import Int32

_ORDERS: tuple[Order, ...] = ("representation", "algorithm", "low level")


class Strength(enum.IntEnum):
    """How much stands behind a finding; what is stronger comes first where it explains as much."""

    FRAMES = 1  # what the time went to is known, not which code asked for it
    SOURCE = 2  # the code is known, not what its lines cost
    LINES = 3  # the code is known and the profile has weight on its lines
    BOTH = 4  # the code is known and the frames below it say the same


# Of the profile: what explains less is not even mentioned.
_TRACE = 0.001
# What a finding counts for, against others of the same place.
_TRUST = {Strength.FRAMES: 0.5, Strength.SOURCE: 0.4, Strength.LINES: 0.9, Strength.BOTH: 1.0}


@dataclass(frozen=True)
class HotPlace:
    """What is asked of a place.

    Attributes:
        nodes: what the place answers for, int32[n].
        source: None where the file is not here or in no language that is read.
    """

    nodes: Int32
    source: HotSource | None


@dataclass(frozen=True)
class SiteShare:
    """A site and the share of the profile on its lines; None where the profile has no lines there."""

    site: Site
    share: float | None


@dataclass(frozen=True)
class Finding:
    """A rule that fits a place.

    Attributes:
        share: of the profile that it explains; where ``at_most``, a bound.
        at_most: whether the profile does not tell how much of the place it is.
        frames: what frames say, None where nothing.
        frame_share: of the profile, of those frames.
        sites: the code, heaviest first.
        language: of the code, None where it was not read.
        impact: of following the rule.
    """

    rule: Rule
    strength: Strength
    share: float
    at_most: bool
    frames: FrameHit | None
    frame_share: float
    sites: tuple[SiteShare, ...]
    language: str | None
    impact: Impact

    @property
    def score(self) -> float:
        """What it is likely to be worth: orders the findings of a place."""
        return self.impact.typical * _TRUST[self.strength]


class Matcher:
    """The rules against the places of one profile.

    Args:
        rules: to ask.
        work: of the profile.
        noun: what its weights are: ``time``, else the name of the value type.
    """

    def __init__(self, rules: Iterable[Rule], work: Work, noun: str) -> None:
        self._work = work
        self._profile = work.profile
        self._rules = [rule for rule in rules if _is_about(rule, noun)]

    def findings(self, place: HotPlace) -> tuple[Finding, ...]:
        """Return the findings of a place, the one that promises most first."""
        return self._found(place, lambda rule: rule.min_share)

    def below_share(self, place: HotPlace) -> tuple[Finding, ...]:
        """Return what matches a place but explains less than its rule asks for, the one that explains most first."""
        found = self._found(place, lambda rule: min(rule.min_share, _TRACE))
        return tuple(sorted((f for f in found if f.share < f.rule.min_share), key=lambda f: -f.share))

    def _found(self, place: HotPlace, least: Callable[[Rule], float]) -> tuple[Finding, ...]:
        lines = self._line_weights(place)
        found = [
            f for rule in self._rules if (f := self._finding(rule, place, lines, least(rule))) is not None
        ]
        found.sort(key=lambda f: (-f.score, _ORDERS.index(f.rule.order), f.rule.id))
        return tuple(found)

    def _line_weights(self, place: HotPlace) -> dict[int, int]:
        """The charged weight of each known line of a place; empty where the profile does not tell its lines."""
        source, nodes = place.source, place.nodes
        if source is None:
            return {}
        lines = self._profile.frames.line[self._profile.call_tree.frame[self._work.holder[nodes]]]
        distinct, inverse = np.unique(lines, return_inverse=True)
        sums = np.zeros(len(distinct), dtype=np.int64)
        np.add.at(sums, inverse.reshape(-1), self._profile.node_self[nodes])
        known = {
            line: weight
            for line, weight in zip(distinct.tolist(), sums.tolist(), strict=True)
            if line and source.has_line(line)
        }
        # Most of it on lines of inlined functions, or all of it where the function begins, says nothing about lines.
        if 2 * sum(known.values()) < int(sums.sum()) or all(source.is_declaration(line) for line in known):
            return {}
        return known

    def _finding(self, rule: Rule, place: HotPlace, lines: dict[int, int], least: float) -> Finding | None:
        """What a rule finds where it explains at least a share of the profile, else None."""
        hit = self._work.frames(rule, place.nodes) if rule.frames else None
        if hit is not None and self._profile.share(hit.weight) < least:
            hit = None
        if hit is None and rule.needs in ("frames", "both"):
            return None
        nodes = self._work.below_callers(rule, place.nodes)
        charged = int(self._profile.node_self[nodes].sum())
        if self._profile.share(charged) < least:
            return None
        sites = self._sites(rule, place.source, lines, least) if rule.source and place.source else ()
        if not sites and (hit is None or rule.needs in ("source", "both")):
            return None
        strength, weight, at_most = self._explained(hit, sites, lines, charged)
        share = self._profile.share(weight)
        if share < least:
            return None
        return Finding(
            rule,
            strength,
            share,
            at_most,
            hit,
            self._profile.share(hit.weight) if hit else 0.0,
            sites,
            place.source.language if place.source else None,
            impact(share, rule.gain, None if self._profile.hidden_weight else self._profile.sample_count),
        )

    def _sites(
        self, rule: Rule, source: HotSource, lines: dict[int, int], least: float
    ) -> tuple[SiteShare, ...]:
        """The sites that are worth a word: where lines have weight, only those that hold enough of it."""
        found = []
        for site in source.sites(rule):
            if not lines:
                found.append(SiteShare(site, None))
                continue
            weight = sum(lines.get(line, 0) for line in range(site.first_line, site.last_line + 1))
            # Several sites of one rule may hold enough together.
            if weight and self._profile.share(weight) >= min(least, 0.005):
                found.append(SiteShare(site, self._profile.share(weight)))
        return tuple(sorted(found, key=lambda s: (-(s.share or 0), s.site.line)))

    def _explained(
        self, hit: FrameHit | None, sites: tuple[SiteShare, ...], lines: dict[int, int], charged: int
    ) -> tuple[Strength, int, bool]:
        """How strong the evidence is, the weight it explains, and whether that is only a bound."""
        mine = {line for s in sites for line in range(s.site.first_line, s.site.last_line + 1)}
        if hit is not None and sites:
            asked = sum(weight for line, weight in hit.by_line.items() if line in mine)
            if asked:
                return Strength.BOTH, asked, False
            if not lines:
                return Strength.BOTH, hit.weight, True
        if sites and lines:
            return Strength.LINES, sum(lines.get(line, 0) for line in mine), False
        if hit is not None:
            return Strength.FRAMES, hit.weight, False
        return Strength.SOURCE, charged, True


def _is_about(rule: Rule, noun: str) -> bool:
    return any(fnmatchcase(noun, pattern) for pattern in rule.value_types)
