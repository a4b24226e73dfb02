"""The usual paragraphs of `perf script` text to a call tree, in C (`perf_script.c`): some hundred MB a second.

Every address that C gets is of an array that lives through the call.
"""

from __future__ import annotations

import ctypes
import enum
import secrets
import weakref
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hotspot.native import Declared, library_with
from hotspot.profile import CallTree, Int32, Int64

ODD = (
    -2
)  # in place of a node: the paragraph is not read; in place of what a label is: nor are those that hold it
INLINED = -3  # in place of a frame: what it is depends on the frame below

_ROOM = 1 << 14
_PARAGRAPH = np.dtype(
    [
        *((name, np.int64) for name in ("begin", "end", "time", "period")),
        *((name, np.int32) for name in ("node", "thread", "event", "lines")),
    ]
)
Paragraphs = npt.NDArray[np.void]
"""Paragraphs in order: begin and end (with the empty lines below) in the text; time (nanoseconds), period (-1 where none is
printed), node (or `ODD`, then only the first two count), thread, event, lines."""


class Column(enum.IntEnum):
    """What a label is of."""

    WHO = 0
    EVENT = 1
    FRAME = 2


_COLUMNS = tuple(Column)


class Meaning(NamedTuple):
    """What a label is.

    Attributes:
        number: of a thread, an event or a frame; `ODD` or, of a frame, `INLINED`.
        root: of a thread, the frame of its command, -1 where it has none.
    """

    number: int
    root: int = -1


class Label(NamedTuple):
    """A text whose meaning C asks for.

    A frame's label is its line with address 0 and offset 0, where nothing depends on them; for an inlined frame two lines,
    the other is that of the frame below at the same address, or empty.
    """

    column: Column
    text: bytes


class LaidOut(NamedTuple):
    """The call tree in depth-first order.

    Attributes:
        tree: its frames are ranks.
        frames: which frame has each rank, int32[ranks].
        leaf: node of each stack, int32[stacks].
        entries: of each stack, those of its frames that are entries of a call chain, int32[stacks].
    """

    tree: CallTree
    frames: Int32
    leaf: Int32
    entries: Int32


class PerfScript:
    """Reads paragraphs; what their labels mean is asked of the caller."""

    def __init__(self, native: ctypes.CDLL) -> None:
        self._native = native
        self._handle = native.perf_script_new(secrets.randbits(64))
        if not self._handle:
            raise MemoryError
        weakref.finalize(self, native.perf_script_free, self._handle)
        self._room = np.empty(_ROOM, _PARAGRAPH)

    def scan(self, text: bytes, stop: int, learn: Callable[[Label], Meaning]) -> Paragraphs:
        """Read the paragraphs of ``text[:stop]``; ``learn`` is asked about each label that is new."""
        done: list[Paragraphs] = []
        at = filled = 0
        count = ctypes.c_int32()
        room = self._room
        while at < stop:
            free = room[filled:]
            at = self._native.perf_script_scan(
                self._handle, text, at, stop, free.ctypes.data, len(free), ctypes.byref(count)
            )
            if at < 0:
                raise MemoryError
            filled += count.value
            if filled == len(room):
                done.append(room.copy())
                filled = 0
            self._learn(learn)
        done.append(room[:filled].copy())
        return done[0] if len(done) == 1 else np.concatenate(done)

    def _learn(self, learn: Callable[[Label], Meaning]) -> None:
        column, number, text = ctypes.c_int32(), ctypes.c_int32(), ctypes.c_void_p()
        places = ctypes.byref(column), ctypes.byref(number), ctypes.byref(text)
        while (size := self._native.perf_script_unknown(self._handle, *places)) >= 0:
            label = Label(_COLUMNS[column.value], ctypes.string_at(text, size) if size else b"")
            self._native.perf_script_learn(self._handle, column, number, *learn(label))

    def add(self, frame: Int32, offset: Int64) -> Int32:
        """Add stacks, ``frame[offset[i]:offset[i + 1]]`` from root to leaf, and return the node of each, int32[stacks]."""
        frames, offsets = np.ascontiguousarray(frame, np.int32), np.ascontiguousarray(offset, np.int64)
        node = np.empty(len(offsets) - 1, np.int32)
        pointers = (frames.ctypes.data, offsets.ctypes.data, len(node), node.ctypes.data)
        if not self._native.perf_script_add(self._handle, *pointers):
            raise MemoryError
        return node

    def lay_out(self, node: Int32, is_entry: npt.NDArray[np.bool_]) -> LaidOut:
        """Lay the tree out depth-first, siblings in the order in which their frames appear in the stacks.

        Args:
            node: leaf of each distinct stack, in the order in which they appear, int32[stacks]; all nodes are theirs.
            is_entry: whether each frame is an entry of a recorded call chain, bool[frames].
        """
        nodes = self._native.perf_script_nodes(self._handle)
        leaf, entry = np.ascontiguousarray(node, np.int32), np.ascontiguousarray(is_entry, np.uint8)
        rank, entries = np.empty(len(entry), np.int32), np.empty(len(leaf), np.int32)
        found = self._native.perf_script_rank(
            self._handle,
            leaf.ctypes.data,
            len(leaf),
            entry.ctypes.data,
            len(entry),
            rank.ctypes.data,
            entries.ctypes.data,
        )
        if found < 0:
            raise MemoryError
        columns = [np.empty(nodes, np.int32) for _ in range(5)]
        if not self._native.perf_script_lay_out(
            self._handle, rank.ctypes.data, *(column.ctypes.data for column in columns)
        ):
            raise MemoryError
        frame, parent, subtree_end, depth, position = columns
        appears = np.flatnonzero(rank >= 0)
        frames = appears[np.argsort(rank[appears])].astype(np.int32)
        return LaidOut(CallTree(rank[frame], parent, subtree_end, depth), frames, position[leaf], entries)


@cache
def perf_script_library() -> ctypes.CDLL | None:
    """Return the compiled library with its functions declared, None where there is none."""
    pointer, int32, int64 = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64
    declared: Declared = {
        "perf_script_new": (pointer, [ctypes.c_uint64]),
        "perf_script_free": (None, [pointer]),
        "perf_script_scan": (int64, [pointer, ctypes.c_char_p, int64, int64, pointer, int32, pointer]),
        "perf_script_unknown": (int64, [pointer, pointer, pointer, pointer]),
        "perf_script_learn": (None, [pointer, int32, int32, int32, int32]),
        "perf_script_add": (ctypes.c_int, [pointer, pointer, pointer, int64, pointer]),
        "perf_script_nodes": (int32, [pointer]),
        "perf_script_rank": (int32, [pointer, pointer, int64, pointer, int32, pointer, pointer]),
        "perf_script_lay_out": (ctypes.c_int, [pointer] * 7),
    }
    return library_with(declared)
