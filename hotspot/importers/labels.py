r"""Conventions by which tools pack a frame into one text: the only place that reads and writes them.

| text                            | meaning                                   | who writes it |
|---------------------------------|-------------------------------------------|---------------|
| ``name_[k]`` ``_[j]`` ``_[i]`` ``_[w]`` | kernel, JIT, inlined, waker       | stackcollapse-perf, async-profiler, offwaketime |
| ``name (path.py:12)``           | file and line                             | py-spy, hotspot |
| ``name (path.py)``              | file                                      | py-spy --function |
| ``name (libc.so.6)``            | module                                    | py-spy --native |
| ``module`name``                 | module                                    | DTrace, flamegraph on macOS |
| ``[libc.so.6]``                 | unknown symbol in that module             | stackcollapse-perf |
| ``process 12:"cmd"``, ``thread (0x7f..)`` | process, thread                 | py-spy --subprocesses, --threads |

`parse_label` and `format_label` are inverse: a label that was read is written back as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.profile import UNKNOWN, Kind, ModuleStyle

_KIND_OF_SUFFIX = {"k": Kind.KERNEL, "j": Kind.JIT, "i": Kind.INLINED, "w": Kind.WAKER}
_SUFFIX_OF_KIND = {kind: f"_[{letter}]" for letter, kind in _KIND_OF_SUFFIX.items()}

_BINARY = r"[^()\[\]`:]+\.(?:so(?:\.[\w.]+)?|dylib|dll|exe|pyd|ko)"
# `(path:12)`, `(path.ext)` or `(<string>)` at the very end; a C++ argument list has neither a dot nor a number.
_LOCATION = re.compile(
    r"^(?P<name>.+) \((?:(?P<file>[^()]*?[^():\s][^()]*?):(?P<line>\d{1,9})|(?P<bare>[^()\s:][^():]*\.[A-Za-z]\w{0,4}|<[^<>()]+>))\)$",
    re.DOTALL,
)
_NATIVE = re.compile(rf"^(?P<name>.+) \((?P<module>{_BINARY})\)$", re.DOTALL)
_BACKTICK = re.compile(r"^(?P<module>[^`()<> ][^`()<>]*)`(?P<name>.+)$", re.DOTALL)
_UNKNOWN_IN = re.compile(rf"^\[(?P<module>{_BINARY})\]$")
_PROCESS = re.compile(r'^process \d+(:".*"|: .*)?$', re.DOTALL)
_THREAD = re.compile(r"^thread (\(0x[0-9A-Fa-f]+\)|\(\d+\)|\d+)(: .*)?$", re.DOTALL)


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
    kind = Kind.USER
    if len(text) > 4 and text[-1] == "]" and text[-4:-2] == "_[" and text[-2] in _KIND_OF_SUFFIX:
        kind = _KIND_OF_SUFFIX[text[-2]]
        text = text[:-4]
    if text.endswith(")"):
        if native := _NATIVE.match(text):
            return Label(
                native["name"], module=native["module"], kind=kind, module_style=ModuleStyle.PARENTHESES
            )
        if kind is Kind.USER and _THREAD.match(text):
            return Label(text, kind=Kind.THREAD)
        if found := _LOCATION.match(text):
            return Label(found["name"], found["file"] or found["bare"], int(found["line"] or 0), kind=kind)
    if "`" in text and (packed := _BACKTICK.match(text)):
        return Label(packed["name"], module=packed["module"], kind=kind, module_style=ModuleStyle.BACKTICK)
    if text.startswith("[") and (unknown := _UNKNOWN_IN.match(text)):
        return Label(UNKNOWN, module=unknown["module"], kind=kind)
    if kind is Kind.USER:
        if _PROCESS.match(text):
            kind = Kind.PROCESS
        elif _THREAD.match(text):
            kind = Kind.THREAD
    return Label(text, kind=kind)


def format_label(label: Label) -> str:
    """Return the text of a frame for formats that know labels only.

    ``;`` separates frames there, so inside a name it is written ``:``; line ends become spaces.
    """
    text = label.name
    if label.module:
        if label.name == UNKNOWN and label.module != UNKNOWN:
            text = f"[{label.module.rsplit('/', 1)[-1]}]"
        elif label.module_style is ModuleStyle.BACKTICK:
            text = f"{label.module}`{text}"
        elif label.module_style is ModuleStyle.PARENTHESES:
            text = f"{text} ({label.module})"
    if label.file:
        text = f"{text} ({label.file}:{label.line})" if label.line else f"{text} ({label.file})"
    text += _SUFFIX_OF_KIND.get(label.kind, "")
    return _UNSAFE.sub(_safe, text)


_UNSAFE = re.compile(r"[;\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def _safe(match: re.Match[str]) -> str:
    return ":" if match[0] == ";" else " "
