"""perf.data, the file of `perf record`: turned into text by the machine's own `perf script`.

Only perf itself knows its file format, the symbols and the unwinding. So this importer runs it, with an argument
list and without a shell, spools what it prints to a temporary file, and hands that to the registry as a source
that keeps the path and the checksum of the perf.data. Source lines are added where a program's debug information has
them (`source_lines`).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

from hotspot.errors import EmptyProfile, MalformedProfile, MissingTool
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, open_file
from hotspot.importers.perf_data.source_lines import find_source_lines

INFO = ImporterInfo("perf-data", "Linux perf.data, read by the machine's perf", (".data",))

_MAGIC = (b"PERFILE2", b"2ELIFREP", b"PERFFILE")  # this byte order, the other one, the first version
_FIELDS = ("comm", "pid", "tid", "time", "event", "period", "ip", "sym", "dso")
_NEEDED = ("ip", "sym")  # nothing is left to show without them
_CHUNK = 1 << 20
_ERROR_BYTES = 1 << 14

# "Samples for 'x' event do not have TIME attribute set. Cannot print 'time' field."
_NO_FIELD = re.compile(r"Cannot print '(\w+)' field")
_NO_OPTION = re.compile(r"unknown option `([\w-]+)")
# What stands in for perf on Debian and Ubuntu says this where the tool of the running kernel is absent.
_NOT_INSTALLED = re.compile(r"perf not found for kernel|linux-(?:perf|tools)\S* is not installed")
_HOW_TO_INSTALL = "install perf (Debian: linux-perf, Ubuntu: linux-tools-$(uname -r), Fedora: perf)"
_ELSEWHERE = "`perf script --ns -i perf.data | gzip > profile.perf.txt.gz` on the machine that recorded it"


@dataclass(frozen=True)
class _Request:
    """What perf is asked to print; less of it where a recording or an old perf does not have all."""

    fields: tuple[str, ...]
    options: tuple[str, ...]

    def command(self, perf: str, path: str) -> list[str]:
        return [
            perf,
            "script",
            *(f"--{name}" for name in self.options),
            "-F",
            ",".join(self.fields),
            "-i",
            path,
        ]

    def without_what_failed(self, said: str) -> _Request | None:
        """Return a smaller request, or None where perf complained of something else."""
        field, option = _NO_FIELD.search(said), _NO_OPTION.search(said)
        if field and field[1] in self.fields and field[1] not in _NEEDED:
            return replace(self, fields=tuple(name for name in self.fields if name != field[1]))
        if option and option[1] in self.options:
            return replace(self, options=tuple(name for name in self.options if name != option[1]))
        return None


def detect(head: Head) -> Match:
    """Say whether the head is perf.data, written to a file or to a pipe."""
    return Match.YES if head.data.startswith(_MAGIC) else Match.NO


def load(source: Source, options: ImportOptions) -> Source:
    """Run `perf script` and return its output as a source.

    Raises:
        MissingTool: there is no perf here, or only the wrapper of it.
        MalformedProfile: perf cannot read the file: damaged, cut short, or from a newer perf.
        EmptyProfile: it holds no sample.
    """
    perf = shutil.which("perf")
    if perf is None:
        raise _missing(source.path, "perf is not installed")
    # --force: the one who names a file need not own it. --header: version and duration.
    wanted = ("header", "ns", "force", "show-lost-events", *(() if options.inline else ("no-inline",)))
    request: _Request | None = _Request(_FIELDS, wanted)
    text = _Spool()
    with _plain_file(source) as path:
        while request is not None:  # each time it is smaller
            status, said = _run(request.command(perf, path), text, source.path)
            if status == 0:
                return _text_source(source, _with_source_lines(text, os.path.getmtime(path)), said)
            request = request.without_what_failed(said)
    if _NOT_INSTALLED.search(said):
        raise _missing(
            source.path, "the perf of this machine is a wrapper, and the tool for its kernel is not there"
        )
    raise MalformedProfile(source.path, f"perf script {_failure(status, said)}", hint=f"try {_ELSEWHERE}")


def _run(command: list[str], text: _Spool, path: str) -> tuple[int, str]:
    """Run perf to its end; return its exit status and the last it said on stderr."""
    with open(text.path, "wb") as out, tempfile.TemporaryFile() as errors:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                check=False,
                # perf dies of SIGPIPE in the middle of its output where its addr2line gives up; ignored, it goes on.
                restore_signals=False,
            )
        except OSError as error:
            raise _missing(
                path, f"{command[0]} cannot be run: {(error.strerror or str(error)).lower()}"
            ) from error
        size = errors.seek(0, os.SEEK_END)
        errors.seek(max(0, size - _ERROR_BYTES))
        return done.returncode, errors.read().decode("utf-8", errors="replace")


def _with_source_lines(text: _Spool, recorded: float) -> _Spool:
    with open(text.path, "rb") as stream:
        known = find_source_lines(stream, recorded)
    if not known:
        return text
    longer = _Spool()
    with open(text.path, "rb") as stream, open(longer.path, "wb") as out:
        out.writelines(known.add_to(stream))
    return longer


def _text_source(source: Source, text: _Spool, said: str) -> Source:
    if os.path.getsize(text.path) == 0:
        complaint = _first_line(said)
        raise EmptyProfile(
            source.path, f"perf script prints no samples{f' ({complaint})' if complaint else ''}"
        )

    def reopen() -> BinaryIO:
        return open_file(text.path, source.on_read)  # refers to the spool, and so keeps its file

    return Source(source.path, reopen, source.checksum, source.on_read)


class _Spool:
    """A temporary file that is removed once nothing refers to this object."""

    def __init__(self) -> None:
        handle, self.path = tempfile.mkstemp(prefix="hotspot-perf-")
        os.close(handle)
        weakref.finalize(self, _remove, self.path)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


@contextmanager
def _plain_file(source: Source) -> Iterator[str]:
    """Yield a path to the decompressed bytes of a source; perf can read nothing but a plain file."""
    with source.opener() as stored:
        is_plain = stored.read(8).startswith(_MAGIC)
    if is_plain and source.path != "-" and os.path.isfile(source.path):
        yield os.path.abspath(source.path)
        return
    copy = _Spool()
    with source.open() as stream, open(copy.path, "wb") as out:
        shutil.copyfileobj(stream, out, _CHUNK)
    yield copy.path


def _missing(path: str, reason: str) -> MissingTool:
    return MissingTool(f"{path}: {reason}", hint=f"{_HOW_TO_INSTALL}, or run {_ELSEWHERE}")


def _failure(status: int, said: str) -> str:
    complaint = _first_line(said)
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"cannot read it: {complaint}" if complaint else f"cannot read it (exit status {status})"


def _first_line(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "")
