"""Reads a large file on two processors: this process takes the beginning, another one the rest.

The file is cut at an empty line, the rest is parsed by a Python of its own (`main`), and its `Columns` come back
through a pipe. Whatever goes wrong over there is not reported: this process then reads the rest itself.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hotspot.importers.base import FileRange, OnRead, Source, plain_descriptor
from hotspot.importers.perf_script.columns import Columns
from hotspot.importers.perf_script.parse import ScriptParser
from hotspot.importers.perf_script.pieces import UTF16_MARKS, pieces

_SMALLEST = 128 << 20  # of a file below, half is read before the other process has started
_SHARE = 0.5  # of this process, which begins earlier, but also hashes the file and puts the profile together
# An empty line may stand inside a sample; then a tab and a frame follow.
_CUT = re.compile(rb"\n\n(?=[^\s#]| +\S)")
_OWN_LOAD = 0.5  # this process, or the profiler that ran just before
_LOOK = 1 << 20  # so far behind its place a cut is looked for
_PACKAGE = Path(__file__).parents[3]


class Part(NamedTuple):
    """What was read from consecutive bytes, and how long they are as decoded text."""

    columns: Columns
    length: int


def parse_source(source: Source) -> list[Columns]:
    """Read all samples: one `Columns`, or two where a large file is shared with another process.

    Raises:
        MalformedProfile: a line is longer than 64 MB.
    """
    with source.open() as stream:
        descriptor = plain_descriptor(stream)
        cut = None if descriptor is None else _find_cut(descriptor, source)
        if descriptor is None or cut is None:
            return [parse_stream(stream, source.path).columns]
        end = os.fstat(descriptor).st_size
        with _other_process(descriptor, cut, end) as other:
            first = parse_range(descriptor, 0, cut, source.path, _of_both(source.on_read, end))
            rest = _answer(other) or parse_range(descriptor, cut, end, source.path)
        return [first.columns, _moved(rest.columns, first.length)]


def parse_stream(stream: BinaryIO, path: str) -> Part:
    """Read all samples of a stream."""
    parser, length = ScriptParser(), 0
    for piece, offset, stop in pieces(stream, path):
        parser.feed(piece, offset, stop)
        length = offset + stop
    return Part(parser.columns(), length)


def parse_range(descriptor: int, begin: int, end: int, path: str, on_read: OnRead | None = None) -> Part:
    """Read all samples in the bytes ``[begin, end)`` of an open file."""
    with io.BufferedReader(FileRange(os.dup(descriptor), begin, end, on_read)) as stream:
        return parse_stream(stream, path)


def _of_both(on_read: OnRead | None, size: int) -> OnRead | None:
    """Return what reports for both processes: the other one is taken to be as far as this one."""
    if on_read is None:
        return None
    return lambda read, of: on_read(size * read // of if of else 0, size)


def _find_cut(descriptor: int, source: Source) -> int | None:
    """Return where a sample begins that another process could go on from, or None where that is not worth it."""
    size = os.fstat(descriptor).st_size
    if size < _SMALLEST or _idle_processors() < 2 or source.head.data[:2] in UTF16_MARKS:
        return None
    begin = int(size * _SHARE)
    found = _CUT.search(os.pread(descriptor, _LOOK, begin))
    return begin + found.end() if found else None


def _idle_processors() -> float:
    """Return how many processors have nothing to do: where others work too, a second process makes both wait."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return count - os.getloadavg()[0] + _OWN_LOAD if hasattr(os, "getloadavg") else count


@contextmanager
def _other_process(descriptor: int, begin: int, end: int) -> Iterator[subprocess.Popen[bytes] | None]:
    """Start the process that reads ``[begin, end)``; None where there can be none. It does not outlive the context."""
    # -P and the path keep modules of the folder it runs in from being taken for hotspot's.
    command = [sys.executable, "-P", "-m", __name__, str(descriptor), str(begin), str(end)]
    path = os.pathsep.join([str(_PACKAGE), *filter(None, sys.path)])
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[descriptor],
        )
    except (OSError, ValueError):  # no interpreter of its own, or not on this system
        yield None
        return
    try:
        yield process
    finally:
        process.kill()
        with process:
            pass


def _answer(process: subprocess.Popen[bytes] | None) -> Part | None:
    """Return what the other process read, or None where it failed."""
    if process is None or process.stdout is None:
        return None
    with suppress(Exception):  # of a broken pickle anything may come
        columns, length = pickle.load(process.stdout)
        return Part(columns, length) if process.wait() == 0 else None
    return None


def _moved(columns: Columns, offset: int) -> Columns:
    """Return columns of text that begins at an offset; they were read as if at 0."""
    odd = columns.oddities
    places = (None if at is None else at + offset for at in (odd.skipped_at, odd.headless_at))
    skipped_at, headless_at = places
    return replace(columns, oddities=replace(odd, skipped_at=skipped_at, headless_at=headless_at))


def main() -> None:
    """Read the range of a descriptor that the command line names; write what a `Part` holds to standard output."""
    descriptor, begin, end = map(int, sys.argv[1:])
    pickle.dump(tuple(parse_range(descriptor, begin, end, "")), sys.stdout.buffer, protocol=5)


if __name__ == "__main__":
    main()
