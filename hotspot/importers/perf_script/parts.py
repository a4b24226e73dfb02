"""Reads a large file on two processors: this process from its beginning on, another one from its end.

The file is cut into blocks at empty lines. Whoever is done with a block takes a token for the next, so both are done
at about the same time, however fast each is, and each has read consecutive bytes. The other is a Python of its
own (`main`), whose `Columns` come back through a pipe. Whatever goes wrong over there is not reported: this process
then reads the rest itself.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hotspot.importers.base import FileRange, OnRead, Source, plain_descriptor
from hotspot.importers.perf_script.columns import Columns
from hotspot.importers.perf_script.parse import ScriptParser
from hotspot.importers.perf_script.pieces import UTF16_MARKS, pieces

_SMALLEST = 64 << 20  # of a file below, half is read before the other process has started
_BLOCK = 8 << 20
_NUMBER = 40  # bits of an offset inside a block; its number stands above them
# An empty line may stand inside a sample; then a tab and a frame follow.
_CUT = re.compile(rb"\n\n(?=[^\s#]| +\S)")
_OWN_THREADS = 2  # this one, and the one that hashes the file
_LOOK = 1 << 20  # so far behind its place a cut is looked for
_PACKAGE = Path(__file__).parents[3]


class Part(NamedTuple):
    """What was read from consecutive blocks.

    Attributes:
        columns: its places are the number of a block, shifted by `_NUMBER`, and an offset inside its text.
        lengths: of the decoded text of each block, by its number.
    """

    columns: Columns
    lengths: dict[int, int]


def parse_source(source: Source) -> list[Columns]:
    """Read all samples: one `Columns`, or two where a large file is shared with another process.

    Raises:
        MalformedProfile: a line is longer than 64 MB.
    """
    with source.open() as stream:
        descriptor = plain_descriptor(stream)
        edges = [] if descriptor is None else _edges(descriptor, source)
        if descriptor is None or len(edges) < 3:
            parser = ScriptParser()
            _feed(parser, stream, 0, source.path)
            return [parser.columns()]
        with _other_process(descriptor, edges) as (other, tokens):
            first = parse_blocks(descriptor, edges, _claimed(tokens, 0, 1), source.path, source.on_read)
            rest = _answer(other)
        if rest is None:
            rest = parse_blocks(descriptor, edges, range(len(first.lengths), len(edges) - 1), source.path)
        lengths = first.lengths | rest.lengths
        begin = [0, *accumulate(lengths[number] for number in range(len(lengths)))]
        return [_placed(part.columns, begin) for part in (first, rest)]


def parse_blocks(
    descriptor: int, edges: Sequence[int], numbers: Iterable[int], path: str, on_read: OnRead | None = None
) -> Part:
    """Read some blocks of an open file, in any order.

    Args:
        descriptor: of the file.
        edges: where each block begins, with the end of the last.
        numbers: which to read.
        path: for errors.
        on_read: told how far both processes are, if the other one is as far as this one.
    """
    parser, lengths, read = ScriptParser(), {}, 0
    for number in numbers:
        block = FileRange(os.dup(descriptor), edges[number], edges[number + 1])
        with io.BufferedReader(block) as stream:
            lengths[number] = _feed(parser, stream, number << _NUMBER, path)
        read += edges[number + 1] - edges[number]
        if on_read is not None:
            on_read(min(2 * read, edges[-1]), edges[-1])
    return Part(parser.columns(), lengths)


def _feed(parser: ScriptParser, stream: BinaryIO, place: int, path: str) -> int:
    """Read all samples of a stream and return how long its text is."""
    length = 0
    for piece, offset, stop in pieces(stream, path):
        parser.feed(piece, place + offset, stop)
        length = offset + stop
    return length


def _edges(descriptor: int, source: Source) -> list[int]:
    """Return where blocks begin, each with a sample, and the end of the last; nothing where one process is enough."""
    size = os.fstat(descriptor).st_size
    if size < _SMALLEST or _idle_processors() < 2 or source.head.data[:2] in UTF16_MARKS:
        return []
    edges = [0]
    for begin in range(min(_BLOCK, size // 2), size, max(min(_BLOCK, size // 2), 1)):
        found = _CUT.search(os.pread(descriptor, _LOOK, begin))
        if found and edges[-1] < begin + found.end() < size:
            edges.append(begin + found.end())
    return [*edges, size]


def _claimed(tokens: int, first: int, step: int) -> Iterator[int]:
    """Yield the first block's number and one more for each token that can be had."""
    number = first
    yield number
    while os.read(tokens, 1):
        number += step
        yield number


def _idle_processors() -> int:
    """Return how many processors this process can have: where others work too, a second process makes both wait.

    Linux tells how many threads run at this moment (proc_loadavg(5)), which the average load follows a minute late.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return count
    return count - max(0, running - _OWN_THREADS)


@contextmanager
def _other_process(
    descriptor: int, edges: Sequence[int]
) -> Iterator[tuple[subprocess.Popen[bytes] | None, int]]:
    """Start the process that reads from the end; None where there can be none. It does not outlive the context.

    Returns:
        The process, and the descriptor that tokens are read from, one for each block but the first and the last.
    """
    tokens, supply = os.pipe()
    os.write(supply, bytes(len(edges) - 3))
    os.close(supply)
    # -P and the path keep modules of the folder it runs in from being taken for hotspot's.
    command = [sys.executable, "-P", "-m", __name__, *map(str, (descriptor, tokens, *edges))]
    path = os.pathsep.join([str(_PACKAGE), *filter(None, sys.path)])
    process = None
    try:
        with suppress(OSError, ValueError):  # no interpreter of its own, or not on this system
            process = subprocess.Popen(
                command,
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=[descriptor, tokens],
            )
        yield process, tokens
    finally:
        os.close(tokens)
        if process is not None:
            process.kill()
            with process:
                pass


def _answer(process: subprocess.Popen[bytes] | None) -> Part | None:
    """Return what the other process read, or None where it failed."""
    if process is None or process.stdout is None:
        return None
    with suppress(Exception):  # of a broken pickle anything may come
        columns, lengths = pickle.load(process.stdout)
        return Part(columns, lengths) if process.wait() == 0 else None
    return None


def _placed(columns: Columns, begin: Sequence[int]) -> Columns:
    """Return columns whose places are offsets in the whole text, where each block ``begin``s."""

    def place(at: int | None) -> int | None:
        return None if at is None else begin[at >> _NUMBER] + (at & ((1 << _NUMBER) - 1))

    odd = columns.oddities
    odd = replace(odd, skipped_at=place(odd.skipped_at), headless_at=place(odd.headless_at))
    return replace(columns, oddities=odd)


def main() -> None:
    """Read the last blocks of a descriptor that the command line names; write a `Part` to standard output."""
    descriptor, tokens, *edges = map(int, sys.argv[1:])
    part = parse_blocks(descriptor, edges, _claimed(tokens, len(edges) - 2, -1), "")
    pickle.dump(tuple(part), sys.stdout.buffer, protocol=5)


if __name__ == "__main__":
    main()
