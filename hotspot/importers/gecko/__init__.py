"""Firefox Profiler profiles: what Firefox records, what profiler.firefox.com saves, and what samply writes.

Read are the raw ("Gecko") format from version 3 on, also as Firefox's old devtools wrapped it, and the processed
format of all versions, from those without a version to the newest, in which threads share their tables. All threads of all processes are one
profile; each sample has its thread, named ``process/thread``.

- ``samples/count``: samples, or their weights. Profiles that were converted from traces or sizes have weights in
  milliseconds (``wall/nanoseconds``) or bytes (``size/bytes``) instead.
- ``wall/nanoseconds``: a sample lasts until the next one of its thread; the last one gets nothing (as in
  speedscope's firefox.ts).
- ``cpu/nanoseconds`` (or ``cpu/cycles``): CPU time since the previous sample of the thread, where it was recorded.

CPU time is selected where there is any, else time by the clock. A line is the one that ran, where that is known,
else the function's. ``(root)`` is not a frame. A native function without a symbol is ``[unknown]`` in its module.
Markers and counters are no samples and are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hotspot.importers._web_columns import MILLISECOND, scaled
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.profile import Loss, Profile, Provenance

if TYPE_CHECKING:
    from hotspot.importers.gecko.shapes import Meta, Outermost

INFO = ImporterInfo("gecko", "Firefox Profiler profile (also samply)", (".gecko.json", ".profile.json"))

_OLDEST = 3
_OWN_WORDS = (
    b'"preprocessedProfileVersion"',
    b'"gcpoison"',
    b'"stackwalk"',
    b'"processType"',
    b'"breakpadId"',
)


def detect(head: Head) -> Match:
    """Tell a profile by its ``meta``, wherever it stands."""
    seen = outline(head.data)
    if seen is None or seen.is_array:
        return Match.NO
    own = any(word in head.data for word in _OWN_WORDS)
    if ("meta" in seen.keys or "profile" in seen.keys) and own:
        return Match.YES
    if {"meta", "threads"} <= seen.keys:
        return Match.MAYBE
    # Long tables may come before what tells more.
    early = "libs" in seen.keys and b'"breakpadId"' in head.data
    return Match.MAYBE if not head.complete and early else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all threads into one profile.

    Raises:
        MalformedProfile: naming the place in the file.
        NotThisFormat: it has no ``meta`` with a version.
    """
    from hotspot.importers.gecko.processed import read_processed
    from hotspot.importers.gecko.raw import read_raw
    from hotspot.importers.gecko.shapes import Outermost, ProcessedProfile, RawProfile
    from hotspot.importers.gecko.tables import Facts, assemble

    path = source.path
    data = without_mark(source.read())
    outermost = decode(path, data, Outermost)
    duration, at = outermost.duration, ""
    if outermost.meta is None and bytes(outermost.profile)[:1] == b"{":
        data, at = bytes(outermost.profile), "profile."
        outermost = decode(path, data, Outermost, at="profile")
    meta = outermost.meta
    if meta is None or (meta.version is None and meta.preprocessed_profile_version is None):
        raise NotThisFormat(path, "no meta with a version, which Firefox profiles have")
    facts = Facts()
    if _is_processed(outermost):
        threads = read_processed(path, decode(path, data, ProcessedProfile, at=at[:-1]), facts)
    elif (meta.version or 0) < _OLDEST:
        raise NotThisFormat(path, f"{at}meta.version: {meta.version} is older than what is read, {_OLDEST}")
    else:
        threads = read_raw(path, decode(path, data, RawProfile, at=at[:-1]), facts, at)

    def provenance(losses: tuple[Loss, ...]) -> Provenance:
        return Provenance(
            path=path,
            checksum=source.checksum,
            format=INFO.name,
            producer=_producer(meta),
            duration_ns=_duration(path, meta, duration),
            losses=losses,
        )

    return [assemble(path, list(threads), facts, provenance)]


def _is_processed(outermost: Outermost) -> bool:
    """Tell the formats apart; processed profiles had no version of their own at first."""
    if outermost.meta is not None and outermost.meta.preprocessed_profile_version is not None:
        return True
    threads = outermost.threads or []
    return any(not isinstance(thread, str) and bytes(thread.string_array) for thread in threads)


def _producer(meta: Meta) -> str:
    """Name the program: converters say what they read, Firefox its release."""
    if meta.imported_from:
        return meta.imported_from
    release = (meta.misc or "").removeprefix("rv:")
    return f"{meta.product or ''} {release}".strip()


def _duration(path: str, meta: Meta, wrapped: int | float | None) -> int | None:
    """Return how long was profiled, as far as the file tells."""
    begin, end = meta.profiling_start_time, meta.profiling_end_time
    if begin is None or end is None:
        begin, end = 0, wrapped or 0
    start, stop = scaled(path, [begin, end], MILLISECOND, "duration")
    return int(stop - start) if stop > start else None
