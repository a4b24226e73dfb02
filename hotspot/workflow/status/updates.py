"""What changed since the status was last written down: steps of issues, gates, baselines, notes.

``.hotspot/status.json`` remembers two moments: the last update, and the one before. A document that is written again without
news keeps telling the news it told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from hotspot.benchmarks.baselines import Baseline
from hotspot.config import Config
from hotspot.state import MalformedState, read_json, write_json
from hotspot.workflow.documents.attempts import log_entries
from hotspot.workflow.documents.research import notes_of
from hotspot.workflow.gate.kept import KeptGate
from hotspot.workflow.issues.store import StoredIssue

_SCHEMA = "hotspot.status/1"
_SHOWN = 12
_RECENT = 8  # steps shown where nothing was written yet


class Seen(msgspec.Struct, frozen=True):
    """What there was at one moment: lines in the log of each issue, and names of the rest."""

    when: str
    issues: dict[str, int]
    gates: tuple[str, ...]
    baselines: tuple[str, ...]
    notes: tuple[str, ...]


class _File(msgspec.Struct):
    schema: str
    last: Seen
    before: Seen | None


@dataclass(frozen=True)
class News:
    """One thing that changed: the day, what it is about, and what happened."""

    day: str
    about: str
    what: str


@dataclass(frozen=True)
class Updates:
    """What changed.

    Attributes:
        since: day of the update it is compared with; None where the status was never written, and then these are the last steps.
        news: newest first.
        more: how many there are beside these.
    """

    since: str | None
    news: tuple[News, ...]
    more: int


@dataclass(frozen=True)
class Now:
    """What there is now."""

    issues: Sequence[StoredIssue]
    gates: Sequence[KeptGate]
    baselines: Sequence[Baseline]
    notes: Sequence[str]

    def seen(self) -> Seen:
        """Return it as it is remembered."""
        return Seen(
            datetime.now(UTC).isoformat(timespec="seconds"),
            {stored.name: len(log_entries(stored.issue)) for stored in self.issues},
            tuple(gate.id for gate in self.gates),
            tuple(baseline.id for baseline in self.baselines),
            tuple(self.notes),
        )


def now_of(
    config: Config, issues: Sequence[StoredIssue], gates: Sequence[KeptGate], baselines: Sequence[Baseline]
) -> Now:
    """Return what there is now."""
    return Now(issues, gates, baselines, [path.name for path in notes_of(config)])


def updates(config: Config, now: Now, *, writing: bool) -> Updates:
    """Return what changed since the last update; a document that is written without news tells those of last time.

    Raises:
        MalformedState: what is remembered is damaged.
    """
    file = _remembered(config)
    again = file is not None and writing and _same(file.last, now.seen())
    since = None if file is None else file.before if again else file.last
    if since is None:
        return Updates(None, _news(now, None)[:_RECENT], 0)
    news = _news(now, since)
    return Updates(since.when[:10], news[:_SHOWN], max(0, len(news) - _SHOWN))


def remember(config: Config, now: Now) -> None:
    """Remember that the status was written down, if there was news."""
    file, seen = _remembered(config), now.seen()
    if file is not None and _same(file.last, seen):
        return
    document = _File(_SCHEMA, seen, file.last if file is not None else None)
    config.state_directory.mkdir(parents=True, exist_ok=True)
    write_json(config.state_directory / "status.json", msgspec.to_builtins(document))


def _remembered(config: Config) -> _File | None:
    path = config.state_directory / "status.json"
    if not path.exists():
        return None
    try:
        return msgspec.convert(read_json(path), _File)
    except msgspec.ValidationError as error:
        raise MalformedState(
            f"{path}: {str(error)[:1].lower()}{str(error)[1:]}", hint="it can be deleted"
        ) from error


def _same(one: Seen, other: Seen) -> bool:
    return msgspec.structs.replace(one, when="") == msgspec.structs.replace(other, when="")


def _news(now: Now, since: Seen | None) -> tuple[News, ...]:
    """What is there and was not; of one day, the later line of a log comes first."""
    found: list[tuple[str, int, News]] = []
    for stored in now.issues:
        entries = log_entries(stored.issue)
        known = since.issues.get(stored.name, 0) if since is not None else 0
        for i, (day, status, what) in enumerate(entries[known:], known):
            found.append((day, i, News(day, stored.name, f"{status}: {what}")))
    if since is not None:
        for gate in now.gates:
            if gate.id not in since.gates:
                day = f"{gate.when:%Y-%m-%d}"
                found.append((day, 0, News(day, "gate", f"{gate.verdict}, {gate.of}")))
        for baseline in now.baselines:
            if baseline.id not in since.baselines:
                day = f"{baseline.created:%Y-%m-%d}"
                found.append((day, 0, News(day, "baseline", f"{baseline.label or baseline.id} was saved")))
        found += [
            ("", 0, News("", "note", f"{name} was begun")) for name in now.notes if name not in since.notes
        ]
    numbered = sorted(enumerate(found), key=lambda pair: (pair[1][0], pair[1][1], pair[0]), reverse=True)
    return tuple(news for _, (_, _, news) in numbered)


def updates_dict(found: Updates) -> dict[str, Any]:
    """Return them as JSON."""
    return {"since": found.since, "news": [dict(vars(one)) for one in found.news], "more": found.more}
