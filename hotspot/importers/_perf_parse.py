"""Parses a piece of `perf script` text into columns, without knowing the rest of the file.

A piece ends at a line end, best at an empty line. Pieces may be parsed one after another by one `ScriptParser`, or
by several whose `Columns` are joined later (`hotspot.importers.perf_script`), in other processes if need be.

Paragraphs (text between empty lines) of the usual shape, one header above whole frames, are read in bulk: their
lines are found with numpy, their stacks are looked up as bytes. The stack is cut after its first real frame,
because the leaf's address differs from sample to sample while its callers repeat. All other paragraphs are read
line by line; where both ways could read a paragraph they agree, since both ask `parse_header` and `StackTable`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hotspot.importers._perf_headers import MISSING, HeaderReader, Who
from hotspot.importers._perf_lines import (
    Header,
    flat_frame,
    is_column_line,
    is_record,
    is_source_line,
    is_tracepoint,
    lost_events,
    parse_frame,
    parse_header,
)
from hotspot.importers._perf_stacks import EMPTY, FrameKey, StackTable
from hotspot.profile import Bool, Int32, Int64, UInt8

NO_HEADER = -1  # in place of a thread: frames without a header above them
_LONGEST_LEAF = 64  # lines of one inlined leaf
_Batch = tuple[Int32, Int32, Int32, Int64, Int64]  # stack, thread, event, time, period
_INLINED = int.from_bytes(b"inlined)", "little")


@dataclass(frozen=True)
class Columns:
    """Everything read from a piece or several; picklable, free of references to the text.

    Attributes:
        frames: distinct frames.
        chain_frame: frames of all chains end to end, leaf first, int32[...].
        chain_offset: where each chain begins, with the end of the last, int64[chains + 1].
        chain_depth: entries of the recorded call chain (inlined frames left out), int32[chains].
        stacks: (callers, leaf) as chain ids, int32[stacks, 2].
        threads: (pid, tid, comm) that `thread` refers to.
        events: event names that `event` refers to; the empty one is not printed.
        stack: row of `stacks` per sample, int32[n].
        thread: per sample, or `NO_HEADER`, int32[n].
        event: per sample, int32[n].
        time: nanoseconds or `MISSING`, int64[n].
        period: or `MISSING`, int64[n].
        lines: number of lines that were not empty.
        skipped: lines that could not be read.
        skipped_at: offset of the first of them, or None.
        headless: frame lines without a header above them.
        headless_at: offset of the first of them, or None.
        lost: events that the kernel dropped, as far as records say.
        cut: frame lines that end inside their module.
    """

    frames: tuple[FrameKey, ...]
    chain_frame: Int32
    chain_offset: Int64
    chain_depth: Int32
    stacks: Int32
    threads: tuple[Who, ...]
    events: tuple[bytes, ...]
    stack: Int32
    thread: Int32
    event: Int32
    time: Int64
    period: Int64
    lines: int
    skipped: int
    skipped_at: int | None
    headless: int
    headless_at: int | None
    lost: int
    cut: int

    def __len__(self) -> int:
        return len(self.stack)


def parse(piece: bytes, offset: int = 0) -> Columns:
    """Parse one piece that begins ``offset`` bytes into the text."""
    parser = ScriptParser()
    parser.feed(piece, offset)
    return parser.columns()


@dataclass
class _Rows:
    """Samples read line by line, with the offset where each began."""

    stack: array[int] = field(default_factory=lambda: array("i"))
    thread: array[int] = field(default_factory=lambda: array("i"))
    event: array[int] = field(default_factory=lambda: array("i"))
    time: array[int] = field(default_factory=lambda: array("q"))
    period: array[int] = field(default_factory=lambda: array("q"))
    place: array[int] = field(default_factory=lambda: array("q"))


class _Numbers(dict[int, int]):
    """Numbers stacks, ``callers << 32 | leaf``, as they come; a negative one stands for no stack and stays -1."""

    def __missing__(self, packed: int) -> int:
        if packed < 0:
            return -1
        number = self[packed] = len(self)
        return number


@dataclass
class ScriptParser:
    """Parses pieces in order; memory grows with distinct stacks and 28 bytes a sample."""

    table: StackTable = field(default_factory=StackTable)
    headers: HeaderReader = field(default_factory=HeaderReader)
    _stacks: _Numbers = field(default_factory=lambda: _Numbers())
    _batches: list[_Batch] = field(default_factory=list)
    _lines: int = 0
    _skipped: int = 0
    _skipped_at: int | None = None
    _headless: int = 0
    _headless_at: int | None = None
    _lost: int = 0

    def columns(self) -> Columns:
        """Return what was read; the parser is spent."""
        flat, offsets, depth = self.table.flat_chains()
        packed = np.fromiter(self._stacks, dtype=np.int64, count=len(self._stacks))
        batches, self._batches = self._batches, []
        empty = (np.int32, np.int32, np.int32, np.int64, np.int64)
        stack, thread, event, time, period = (
            np.concatenate([batch[i] for batch in batches] or [np.zeros(0, dtype=kind)])
            for i, kind in enumerate(empty)
        )
        return Columns(
            frames=tuple(self.table.frames),
            chain_frame=flat,
            chain_offset=offsets,
            chain_depth=depth,
            stacks=np.stack([packed >> 32, packed & 0xFFFFFFFF], axis=1).astype(np.int32),
            threads=tuple(self.headers.threads),
            events=tuple(self.headers.events),
            stack=stack,
            thread=thread,
            event=event,
            time=time,
            period=period,
            lines=self._lines,
            skipped=self._skipped,
            skipped_at=self._skipped_at,
            headless=self._headless,
            headless_at=self._headless_at,
            lost=self._lost,
            cut=len(self.table.cut),
        )

    # -- in bulk ---------------------------------------------------------------------------------------------

    def feed(self, piece: bytes, offset: int, stop: int | None = None) -> None:
        r"""Read the next piece.

        Args:
            piece: whole lines ending in ``\\n`` (the last may lack it).
            offset: where it begins in the text, to say where a line could not be read.
            stop: read ``piece[:stop]`` only, which spares a copy.
        """
        data = np.frombuffer(piece, dtype=np.uint8, count=len(piece) if stop is None else stop)
        end = np.flatnonzero(data == 0x0A)
        if len(data) and data[-1] != 0x0A:
            end = np.append(end, len(data))
        if not len(end):
            return
        start = np.empty_like(end)
        start[0] = 0
        start[1:] = end[:-1] + 1
        blank = np.flatnonzero(start == end)
        first, last = np.append(-1, blank) + 1, np.append(blank, len(end)) - 1  # lines of each paragraph
        first, last = first[first <= last], last[first <= last]
        self._lines += len(end) - len(blank)
        if not len(first):
            return

        usual = np.flatnonzero((last > first) & (data[start[first]] != 0x09))
        stack = self._look_up_stacks(piece, data, start, end, first[usual], last[usual])
        usual, stack = usual[stack >= 0], stack[stack >= 0]
        header = self.headers.read(piece, data, start[first[usual]], end[first[usual]])
        batch = (stack, header.thread, header.event, header.time, header.period)
        read = np.flatnonzero(header.thread >= 0)
        if len(read) < len(first):
            batch = (
                stack[read],
                header.thread[read],
                header.event[read],
                header.time[read],
                header.period[read],
            )
            unusual = np.ones(len(first), dtype=bool)
            unusual[usual[read]] = False
            others = self._read_unusual(piece, start, end, first, last, unusual, offset)
            batch = _in_order(batch, start[first[usual[read]]], others)
        self._batches.append(batch)

    def _look_up_stacks(
        self, text: bytes, data: UInt8, start: Int64, end: Int64, first: Int64, last: Int64
    ) -> Int32:
        """Return the stack below each header, or a negative number where it holds more than frames."""
        cut = _end_of_leaf(data, start, end, first + 1, last)
        chains = self.table.texts
        leaf_start, leaf_end = start[first + 1].tolist(), end[cut].tolist()
        leaf = [chains[text[a:b]] for a, b in zip(leaf_start, leaf_end, strict=True)]
        rest_start, rest_end = (end[cut] + 1).tolist(), end[last].tolist()
        callers = [chains[text[a:b]] if a < b else EMPTY for a, b in zip(rest_start, rest_end, strict=True)]
        stacks = self._stacks
        packed = np.array(callers, dtype=np.int64) << 32 | np.array(leaf, dtype=np.int64)
        return np.array(list(map(stacks.__getitem__, packed.tolist())), dtype=np.int32)

    # -- line by line ----------------------------------------------------------------------------------------

    def _read_unusual(
        self, piece: bytes, start: Int64, end: Int64, first: Int64, last: Int64, unusual: Bool, offset: int
    ) -> _Rows:
        """Read paragraphs line by line; neighbours together, since an empty line may stand inside a sample."""
        rows = _Rows()
        edge = np.flatnonzero(np.diff(unusual, prepend=False, append=False))
        for begin, stop in zip(edge[0::2].tolist(), edge[1::2].tolist(), strict=True):
            a, b = int(start[first[begin]]), int(end[last[stop - 1]])
            _BlockReader(self, rows, piece[a:b].split(b"\n"), a, offset + a).read()
        return rows

    def skip(self, offset: int) -> None:
        """Count a line that cannot be read."""
        self._skipped += 1
        if self._skipped_at is None:
            self._skipped_at = offset

    def record(self, line: bytes) -> None:
        """Note a record that is no sample."""
        self._lost += lost_events(line)

    def add(
        self, rows: _Rows, header: Header | None, lines: Sequence[bytes], place: int, offset: int
    ) -> None:
        """Add one sample with the lines below its header, all of them known to belong to a stack."""
        text = b"\n".join(lines)
        chain = self.table.texts[text] if text else EMPTY
        if chain < 0:
            run = self.table.read_frames(lines)
            chain = self.table.chain(run.frames, run.inlined) if run else EMPTY
        rows.stack.append(self._stacks[chain])
        rows.place.append(place)
        if header is None:
            self._headless += len(lines)
            if self._headless_at is None:
                self._headless_at = offset
            header = Header()
            rows.thread.append(NO_HEADER)
        else:
            rows.thread.append(self.headers.thread_of(header))
        rows.event.append(self.headers.event_of(header))
        rows.time.append(MISSING if header.time is None else header.time)
        rows.period.append(MISSING if header.period is None else header.period)


def _in_order(batch: _Batch, place: Int64, rows: _Rows) -> _Batch:
    order = np.argsort(np.concatenate([place, np.array(rows.place, dtype=np.int64)]), kind="stable")
    others = (rows.stack, rows.thread, rows.event, rows.time, rows.period)
    stack, thread, event, time, period = (
        np.concatenate([column, np.array(other, dtype=column.dtype)])[order]
        for column, other in zip(batch, others, strict=True)
    )
    return stack, thread, event, time, period


@dataclass
class _BlockReader:
    """Reads consecutive lines one at a time; the meaning that everything faster must have."""

    parser: ScriptParser
    rows: _Rows
    lines: list[bytes]
    place: int  # of the first line in the piece
    offset: int  # of the first line in the text
    header: Header | None = None
    stack: list[bytes] = field(default_factory=list)
    began: int = 0  # index of the line where the open sample began
    in_record: bool = False

    def read(self) -> None:
        """Read all lines."""
        for number, line in enumerate(self.lines):
            self._read_line(number, line)
        self._finish()

    def _read_line(self, number: int, line: bytes) -> None:
        if not line.strip():
            # A payload that ends in a line break leaves an empty line between header and frames.
            if self.header is None or self.stack or not self._frame_follows(number):
                self._finish()
            return
        is_tabbed = line[:1] == b"\t"
        header = None if is_tabbed else parse_header(line, opens_stack=False)
        frame = None if header and header.time is not None else self._is_frame(line)
        if header is not None and not (frame and not _has_padded_frame(header)):
            self._open(number, header)
        elif frame:
            self._begin_if_closed(number)
            self.stack.append(line)
        elif line[:1] == b"#":
            self._finish()
        elif is_record(line):
            self._finish()
            self.in_record = True
            self.parser.record(line)
        elif self.stack and (is_source_line(line) or is_column_line(line)):
            self.stack.append(line)
        elif self.in_record and is_tabbed:
            pass  # a record of namespaces goes on below itself
        elif self._frame_follows(number) and (header := parse_header(line, opens_stack=True)):
            self._open(number, header)
        elif bare := _bare_flat(line):
            self._open(number, bare)
        else:
            self.parser.skip(self.offset + self._distance(number))

    def _open(self, number: int, header: Header) -> None:
        self._finish()
        self.header, self.began = header, number
        if header.rest.strip() and not self._frame_follows(number):
            found = flat_frame(header.rest, squeezed=not is_tracepoint(header.event))
            if found is not None:
                self.stack.append(b"\t" + found[0].strip())

    def _begin_if_closed(self, number: int) -> None:
        if self.header is None and not self.stack:
            self._finish()
            self.began = number

    def _finish(self) -> None:
        if self.header is not None or self.stack:
            before = self._distance(self.began)
            self.parser.add(self.rows, self.header, self.stack, self.place + before, self.offset + before)
        self.header, self.stack, self.in_record = None, [], False

    def _distance(self, number: int) -> int:
        return sum(len(line) + 1 for line in self.lines[:number])

    def _is_frame(self, line: bytes) -> bool:
        return self.parser.table.lines[line] >= 0 or parse_frame(line) is not None

    def _frame_follows(self, number: int) -> bool:
        return number + 1 < len(self.lines) and self._is_frame(self.lines[number + 1])


def _has_padded_frame(header: Header) -> bool:
    return flat_frame(header.rest, squeezed=False) is not None


def _bare_flat(line: bytes) -> Header | None:
    """Read a flat sample with neither time nor event (``-F comm,ip,sym``), told by perf's padding."""
    found = flat_frame(line, squeezed=False)
    if found is None or line[:1] == b"\t":
        return None
    header = parse_header(found[1] or b" ", opens_stack=True)
    if header is None or not header.comm:
        return None
    return Header(header.comm, header.pid, header.tid, rest=b"  " + found[0])


def _end_of_leaf(data: UInt8, start: Int64, end: Int64, leaf: Int64, last: Int64) -> npt.NDArray[np.int64]:
    """Return the line on which each stack's leaf ends: its first frame that is not inlined, with its source line."""
    cut = leaf.copy()
    tails = np.lib.stride_tricks.sliding_window_view(data, 8) if len(data) >= 8 else None
    going = np.flatnonzero(cut < last)
    for _ in range(_LONGEST_LEAF):
        if not len(going) or tails is None:
            break
        line = cut[going]
        tail = np.ascontiguousarray(tails[np.maximum(end[line] - 8, 0)]).view("<u8").reshape(-1)
        below = start[line + 1]
        source = (data[below] == 0x20) & (data[np.minimum(below + 1, len(data) - 1)] == 0x20)
        going = going[(tail == _INLINED) | source]
        cut[going] += 1
        going = going[cut[going] < last[going]]
    return cut
