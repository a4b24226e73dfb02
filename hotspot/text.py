"""Names from profiles are hostile text: what may be shown of them."""

from __future__ import annotations

import unicodedata

# Controls, direction marks and other formatting, surrogates, line and paragraph separators, private use.
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co"})


def printable(text: str) -> str:
    """Return text with every character escaped that a terminal or a page would obey instead of showing."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _UNSHOWABLE else c for c in text)


def shortened(text: str, longest: int) -> str:
    """Return text whose middle is left out where it is longer, with the number of characters that are missing."""
    if len(text) <= longest:
        return text
    head = longest * 3 // 4
    tail = longest - head
    return f"{text[:head]} [... {len(text) - longest:,} characters ...] {text[-tail:]}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
