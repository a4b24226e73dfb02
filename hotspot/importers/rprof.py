"""R's ``Rprof()``: a header, then a sample a line, functions leaf first in quotes.

::

    line profiling: sample.interval=20000
    #File 1: fit.R
    "lm.fit" 1#12 "lm" 1#3 "main"

``1#12`` is line 12 of file 1 and stands before the function that it is in. With memory profiling a line begins with
four numbers between colons, which are not kept. R samples whole lines, each as long as the interval, in microseconds.
Source: ``?Rprof`` and ``?summaryRprof`` of R.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("rprof", "R's Rprof", (".Rprof", ".out"))

_HEADER = re.compile(r"(?:(?:memory|GC|line) profiling: )*sample\.interval=(?P<interval>\d{1,12})\s*")
_FILE = re.compile(r"#File (?P<number>\d+): (?P<path>.*)")
_MEMORY = re.compile(r":\d+:\d+:\d+:\d+:")
_WORD = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)"(?=\s|$)|(?P<file>\d{1,9})#(?P<line>\d{1,9})(?=\s|$)')


def detect(head: Head) -> Match:
    """Look at the first line."""
    return Match.YES if _HEADER.match(head.text[:200]) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples; equal lines are taken apart once.

    Raises:
        MalformedProfile: the interval is missing, or changes within the file.
        EmptyProfile: there is no sample.
    """
    builder = ProfileBuilder((ValueType("time", "microseconds"), ValueType("samples", "count")))
    files: dict[str, str] = {}
    interval, skipped, first_skipped, memory = 0, 0, 0, False
    stacks: dict[str, int] = {}
    flat: list[int] = []
    offsets = [0]
    counts: list[int] = []
    for number, raw in enumerate(decode_text(source.read()).splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        if header := _HEADER.fullmatch(line):
            if interval not in (0, int(header["interval"])):
                raise MalformedProfile(source.path, "recordings of different intervals", line=number)
            interval = int(header["interval"])
            continue
        if file := _FILE.fullmatch(line):
            files[file["number"]] = file["path"]
            continue
        text = _MEMORY.sub("", line, count=1) if line[0] == ":" else line
        memory = memory or text is not line
        if text not in stacks:
            frames = _frames(builder, text, files)
            if frames is None:
                skipped, first_skipped = skipped + 1, first_skipped or number
                continue
            stacks[text] = len(counts)
            counts.append(0)
            flat += frames
            offsets.append(len(flat))
        counts[stacks[text]] += 1
    if not interval:
        raise MalformedProfile(source.path, "no line says sample.interval", line=1)
    if not counts:
        raise EmptyProfile(source.path, "no samples after the header")
    if sum(counts) * interval >= 2**63:
        raise MalformedProfile(source.path, "the samples last longer than 2^63 microseconds")
    samples = np.array(counts, dtype=np.int64)
    builder.add_samples(builder.add_stacks(flat, offsets), np.stack([samples * interval, samples], axis=1))
    losses = []
    if skipped:
        losses.append(
            Loss(LossKind.SKIPPED, f"{skipped} lines are no sample, first line {first_skipped}", skipped)
        )
    if memory:
        losses.append(Loss(LossKind.DROPPED, "memory use at each sample is not kept"))
    return [builder.build(Provenance(source.path, source.checksum, INFO.name, "R", losses=tuple(losses)))]


def _frames(builder: ProfileBuilder, text: str, files: dict[str, str]) -> list[int] | None:
    """Return the frames of a sample, root first; None where the line is none."""
    frames: list[int] = []
    place, end = ("", 0), 0
    for word in _WORD.finditer(text):
        if text[end : word.start()].strip():
            return None
        end = word.end()
        if word["name"] is None:
            place = files.get(word["file"], ""), int(word["line"])
        else:
            frames.append(builder.frames.intern(word["name"] or "<Anonymous>", *place))
            place = ("", 0)
    if text[end:].strip() or not frames:
        return None
    return frames[::-1]
