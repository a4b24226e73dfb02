"""Number columns of the browser formats: exact nanoseconds, and what a sample weighs in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.profile import Int64

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
_LIMIT = 2**62  # sums of two still fit int64


def short(value: object) -> str:
    """Return a value for an error message: a number from a damaged file may have thousands of digits."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:20]}... ({len(text):,} characters)"


def scaled(path: str, values: Sequence[int | float], factor: int, what: str) -> Int64:
    """Return numbers times a factor as int64: integers exactly, fractions rounded to the nearest.

    Args:
        path: of the file, for errors.
        values: the numbers.
        factor: nanoseconds in the file's unit.
        what: what to call the column in an error, say ``timeDeltas``.

    Raises:
        MalformedProfile: naming the first number that is out of range.
    """
    array = np.asarray(values)
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind in "iuf":
        bad = np.flatnonzero(~(np.abs(array.astype(np.float64)) * factor < _LIMIT))
    else:  # integers past 64 bits, perhaps past what a float holds
        bad = np.array([row for row, value in enumerate(values) if not abs(value) < _LIMIT])
    if len(bad):
        raise MalformedProfile(path, f"{what}[{bad[0]}]: {short(values[int(bad[0])])} is out of range")
    result: Int64
    if array.dtype.kind == "f":
        result = np.rint(array * factor).astype(np.int64)
    else:
        result = array.astype(np.int64) * factor
    return result


def running(path: str, start: int, deltas: Int64, what: str) -> Int64:
    """Return the running sum of deltas from a start.

    Raises:
        MalformedProfile: a sum is out of range.
    """
    rough = np.cumsum(deltas.astype(np.float64)) + start
    bad = np.flatnonzero(~(np.abs(rough) < _LIMIT))
    if len(bad):
        raise MalformedProfile(path, f"{what}[{bad[0]}]: the times add up to more than can be kept")
    return np.cumsum(deltas) + start


def until_next(time: Int64) -> Int64:
    """Return how long each sample lasts, in ascending times: until the next one.

    The last sample, which has no next one, gets nothing: its length is not in the file. speedscope does the same.
    """
    lasts = np.zeros(len(time), dtype=np.int64)
    lasts[:-1] = np.diff(time)
    return lasts
