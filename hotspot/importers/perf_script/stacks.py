"""Interns the stacks of `perf script` text: whole pieces of a stack first, single lines on a miss.

The text repeats itself massively. A *chain* is a run of frame lines, leaf first; equal bytes are looked up in a
dict and only new ones are split into lines, which are looked up in turn, so that a line is understood once.
Chains that read alike but differ in addresses share one id, so ids follow distinct stacks, not addresses.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hotspot.importers.perf_script.lines import (
    FrameLine,
    flat_frame,
    is_column_line,
    is_record,
    is_source_line,
    parse_frame,
    parse_source_line,
)
from hotspot.profile import Int32, Int64, Kind

EMPTY = 0  # id of the chain without frames
UNREADABLE = -1  # in place of an id: the bytes are not (only) whole frames
_CACHE_BYTES = 48 << 20  # caches of raw text are emptied beyond this; ids stay
_ENTRY_BYTES = 130  # of a bytes object and its place in a dict, beside the text
_CACHE_LINES = 1 << 16
_HEX = b"0123456789abcdef"

FrameKey = tuple[str, str, int, str, int]
"""name, file, line, module, kind: the arguments of `hotspot.builder.FrameTable.intern`."""


class _TextCache(dict[bytes, int]):
    """Raw text -> id, filled on a miss and emptied when the texts grow past a bound."""

    def __init__(self, table: StackTable) -> None:
        super().__init__()
        self.table = table
        self.bytes = 0

    def remember(self, text: bytes, number: int) -> int:
        self.bytes += len(text) + _ENTRY_BYTES
        if self.bytes > _CACHE_BYTES:
            self.clear()
            self.bytes = len(text)
        self[text] = number
        return number


class _LineCache(_TextCache):
    """One frame line -> frame id, `UNREADABLE` where a line is no frame or needs the lines below it (inlined)."""

    def __missing__(self, line: bytes) -> int:
        return self.remember(line, self.table.read_line(line))


class _ChainCache(_TextCache):
    """Frame lines -> chain id, `UNREADABLE` where there is something else or an inlined frame comes last."""

    def __missing__(self, text: bytes) -> int:
        table = self.table
        if b"\n" not in text:
            frame = table.read_line(text)
            return self.remember(text, UNREADABLE if frame < 0 else table.chain((frame,)))
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


class _FlatCache(_TextCache):
    """What follows the event of a flat sample -> id of the chain of its one frame, or `UNREADABLE`."""

    def __missing__(self, rest: bytes) -> int:
        found = None if is_record(rest) else flat_frame(rest, squeezed=False)
        frame = UNREADABLE if found is None else self.table.read_line(flat_line(found[0]))
        return self.remember(rest, UNREADABLE if frame < 0 else self.table.chain((frame,)))


def flat_line(text: bytes) -> bytes:
    """Return a flat sample's frame as the frame line it would be below a header."""
    return b"\t" + text.strip()


@dataclass(frozen=True, slots=True)
class FrameRun:
    """Frames read from consecutive lines.

    Attributes:
        frames: ids, leaf first.
        inlined: how many of them are inlined, and so are no entry of the recorded call chain.
        closed: whether the last one is a real frame, so that what follows cannot change their meaning.
    """

    frames: list[int]
    inlined: int
    closed: bool


@dataclass
class StackTable:
    """Distinct frames and distinct chains.

    Attributes:
        frames: `FrameKey` -> id, ids in order.
        cut: frame lines that end inside their module, by address and name.
        lines: text of one plain frame line -> frame id.
        texts: text of a chain -> chain id.
        flats: text behind the event of a flat sample -> chain id.
    """

    frames: dict[FrameKey, int] = field(default_factory=dict)
    cut: set[tuple[bytes, str]] = field(default_factory=set)
    lines: _LineCache = field(init=False)
    texts: _ChainCache = field(init=False)
    flats: _FlatCache = field(init=False)
    _names: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    _parsed: dict[bytes, FrameLine] = field(default_factory=dict)
    _chains: dict[bytes, int] = field(default_factory=lambda: {b"": EMPTY})
    _depths: array[int] = field(default_factory=lambda: array("i", [0]))

    def __post_init__(self) -> None:
        self.lines = _LineCache(self)
        self.texts = _ChainCache(self)
        self.flats = _FlatCache(self)

    # -- frames --------------------------------------------------------------------------------------------------

    def read_line(self, line: bytes) -> int:
        """Return the frame of one line, or `UNREADABLE`; see `_LineCache`.

        Lines differ in address and offset far more often than in name and module. Only the plainest shape,
        ``<TAB> 4005b1 name+0x1f (module)``, is cut up here, and its meaning is asked of `parse_frame` once a name.
        """
        head, found, module = line.rpartition(b" (")
        address, space, name = head[1:].lstrip(b" ").partition(b" ")
        if (
            not (found and space and address)
            or line[:1] != b"\t"
            or module.find(b")") != len(module) - 1
            or b"(" in module
            or len(address) > 16
            or address.translate(None, _HEX)
        ):
            return self._intern_line(line)
        plus = name.rfind(b"+0x")
        if 0 <= plus < len(name) - 3 and not name[plus + 3 :].translate(None, _HEX):
            name = name[:plus]
        number = self._names.get((name, module))
        if number is None:
            number = self._names[name, module] = self._intern_line(line)
        return number

    def _intern_line(self, line: bytes) -> int:
        frame = parse_frame(line)
        return UNREADABLE if frame is None or frame.kind is Kind.INLINED else self.intern(frame)

    def intern(self, frame: FrameLine, file: str = "", line: int = 0) -> int:
        """Return the id of a frame."""
        key = (frame.name, file, line, frame.module, int(frame.kind))
        if frame.cut:
            self.cut.add((frame.address, frame.name))
        return self.frames.setdefault(key, len(self.frames))

    def read_frames(self, lines: Sequence[bytes]) -> FrameRun | None:
        """Read lines that may hold inlined frames, source lines and columns; None where one is something else.

        An inlined frame takes the module of the next real frame at its address.
        """
        found: list[tuple[FrameLine, str, int]] = []
        for line in lines:
            frame = self._parsed.get(line) or self._parse(line)
            if frame is not None:
                found.append((frame, "", 0))
            elif found and is_source_line(line):
                file, number, inlined = parse_source_line(line)
                above = found[-1][0]
                if inlined:
                    above = replace(above, module="", kind=Kind.INLINED)
                found[-1] = (above, file, number)
            elif not (found and is_column_line(line)):
                return None
        numbers: list[int] = []
        inlined_count = 0
        owner: FrameLine | None = None
        for frame, file, number in reversed(found):
            if frame.kind is not Kind.INLINED:
                owner = frame
            else:
                inlined_count += 1
                if owner is not None and owner.address == frame.address:
                    frame = replace(frame, module=owner.module)
            numbers.append(self.intern(frame, file, number))
        numbers.reverse()
        return FrameRun(numbers, inlined_count, bool(found) and found[-1][0].kind is not Kind.INLINED)

    def _parse(self, line: bytes) -> FrameLine | None:
        frame = parse_frame(line)
        if frame is not None:
            if len(self._parsed) >= _CACHE_LINES:
                self._parsed.clear()
            self._parsed[line] = frame
        return frame

    # -- chains --------------------------------------------------------------------------------------------------

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
