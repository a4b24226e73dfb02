"""pyinstrument: its JSON (``-r json``), its pages (``-r html``) and its saved sessions (``-r session``).

JSON and pages hold a tree of frames with inclusive seconds, see `hotspot.importers.pyinstrument.trees`; a session holds
every sample, see `hotspot.importers.pyinstrument.session`. Times are decimal seconds; they are kept as whole
nanoseconds, finer than pyinstrument's clock. Lines are those where functions begin.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from hotspot.errors import MalformedProfile
from hotspot.importers._web_json import decode, is_number, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.importers.pyinstrument.session import read_session
from hotspot.importers.pyinstrument.trees import read_tree
from hotspot.profile import Profile, Provenance

INFO = ImporterInfo(
    "pyinstrument", "pyinstrument JSON, pages and sessions", (".pyisession", ".json", ".html")
)

_PAGE = re.compile(rb"\s*<(?:!doctype html|html)\b", re.IGNORECASE)
# What a page draws: of version 5 `{"session": {...}, "frame_tree": {...}}`, before the same as the JSON.
_DATA = re.compile(r'\{\s*"(?:session"\s*:\s*\{\s*"start_time|start_time)"\s*:')


def detect(head: Head) -> Match:
    """Tell JSON by the session's facts, and a page by the script that draws it."""
    seen = outline(head.data)
    if seen is not None:
        known = {"root_frame", "sample_count"} <= seen.keys or {
            "min_interval",
            "start_call_stack",
        } <= seen.keys
        return Match.YES if known and not seen.is_array else Match.NO
    is_page = _PAGE.match(head.data) is not None and b"pyinstrumentHTMLRenderer" in head.data
    return Match.YES if is_page else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read a tree or a session.

    Raises:
        MalformedProfile: naming the place in the file.
        EmptyProfile: it has no sample.
    """
    path = source.path
    data = without_mark(source.read())
    document = (
        _drawn(path, decode_text(data)) if data.lstrip()[:1] == b"<" else decode(path, data, dict[str, Any])
    )
    facts = document.get("session", document)
    duration: Any = facts.get("duration") if isinstance(facts, dict) else None
    provenance = Provenance(
        path=path,
        checksum=source.checksum,
        format=INFO.name,
        producer="pyinstrument",
        duration_ns=round(duration * 1e9) if is_number(duration) and 0 <= duration < 1e9 else None,
    )
    if "frame_records" in document:
        return [read_session(path, document, provenance)]
    root = document.get("root_frame", document.get("frame_tree"))
    if not isinstance(root, dict):
        raise MalformedProfile(path, "no root_frame: the session recorded nothing")
    return [read_tree(path, root, provenance)]


def _drawn(path: str, page: str) -> dict[str, Any]:
    """Return the data of a page."""
    for place in _DATA.finditer(page):
        try:
            found, _ = json.JSONDecoder().raw_decode(page, place.start())
        except ValueError:
            continue
        return dict(found)
    raise MalformedProfile(path, "the page holds no data of pyinstrument that could be read")
