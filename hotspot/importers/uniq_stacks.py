"""Stacks counted with ``sort | uniq -c``: the count stands first, ``    12 main;parse;lex``. What follows is folded text.

Source: uniq(1). eflame's and many home-made pipelines end that way.
"""

from __future__ import annotations

import re
import tempfile
from typing import BinaryIO, cast

from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source

INFO = ImporterInfo("uniq-stacks", "Folded stacks with the count in front (uniq -c)", (".uniq",))

_LINE = re.compile(rb"[ \t]*(?P<count>\d{1,18})[ \t]+(?P<stack>\S[^\r\n]*)")
_COUNT_LAST = re.compile(r"\S.*\s\d+(?:\.\d+)?")
_IN_MEMORY = 1 << 26


def detect(head: Head) -> Match:
    """Every line begins with a number, most hold a ``;`` behind it, and none could be folded text with a count at its end."""
    lines = [line for line in head.lines if line and not line.startswith("#")]
    lines = lines if head.complete or len(lines) < 2 else lines[:-1]
    found = [match["stack"].decode() for line in lines if (match := _LINE.fullmatch(line.encode()))]
    if not lines or len(found) < len(lines) or any(map(_COUNT_LAST.fullmatch, found)):
        return Match.NO
    return Match.YES if 2 * sum(";" in stack for stack in found) > len(lines) else Match.NO


def load(source: Source, options: ImportOptions) -> Source:
    """Return the same stacks with the count behind them, for the registry to read; other lines are handed on as they are."""

    def reopened() -> BinaryIO:
        spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (closed by who reads it)
        with source.open() as stream:
            spool.writelines(map(_count_last, stream))
        spool.seek(0)
        return cast(BinaryIO, spool)

    return Source(source.path, reopened, source.checksum)


def _count_last(line: bytes) -> bytes:
    found = _LINE.fullmatch(line.rstrip())
    return b"%s %s\n" % (found["stack"], found["count"]) if found else line
