r"""How pyinstrument writes a frame in one text: ``main\0/srv/a.py\x0012``, then what else is known after ``\x01`` each."""

from __future__ import annotations

from typing import NamedTuple


class FrameInfo(NamedTuple):
    """A function; line 0 is unknown."""

    name: str
    file: str
    line: int


def parse_frame(text: str) -> FrameInfo:
    """Return the function of a frame; a class among what is known goes before its name.

    Attributes of a frame are a letter and a text: ``l`` the line that ran, ``c`` the class of ``self``, ``b`` whether to hide it.
    """
    identifier, *attributes = text.split("\x01")
    name, _, rest = identifier.partition("\0")
    file, _, line = rest.partition("\0")
    for attribute in attributes:
        if attribute[:1] == "c":
            name = f"{attribute[1:]}.{name}"
    number = int(line) if line.isdecimal() and len(line) < 10 else 0
    return FrameInfo(name, "" if file == "<built-in>" else file, number)
