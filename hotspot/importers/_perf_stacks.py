"""Interns the stacks of `perf script` text: whole pieces of a stack first, single lines on a miss.

The text repeats itself massively. A *chain* is a run of frame lines, leaf first; equal bytes are looked up in a
dict and only new ones are split into lines, which are looked up in turn, so that a line is understood once.
Chains that read alike but differ in addresses share one id, so ids follow distinct stacks, not addresses.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hotspot.importers._perf_lines import (
    FrameLine,
    is_column_line,
    is_source_line,
    parse_frame,
    parse_source_line,
)
from hotspot.profile import Int32, Int64, Kind

EMPTY = 0  # id of the chain without frames
UNREADABLE = -1  # in place of an id: the bytes are not (only) whole frames
_CACHE_BYTES = 48 << 20  # caches of raw text are emptied beyond this; ids stay

FrameKey = tuple[str, str, int, str, int]
"""name, file, line, module, kind: the arguments of `hotspot.builder.FrameTable.intern`."""


class _TextCache(dict[bytes, int]):
    """Raw text -> id, filled on a miss and emptied when the texts grow past a bound."""

    def __init__(self, table: StackTable) -> None:
        super().__init__()
        self.table = table
        self.bytes = 0

    def remember(self, text: bytes, number: int) -> int:
        self.bytes += len(text) + 100  # a dict entry and an object header
        if self.bytes > _CACHE_BYTES:
            self.clear()
            self.bytes = len(text)
        self[text] = number
        return number


class _LineCache(_TextCache):
    def __missing__(self, line: bytes) -> int:
        frame = parse_frame(line)
        # An inlined frame is understood only together with the lines below it.
        plain = frame is not None and frame.kind is not Kind.INLINED
        return self.remember(line, self.table.intern(frame) if frame and plain else UNREADABLE)


class _ChainCache(_TextCache):
    def __missing__(self, text: bytes) -> int:
        table = self.table
        lines = text.split(b"\n")
        frames = array("i", map(table.lines.__getitem__, lines))
        number = table.known(frames)
        if number is None:
            if UNREADABLE not in frames:
                number = table.chain(frames)
            else:
                run = table.read_frames(lines)
                number = table.chain(run.frames, run.inlined) if run and run.closed else UNREADABLE
        return self.remember(text, number)


@dataclass(frozen=True, slots=True)
class FrameRun:
    """Frames read from consecutive lines.

    Attributes:
        frames: ids, leaf first.
        inlined: how many of them are inlined, and so are no entry of the recorded call chain.
        closed: whether the last one is a real frame, so that what follows cannot change their meaning.
    """

    frames: tuple[int, ...]
    inlined: int
    closed: bool


@dataclass
class StackTable:
    """Distinct frames and distinct chains.

    Attributes:
        frames: `FrameKey` -> id, ids in order.
        lines: text of one plain frame line -> frame id.
        texts: text of a chain -> chain id.
        cut: texts of frame lines that end inside their module.
    """

    frames: dict[FrameKey, int] = field(default_factory=dict)
    cut: set[bytes] = field(default_factory=set)
    lines: _LineCache = field(init=False)
    texts: _ChainCache = field(init=False)
    _chains: dict[bytes, int] = field(default_factory=lambda: {b"": EMPTY})
    _depths: array[int] = field(default_factory=lambda: array("i", [0]))

    def __post_init__(self) -> None:
        self.lines = _LineCache(self)
        self.texts = _ChainCache(self)

    def intern(self, frame: FrameLine, file: str = "", line: int = 0) -> int:
        """Return the id of a frame."""
        key = (frame.name, file, line, frame.module, int(frame.kind))
        if frame.cut:
            self.cut.add(frame.address + frame.name.encode("utf-8", "surrogatepass"))
        return self.frames.setdefault(key, len(self.frames))

    def known(self, frames: array[int]) -> int | None:
        """Return the id of a chain that was seen before, or None."""
        return self._chains.get(frames.tobytes())

    def chain(self, frames: Sequence[int], inlined: int = 0) -> int:
        """Return the id of a chain given by its frames, leaf first."""
        key = array("i", frames).tobytes()
        number = self._chains.setdefault(key, len(self._chains))
        if number == len(self._depths):
            self._depths.append(len(frames) - inlined)
        return number

    def read_frames(self, lines: Sequence[bytes]) -> FrameRun | None:
        """Read lines that may hold inlined frames, source lines and columns; None where one is something else.

        An inlined frame takes the module of the next real frame at its address.
        """
        found: list[tuple[FrameLine, str, int]] = []
        for line in lines:
            frame = parse_frame(line)
            if frame is not None:
                found.append((frame, "", 0))
            elif found and is_source_line(line):
                file, number, inlined = parse_source_line(line)
                above = found[-1][0]
                if inlined:
                    above = FrameLine(above.address, above.name, "", Kind.INLINED)
                found[-1] = (above, file, number)
            elif not (found and is_column_line(line)):
                return None
        numbers: list[int] = []
        owner: FrameLine | None = None
        for frame, file, number in reversed(found):
            if frame.kind is not Kind.INLINED:
                owner = frame
            elif owner is not None and owner.address == frame.address:
                frame = FrameLine(frame.address, frame.name, owner.module, Kind.INLINED)
            numbers.append(self.intern(frame, file, number))
        numbers.reverse()
        inlined_count = sum(frame.kind is Kind.INLINED for frame, _, _ in found)
        closed = bool(found) and found[-1][0].kind is not Kind.INLINED
        return FrameRun(tuple(numbers), inlined_count, closed)

    def flat_chains(self) -> tuple[Int32, Int64, Int32]:
        """Return all chains end to end.

        Returns:
            Frame ids, leaf first, int32[frames]; where each chain begins, with the end of the last,
            int64[chains + 1]; entries of the recorded call chain, inlined frames left out, int32[chains].
        """
        offsets = np.zeros(len(self._chains) + 1, dtype=np.int64)
        np.cumsum([len(key) // 4 for key in self._chains], out=offsets[1:])
        flat = np.frombuffer(b"".join(self._chains), dtype=np.int32)
        return flat, offsets, np.array(self._depths, dtype=np.int32)
