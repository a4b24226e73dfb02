"""pyinstrument JSON (``pyinstrument -r json``): one tree of frames with inclusive seconds.

Source: pyinstrument's renderers/jsonrenderer.py. A frame's time includes its children's; frames with an
``[self]``-like function name are pyinstrument's own and hold time of their parent. Times are decimal seconds; they are
kept as whole nanoseconds, finer than pyinstrument's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hotspot.builder import ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("pyinstrument", "pyinstrument JSON", (".pyisession", ".json"))

_SYNTHETIC = frozenset({"[self]", "[await]", "[out-of-context]", "[X frames hidden]"})


def detect(head: Head) -> Match:
    """A JSON object with ``root_frame`` and the session's facts."""
    text = head.text.lstrip()
    if text.startswith("{") and '"root_frame"' in text and '"sample_count"' in text:
        return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the tree; self is a frame's time less its children's, never below zero."""
    import msgspec

    try:
        document: Any = msgspec.json.decode(source.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedProfile(source.path, f"not valid JSON: {error}") from error
    root = document.get("root_frame") if isinstance(document, dict) else None
    if not isinstance(root, dict):
        raise MalformedProfile(source.path, "no root_frame: the session recorded nothing")
    builder = ProfileBuilder((ValueType("wall", "nanoseconds"),))
    parents: list[int] = []
    frames: list[int] = []
    own: list[int] = []
    exceeding = 0
    pending: list[tuple[dict[str, Any], int]] = [(root, -1)]
    while pending:
        frame, parent = pending.pop()
        children = frame.get("children") or []
        if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
            raise MalformedProfile(source.path, "children is not a list of frames")
        left = _time(frame, source.path) - sum(_time(child, source.path) for child in children)
        exceeding += left < 0
        name = frame.get("function")
        if name in _SYNTHETIC and parent >= 0 and not children:
            own[parent] += max(left, 0)
            continue
        position = len(parents)
        parents.append(parent)
        line = frame.get("line_no")
        frames.append(
            builder.frames.intern(
                str(name) if name else "[unknown]",
                str(frame.get("file_path_short") or frame.get("file_path") or ""),
                line if isinstance(line, int) and line > 0 else 0,
            )
        )
        own.append(max(left, 0))
        pending.extend((child, position) for child in children)
    handles = builder.add_nodes(parents, frames)
    builder.add_samples(handles, own)
    losses = [
        Loss(LossKind.DROPPED, "pyinstrument joined samples into times; their number per frame is not kept")
    ]
    if exceeding:
        losses.append(
            Loss(
                LossKind.INCONSISTENT,
                f"{exceeding} frames are shorter than their children: self is 0",
                exceeding,
            )
        )
    duration = document.get("duration")
    provenance = Provenance(
        path=source.path,
        sha256=source.sha256,
        format=INFO.name,
        producer="pyinstrument",
        duration_ns=round(duration * 1e9)
        if isinstance(duration, int | float) and 0 <= duration < 1e9
        else None,
        losses=tuple(losses),
    )
    return [builder.build(provenance)]


def _time(frame: dict[str, Any], path: str) -> int:
    time = frame.get("time", 0.0)
    if not isinstance(time, int | float) or not 0 <= time < 1e9:
        raise MalformedProfile(path, f"{time!r} of {frame.get('function')!r:.60} is not a time in seconds")
    return round(time * 1e9)
