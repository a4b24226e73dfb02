"""Reads many `perf script` headers at once.

perf prints one recording's headers in columns: seen from the point of the time stamp, fraction, period and event
stand at fixed places. `HeaderReader` learns such a `Layout` from one header, checks in bulk which others have it,
and converts their numbers with numpy; a header in no known layout is read by `parse_header`. The part before the
time (command, process, thread, cpu) repeats and is looked up; a new one is read by `parse_header` too, and where
the two disagree that part is never trusted to the fast path again. So there is one meaning, `parse_header`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hotspot.importers._perf_lines import Header, parse_header
from hotspot.profile import Bool, Int32, Int64, UInt8

MISSING = -1  # in place of a time or a period that is not printed
ODD = -2  # in place of a thread: not a header

_SECONDS = 12  # columns looked at before the point; `parse_header` takes up to 10 digits
_POWERS = 10 ** np.arange(19, dtype=np.int64)
_MAX_LAYOUTS = 16
_MAX_LESSONS = 32  # headers of a batch that are tried as a new layout
_CACHE_ENTRIES = 1 << 17
_LAYOUT = re.compile(rb".*[^\S\n]\d{1,10}\.(\d{6}(?:\d{3})?):( +\d{1,18})?( +[^\s:]\S*: ?)$", re.DOTALL)

Who = tuple[int | None, int | None, bytes]
"""pid, tid, command."""


@dataclass(frozen=True)
class Layout:
    """Where the columns of a header stand, seen from the point of its time.

    Attributes:
        fraction: digits after the point.
        period: columns from the colon after the time to the end of the period; 0 where none is printed.
        suffix: the rest of the line.
        event: id of its event.
    """

    fraction: int
    period: int
    suffix: bytes
    event: int

    @property
    def before(self) -> int:
        """Bytes from the point to the end of the line."""
        return self.fraction + 2 + self.period + len(self.suffix)

    @property
    def window(self) -> int:
        """Bytes looked at, from the first column of the seconds."""
        return _SECONDS + self.before


@dataclass
class Headers:
    """What a batch of headers says, a row each.

    Attributes:
        thread: index into `HeaderReader.threads`, or `ODD`, int32[n].
        event: index into `HeaderReader.events`, int32[n].
        time: nanoseconds or `MISSING`, int64[n].
        period: or `MISSING`, int64[n].
    """

    thread: Int32
    event: Int32
    time: Int64
    period: Int64


class _Prefixes(dict[bytes, int]):
    """Text before the time -> thread; `ODD` where the fast path must not be trusted, `MISSING` where not seen."""

    def __missing__(self, prefix: bytes) -> int:
        return MISSING


@dataclass
class HeaderReader:
    """Reads headers and numbers the threads and events they name."""

    threads: dict[Who, int] = field(default_factory=dict)
    events: dict[bytes, int] = field(default_factory=dict)
    _layouts: list[Layout] = field(default_factory=list)
    _prefixes: _Prefixes = field(default_factory=lambda: _Prefixes())
    _constant: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # headers without numbers that vary

    def thread_of(self, header: Header) -> int:
        """Return the index of a header's thread."""
        return self.threads.setdefault((header.pid, header.tid, header.comm), len(self.threads))

    def event_of(self, header: Header) -> int:
        """Return the index of a header's event."""
        return self.events.setdefault(header.event, len(self.events))

    def read(self, text: bytes, data: UInt8, start: Int64, end: Int64) -> Headers:
        """Read the headers ``text[start:end]``, each known to be followed by a line of a stack.

        Args:
            text: the bytes.
            data: the same bytes as an array.
            start: first byte of each header, int64[n].
            end: its line end, int64[n].
        """
        count = len(start)
        out = Headers(
            np.full(count, ODD, dtype=np.int32),
            np.zeros(count, dtype=np.int32),
            np.full(count, MISSING, dtype=np.int64),
            np.full(count, MISSING, dtype=np.int64),
        )
        todo = np.arange(count)
        for layout in self._layouts:
            if len(todo):
                todo = todo[~self._read_layout(layout, out, text, data, start, end, todo)]
        lessons = 0
        slow: list[int] = []
        while len(todo) and len(self._layouts) < _MAX_LAYOUTS and lessons < _MAX_LESSONS:
            lessons += 1
            row = int(todo[0])
            slow.append(row)
            layout_found = self._learn(text[start[row] : end[row]])
            todo = todo[1:]
            if layout_found and layout_found not in self._layouts:
                self._layouts.append(layout_found)
                todo = todo[~self._read_layout(layout_found, out, text, data, start, end, todo)]
        self._read_each(out, text, start, end, [*slow, *todo.tolist()])
        return out

    def _learn(self, line: bytes) -> Layout | None:
        shape = _LAYOUT.match(line)
        header = parse_header(line, opens_stack=False) if shape else None
        if shape is None or header is None or header.time is None:
            return None
        return Layout(len(shape[1]), len(shape[2] or b""), shape[3], self.event_of(header))

    def _read_layout(
        self,
        layout: Layout,
        out: Headers,
        text: bytes,
        data: UInt8,
        start: Int64,
        end: Int64,
        rows: npt.NDArray[np.intp],
    ) -> Bool:
        """Read the rows that have this layout into ``out`` and return which of ``rows`` they are."""
        fits = np.zeros(len(rows), dtype=bool)
        point = end[rows] - layout.before
        inside = np.flatnonzero((point >= _SECONDS) & (point > start[rows]))
        if not len(inside):
            return fits
        windows = np.lib.stride_tricks.as_strided(
            data, (len(data) - layout.window + 1, layout.window), (1, 1), writeable=False
        )
        look: UInt8 = windows[point[inside] - _SECONDS]
        digit = (look - np.uint8(48)).astype(np.uint8)  # below 10 where it is one; wraps elsewhere
        is_digit = digit < 10
        colon = _SECONDS + 1 + layout.fraction
        after = colon + 1 + layout.period
        good = (look[:, _SECONDS] == 0x2E) & (look[:, colon] == 0x3A)
        good &= is_digit[:, _SECONDS + 1 : colon].all(axis=1)
        good &= (look[:, after:] == np.frombuffer(layout.suffix, dtype=np.uint8)).all(axis=1)

        run = np.logical_and.accumulate(is_digit[:, _SECONDS - 1 :: -1], axis=1)
        digits = run.sum(axis=1)
        good &= (digits >= 1) & (digits <= 10)
        good &= look[np.arange(len(look)), _SECONDS - 1 - np.minimum(digits, 10)] == 0x20
        seconds = np.where(run, digit[:, _SECONDS - 1 :: -1], 0).astype(np.int64) @ _POWERS[:_SECONDS]
        good &= seconds < 9_000_000_000  # nanoseconds fit int64 with room
        fraction = digit[:, _SECONDS + 1 : colon].astype(np.int64) @ _POWERS[layout.fraction - 1 :: -1]
        time = seconds * 10**9 + fraction * 10 ** (9 - layout.fraction)

        period = np.full(len(look), MISSING, dtype=np.int64)
        if layout.period:
            column, number = look[:, colon + 1 : after], is_digit[:, colon + 1 : after]
            good &= number[:, -1] & (column[:, 0] == 0x20) & (number | (column == 0x20)).all(axis=1)
            good &= (number[:, 1:] >= number[:, :-1]).all(axis=1)  # spaces, then digits
            value = np.where(number, digit[:, colon + 1 : after], 0).astype(np.int64)
            period = value @ _POWERS[layout.period - 1 :: -1]

        found = np.flatnonzero(good)
        chosen = rows[inside[found]]
        out.event[chosen] = layout.event
        out.time[chosen] = time[found]
        out.period[chosen] = period[found]
        prefix_end = point[inside[found]] - digits[found]
        prefixes = [text[a:b] for a, b in zip(start[chosen].tolist(), prefix_end.tolist(), strict=True)]
        thread = np.array(list(map(self._prefixes.__getitem__, prefixes)), dtype=np.int32)
        for position in np.flatnonzero(thread == MISSING).tolist():
            thread[position] = self._verify(prefixes[position], out, text, start, end, int(chosen[position]))
        out.thread[chosen] = thread
        fits[inside[found]] = True
        self._read_each(out, text, start, end, chosen[thread == ODD].tolist())
        return fits

    def _verify(self, prefix: bytes, out: Headers, text: bytes, start: Int64, end: Int64, row: int) -> int:
        """Return the thread of a prefix seen for the first time; ODD where `parse_header` reads it otherwise."""
        if prefix in self._prefixes:
            return self._prefixes[prefix]
        header = parse_header(text[start[row] : end[row]], opens_stack=True)
        thread = ODD
        if (
            header is not None
            and header.time == out.time[row]
            and _or_missing(header.period) == out.period[row]
        ):
            thread = self.thread_of(header)
        if len(self._prefixes) >= _CACHE_ENTRIES:
            self._prefixes.clear()
        self._prefixes[prefix] = thread
        return thread

    def _read_each(self, out: Headers, text: bytes, start: Int64, end: Int64, rows: Iterable[int]) -> None:
        constant = self._constant
        for row in rows:
            line = text[start[row] : end[row]]
            known = constant.get(line)
            if known is not None:
                out.thread[row], out.event[row] = known
                out.time[row] = out.period[row] = MISSING
                continue
            header = parse_header(line, opens_stack=True)
            if header is None:
                out.thread[row] = ODD
                continue
            out.thread[row] = thread = self.thread_of(header)
            out.event[row] = event = self.event_of(header)
            out.time[row] = _or_missing(header.time)
            out.period[row] = _or_missing(header.period)
            if header.time is None and header.period is None and len(constant) < _CACHE_ENTRIES:
                constant[line] = thread, event


def _or_missing(number: int | None) -> int:
    return MISSING if number is None else number
