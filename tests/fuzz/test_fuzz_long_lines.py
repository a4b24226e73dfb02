"""Files of one shape over and over, and of one long line: detection and reading take a moment whatever the file is.

A pattern that tries every place for every other place takes minutes on these.
"""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import registry
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.importers.known import recognise

from tests.drawn_texts import DRAWN
from tests.time_limits import within, within_processor_time

_SIZE = 1 << 15  # bytes; half a head
_SECONDS = 20  # for what takes hundredths of one, on a machine that has other work

PIECES = (
    "a", "a;", "word ", "1", "1 ", " ", "\t", "\n", "    \n", "1 2\n", ";", "#\n", "# ", "<a ", "a: ", "a: b\n", '"', '"\n', "(",
    '"a" prio=', '"a" prio=\n', "goroutine 1 [", "goroutine 1 [x]:\n", "Thread 0x1 (", "Thread 1 (idle)\n", "TID 1:\n",
    "#0  0x1 in a (", "#0  0x1 in a (\n", "0 a b:1\n", "0x1 : a [b]\n", "    -  a (1)\n", "sample:\n", "[1] 1.0 1.0 1.0 ",
    " 1.00   1.00  1.00 \n", "----------+----------\n", "\tat a.b(C.java:1)\n", "  * frame #0: 0x1 ", "Process: ", "Samples:\n",
    "A: a\n", "@[\n", "Tracing functions for ...\n", "  a\n",
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_detection_takes_a_moment(piece: str) -> None:
    head = bytes_source("given", (piece * _SIZE)[:_SIZE].encode()).head
    with within(_SECONDS):
        answers = [importer.detect(head) for importer in registry.importers()]
        recognise(head)
    assert set(answers) <= set(Match)


_FILLS = (" ", "\t", "1", "(", ") ", "a (b) ")
_LONG = 1 << 14
_OF_PROCESSOR = (
    2.0  # seconds; a pattern that takes the square of a line's length takes longer, others a thousandth
)


@pytest.mark.parametrize("name", DRAWN)
def test_a_long_line_anywhere_is_read_or_refused_in_a_moment(name: str) -> None:
    text = DRAWN[name].text
    source = bytes_source("given", text.encode())
    importer = next(each for each in registry.importers() if each.detect(source.head) is Match.YES)
    lines = text.split("\n")
    shapes = {re.sub(r"\w+", "a", line): i for i, line in enumerate(lines)}
    for i in shapes.values():
        half = len(lines[i]) // 2
        for fill in _FILLS:
            longer = lines[i][:half] + (fill * _LONG)[:_LONG] + lines[i][half:]
            data = "\n".join([*lines[:i], longer, *lines[i + 1 :]]).encode()
            with within_processor_time(_OF_PROCESSOR), suppress(HotspotError):
                importer.load(bytes_source("given", data), ImportOptions())
