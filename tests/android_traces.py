"""Method traces of Android's runtime, drawn as rows: thread, method, action (0 entry, 1 exit, 2 unwind), CPU and clock in us."""

from __future__ import annotations

import struct
from collections.abc import Sequence

HEAD = """\
*version
{version}
data-file-overflow={overflow}
clock={clock}
elapsed-time-usec=40
vm=art
*threads
1\tmain
2\tRender Thread
*methods
0x4\tcom.app.Main\trun\t()V\tMain.java
0x8\tcom.app.Main\twork\t(I)I\tMain.java
0xc\t\tnative_read\t()V
*end
"""


def method_trace(
    rows: Sequence[tuple[int, int, int, int, int]],
    clock: str = "dual",
    version: int = 3,
    overflow: str = "false",
) -> bytes:
    """Return a trace; a clock other than ``dual`` has the last number of each row only."""
    layout = "<" + ("B" if version == 1 else "H") + ("III" if clock == "dual" else "II")
    head = struct.pack("<4sHHQ", b"SLOW", version, 32, 1_700_000_000_000_000)
    if version >= 3:
        head += struct.pack("<H", struct.calcsize(layout))
    records = b""
    for thread, method, action, cpu, wall in rows:
        times = (cpu, wall) if clock == "dual" else (wall,)
        records += struct.pack(layout, thread, method | action, *times)
    text = HEAD.format(version=version, overflow=overflow, clock=clock)
    return text.encode() + head.ljust(32, b"\0") + records
