"""Write Austin's MOJO files and the same samples as Austin text, from the description of both formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

METADATA, STACK, FRAME, INVALID, REF, KERNEL, GC, IDLE, TIME, MEMORY, STRING, STRING_REF, REPEAT, TASK, WAITER = range(1, 16)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One sample; frames are (file, function, line), root first."""

    pid: int
    thread: str
    frames: tuple[tuple[str, str, int], ...]
    time: int = 0
    memory: int = 0
    idle: bool = False
    gc: bool = False


def integer(value: int) -> bytes:
    """Encode an integer: sign and 6 bits, then 7 bits a byte, low bits first."""
    first = (0x40 if value < 0 else 0) | (abs(value) & 0x3F)
    rest = abs(value) >> 6
    out = bytearray([first | (0x80 if rest else 0)])
    while rest:
        out.append((rest & 0x7F) | (0x80 if rest >> 7 else 0))
        rest >>= 7
    return bytes(out)


def text(value: str) -> bytes:
    """Encode a text."""
    return value.encode() + b"\0"


def event(kind: int, *fields: int | str) -> bytes:
    """Encode an event."""
    return bytes([kind]) + b"".join(
        text(field) if isinstance(field, str) else integer(field) for field in fields
    )


def mojo(samples: Sequence[Sample], mode: str, *, version: int = 3) -> bytes:
    """Write samples as MOJO; from version 4 on a stack that the thread had before is a REPEAT."""
    out = b"MOJ" + integer(version) + event(METADATA, "mode", mode) + event(METADATA, "austin", "4.0.0")
    strings: dict[tuple[int, str], int] = {}
    frames: dict[tuple[int, tuple[str, str, int]], int] = {}
    before: dict[tuple[int, str], tuple[tuple[str, str, int], ...]] = {}

    def string(pid: int, value: str) -> int:
        nonlocal out
        if (pid, value) not in strings:
            strings[pid, value] = len(strings) + 100
            out += event(STRING, strings[pid, value], value)
        return strings[pid, value]

    for sample in samples:
        interpreter = (0,) if version >= 3 else ()
        out += event(STACK, sample.pid, *interpreter, sample.thread)
        key = (sample.pid, sample.thread)
        if version >= 4 and sample.frames and before.get(key) == sample.frames:
            out += event(REPEAT)
        else:
            for frame in sample.frames:
                if (sample.pid, frame) not in frames:
                    frames[sample.pid, frame] = len(frames)
                    file, name, line = frame
                    numbers = string(sample.pid, file), string(sample.pid, name)
                    ends = (0, 0, 0) if version >= 2 else ()
                    out += event(FRAME, frames[sample.pid, frame], *numbers, line, *ends)
                out += event(REF, frames[sample.pid, frame])
        before[key] = sample.frames
        out += event(GC) if sample.gc else b""
        if mode != "memory":
            out += event(TIME, sample.time)
        out += event(IDLE) if sample.idle and mode == "full" else b""
        if mode in ("memory", "full"):
            out += event(MEMORY, sample.memory)
    return out


def austin_text(samples: Sequence[Sample], mode: str, *, interpreter: str = "0:") -> bytes:
    """Write samples as Austin's text."""
    lines = ["# austin: 4.0.0", f"# mode: {mode}", ""]
    for sample in samples:
        frames = [f"{file}:{name}:{line}" for file, name, line in sample.frames]
        frames += [":GC:"] * sample.gc
        metric = {"memory": str(sample.memory), "full": f"{sample.time},{int(sample.idle)},{sample.memory}"}
        stack = ";".join([f"P{sample.pid}", f"T{interpreter}{sample.thread}", *frames])
        lines.append(f"{stack} {metric.get(mode, sample.time)}")
    return "\n".join([*lines, ""]).encode()
