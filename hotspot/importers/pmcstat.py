"""FreeBSD's `pmcstat -G`: call chains from the leaf to its callers, indented by a space a level.

::

    @ inst_retired.any [9 samples]

    77.78%  [7]        zfs_lz4_compress @ /boot/kernel/zfs.ko
     100.0%  [7]        zio_compress_data
      57.14%  [4]         zio_write_compress @ /boot/kernel/kernel

A function's image is printed where it differs from the one above. Samples that a function has more than its callers have
no further caller. Each event is a profile of its own. Source: pmcstat(8), option -G.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._collect import Skipped
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("pmcstat", "FreeBSD pmcstat call graph", (".pmcstat",))

_EVENT = re.compile(r"@ (?P<event>\S+) \[(?P<samples>\d{1,18}) samples\]")
_CALL = re.compile(
    r"(?P<depth> *)[\d.]+%\s+\[(?P<count>\d{1,18})\]\s+(?P<name>.*?)(?: @ (?P<module>\S+))?(?: \[.*\])?"
)
_DEEPEST = 10_000


def detect(head: Head) -> Match:
    """An event with its number of samples, and a call."""
    event = re.search(r"^@ \S+ \[\d+ samples\]\s*$", head.text, re.MULTILINE)
    call = re.search(r"^ *[\d.]+%\s+\[\d+\]\s+\S", head.text, re.MULTILINE)
    return Match.YES if event and call else Match.NO


@dataclass
class _Event:
    """One event's chains: ``open`` are frames from the leaf down to the last line, each with what has no caller yet."""

    name: str
    said: int
    builder: ProfileBuilder
    open: list[tuple[int, str, int]] = field(default_factory=list)
    flat: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=lambda: [0])
    counts: list[int] = field(default_factory=list)
    contradictions: int = 0

    def call(self, depth: int, name: str, module: str | None, count: int) -> None:
        self.close(depth)
        if self.open:
            frame, above, rest = self.open[-1]
            self.open[-1] = frame, above, rest - count
            module = above if module is None else module
        frame = self.builder.frames.intern(name, module=module or "")
        self.open.append((frame, module or "", count))

    def close(self, depth: int) -> None:
        """End the chains that are deeper: what is left of a count has no further caller."""
        while len(self.open) > depth:
            rest = self.open[-1][2]
            self.contradictions += rest < 0
            if rest > 0:
                self.flat.extend(frame for frame, _, _ in reversed(self.open))
                self.offsets.append(len(self.flat))
                self.counts.append(rest)
            self.open.pop()


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all events.

    Raises:
        EmptyProfile: no event has a sample.
        MalformedProfile: a call stands before its event, or deeper than the line before allows.
    """
    events: list[_Event] = []
    skipped = Skipped()
    for number, line in enumerate(source.lines(), 1):
        if event := _EVENT.fullmatch(line):
            builder = ProfileBuilder((ValueType(event["event"], "count"),))
            events.append(_Event(event["event"], int(event["samples"]), builder))
        elif call := _CALL.fullmatch(line):
            if not events:
                raise MalformedProfile(source.path, "a call before any event", line=number)
            depth = len(call["depth"])
            if depth > min(len(events[-1].open), _DEEPEST):
                raise MalformedProfile(source.path, "a call without the one above it", line=number)
            events[-1].call(depth, call["name"], call["module"], int(call["count"]))
        elif line:
            skipped.add(number)
    for each in events:
        each.close(0)
    filled = [each for each in events if each.counts]
    if not filled:
        raise EmptyProfile(source.path, "no event has a sample")
    losses = list(skipped.losses("no event and no call"))
    return [_profile(source, each, losses) for each in filled]


def _profile(source: Source, event: _Event, losses: list[Loss]) -> Profile:
    if sum(event.counts) >= 2**63:
        raise MalformedProfile(source.path, f"the samples of {event.name} exceed 2^63")
    event.builder.add_samples(event.builder.add_stacks(event.flat, event.offsets), event.counts)
    if event.contradictions:
        text = f"{event.contradictions} functions have fewer samples than their callers; those of the callers count"
        losses = [*losses, Loss(LossKind.INCONSISTENT, text, event.contradictions)]
    if missing := event.said - sum(event.counts):
        text = f"the file says {event.said:,} samples and has {sum(event.counts):,} of them"
        losses = [*losses, Loss(LossKind.INCONSISTENT, text, abs(missing))]
    provenance = Provenance(source.path, source.checksum, INFO.name, "pmcstat", losses=tuple(losses))
    return event.builder.build(provenance, label=event.name)
