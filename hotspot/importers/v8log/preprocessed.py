"""What ``node --prof-process --preprocess`` makes of a log: its code and ticks as JSON.

::

    {"code": [{"name": "main /srv/a.js:1:5", "type": "JS", "kind": "Opt", "func": 0}, {"name": "/usr/bin/node", "type": "SHARED_LIB"}, ...],
     "functions": [...], "scripts": [...], "ticks": [{"tm": 9897, "vm": 0, "s": [0, 12, 1, 4096]}, ...]}

A stack is pairs of code and offset, leaf first; -1 is no code that was known. Unlike the log it names functions of binaries,
which V8's processor asked ``nm`` for. Source: V8's tools/profile.mjs (``writeJson``) and tools/tickprocessor.mjs.
"""

from __future__ import annotations

from array import array
from typing import Annotated

import msgspec

from hotspot.errors import MalformedProfile
from hotspot.importers._web_json import decode
from hotspot.importers.v8log.code import Code, code_of, javascript
from hotspot.importers.v8log.ticks import COLLECTOR, NOTHING, Ticks
from hotspot.profile import UNKNOWN

_INTERPRETED = "Unopt"
_COLLECTING = 1  # the state of the virtual machine


class _Code(msgspec.Struct, gc=False):
    name: str = ""
    type: str = ""
    kind: str = ""


class _Tick(msgspec.Struct, gc=False):
    tm: Annotated[int, msgspec.Meta(ge=0, lt=2**52)]
    s: list[int]
    vm: int = 0


class _File(msgspec.Struct):
    code: list[_Code]
    ticks: list[_Tick]


def read_preprocessed(path: str, data: bytes) -> Ticks:
    """Read all ticks.

    Raises:
        MalformedProfile: naming the place in the file.
    """
    file = decode(path, data, _File)
    ticks = Ticks()
    numbers: dict[int, int] = {-1: ticks.number(NOTHING)}  # most code never runs
    for row, tick in enumerate(file.ticks):
        stack = []
        for index in tick.s[::2]:
            number = numbers.get(index)
            if number is None:
                if not 0 <= index < len(file.code):
                    raise MalformedProfile(path, f"ticks[{row}].s: there is no code {index}")
                number = numbers[index] = ticks.number(_code(file.code[index]))
            stack.append(number)
        if tick.vm == _COLLECTING:
            stack = [ticks.number(COLLECTOR), *(n for n in stack if ticks.codes[n].is_javascript)]
        ticks.add(array("q", stack or [numbers[-1]]), tick.tm)
    return ticks


def _code(code: _Code) -> Code:
    if code.type == "JS":
        return javascript(code.name, "~" if code.kind == _INTERPRETED else "*")
    if code.type == "SHARED_LIB":
        return Code(UNKNOWN, module=code.name)
    if code.type == "CPP":
        return Code(code.name.partition("@@")[0])
    return code_of(code.kind or code.type, code.name, "")
