"""Names from profiles are hostile text: what may be shown of them."""

from __future__ import annotations

import re
import unicodedata

# Controls, direction marks and other formatting, surrogates, line and paragraph separators, private use.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co"})

_RUST_SIGNS = {"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ","}
_RUST_ESCAPE = re.compile(r"\$(SP|BP|RF|LT|GT|LP|RP|C|u([0-9a-f]{2,4}))\$")
_RUST_LEAD = re.compile(r"(?:(?<=::)|^)_(?=\$)")  # before an escape, since no symbol may begin with a sign


def printable(text: str) -> str:
    """Return text with every character escaped that a terminal or a page would obey instead of showing."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _UNSHOWABLE else c for c in text)


def readable(name: str) -> str:
    """Return a name without the escapes of Rust's legacy symbols, which only some tools undo.

    ``_$LT$T$u20$as$u20$a..B$GT$::f`` is ``<T as a::B>::f``. Classes of the JVM may hold ``$C$`` too, but no ``::``. Source: the
    table of escapes of the crate rustc-demangle.
    """
    if "::" not in name or not _RUST_ESCAPE.search(name):
        return name
    return _RUST_ESCAPE.sub(_unescaped, _RUST_LEAD.sub("", name)).replace("..", "::")


def _unescaped(found: re.Match[str]) -> str:
    return _RUST_SIGNS.get(found[1]) or chr(int(found[2], 16))


def shortened(text: str, longest: int) -> str:
    """Return text whose middle is left out where it is longer, with the number of characters that are missing."""
    if len(text) <= longest:
        return text
    head = longest * 3 // 4
    tail = longest - head
    return f"{text[:head]} [... {len(text) - longest:,} characters ...] {text[-tail:]}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
