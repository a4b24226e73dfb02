"""A frame of a Java stack trace: ``app.Main.run(Main.java:12)``, with its module or class loader before it where Java prints it."""

from __future__ import annotations

import re

from hotspot.builder import FrameTable

_FRAME = re.compile(r"(?:(?P<module>[^()\s/]*)/{1,2})?(?P<name>[^()\s]+(?:\s[^()]+)?)\((?P<place>[^()]*)\)")
_PLACE = re.compile(r"(?:[^/:]*/)?(?P<file>[^:/]+\.\w+)(?::(?P<line>\d{1,9}))?(?:\(Compiled Code\))?")


def java_frame(frames: FrameTable, text: str) -> int:
    """Intern a frame and return its id.

    What Java 9 and later print before the class (``java.base@17/``, ``app//``) is no part of a name; a place that is
    no file (``Native Method``, ``Unknown Source``) is none. Text of another shape is a name as a whole.
    """
    found = _FRAME.fullmatch(text.strip())
    if found is None:
        return frames.intern(text.strip())
    place = _PLACE.match(found["place"])
    if place is None:
        return frames.intern(found["name"])
    return frames.intern(found["name"], place["file"], int(place["line"] or 0))
