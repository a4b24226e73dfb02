r"""Conventions by which tools pack a frame into one text: the only place that reads and writes them.

| text                                    | meaning                            | who writes it |
|-----------------------------------------|------------------------------------|---------------|
| ``name_[k]`` ``_[j]`` ``_[i]`` ``_[w]`` | kernel, JIT, inlined, waker        | stackcollapse-perf, async-profiler, offwaketime |
| ``name_[1]`` ``_[0]`` (read only)       | JIT by C1, interpreted             | async-profiler  |
| ``name (path.py:12)``                   | file and line                      | py-spy, hotspot |
| ``name (path.py)`` ``name (<string>)``  | file                               | py-spy --function |
| ``name - path.rb:12``                   | file and line (read, not written)  | rbspy |
| ``name (libc.so.6)`` ``name ([vdso])``  | module                             | py-spy --native |
| ``module`name``                         | module                             | DTrace, flamegraph on macOS |
| ``module.dll!name``                     | module                             | Windows tools |
| ``[libc.so.6]`` ``[[vdso]]``            | unknown symbol in that module      | stackcollapse-perf, inferno |
| ``process 12:"cmd"``                    | process                            | py-spy --subprocesses |
| ``thread (0x7f..)`` ``[name tid=12]``   | thread                             | py-spy --threads, async-profiler -t |

They combine from the inside out: module, then file and line, then kind: ``libm`pow (e_pow.c:56)_[i]``.

What fits no convention is a name, whatever it contains: C++ argument lists, ``operator()``, Rust's
``<T as Trait>::f``, .NET's ``List`1.Add``, ``std::`anonymous namespace'::f``, ``f(int) (.part.0)``.

`parse_label` and `format_label` are inverse: a label that was read is written back as it was, but for rbspy's,
which gets the common form, and async-profiler's tiers of compilation, of which only JIT is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.profile import UNKNOWN, Kind, ModuleStyle

_KIND_OF_SUFFIX = {"_[k]": Kind.KERNEL, "_[j]": Kind.JIT, "_[i]": Kind.INLINED, "_[w]": Kind.WAKER}
_TIERS = {"_[0]": Kind.USER, "_[1]": Kind.JIT}  # one Java method, however it was run, is one function
_SUFFIX_OF_KIND = {kind: suffix for suffix, kind in _KIND_OF_SUFFIX.items()}

_BINARY = re.compile(
    r"[^()\[\]`:<>]*[^()\[\]`:<>/.]\.(?:so(?:\.[\w.-]+)?|dylib|dll|exe|pyd|ko)"
    r"|(?:[^()\[\]`:<>]*/)?(?:python\d[\w.]*|perf-\d+\.map)"  # an interpreter has no extension
    r"|\[[\w.:-]+\]"  # a mapping without a file: [vdso], [kernel.kallsyms]
)
# A line number is written as it was read only without leading zeros; 0 means unknown and is not written.
_FILE_AND_LINE = re.compile(r"(?P<file>.*[^\s:].*?):(?P<line>[1-9]\d{0,8})", re.DOTALL)
_COLUMN = re.compile(r":\d+\Z")  # path:line:column has no place for its column, so it stays a name
# A path with an extension, or Python's <string>. `(.part.0.cold)` is GCC's mark for a split function.
_BARE_FILE = re.compile(r"(?:[A-Za-z]:)?(?!\.\w)[^\s:][^:]*\.[A-Za-z]\w{0,4}|<[^<>]+>", re.DOTALL)
_RBSPY = re.compile(r"(?P<name>.+) - (?P<file>[^:]+\.(?:rb|erb|rake|ru)):(?P<line>[1-9]\d{0,8})", re.DOTALL)
# Module and name around a backtick. A name that begins with a digit is .NET's count of type parameters, unless it
# is an address; a module holds no character of a C++ or Rust path.
_BACKTICK = re.compile(
    r"(?P<module>(?![\s`])[^`'\"()<>:,]*(?:\([^`'\"()<>:,]+\))?(?<!\s))`(?P<name>(?:0x|\D)[^`]*)", re.DOTALL
)
_BANG = re.compile(r"(?P<module>[^`'\"()<>!:/]+\.(?:dll|exe|sys))!(?P<name>.+)", re.DOTALL | re.IGNORECASE)
_PROCESS = re.compile(r'process \d+(:".*"|: .*)?', re.DOTALL)
_THREAD = re.compile(
    r"thread (\(0x[0-9A-Fa-f]+\)|\(\d+\)|\d+)(: .*)?|\[(.* )?tid=\d+\]", re.DOTALL
)  # `thread (0x7f12): MainThread` has the thread's name


@dataclass(frozen=True)
class Label:
    """A frame as a label spells it; see the table above."""

    name: str
    file: str = ""
    line: int = 0
    module: str = ""
    kind: Kind = Kind.USER
    module_style: ModuleStyle = ModuleStyle.NONE


def parse_label(text: str) -> Label:
    """Take a label apart; what fits no convention is a name."""
    suffix = text[-4:]
    kind = _KIND_OF_SUFFIX.get(suffix, Kind.USER)
    if kind is not Kind.USER and len(text) > 4:
        text = text[:-4]
    elif suffix in _TIERS and len(text) > 4:
        text, kind = text[:-4], _TIERS[suffix]
    else:
        kind = _kind_of_whole(text)
        if kind is not Kind.USER:
            return Label(text, kind=kind)
    text, file, line = _split_location(text)
    name, module, style = _split_module(text)
    return Label(name, file, line, module, kind, style)


def is_binary(file: str) -> bool:
    """Whether a file is a shared object, an executable or a mapping, which have functions and no lines of code."""
    return _BINARY.fullmatch(file) is not None


def format_label(label: Label) -> str:
    """Return the text of a frame for formats that know labels only.

    ``;`` separates frames there, so inside a name it is written ``:``; line ends become spaces.
    """
    text = label.name or UNKNOWN
    if label.module:
        match label.module_style:
            case ModuleStyle.BACKTICK:
                text = f"{label.module}`{text}"
            case ModuleStyle.BANG:
                text = f"{label.module}!{text}"
            case ModuleStyle.PARENTHESES:
                text = f"{text} ({label.module})"
            case ModuleStyle.NONE if text == UNKNOWN and label.module != UNKNOWN:
                text = f"[{label.module.rsplit('/', 1)[-1]}]"
    if label.file:
        text = f"{text} ({label.file}:{label.line})" if label.line else f"{text} ({label.file})"
    text += _SUFFIX_OF_KIND.get(label.kind, "")
    return _UNSAFE.sub(_safe, text)


def _kind_of_whole(text: str) -> Kind:
    if text.startswith("process ") and _PROCESS.fullmatch(text):
        return Kind.PROCESS
    if text.startswith(("thread ", "[")) and _THREAD.fullmatch(text):
        return Kind.THREAD
    return Kind.USER


def _split_location(text: str) -> tuple[str, str, int]:
    """Return the text before the location, the file and the line."""
    if packed := _split_parentheses(text):
        head, inner = packed
        located = _FILE_AND_LINE.fullmatch(inner)
        if located and not _COLUMN.search(located["file"]):
            return head, located["file"], int(located["line"])
        if _BARE_FILE.fullmatch(inner) and not _BINARY.fullmatch(inner):
            return head, inner, 0
    elif " - " in text and (located := _RBSPY.fullmatch(text)):
        return located["name"], located["file"], int(located["line"])
    return text, "", 0


def _split_module(text: str) -> tuple[str, str, ModuleStyle]:
    """Return the name, the module and how the two were joined."""
    if (packed := _split_parentheses(text)) and _BINARY.fullmatch(packed[1]):
        return (*packed, ModuleStyle.PARENTHESES)
    if "`" in text and (joined := _BACKTICK.fullmatch(text)):
        return joined["name"], joined["module"], ModuleStyle.BACKTICK
    if "!" in text and (joined := _BANG.fullmatch(text)):
        return joined["name"], joined["module"], ModuleStyle.BANG
    if text.startswith("[") and text.endswith("]"):
        module = text[1:-1]
        if "/" not in module and _BINARY.fullmatch(module) and module != UNKNOWN:
            return UNKNOWN, module, ModuleStyle.NONE
    return text, "", ModuleStyle.NONE


def _split_parentheses(text: str) -> tuple[str, str] | None:
    """Split ``head (inner)`` at the parenthesis that matches the last one: ``f (a (copy)/b.py)``."""
    if not text.endswith(")"):
        return None
    open_needed = 0
    for position in range(len(text) - 1, 0, -1):
        character = text[position]
        if character == ")":
            open_needed += 1
        elif character == "(":
            open_needed -= 1
            if open_needed == 0:
                if position < 2 or text[position - 1] != " ":
                    return None
                return text[: position - 1], text[position + 1 : -1]
    return None


_UNSAFE = re.compile(r"[;\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def _safe(match: re.Match[str]) -> str:
    return ":" if match[0] == ";" else " "
