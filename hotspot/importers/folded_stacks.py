"""Where the stacks of folded lines go: what both ways of keeping them share, and the compiled one.

`TreeOfStacks` hands plain lines to C (`hotspot.native.folded`), which keeps a call tree of them. Where hotspot was
installed without a C compiler, `hotspot.importers.folded_sorted.SortedTexts` does the same in numpy, a few times slower.
Both give the same profile: siblings are in the bytewise order of their texts with a ``;`` behind, and frames are
numbered as that tree meets them.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np

from hotspot.builder import FrameTable
from hotspot.importers.labels import parse_label
from hotspot.native.folded import FoldedTree
from hotspot.profile import UNKNOWN, Int32, Int64, ModuleStyle, UInt8
from hotspot.tree_layout import SortedLayout


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


class Chunk(NamedTuple):
    """What `Stacks.read` found in a chunk of lines.

    Attributes:
        lines: how many there are.
        plain: how many were taken: a stack, one blank and 1 to 18 digits (or two such counts behind equal blanks).
        total: of the counts of those.
        odd: index and text of each line that needs a closer look.
    """

    lines: int
    plain: int
    total: int
    odd: list[tuple[int, bytes]]


class Row(NamedTuple):
    """A stack as text, a ``;`` behind every frame, and its counts: each a whole number over a power of ten."""

    stack: bytes
    mantissas: list[int]
    decimals: list[int]


class Rows(NamedTuple):
    """All stacks with their counts; equal stacks may have several rows.

    Attributes:
        layout: the call tree, with the leaf of each row.
        mantissas: int64[rows, columns].
        decimals: the powers of ten that the mantissas are divided by, uint8[rows, columns].
    """

    layout: SortedLayout
    mantissas: Int64
    decimals: UInt8


class Stacks(Protocol):
    """Keeps stacks and counts; the caller checks that the total of the whole counts stays in int64."""

    def read(self, chunks: Iterable[bytearray]) -> Iterator[Chunk]:
        """Take the plain lines of each chunk of whole lines and tell of the others; to be read to its end."""

    def add(self, rows: list[Row]) -> None:
        """Add stacks and counts of lines that are not plain."""

    def finish(self, ids: FrameIds) -> Rows:
        """Return all rows, once; there must be one."""


class TreeOfStacks:
    """Stacks as the nodes of a tree that is kept in C, where whole counts of equal stacks are added up."""

    def __init__(self, native: ctypes.CDLL, columns: int) -> None:
        self._tree = FoldedTree(native, columns)
        # Fractional counts are kept one by one, for each may be rounded: row of the tree, mantissas and decimals.
        self._rows: list[int] = []
        self._mantissas: list[list[int]] = []
        self._decimals: list[list[int]] = []

    def read(self, chunks: Iterable[bytearray]) -> Iterator[Chunk]:
        """Take the plain lines of each chunk of whole lines and tell of the others."""
        for lines in chunks:
            found = self._tree.scan(lines)
            odd = [(line, bytes(lines[a:b])) for line, a, b in found.odd.tolist()]
            yield Chunk(found.lines, found.plain, found.total, odd)

    def add(self, rows: list[Row]) -> None:
        """Add stacks and counts of lines that are not plain."""
        for row in rows:
            stack = row.stack.removesuffix(b";")
            if not any(row.decimals):
                self._tree.add(stack, row.mantissas)
                continue
            self._rows.append(self._tree.add(stack, [0] * self._tree.columns))
            self._mantissas.append(row.mantissas)
            self._decimals.append(row.decimals)

    def finish(self, ids: FrameIds) -> Rows:
        """Return the call tree and the counts of all rows."""
        texts = self._tree.texts()
        tree, met, leaf = self._tree.lay_out(_ranks(texts))
        frames = np.array([ids[texts[number]] for number in met.tolist()], np.int32)
        siblings = np.zeros(0, np.int64)
        if not np.array_equal(frames, np.arange(len(frames))):
            # Two texts are one frame, and so two siblings may be: all but first children need a look.
            tree = replace(tree, frame=frames[tree.frame])
            siblings = np.flatnonzero(tree.parent != np.arange(-1, len(tree) - 1))
        mantissas = self._tree.counts()
        decimals = np.zeros(mantissas.shape, np.uint8)
        if self._rows:
            leaf = np.append(leaf, leaf[self._rows])
            mantissas = np.append(mantissas, np.array(self._mantissas, np.int64), axis=0)
            decimals = np.append(decimals, np.array(self._decimals, np.uint8), axis=0)
        order = np.argsort(leaf)
        return Rows(SortedLayout(tree, leaf[order], siblings), mantissas[order], decimals[order])


def _ranks(texts: list[bytes]) -> Int32:
    """Return the place of each text in the order of sorted stacks, where a ``;`` stands behind each frame."""
    rank = np.empty(len(texts), np.int32)
    rank[sorted(range(len(texts)), key=[text + b";" for text in texts].__getitem__)] = np.arange(len(texts))
    return rank
