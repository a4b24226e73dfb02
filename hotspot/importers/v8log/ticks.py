"""The ticks of a V8 log, whatever form it had: stacks of code with their times."""

from __future__ import annotations

from array import array

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.importers._web_columns import MICROSECOND, until_next
from hotspot.importers.v8log.code import Code
from hotspot.profile import UNKNOWN

COLLECTOR = Code("(garbage collector)")
NOTHING = Code(UNKNOWN)


class Ticks:
    """Collects ticks.

    Attributes:
        times: nanoseconds of every tick.
        codes: distinct code, by number.
    """

    def __init__(self) -> None:
        self.times = array("q")
        self.codes: list[Code] = []
        self._number_of: dict[Code, int] = {}
        self._stacks: dict[bytes, int] = {}  # code numbers, leaf to root
        self._stack_of_tick = array("q")

    def number(self, code: Code) -> int:
        """Return the number of a code, new or known."""
        number = self._number_of.setdefault(code, len(self.codes))
        if number == len(self.codes):
            self.codes.append(code)
        return number

    def add(self, stack: array[int], microseconds: int) -> None:
        """Add a tick; its stack is code numbers, leaf to root."""
        self._stack_of_tick.append(self._stacks.setdefault(stack.tobytes(), len(self._stacks)))
        self.times.append(microseconds * MICROSECOND)

    def add_to(self, builder: ProfileBuilder) -> ProfileBuilder:
        """Hand all ticks to a builder with the value types samples and time."""
        intern = builder.frames.intern
        frame_ids = np.array(
            [intern(code.name, code.file, code.line, code.module, code.kind) for code in self.codes],
            dtype=np.int32,
        )
        stacks = [np.frombuffer(key, dtype=np.int64)[::-1] for key in self._stacks]
        offset = np.zeros(len(stacks) + 1, dtype=np.int64)
        np.cumsum([len(stack) for stack in stacks], out=offset[1:])
        handles = builder.add_stacks(frame_ids[np.concatenate(stacks)], offset)
        time = np.frombuffer(self.times, dtype=np.int64)
        order = np.argsort(time, kind="stable")
        weight = np.stack([np.ones(len(time), dtype=np.int64), until_next(time[order])], axis=1)
        of_tick = np.frombuffer(self._stack_of_tick, dtype=np.int64)[order]
        builder.add_samples(handles[of_tick], weight, time[order])
        return builder
