"""Lines of folded text to stacks and exact counts; the half of the folded importer that knows about numbers.

Plain lines, ``stack digits``, are read by `hotspot.importers.folded_stacks`, chunk by chunk and fast. Only a line that
is not plain (a comment, a fraction, a stray separator) costs a step in Python, here, where it gets its meaning.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import BinaryIO

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.importers.folded_sorted import SortedTexts
from hotspot.importers.folded_stacks import Row, Stacks, TreeOfStacks
from hotspot.native.folded import folded_library
from hotspot.profile import NO_STACK, UNKNOWN, Int64, UInt8

_CHUNK = 1 << 18  # in a processor's cache while it is looked at
_MAX_WEIGHT = 2**63 - 1
_SUM_TOO_LARGE = "the counts add up to more than 2^63"
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


class OneCount(Exception):
    """A line with a single count, in a file that was taken to have two a line."""


class Lines:
    """Stacks and counts of a folded file, collected chunk by chunk.

    Attributes:
        path: for error messages.
        columns: counts a line has: 1, or 2 in the output of difffolded.pl (before, after).
        stacks: where the stacks are kept.
        valid: how many lines were stacks.
        invalid: how many lines could not be read.
        first_invalid: number of the first of those, 1-based.
        rounded: how many counts had more digits than can be kept.
    """

    def __init__(self, path: str, columns: int = 1) -> None:
        self.path = path
        self.columns = columns
        native = folded_library()
        self.stacks: Stacks = TreeOfStacks(native, columns) if native else SortedTexts(columns)
        self.valid = self.invalid = self.first_invalid = self.rounded = 0
        self._total = 0  # of the absolute whole counts

    def read(self, stream: BinaryIO) -> Lines:
        """Read all lines.

        Raises:
            OneCount: two counts a line were expected, and a line has one.
            MalformedProfile: a count, or the sum of all, is past 2^63.
        """
        lines_before = 0
        for chunk in self.stacks.read(_whole_lines(_utf8(stream))):
            self._add_to_total(chunk.total)
            odd = (self._read_line(text, lines_before + line + 1) for line, text in chunk.odd)
            rows = [row for row in odd if row]
            if rows:
                self._add_to_total(sum(map(_whole, rows)))
                self.stacks.add(rows)
            self.valid += chunk.plain + len(rows)
            lines_before += chunk.lines
        return self

    def scaled(self, mantissas: Int64, decimals: UInt8) -> tuple[Int64, int]:
        """Return counts as whole numbers, int64[rows, columns], and the power of ten they are scaled by.

        Args:
            mantissas: of all that were read, int64[rows, columns]; changed.
            decimals: the powers of ten they are divided by, uint8[rows, columns].
        """
        used = np.flatnonzero(np.bincount(decimals.reshape(-1))).tolist()
        sums, sizes = {0: self._total}, {0: 0}
        for d in used:
            if d:
                part = mantissas[decimals == d]
                sums[d], sizes[d] = _exact_abs_sum(part), len(part)
        places = max(used)
        # As many decimals as leave room for the sum; each count that is rounded may add one.
        while (
            sum(total * 10**places // 10**d + (d > places) * sizes[d] for d, total in sums.items())
            > _MAX_WEIGHT
        ):
            if places == 0:
                raise MalformedProfile(self.path, _SUM_TOO_LARGE)
            places -= 1
        for d in used:
            if d == places:
                continue
            of_d = decimals == d
            if d < places:
                mantissas[of_d] *= 10 ** (places - d)
            else:
                mantissas[of_d], inexact = _divide_half_even(mantissas[of_d], 10 ** (d - places))
                self.rounded += inexact
        return mantissas, 10**places

    def _add_to_total(self, total: int) -> None:
        """Check the sum before counts are added up in int64, where it would wrap."""
        self._total += total
        if self._total > _MAX_WEIGHT:
            raise MalformedProfile(self.path, _SUM_TOO_LARGE)

    def _read_line(self, line: bytes, number: int) -> Row | None:
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
        stack = found["stack"].strip(b"; \t\r\x0b\x0c")
        if found["stack"].endswith(b";") and len(found["gap"]) > 1:
            stack = (stack + b";" + UNKNOWN.encode()).removeprefix(b";")  # the last frame is a blank
        return Row(
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


def _whole(row: Row) -> int:
    """Return the sum of the absolute whole counts of a row."""
    return sum(abs(count) for count, places in zip(row.mantissas, row.decimals, strict=True) if not places)


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
