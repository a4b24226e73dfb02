"""Plain lines of folded text to a call tree with counts, in C (`folded.c`): a few hundred MB a second.

Every address that C gets is of an array that lives through the call.
"""

from __future__ import annotations

import ctypes
import secrets
import weakref
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from hotspot.native import Declared, library_with
from hotspot.profile import CallTree, Int32, Int64


class Scanned(NamedTuple):
    """What `FoldedTree.scan` found in a block of lines.

    Attributes:
        lines: how many there are.
        plain: how many were read.
        total: of the counts that were read; 2^64 - 1 where it is more.
        odd: index, begin and end of each line that was not, int64[lines, 3].
    """

    lines: int
    plain: int
    total: int
    odd: Int64


class LaidOut(NamedTuple):
    """A call tree in depth-first order.

    Attributes:
        tree: its frames are positions in ``texts``.
        texts: numbers of the texts as the tree meets them, int32[texts].
        leaf: node of each row, int32[rows].
    """

    tree: CallTree
    texts: Int32
    leaf: Int32


class FoldedTree:
    """Distinct stacks with the counts of each: a row a stack, in the order in which they were first seen.

    Sums are int64 and may wrap where the total of all counts is past it, which callers check.
    """

    def __init__(self, native: ctypes.CDLL, columns: int = 1) -> None:
        """Begin an empty tree whose stacks have 1 or 2 counts each."""
        if columns not in (1, 2):
            raise ValueError(f"{columns} counts a line")
        self.columns = columns
        self._native = native
        self._handle = native.folded_new(secrets.randbits(64), columns)
        if not self._handle:
            raise MemoryError
        weakref.finalize(self, native.folded_free, self._handle)

    def scan(self, lines: bytes | bytearray) -> Scanned:
        """Read whole lines, each with its line end; what is not plainly a stack and its counts is left."""
        data = np.frombuffer(lines, np.uint8)
        result = np.zeros(4, np.uint64)
        if not self._native.folded_scan(self._handle, data.ctypes.data, len(data), result.ctypes.data):
            raise MemoryError
        count, plain, total, odds = result.tolist()
        odd = np.empty((odds, 3), np.int64)
        if odds:
            self._native.folded_odd(self._handle, odd.ctypes.data)
        return Scanned(count, plain, total, odd)

    def add(self, stack: bytes, counts: Sequence[int]) -> int:
        """Add int64 counts to a stack, given as its frames with a ``;`` between them; returns its row."""
        values = (ctypes.c_int64 * self.columns)(*counts)
        row: int = self._native.folded_add(self._handle, stack, len(stack), values)
        if row < 0:
            raise MemoryError
        return row

    def texts(self) -> list[bytes]:
        """Return the distinct frame texts, in the order in which they were first seen."""
        count, size, _, _ = self._sizes()
        data, ends = np.empty(size, np.uint8), np.empty(count, np.int64)
        self._native.folded_texts(self._handle, data.ctypes.data, ends.ctypes.data)
        text, end = data.tobytes(), ends.tolist()
        return [text[a:b] for a, b in zip([0, *end], end, strict=False)]

    def counts(self) -> Int64:
        """Return the sums, int64[rows, columns]."""
        return self._rows()[1]

    def lay_out(self, rank: Int32) -> LaidOut:
        """Lay the tree out depth-first, siblings in the order of the ranks of their texts (int32[texts], no two equal)."""
        texts, _, nodes, _ = self._sizes()
        if not np.array_equal(np.sort(rank), np.arange(texts)):
            raise ValueError("not the ranks of the texts")
        rank = np.ascontiguousarray(rank, np.int32)
        text, parent, subtree_end, depth, position = (np.empty(nodes, np.int32) for _ in range(5))
        met = np.empty(texts, np.int32)
        arrays = (rank, text, parent, subtree_end, depth, position, met)
        if not self._native.folded_lay_out(self._handle, *(array.ctypes.data for array in arrays)):
            raise MemoryError
        return LaidOut(CallTree(text, parent, subtree_end, depth), met, position[self._rows()[0]])

    def _sizes(self) -> tuple[int, int, int, int]:
        """Return how many texts there are, bytes of them, nodes and rows."""
        sizes = np.empty(4, np.int64)
        self._native.folded_sizes(self._handle, sizes.ctypes.data)
        texts, size, nodes, rows = sizes.tolist()
        return texts, size, nodes, rows

    def _rows(self) -> tuple[Int32, Int64]:
        """Return the node and the sums of each row."""
        rows = self._sizes()[3]
        node, counts = np.empty(rows, np.int32), np.empty((rows, self.columns), np.int64)
        self._native.folded_rows(self._handle, node.ctypes.data, counts.ctypes.data)
        return node, counts


@cache
def folded_library() -> ctypes.CDLL | None:
    """Return the compiled library with its functions declared, None where there is none."""
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    declared: Declared = {
        "folded_new": (pointer, [ctypes.c_uint64, ctypes.c_int32]),
        "folded_free": (None, [pointer]),
        "folded_scan": (ctypes.c_int, [pointer, pointer, size, pointer]),
        "folded_odd": (None, [pointer, pointer]),
        "folded_add": (ctypes.c_int32, [pointer, ctypes.c_char_p, size, pointer]),
        "folded_sizes": (None, [pointer, pointer]),
        "folded_texts": (None, [pointer, pointer, pointer]),
        "folded_rows": (None, [pointer, pointer, pointer]),
        "folded_lay_out": (ctypes.c_int, [pointer] * 8),
    }
    return library_with(declared)
