"""The ``samples`` of a sampled profile, ``[[0,1],[0,1,2],[0]]``, as distinct stacks in columns.

Recordings repeat their stacks, so samples are told apart by their text, and only distinct texts are read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.profile import Int32, Int64

_PIECE = 1 << 22  # bytes taken apart at a time
_PORTION = 1 << 14  # stacks whose numbers are read at a time
_MOST_DIGITS = 9  # so many always fit int32
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
        odd = next(i for i, stack in enumerate(id_of) if stack.translate(None, b"0123456789,"))
        raise error(odd, "a stack must be a list of frame numbers")
    del joined
    frame, length = _numbers(list(id_of))
    offset = np.concatenate([[0], np.cumsum(length)])
    if len(wrong := np.flatnonzero((frame < 0) | (frame >= frame_count))):
        large = wrong[frame[wrong] < 0]
        first = int(large[0] if len(large) else wrong[0])
        reason = f"frame {int(frame[first])} does not exist (the file has {frame_count})"
        stack = int(np.searchsorted(offset, first, side="right")) - 1
        raise error(stack, "a frame number is too large" if len(large) else reason)
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


def _numbers(stacks: list[bytes]) -> tuple[Int32, Int64]:
    """Read the numbers of stacks that hold digits and commas only.

    Returns:
        All numbers end to end, -1 for what is too large, int32[numbers]; how many each stack has, int64[stacks].
    """
    numbers = [np.zeros(0, dtype=np.int32)]
    counts = [np.zeros(0, dtype=np.int64)]
    for first in range(0, len(stacks), _PORTION):
        portion = stacks[first : first + _PORTION]
        text = np.frombuffer(b",".join(portion) + b",", np.uint8)
        end = np.flatnonzero(text == ord(","))
        digits = np.diff(end, prepend=-1) - 1
        end, digits = end[digits > 0], digits[digits > 0]  # an empty stack has no number
        value = np.zeros(len(end), dtype=np.int32)
        longer = np.arange(len(end))
        for place in range(min(int(digits.max(initial=0)), _MOST_DIGITS)):
            longer = longer[digits[longer] > place]
            value[longer] += (text[end[longer] - 1 - place] - np.int32(ord("0"))) * np.int32(10**place)
        value[digits > _MOST_DIGITS] = -1
        numbers.append(value)
        stack_end = np.cumsum(np.fromiter(map(len, portion), np.int64, len(portion)) + 1)
        counts.append(np.diff(np.searchsorted(end, stack_end), prepend=0))
    return np.concatenate(numbers), np.concatenate(counts)
