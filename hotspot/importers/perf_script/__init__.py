"""Text that `perf script` prints, in every set of fields (``-F``) that shows a stack.

How lines look is in `hotspot.importers.perf_script.lines`, what they mean together in `parse`, how the profile
comes about in `profile`. Decisions of this importer:

* The root of a stack is the command, a frame of kind process. perf's default fields print the thread id only, so
  a single number is a thread and its process is unknown.
* Offsets (``+0x1f``) and the ``L`` of a Java descriptor are not part of a name; all else is kept as printed.
  Where no symbol is printed, the address is the name.
* Lines that cannot be read are counted; the profile says how many and where the first one is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.importers.perf_script.columns import Columns
from hotspot.importers.perf_script.compiled import CompiledParser
from hotspot.importers.perf_script.headers import MISSING
from hotspot.importers.perf_script.parse import ScriptParser
from hotspot.importers.perf_script.pieces import line_number, pieces
from hotspot.importers.perf_script.profile import assemble, counted
from hotspot.native.perf_script import perf_script_library
from hotspot.profile import Loss, LossKind, Profile, Provenance

INFO = ImporterInfo(
    "perf-script", "Linux perf script text", (".perf", ".perf.txt", ".linux-perf.txt", ".stacks")
)

_HEADER_BLOCK = re.compile(
    r"\A\s*# ========\s*$.*?^# (?:captured on|perf version|cmdline)\b", re.DOTALL | re.MULTILINE
)
_RECORD = re.compile(r"\d\.\d{6}(?:\d{3})?: PERF_RECORD_")  # hundreds of them may come first
_VERSION = re.compile(r"^# perf version : *(\S+)", re.MULTILINE)
_DURATION = re.compile(r"^# sample duration : *(\d{1,12})(?:\.(\d{1,6}))? ms", re.MULTILINE)
# `perf script -D` prints every record's bytes; some of its lines look like samples and are none.
_RAW_DUMP = re.compile(r"\s*0x[0-9a-f]+(?:@\S+)? \[0x[0-9a-f]+\]: event: \d+")
# SystemTap's and DTrace's frames and counts look like headers and frames.
_OTHER_STACKS = re.compile(r"\A\s*0x[0-9a-f]+ : \S|^ {4,40}[^\s`]{1,200}`\S", re.MULTILINE)
_REPORT = re.compile(
    r"^# (?:Overhead\b|Samples: .* of event|To display the perf\.data header info)", re.MULTILINE
)


def detect(head: Head) -> Match:
    """Say whether the head looks like perf script text.

    Certain with a header block of perf, or samples that have a header and a frame below or behind it, in a head
    that is mostly readable. A report of perf is taken too, so that `load` can say what to do instead.
    """
    text = head.text
    if "\0" in text[:4096] or _RAW_DUMP.match(text) or _OTHER_STACKS.search(text):
        return Match.NO
    if _REPORT.search(text) or _HEADER_BLOCK.search(text) or _RECORD.search(text):
        return Match.YES
    return _resemblance(_parse_head(head))


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples of all events into one profile.

    Raises:
        MalformedProfile: it is the output of `perf report`.
        EmptyProfile: it has no sample.
        NotThisFormat: it is something else.
    """
    text = source.head.text
    if _REPORT.search(text):
        raise MalformedProfile(
            source.path,
            "this is the output of `perf report`, which has no samples",
            hint="run `perf script -i perf.data > profile.perf.txt` where it was recorded and read that",
        )
    columns = _read(source)
    if _resemblance(columns) is Match.NO and detect(source.head) is not Match.YES:
        raise NotThisFormat(source.path, "no samples as `perf script` prints them")
    version, duration = _VERSION.search(text), _DURATION.search(text)
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer=f"perf {version[1]}" if version else "perf",
        duration_ns=int(duration[1] + (duration[2] or "").ljust(6, "0")) if duration else None,
    )
    return [assemble(columns, provenance, losses=_skipped(source, columns))]


def _read(source: Source) -> Columns:
    parser = _parser()
    with source.open() as stream:
        for piece, offset, stop in pieces(stream, source.path):
            parser.feed(piece, offset, stop)
    return parser.columns()


def _parser() -> ScriptParser | CompiledParser:
    native = perf_script_library()
    return ScriptParser() if native is None else CompiledParser(native)


def _resemblance(columns: Columns) -> Match:
    """Say how much what was read looks like samples: stacks under full headers, or at least stacks or timed events."""
    best = Match.NO
    has_name = np.array([bool(event) for event in columns.events], dtype=bool)
    for rows in columns.batches:
        stacked = columns.stacks.have_frames(rows.stack)
        named, timed = has_name[rows.event], rows.time != MISSING
        if bool((stacked & timed & named).any()):
            return Match.YES
        if bool((stacked & (timed | named)).any()):
            best = Match.YES
        elif bool(stacked.any() or (timed & named).any()):
            best = max(best, Match.MAYBE)
    return best if columns.oddities.skipped * 2 <= columns.oddities.lines else Match.NO


def _parse_head(head: Head) -> Columns:
    data = head.text.encode("utf-8", errors="replace").replace(b"\r\n", b"\n")
    parser = _parser()
    parser.feed(data if head.complete else data[: data.rfind(b"\n") + 1], 0)
    return parser.columns()


def _skipped(source: Source, columns: Columns) -> list[Loss]:
    odd = columns.oddities
    count, places = odd.skipped, [odd.skipped_at]
    if columns.has_headers():
        count += odd.headless
        places.append(odd.headless_at)
    known = [place for place in places if place is not None]
    if not count or not known:
        return []
    with source.open() as stream:
        line = line_number(stream, source.path, min(known))
    text = f"{counted(count, 'line')} could not be read, the first at line {line}"
    return [Loss(LossKind.SKIPPED, text, count)]
