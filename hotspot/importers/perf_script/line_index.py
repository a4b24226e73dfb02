"""The lines of a piece of `perf script` text, found with numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspot.profile import Bool, Int64, UInt8

_LONGEST_LEAF = 64  # lines of one inlined leaf
_INLINED = int.from_bytes(b"inlined)", "little")
_TAB, _SPACE, _NEWLINE = 0x09, 0x20, 0x0A
_ADDRESS = 16  # columns, after a tab
_CLASS = np.full(256, 3, dtype=np.uint8)  # 0 a space, 2 a digit, 3 something else
_CLASS[_SPACE] = 0
_CLASS[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = 2
_PAIR = _CLASS * np.uint8(4) + _CLASS[:, None]  # of two bytes seen as one number
# What eight pairs of columns that hold an address look like as one number, for addresses of 1 to 16 digits.
_PADDED = np.sort(
    _PAIR.reshape(-1)[np.array([f"{0:0{n}}".rjust(_ADDRESS) for n in range(1, 17)], dtype="S").view("<u2")]
    .view("<u8")
    .reshape(-1)
)
_NO_ADDRESS = np.frombuffer(b"0".rjust(_ADDRESS), dtype="V16")
_UNKNOWN = b" [unknown] ([unknown])\n"  # what follows it in a line, as three words
_UNKNOWN_WORDS = {at: np.frombuffer(_UNKNOWN, "<u8", 1, at) for at in (0, 8, len(_UNKNOWN) - 8)}
_RARE = 100
_UNKNOWN_LINE = 1 + _ADDRESS + len(_UNKNOWN) - 1


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

    def without_unknown_addresses(self) -> bytes:
        """Return the text with address 0 in every frame line of which no more is known.

        Stacks that went astray end in such lines, and differ in nothing else.
        """
        at = self.start[self.end - self.start == _UNKNOWN_LINE]
        at = at[(self.data[at] == _TAB) & (at + _UNKNOWN_LINE < len(self.data))] + 1
        for place, word in _UNKNOWN_WORDS.items():
            at = at[windows(self.data, at + _ADDRESS + place, 8).view("<u8").reshape(-1) == word]
        look = _PAIR.reshape(-1).take(windows(self.data, at, _ADDRESS).view("<u2")).view("<u8").reshape(-1)
        at = at[_PADDED.take(np.searchsorted(_PADDED, look), mode="clip") == look]
        if len(at) * _RARE < len(self.start):
            return self.text  # a copy takes longer than to read these
        out = self.data.copy()
        np.ndarray(len(out) - _ADDRESS + 1, dtype="V16", buffer=out, strides=(1,))[at] = _NO_ADDRESS
        return out.tobytes()

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
