"""Sorted stack texts to frames: the half of the folded importer that knows about prefixes.

Sorted texts that begin alike are neighbours, so what a stack adds to the call tree is what it does not share with
the text before it. Only that part is split into frames: the work follows distinct nodes, not frames of all stacks.
A ``;`` stands behind every frame, which keeps the stacks below one node together (``a;`` and ``a;b;`` are
neighbours, ``a b;`` sorts before both).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from hotspot.ahead import ahead
from hotspot.builder import FrameTable
from hotspot.importers.labels import parse_label
from hotspot.profile import UNKNOWN, Int32, Int64, ModuleStyle

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class SortedStacks:
    """What `hotspot.builder.ProfileBuilder.add_sorted_stacks` takes."""

    frame: Int32
    offset: Int64
    shared: Int64


class FrameIds(dict[bytes, int]):
    """Frame id of each frame text; a text is decoded and taken apart the first time it is looked up."""

    def __init__(self, frames: FrameTable) -> None:
        super().__init__()
        self._frames = frames
        self._styles: Counter[ModuleStyle] = Counter()

    def __missing__(self, text: bytes) -> int:
        name = text.decode("utf-8", "backslashreplace")
        label = parse_label(name if name.strip() else UNKNOWN)
        if label.module and label.module_style is not ModuleStyle.NONE:
            self._styles[label.module_style] += 1
        self[text] = frame = self._frames.intern(label.name, label.file, label.line, label.module, label.kind)
        return frame

    @property
    def module_style(self) -> ModuleStyle:
        """How most frames with a module spell it."""
        return self._styles.most_common(1)[0][0] if self._styles else ModuleStyle.NONE


def split_sorted(texts: list[bytes], length: Int64, ids: FrameIds) -> SortedStacks:
    """Split sorted stack texts (at least one), of these lengths, into the frames that each adds to the one before."""
    size = np.cumsum(length)
    cuts = np.searchsorted(size, np.arange(_BLOCK_BYTES, size[-1] + _BLOCK_BYTES, _BLOCK_BYTES)) + 1
    frames: list[Int32] = []
    added: list[Int64] = []
    shared: list[Int64] = []
    ends = np.unique(np.minimum(cuts, len(texts))).tolist()
    blocks = (
        # The last text of the previous block leads each block but the first.
        _Block(b"".join(texts[max(begin - 1, 0) : end]), length[max(begin - 1, 0) : end], min(begin, 1))
        for begin, end in pairwise([0, *ends])
    )
    for rest, block_shared, block_added in ahead(_beyond_shared, blocks):
        tokens = rest.split(b";")
        tokens.pop()  # what stands behind the last separator
        frames.append(np.fromiter(map(ids.__getitem__, tokens), np.int32, len(tokens)))
        shared.append(block_shared)
        added.append(block_added)
    offset = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.concatenate(added), out=offset[1:])
    return SortedStacks(np.concatenate(frames), offset, np.concatenate(shared))


class _Block(NamedTuple):
    """Sorted texts end to end, their lengths, and how many of them only lead."""

    text: bytes
    length: Int64
    leading: int


def _beyond_shared(block: _Block) -> tuple[bytes, Int64, Int64]:
    """Compare each text of a block with the one before.

    Returns:
        What the texts do not share, end to end; how many whole frames each shares, int64[texts]; how many it adds,
        int64[texts]. The first text of all shares nothing.
    """
    text, length, leading = block
    end = np.cumsum(length)
    start = end - length
    separator = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(";"))
    first = np.append(np.searchsorted(separator, start), len(separator))
    shared = np.searchsorted(separator, start + _common_prefix(text, start, length)) - first[:-1]
    rest = np.where(shared > 0, separator[first[:-1] + shared - 1] + 1, start)[leading:].tolist()
    beyond = b"".join([text[a:b] for a, b in zip(rest, end[leading:].tolist(), strict=True)])
    return beyond, shared[leading:], (np.diff(first) - shared)[leading:]


def _common_prefix(block: bytes, start: Int64, length: Int64) -> Int64:
    """Return how many bytes each text of a block has in common with the one before, int64[texts].

    Compares pieces of all texts at once, each half as long as the one before: the bits of the answer from the top.
    """
    previous = np.append(0, start[:-1])
    limit = np.minimum(length, np.append(0, length[:-1]))
    common = np.zeros(len(start), dtype=np.int64)
    for bit in reversed(range(int(limit.max()).bit_length())):
        size = 1 << bit
        # Every piece of that size, overlapping; nothing is copied until pieces are picked.
        pieces = np.ndarray((len(block) - size + 1,), f"V{size}", block, strides=(1,))
        active = np.flatnonzero(common + size <= limit)
        at = common[active]
        equal = pieces[start[active] + at] == pieces[previous[active] + at]
        common[active[equal]] += size
    return common
