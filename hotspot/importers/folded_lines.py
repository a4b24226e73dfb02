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
from typing import BinaryIO

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.profile import NO_STACK, Int64, UInt8

_CHUNK = 1 << 20
_COMPACT_BYTES = 1 << 28
_MAX_WEIGHT = 2**63 - 1
_PLAIN_DIGITS = 18  # always fit int64
_EXACT_DIGITS = 18  # of a fractional count; the rest is rounded
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_EVEN)

_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?"
_BLANK = r"[ \t\r\x0b\x0c]"
# Two counts stand behind the same separator; `worker 12<TAB>3` is the stack `worker 12`.
_ONE_COUNT = re.compile(rf"(?P<stack>.*?){_BLANK}+(?P<count>{_NUMBER}){_BLANK}*".encode(), re.DOTALL)
_TWO_COUNTS = re.compile(
    rf"(?P<stack>.*?)(?P<gap>{_BLANK}+)(?P<before>{_NUMBER})(?P=gap)(?P<count>{_NUMBER}){_BLANK}*".encode(),
    re.DOTALL,
)
# `#<Class:Foo>` begins a Ruby stack.
_COMMENT = re.compile(rb"\s*(?:#(?!<)|//)")
_NO_STACK = NO_STACK.encode() + b";"


class OneCount(Exception):
    """A line with a single count, in a file that was taken to have two a line."""


@dataclass
class Lines:
    """Stacks and counts of a folded file, collected chunk by chunk.

    Attributes:
        path: for error messages.
        columns: counts a line has: 1, or 2 in the output of difffolded.pl (before, after).
        texts: stack texts; one a row of the counts.
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
        for chunk in _whole_lines(_utf8(stream)):
            self._add_chunk(chunk)
            self._bytes_added += len(chunk)
            # Keeps the memory at the distinct stacks of a file that repeats itself.
            if self._bytes_added > max(_COMPACT_BYTES, self._bytes_kept):
                self.sort()
        self.sort()
        return self

    def counts(self) -> tuple[Int64, int]:
        """Return the counts, int64[rows, columns], and the power of ten they are scaled by."""
        mantissa = (
            np.concatenate(self._mantissas) if self._mantissas else np.zeros((0, self.columns), np.int64)
        )
        decimals = np.concatenate(self._decimals) if self._decimals else np.zeros(0, np.uint8)
        used = {int(d): mantissa[decimals == d] for d in np.unique(decimals)} or {0: mantissa}
        sums = {d: _exact_abs_sum(part) + len(part) for d, part in used.items()}
        places = max(used)
        while sum(total * 10**places // 10**d for d, total in sums.items()) > _MAX_WEIGHT:
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

    def sort(self) -> None:
        """Sort the stacks bytewise and join equal ones with whole counts."""
        texts = self.texts
        if not texts:
            return
        order = sorted(range(len(texts)), key=texts.__getitem__)
        self.texts = texts = [texts[row] for row in order]
        mantissa = np.concatenate(self._mantissas)[order]
        decimals = np.concatenate(self._decimals)[order]
        differs = np.ones(len(texts), dtype=bool)
        differs[1:] = np.fromiter(map(ne, texts, texts[1:]), bool, len(texts) - 1)
        differs |= decimals != 0
        differs[1:] |= decimals[:-1] != 0
        first = np.flatnonzero(differs)
        if len(first) < len(texts):
            self.texts = [texts[row] for row in first.tolist()]
            mantissa = np.add.reduceat(mantissa, first, axis=0)
            decimals = decimals[first]
        self._mantissas, self._decimals = [mantissa], [decimals]
        self._bytes_added, self._bytes_kept = 0, sum(map(len, self.texts))

    # -- one chunk ----------------------------------------------------------------------------

    def _add_chunk(self, chunk: bytes) -> None:
        data = np.frombuffer(chunk, np.uint8)
        newline = np.flatnonzero(data == ord("\n"))
        start = np.append(0, newline[:-1] + 1)
        end = newline - ((data[newline - 1] == ord("\r")) & (newline > start))
        plain, stack_end, counts = self._plain_lines(data, start, end)

        marked = data.copy()
        marked[stack_end] = ord(";")
        text = marked.tobytes()
        self.texts += [
            text[a:b] for a, b in zip(start[plain].tolist(), (stack_end + 1).tolist(), strict=True)
        ]
        self._add_counts(counts, np.zeros(len(counts), np.uint8))
        self.valid += len(counts)

        odd = np.flatnonzero(~plain)
        rows = [
            row
            for line, a, b in zip(odd.tolist(), start[odd].tolist(), end[odd].tolist(), strict=True)
            if (row := self._read_line(chunk[a:b], self._lines_read + line + 1))
        ]
        if rows:
            self.texts += [text for text, _, _ in rows]
            self._add_counts(
                np.array([mantissas for _, mantissas, _ in rows], np.int64),
                np.array([decimals for _, _, decimals in rows], np.uint8),
            )
        self._lines_read += len(newline)

    def _plain_lines(self, data: UInt8, start: Int64, end: Int64) -> tuple[UInt8, Int64, Int64]:
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
        before = data[gap - 1]
        plain &= (before > ord(" ")) & (before != ord(";"))
        return plain, gap[plain], counts[plain]

    def _read_line(self, line: bytes, number: int) -> tuple[bytes, list[int], int] | None:
        """Read a line that is not plain; None where it is not a stack."""
        if not line.strip() or _COMMENT.match(line):
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
        decimals = max(places for _, places in values)
        mantissas = [mantissa * 10 ** (decimals - places) for mantissa, places in values]
        if max(map(abs, mantissas)) > _MAX_WEIGHT:
            raise MalformedProfile(self.path, f"count {found['count'].decode()} is past 2^63", line=number)
        self.valid += 1
        stack = found["stack"].strip(b"; \t\r\x0b\x0c")
        return (stack + b";" if stack else _NO_STACK), mantissas, decimals

    def _exact(self, text: bytes, line: int) -> tuple[int, int]:
        """Return a count as an integer and the number of decimals in it."""
        value = Decimal(text.decode())
        if not value:
            return 0, 0
        if value.adjusted() > 18:
            raise MalformedProfile(self.path, f"count {text.decode()[:40]} is past 2^63", line=line)
        places = max(0, -int(value.normalize(Context(prec=len(text))).as_tuple().exponent))
        kept = min(places, max(0, _EXACT_DIGITS - 1 - max(value.adjusted(), 0)))
        if kept < places:
            self.rounded += 1
        return int(value.quantize(Decimal(1).scaleb(-kept), context=_ROUNDING).scaleb(kept, _ROUNDING)), kept

    def _add_counts(self, mantissas: Int64, decimals: UInt8) -> None:
        # Checked before anything is added up in int64, where it would wrap.
        self._total += _exact_abs_sum(mantissas[decimals == 0])
        if self._total > _MAX_WEIGHT:
            raise MalformedProfile(self.path, "the counts add up to more than 2^63")
        self._mantissas.append(mantissas)
        self._decimals.append(decimals)


def has_two_counts(lines: Iterable[bytes]) -> bool:
    """Whether every line that is a stack has two counts, as difffolded.pl writes them (and there is such a line)."""
    stacks = [line for line in lines if not _COMMENT.match(line) and _ONE_COUNT.fullmatch(line)]
    return bool(stacks) and all(_TWO_COUNTS.fullmatch(line) for line in stacks)


def _digits_before(data: UInt8, end: Int64) -> tuple[Int64, Int64, UInt8]:
    """Read the decimal digits that stand right before each position.

    Returns:
        Where the byte before the digits is, their value (both int64), and whether there are 1 to 18 of them.
    """
    position = end - 1
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


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut chunks at line ends; the last line gets one where it has none."""
    pending: list[bytes] = []
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield b"".join([*pending, chunk[:cut]])
            pending = []
        if cut < len(chunk):
            pending.append(chunk[cut:])
    if rest := b"".join(pending):
        yield rest + b"\n"
