"""The candidate list kept up to date: which issues are in it, what is said of them, their order, and decisions.

Order: representation before algorithm before low level, then the expected gain, then the share. What builds on another
comes after it. A person's order is kept: once entries were moved, hotspot only finds places for new ones.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hotspot.errors import UsageError
from hotspot.workflow.documents.attempts import log_entries
from hotspot.workflow.documents.block import Document
from hotspot.workflow.documents.candidates import (
    CandidateList,
    Entry,
    MalformedCandidates,
    key_of,
)
from hotspot.workflow.documents.facts import UNKNOWN_ORDER, Facts
from hotspot.workflow.documents.prose import flat
from hotspot.workflow.issues.issue_model import Status
from hotspot.workflow.issues.store import StoredIssue

_OVER = frozenset({Status.VERIFIED, Status.DROPPED})
_UNDECIDED = "open"
_ASK = "(for you to fill in)"


@dataclass(frozen=True)
class Planned:
    """An entry with what is known of it; ``facts`` is None for one that a person added."""

    entry: Entry
    facts: Facts | None

    @property
    def rank(self) -> tuple[int, float, float, str]:
        """What entries are ordered by."""
        if self.facts is None:
            return (UNKNOWN_ORDER, 0.0, 0.0, self.entry.name)
        return (self.facts.order, -self.facts.gain, -self.facts.share, self.entry.name)


def update(listed: CandidateList, issues: Sequence[StoredIssue], facts: dict[str, Facts]) -> CandidateList:
    """Return the list as the issues are now.

    Args:
        listed: as it stands.
        issues: all of the project.
        facts: of each, by name.

    Raises:
        MalformedCandidates: entries build on one another in a circle.
    """
    by_name = {stored.name: stored for stored in issues}
    entries = {entry.name: entry for entry in _renamed(listed.entries, issues)}
    by_hand = _moved(listed)
    present = [name for name, entry in entries.items() if entry.settled is None]
    for stored in issues:
        known = entries.get(stored.name)
        if known is None and stored.issue.status in _OVER:
            continue  # was over before there was a list
        entry = known or Entry(stored.name, Document(()))
        settled = str(stored.issue.status) if stored.issue.status in _OVER else None
        entry = replace(entry, settled=settled, builds_on=None if settled else entry.builds_on)
        entries[stored.name] = entry.with_lines(_lines(entry, stored, facts[stored.name]))
    planned = {
        name: Planned(entry, facts.get(name) if name in by_name else None) for name, entry in entries.items()
    }
    open_ = [p for p in planned.values() if p.entry.settled is None]
    ordered = _kept_order(open_, present) if by_hand else sorted(open_, key=lambda p: p.rank)
    settled_entries = [p.entry for p in planned.values() if p.entry.settled is not None]
    result = replace(listed, entries=(*_foundations_first([p.entry for p in ordered]), *settled_entries))
    return result.with_order(by_hand=by_hand)


def _moved(listed: CandidateList) -> bool:
    """Whether a person's order stands in the document."""
    written = listed.written_order
    if written is None:
        return True
    now = [key_of(entry.name) for entry in listed.open]
    return [key for key in now if key in written] != [key for key in written if key in now]


def _renamed(entries: Iterable[Entry], issues: Sequence[StoredIssue]) -> Iterable[Entry]:
    """Follow issue files that a person renamed: the fingerprint stays."""
    names = {stored.name for stored in issues}
    by_fingerprint = {stored.issue.field("FINGERPRINT"): stored.name for stored in issues}
    for entry in entries:
        line = entry.block.value("Issue") if entry.block and entry.name not in names else None
        found = [name for fingerprint, name in by_fingerprint.items() if line and fingerprint in line]
        if len(found) != 1:
            yield entry
            continue
        old, new = entry.block, key_of(found[0])
        pieces = (replace(piece, key=new, raw=None) if piece is old else piece for piece in entry.body.pieces)
        yield replace(entry, name=found[0], body=Document(tuple(pieces)))


def _lines(entry: Entry, stored: StoredIssue, facts: Facts) -> list[str]:
    decision = (entry.block.value("Decision") if entry.block else None) or _UNDECIDED
    if (
        decision == _UNDECIDED
        and stored.issue.status is Status.DROPPED
        and (log := log_entries(stored.issue))
    ):
        decision = flat(f"dropped {log[-1][0]}: {log[-1][2]}")
    fingerprint = stored.issue.field("FINGERPRINT")
    return [
        f"- **Issue:** [{stored.path.name}]({stored.path.name}), {stored.issue.status}, fingerprint {fingerprint}",
        f"- **Current:** {facts.current}",
        f"- **Proposed:** {facts.proposed}",
        f"- **Expected gain:** {facts.gain_words}",
        f"- **Complexity:** {facts.complexity}",
        f"- **Risk:** {facts.risk}",
        f"- **Decision:** {decision}",
    ]


def _kept_order(open_: Sequence[Planned], present: Sequence[str]) -> list[Planned]:
    """A person's order, each new entry before the first one that ranks behind it."""
    place = {name: i for i, name in enumerate(present)}
    ordered = sorted((p for p in open_ if p.entry.name in place), key=lambda p: place[p.entry.name])
    for new in sorted((p for p in open_ if p.entry.name not in place), key=lambda p: p.rank):
        at = next((i for i, p in enumerate(ordered) if p.facts and p.rank > new.rank), len(ordered))
        ordered.insert(at, new)
    return ordered


def _foundations_first(entries: Sequence[Entry]) -> list[Entry]:
    """Move what builds on another behind it; the rest keeps its order."""
    by_name = {entry.name: entry for entry in entries}
    result: list[Entry] = []
    for entry in entries:
        chain: list[Entry] = []
        current: Entry | None = entry
        while current is not None and current not in result:
            if current in chain:
                names = " -> ".join(e.name for e in (*chain, current))
                raise MalformedCandidates(f"CANDIDATES.md: entries build on one another in a circle: {names}")
            chain.append(current)
            current = by_name.get(current.builds_on or "")
        result += reversed(chain)
    return result


# -- decisions ----------------------------------------------------------------------------------------------


def chosen(listed: CandidateList, wanted: str) -> tuple[Entry, ...]:
    """Return the open entries that a person means by numbers or names, separated by commas.

    Raises:
        UsageError: there is no such entry.
    """
    found: list[Entry] = []
    for word in (word.strip() for word in wanted.split(",")):
        entries = listed.open
        number = int(word.lstrip("#")) if word.lstrip("#").isdecimal() else None
        if number is not None and 1 <= number <= len(entries):
            entry = entries[number - 1]
        else:
            named = [entry for entry in entries if entry.name.lower() == word.lower()]
            if not named:
                raise UsageError(
                    f"no open candidate {word!r}", hint=f"there are 1 to {len(entries)}; names work too"
                )
            entry = named[0]
        if entry not in found:
            found.append(entry)
    return tuple(found)


def approve(listed: CandidateList, wanted: str, today: datetime.date) -> CandidateList:
    """Return the list with entries approved."""
    for entry in chosen(listed, wanted):
        listed = _decided(listed, entry, f"approved {today.isoformat()}")
        listed = listed.with_decision(f"{today.isoformat()}: approved {_called(listed, entry)}")
    return listed


def reorder(listed: CandidateList, wanted: str, today: datetime.date) -> CandidateList:
    """Return the list with these entries first, in this order; ``auto`` gives the order back to hotspot."""
    if wanted.strip().lower() == "auto":
        return listed.with_order(by_hand=False).with_decision(
            f"{today.isoformat()}: order by rule and gain again"
        )
    first = chosen(listed, wanted)
    rest = [entry for entry in listed.open if entry not in first]
    entries = (*_foundations_first([*first, *rest]), *listed.settled)
    names = ", ".join(entry.name for entry in entries if entry.settled is None)
    listed = replace(listed, entries=entries).with_order(by_hand=True)
    return listed.with_decision(f"{today.isoformat()}: order set to {names}")


def drop(listed: CandidateList, entry: Entry, reason: str, today: datetime.date) -> CandidateList:
    """Return the list with an entry settled as dropped; its issue file is the lifecycle's."""
    named = _called(listed, entry)
    settled = replace(entry, settled=str(Status.DROPPED), builds_on=None)
    others = tuple(
        replace(e, builds_on=None) if e.builds_on == entry.name else e
        for e in listed.entries
        if e is not entry
    )
    listed = replace(listed, entries=(*others, settled))
    return listed.with_decision(f"{today.isoformat()}: dropped {named}: {reason}")


def add(listed: CandidateList, title: str, today: datetime.date) -> CandidateList:
    """Return the list with an entry that no profile led to; what only a person knows is asked for.

    Raises:
        UsageError: the title is empty or taken.
    """
    title = " ".join(title.split())
    if not title or listed.find(title) is not None:
        raise UsageError(f"--add {title!r}: {'that entry is there already' if title else 'say what to add'}")
    questions = ("Current", "Proposed", "Expected gain", "Complexity", "Risk")
    lines = [f"- **{question}:** {_ASK}" for question in questions]
    entry = Entry(title, Document(())).with_lines([*lines, f"- **Decision:** {_UNDECIDED}"])
    by_hand = listed.written_order is None
    listed = replace(listed, entries=(*listed.open, entry, *listed.settled)).with_order(by_hand=by_hand)
    return listed.with_decision(f"{today.isoformat()}: added {title}")


def _decided(listed: CandidateList, entry: Entry, decision: str) -> CandidateList:
    block = entry.block
    assert block is not None  # every entry has been updated before a decision
    others = [line for line in block.lines if not line.startswith("- **Decision:**")]
    changed = replace(block, lines=tuple(others)).updated(
        [line for line in others if block.is_ours(line)] + [f"- **Decision:** {decision}"]
    )
    body = Document(tuple(changed if piece is block else piece for piece in entry.body.pieces))
    entries = tuple(replace(e, body=body) if e is entry else e for e in listed.entries)
    return replace(listed, entries=entries)


def _called(listed: CandidateList, entry: Entry) -> str:
    number = [e.name for e in listed.open].index(entry.name) + 1
    return f"#{number} {entry.name}"
