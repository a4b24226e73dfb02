"""pprof's formats from before protocol buffers: gperftools, jemalloc, and what Go prints with ``debug=1``.

CPU profiles are binary, heaps (gperftools, jemalloc, Go, Java), lock contention, threads and Go's counts (goroutine,
threadcreate) are text. Samples are kept as pprof reads them: sampled heaps are scaled to estimates of the whole, the
signal handler's frames are taken out of CPU stacks. Most such files hold addresses without names, for which pprof
needs the program; here such frames are ``[unknown]`` in their module.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.importers.pprof_legacy.records import Records, is_text, read_cpu, read_text, word_type
from hotspot.profile import UNKNOWN, Kind, Loss, LossKind, Profile, Provenance, Thread

INFO = ImporterInfo("pprof-legacy", "pprof legacy formats", (".heap", ".cpu"))

_SYMBOLS = b"--- symbol\n"
_LARGEST = 2**63


def detect(head: Head) -> Match:
    """The words of a CPU profile, or the first line of a text format."""
    data = head.data
    if data.startswith(_SYMBOLS) or word_type(data):
        return Match.YES
    return Match.YES if b"\0" not in data and is_text(head.text) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples.

    Raises:
        EmptyProfile: there is none.
        MalformedProfile: a line or a record breaks the format.
    """
    data = source.read()
    start = 0
    names: list[str] = []
    if data.startswith(_SYMBOLS):
        end = data.find(b"\n---\n")
        start = data.find(b"\n", end + 5) + 1  # past the line `--- profile`
        if end < 0 or start == 0:
            raise MalformedProfile(source.path, "the file ends in its section of symbols", offset=len(data))
        names = decode_text(data[:end]).splitlines()
    if word_type(data[start:]):
        records = read_cpu(data, source.path, start)
    else:
        records = read_text(decode_text(data[start:]), source.path, data.count(b"\n", 0, start) + 1)
    records.symbols.add_symbol_section(names)
    if not records.stacks:
        raise EmptyProfile(source.path, "no sample in this file")
    if any(abs(value) >= _LARGEST for values in records.values for value in values):
        raise MalformedProfile(source.path, "a weight exceeds 2^63")
    return [_build(source, records)]


def _build(source: Source, records: Records) -> Profile:
    builder = ProfileBuilder(records.value_types)
    frames = _Frames(builder, records)
    flat: list[int] = []
    offsets = [0]
    for stack in records.stacks:
        for depth in range(len(stack) - 1, -1, -1):
            flat.extend(frames.at(stack[depth], is_leaf=depth == 0))
        offsets.append(len(flat))
    threads: dict[Thread, int] = {}
    of_thread = [threads.setdefault(thread, len(threads)) for thread in records.threads]
    builder.add_samples(builder.add_stacks(flat, offsets), records.values, None, of_thread or None)
    losses: list[Loss] = []
    if frames.unknown:
        losses.append(
            Loss(
                LossKind.DROPPED,
                f"{frames.unknown:,} of {len(frames.ids):,} addresses have no name in the file: "
                "pprof -proto PROGRAM FILE finds them",
                frames.unknown,
            )
        )
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer="",
        duration_ns=records.duration_ns,
        losses=tuple(losses),
    )
    return builder.build(provenance, threads=tuple(threads), selected=len(records.value_types) - 1)


class _Frames:
    """Frame ids of addresses, root first where functions are inlined."""

    def __init__(self, builder: ProfileBuilder, records: Records) -> None:
        self.ids: dict[tuple[int, bool], list[int]] = {}
        self.unknown = 0
        self._builder = builder
        self._symbols = records.symbols

    def at(self, address: int, *, is_leaf: bool) -> list[int]:
        key = (address, is_leaf)
        if key not in self.ids:
            self.ids[key] = self._intern(address, is_leaf)
        return self.ids[key]

    def _intern(self, address: int, is_leaf: bool) -> list[int]:
        names = self._symbols.names.get(address)
        if not names and not is_leaf:  # some tables have the return address, one past the call
            names = self._symbols.names.get(address + 1)
        module = self._symbols.module(address)
        if not names:
            self.unknown += 1
            return [self._builder.frames.intern(UNKNOWN, "", 0, module)]
        return [
            self._builder.frames.intern(
                symbol.name, symbol.file, symbol.line, module, Kind.INLINED if inlined else Kind.USER
            )
            for inlined, symbol in enumerate(names)
        ]
