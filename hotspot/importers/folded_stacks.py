"""Sorted stack texts to frames: the half of the folded importer that knows about prefixes.

Sorted texts that begin alike are neighbours, so what a stack adds to the call tree is what it does not share with
the text before it. Only that part is split into frames: the work follows distinct nodes, not frames of all stacks.
A ``;`` stands behind every frame, which keeps the stacks below one node together (``a;`` and ``a;b;`` are
neighbours, ``a b;`` sorts before both).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from hotspot.builder import FrameTable
from hotspot.importers.labels import parse_label
from hotspot.profile import UNKNOWN, Int32, Int64, ModuleStyle

_BLOCK_BYTES = 1 << 20
_STEPS = (512, 256, 128, 64, 32, 16, 8, 4, 2, 1)


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


def split_sorted(texts: list[bytes], ids: FrameIds) -> SortedStacks:
    """Split sorted stack texts into the frames that each adds to the one before."""
    if not texts:
        return SortedStacks(np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, np.int64))
    length = np.fromiter(map(len, texts), np.int64, len(texts))
    size = np.cumsum(length)
    cuts = np.searchsorted(size, np.arange(_BLOCK_BYTES, size[-1] + _BLOCK_BYTES, _BLOCK_BYTES)) + 1
    frames: list[Int32] = []
    added: list[Int64] = []
    shared: list[Int64] = []
    begin = 0
    for end in np.unique(np.minimum(cuts, len(texts))).tolist():
        before = max(begin - 1, 0)  # the last text of the previous block leads this one
        texts_of_block = b"".join(texts[before:end])
        block_shared, block_depth, rest = _beyond_shared(texts_of_block, length[before:end])
        skip = begin - before
        text = b"".join([texts_of_block[a:b] for a, b in rest[skip:].tolist()])
        tokens = text.split(b";")
        tokens.pop()  # what stands behind the last separator
        frames.append(np.fromiter(map(ids.__getitem__, tokens), np.int32, len(tokens)))
        shared.append(block_shared[skip:])
        added.append((block_depth - block_shared)[skip:])
        begin = end
    offset = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.concatenate(added), out=offset[1:])
    return SortedStacks(np.concatenate(frames), offset, np.concatenate(shared))


def _beyond_shared(block: bytes, length: Int64) -> tuple[Int64, Int64, Int64]:
    """Compare each text of a block with the one before.

    Returns:
        How many whole frames they share, int64[texts]; how many frames the text has, int64[texts]; where in the
        block the rest begins and ends, int64[texts, 2]. The first text shares nothing.
    """
    end = np.cumsum(length)
    start = end - length
    separator = np.flatnonzero(np.frombuffer(block, np.uint8) == ord(";"))
    first = np.append(np.searchsorted(separator, start), len(separator))
    shared = np.searchsorted(separator, start + _common_prefix(block, start, length)) - first[:-1]
    rest = np.where(shared > 0, separator[first[:-1] + shared - 1] + 1, start)
    return shared, np.diff(first), np.stack([rest, end], axis=1)


def _common_prefix(block: bytes, start: Int64, length: Int64) -> Int64:
    """Return how many bytes each text of a block has in common with the one before, int64[texts].

    Compares whole pieces of all texts at once, from long pieces to single bytes.
    """
    previous = np.append(0, start[:-1])
    limit = np.minimum(length, np.append(0, length[:-1]))
    common = np.zeros(len(start), dtype=np.int64)
    for step in _STEPS:
        if step > len(block):
            continue
        # Every piece of that many bytes, overlapping; nothing is copied until pieces are picked.
        pieces = np.ndarray((len(block) - step + 1,), f"V{step}", block, strides=(1,))
        active = np.flatnonzero(common + step <= limit)
        while len(active):
            at = common[active]
            active = active[pieces[start[active] + at] == pieces[previous[active] + at]]
            common[active] += step
            if step != _STEPS[0]:
                break
            active = active[common[active] + step <= limit[active]]
    return common
