"""Hands the distinct stacks of parsed pieces to the builder in depth-first order, which spares it to merge them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.importers.base import decode_text
from hotspot.importers.perf_script.columns import Columns
from hotspot.importers.perf_script.numbering import Numbering
from hotspot.profile import NO_STACK, Int32, Int64, Kind

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
    shared = [0, *(_shared(keys[a], keys[b]) for a, b in pairwise(order))][: len(order)]
    added = [keys[i][common * _FRAME.itemsize :] for i, common in zip(order, shared, strict=True)]
    offset = np.zeros(len(added) + 1, dtype=np.int64)
    np.cumsum([len(key) // _FRAME.itemsize for key in added], out=offset[1:])
    keys.clear()
    frame = np.frombuffer(b"".join(added), dtype=_FRAME).astype(np.int32)
    handle = np.empty(len(order), dtype=np.int32)
    handle[order] = builder.add_sorted_stacks(frame, offset, shared)
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
    length = np.diff(part.chain_offset)
    offset = np.zeros(len(key) + 1, dtype=np.int64)
    np.cumsum((comm >= 0) + length[chains].sum(axis=1), out=offset[1:])
    flat = np.empty(int(offset[-1]), dtype=np.int32)
    at = offset[:-1]
    flat[at[comm >= 0]] = comm[comm >= 0]
    at = at + (comm >= 0)
    for column in range(2):
        chain = chains[:, column]
        _put_reversed(flat, at, part, chain)
        at = at + length[chain]
    frames = [*part.frames, *((decode_text(comm), "", 0, "", Kind.PROCESS) for comm in comms)]
    frame = np.zeros(len(frames), dtype=_FRAME)
    for local in by_appearance(flat, len(frames)):
        frame[local] = builder.frames.intern(*frames[local])
    text = frame[flat].tobytes()
    empty = b""
    if not np.diff(offset).all():
        empty = np.array([builder.frames.intern(NO_STACK)], dtype=_FRAME).tobytes()
    keys += [text[a:b] or empty for a, b in pairwise((offset * _FRAME.itemsize).tolist())]
    return PartStacks(number[::-1], part.chain_depth[chains].sum(axis=1), np.zeros(0, dtype=np.int32))


def _shared(one: bytes, other: bytes) -> int:
    """Return how many frames from the root two stacks have in common."""
    size = min(len(one), len(other))
    differ = int.from_bytes(one[:size], "big") ^ int.from_bytes(other[:size], "big")
    return (size - (differ.bit_length() + 7) // 8) // _FRAME.itemsize


def _put_reversed(flat: Int32, at: Int64, part: Columns, chain: Int32) -> None:
    """Write chains, stored leaf first, into ``flat`` from root to leaf, each beginning at its ``at``."""
    length = np.diff(part.chain_offset)[chain]
    step = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    source = np.repeat(part.chain_offset[chain + 1] - 1, length) - step
    flat[np.repeat(at, length) + step] = part.chain_frame[source]
