"""A frame of a Java stack trace: ``app.Main.run(Main.java:12)``, with its module or class loader before it where Java prints it."""

from __future__ import annotations

import re

_FRAME = re.compile(r"(?:(?P<module>[^()\s/]*)/{1,2})?(?P<name>[^()\s]+(?:\s[^()]+)?)\((?P<place>[^()]*)\)")
_PLACE = re.compile(r"(?:[^:]*/)?(?P<file>[^:/]+\.\w+)(?::(?:(?P<line>\d{1,9})|Unknown line))?")


def java_place(text: str) -> tuple[str, str, int]:
    """Return the name, the file (empty where unknown) and the line (0 where unknown) of a frame.

    What Java 9 and later print before the class (``java.base@17/``, ``app//``) is no part of a name; a place that is
    no file (``Native Method``, ``Unknown Source``) is none. Text of another shape is a name as a whole.
    """
    found = _FRAME.fullmatch(text.strip())
    if found is None:
        return text.strip(), "", 0
    place = _PLACE.fullmatch(found["place"])
    return (found["name"], place["file"], int(place["line"] or 0)) if place else (found["name"], "", 0)
