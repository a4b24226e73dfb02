"""The wire format of Protocol Buffers, read in numpy columns.

A message is a run of fields; a field is a tag (varint ``number << 3 | wire type``) and a value::

    wire type  0 VARINT          1 FIXED64   2 BYTES                        5 FIXED32
    value      7 bits a byte,    8 bytes     length (varint), then          4 bytes
               lowest first,                 text, a message, or packed
               top bit: goes on              varints

The fields of *one* message must be walked one by one, since each says where the next begins (`fields_of`). Many
small messages are walked in step: one numpy pass reads the next field of all of them (`fields_of_each`).

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from hotspot.profile import Int64

UInt8 = npt.NDArray[np.uint8]
UInt64 = npt.NDArray[np.uint64]

_MAX_VARINT = 10  # bytes of a 64-bit varint
_ENDS_EARLY = "the message ends in the middle of a field"
_FEW = 8  # messages still unfinished: walking each to its end costs less than numpy passes over so few


class WireType(IntEnum):
    """How the value of a field is written."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


class WireError(ValueError):
    """The bytes are no message; ``offset`` is where."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


@dataclass(frozen=True, eq=False)
class Fields:
    """Fields of some messages, in order of their place in the data.

    Attributes:
        owner: which message, int64[fields].
        number: field number, int64[fields].
        wire: `WireType`, int64[fields].
        tag: offset of the tag, int64[fields].
        begin: offset of the value (after the length, if it has one), int64[fields].
        end: offset past the value, int64[fields].
        value: a varint's value, a length otherwise, uint64[fields].
    """

    owner: Int64
    number: Int64
    wire: Int64
    tag: Int64
    begin: Int64
    end: Int64
    value: UInt64

    def __len__(self) -> int:
        return len(self.owner)

    def where(self, keep: npt.NDArray[np.bool_] | Int64) -> Fields:
        """Return some of the rows."""
        return Fields(*(column[keep] for column in vars(self).values()))

    def owned_by(self, owner: Int64) -> Fields:
        """Return the rows with other owners."""
        return replace(self, owner=owner)

    def of(self, number: int, *wires: WireType) -> Fields:
        """Return the fields of one number, which must be written in one of the given ways.

        Raises:
            WireError: one is written otherwise.
        """
        found = self.where(self.number == number)
        wrong = ~np.isin(found.wire, wires)
        if wrong.any():
            first = int(np.argmax(wrong))
            raise WireError(f"field {number} has wire type {int(found.wire[first])}", int(found.tag[first]))
        return found

    def scalar(self, number: int, owners: int) -> UInt64:
        """Return a varint field a message, uint64[owners]: 0 where absent, the last where repeated."""
        found = self.of(number, WireType.VARINT)
        out = np.zeros(owners, dtype=np.uint64)
        out[found.owner] = found.value
        return out


def fields_of(data: bytes, *, cut: bool = False) -> Fields:
    """Walk one message.

    Args:
        data: the message.
        cut: the data may end in the middle of a field, which is then left out.

    Raises:
        WireError: it is damaged or ends early.
    """
    tags, end = _field_starts(data, 0, len(data))
    if end > len(data):
        if not cut:
            raise WireError(_ENDS_EARLY, tags[-1])
        tags.pop()
    return _read_fields(as_array(data), *_one_owner(0, tags, len(data)))


def fields_of_each(data: bytes, begin: Int64, end: Int64) -> Fields:
    """Walk many messages at ``[begin, end)``, which ascend, in step.

    Raises:
        WireError: one is damaged.
    """
    array = as_array(data)
    cursor = begin.astype(np.int64)
    steps: list[Fields] = []
    active = np.flatnonzero(cursor < end)
    while len(active) > _FEW:
        step = _read_fields(array, active, cursor[active], end[active])
        steps.append(step)
        cursor[active] = step.end
        active = active[step.end < end[active]]
    for message in active.tolist():
        limit = int(end[message])
        tags, stop = _field_starts(data, int(cursor[message]), limit)
        if stop > limit:
            raise WireError(_ENDS_EARLY, tags[-1])
        steps.append(_read_fields(array, *_one_owner(message, tags, limit)))
    joined = concatenated(steps)
    return joined.where(np.argsort(joined.tag, kind="stable"))


def concatenated(parts: list[Fields]) -> Fields:
    """Join rows of fields."""
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return Fields(empty, empty, empty, empty, empty, empty, np.zeros(0, dtype=np.uint64))
    return Fields(
        *(np.concatenate(columns) for columns in zip(*(vars(p).values() for p in parts), strict=True))
    )


def varints(data: bytes, begin: Int64, end: Int64) -> tuple[UInt64, Int64]:
    """Decode the varints that fill each range ``[begin, end)``.

    Returns:
        All values, uint64[values], and how many each range holds, int64[ranges].

    Raises:
        WireError: a range ends within a varint, or one is longer than 64 bits.
    """
    bounds = np.zeros(len(begin) + 1, dtype=np.int64)
    np.cumsum(end - begin, out=bounds[1:])
    byte = as_array(b"".join([data[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]))
    last = np.flatnonzero(byte < 128)
    number = np.diff(np.searchsorted(last, bounds))
    open_end = np.flatnonzero(np.diff(bounds) > 0)
    open_end = open_end[byte[bounds[1:][open_end] - 1] > 127]
    if len(open_end):
        raise WireError("a varint goes on past its field", int(end[open_end[0]]) - 1)
    first = np.empty_like(last)
    first[:1] = 0
    first[1:] = last[:-1] + 1
    size = last - first + 1
    longest = int(size.max(initial=0))
    if longest > _MAX_VARINT:
        where = int(first[np.argmax(size)])
        span = int(np.searchsorted(bounds, where, side="right")) - 1
        raise WireError("a varint is longer than 64 bits", int(begin[span]) + where - int(bounds[span]))
    values = (byte[first] & 127).astype(np.uint64)
    longer = np.arange(len(values))
    for place in range(1, longest):
        longer = longer[size[longer] > place]
        bits = (byte[first[longer] + place] & 127).astype(np.uint64)
        values[longer] |= bits << np.uint64(7 * place)
    return values, number


def as_array(data: bytes) -> UInt8:
    """Return bytes as an array, without a copy."""
    return np.frombuffer(data, dtype=np.uint8)


def varint(value: int) -> bytes:
    """Encode a varint; a negative number as its 64-bit two's complement."""
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def varint_field(number: int, value: int) -> bytes:
    """Encode a varint field; nothing where it is 0, the default."""
    return varint(number << 3 | WireType.VARINT) + varint(value) if value else b""


def bytes_field(number: int, content: bytes) -> bytes:
    """Encode a field that holds a text, a message or packed varints."""
    return _head(number, len(content)) + content


@lru_cache(maxsize=1 << 12)  # a file has few fields, and most of its messages are of much the same lengths
def _head(number: int, length: int) -> bytes:
    return varint(number << 3 | WireType.BYTES) + varint(length)


def _one_owner(message: int, tags: list[int], limit: int) -> tuple[Int64, Int64, Int64]:
    count = len(tags)
    return (
        np.full(count, message, dtype=np.int64),
        np.array(tags, dtype=np.int64),
        np.full(count, limit, dtype=np.int64),
    )


def _field_starts(data: bytes, begin: int, end: int) -> tuple[list[int], int]:
    """Return where each field of one message begins and where the last one ends, maybe past ``end``.

    The one loop here that is per field; what most fields look like is therefore read in place.
    """
    starts: list[int] = []
    position = begin
    try:
        while position < end:
            starts.append(position)
            key = data[position]
            position += 1
            if key > 127:
                key, position = _varint_at(data, position - 1)
            wire = key & 7
            if wire == 2:  # not WireType.BYTES: an attribute a field is a third of the time
                length = data[position]
                position += 1
                if length > 127:
                    second = data[position]
                    if second < 128:
                        length += second - 1 << 7
                        position += 1
                    else:
                        length, position = _varint_at(data, position - 1)
                position += length
            elif wire == 0:
                _, position = _varint_at(data, position)
            elif wire == 1:
                position += 8
            elif wire == 5:
                position += 4
            else:
                raise WireError(f"wire type {wire} does not exist here", starts[-1])
    except IndexError:
        position = end + 1
    return starts, position


def _varint_at(data: bytes, position: int) -> tuple[int, int]:
    byte = data[position]
    if byte < 128:
        return byte, position + 1
    value = byte & 127
    for place in range(1, _MAX_VARINT):
        byte = data[position + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, position + place + 1
    raise WireError("a varint is longer than 64 bits", position)


def _read_fields(array: UInt8, owner: Int64, tag: Int64, limit: Int64) -> Fields:
    """Read the field at each tag; ``limit`` is the end of its message."""
    key, value_at = _varints_at(array, tag, limit)
    wire = (key & np.uint64(7)).astype(np.int64)
    number = (key >> np.uint64(3)).astype(np.int64)
    known = np.isin(wire, (0, 1, 2, 5))
    if not known.all():
        first = int(np.argmin(known))
        raise WireError(f"wire type {int(wire[first])} does not exist here", int(tag[first]))
    if (number == 0).any():
        raise WireError("field number 0 does not exist", int(tag[np.argmax(number == 0)]))
    has_varint = (wire == WireType.VARINT) | (wire == WireType.BYTES)
    fixed = np.where(wire == WireType.FIXED64, 8, 4)
    value = fixed.astype(np.uint64)
    begin, end = value_at.copy(), value_at + fixed
    value[has_varint], after = _varints_at(array, value_at[has_varint], limit[has_varint])
    end[has_varint] = after
    is_bytes = wire == WireType.BYTES
    begin[is_bytes] = end[is_bytes]
    room = (limit - begin).astype(np.uint64)
    too_long = is_bytes & (value > room)  # compared before it is added: a length may be 2^64
    end[is_bytes & ~too_long] += value[is_bytes & ~too_long].astype(np.int64)
    too_long |= end > limit
    if too_long.any():
        raise WireError(_ENDS_EARLY, int(tag[np.argmax(too_long)]))
    return Fields(owner, number, wire, tag, begin, end, value)


def _varints_at(array: UInt8, at: Int64, limit: Int64) -> tuple[UInt64, Int64]:
    """Decode one varint at each offset; returns the values and the offsets past them."""
    value = np.zeros(len(at), dtype=np.uint64)
    position = at.copy()
    pending = np.arange(len(at))
    for place in range(_MAX_VARINT):
        if not len(pending):
            return value, position
        here = position[pending]
        if (here >= limit[pending]).any():
            first = pending[np.argmax(here >= limit[pending])]
            raise WireError(_ENDS_EARLY, int(at[first]))
        byte = array[here].astype(np.uint64)
        value[pending] |= (byte & np.uint64(127)) << np.uint64(7 * place)
        position[pending] += 1
        pending = pending[byte > 127]
    if len(pending):
        raise WireError("a varint is longer than 64 bits", int(at[pending[0]]))
    return value, position
