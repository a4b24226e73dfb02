"""Looks up pieces of text by the thousand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from hotspot.profile import Int32, Int64

_CACHE_BYTES = 16 << 20  # of the texts asked for lately; as many may be left of those before
_ENTRY_BYTES = 130  # of a bytes object and its place in a dict, beside the text
_Meaning = TypeVar("_Meaning")


class TextCache(dict[bytes, _Meaning]):
    """A text -> what ``read`` says of it.

    Memory is bounded: when the texts grow past it, those that were not asked for since the last time are forgotten.

    Args:
        read: says what a text stands for; asked again where it was forgotten.
    """

    def __init__(self, read: Callable[[bytes], _Meaning]) -> None:
        super().__init__()
        self._read = read
        self._bytes = 0
        self._before: dict[bytes, _Meaning] = {}

    def __missing__(self, text: bytes) -> _Meaning:
        meaning = self._before.get(text)
        if meaning is None:
            meaning = self._read(text)
        if self._bytes > _CACHE_BYTES:
            self._before = dict(self)
            self.clear()
            self._bytes = 0
        self._bytes += len(text) + _ENTRY_BYTES
        self[text] = meaning
        return meaning


def look_up(cache: TextCache[int], text: bytes, start: Int64, end: Int64) -> Int32:
    """Return what each ``text[start:end]`` stands for, int32[n]."""
    spans = zip(start.tolist(), end.tolist(), strict=True)
    return np.fromiter([cache[text[begin:stop]] for begin, stop in spans], np.int32, len(start))
