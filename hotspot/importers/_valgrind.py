"""How Valgrind's tools spell a frame: ``0x10923D: main (w.c:5)``, ``0x1: f (in /usr/lib/x.so)``, ``0x1: ???``."""

from __future__ import annotations

import re

from hotspot.builder import FrameTable
from hotspot.profile import UNKNOWN

_FRAME = re.compile(r"(?:0x[0-9A-Fa-f]+: )?(?P<name>.*?)(?: \((?P<place>[^()]*)\))?", re.DOTALL)
_LINE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})(?::\d+)?", re.DOTALL)  # Rust's dhat adds the column


def intern_frame(frames: FrameTable, text: str) -> int:
    """Return the id of a frame."""
    parts = _FRAME.fullmatch(text)
    if parts is None:
        return frames.intern(text)
    name, place = parts["name"], parts["place"] or ""
    if name in ("???", ""):
        name = UNKNOWN
    if place.startswith("in "):
        return frames.intern(name, module=place[3:])
    if located := _LINE.fullmatch(place):
        return frames.intern(name, located["file"], int(located["line"]))
    if place.startswith("???"):
        place = ""
    # Parentheses that hold no place are part of the name.
    return frames.intern(f"{name} ({place})" if place else name)
