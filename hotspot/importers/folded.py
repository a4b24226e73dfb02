"""Folded (collapsed) stacks: one line a stack, ``root;...;leaf count``.

The format of Brendan Gregg's FlameGraph (stackcollapse-*.pl, difffolded.pl), written by inferno, py-spy (``raw``),
async-profiler (``collapsed``), bcc, bpftrace and others; https://github.com/brendangregg/FlameGraph#2-fold-stacks.

What a reader meets, and what it means here:

- Lines that begin with ``#`` or ``//`` are comments; blank lines are nothing. Any other line that does not end in
  a count is skipped and said in the losses.
- Counts may be negative, fractional or in powers of ten (``1e3``). They are kept exactly, scaled by a power of ten
  where there are fractions. The number at the very end is the count, so a frame may end in digits.
- Two counts a line, on every line, are before and after (difffolded.pl): ``samples/count`` is after, ``delta/count``
  is after minus before.
- A separator before the first or behind the last frame means nothing. An empty frame between two is unknown, and so
  is a blank one at the end (``a;b;  5``): perf prints frames without a symbol.
- Equal stacks are added up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from hotspot.builder import FrameTable, ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, NotThisFormat, Source
from hotspot.importers.folded_lines import Lines, OneCount, has_two_counts
from hotspot.importers.folded_stacks import FrameIds
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("folded", "Folded (collapsed) stacks", (".folded", ".collapsed"))

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_LETTER = re.compile(r"[^\W\d]")
_COMMENT = re.compile(r"#(?!<)|//")
# A document of another kind. A stack may begin with `<module>` or `[unknown]`.
_OTHER = re.compile(r"\s*(\{|\[\s*[\[{\"\]]|<\?|<!|<(svg|html)\b)", re.IGNORECASE)
# Austin and CPython's profiling.sampling: their frames are file:function:line.
_AUSTIN = re.compile(r"# austin: |P\d+;T|^tid:\d+;", re.MULTILINE)


def detect(head: Head) -> Match:
    """Tell folded text: most lines have a ``;`` and end in a number."""
    text = head.text
    if "\0" in text or _OTHER.match(text):
        return Match.NO
    lines = text.splitlines()
    if not head.complete and len(lines) > 1:
        lines.pop()  # cut off
    lines = [line for line in lines if line.strip() and not _COMMENT.match(line)]
    counted = [line for line in lines if _is_counted(line)]
    stacks = sum(";" in line for line in counted)
    if not counted or 2 * len(counted) < len(lines):
        return Match.NO
    if not stacks and len(counted) < len(lines):  # prose with numbers: not one stack, and lines that are none
        return Match.NO
    return Match.YES if 2 * stacks > len(lines) and not _AUSTIN.search(text) else Match.MAYBE


def _is_counted(line: str) -> bool:
    """Whether a line is a stack and its count; two columns of numbers, or `key: 12`, are some other format.

    No pattern looks at the whole line, which may be as long as the head.
    """
    words = line.rsplit(maxsplit=1)
    if len(words) < 2 or line[:1].isspace() or words[0].endswith(":"):
        return False
    return bool(_NUMBER.fullmatch(words[1])) and bool(_LETTER.search(words[0].split(maxsplit=1)[0]))


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read a folded file.

    Raises:
        NotThisFormat: more lines are not stacks than are.
        EmptyProfile: there are only comments.
        MalformedProfile: a count, or the sum of all, is past 2^63.
    """
    lines = _read_lines(source)
    if lines.invalid > lines.valid:
        raise NotThisFormat(
            source.path, f"{lines.invalid} of {lines.invalid + lines.valid} lines are not stacks"
        )
    if not lines.valid:
        raise EmptyProfile(source.path, "holds no stack")
    frames = FrameTable()
    ids = FrameIds(frames)
    rows = lines.stacks.finish(ids)
    counts, scale = lines.scaled(rows.mantissas, rows.decimals)
    value_types: tuple[ValueType, ...] = (ValueType("samples", "count", scale),)
    if lines.columns == 2:
        counts = np.stack([counts[:, 1], counts[:, 1] - counts[:, 0]], axis=1)
        value_types += (ValueType("delta", "count", scale),)
    builder = ProfileBuilder(value_types, frames)
    builder.add_samples(builder.add_layout(rows.layout), counts)
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        losses=_losses(lines),
        module_style=ids.module_style,
    )
    return [builder.build(provenance)]


def _read_lines(source: Source) -> Lines:
    if has_two_counts(source.head.text.encode().splitlines()):
        try:
            with source.open() as stream:
                return Lines(source.path, columns=2).read(stream)
        except OneCount:  # so the numbers before the counts belong to the names
            pass
    with source.open() as stream:
        return Lines(source.path).read(stream)


def _losses(lines: Lines) -> tuple[Loss, ...]:
    losses: list[Loss] = []
    if lines.invalid:
        text = f"{_count(lines.invalid, 'line')} could not be read, the first is line {lines.first_invalid}"
        losses.append(Loss(LossKind.SKIPPED, text, lines.invalid))
    if lines.rounded:
        text = f"{_count(lines.rounded, 'count')} had more digits than can be kept and were rounded"
        losses.append(Loss(LossKind.ROUNDED, text, lines.rounded))
    return tuple(losses)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
