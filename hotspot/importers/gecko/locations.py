"""Locations: how raw Firefox profiles, and processed ones before version 2, pack a frame into one text.

| text                                       | what it is                              |
|--------------------------------------------|-----------------------------------------|
| ``0x7fff5fbff8c0``                         | an address without a symbol             |
| ``js::RunScript(JSContext*) (in XUL) + 12``| a native function, its module           |
| ``main (https://example.org/app.js:31:7)`` | JavaScript; its line and column         |
| ``emit (resource://a.js -> resource://b.js:9)`` | a script (b.js) that a loader wrapped |
| ``file:///srv/app.js:30``                  | the top level of a script               |
| ``PresShell::DoReflow (Layout)``           | a label, as anything else               |
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.importers._js_frames import file_of_url, function_name

ADDRESS = re.compile(r"0x[0-9a-fA-F]{1,16}")
# What Firefox calls a JavaScript frame that runs compiled code.
COMPILED = frozenset({"ion", "baseline", "wasm-ion", "wasm-baseline"})

_NATIVE = re.compile(r"(.*) \(in ([^()]*)\)(?: \+ ?\w+)?", re.DOTALL)
_POSITION = r"(?::(\d{1,9}))?(?::\d{1,9})?"
_CALL = re.compile(rf"(.*?) \((.+?){_POSITION}\)", re.DOTALL)
_URL = re.compile(r"self-hosted|[A-Za-z][\w+.-]*:|/")
_SCRIPT = re.compile(rf"((?:self-hosted|[A-Za-z][\w+.-]*://).*?){_POSITION}", re.DOTALL)


@dataclass(frozen=True)
class Location:
    """A function as a location spells it; the line is where the function begins, 0 where unknown."""

    name: str
    file: str = ""
    line: int = 0
    module: str = ""


def parse_location(text: str) -> Location:
    """Take a location that is no address apart."""
    if native := _NATIVE.fullmatch(text):
        return Location(native[1], module=native[2])
    call, script = _CALL.fullmatch(text), _SCRIPT.fullmatch(text)
    if call is not None and (call[3] or _URL.match(call[2])):
        name, url, position = call.groups()
    elif script is not None:
        name, (url, position) = "", script.groups()
    else:
        return Location(text)
    file, line = file_of_url(url.rsplit(" -> ", 1)[-1]), int(position or 0)
    return Location(function_name(name, file, line), file, line)
