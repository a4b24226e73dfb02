"""DTrace ``stack()``/``ustack()`` aggregations: frames leaf first, one a line, then the count on a line of its own.

::

              genunix`vn_free+0x9a
              unix`sys_syscall+0x17a
                12

Offsets are not part of a name. Source: the DTrace guide, "Stack trace aggregations".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotspot.builder import ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.importers._collect import Skipped
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.labels import parse_label
from hotspot.profile import Loss, LossKind, ModuleStyle, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("dtrace", "DTrace stacks", (".stacks",))

_FRAME = re.compile(r"^\s+\S.*$")
_COUNT = re.compile(r"^\s+-?\d+\s*$")
_ADDRESS = re.compile(r"^\s{2,}0x[0-9a-f]+\s*$")  # of what has no symbol: compiled at run time, or stripped
_OFFSET = re.compile(r"\+0x[0-9a-fA-F]+$")
_BANNER = re.compile(r"^CPU\s+ID\s+FUNCTION:NAME|^\s*\d+\s+\d+\s+\S*:\S*\s*$|^dtrace: ")


def detect(head: Head) -> Match:
    """Indented lines of which some hold module`symbol or an address and some nothing but a number."""
    lines = [line for line in head.text.splitlines()[:400] if line.strip() and not _BANNER.match(line)]
    lines = lines if head.complete else lines[:-1]
    frames = sum(bool(_FRAME.match(line)) and "`" in line for line in lines)
    addresses = sum(bool(_ADDRESS.match(line)) for line in lines)
    counts = sum(bool(_COUNT.match(line)) for line in lines)
    if frames + addresses and counts and frames + addresses + counts >= 0.8 * len(lines):
        return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all stacks; user and kernel stacks of one aggregation are separated by blank lines and stay together."""
    builder = ProfileBuilder((ValueType("samples", "count"),))
    ids: dict[str, int] = {}
    flat: list[int] = []
    offsets, weights = [0], []
    stack: list[int] = []
    skipped = Skipped()
    for number, line in enumerate(source.lines(), 1):
        if _COUNT.match(line):
            flat.extend(reversed(stack))
            offsets.append(len(flat))
            weights.append(int(line))
            stack = []
        elif not line or _BANNER.match(line):
            continue
        elif _FRAME.match(line):
            stack.append(_frame(line.strip(), ids, builder))
        else:
            skipped.add(number)
    losses = list(skipped.losses("no frame and no count"))
    if stack:
        losses.append(Loss(LossKind.TRUNCATED, "the last stack has no count: the file ends early", 1))
    if not weights:
        raise MalformedProfile(source.path, "no stack with a count")
    if max(map(abs, weights)) >= 2**63:
        raise MalformedProfile(source.path, "a count exceeds 2^63")
    builder.add_samples(builder.add_stacks(flat, offsets), weights)
    provenance = Provenance(
        path=source.path,
        sha256=source.sha256,
        format=INFO.name,
        producer="DTrace",
        losses=tuple(losses),
        module_style=ModuleStyle.BACKTICK,
    )
    return [builder.build(provenance)]


def _frame(text: str, ids: dict[str, int], builder: ProfileBuilder) -> int:
    known = ids.get(text)
    if known is None:
        label = parse_label(_OFFSET.sub("", text))
        known = builder.frames.intern(label.name, label.file, label.line, label.module, label.kind)
        ids[text] = known
    return known
