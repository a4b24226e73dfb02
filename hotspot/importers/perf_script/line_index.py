"""The lines of a piece of `perf script` text, found with numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspot.profile import Bool, Int64, UInt8

_LONGEST_LEAF = 64  # lines of one inlined leaf
_INLINED = int.from_bytes(b"inlined)", "little")
_TAB, _SPACE, _NEWLINE = 0x09, 0x20, 0x0A
ADDRESS_WIDTH = 18  # of a tab, an address padded to 16 columns and a space
_PADDING, _DIGIT = 1, 2
_CLASS = np.zeros(256, dtype=np.uint8)
_CLASS[_SPACE] = _PADDING
_CLASS[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = _DIGIT


@dataclass(frozen=True)
class Lines:
    """All lines of a piece.

    Attributes:
        text: the piece.
        data: its bytes.
        start: first byte of each line, int64[n].
        end: its line end, int64[n].
    """

    text: bytes
    data: UInt8
    start: Int64
    end: Int64

    @classmethod
    def of(cls, text: bytes, stop: int) -> Lines:
        """Find the lines of ``text[:stop]``."""
        data = np.frombuffer(text, dtype=np.uint8, count=stop)
        end = np.flatnonzero(data == _NEWLINE)
        if stop and data[-1] != _NEWLINE:
            end = np.append(end, stop)
        start = np.zeros_like(end)
        start[1:] = end[:-1] + 1
        return cls(text, data, start, end)

    def paragraphs(self) -> tuple[Int64, Int64]:
        """Return the first and the last line of each run of lines that are not empty."""
        empty = np.flatnonzero(self.start == self.end)
        first, last = np.append(-1, empty) + 1, np.append(empty, len(self.end)) - 1
        filled = first <= last
        return first[filled], last[filled]

    def mask(self, first: Int64, stop: Int64) -> Bool:
        """Return the lines in the half-open ranges ``[first, stop)``, which do not overlap, bool[n]."""
        change = np.zeros(len(self.end) + 1, dtype=np.int64)
        change[first] += 1
        np.subtract.at(change, stop, 1)
        marked: Bool = np.cumsum(change[:-1]) > 0
        return marked

    def has_address(self, start: Int64) -> Bool:
        """Return which lines begin with a tab, an address in 16 columns and a space, as perf writes them, bool[n]."""
        found = start + ADDRESS_WIDTH <= len(self.data)
        fits = np.flatnonzero(found)
        look = windows(self.data, start[fits], ADDRESS_WIDTH)
        kind = _CLASS.take(look[:, 1:-1])
        good = (kind[:, 1:] >= kind[:, :-1]).all(axis=1) & (kind[:, 0] > 0) & (kind[:, -1] == _DIGIT)
        found[fits] = good & (look[:, 0] == _TAB) & (look[:, -1] == _SPACE)
        return found

    def end_of_leaf(self, leaf: Int64, last: Int64) -> npt.NDArray[np.int64]:
        """Return the line on which each stack's leaf ends: its first frame that is not inlined, with its source line.

        Args:
            leaf: first frame line of each stack.
            last: its last line.
        """
        cut = leaf.copy()
        going = np.flatnonzero(cut < last)
        if len(self.data) < len("inlined)"):
            return cut
        tails = np.lib.stride_tricks.sliding_window_view(self.data, len("inlined)"))
        for _ in range(_LONGEST_LEAF):
            if not len(going):
                break
            line = cut[going]
            tail = tails[np.maximum(self.end[line] - 8, 0)].view("<u8").reshape(-1)
            below = self.start[line + 1]
            source = (self.data[below] == _SPACE) & (
                self.data[np.minimum(below + 1, len(self.data) - 1)] == _SPACE
            )
            going = going[(tail == _INLINED) | source]
            cut[going] += 1
            going = going[cut[going] < last[going]]
        return cut


def windows(data: UInt8, at: Int64, width: int) -> UInt8:
    """Return the bytes ``data[at : at + width]``, uint8[n, width]; as items of that size they are copied fastest."""
    if not len(at):
        return np.zeros((0, width), dtype=np.uint8)
    every = np.ndarray(len(data) - width + 1, dtype=f"V{width}", buffer=data, strides=(1,))
    return every[at].view(np.uint8).reshape(-1, width)
