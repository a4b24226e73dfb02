"""Files of one shape over and over, and of one long line: detection takes a moment whatever the file is.

A pattern that tries every place for every other place takes minutes on these.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hotspot.importers import registry
from hotspot.importers.base import bytes_source
from hotspot.importers.known import recognise

_SIZE = 1 << 15  # bytes; half a head
_SECONDS = 20  # for what takes hundredths of one, on a machine that has other work

PIECES = (
    "a", "a;", "word ", "1", "1 ", " ", "\t", "\n", "    \n", "1 2\n", ";", "#\n", "# ", "<a ", "a: ", "a: b\n", '"', '"\n', "(",
    '"a" prio=', '"a" prio=\n', "goroutine 1 [", "goroutine 1 [x]:\n", "Thread 0x1 (", "Thread 1 (idle)\n", "TID 1:\n",
    "#0  0x1 in a (", "#0  0x1 in a (\n", "0 a b:1\n", "0x1 : a [b]\n", "    -  a (1)\n", "sample:\n", "[1] 1.0 1.0 1.0 ",
    " 1.00   1.00  1.00 \n", "----------+----------\n", "\tat a.b(C.java:1)\n", "  * frame #0: 0x1 ", "Process: ", "Samples:\n",
    "A: a\n", "@[\n", "Tracing functions for ...\n", "  a\n",
)  # fmt: skip


@contextmanager
def no_longer_than(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("piece", PIECES)
def test_detection_takes_a_moment(piece: str) -> None:
    head = bytes_source("given", (piece * _SIZE)[:_SIZE].encode()).head
    with no_longer_than(_SECONDS):
        for importer in registry.importers():
            importer.detect(head)
        recognise(head)
