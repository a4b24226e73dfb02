"""Numbers 64-bit keys in order of first appearance: a hash table in numpy, asked about thousands of keys at once."""

from __future__ import annotations

import numpy as np

from hotspot.profile import Int32, Int64

_SMALLEST = 1 << 12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio spreads keys that lie close together
_FREE = -1


class Numbering:
    """Distinct int64 keys, numbered 0, 1, 2, ... as they come.

    Open addressing with linear probing; at most half of the places are taken.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(_SMALLEST, dtype=np.int64)  # in order of number, filled up to `_count`
        self._count = 0
        self._place_key = np.zeros(2 * _SMALLEST, dtype=np.int64)
        self._place_number = np.full(2 * _SMALLEST, _FREE, dtype=np.int32)

    def __len__(self) -> int:
        return self._count

    def keys(self) -> Int64:
        """Return the keys in order of their numbers, int64[n]."""
        return self._keys[: self._count]

    def find(self, keys: Int64) -> Int32:
        """Return the number of each key, -1 where it has none, int32[n]."""
        place = self._first_place(keys)
        number = self._place_number[place]
        # Most keys lie at their first place; the few that are left go on to the next.
        going = np.flatnonzero((self._place_key[place] != keys) & (number != _FREE))
        while len(going):
            place[going] = (place[going] + 1) & (len(self._place_key) - 1)
            number[going] = self._place_number[place[going]]
            away = self._place_key[place[going]] != keys[going]
            going = going[away & (number[going] != _FREE)]
        return number

    def number(self, keys: Int64) -> Int32:
        """Return the number of each key, a new one where it has none yet, int32[n]."""
        number = self.find(keys)
        missing = np.flatnonzero(number == _FREE)
        if len(missing):
            new, first, inverse = np.unique(keys[missing], return_index=True, return_inverse=True)
            order = np.argsort(first)
            rank = np.empty(len(order), dtype=np.int32)
            rank[order] = np.arange(self._count, self._count + len(order), dtype=np.int32)
            number[missing] = rank[inverse.reshape(-1)]
            self._add(new[order])
        return number

    def _add(self, new: Int64) -> None:
        """Give the next numbers to keys that have none and are distinct."""
        first, self._count = self._count, self._count + len(new)
        if self._count > len(self._keys):
            size = 1 << (self._count - 1).bit_length()
            self._keys = np.concatenate([self._keys[:first], np.zeros(size - first, dtype=np.int64)])
            self._place_key = np.zeros(2 * size, dtype=np.int64)
            self._place_number = np.full(2 * size, _FREE, dtype=np.int32)
            self._settle(self._keys[:first], np.arange(first, dtype=np.int32))
        self._keys[first : self._count] = new
        self._settle(new, np.arange(first, self._count, dtype=np.int32))

    def _settle(self, keys: Int64, number: Int32) -> None:
        place = self._first_place(keys)
        while len(keys):
            free = self._place_number[place] == _FREE
            self._place_number[place[free]] = number[free]  # of several that want one place the last gets it
            settled = self._place_number[place] == number
            self._place_key[place[settled]] = keys[settled]
            keys, number, place = keys[~settled], number[~settled], place[~settled]
            place = (place + 1) & (len(self._place_key) - 1)

    def _first_place(self, keys: Int64) -> Int64:
        bits = len(self._place_key).bit_length() - 1
        return ((keys.view(np.uint64) * _GOLDEN) >> np.uint64(64 - bits)).astype(np.int64)
