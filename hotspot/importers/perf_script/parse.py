"""Parses a piece of `perf script` text into columns, without knowing the rest of the file.

A piece ends at a line end, best at an empty line.

Paragraphs (text between empty lines) of the usual shape, one header above whole frames, are read in bulk: their
lines are found and their headers read with numpy, their stacks are looked up as bytes in a dict. The stack is cut after
its first real frame, because the leaf's address differs from sample to sample while its callers repeat. All other
paragraphs are read line by line by `BlockReader`; where both ways could read a paragraph they agree, since both ask
`parse_header` and `StackTable`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np

from hotspot.importers.perf_script.block import BlockReader, Sample
from hotspot.importers.perf_script.columns import NO_HEADER, Columns, Oddities, Rows, join_rows
from hotspot.importers.perf_script.headers import MISSING, HeaderReader
from hotspot.importers.perf_script.line_index import Lines
from hotspot.importers.perf_script.lines import Header
from hotspot.importers.perf_script.numbering import Numbering
from hotspot.importers.perf_script.stack_tree import ChainStacks
from hotspot.importers.perf_script.stacks import EMPTY, UNREADABLE, StackTable
from hotspot.importers.perf_script.text_cache import TextCache, look_up
from hotspot.profile import Bool, Int32, Int64

_FLAT_LINES = 8  # paragraphs of so many lines, the second of which is no frame, are tried as flat samples
_TAB = 0x09


@dataclass
class ScriptParser:
    """Parses pieces in any order; memory grows with distinct stacks and 28 bytes a sample."""

    table: StackTable = field(default_factory=StackTable)
    headers: HeaderReader = field(default_factory=HeaderReader)
    _stacks: Numbering = field(default_factory=Numbering)  # ``callers << 32 | leaf``
    _leaves: TextCache[int] = field(init=False)
    _callers: TextCache[int] = field(init=False)
    _flats: TextCache[int] = field(init=False)
    _batches: list[tuple[int, Rows]] = field(default_factory=list)  # with the offset of each piece
    _lines: int = 0
    _skipped: int = 0
    _skipped_at: int | None = None
    _headless: int = 0
    _headless_at: int | None = None
    _lost: int = 0

    def __post_init__(self) -> None:
        self._leaves = TextCache(self.table.read_leaf)
        self._callers = TextCache(self.table.read_chain)
        self._flats = TextCache(self.table.read_flat)

    def columns(self) -> Columns:
        """Return what was read, in the order of the text; the parser is spent then."""
        return Columns(
            stacks=self.stacks(),
            threads=tuple(self.headers.threads),
            events=tuple(self.headers.events),
            batches=[rows for _, rows in sorted(self._batches, key=itemgetter(0))],
            oddities=Oddities(
                lines=self._lines,
                skipped=self._skipped,
                skipped_at=self._skipped_at,
                headless=self._headless,
                headless_at=self._headless_at,
                lost=self._lost,
                cut=len(self.table.cut),
            ),
        )

    def stacks(self) -> ChainStacks:
        """Return the stacks read so far."""
        flat, offsets, depth = self.table.flat_chains()
        packed = self._stacks.keys()
        chains = np.stack([packed >> 32, packed & 0xFFFFFFFF], axis=1).astype(np.int32)
        return ChainStacks(tuple(self.table.frames), flat, offsets, depth, chains)

    def feed(self, piece: bytes, offset: int, stop: int | None = None) -> None:
        r"""Read a piece.

        Args:
            piece: whole lines ending in ``\n`` (the last may lack it).
            offset: where it begins in the text, to say where a line could not be read.
            stop: read ``piece[:stop]`` only, which spares a copy.
        """
        rows, _ = self.read(piece, len(piece) if stop is None else stop, lambda place: offset + place)
        if len(rows):
            self._batches.append((offset, rows))

    def read(self, text: bytes, stop: int, place_of: Callable[[int], int]) -> tuple[Rows, Int64]:
        """Read ``text[:stop]``; return its samples in order and where each begins.

        Args:
            text: as for `feed`.
            stop: how much of it to read.
            place_of: tells where in the whole text a place of this one is.
        """
        lines = Lines.of(text, stop)
        first, last = lines.paragraphs()
        if not len(first):
            return join_rows([]), first
        self._lines += int((last - first + 1).sum())
        below = lines.data[lines.start[np.minimum(first + 1, last)]]
        is_flat = (last - first >= _FLAT_LINES) & (below != _TAB)
        rows, header = self._read_stacked(lines, first, last, (last > first) & ~is_flat)
        if len(header) == len(first):
            return rows, lines.start[header]
        odd = np.ones(len(first), dtype=bool)
        odd[np.searchsorted(first, header)] = False
        # With the empty lines below, since one may stand inside a sample.
        todo = lines.mask(first[odd], np.append(first[1:], len(lines.start))[odd])
        parts, places = [rows], [lines.start[header]]
        if is_flat.any():
            rows, read = self._read_flat(lines, np.flatnonzero(lines.mask(first[is_flat], last[is_flat] + 1)))
            todo[read] = False
            parts.append(rows)
            places.append(lines.start[read])
        rows, place = self._read_lines(lines, todo, place_of)
        parts.append(rows)
        places.append(place)
        place = np.concatenate(places)
        order = np.argsort(place, kind="stable")
        return join_rows(parts).pick(order), place[order]

    # -- in bulk -------------------------------------------------------------------------------------------------

    def _read_stacked(self, lines: Lines, first: Int64, last: Int64, usual: Bool) -> tuple[Rows, Int64]:
        """Read the ``usual`` paragraphs that are one header above whole frames; return also their header lines."""
        if not usual.all():
            first, last = first[usual], last[usual]
        stack = self._look_up_stacks(lines, first, last)
        if len(stack) and int(stack.min()) < 0:
            first, stack = first[stack >= 0], stack[stack >= 0]
        header = self.headers.read(lines.text, lines.data, lines.start[first], lines.end[first])
        rows = Rows(stack, header.thread, header.event, header.time, header.period)
        read = header.thread >= 0
        return (rows, first) if read.all() else (rows.pick(read), first[read])

    def _look_up_stacks(self, lines: Lines, first: Int64, last: Int64) -> Int32:
        """Return the stack below each header, or a negative number where it holds more than frames."""
        if not len(first):
            return np.zeros(0, dtype=np.int32)
        cut = lines.end_of_leaf(first + 1, last)
        leaf = look_up(self._leaves, lines.text, lines.start[first + 1], lines.end[cut])
        callers = np.full(len(first), EMPTY, dtype=np.int32)
        more = np.flatnonzero(cut < last)
        text = lines.without_unknown_addresses()
        callers[more] = look_up(self._callers, text, lines.end[cut[more]] + 1, lines.end[last[more]])
        return self._number_stacks(callers, leaf)

    def _number_stacks(self, callers: Int32, leaf: Int32) -> Int32:
        """Return rows of ``Columns.stacks``; -1 where either is unreadable."""
        stack = np.full(len(leaf), UNREADABLE, dtype=np.int32)
        whole = np.flatnonzero((callers >= 0) & (leaf >= 0))
        stack[whole] = self._stacks.number(callers[whole].astype(np.int64) << 32 | leaf[whole])
        return stack

    def _read_flat(self, lines: Lines, number: Int64) -> tuple[Rows, Int64]:
        """Read those of the lines that are whole flat samples; return also which they are."""
        start, end = lines.start[number], lines.end[number]
        header = self.headers.read_flat(lines.text, lines.data, start, end)
        leaf = look_up(self._flats, lines.text, header.rest, end)
        stack = self._number_stacks(np.full_like(leaf, EMPTY), leaf)
        read = (stack >= 0) & (header.thread >= 0)
        read[:-1] &= read[1:]  # what follows may belong to it
        rows = Rows(stack, header.thread, header.event, header.time, header.period)
        return rows.pick(read), number[read]

    # -- line by line --------------------------------------------------------------------------------------------

    def _read_lines(self, lines: Lines, todo: Bool, place_of: Callable[[int], int]) -> tuple[Rows, Int64]:
        """Read marked lines one by one; return also where each sample begins."""
        chain, thread, event = array("i"), array("i"), array("i")
        time, period, places = array("q"), array("q"), array("q")
        edge = np.flatnonzero(np.diff(todo, prepend=False, append=False)).tolist()
        for begin, stop in zip(edge[0::2], edge[1::2], strict=True):
            at = int(lines.start[begin])
            block = lines.text[at : int(lines.end[stop - 1])]
            if not block.strip():
                continue
            reader = BlockReader(self.table, block.split(b"\n"))
            for sample in reader.samples():
                header = sample.header or self._note_headless(sample, place_of(at + sample.place))
                chain.append(sample.chain)
                thread.append(self.headers.thread_of(header) if sample.header else NO_HEADER)
                event.append(self.headers.event_of(header))
                time.append(MISSING if header.time is None else header.time)
                period.append(MISSING if header.period is None else header.period)
                places.append(at + sample.place)
            self._skipped += reader.skipped
            self._lost += reader.lost
            if reader.skipped_at is not None:
                self._skipped_at = _earlier(self._skipped_at, place_of(at + reader.skipped_at))
        leaf = np.array(chain, dtype=np.int32)
        rows = Rows(
            stack=self._number_stacks(np.full_like(leaf, EMPTY), leaf),
            thread=np.array(thread, dtype=np.int32),
            event=np.array(event, dtype=np.int32),
            time=np.array(time, dtype=np.int64),
            period=np.array(period, dtype=np.int64),
        )
        return rows, np.array(places, dtype=np.int64)

    def _note_headless(self, sample: Sample, place: int) -> Header:
        self._headless += sample.lines
        self._headless_at = _earlier(self._headless_at, place)
        return Header()


def _earlier(known: int | None, place: int) -> int:
    return place if known is None else min(known, place)
