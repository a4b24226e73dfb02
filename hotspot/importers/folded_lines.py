"""Lines of folded text to stack texts and exact counts; the half of the folded importer that knows about numbers.

A chunk of lines is looked at as one byte array: where lines end, which digits end them, what those add up to. Only
a line that is not plainly ``stack digits`` (a comment, a fraction, a stray separator) costs a step in Python.

A stack text is what stands before the count with a ``;`` behind every frame: ``main;parse;lex;``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from operator import ne
from typing import BinaryIO, NamedTuple

import numpy as np

from hotspot.ahead import ahead
from hotspot.errors import MalformedProfile
from hotspot.profile import NO_STACK, UNKNOWN, Bool, Int64, UInt8

_CHUNK = 1 << 20
_JOIN_BYTES = 1 << 29  # of texts held before equal ones are joined
_ROW_BYTES = 100  # that a text costs beside its own bytes
_MAX_WEIGHT = 2**63 - 1
_PLAIN_DIGITS = 18  # always fit int64
_EXACT_DIGITS = 18  # of a fractional count; the rest is rounded
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_EVEN)

_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?"
_BLANK = r"[ \t\r\x0b\x0c]"
# Two counts stand behind the same separator; `worker 12<TAB>3` is the stack `worker 12`.
# A gap is bounded, so that a line of blanks costs no more than another; what is more of it counts as the stack's.
_GAP = rf"{_BLANK}{{1,64}}+"
_ONE_COUNT = re.compile(rf"(?P<stack>.*?)(?P<gap>{_GAP})(?P<count>{_NUMBER}){_BLANK}*+".encode(), re.DOTALL)
_TWO_COUNTS = re.compile(
    rf"(?P<stack>.*?)(?P<gap>{_GAP})(?P<before>{_NUMBER})(?P=gap)(?P<count>{_NUMBER}){_BLANK}*+".encode(),
    re.DOTALL,
)
# `#<Class:Foo>` begins a Ruby stack.
_COMMENT = re.compile(rb"\s*(?:#(?!<)|//)")
_NO_STACK = NO_STACK.encode() + b";"


class _Chunk(NamedTuple):
    """Whole lines after the array work.

    Attributes:
        text: the lines, with a ``;`` behind each plain stack.
        lines: how many there are.
        begin: where in the text the plain stacks begin, int64[stacks].
        end: where they end, behind the ``;``, int64[stacks].
        counts: of the plain stacks, int64[stacks, columns].
        odd: index, begin and end of each line that needs a closer look, int64[lines, 3].
    """

    text: bytes
    lines: int
    begin: Int64
    end: Int64
    counts: Int64
    odd: Int64


class OneCount(Exception):
    """A line with a single count, in a file that was taken to have two a line."""


@dataclass
class Lines:
    """Stacks and counts of a folded file, collected chunk by chunk.

    Attributes:
        path: for error messages.
        columns: counts a line has: 1, or 2 in the output of difffolded.pl (before, after).
        texts: stack texts, sorted bytewise once all is read; equal ones may be left.
        valid: how many lines were stacks.
        invalid: how many lines could not be read.
        first_invalid: number of the first of those, 1-based.
        rounded: how many counts had more digits than can be kept.
    """

    path: str
    columns: int = 1
    texts: list[bytes] = field(default_factory=list)
    valid: int = 0
    invalid: int = 0
    first_invalid: int = 0
    rounded: int = 0
    _lengths: list[Int64] = field(default_factory=list)
    _mantissas: list[Int64] = field(default_factory=list)
    _decimals: list[UInt8] = field(default_factory=list)
    _lines_read: int = 0
    _total: int = 0  # of the absolute whole counts
    _bytes_added: int = 0
    _bytes_kept: int = 0

    def read(self, stream: BinaryIO) -> Lines:
        """Read all lines.

        Raises:
            OneCount: two counts a line were expected, and a line has one.
            MalformedProfile: a count, or the sum of all, is past 2^63.
        """
        for chunk in ahead(self._look_at, _whole_lines(_utf8(stream))):
            self._add_chunk(chunk)
            self._bytes_added += len(chunk.text) + chunk.lines * _ROW_BYTES
            if self._bytes_added > max(_JOIN_BYTES, self._bytes_kept):
                self._join_equal()
        self._sort()
        return self

    @property
    def lengths(self) -> Int64:
        """Bytes of each text, int64[rows]."""
        return np.concatenate([np.zeros(0, np.int64), *self._lengths])

    def counts(self) -> tuple[Int64, int]:
        """Return the counts, int64[rows, columns], and the power of ten they are scaled by."""
        mantissa = np.concatenate([np.zeros((0, self.columns), np.int64), *self._mantissas])
        decimals = np.concatenate([np.zeros((0, self.columns), np.uint8), *self._decimals])
        used = {int(d): mantissa[decimals == d] for d in np.unique(decimals)} or {0: mantissa}
        sums = {d: _exact_abs_sum(part) for d, part in used.items()}
        sizes = {d: part.size for d, part in used.items()}
        places = max(used)
        # As many decimals as leave room for the sum; each count that is rounded may add one.
        while (
            sum(total * 10**places // 10**d + (d > places) * sizes[d] for d, total in sums.items())
            > _MAX_WEIGHT
        ):
            if places == 0:
                raise MalformedProfile(self.path, "the counts add up to more than 2^63")
            places -= 1
        for d in used:
            of_d = decimals == d
            if d <= places:
                mantissa[of_d] *= 10 ** (places - d)
            else:
                mantissa[of_d], inexact = _divide_half_even(mantissa[of_d], 10 ** (d - places))
                self.rounded += inexact
        return mantissa, 10**places

    # -- all rows -----------------------------------------------------------------------------

    def _sort(self) -> None:
        self._keep(sorted(range(len(self.texts)), key=self.texts.__getitem__))

    def _join_equal(self) -> None:
        """Add up the whole counts of equal stacks, to keep the memory at the distinct ones."""
        self._sort()
        texts, (mantissa,), (decimals,) = self.texts, self._mantissas, self._decimals
        differs = np.ones(len(texts), dtype=bool)
        differs[1:] = np.fromiter(map(ne, texts, texts[1:]), bool, len(texts) - 1)
        fractional = np.count_nonzero(decimals, axis=1) > 0
        differs |= fractional
        differs[1:] |= fractional[:-1]
        first = np.flatnonzero(differs)
        self._keep(first.tolist())
        self._mantissas = [np.add.reduceat(mantissa, first, axis=0)]
        self._bytes_added, self._bytes_kept = 0, int(self.lengths.sum()) + len(first) * _ROW_BYTES

    def _keep(self, rows: list[int]) -> None:
        """Keep these rows, in this order."""
        self.texts = [self.texts[row] for row in rows]
        if rows:
            self._lengths = [np.concatenate(self._lengths)[rows]]
            self._mantissas = [np.concatenate(self._mantissas)[rows]]
            self._decimals = [np.concatenate(self._decimals)[rows]]

    # -- one chunk ----------------------------------------------------------------------------

    def _look_at(self, lines: bytearray) -> _Chunk:
        """Do the array work of a chunk; runs in a thread and changes nothing but the chunk."""
        data = np.frombuffer(lines, np.uint8)
        newline = np.flatnonzero(data == ord("\n"))
        start = np.append(0, newline[:-1] + 1)
        end = newline - ((data[newline - 1] == ord("\r")) & (newline > start))
        plain, stack_end, counts = self._plain_lines(data, start, end)
        data[stack_end] = ord(";")
        odd = np.flatnonzero(~plain)
        return _Chunk(
            text=bytes(lines),
            lines=len(newline),
            begin=start[plain],
            end=stack_end + 1,
            counts=counts,
            odd=np.stack([odd, start[odd], end[odd]], axis=1),
        )

    def _add_chunk(self, chunk: _Chunk) -> None:
        text = chunk.text
        self.valid += len(chunk.counts)
        self._add_rows(
            [text[a:b] for a, b in zip(chunk.begin.tolist(), chunk.end.tolist(), strict=True)],
            chunk.end - chunk.begin,
            chunk.counts,
            np.zeros(chunk.counts.shape, np.uint8),
        )
        rows = [
            row
            for line, a, b in chunk.odd.tolist()
            if (row := self._read_line(text[a:b], self._lines_read + line + 1))
        ]
        if rows:
            texts, mantissas, decimals = zip(*rows, strict=True)
            lengths = np.fromiter(map(len, texts), np.int64, len(texts))
            self._add_rows(texts, lengths, np.array(mantissas, np.int64), np.array(decimals, np.uint8))
        self._lines_read += chunk.lines

    def _add_rows(self, texts: Iterable[bytes], lengths: Int64, mantissas: Int64, decimals: UInt8) -> None:
        # Checked before anything is added up in int64, where it would wrap.
        self._total += _exact_abs_sum(mantissas[decimals == 0])
        if self._total > _MAX_WEIGHT:
            raise MalformedProfile(self.path, "the counts add up to more than 2^63")
        self.texts += texts
        self._lengths.append(lengths)
        self._mantissas.append(mantissas)
        self._decimals.append(decimals)

    def _plain_lines(self, data: UInt8, start: Int64, end: Int64) -> tuple[Bool, Int64, Int64]:
        """Find the lines ``stack digits`` (or ``stack digits digits``).

        Returns:
            Whether each line is plain, bool[lines]; of the plain ones, where the stack ends, int64[plain], and
            the counts, int64[plain, columns].
        """
        first, second = data[start], data[np.minimum(start + 1, len(data) - 1)]
        plain = (end > start) & (first > ord(" ")) & (first != ord(";")) & (first != ord("#"))
        plain &= (first != ord("/")) | (second != ord("/"))
        counts = np.zeros((len(start), self.columns), dtype=np.int64)
        gap = end
        gaps = []
        for column in reversed(range(self.columns)):
            gap, counts[:, column], some = _digits_before(data, gap)
            gaps.append(data[gap])
            plain &= some & (gap > start) & ((gaps[-1] == ord(" ")) | (gaps[-1] == ord("\t")))
        if self.columns == 2:
            plain &= gaps[0] == gaps[1]
        before = data[np.maximum(gap - 1, 0)]
        plain &= (before > ord(" ")) & (before != ord(";"))
        return plain, gap[plain], counts[plain]

    def _read_line(self, line: bytes, number: int) -> tuple[bytes, list[int], list[int]] | None:
        """Read a line that is not plain; None where it is not a stack."""
        if not line.strip() or is_comment(line):
            return None
        found = (_TWO_COUNTS if self.columns == 2 else _ONE_COUNT).fullmatch(line)
        if found is None:
            if self.columns == 2 and _ONE_COUNT.fullmatch(line):
                raise OneCount
            self.invalid += 1
            self.first_invalid = self.first_invalid or number
            return None
        texts = [found["before"], found["count"]] if self.columns == 2 else [found["count"]]
        values = [self._exact(text, number) for text in texts]
        self.valid += 1
        stack = found["stack"].strip(b"; \t\r\x0b\x0c")
        if found["stack"].endswith(b";") and len(found["gap"]) > 1:
            stack = (stack + b";" + UNKNOWN.encode()).removeprefix(b";")  # the last frame is a blank
        return (
            stack + b";" if stack else _NO_STACK,
            [mantissa for mantissa, _ in values],
            [decimals for _, decimals in values],
        )

    def _exact(self, text: bytes, line: int) -> tuple[int, int]:
        """Return a count as an integer and the number of decimals in it."""
        value = Decimal(text.decode())
        if not value:
            return 0, 0
        if value.adjusted() > 18 or abs(value) > _MAX_WEIGHT:
            raise MalformedProfile(self.path, f"count {text.decode()[:40]} is past 2^63", line=line)
        _, digits, exponent = value.as_tuple()
        trailing_zeros = next(zeros for zeros, digit in enumerate(reversed(digits)) if digit)
        places = max(0, -int(exponent) - trailing_zeros)
        kept = min(places, max(0, _EXACT_DIGITS - max(value.adjusted() + 1, 0)))
        if kept < places:
            self.rounded += 1
        mantissa = int(value.quantize(Decimal(1).scaleb(-kept), context=_ROUNDING).scaleb(kept, _ROUNDING))
        while kept and mantissa % 10 == 0:
            mantissa, kept = mantissa // 10, kept - 1
        return mantissa, kept


def is_comment(line: bytes) -> bool:
    """Whether a line is a comment."""
    return _COMMENT.match(line) is not None


def has_two_counts(lines: Iterable[bytes]) -> bool:
    """Whether every line that is a stack has two counts, as difffolded.pl writes them (and there is such a line)."""
    stacks = [line for line in lines if not is_comment(line) and _ONE_COUNT.fullmatch(line)]
    return bool(stacks) and all(_TWO_COUNTS.fullmatch(line) for line in stacks)


def _digits_before(data: UInt8, end: Int64) -> tuple[Int64, Int64, Bool]:
    """Read the decimal digits that stand right before each position.

    Returns:
        Where the byte before the digits is, their value (both int64), and whether there are 1 to 18 of them.
    """
    position = np.maximum(end - 1, 0)
    value = np.zeros(len(end), dtype=np.int64)
    active = np.arange(len(end))
    for power in range(_PLAIN_DIGITS + 1):
        digit = data[position[active]] - np.uint8(ord("0"))  # wraps past 9 for what is no digit
        is_digit = digit <= 9
        active = active[is_digit]
        if power == _PLAIN_DIGITS or not len(active):
            break
        value[active] += digit[is_digit].astype(np.int64) * 10**power
        position[active] -= 1
    some = position < end - 1
    some[active] = False  # too many digits: exactly, in Python
    return position, value, some


def _divide_half_even(values: Int64, divisor: int) -> tuple[Int64, int]:
    """Divide, rounding halves to even; also return how many were not whole."""
    quotient, rest = np.divmod(values, divisor)
    up = (rest * 2 > divisor) | ((rest * 2 == divisor) & (quotient % 2 != 0))
    return quotient + up, int(np.count_nonzero(rest))


def _exact_abs_sum(values: Int64) -> int:
    magnitude = np.abs(values).view(np.uint64)
    return (int((magnitude >> np.uint64(32)).sum()) << 32) + int((magnitude & np.uint64(2**32 - 1)).sum())


def _utf8(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the stream's bytes in chunks, without a byte-order mark; UTF-16 becomes UTF-8."""
    chunk = stream.read(_CHUNK)
    if chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        while chunk:
            yield decoder.decode(chunk).encode("utf-8", "replace")
            chunk = stream.read(_CHUNK)
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")
        return
    chunk = chunk.removeprefix(codecs.BOM_UTF8)
    while chunk:
        yield chunk
        chunk = stream.read(_CHUNK)


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytearray]:
    """Cut chunks at line ends; the last line gets one where it has none."""
    lines = bytearray()
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        lines += memoryview(chunk)[:cut] if cut else chunk
        if cut:
            yield lines
            lines = bytearray(memoryview(chunk)[cut:])
    if lines:
        yield lines + b"\n"
