"""Interns the stacks of `perf script` text that no `TextCache` has seen before.

A *chain* is a run of frame lines, leaf first. It is split into *groups*, a frame line with the inlined frames above it that
share its address. They are looked up in turn, so that a group is understood once. Chains that read alike but differ
in addresses share one id, so ids follow distinct stacks, not addresses.
"""

from __future__ import annotations

import struct
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
from hotspot.importers.perf_script.text_cache import TextCache
from hotspot.profile import Int32, Int64, Kind

EMPTY = 0  # id of the chain without frames
UNREADABLE = -1  # in place of an id: the bytes are not (only) whole frames
# A line end inside a group, and what stands for it while groups are told apart.
_INNER_END = b"(inlined)\n"
_INNER_MARK = b"(inlined)\0"
_CACHE_LINES = 1 << 16
_packed = struct.Struct("=i").pack
_HEX = b"0123456789abcdef"

FrameKey = tuple[str, str, int, str, int]
"""name, file, line, module, kind: the arguments of `hotspot.builder.FrameTable.intern`."""


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
    """

    frames: dict[FrameKey, int] = field(default_factory=dict)
    cut: set[tuple[bytes, str]] = field(default_factory=set)
    # Lines and groups, to packed ids; none where it is no frame or no whole group.
    _lines: TextCache[bytes] = field(init=False)
    _groups: TextCache[bytes] = field(init=False)
    _has_inlined: bool = False  # whether any was seen yet; to look into every text for them takes time
    _names: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    _parsed: dict[bytes, FrameLine] = field(default_factory=dict)
    _chains: dict[bytes, int] = field(default_factory=lambda: {b"": EMPTY})
    _depths: array[int] = field(default_factory=lambda: array("i", [0]))

    def __post_init__(self) -> None:
        self._lines = TextCache(lambda line: b"" if (frame := self._read_line(line)) < 0 else _packed(frame))
        self._groups = TextCache(self._read_group)

    # -- frames --------------------------------------------------------------------------------------------------

    def is_frame(self, line: bytes) -> bool:
        """Whether a line is a frame that is not inlined."""
        return bool(self._lines[line])

    def _read_line(self, line: bytes) -> int:
        """Return the frame of one line, `UNREADABLE` where it is no frame or needs the lines below it (inlined).

        Lines differ in address and offset far more often than in name and module: the meaning of the plainest shape
        is asked of `parse_frame` once a name.
        """
        name = _plain_name(line)
        if name is None:
            return self._intern_line(line)
        number = self._names.get(name)
        if number is None:
            number = self._intern_line(line)
            if number >= 0:
                self._names[name] = number
        return number

    def _intern_line(self, line: bytes) -> int:
        frame = parse_frame(line)
        if frame is not None and frame.kind is Kind.INLINED:
            self._has_inlined = True
            return UNREADABLE
        return UNREADABLE if frame is None else self.intern(frame)

    def intern(self, frame: FrameLine, file: str = "", line: int = 0) -> int:
        """Return the id of a frame."""
        key = (frame.name, file, line, frame.module, int(frame.kind))
        if frame.cut:
            self.cut.add((frame.address, frame.name))
        return self.number(key)

    def number(self, key: FrameKey) -> int:
        """Return the id of a frame given by its key."""
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

    # -- text of a chain -> its id -------------------------------------------------------------------------------

    def read_chain(self, text: bytes) -> int:
        """Return the chain of frame lines, `UNREADABLE` where there is something else or an inlined frame comes last."""
        marked, known = text, self._lines
        if self._has_inlined and b"(inlined)" in text and b"\0" not in text:
            marked, known = text.replace(_INNER_END, _INNER_MARK), self._groups
        groups = marked.split(b"\n")
        frames = list(map(known.__getitem__, groups))
        if all(frames):
            return self._chain(b"".join(frames), len(groups))
        run = self.read_frames(text.split(b"\n"))
        return self.chain(run) if run and run.closed else UNREADABLE

    def _read_group(self, text: bytes) -> bytes:
        if b"\0" not in text:
            return self._lines[text]
        run = self.read_frames(text.split(b"\0"))
        return array("i", run.frames).tobytes() if run and run.closed else b""

    def read_leaf(self, text: bytes) -> int:
        """Return the chain of a leaf; one line, most of which differ in their offsets, is not worth to be remembered."""
        if b"\n" in text:
            return self.read_chain(text)
        frame = self._read_line(text)
        return UNREADABLE if frame < 0 else self._chain(_packed(frame), 1)

    def read_flat(self, rest: bytes) -> int:
        """Return the chain of a flat sample's one frame, given by what follows its event, or `UNREADABLE`."""
        found = None if is_record(rest) else flat_frame(rest, squeezed=False)
        return UNREADABLE if found is None else self.read_leaf(flat_line(found[0]))

    # -- chains --------------------------------------------------------------------------------------------------

    def chain(self, run: FrameRun) -> int:
        """Return the id of a chain given by its frames."""
        return self._chain(array("i", run.frames).tobytes(), len(run.frames) - run.inlined)

    def _chain(self, frames: bytes, depth: int) -> int:
        number = self._chains.setdefault(frames, len(self._chains))
        if number == len(self._depths):
            self._depths.append(depth)
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


def _plain_name(line: bytes) -> tuple[bytes, bytes] | None:
    """Return name and module of the plainest shape, ``<TAB> 4005b1 name+0x1f (module)``, which nothing else decides."""
    head, found, module = line.rpartition(b" (")
    if line[:1] != b"\t" or not found or module.find(b")") != len(module) - 1 or b"(" in module:
        return None
    address, space, name = head[1:].lstrip(b" ").partition(b" ")
    if not space or not address or len(address) > 16 or address.translate(None, _HEX):
        return None
    base, plus, offset = name.rpartition(b"+0x")
    if plus and offset and not offset.translate(None, _HEX):
        name = base
    return name, module
