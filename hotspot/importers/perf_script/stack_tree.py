"""Hands the distinct stacks of samples, kept as chains, to the builder in depth-first order, which spares it to merge them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hotspot.builder import ProfileBuilder
from hotspot.importers.base import decode_text
from hotspot.importers.perf_script.columns import AddedStacks, Columns
from hotspot.importers.perf_script.numbering import Numbering
from hotspot.importers.perf_script.stacks import FrameKey
from hotspot.profile import NO_STACK, Bool, Int32, Int64, Kind

NO_STACK_FRAME: FrameKey = (NO_STACK, "", 0, "", Kind.USER)
_STACKS = 1 << 12  # compared at a time, so that memory is bounded
_FRAME = np.dtype(">u4")  # so that stacks are ordered as their bytes are


def command_frame(comm: bytes) -> FrameKey:
    """Return the root of the stacks of a command."""
    return decode_text(comm), "", 0, "", Kind.PROCESS


def by_appearance(column: Int32, count: int) -> list[int]:
    """Return the distinct numbers of a column, all below ``count``, in order of first appearance."""
    first = np.full(count, len(column), dtype=np.int64)
    first[column[::-1]] = np.arange(len(column) - 1, -1, -1)  # of equal ones the last assignment stays
    found = np.flatnonzero(first < len(column))
    return [int(number) for number in found[np.argsort(first[found])]]


@dataclass(frozen=True)
class ChainStacks:
    """Stacks of two chains each, see `hotspot.importers.perf_script.stacks.StackTable`.

    Attributes:
        frames: distinct frames.
        chain_frame: frames of all chains end to end, leaf first, int32[...].
        chain_offset: where each chain begins, with the end of the last, int64[chains + 1].
        chain_depth: entries of the recorded call chain (inlined frames left out), int32[chains].
        chains: callers and leaf of each stack, int32[stacks, 2].
    """

    frames: tuple[FrameKey, ...]
    chain_frame: Int32
    chain_offset: Int64
    chain_depth: Int32
    chains: Int32

    def have_frames(self, stack: Int32) -> Bool:
        """Return which of some stacks have a frame, bool[n]."""
        chains: Int32 = self.chains[stack]
        found: Bool = chains.sum(axis=1) > 0
        return found

    def add_to(self, builder: ProfileBuilder, columns: Columns) -> AddedStacks:
        """Add the distinct stacks of all samples.

        Frames are interned in the order of the samples and siblings follow their frames, so that a profile does not
        depend on how its text was cut into pieces.
        """
        comms = dict.fromkeys(comm for _, _, comm in columns.threads if comm)
        root = {comm: len(self.frames) + 1 + i for i, comm in enumerate(comms)}
        frames = [*self.frames, NO_STACK_FRAME, *map(command_frame, comms)]
        number, distinct = self.number(columns, root)
        keys: list[bytes] = []
        frame = np.zeros(len(frames), dtype=_FRAME)
        for begin in range(0, len(distinct), _STACKS):
            flat, offset = self.spell_out(distinct[begin : begin + _STACKS], no_stack=len(self.frames))
            for local in by_appearance(flat, len(frames)):
                frame[local] = builder.frames.intern(*frames[local])
            text = frame[flat].tobytes()
            keys += [text[a:b] for a, b in pairwise((offset * _FRAME.itemsize).tolist())]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        offset = np.append(0, np.cumsum([len(keys[i]) // _FRAME.itemsize for i in order]))
        joined = np.frombuffer(b"".join([keys[i] for i in order]), dtype=_FRAME)
        keys.clear()
        handle = np.empty(len(order), dtype=np.int32)
        handle[order] = builder.add_sorted_stacks(*_added(joined, offset))
        depth = self.chain_depth[self.chains[distinct[:, 1]]].sum(axis=1)
        return AddedStacks(number[::-1], depth, handle)

    def number(self, columns: Columns, root: dict[bytes, int]) -> tuple[list[Int32], Int64]:
        """Number the distinct stacks of all samples, with their commands, in order of appearance.

        Args:
            columns: the samples.
            root: frame of each command.

        Returns:
            The number of each sample's stack, by batch; the root's frame (-1 where there is no command) and the stack of
            each number, int64[n, 2].
        """
        # By thread; the last is for samples without a header.
        root_of = np.array([*(root.get(comm, -1) for _, _, comm in columns.threads), -1], dtype=np.int64)
        count = max(len(self.chains), 1)
        distinct = Numbering()
        number = [
            distinct.number((root_of[rows.thread] + 1) * count + rows.stack) for rows in columns.batches
        ]
        key = distinct.keys()
        return number, np.stack([key // count - 1, key % count], axis=1)

    def spell_out(self, stacks: Int64, no_stack: int) -> tuple[Int32, Int64]:
        """Return the frames of some stacks, from root to leaf, end to end, and where each begins, with the end of the last.

        Args:
            stacks: frame of the root, or -1, and number of each stack, int64[n, 2].
            no_stack: the frame of a stack that has none.
        """
        root, chains = stacks[:, 0].copy(), self.chains[stacks[:, 1]]
        size = np.diff(self.chain_offset)[chains]
        root[(root < 0) & (size.sum(axis=1) == 0)] = no_stack
        offset = np.append(0, np.cumsum((root >= 0) + size.sum(axis=1)))
        flat = np.empty(int(offset[-1]), dtype=np.int32)
        at = offset[:-1]
        flat[at[root >= 0]] = root[root >= 0]
        at = at + (root >= 0)
        for chain, length in zip(chains.T, size.T, strict=True):
            step = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
            # A chain is stored leaf first.
            source = np.repeat(self.chain_offset[chain + 1] - 1, length) - step
            flat[np.repeat(at, length) + step] = self.chain_frame[source]
            at = at + length
        return flat, offset


def _added(flat: npt.NDArray[np.uint32], offset: Int64) -> tuple[Int32, Int64, Int64]:
    """Tell each of some sorted stacks by what it adds to the one before: `ProfileBuilder.add_sorted_stacks`."""
    length = np.diff(offset)
    shared = np.zeros(len(length), dtype=np.int64)
    frames = [flat[:0].astype(np.int32)]
    for begin in range(0, len(length), _STACKS):
        stack = np.arange(begin, min(begin + _STACKS, len(length)))
        size, start = length[stack], offset[stack]
        depth = np.arange(size.sum()) - np.repeat(start - start[0], size)
        same = depth < np.repeat(np.where(stack > 0, length[stack - 1], 0), size)
        own = flat[start[0] : start[0] + len(depth)]
        same &= flat.take(np.repeat(offset[stack - 1], size) + depth, mode="clip") == own
        # The first frame that differs, or all that there are.
        shared[stack] = np.minimum.reduceat(np.where(same, np.repeat(size, size), depth), start - start[0])
        frames.append(own[depth >= np.repeat(shared[stack], size)].astype(np.int32))
    return np.concatenate(frames), np.append(0, np.cumsum(length - shared)), shared
