"""Which function an event is of, and where: every writer says it in its own way.

| writer | event |
|---|---|
| py-spy | ``args`` with ``filename`` and ``line`` |
| Hermes (React Native) | ``args`` with ``allocatedCategory``, ``url`` and ``line`` |
| Rust's tracing-chrome | ``.file`` and ``.line`` beside the name |
| VizTracer | ``f (/srv/a.py:3)`` |
| PyTorch, with_stack | ``torch/nn/modules/module.py(1194): _call_impl`` |
| JAX | ``$profiler.py:91 start_trace`` |
| clang -ftime-trace | ``args`` with a ``detail``: the file of a ``Source``, else what was parsed or instantiated |
| TypeScript --generateTrace | ``args`` with a ``path`` |

Some writers also put sums of their other events into a trace, as events: `is_summary`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import msgspec

from hotspot.importers._js_frames import file_of_url
from hotspot.importers._web_json import decode_row
from hotspot.importers.chrome_trace.shapes import Event

_Place = tuple[str, str, int]  # name, file, line

_VIZTRACER = re.compile(r"(?P<name>.+) \((?P<file>[^()]*\.\w+|<[^<>]+>):(?P<line>[1-9]\d{0,8})\)", re.DOTALL)
_PYTORCH = re.compile(r"(?P<file>.+\.py|<[^<>]+>)\((?P<line>\d{1,9})\): (?P<name>.+)", re.DOTALL)
_JAX = re.compile(r"\$(?P<file>[^\s:]+\.py):(?P<line>\d{1,9}) (?P<name>.+)", re.DOTALL)
_TYPESCRIPT = re.compile(r"\.(?:[cm]?[jt]s|[jt]sx|json|vue|svelte)\Z")


class _Arguments(msgspec.Struct):
    """What arguments may say of a place, of whatever type."""

    filename: Any = None
    url: Any = None
    path: Any = None
    line: Any = None


class _Detail(msgspec.Struct):
    detail: str = ""


@cache
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def is_summary(name: str, category: str | None, args: bytes) -> bool:
    """Whether an event sums up others of its trace, so that their time would count twice.

    clang's ``Total Frontend``, one a kind of work; the critical path of Bazel, made of actions that stand on their own
    threads; the span of PyTorch's profiler around everything.
    """
    if category == "critical path component" or (category == "Trace" and name.startswith("PyTorch Profiler")):
        return True
    return name.startswith("Total ") and b'"avg ms"' in args


def frame_of(event: Event, name: str, args: bytes, is_clang: bool) -> _Place:
    """Return the name, file and line of the function that an event is of; line 0 where unknown."""
    if isinstance(event.file, str) and event.file:
        return name, event.file, _line(event.line)
    if len(args) > 2:
        if b'"allocatedCategory"' in args or b'"filename"' in args or b'"path"' in args:
            return _argued(name, args)
        if is_clang and b'"detail"' in args:
            return _detailed(name, args)
    if name.endswith(")") or name[:1] == "$" or ".py(" in name:
        return _named(name)
    return name, "", 0


def _argued(name: str, args: bytes) -> _Place:
    try:
        given = decode_row(_decoder(_Arguments), args)
    except msgspec.DecodeError:
        return name, "", 0  # arguments are the program's own
    if b'"allocatedCategory"' in args:
        return name, file_of_url(given.url) if isinstance(given.url, str) else "", _line(given.line)
    if isinstance(given.filename, str):
        return name, given.filename, _line(given.line)
    is_source = isinstance(given.path, str) and _TYPESCRIPT.search(given.path)
    return name, given.path if is_source else "", 0


def _detailed(name: str, args: bytes) -> _Place:
    try:
        detail = decode_row(_decoder(_Detail), args).detail
    except msgspec.DecodeError:
        return name, "", 0
    return (name, detail, 0) if name == "Source" else (f"{name} {detail}".rstrip(), "", 0)


@lru_cache(maxsize=1 << 16)  # a trace has few names and many events
def _named(name: str) -> _Place:
    """Take apart a name that holds its place."""
    for pattern in (_VIZTRACER, _PYTORCH, _JAX):
        if found := pattern.fullmatch(name):
            return found["name"], found["file"], int(found["line"])
    return name, "", 0


def _line(given: Any) -> int:
    """Return a line as a number, 0 where it is none; Hermes writes texts."""
    text = str(given)
    return int(text) if text.isdecimal() and len(text) < 10 else 0
