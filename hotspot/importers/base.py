"""What an importer is, and the bytes it reads.

An importer is a module with three names::

    INFO = ImporterInfo("folded", "Folded (collapsed) stacks", (".folded", ".collapsed"))
    def detect(head: Head) -> Match: ...
    def load(source: Source, options: ImportOptions) -> Sequence[Profile] | Source: ...

``detect`` looks at the first bytes only. ``load`` parses into a `hotspot.builder.ProfileBuilder`; it may instead
return another `Source` for the registry to read (perf.data becomes perf script text). Importers never import
each other. A third party registers its module under the entry-point group ``hotspot.importers``.
"""

from __future__ import annotations

import enum
import hashlib
import io
import os
import re
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, Protocol, cast

from hotspot.errors import MalformedProfile, UnreadableInput
from hotspot.files import FileChecksum
from hotspot.profile import Profile

OnRead = Callable[[int, int | None], None]
"""Is told how many stored bytes were read since a source was opened, and of how many, None where nobody knows."""

HEAD_BYTES = 1 << 16
_CHUNK = 1 << 20
_HASH_AT_ONCE = 1 << 20  # larger files are hashed when somebody asks, which most commands never do
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b"),
    # With the magic number of its first block, or of the end where it holds nothing: `BZh` alone may begin a text.
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
}


class Match(enum.IntEnum):
    """Whether a file looks like a format: certain, possible, or not at all."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True)
class ImporterInfo:
    """How a format is called on the command line and in `hotspot formats`."""

    name: str
    title: str
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportOptions:
    """What a user may ask of an import.

    Attributes:
        inline: let perf look up inlined frames, which can take minutes.
    """

    inline: bool = False


@dataclass(frozen=True)
class Head:
    """The beginning of a file, decompressed.

    Attributes:
        data: at most `HEAD_BYTES` bytes.
        complete: whether this is the whole file.
        name: file name, for formats whose content alone does not tell them apart.
    """

    data: bytes
    complete: bool
    name: str = ""

    @cached_property
    def text(self) -> str:
        """The head as text: UTF-16 where it has its byte-order mark, else UTF-8 with replacements."""
        return decode_text(self.data, errors="replace")

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, as `Source.lines` gives them; the last one may be cut off."""
        return list(map(str.rstrip, self.text.splitlines()))


class ImporterModule(Protocol):
    """The protocol of an importer module."""

    INFO: ImporterInfo

    @staticmethod
    def detect(head: Head) -> Match:
        """Say whether the head looks like this format."""

    @staticmethod
    def load(source: Source, options: ImportOptions) -> Sequence[Profile] | Source:
        """Parse a source into profiles, or name another source to read instead."""


class NotThisFormat(MalformedProfile):
    """Raised by ``load`` where the file turned out to be something else; the registry tries the next importer."""


@dataclass(frozen=True, eq=False)
class Source:
    """One input: a file, standard input, or the output of a program.

    Attributes:
        path: what the user gave; ``-`` for standard input.
        opener: opens the stored bytes from the beginning; may be called again.
        checksum: SHA-256 of the stored bytes, in hexadecimal, or what computes it where it is asked for.
        on_read: is told what is read through `opener`; for who reads the bytes in a way of its own.
    """

    path: str
    opener: Callable[[], BinaryIO]
    checksum: str | FileChecksum
    on_read: OnRead | None = None

    @property
    def sha256(self) -> str:
        """The checksum in hexadecimal, for who needs it now."""
        return self.checksum if isinstance(self.checksum, str) else self.checksum.sha256

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the decompressed bytes; damage in the compression becomes `UnreadableInput`."""
        stored = self.opener()
        try:
            with _decompressed(stored) as stream, _compression_errors(self.path):
                yield stream
        finally:
            stored.close()

    def read(self) -> bytes:
        """Return all decompressed bytes."""
        with self.open() as stream:
            return stream.read()

    def lines(self) -> Iterator[str]:
        """Yield the lines of a text, as `decode_text` decodes it, without white space at their ends.

        A block of them is in memory at a time (all of them in UTF-16). A pattern for such a line needs no white space
        at its end, which behind a lazy group would take the square of the line's length.
        """
        with self.open() as stream:
            first = stream.readlines(_CHUNK)
            if first and first[0][:2] in _UTF16_MARKS:
                yield from map(str.rstrip, decode_text(b"".join(first) + stream.read()).splitlines())
                return
            yield from map(str.rstrip, decode_text(b"".join(first)).splitlines())
            while block := stream.readlines(_CHUNK):
                text = b"".join(block).decode("utf-8", "backslashreplace")
                yield from map(str.rstrip, text.splitlines())

    @cached_property
    def head(self) -> Head:
        """The first decompressed bytes."""
        with self.open() as stream:
            data = _read_up_to(stream, HEAD_BYTES + 1)
        return Head(data[:HEAD_BYTES], len(data) <= HEAD_BYTES, os.path.basename(self.path))


def file_source(path: str, on_read: OnRead | None = None) -> Source:
    """Return the source for a path, or for standard input where it is ``-``.

    Args:
        path: what to read.
        on_read: is told how far reading is, after every block; it should return at once.

    Raises:
        UnreadableInput: the file is missing, a folder, or may not be read.
    """
    if path == "-":
        return _spooled_source(path, sys.stdin.buffer, on_read)
    try:
        if not os.path.isfile(path) and os.path.exists(path) and not os.path.isdir(path):
            with open(path, "rb") as pipe:  # a named pipe or /dev/fd/N can be read only once
                return _spooled_source(path, pipe, on_read)
        return Source(path, lambda: open_file(path, on_read), _file_checksum(path), on_read)
    except OSError as error:
        raise _unreadable(path, error) from error


def open_file(path: str, on_read: OnRead | None) -> BinaryIO:
    """Open a file whose reader tells how far it is."""
    return open(path, "rb") if on_read is None else io.BufferedReader(_ReportedFile(path, on_read))


class _ReportedFile(io.FileIO):
    """A file that says how far it is read."""

    def __init__(self, path: str, on_read: OnRead) -> None:
        super().__init__(path, "rb")
        self._on_read = on_read
        self._size = os.fstat(self.fileno()).st_size

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer and return how many bytes there were."""
        read = super().readinto(buffer)
        self._on_read(self.tell(), self._size)
        return read

    def readall(self) -> bytes:
        """Return the rest of the file."""
        data = super().readall()
        self._on_read(self.tell(), self._size)
        return data


def _unreadable(path: str, error: OSError) -> UnreadableInput:
    return UnreadableInput(path, (error.strerror or str(error)).lower())


def _file_checksum(path: str) -> str | FileChecksum:
    with open(path, "rb") as file:  # also where its hash can wait: that it cannot be read is told now
        if os.fstat(file.fileno()).st_size <= _HASH_AT_ONCE:
            return hashlib.file_digest(file, "sha256").hexdigest()
        return FileChecksum.of(path, file)


def bytes_source(path: str, data: bytes) -> Source:
    """Return a source over bytes in memory, named ``path``."""
    return Source(path, lambda: io.BytesIO(data), hashlib.sha256(data).hexdigest())


def _spooled_source(path: str, stream: BinaryIO, on_read: OnRead | None = None) -> Source:
    """Copy a stream that can be read once to a temporary file, so that memory stays bounded."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115  (closed when nobody can reopen it any more)
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        spool.write(chunk)
        if on_read is not None:
            on_read(spool.tell(), None)
    spool.flush()

    def reopen() -> BinaryIO:
        size = os.fstat(spool.fileno()).st_size
        return io.BufferedReader(FileRange(os.dup(spool.fileno()), 0, size, on_read))

    weakref.finalize(reopen, spool.close)
    return Source(path, reopen, digest.hexdigest(), on_read)


class FileRange(io.RawIOBase):
    """The bytes ``[begin, end)`` of an open file, with a position of its own.

    A descriptor's position is shared by its duplicates, in other processes too, so it is left alone.

    Args:
        descriptor: of a file that can be read anywhere; closed with this object.
        begin: first byte.
        end: one past the last.
        on_read: is told how much of the range is read.
    """

    def __init__(self, descriptor: int, begin: int, end: int, on_read: OnRead | None = None) -> None:
        self._descriptor = descriptor
        self._begin = begin
        self._end = end
        self._at = begin
        self._on_read = on_read

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it has a position."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the file."""
        return self._descriptor

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte of the range, counted from its beginning, and return it."""
        base = {os.SEEK_SET: self._begin, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        self._at = max(self._begin, base + offset)
        return self._at - self._begin

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer and return how many bytes there were."""
        view = memoryview(buffer).cast("B")
        data = os.pread(self._descriptor, max(0, min(len(view), self._end - self._at)), self._at)
        view[: len(data)] = data
        self._at += len(data)
        if self._on_read is not None:
            self._on_read(self._at - self._begin, self._end - self._begin)
        return len(data)

    def close(self) -> None:
        """Close the descriptor."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def decode_text(data: bytes, errors: str = "backslashreplace") -> str:
    r"""Decode text a profiler wrote: UTF-16 with a byte-order mark, else UTF-8.

    Bytes that are neither stay visible as ``\xe9`` and so keep two names apart.
    """
    if data[:2] in _UTF16_MARKS:
        return data.decode("utf-16", errors="replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors=errors)


def _read_up_to(stream: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _decompressed(stored: BinaryIO) -> BinaryIO:
    magic = stored.read(10)
    stored.seek(0)
    kind = next((name for name, begins in _MAGIC.items() if begins.match(magic)), None)
    if kind == "gzip":
        import gzip

        return cast(BinaryIO, gzip.GzipFile(fileobj=stored))
    if kind == "bzip2":
        import bz2

        return cast(BinaryIO, bz2.BZ2File(stored))
    if kind == "xz":
        import lzma

        return cast(BinaryIO, lzma.LZMAFile(stored))
    if kind == "zstd":
        return cast(BinaryIO, io.BufferedReader(_ZstdReader(stored), _CHUNK))
    return stored


class _ZstdReader(io.RawIOBase):
    """Decompresses zstd frame by frame; unlike zstandard's own reader it notices a frame that is cut off."""

    def __init__(self, stored: BinaryIO) -> None:
        import zstandard

        self._stored = stored
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame = self._decompressor.decompressobj()
        self._in_frame = False
        self._input = b""
        self._output = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        while not len(self._output):
            self._input = self._input or self._stored.read(_CHUNK)
            if not self._input:
                if self._in_frame:
                    raise EOFError("a zstd frame is cut off")
                return 0
            if not self._in_frame:
                self._frame, self._in_frame = self._decompressor.decompressobj(), True
            self._output = memoryview(self._frame.decompress(self._input))
            self._in_frame = not self._frame.eof
            self._input = self._frame.unused_data if self._frame.eof else b""
        size = min(len(target), len(self._output))
        target[:size] = self._output[:size]
        self._output = self._output[size:]
        return size


@contextmanager
def _compression_errors(path: str) -> Iterator[None]:
    import zlib

    try:
        yield
    except EOFError as error:
        raise UnreadableInput(path, "the compressed data ends early") from error
    except (zlib.error, OSError) as error:
        raise UnreadableInput(path, f"cannot be read: {error}") from error
    except Exception as error:
        # lzma.LZMAError and zstandard.ZstdError, told by name so that neither is imported for a plain file.
        if type(error).__name__ in ("LZMAError", "ZstdError"):
            raise UnreadableInput(path, f"the compressed data is damaged: {error}") from error
        raise
