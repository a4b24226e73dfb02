"""Cuts a stream of `perf script` text into pieces that can be parsed by themselves."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from hotspot.errors import MalformedProfile
from hotspot.importers.perf_script.lines import is_record, parse_header

_PIECE = 1 << 20  # fastest where text, offsets and lookups stay within the cache
_LONGEST_LINE = 1 << 26
_LINES_TO_TRY = 1000
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Piece(NamedTuple):
    """``text[:stop]``, whole lines ending in a newline each, found ``offset`` bytes into the decoded text."""

    text: bytes
    offset: int
    stop: int


def pieces(stream: BinaryIO, path: str, size: int = _PIECE) -> Iterator[Piece]:
    """Yield all text of a stream; line ends become a newline, UTF-16 becomes UTF-8.

    A piece ends at an empty line or, in text without them, before a line that begins a sample.

    Raises:
        MalformedProfile: a line is longer than 64 MB.
    """
    carry, offset = b"", 0
    for block in _utf8_blocks(stream, size):
        text = carry + block
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        stop = _end_of_piece(text)
        if stop:
            yield Piece(text, offset, stop)
        elif len(text) > _LONGEST_LINE:
            raise MalformedProfile(path, "a line is longer than 64 MB; this is no perf script text")
        carry, offset = text[stop:], offset + stop
    if carry:
        yield Piece(carry, offset, len(carry))


def line_number(stream: BinaryIO, path: str, position: int) -> int:
    """Return the 1-based number of the line at an offset of the decoded text."""
    number = 1
    for text, offset, stop in pieces(stream, path):
        number += text.count(b"\n", 0, min(stop, max(position - offset, 0)))
        if offset + stop > position:
            break
    return number


def _utf8_blocks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    block = stream.read(size)
    if block[:2] in _UTF16_MARKS:
        decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        while block:
            yield decoder.decode(block).encode("utf-8", errors="replace")
            block = stream.read(size)
        return
    block = block.removeprefix(_UTF8_MARK)
    while block:
        yield block
        block = stream.read(size)


def _end_of_piece(text: bytes) -> int:
    """Return where to cut: after an empty line, else before the last line that begins a sample; 0 to read on."""
    blank = text.rfind(b"\n\n") + 2
    if blank > 1 and blank * 2 > len(text):
        return blank
    end = text.rfind(b"\n")  # the last line may go on in the next block
    for _ in range(_LINES_TO_TRY):
        if end < 0:
            break
        start = text.rfind(b"\n", 0, end) + 1
        line = text[start:end]
        if is_record(line) or parse_header(line, opens_stack=False):
            return start
        end = start - 1
    if blank > 1:
        return blank
    return text.rfind(b"\n") + 1 if len(text) > _LONGEST_LINE else 0
