"""Reads `perf script` text one line at a time: slow, and the meaning that everything faster must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate

from hotspot.importers.perf_script.lines import (
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
from hotspot.importers.perf_script.stacks import EMPTY, StackTable, flat_line


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample.

    Attributes:
        header: None where frames have no header above them.
        chain: id of all its frames.
        place: where it begins, bytes from the beginning of the block.
        lines: how many lines its stack takes.
    """

    header: Header | None
    chain: int
    place: int
    lines: int


@dataclass
class BlockReader:
    """Reads consecutive lines that begin where a sample may begin.

    Attributes:
        table: where frames and chains are interned.
        lines: without their line ends.
        skipped: lines that could not be read.
        skipped_at: where the first of them begins, or None.
        lost: events that the kernel dropped, as far as records say.
    """

    table: StackTable
    lines: list[bytes]
    skipped: int = 0
    skipped_at: int | None = None
    lost: int = 0
    _header: Header | None = None
    _stack: list[bytes] = field(default_factory=list)
    _began: int = 0  # line where the open sample began
    _in_record: bool = False

    def samples(self) -> Iterator[Sample]:
        """Yield the samples in order."""
        for number, line in enumerate(self.lines):
            header = self._header_at(number)
            if header is not None:
                yield from self._close()
                self._open(number, header)
            elif self._is_frame(line):
                if self._header is None and (not self._stack or line[:1] != b"\t"):
                    yield from self._close()  # without header and tab, a line is a flat sample of its own
                    self._began = number
                self._stack.append(line)
            elif not line.strip():
                # A payload that ends in a line break leaves an empty line between header and frames.
                if self._header is None or self._stack or not self._frame_follows(number):
                    yield from self._close()
            elif line[:1] == b"#":
                yield from self._close()
            elif is_record(line):
                yield from self._close()
                self._in_record = True
                self.lost += lost_events(line)
            elif self._belongs_to_frame(line):
                self._stack.append(line)
            elif not (self._in_record and line[:1] == b"\t"):  # a record of namespaces goes on below itself
                self.skipped += 1
                if self.skipped_at is None:
                    self.skipped_at = self._places[number]
        yield from self._close()

    def _header_at(self, number: int) -> Header | None:
        line = self.lines[number]
        if line[:1] == b"\t":
            return None
        header = parse_header(line, opens_stack=False)
        if header is not None or self._is_frame(line) or is_record(line) or self._belongs_to_frame(line):
            return header
        if self._frame_follows(number) and line.strip():
            return parse_header(line, opens_stack=True)
        return None if line[:1] == b"#" else bare_flat_header(line)

    def _open(self, number: int, header: Header) -> None:
        self._header, self._began = header, number
        if header.rest.strip() and not self._frame_follows(number):
            found = flat_frame(header.rest, squeezed=not is_tracepoint(header.event))
            if found is not None:
                self._stack.append(flat_line(found[0]))

    def _close(self) -> Iterator[Sample]:
        header, stack = self._header, self._stack
        self._header, self._stack, self._in_record = None, [], False
        if header is not None or stack:
            yield Sample(header, self._chain(stack), self._places[self._began], len(stack))

    def _chain(self, stack: list[bytes]) -> int:
        if not stack:
            return EMPTY
        chain = self.table.read_chain(b"\n".join(stack))
        if chain < 0:  # an inlined frame comes last
            run = self.table.read_frames(stack)
            assert run is not None, "only lines of a stack were collected"
            chain = self.table.chain(run)
        return chain

    @cached_property
    def _places(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.lines)]

    def _is_frame(self, line: bytes) -> bool:
        return self.table.is_frame(line) or parse_frame(line) is not None

    def _frame_follows(self, number: int) -> bool:
        return number + 1 < len(self.lines) and self._is_frame(self.lines[number + 1])

    def _belongs_to_frame(self, line: bytes) -> bool:
        return bool(self._stack) and (is_source_line(line) or is_column_line(line))


def bare_flat_header(line: bytes) -> Header | None:
    """Read a flat sample with neither time nor thread and event together (``-F comm,ip,sym``), told by the padding."""
    found = flat_frame(line, squeezed=False)
    if found is None or not found[1].strip():
        return None
    header = parse_header(found[1], opens_stack=True)
    return None if header is None else replace(header, rest=found[0])
