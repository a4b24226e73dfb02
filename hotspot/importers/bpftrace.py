"""What bpftrace prints of maps that count stacks: ``@[kstack]``, ``@[kstack, ustack, comm]`` and the like.

::

    @samples[
        vfs_read+156
        ksys_read+95
    ,
        read+20
        main+7
    , bash]: 12

Stacks are leaf first; of several, the first is nearest the leaf, so ``kstack`` stands before ``ustack``. Keys that are no
stack, such as ``comm`` and ``pid``, name the process. Maps of one file measure different things: each is a profile.
Offsets are not part of a name. Source: bpftrace's language reference, "Map printing" and "kstack".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._collect import Skipped
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.labels import parse_label
from hotspot.profile import Kind, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("bpftrace", "bpftrace maps of stacks", (".bt.txt",))

_OPEN = re.compile(r"@(?P<map>\w*)\[(?P<keys>[^\]]*,\s*)?")
_CLOSE = re.compile(r"(?P<keys>(?:,\s*.*)?)\]:\s*(?P<count>-?\d{1,30})")
_BETWEEN = re.compile(r",(?P<keys>.*)")
_FRAME = re.compile(r"\s+\S.*")
_OFFSET = re.compile(r"\+(?:0x[0-9a-fA-F]+|\d+)(?=$|\s+[(\[])")
_ADDRESS = re.compile(r"^[0-9a-f]{8,16} (?=\S)")  # stacks in the mode `perf` have addresses
_BANNER = re.compile(r"Attach(?:ing|ed) (?:to )?\d+ probes?(?:\.\.\.)?|\^C|Lost \d+ events|")
_MOST = 2**63 - 1


def detect(head: Head) -> Match:
    """A map that opens with a bracket, and a frame on the next line."""
    return (
        Match.YES
        if re.search(r"^@\w*\[(?:[^\]\n]*,)?[ \t]*\r?\n[ \t]+\S", head.text, re.MULTILINE)
        else Match.NO
    )


@dataclass
class _Map:
    """One map's stacks: root first, end to end."""

    builder: ProfileBuilder = field(default_factory=lambda: ProfileBuilder((ValueType("samples", "count"),)))
    ids: dict[str, int] = field(default_factory=dict)
    flat: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=lambda: [0])
    counts: list[int] = field(default_factory=list)

    def add(self, frames: Sequence[str], keys: Sequence[str], count: int) -> None:
        """Add a stack, leaf first, and the process that its keys name."""
        if keys:
            self.flat.append(self.builder.frames.intern(", ".join(keys), kind=Kind.PROCESS))
        self.flat.extend(self._frame(text) for text in reversed(frames))
        self.offsets.append(len(self.flat))
        self.counts.append(count)

    def _frame(self, text: str) -> int:
        if text not in self.ids:
            label = parse_label(_OFFSET.sub("", _ADDRESS.sub("", text)))
            self.ids[text] = self.builder.frames.intern(
                label.name, label.file, label.line, label.module, label.kind
            )
        return self.ids[text]


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all maps that count stacks; other lines are counted as skipped.

    Raises:
        EmptyProfile: no stack has a count.
        MalformedProfile: a count exceeds 2^63.
    """
    maps: dict[str, _Map] = {}
    opened: str | None = None
    frames: list[str] = []
    keys: list[str] = []
    skipped = Skipped()
    for number, line in enumerate(source.lines(), 1):
        if begin := _OPEN.fullmatch(line):
            opened, frames, keys = begin["map"], [], _keys(begin["keys"])
        elif opened is not None and (end := _CLOSE.fullmatch(line)):
            if abs(int(end["count"])) > _MOST:
                raise MalformedProfile(source.path, "a count exceeds 2^63", line=number)
            maps.setdefault(opened, _Map()).add(frames, keys + _keys(end["keys"]), int(end["count"]))
            opened = None
        elif opened is not None and (between := _BETWEEN.fullmatch(line)):
            keys += _keys(between["keys"])
        elif opened is not None and _FRAME.fullmatch(line):
            frames.append(line.strip())
        elif not (_BANNER.fullmatch(line) or (opened is not None and not line)):
            skipped.add(number)
    if not maps:
        raise EmptyProfile(source.path, "no stack with a count")
    losses = list(skipped.losses("no stack and no count"))
    if opened is not None:
        losses.append(Loss(LossKind.TRUNCATED, "the last stack has no count: the file ends early", 1))
    provenance = Provenance(source.path, source.checksum, INFO.name, "bpftrace", losses=tuple(losses))
    return [_profile(found, provenance, f"@{name}") for name, found in maps.items()]


def _profile(found: _Map, provenance: Provenance, label: str) -> Profile:
    found.builder.add_samples(found.builder.add_stacks(found.flat, found.offsets), found.counts)
    return found.builder.build(provenance, label=label)


def _keys(text: str | None) -> list[str]:
    return [key.strip() for key in (text or "").split(",") if key.strip()]
