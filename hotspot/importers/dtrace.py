"""DTrace ``stack()``/``ustack()`` aggregations: frames leaf first, one a line, then the count on a line of its own.

::

              genunix`vn_free+0x9a
              unix`sys_syscall+0x17a
                12

What else the aggregation is keyed by, such as ``execname``, stands before the stack, or behind it on the line of the count,
further left than the frames: it is the root. Offsets are not part of a name. Source: the DTrace guide, "Stack trace aggregations".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotspot.builder import ProfileBuilder
from hotspot.importers._collect import Skipped, Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.labels import parse_label
from hotspot.profile import Kind, Loss, LossKind, ModuleStyle, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("dtrace", "DTrace stacks", (".stacks",))

_FRAME = re.compile(r"^\s+\S.*$")
_COUNT = re.compile(r"^\s+-?\d{1,30}$")
_KEY_AND_COUNT = re.compile(r"\s*(?P<key>\S.*?)(?<!\s)\s+(?P<count>-?\d{1,19})")
_ADDRESS = re.compile(r"^\s{2,}0x[0-9a-f]+$")  # of what has no symbol: compiled at run time, or stripped
_OFFSET = re.compile(r"\+0x[0-9a-fA-F]+$")
_BANNER = re.compile(r"^CPU\s+ID\s+FUNCTION:NAME|^\s*\d+\s+\d+\s+\S*:\S*\s*$|^dtrace: ")


def detect(head: Head) -> Match:
    """Indented lines of which some hold module`symbol or an address and some nothing but a number."""
    lines = [line for line in head.lines[:400] if line and not _BANNER.match(line)]
    lines = lines if head.complete else lines[:-1]
    frames = sum(bool(_FRAME.match(line)) and "`" in line for line in lines)
    addresses = sum(bool(_ADDRESS.match(line)) for line in lines)
    counts = sum(bool(_COUNT.match(line)) for line in lines)
    if frames + addresses and counts and frames + addresses + counts >= 0.6 * len(lines):
        return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all stacks; user and kernel stacks of one aggregation are separated by blank lines and stay together.

    Raises:
        EmptyProfile: no stack has a count.
        MalformedProfile: a count exceeds int64.
    """
    lines = list(source.lines())
    stacks = Stacks(ValueType("samples", "count"))
    left = min((_indent(line) for line in lines if "`" in line and _FRAME.match(line)), default=0)
    ids: dict[str, int] = {}
    keys: list[int] = []
    frames: list[int] = []  # leaf first
    skipped = Skipped()
    for number, line in enumerate(lines, 1):
        count = line if _COUNT.match(line) else ""
        if not count and (not line or _BANNER.match(line)):
            continue
        if not count and 0 < _indent(line) < left and not _ADDRESS.match(line):
            counted = _KEY_AND_COUNT.fullmatch(line) if frames else None
            key, count = (counted["key"], counted["count"]) if counted else (line, "")
            keys.append(stacks.builder.frames.intern(" ".join(key.split()), kind=Kind.PROCESS))
        elif not count and _FRAME.match(line):
            frames.append(_frame(line.strip(), ids, stacks.builder))
        elif not count:
            skipped.add(number)
        if count:
            stacks.add(keys + frames[::-1], int(count))
            keys, frames = [], []
    losses = list(skipped.losses("no frame and no count"))
    if frames:
        losses.append(Loss(LossKind.TRUNCATED, "the last stack has no count: the file ends early", 1))
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer="DTrace",
        losses=tuple(losses),
        module_style=ModuleStyle.BACKTICK,
    )
    return [stacks.build(provenance)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _frame(text: str, ids: dict[str, int], builder: ProfileBuilder) -> int:
    known = ids.get(text)
    if known is None:
        label = parse_label(_OFFSET.sub("", text))
        known = builder.frames.intern(label.name, label.file, label.line, label.module, label.kind)
        ids[text] = known
    return known
