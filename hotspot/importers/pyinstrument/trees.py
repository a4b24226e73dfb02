"""pyinstrument's JSON and pages: one tree of frames with inclusive seconds.

A frame's time includes its children's; frames with an ``[self]``-like function name are pyinstrument's own and hold time
of their parent. JSON has a key for each fact of a frame; pages since version 5 have ``identifier``, which holds them all.
Source: pyinstrument's renderers/jsonrenderer.py and renderers/html.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hotspot.builder import ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.importers.pyinstrument.frames import FrameInfo, parse_frame
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

_ROUNDING = 1_000  # nanoseconds: times are printed with six digits
_SYNTHETIC = frozenset({"[self]", "[await]", "[out-of-context]", "[X frames hidden]"})


def read_tree(path: str, root: dict[str, Any], provenance: Provenance) -> Profile:
    """Read the tree; self is a frame's time less its children's, never below zero.

    Raises:
        MalformedProfile: naming the frame.
    """
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
            raise MalformedProfile(path, "children is not a list of frames")
        left = _time(frame, path) - sum(_time(child, path) for child in children)
        exceeding += left < -_ROUNDING * (len(children) + 1)
        name, file, line = _info(frame)
        if name in _SYNTHETIC and parent >= 0 and not children:
            own[parent] += max(left, 0)
            continue
        position = len(parents)
        parents.append(parent)
        frames.append(builder.frames.intern(name or UNKNOWN, file, line))
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
    return builder.build(replace(provenance, losses=tuple(losses)))


def _info(frame: dict[str, Any]) -> FrameInfo:
    if isinstance(frame.get("identifier"), str):
        classes = [f"\x01{key}" for key in frame.get("attributes") or () if key[:1] == "c"]
        # One frame may stand for several classes' methods, which share their code.
        return parse_frame(frame["identifier"] + (classes[0] if len(classes) == 1 else ""))
    line = frame.get("line_no")
    return FrameInfo(
        str(frame.get("function") or ""),
        str(frame.get("file_path_short") or frame.get("file_path") or ""),
        line if isinstance(line, int) and line > 0 else 0,
    )


def _time(frame: dict[str, Any], path: str) -> int:
    time = frame.get("time", 0.0)
    if not isinstance(time, int | float) or not 0 <= time < 1e9:
        raise MalformedProfile(path, f"{time!r} of {frame.get('function')!r:.60} is not a time in seconds")
    return round(time * 1e9)
