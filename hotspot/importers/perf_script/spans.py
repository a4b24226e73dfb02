"""Looks up thousands of pieces of text at once: what a dict of bytes does, in a few numpy passes.

A span ``text[start:end]`` is cut into windows of 64 bytes, zeros behind its end. Its fingerprint, a sum of its words
times constants, finds the span that was seen before; then all bytes are compared with those, so that two spans never
pass for each other. Only what was never seen before is handed to Python, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from hotspot.importers.perf_script.line_index import windows
from hotspot.importers.perf_script.numbering import Numbering
from hotspot.profile import Bool, Int32, Int64, UInt8

UInt64 = npt.NDArray[np.uint64]
_Column = TypeVar("_Column", Int32, Int64, UInt64)

_WINDOW = 64
_WORDS = _WINDOW // 8
_LONGEST = 512  # longer spans are looked up one by one, which costs less then
_STORED = 1 << 19  # windows, 32 MB; beyond, what was seen is forgotten
# Odd numbers that follow no pattern the text could have; made here, for numpy.random takes long to import.
_FACTORS = np.arange(1, _WORDS + _LONGEST // _WINDOW + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (_FACTORS ^ (_FACTORS >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
_FACTORS = (_FACTORS ^ (_FACTORS >> np.uint64(27))) | np.uint64(1)
_OF_WORD: UInt64 = _FACTORS[:_WORDS]
_OF_WINDOW: UInt64 = _FACTORS[_WORDS:]
# For each number of bytes, 0 to 64, a mask that keeps just them.
_KEEP: UInt64 = (
    np.where(np.arange(_WINDOW) < np.arange(_WINDOW + 1)[:, None], 255, 0).astype(np.uint8).view("<u8")
)
_CACHE_BYTES = 48 << 20  # of texts looked up one by one
_ENTRY_BYTES = 130  # of a bytes object and its place in a dict, beside the text
_ALL_EQUAL = 0x0101010101010101  # eight bools seen as one word


@dataclass(frozen=True)
class _Spans:
    """Some spans, cut into windows that stand end to end.

    Attributes:
        words: uint64[windows, 8].
        first: where each span's windows begin, int64[spans].
        count: how many it has, at least one, int64[spans].
        key: each span's fingerprint, int64[spans].
    """

    words: UInt64
    first: Int64
    count: Int64
    key: Int64

    @classmethod
    def of(cls, data: UInt8, start: Int64, length: Int64) -> _Spans:
        count = np.maximum(length + _WINDOW - 1, _WINDOW) // _WINDOW
        end = np.cumsum(count)
        first = end - count
        place = np.arange(end[-1]) - np.repeat(first, count)
        words = windows(data, np.repeat(start, count) + place * _WINDOW, _WINDOW).view("<u8")
        words[end - 1] &= _KEEP.take(length - (count - 1) * _WINDOW, axis=0)
        mixed = words >> np.uint64(32)
        mixed ^= words  # for a factor carries bits upwards only
        key = np.add.reduceat((mixed @ _OF_WORD) * _OF_WINDOW.take(place), first)
        key += length.astype(np.uint64)
        return cls(words, first, count, key.view(np.int64))


class TextCache(dict[bytes, int]):
    """One text -> what ``read`` says of it; emptied when the texts grow past a bound."""

    def __init__(self, read: Callable[[bytes], int]) -> None:
        super().__init__()
        self._read = read
        self._bytes = 0

    def __missing__(self, text: bytes) -> int:
        self._bytes += len(text) + _ENTRY_BYTES
        if self._bytes > _CACHE_BYTES:
            self.clear()
            self._bytes = 0
        number = self[text] = self._read(text)
        return number


class SpanTable:
    """Spans of text and the number that ``read`` gave to each.

    Args:
        read: says what a text stands for; asked again where it was forgotten.
    """

    def __init__(self, read: Callable[[bytes], int]) -> None:
        self._read = read
        self._long = TextCache(read)
        self._forget()

    def _forget(self) -> None:
        self._seen = Numbering()
        self._value = np.zeros(1, dtype=np.int32)
        self._length = np.zeros(1, dtype=np.int64)
        self._first = np.zeros(1, dtype=np.int64)  # window in `_words`
        self._words = np.zeros((1, _WORDS), dtype=np.uint64)
        self._used = 0

    def look_up(self, data: UInt8, start: Int64, end: Int64) -> Int32:
        """Return what each ``data[start:end]`` stands for, int32[n].

        Args:
            data: the text's bytes.
            start: int64[n].
            end: int64[n], not before its start.
        """
        length = end - start
        out = np.empty(len(start), dtype=np.int32)
        fits = (length <= _LONGEST) & (start + length + _WINDOW <= len(data))
        row = np.flatnonzero(fits)
        alone = np.flatnonzero(~fits)
        if len(row):
            if self._used > _STORED:
                self._forget()
            start_of, length_of = start[row], length[row]
            spans = _Spans.of(data, start_of, length_of)
            number = self._seen.find(spans.key)
            if (new := np.flatnonzero(number < 0)).size:
                self._learn(spans, new, data, start_of, length_of)
                number = self._seen.find(spans.key)
            out[row] = self._value[number]
            other = ~self._is_same(spans, number, length_of)
            alone = np.append(alone, row[other]) if other.any() else alone
        if len(alone):
            text, long = data.tobytes(), self._long
            spans_alone = zip(start[alone].tolist(), end[alone].tolist(), strict=True)
            out[alone] = [long[text[a:b]] for a, b in spans_alone]
        return out

    def _is_same(self, spans: _Spans, number: Int32, length: Int64) -> Bool:
        """Compare spans with those seen before that have the same fingerprint, and as the length is in it, as many windows."""
        stored = self._words.take(_ranges(self._first[number], spans.count), axis=0, mode="clip")
        equal = (stored == spans.words).view("<u8").reshape(-1) == _ALL_EQUAL
        same: Bool = np.logical_and.reduceat(equal, spans.first) & (self._length[number] == length)
        return same

    def _learn(self, spans: _Spans, new: Int64, data: UInt8, start: Int64, length: Int64) -> None:
        """Read the first of the ``new`` spans of each fingerprint."""
        before = len(self._seen)
        _, first = np.unique(self._seen.number(spans.key[new]), return_index=True)
        new = new[first]  # in the order of their numbers
        begin, stop = start[new].tolist(), (start[new] + length[new]).tolist()
        value = [self._read(data[a:b].tobytes()) for a, b in zip(begin, stop, strict=True)]
        count = spans.count[new]
        words = _ranges(spans.first[new], count)
        self._value = _put(self._value, before, np.array(value, dtype=np.int32))
        self._length = _put(self._length, before, length[new])
        self._first = _put(self._first, before, self._used + np.cumsum(count) - count)
        self._words = _roomy(self._words, self._used, self._used + len(words))
        spans.words.take(words, axis=0, out=self._words[self._used : self._used + len(words)], mode="clip")
        self._used += len(words)


def _ranges(first: Int64, count: Int64) -> Int64:
    """Return ``first, first + 1, ...``, ``count`` of them, for each, end to end."""
    end = np.cumsum(count)
    ranges: Int64 = np.arange(end[-1]) + np.repeat(first - (end - count), count)
    return ranges


def _put(column: _Column, at: int, more: _Column) -> _Column:
    """Write ``more`` into a column that grows; return the column."""
    column = _roomy(column, at, at + len(more))
    column[at : at + len(more)] = more
    return column


def _roomy(column: _Column, used: int, size: int) -> _Column:
    """Return a column of at least that size; it grows by doubling."""
    if size <= len(column):
        return column
    grown = np.empty((max(size, 2 * len(column)), *column.shape[1:]), dtype=column.dtype)
    grown[:used] = column[:used]
    return grown
