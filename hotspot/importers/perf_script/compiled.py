"""Reads `perf script` text with the compiled part of hotspot, `hotspot.native.perf_script`; it decides nothing by itself.

C reads the paragraphs of the usual shape and asks what is in them once for each distinct text; the answers are those of
`parse_header` and `StackTable`. Paragraphs of any other shape go to `ScriptParser`, and their samples in between the others.
Distinct stacks are nodes of a call tree from the beginning, with their commands as roots.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.importers.perf_script.columns import AddedStacks, Columns, Rows, join_rows
from hotspot.importers.perf_script.lines import parse_frame, parse_header
from hotspot.importers.perf_script.parse import ScriptParser
from hotspot.importers.perf_script.stack_tree import NO_STACK_FRAME, ChainStacks, command_frame
from hotspot.importers.perf_script.stacks import StackTable
from hotspot.native.perf_script import INLINED, ODD, Column, Label, Meaning, Paragraphs, PerfScript
from hotspot.profile import Bool, Int32, Int64, Kind
from hotspot.tree_layout import SortedLayout

_STACKS = 1 << 12  # spelled out at a time
_FIRST_ODD = -2  # the stacks of a `ScriptParser` are numbered from here downwards, nodes upwards from 0
_SECOND = 10**9


class CompiledParser:
    """Parses pieces in the order of the text; memory grows with distinct stacks and 28 bytes a sample."""

    def __init__(self, native: ctypes.CDLL) -> None:
        self._script = PerfScript(native)
        self._odd = ScriptParser()
        self._batches: list[Rows] = []
        self._lines = 0

    def feed(self, piece: bytes, offset: int, stop: int | None = None) -> None:
        r"""Read a piece.

        Args:
            piece: whole lines ending in ``\n`` (the last may lack it).
            offset: where it begins in the text, to say where a line could not be read.
            stop: read ``piece[:stop]`` only, which spares a copy.
        """
        paragraphs = self._script.scan(piece, len(piece) if stop is None else stop, self._meaning)
        is_odd = paragraphs["node"] == ODD
        usual = paragraphs[~is_odd]
        self._lines += int(usual["lines"].sum())
        rows = Rows(
            stack=usual["node"].copy(),
            thread=usual["thread"].copy(),
            event=usual["event"].copy(),
            time=usual["time"].copy(),
            period=usual["period"].copy(),
        )
        if is_odd.any():
            odd, place = self._read_odd(piece, paragraphs[is_odd], offset)
            order = np.argsort(np.concatenate([usual["begin"], place]), kind="stable")
            rows = join_rows([rows, odd]).pick(order)
        if len(rows):
            self._batches.append(rows)

    def columns(self) -> Columns:
        """Return what was read, in the order of the text; the parser is spent then."""
        odd = self._odd.columns()
        stacks = NodeStacks(self._script, self._odd.table, self._odd.stacks())
        oddities = replace(odd.oddities, lines=odd.oddities.lines + self._lines)
        return Columns(stacks, odd.threads, odd.events, self._batches, oddities)

    def _meaning(self, label: Label) -> Meaning:
        """Say what a label means."""
        headers, table = self._odd.headers, self._odd.table
        if label.column is Column.WHO:
            header = parse_header(label.text + b"1.000000: e:", opens_stack=True)
            if header is None or (header.time, header.event) != (_SECOND, b"e"):
                return Meaning(ODD)
            root = table.number(command_frame(header.comm)) if header.comm else -1
            return Meaning(headers.thread_of(header), root)
        if label.column is Column.EVENT:
            header = parse_header(
                b"a 1 1.000000: 1 " + label.text + b":" * bool(label.text), opens_stack=True
            )
            if header is None or (header.time, header.event) != (_SECOND, label.text):
                return Meaning(ODD)
            return Meaning(headers.event_of(header))
        if b"\n" in label.text:  # an inlined frame and the one that it is a part of
            run = table.read_frames(label.text.rstrip(b"\n").split(b"\n"))
            return Meaning(ODD if run is None else run.frames[0])
        frame = parse_frame(label.text)
        if frame is None:
            return Meaning(ODD)
        return Meaning(INLINED if frame.kind is Kind.INLINED else table.intern(frame))

    def _read_odd(self, piece: bytes, paragraphs: Paragraphs, offset: int) -> tuple[Rows, Int64]:
        """Read odd paragraphs; return their samples and where in the piece each begins.

        Those that follow each other stay together, since an empty line may stand inside a sample. Two empty lines,
        which may not, keep them from the next.
        """
        begin, end = paragraphs["begin"], paragraphs["end"]
        gap = np.flatnonzero(end[:-1] != begin[1:])
        begin, end = np.append(begin[:1], begin[gap + 1]), np.append(end[gap], end[-1:])
        text = b"\n".join([piece[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)])
        inside = np.append(0, np.cumsum(end - begin + 1))[:-1]  # where each begins in this text

        def place(at: Int64) -> Int64:
            block = np.searchsorted(inside, at, side="right") - 1
            in_piece: Int64 = begin[block] + at - inside[block]
            return in_piece

        rows, at = self._odd.read(text, len(text), lambda at: offset + int(place(np.array([at]))[0]))
        return replace(rows, stack=_FIRST_ODD - rows.stack), place(at)


@dataclass(frozen=True)
class NodeStacks:
    """Stacks as nodes of a call tree; negative numbers count those of `odd` from `_FIRST_ODD` down."""

    script: PerfScript
    table: StackTable
    odd: ChainStacks

    def have_frames(self, stack: Int32) -> Bool:
        """Return which of some stacks have a frame, bool[n]."""
        have = stack >= 0  # a usual paragraph has frames
        have[~have] = self.odd.have_frames(_FIRST_ODD - stack[~have])
        return have

    def add_to(self, builder: ProfileBuilder, columns: Columns) -> AddedStacks:
        """Add the distinct stacks of all samples, in the order that `ChainStacks.add_to` gives them."""
        self._add_odd(columns)
        number, node = _by_appearance([rows.stack for rows in columns.batches])
        is_entry = np.array(
            [key[4] not in (Kind.INLINED, Kind.PROCESS) for key in self.table.frames], dtype=bool
        )
        laid_out = self.script.lay_out(node, is_entry)
        frames = list(self.table.frames)
        rank = np.array([builder.frames.intern(*frames[i]) for i in laid_out.frames.tolist()], dtype=np.int32)
        tree = replace(laid_out.tree, frame=rank[laid_out.tree.frame])
        handle = builder.add_layout(
            SortedLayout(tree, laid_out.leaf, first_added=np.zeros(0, dtype=np.int64))
        )
        return AddedStacks(number[::-1], laid_out.entries, handle)

    def _add_odd(self, columns: Columns) -> None:
        """Make nodes of the odd stacks that samples have."""
        is_odd = [rows.stack < 0 for rows in columns.batches]
        odd = [rows.pick(mask) for rows, mask in zip(columns.batches, is_odd, strict=True)]
        if not any(map(len, odd)):
            return
        root = {comm: self.table.number(command_frame(comm)) for _, _, comm in columns.threads if comm}
        batches = [replace(rows, stack=_FIRST_ODD - rows.stack) for rows in odd]
        number, distinct = self.odd.number(replace(columns, batches=batches), root)
        no_stack = self.table.number(NO_STACK_FRAME)
        node = np.concatenate(
            [
                self.script.add(*self.odd.spell_out(distinct[begin : begin + _STACKS], no_stack))
                for begin in range(0, len(distinct), _STACKS)
            ]
        )
        for rows, mask, numbers in zip(columns.batches, is_odd, number, strict=True):
            rows.stack[mask] = node[numbers]


def _by_appearance(batches: list[Int32]) -> tuple[list[Int32], Int32]:
    """Number the distinct nodes of all batches in order of appearance; return each batch's numbers, and the node of each."""
    number_of = np.full(1 + max(int(nodes.max()) for nodes in batches if len(nodes)), -1, dtype=np.int32)
    numbers, distinct, count = [], [], 0
    for nodes in batches:
        new, first = np.unique(nodes[number_of[nodes] < 0], return_index=True)
        new = new[np.argsort(first)]
        number_of[new] = np.arange(count, count + len(new))
        count += len(new)
        distinct.append(new)
        numbers.append(number_of[nodes])
    return numbers, np.concatenate(distinct)
