"""What importers of text formats share: stacks that come one by one, and tables that draw a tree by depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.profile import Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

_MOST = 2**63 - 1
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")


class Stacks:
    """Collects stacks with their weights; equal ones of one thread are added up.

    Attributes:
        builder: where frames are interned.
    """

    def __init__(self, *value_types: ValueType) -> None:
        self.builder = ProfileBuilder(value_types)
        self._rows: dict[tuple[tuple[int, ...], int], list[int]] = {}
        self._threads: dict[Thread, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, frames: Sequence[int], *weights: int, thread: Thread | None = None) -> None:
        """Add a stack.

        Args:
            frames: frame ids, root to leaf.
            weights: one a value type.
            thread: what it ran on, given with every stack or with none.
        """
        of_thread = -1 if thread is None else self._threads.setdefault(thread, len(self._threads))
        row = self._rows.setdefault((tuple(frames), of_thread), [0] * len(weights))
        for column, weight in enumerate(weights):
            row[column] += weight

    def build(self, provenance: Provenance, *, selected: int = 0, label: str = "") -> Profile:
        """Return the profile.

        Raises:
            EmptyProfile: nothing was added.
            MalformedProfile: a weight exceeds int64.
        """
        if not self._rows:
            raise EmptyProfile(provenance.path, "no stack in this file")
        check_weights(self._rows.values(), provenance.path)
        flat = [frame for stack, _ in self._rows for frame in stack]
        offsets = np.cumsum([0, *(len(stack) for stack, _ in self._rows)])
        weights = np.array(list(self._rows.values()), dtype=np.int64)
        threads = [thread for _, thread in self._rows] if self._threads else None
        self.builder.add_samples(self.builder.add_stacks(flat, offsets), weights, None, threads)
        return self.builder.build(provenance, threads=tuple(self._threads), selected=selected, label=label)


class Levels:
    """Collects the rows of a table that draws a call tree by depth, each with its own weights.

    Attributes:
        builder: where frames are interned.
    """

    def __init__(self, path: str, *value_types: ValueType) -> None:
        self.builder = ProfileBuilder(value_types)
        self.own: list[list[int]] = []
        self.parents: list[int] = []
        self._path = path
        self._frames: list[int] = []
        self._branch: list[int] = []  # nodes from the root to the last row

    def add(self, depth: int, frame: int, own: Sequence[int], line: int) -> int:
        """Add a row and return its number.

        Args:
            depth: 0 for a root.
            frame: frame id.
            own: weight of the row itself, without the rows below it, one a value type.
            line: for the error.

        Raises:
            MalformedProfile: it stands more than a level below the row above.
        """
        if not 0 <= depth <= len(self._branch):
            raise MalformedProfile(self._path, "a frame that stands under none", line=line)
        del self._branch[depth:]
        self.parents.append(self._branch[-1] if self._branch else -1)
        self._branch.append(len(self._frames))
        self._frames.append(frame)
        self.own.append(list(own))
        return len(self._frames) - 1

    def build(self, provenance: Provenance, *, selected: int = 0, label: str = "") -> Profile:
        """Return the profile.

        Raises:
            EmptyProfile: no row has a weight.
            MalformedProfile: a weight exceeds int64.
        """
        check_weights(self.own, provenance.path)
        if not any(map(any, self.own)):
            raise EmptyProfile(provenance.path, "no frame has a weight")
        weights = np.array(self.own, dtype=np.int64)
        used = weights.any(axis=1)
        handles = self.builder.add_nodes(self.parents, self._frames)
        self.builder.add_samples(handles[used], weights[used])
        return self.builder.build(provenance, selected=selected, label=label)


class Indents:
    """Turns columns of indentation into depths: a row that stands further right than the one above is its callee."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def depth(self, column: int) -> int:
        """Return the depth of the next row, 0 for a root, by the column that its name begins in."""
        while self._open and self._open[-1] >= column:
            self._open.pop()
        self._open.append(column)
        return len(self._open) - 1


class Skipped:
    """Counts lines that could not be read, and remembers the first."""

    def __init__(self) -> None:
        self.count = 0
        self.first = 0

    def add(self, line: int) -> None:
        """Note a line by its 1-based number."""
        self.count += 1
        self.first = self.first or line

    def losses(self, expected: str) -> tuple[Loss, ...]:
        """Return the loss, if any: ``3 lines are no frame and no count, first line 12``."""
        if not self.count:
            return ()
        lines = "1 line is" if self.count == 1 else f"{self.count:,} lines are"
        return (Loss(LossKind.SKIPPED, f"{lines} {expected}, first line {self.first}", self.count),)


def plain_number(text: str) -> str:
    """Return a number printed for people without its thousands: ``1,234.5`` is ``1234.5``, and ``8,75`` is ``8.75``.

    Three digits behind a comma are thousands, any other number of them decimals of a country that writes them so.
    """
    return _THOUSANDS.sub("", text).replace(",", ".")


def check_weights(rows: Iterable[Sequence[int]], path: str) -> None:
    """Refuse weights that int64 does not hold.

    Raises:
        MalformedProfile: one does not fit.
    """
    if any(abs(weight) > _MOST for row in rows for weight in row):
        raise MalformedProfile(path, "a weight exceeds 2^63")
