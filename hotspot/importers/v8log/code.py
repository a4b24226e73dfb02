"""The code of a V8 log at one moment: which function, stub or library an address lies in."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from hotspot.importers._js_frames import file_of_url, function_name
from hotspot.profile import UNKNOWN, Kind

# `name file:line:column` (no column in old logs); names and files may both have spaces, but a file mostly begins
# like one.
_LOCATED = re.compile(r"(.*?):(\d{1,9})(?::\d{1,9})?", re.DOTALL)
_FILE_BEGINS = re.compile(r"(?:^| )(?=/|[A-Za-z]:[\\/]|\\\\|[a-z][a-z-]+:)")
# How compiled code is marked in the log: optimised by Turbofan or Maglev, or compiled by Sparkplug.
_COMPILED = frozenset({"*", "+", "^"})
_JAVASCRIPT = frozenset({"JS", "LazyCompile", "Function", "Script", "Eval"})
_COMPILED_TYPES = frozenset({"RegExp", "Stub", "Handler"})


@dataclass(frozen=True)
class Code:
    """A piece of code as the builder wants it."""

    name: str
    file: str = ""
    line: int = 0
    module: str = ""
    kind: Kind = Kind.USER
    is_javascript: bool = False

    def same_function(self, other: Code) -> bool:
        """Whether both are versions of one function."""
        return (self.name, self.file, self.line) == (other.name, other.file, other.line)


def javascript(text: str, mark: str) -> Code:
    """Return the code of a function from its name in the log, ``name file:line:column``, and its mark.

    ``~`` is interpreted, ``^`` baseline code, ``+`` and ``*`` optimised; compiled versions have the kind JIT, and
    all versions of a function one name.
    """
    kind = Kind.JIT if mark in _COMPILED else Kind.USER
    located = _LOCATED.fullmatch(text)
    name, file = _split(located[1] if located else text, located is not None)
    file, line = file_of_url(file), int(located[2]) if located else 0
    return Code(function_name(name, file, line), file, line, kind=kind, is_javascript=True)


def _split(text: str, has_file: bool) -> tuple[str, str]:
    """Split ``name file``; where nothing looks like a file but one must be there, it is what has no space."""
    begins = _FILE_BEGINS.search(text)
    if begins is not None:
        return text[: begins.start()], text[begins.end() :]
    name, _, file = text.rpartition(" ")
    return (name, file) if has_file else (text, "")


def code_of(type_name: str, text: str, mark: str) -> Code:
    """Return the code that a ``code-creation`` line tells of.

    Code that is not a JavaScript function is named as V8 does in its own listings: ``Builtin:ArrayMap``.
    """
    if type_name in _JAVASCRIPT:
        return javascript(text, mark)
    kind = Kind.JIT if type_name in _COMPILED_TYPES else Kind.USER
    return Code(f"{type_name}:{text}", kind=kind)


class CodeMap:
    """Ranges of addresses: code that comes, moves and goes, in front of libraries that stay."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._codes: list[Code] = []
        self._libraries: list[tuple[int, int, Code]] = []

    def add(self, start: int, size: int, code: Code) -> None:
        """Add code, in place of all that it covers."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, start + max(size, 1))
        if first and self._ends[first - 1] > start:
            first -= 1
        self._starts[first:last] = [start]
        self._ends[first:last] = [start + size]
        self._codes[first:last] = [code]

    def move(self, start: int, to: int) -> None:
        """Move the code that starts at an address, if there is any."""
        place = self._at(start)
        if place >= 0:
            size, code = self._ends[place] - start, self._codes[place]
            self.remove(start)
            self.add(to, size, code)

    def remove(self, start: int) -> None:
        """Remove the code that starts at an address, if there is any."""
        place = self._at(start)
        if place >= 0:
            del self._starts[place], self._ends[place], self._codes[place]

    def add_library(self, path: str, start: int, end: int) -> None:
        """Add a shared library or binary; its functions are not in the log."""
        self._libraries.append((start, end, Code(UNKNOWN, module=path)))

    def find(self, address: int) -> Code | None:
        """Return what lies at an address."""
        place = bisect_right(self._starts, address) - 1
        if place >= 0 and address < self._ends[place]:
            return self._codes[place]
        return next((code for start, end, code in self._libraries if start <= address < end), None)

    def _at(self, start: int) -> int:
        place = bisect_left(self._starts, start)
        return place if place < len(self._starts) and self._starts[place] == start else -1
