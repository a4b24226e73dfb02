"""Stacks of folded text without a compiler: plain lines in numpy, sorted texts to a call tree.

A chunk of lines is looked at as one byte array: where lines end, which digits end them, what those add up to. Sorted
texts that begin alike are neighbours, so what a stack adds to the call tree is what it does not share with the text
before it. Only that part is split into frames: the work follows distinct nodes, not frames of all stacks. A ``;``
stands behind every frame, which keeps the stacks below one node together (``a;`` and ``a;b;`` are neighbours,
``a b;`` sorts before both).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from operator import ne
from typing import NamedTuple

import numpy as np

from hotspot.ahead import ahead
from hotspot.importers.folded_stacks import Chunk, FrameIds, Row, Rows
from hotspot.profile import Bool, Int32, Int64, UInt8
from hotspot.tree_layout import SortedLayout, lay_out_sorted

_JOIN_BYTES = 1 << 29  # of texts held before equal ones are joined
_ROW_BYTES = 100  # that a text costs beside its own bytes
_PLAIN_DIGITS = 18  # always fit int64
_BLOCK_BYTES = 1 << 20


class _Plain(NamedTuple):
    """Whole lines after the array work.

    Attributes:
        text: the lines, with a ``;`` behind each plain stack.
        lines: how many there are.
        begin: where in the text the plain stacks begin, int64[stacks].
        end: where they end, behind the ``;``, int64[stacks].
        counts: of the plain stacks, int64[stacks, columns].
        odd: index, begin and end of each line that needs a closer look, int64[lines, 3].
    """

    text: bytes
    lines: int
    begin: Int64
    end: Int64
    counts: Int64
    odd: Int64


class SortedTexts:
    """Stacks as texts, sorted bytewise once all is read."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._texts: list[bytes] = []
        self._lengths: list[Int64] = []
        self._mantissas: list[Int64] = []
        self._decimals: list[UInt8] = []

    def read(self, chunks: Iterable[bytearray]) -> Iterator[Chunk]:
        """Take the plain lines of each chunk of whole lines and tell of the others."""
        bytes_added = bytes_kept = 0
        for chunk in ahead(self._look_at, chunks):
            text = chunk.text
            self._add(
                [text[a:b] for a, b in zip(chunk.begin.tolist(), chunk.end.tolist(), strict=True)],
                chunk.end - chunk.begin,
                chunk.counts,
                np.zeros(chunk.counts.shape, np.uint8),
            )
            yield Chunk(
                chunk.lines,
                len(chunk.counts),
                _exact_sum(chunk.counts),
                [(line, text[a:b]) for line, a, b in chunk.odd.tolist()],
            )
            bytes_added += len(text) + chunk.lines * _ROW_BYTES
            if self._texts and bytes_added > max(_JOIN_BYTES, bytes_kept):
                self._join_equal()
                bytes_added = 0
                bytes_kept = int(self._length().sum()) + len(self._texts) * _ROW_BYTES

    def add(self, rows: list[Row]) -> None:
        """Add stacks and counts of lines that are not plain."""
        stacks, mantissas, decimals = zip(*rows, strict=True)
        lengths = np.fromiter(map(len, stacks), np.int64, len(stacks))
        self._add(stacks, lengths, np.array(mantissas, np.int64), np.array(decimals, np.uint8))

    def finish(self, ids: FrameIds) -> Rows:
        """Return the call tree and the counts of all rows; nothing may be added from then on."""
        self._sort()
        layout = _lay_out(self._texts, self._length(), ids)
        return Rows(layout, np.concatenate(self._mantissas), np.concatenate(self._decimals))

    def _add(self, texts: Iterable[bytes], lengths: Int64, mantissas: Int64, decimals: UInt8) -> None:
        self._texts += texts
        self._lengths.append(lengths)
        self._mantissas.append(mantissas)
        self._decimals.append(decimals)

    def _length(self) -> Int64:
        """Return the bytes of each text, int64[rows]."""
        return np.concatenate([np.zeros(0, np.int64), *self._lengths])

    def _sort(self) -> None:
        self._keep(sorted(range(len(self._texts)), key=self._texts.__getitem__))

    def _join_equal(self) -> None:
        """Add up the whole counts of equal stacks, to keep the memory at the distinct ones."""
        self._sort()
        texts, (mantissa,), (decimals,) = self._texts, self._mantissas, self._decimals
        differs = np.ones(len(texts), dtype=bool)
        differs[1:] = np.fromiter(map(ne, texts, texts[1:]), bool, len(texts) - 1)
        fractional = np.count_nonzero(decimals, axis=1) > 0
        differs |= fractional
        differs[1:] |= fractional[:-1]
        first = np.flatnonzero(differs)
        self._keep(first.tolist())
        self._mantissas = [np.add.reduceat(mantissa, first, axis=0)]

    def _keep(self, rows: list[int]) -> None:
        """Keep these rows, in this order."""
        self._texts = [self._texts[row] for row in rows]
        if rows:
            self._lengths = [np.concatenate(self._lengths)[rows]]
            self._mantissas = [np.concatenate(self._mantissas)[rows]]
            self._decimals = [np.concatenate(self._decimals)[rows]]

    def _look_at(self, lines: bytearray) -> _Plain:
        """Do the array work of a chunk; runs in a thread and changes nothing but the chunk."""
        data = np.frombuffer(lines, np.uint8)
        newline = np.flatnonzero(data == ord("\n"))
        start = np.append(0, newline[:-1] + 1)
        end = newline - ((data[newline - 1] == ord("\r")) & (newline > start))
        plain, stack_end, counts = self._plain_lines(data, start, end)
        data[stack_end] = ord(";")
        odd = np.flatnonzero(~plain)
        return _Plain(
            text=bytes(lines),
            lines=len(newline),
            begin=start[plain],
            end=stack_end + 1,
            counts=counts,
            odd=np.stack([odd, start[odd], end[odd]], axis=1),
        )

    def _plain_lines(self, data: UInt8, start: Int64, end: Int64) -> tuple[Bool, Int64, Int64]:
        """Find the lines ``stack digits`` (or ``stack digits digits``).

        Returns:
            Whether each line is plain, bool[lines]; of the plain ones, where the stack ends, int64[plain], and
            the counts, int64[plain, columns].
        """
        first, second = data[start], data[np.minimum(start + 1, len(data) - 1)]
        plain = (end > start) & (first > ord(" ")) & (first != ord(";")) & (first != ord("#"))
        plain &= (first != ord("/")) | (second != ord("/"))
        counts = np.zeros((len(start), self._columns), dtype=np.int64)
        gap = end
        gaps = []
        for column in reversed(range(self._columns)):
            gap, counts[:, column], some = _digits_before(data, gap)
            gaps.append(data[gap])
            plain &= some & (gap > start) & ((gaps[-1] == ord(" ")) | (gaps[-1] == ord("\t")))
        if self._columns == 2:
            plain &= gaps[0] == gaps[1]
        before = data[np.maximum(gap - 1, 0)]
        plain &= (before > ord(" ")) & (before != ord(";"))
        return plain, gap[plain], counts[plain]


def _digits_before(data: UInt8, end: Int64) -> tuple[Int64, Int64, Bool]:
    """Read the decimal digits that stand right before each position.

    Returns:
        Where the byte before the digits is, their value (both int64), and whether there are 1 to 18 of them.
    """
    position = np.maximum(end - 1, 0)
    value = np.zeros(len(end), dtype=np.int64)
    active = np.arange(len(end))
    for power in range(_PLAIN_DIGITS + 1):
        digit = data[position[active]] - np.uint8(ord("0"))  # wraps past 9 for what is no digit
        is_digit = digit <= 9
        active = active[is_digit]
        if power == _PLAIN_DIGITS or not len(active):
            break
        value[active] += digit[is_digit].astype(np.int64) * 10**power
        position[active] -= 1
    some = position < end - 1
    some[active] = False  # too many digits: exactly, in Python
    return position, value, some


def _exact_sum(counts: Int64) -> int:
    """Sum counts that are not negative, without wrapping."""
    return (int((counts >> 32).sum()) << 32) + int((counts & (2**32 - 1)).sum())


# -- sorted texts to a tree -----------------------------------------------------------------------------------


def _lay_out(texts: list[bytes], length: Int64, ids: FrameIds) -> SortedLayout:
    """Return the tree of sorted stack texts (at least one) of these lengths."""
    size = np.cumsum(length)
    cuts = np.searchsorted(size, np.arange(_BLOCK_BYTES, size[-1] + _BLOCK_BYTES, _BLOCK_BYTES)) + 1
    frames: list[Int32] = []
    added: list[Int64] = []
    shared: list[Int64] = []
    ends = np.unique(np.minimum(cuts, len(texts))).tolist()
    blocks = (
        # The last text of the previous block leads each block but the first.
        _Block(b"".join(texts[max(begin - 1, 0) : end]), length[max(begin - 1, 0) : end], min(begin, 1))
        for begin, end in pairwise([0, *ends])
    )
    for rest, block_shared, block_added in ahead(_beyond_shared, blocks):
        tokens = rest.split(b";")
        tokens.pop()  # what stands behind the last separator
        frames.append(np.fromiter(map(ids.__getitem__, tokens), np.int32, len(tokens)))
        shared.append(block_shared)
        added.append(block_added)
    offset = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.concatenate(added), out=offset[1:])
    return lay_out_sorted(np.concatenate(frames), offset, np.concatenate(shared))


class _Block(NamedTuple):
    """Sorted texts end to end, their lengths, and how many of them only lead."""

    text: bytes
    length: Int64
    leading: int


def _beyond_shared(block: _Block) -> tuple[bytes, Int64, Int64]:
    """Compare each text of a block with the one before.

    Returns:
        What the texts do not share, end to end; how many whole frames each shares, int64[texts]; how many it adds,
        int64[texts]. The first text of all shares nothing.
    """
    text, length, leading = block
    end = np.cumsum(length)
    start = end - length
    separator = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(";"))
    first = np.append(np.searchsorted(separator, start), len(separator))
    shared = np.searchsorted(separator, start + _common_prefix(text, start, length)) - first[:-1]
    rest = np.where(shared > 0, separator[first[:-1] + shared - 1] + 1, start)[leading:].tolist()
    beyond = b"".join([text[a:b] for a, b in zip(rest, end[leading:].tolist(), strict=True)])
    return beyond, shared[leading:], (np.diff(first) - shared)[leading:]


def _common_prefix(block: bytes, start: Int64, length: Int64) -> Int64:
    """Return how many bytes each text of a block has in common with the one before, int64[texts].

    Compares pieces of all texts at once, each half as long as the one before: the bits of the answer from the top.
    """
    previous = np.append(0, start[:-1])
    limit = np.minimum(length, np.append(0, length[:-1]))
    common = np.zeros(len(start), dtype=np.int64)
    for bit in reversed(range(int(limit.max()).bit_length())):
        size = 1 << bit
        # Every piece of that size, overlapping; nothing is copied until pieces are picked.
        pieces = np.ndarray((len(block) - size + 1,), f"V{size}", block, strides=(1,))
        active = np.flatnonzero(common + size <= limit)
        at = common[active]
        equal = pieces[start[active] + at] == pieces[previous[active] + at]
        common[active[equal]] += size
    return common
