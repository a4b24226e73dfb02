"""The ``samples`` of a sampled profile, ``[[0,1],[0,1,2],[0]]``, as distinct stacks in columns.

Recordings repeat their stacks, so samples are told apart by their text, and only distinct texts are read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import msgspec
import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.profile import Int32, Int64

_PIECE = 1 << 22  # bytes taken apart at a time
_NOT_INT32 = re.compile(rb"[0-9]{10}")
_WHITESPACE = b" \t\r\n"


@dataclass(frozen=True, eq=False)
class Stacks:
    """Samples of one profile.

    Attributes:
        sample: the stack of each sample, int32[samples].
        frame: indexes of frames, all distinct stacks root to leaf, end to end, int32[frames].
        offset: where each stack begins, with the end of the last, int64[stacks + 1].
    """

    sample: Int32
    frame: Int32
    offset: Int64


def read_stacks(raw: bytes, frame_count: int, path: str, place: str) -> Stacks:
    """Read the list of samples.

    Args:
        raw: valid JSON.
        frame_count: how many frames the file has.
        path: for errors.
        place: JSON path of the list, for errors.

    Raises:
        MalformedProfile: it is no list of lists of indexes of frames.
    """
    text = raw.translate(None, _WHITESPACE)
    id_of: defaultdict[bytes, int] = defaultdict(count().__next__)
    samples = [
        np.fromiter(map(id_of.__getitem__, stacks), np.int32, len(stacks))
        for stacks in _split(text, path, place)
    ]
    sample = np.concatenate(samples) if samples else np.zeros(0, dtype=np.int32)

    def error(stack: int, reason: str) -> MalformedProfile:
        return MalformedProfile(path, f"{reason} - at `{place}[{int(np.argmax(sample == stack))}]`")

    joined = b",".join(id_of)
    if joined.translate(None, b"0123456789,"):
        wrong = next(i for i, stack in enumerate(id_of) if stack.translate(None, b"0123456789,"))
        raise error(wrong, "a stack must be a list of frame numbers")
    if _NOT_INT32.search(joined):
        wrong = next(i for i, stack in enumerate(id_of) if _NOT_INT32.search(stack))
        raise error(wrong, "a frame number is too large")
    length = np.fromiter((stack.count(b",") + bool(stack) for stack in id_of), np.int64, len(id_of))
    offset = np.concatenate([[0], np.cumsum(length)])
    frame = _numbers(list(id_of))
    if int(frame.max(initial=-1)) >= frame_count:
        first = int(np.argmax(frame >= frame_count))
        stack = int(np.searchsorted(offset, first, side="right")) - 1
        raise error(stack, f"frame {int(frame[first])} does not exist (the file has {frame_count})")
    return Stacks(sample, frame, offset)


def _split(text: bytes, path: str, place: str) -> Iterator[list[bytes]]:
    """Cut ``[[0,1],[2]]`` into the texts between the inner brackets, a few megabytes at a time."""
    if text == b"[]":
        return
    if not (text.startswith(b"[[") and text.endswith(b"]]")):
        raise MalformedProfile(path, f"expected a list of stacks - at `{place}`")
    begin, stop = 2, len(text) - 2
    while True:
        end = text.find(b"],[", begin + _PIECE, stop)
        yield text[begin : end if end >= 0 else stop].split(b"],[")
        if end < 0:
            return
        begin = end + 3


def _numbers(stacks: list[bytes]) -> Int32:
    """Read the numbers of all stacks, in portions that keep Python's integers few."""
    parts = [np.zeros(0, dtype=np.int32)]
    portion = 1 << 14
    for first in range(0, len(stacks), portion):
        text = b",".join(filter(None, stacks[first : first + portion]))
        parts.append(np.array(msgspec.json.decode(b"[" + text + b"]", type=list[int]), dtype=np.int32))
    return np.concatenate(parts)
