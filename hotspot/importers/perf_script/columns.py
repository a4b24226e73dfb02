"""What parsing `perf script` text yields: plain columns, free of references to the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.importers.perf_script.headers import Who
from hotspot.profile import Bool, Int32, Int64

NO_HEADER = -1  # in place of a thread: frames without a header above them


@dataclass(frozen=True)
class Rows:
    """Samples, a row each.

    Attributes:
        stack: what it is called by ``Columns.stacks``, int32[n].
        thread: row of ``Columns.threads``, or `NO_HEADER`, int32[n].
        event: row of ``Columns.events``, int32[n].
        time: nanoseconds, or -1 where none is printed, int64[n].
        period: or -1 where none is printed, int64[n].
    """

    stack: Int32
    thread: Int32
    event: Int32
    time: Int64
    period: Int64

    def __len__(self) -> int:
        return len(self.stack)

    def pick(self, chosen: Bool | Int64) -> Rows:
        """Return some of the rows."""
        return Rows(
            self.stack[chosen],
            self.thread[chosen],
            self.event[chosen],
            self.time[chosen],
            self.period[chosen],
        )


def join_rows(parts: Sequence[Rows]) -> Rows:
    """Return all rows, one part after the other."""
    none32, none64 = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
    return Rows(
        stack=np.concatenate([none32, *(part.stack for part in parts)]),
        thread=np.concatenate([none32, *(part.thread for part in parts)]),
        event=np.concatenate([none32, *(part.event for part in parts)]),
        time=np.concatenate([none64, *(part.time for part in parts)]),
        period=np.concatenate([none64, *(part.period for part in parts)]),
    )


@dataclass(frozen=True)
class Oddities:
    """What could not be read as it should, and where it first happened (bytes from the beginning of the text).

    Attributes:
        lines: number of lines that are not empty.
        skipped: lines that could not be read.
        skipped_at: the first of them, or None.
        headless: frame lines without a header above them.
        headless_at: the first of them, or None.
        lost: events that the kernel dropped, as far as records say.
        cut: frame lines that end inside their module.
    """

    lines: int
    skipped: int
    skipped_at: int | None
    headless: int
    headless_at: int | None
    lost: int
    cut: int


class Stacks(Protocol):
    """The stacks of samples, as ``Rows.stack`` numbers them."""

    def have_frames(self, stack: Int32) -> Bool:
        """Return which of some stacks have a frame, bool[n]."""

    def add_to(self, builder: ProfileBuilder, columns: Columns) -> AddedStacks:
        """Add the distinct stacks of all samples to a builder that is empty, with their commands as roots."""


@dataclass
class AddedStacks:
    """The distinct stacks of all samples, with their commands.

    Attributes:
        number: which distinct stack each sample of each batch has, int32[rows]; the first batch is the last item.
        depth: entries of the recorded call chain of each, inlined frames left out, int32[n].
        handle: of each, in the builder, int32[n].
    """

    number: list[Int32]
    depth: Int32
    handle: Int32


@dataclass(frozen=True)
class Columns:
    """Everything read from a text.

    Attributes:
        stacks: what the rows refer to.
        threads: (pid, tid, comm).
        events: event names; the empty one is not printed.
        batches: the samples in order; `assemble` empties it.
        oddities: what could not be read.
    """

    stacks: Stacks
    threads: tuple[Who, ...]
    events: tuple[bytes, ...]
    batches: list[Rows]
    oddities: Oddities

    def has_headers(self) -> bool:
        """Whether any sample has a header; where none has, frames alone are samples (``perf script -F ip,sym``)."""
        return any(bool((rows.thread != NO_HEADER).any()) for rows in self.batches)
