"""Reads many `perf script` headers at once.

perf prints one recording's headers in columns: seen from the point of the time stamp, fraction, period and event
stand at fixed places. `HeaderReader` learns such a `Layout` from one header, checks in bulk which others have it,
and converts their numbers with numpy; a header in no known layout is read by `parse_header`. The part before the
point (command, process, thread, cpu, seconds) repeats and is looked up; a new one is read by `parse_header` too, and
where the two disagree that part is never trusted to the fast path again. So there is one meaning, `parse_header`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hotspot.importers.perf_script.line_index import windows
from hotspot.importers.perf_script.lines import Header, parse_header
from hotspot.importers.perf_script.text_cache import TextCache, look_up
from hotspot.profile import Bool, Int32, Int64, UInt8

MISSING = -1  # in place of a time or a period that is not printed
ODD = -2  # in place of a thread: not a header

_SECOND = 10**9  # nanoseconds
_POWERS = 10 ** np.arange(19, dtype=np.int64)
_MAX_LAYOUTS = 16
_MAX_LESSONS = 32  # headers of a batch that are tried as a new layout
_CACHE_ENTRIES = 1 << 17
_LAYOUT = re.compile(
    rb"(?P<lead>.*?[^\S\n]\d{1,10})\.(?P<fraction>\d{6}(?:\d{3})?):(?P<period> {1,10}\d{1,10})?(?P<event> +[^\s:]\S*?:)(?=\s|$)",
    re.DOTALL,
)

Who = tuple[int | None, int | None, bytes]
"""pid, tid, command."""


@dataclass(frozen=True)
class Layout:
    """Where the columns of a header stand, seen from the point of its time.

    Attributes:
        fraction: digits after the point.
        period: columns from the colon after the time to the end of the period; 0 where none is printed.
        suffix: the text after that: the event, and above a stack all to the end of the line.
        lead: columns before the point in a flat sample, where the line goes on after the suffix; 0 above a stack,
            where the suffix ends the line.
        event: id of its event.
    """

    fraction: int
    period: int
    suffix: bytes
    lead: int
    event: int

    @property
    def width(self) -> int:
        """Bytes from the point to the end of the suffix."""
        return self.fraction + 2 + self.period + len(self.suffix)


@dataclass
class Headers:
    """What a batch of headers says, a row each.

    Attributes:
        thread: index into `HeaderReader.threads`, or `ODD`, int32[n].
        event: index into `HeaderReader.events`, int32[n].
        time: nanoseconds or `MISSING`, int64[n].
        period: or `MISSING`, int64[n].
        rest: where the event ends, int64[n]; only for flat samples.
    """

    thread: Int32
    event: Int32
    time: Int64
    period: Int64
    rest: Int64


@dataclass(frozen=True)
class _Lines:
    """Header lines ``text[start:end]``; ``data`` are the same bytes as an array."""

    text: bytes
    data: UInt8
    start: Int64
    end: Int64

    def __getitem__(self, row: int) -> bytes:
        return self.text[self.start[row] : self.end[row]]


class _Prefixes:
    """Numbers the texts before the point of the time and keeps what each means.

    Attributes:
        thread: of each number; `ODD` where the fast path must not be trusted, `MISSING` where not known yet.
        seconds: whole seconds of the time of each number, in nanoseconds.
    """

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._count = 0
        self._numbers = TextCache(self._next)
        self.thread = np.zeros(0, dtype=np.int32)
        self.seconds = np.zeros(0, dtype=np.int64)

    def _next(self, _: bytes) -> int:
        self._count += 1
        return self._count - 1

    def look_up(self, lines: _Lines, rows: Int64, end: Int64) -> Int32:
        """Return the number of the text between the beginning of each row and its ``end``, int32[n]."""
        if self._count >= _CACHE_ENTRIES:
            self._forget()
        number = look_up(self._numbers, lines.text, lines.start[rows], end)
        more = self._count - len(self.thread)
        if more:
            self.thread = np.append(self.thread, np.full(more, MISSING, dtype=np.int32))
            self.seconds = np.append(self.seconds, np.zeros(more, dtype=np.int64))
        return number


@dataclass
class HeaderReader:
    """Reads headers and numbers the threads and events they name."""

    threads: dict[Who, int] = field(default_factory=dict)
    events: dict[bytes, int] = field(default_factory=dict)
    _stacked: list[Layout] = field(default_factory=list)
    _flat: list[Layout] = field(default_factory=list)
    _prefixes: _Prefixes = field(default_factory=_Prefixes)
    _constant: dict[bytes, tuple[int, int]] = field(default_factory=dict)  # headers without numbers that vary

    def thread_of(self, header: Header) -> int:
        """Return the index of a header's thread."""
        return self.threads.setdefault((header.pid, header.tid, header.comm), len(self.threads))

    def event_of(self, header: Header) -> int:
        """Return the index of a header's event."""
        return self.events.setdefault(header.event, len(self.events))

    def read(self, text: bytes, data: UInt8, start: Int64, end: Int64) -> Headers:
        """Read headers known to stand above the lines of a stack.

        Args:
            text: the bytes.
            data: the same bytes as an array.
            start: first byte of each header, int64[n].
            end: its line end, int64[n].
        """
        lines = _Lines(text, data, start, end)
        out, rest = self._read_layouts(self._stacked, lines, flat=False)
        self._read_each(out, lines, rest)
        return out

    def read_flat(self, text: bytes, data: UInt8, start: Int64, end: Int64) -> Headers:
        """Read headers that a frame may follow on the same line; those in no common layout stay `ODD`."""
        out, _ = self._read_layouts(self._flat, _Lines(text, data, start, end), flat=True)
        return out

    def _read_layouts(
        self, layouts: list[Layout], lines: _Lines, *, flat: bool
    ) -> tuple[Headers, Iterable[int]]:
        """Read all rows that have a layout; return the others, to be read one by one."""
        count = len(lines.start)
        out = Headers(
            thread=np.full(count, ODD, dtype=np.int32),
            event=np.zeros(count, dtype=np.int32),
            time=np.full(count, MISSING, dtype=np.int64),
            period=np.full(count, MISSING, dtype=np.int64),
            rest=lines.end.copy(),
        )
        todo: Int64 = np.arange(count)
        for layout in layouts:
            if len(todo):
                todo = todo[~self._read_layout(layout, out, lines, todo)]
        for _ in range(_MAX_LESSONS):
            if not len(todo) or len(layouts) == _MAX_LAYOUTS:
                break
            new = self._learn(lines[int(todo[0])], flat=flat)
            if new is None or new in layouts:
                todo = np.roll(todo, -1)  # come back to this one last
                continue
            layouts.append(new)
            todo = todo[~self._read_layout(new, out, lines, todo)]
        return out, todo.tolist()

    def _learn(self, line: bytes, *, flat: bool) -> Layout | None:
        shape = _LAYOUT.match(line)
        header = parse_header(line, opens_stack=not flat) if shape else None
        if shape is None or header is None or header.event != shape["event"].strip()[:-1]:
            return None  # another time or event is meant than the one found here
        if flat:
            suffix, lead = shape["event"] + b" ", len(shape["lead"])  # a frame may follow
        else:
            suffix, lead = line[shape.start("event") :], 0
        return Layout(
            len(shape["fraction"]), len(shape["period"] or b""), suffix, lead, self.event_of(header)
        )

    def _read_layout(self, layout: Layout, out: Headers, lines: _Lines, rows: Int64) -> Bool:
        """Read the rows that have this layout into ``out`` and return which of ``rows`` they are."""
        fits = np.zeros(len(rows), dtype=bool)
        start, end = lines.start[rows], lines.end[rows]
        point = start + layout.lead if layout.lead else end - layout.width
        inside = np.flatnonzero((point > start) & (point + layout.width <= end))
        if not len(inside):
            return fits
        look = windows(lines.data, point[inside], layout.width)
        digit = look - np.uint8(ord("0"))  # 10 or more where it is none
        colon = 1 + layout.fraction
        after = colon + 1 + layout.period
        good = (look[:, 0] == 0x2E) & (look[:, colon] == 0x3A)
        good &= (look[:, after:] == np.frombuffer(layout.suffix, dtype=np.uint8)).all(axis=1)
        places = digit[:, 1:colon]
        good &= (places < 10).all(axis=1)
        fraction = (places.astype(np.int64) @ _POWERS[layout.fraction - 1 :: -1]) * 10 ** (
            9 - layout.fraction
        )

        period = np.full(len(look), MISSING, dtype=np.int64)
        if layout.period:  # spaces, then digits
            number = digit[:, colon + 1 : after] < 10
            good &= (number | (look[:, colon + 1 : after] == 0x20)).all(axis=1)
            good &= (number[:, 1:] >= number[:, :-1]).all(axis=1) & number[:, -1] & ~number[:, 0]
            value = np.where(number, digit[:, colon + 1 : after], 0).astype(np.int64)
            period = value @ _POWERS[layout.period - 1 :: -1]

        good_rows = np.flatnonzero(good)
        found = inside[good_rows]
        chosen = rows[found]
        out.event[chosen] = layout.event
        out.time[chosen] = fraction[good_rows]
        out.period[chosen] = period[good_rows]
        out.rest[chosen] = point[found] + layout.width
        self._add_prefixes(out, lines, chosen, point[found])
        fits[found] = out.thread[chosen] != ODD
        return fits

    def _add_prefixes(self, out: Headers, lines: _Lines, rows: Int64, point: Int64) -> None:
        """Fill in the threads of rows whose times are fractions of a second yet, and add the seconds."""
        prefixes = self._prefixes
        number = prefixes.look_up(lines, rows, point)
        for position in np.flatnonzero(prefixes.thread[number] == MISSING).tolist():
            if prefixes.thread[number[position]] == MISSING:
                known = self._verified(out, lines, int(rows[position]))
                prefixes.thread[number[position]], prefixes.seconds[number[position]] = known
        out.thread[rows] = prefixes.thread[number]
        out.time[rows] += prefixes.seconds[number]

    def _verified(self, out: Headers, lines: _Lines, row: int) -> tuple[int, int]:
        """Return thread and whole seconds of a row, `ODD` where `parse_header` reads otherwise what was read in bulk."""
        header = parse_header(lines[row], opens_stack=True)
        if header is None or header.time is None or self.event_of(header) != out.event[row]:
            return ODD, 0
        fraction = header.time % _SECOND
        same = fraction == out.time[row] and _or_missing(header.period) == out.period[row]
        return (self.thread_of(header), header.time - fraction) if same else (ODD, 0)

    def _read_each(self, out: Headers, lines: _Lines, rows: Iterable[int]) -> None:
        constant = self._constant
        for row in rows:
            line = lines[row]
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
