"""What is found of a flame graph: its frames as columns of texts, and what else the picture tells."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from hotspot.profile import Int32, Int64

_CHUNK = 1 << 8  # frames whose texts are still in the processor's cache when they are interned

Value = TypeVar("Value")

Row = tuple[str, str, str, str, str, str, str | None, str | None]
"""One frame, in the order of `Columns`."""


@dataclass(frozen=True, eq=False)
class Column(Generic[Value]):
    """A column that holds each distinct value once: a drawing repeats most of its texts.

    Attributes:
        distinct: in the order they are first seen.
        which: the value of each frame, int32[frames].
    """

    distinct: list[Value]
    which: Int32

    @property
    def first(self) -> Value:
        """The value of the first frame."""
        return self.distinct[int(self.which[0])]

    def of(self, frames: Int64) -> Column[Value]:
        """Return the column of some frames (their indexes, ascending), without the values that only others have."""
        if len(frames) == len(self.which):
            return self
        used, which = np.unique(self.which[frames], return_inverse=True)
        return Column([self.distinct[i] for i in used.tolist()], which.reshape(-1).astype(np.int32))


class Columns(NamedTuple):
    """The frames of one flame graph, in the order they are written; columns of equal length.

    Attributes:
        label: name and count of each frame as one text, ``NAME (12 samples, 3.40%)``.
        x: left edge as written, which may end in ``%``.
        y: upper edge as written.
        width: as written, like ``x``.
        height: as written.
        fill: first character of the colour, which the rest of hardly ever comes again.
        exact_x: left edge in samples (inferno's ``fg:x``), or None.
        exact_width: width in samples (inferno's ``fg:w``), or None.
    """

    label: Column[str]
    x: Column[str]
    y: Column[str]
    width: Column[str]
    height: Column[str]
    fill: Column[str]
    exact_x: Column[str | None]
    exact_width: Column[str | None]


def _interning() -> defaultdict[str | None, int]:
    return defaultdict(count().__next__)


@dataclass
class Drawing:
    """One flame graph.

    Attributes:
        caption: the first text drawn, which is the title of the picture.
        total_samples: inferno's attribute of that name, or None.
        is_complete: whether it says that it leaves no frame out, however narrow: ``data-narrowest="0"``, hotspot's attribute.
        titles: how many frames have a ``<title>``.
        hovers: how many have ``onmouseover="s('...')"``.
        abbreviated: how many have nothing but the text drawn on them.
    """

    caption: str = ""
    total_samples: str | None = None
    is_complete: bool = False
    hovers: int = 0
    titles: int = 0
    abbreviated: int = 0
    _rows: list[Row] = field(default_factory=list)
    _ids: list[defaultdict[str | None, int]] = field(
        default_factory=lambda: [_interning() for _ in Columns._fields]
    )
    _which: list[list[Int32]] = field(default_factory=lambda: [[] for _ in Columns._fields])

    @property
    def frame_count(self) -> int:
        """How many frames were found."""
        return sum(map(len, self._which[0])) + len(self._rows)

    def add(self, row: Row) -> None:
        """Append a frame."""
        self._rows.append(row)
        if len(self._rows) == _CHUNK:
            self._intern()

    @cached_property
    def columns(self) -> Columns:
        """The frames; not before all of them were added, of which there must be one."""
        if self._rows:
            self._intern()
        pairs = zip(self._ids, self._which, strict=True)
        return Columns(*(Column(list(ids), np.concatenate(which)) for ids, which in pairs))  # type: ignore[arg-type]  # texts, but for the last two

    def _intern(self) -> None:
        for ids, which, texts in zip(self._ids, self._which, zip(*self._rows, strict=True), strict=True):
            which.append(np.fromiter(map(ids.__getitem__, texts), np.int32, len(texts)))
        self._rows.clear()
