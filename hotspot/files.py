"""Writing files so that a partial write never replaces a good one, and telling files by their checksum."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from hotspot.errors import HotspotError


def write_atomically(path: str | os.PathLike[str], data: bytes | Iterable[bytes]) -> None:
    """Write a file aside, flush it to disk, then rename it over the old one.

    The mode of a replaced file is kept, and a link is written through. What is not a regular file (a pipe,
    ``/dev/null``) cannot be replaced and is written to directly.

    Args:
        path: where to; its folder must exist.
        data: all bytes, or pieces of them as an exporter yields them.

    Raises:
        HotspotError: the file cannot be written; the old one is untouched.
    """
    pieces = [data] if isinstance(data, bytes) else data
    try:
        target = os.path.realpath(path)
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as stream:
                stream.writelines(pieces)
        else:
            _replace(target, pieces)
    except OSError as error:
        raise HotspotError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error


def file_digest(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True)
class FileChecksum:
    """The SHA-256 of a large file that was read, computed when somebody asks: hashing takes longer than a fast import.

    Attributes:
        path: absolute.
        size: of the file in bytes when it was opened.
        modified_ns: its time of modification then.
    """

    path: str
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: str, file: BinaryIO) -> FileChecksum:
        """Return that of a file that is open."""
        facts = os.fstat(file.fileno())
        return cls(os.path.abspath(path), facts.st_size, facts.st_mtime_ns)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 in hexadecimal; empty where the file is not any more what was read."""
        try:
            with open(self.path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return digest if self == FileChecksum.of(self.path, file) else ""
        except OSError:
            return ""


def within(root: Path, path: str | os.PathLike[str]) -> str:
    """Return a path as a project's documents name it: relative to its root where it lies inside, else as it is."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(root)) if absolute.is_relative_to(root) else str(path)


def _replace(target: str, pieces: Iterable[bytes]) -> None:
    folder, name = os.path.split(target)
    descriptor, aside = tempfile.mkstemp(prefix=f".{name[:100]}.", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fchmod(stream.fileno(), _mode(target))
            os.fsync(stream.fileno())
        os.replace(aside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(aside)
        raise
    _sync_folder(folder)


def _mode(target: str) -> int:
    """Return the mode of the file to replace, or the one a new file gets."""
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        umask = os.umask(0)  # can only be read by setting it
        os.umask(umask)
        return 0o666 & ~umask


def _sync_folder(folder: str) -> None:
    """Flush the rename to disk, where the file system lets folders be flushed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
