"""Hands the distinct stacks of parsed pieces to the builder in depth-first order, which spares it to merge them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hotspot.builder import ProfileBuilder
from hotspot.importers.base import decode_text
from hotspot.importers.perf_script.columns import Columns
from hotspot.importers.perf_script.numbering import Numbering
from hotspot.profile import NO_STACK, Int32, Int64, Kind

_STACKS = 1 << 12  # compared at a time, so that memory is bounded
_FRAME = np.dtype(">u4")  # so that stacks are ordered as their bytes are


@dataclass
class PartStacks:
    """The distinct stacks of a part, with their commands.

    Attributes:
        number: which distinct stack each sample of each batch has, int32[rows]; the first batch is the last item.
        depth: entries of the recorded call chain of each, int32[n].
        handle: of each, in the builder, int32[n].
    """

    number: list[Int32]
    depth: Int32
    handle: Int32


def add_stacks(builder: ProfileBuilder, parts: Sequence[Columns]) -> list[PartStacks]:
    """Add the stacks of all parts to the builder.

    Frames are interned in the order of the samples and siblings follow their frames, so that a profile does not
    depend on how its text was cut into parts.
    """
    keys: list[bytes] = []
    stacks = [_add_part(builder, part, keys) for part in parts]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    offset = np.append(0, np.cumsum([len(keys[i]) // _FRAME.itemsize for i in order]))
    flat = np.frombuffer(b"".join([keys[i] for i in order]), dtype=_FRAME)
    keys.clear()
    handle = np.empty(len(order), dtype=np.int32)
    handle[order] = builder.add_sorted_stacks(*_added(flat, offset))
    begin = 0
    for part in stacks:
        part.handle = handle[begin : begin + len(part.depth)]
        begin += len(part.depth)
    return stacks


def by_appearance(column: Int32, count: int) -> list[int]:
    """Return the distinct numbers of a column, all below ``count``, in order of first appearance."""
    first = np.full(count, len(column), dtype=np.int64)
    first[column[::-1]] = np.arange(len(column) - 1, -1, -1)  # of equal ones the last assignment stays
    found = np.flatnonzero(first < len(column))
    return [int(number) for number in found[np.argsort(first[found])]]


def _add_part(builder: ProfileBuilder, part: Columns, keys: list[bytes]) -> PartStacks:
    """Number the distinct stacks of a part and append the frames of each, from root to leaf, to ``keys``."""
    comms = {
        comm: len(part.frames) + i for i, comm in enumerate(dict.fromkeys(t[2] for t in part.threads if t[2]))
    }
    # By thread; the last is for samples without a header.
    comm_of = np.array([*(comms.get(comm, -1) for _, _, comm in part.threads), -1], dtype=np.int64)
    count = len(part.stacks)
    distinct = Numbering()
    number = [distinct.number((comm_of[rows.thread] + 1) * count + rows.stack) for rows in part.batches]
    key = distinct.keys()

    comm, chains = key // count - 1, part.stacks[key % count]  # callers, leaf
    frames = [*part.frames, *((decode_text(comm), "", 0, "", Kind.PROCESS) for comm in comms)]
    frame = np.zeros(len(frames), dtype=_FRAME)
    for begin in range(0, len(key), _STACKS):
        block = slice(begin, begin + _STACKS)
        flat, offset = _spelled_out(part, comm[block], chains[block])
        for local in by_appearance(flat, len(frames)):
            frame[local] = builder.frames.intern(*frames[local])
        text = frame[flat].tobytes()
        keys += [text[a:b] or _no_stack(builder) for a, b in pairwise((offset * _FRAME.itemsize).tolist())]
    return PartStacks(number[::-1], part.chain_depth[chains].sum(axis=1), np.zeros(0, dtype=np.int32))


def _no_stack(builder: ProfileBuilder) -> bytes:
    """Return the stack of samples that have neither frames nor a command."""
    return np.array([builder.frames.intern(NO_STACK)], dtype=_FRAME).tobytes()


def _spelled_out(part: Columns, comm: Int64, chains: Int32) -> tuple[Int32, Int64]:
    """Return the frames of some stacks, from root to leaf, end to end, and where each begins, with the end of the last.

    Args:
        part: whose chains they are.
        comm: frame of each stack's command, or -1, int64[n].
        chains: callers and leaf of each, int32[n, 2].
    """
    size = np.diff(part.chain_offset)[chains]
    offset = np.append(0, np.cumsum((comm >= 0) + size.sum(axis=1)))
    flat = np.empty(int(offset[-1]), dtype=np.int32)
    at = offset[:-1]
    flat[at[comm >= 0]] = comm[comm >= 0]
    at = at + (comm >= 0)
    for chain, length in zip(chains.T, size.T, strict=True):
        step = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
        # A chain is stored leaf first.
        source = np.repeat(part.chain_offset[chain + 1] - 1, length) - step
        flat[np.repeat(at, length) + step] = part.chain_frame[source]
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
