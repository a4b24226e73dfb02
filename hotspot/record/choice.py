"""Which recorders there are, and which one a target gets."""

from __future__ import annotations

import sys
from typing import Literal

from hotspot.record.memray import Memray
from hotspot.record.perf import Perf
from hotspot.record.py_spy import PySpy
from hotspot.record.recorder import CannotRecord, Recorder, Wanted
from hotspot.record.target import Target

RecorderName = Literal["auto", "py-spy", "perf", "memray"]


def choose(name: RecorderName, target: Target, wanted: Wanted) -> Recorder:
    """Return a recorder: the one named, or py-spy for Python and perf for everything else.

    Raises:
        MissingTool: it is not installed.
        CannotRecord: it may not or cannot record this, or not as wanted.
    """
    recorder = _named(name, target)
    recorder.check(target, wanted)
    return recorder


def _named(name: RecorderName, target: Target) -> Recorder:
    match name:
        case "py-spy":
            return PySpy()
        case "memray":
            return Memray()
        case "auto" if target.python is not None:
            return PySpy()
        case "auto" if sys.platform != "linux":
            raise CannotRecord(
                f"{target.name} is not Python, and perf exists on Linux only",
                hint="record with this system's own profiler (on macOS: sample, Instruments) and read its file",
            )
        case _:
            return Perf()
