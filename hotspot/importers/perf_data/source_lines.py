"""Source lines for the frames that `perf script` prints, of programs with debug information.

``perf script -F +srcline`` starts an addr2line a frame in versions before 6.4, and names the file of whatever was inlined
there. Here addr2line (GNU binutils or LLVM) is started once a program, is asked each distinct address once, and answers
with the chain of inlined calls, of which the last one is the line in the function that perf names.

What perf prints of an address is its place in the file (``map__map_ip``), of a caller the place after the call.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_FRAME = re.compile(rb"\t +([0-9a-f]{1,16}) .* \((/.+)\)\n")
_LOCATION = re.compile(rb"(?!\?\?:)(.+):([1-9]\d*)(?: \(discriminator \d+\))?")
_PATIENCE = 30.0  # seconds a program; debug information of a browser takes longer

_LOAD = 1  # PT_LOAD of elf(5)
_DEBUG_LINES = (b".debug_line\0", b".zdebug_line\0")


@dataclass(frozen=True)
class SourceLines:
    """Where frames are in the sources: the text of a frame's line -> ``file:line``.

    Attributes:
        running: of frames that were running.
        calling: of callers, whose printed place is the one after the call.
    """

    running: dict[bytes, bytes]
    calling: dict[bytes, bytes]

    def __bool__(self) -> bool:
        return bool(self.running or self.calling)

    def add_to(self, text: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines of `perf script` text, with the source line below each frame whose line is known."""
        for line, known in (
            (line, self.calling if inside else self.running) for line, inside in _frames(text)
        ):
            yield line
            if line in known:
                yield b"  %s\n" % known[line]


def find_source_lines(text: Iterable[bytes], recorded: float) -> SourceLines:
    """Look up the source lines of all frames.

    Args:
        text: lines of `perf script` with the fields ``ip``, ``sym`` and ``dso``.
        recorded: when, in seconds since the epoch; a program that was built later is another one.
    """
    running: set[bytes] = set()
    calling: set[bytes] = set()
    for line, inside in _frames(text):
        if line[:1] == b"\t":
            (calling if inside else running).add(line)
    wanted: dict[bytes, dict[int, list[tuple[bytes, bool]]]] = defaultdict(lambda: defaultdict(list))
    for lines, is_caller in ((running, False), (calling, True)):
        for line in lines:
            if frame := _FRAME.fullmatch(line):
                wanted[frame[2]][int(frame[1], 16) - is_caller].append((line, is_caller))
    found = SourceLines({}, {})
    for program, places in wanted.items():
        for place, location in _locations(program, list(places), recorded).items():
            for line, is_caller in places[place]:
                (found.calling if is_caller else found.running)[line] = location
    return found


def _frames(text: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each line, and whether a frame stands above it."""
    inside = False
    for line in text:
        yield line, inside
        inside = line[:1] == b"\t"


def _locations(program: bytes, places: list[int], recorded: float) -> dict[int, bytes]:
    """Return ``file:line`` of places in a program's file, where debug information tells it."""
    tool = shutil.which("addr2line") or shutil.which("llvm-addr2line")
    segments = _segments(program, recorded) if tool is not None else []
    addresses = {
        place - offset + address: place
        for place in places
        for offset, address, size in segments
        if offset <= place < offset + size
    }
    if tool is None or not addresses:
        return {}
    try:
        done = subprocess.run(
            [os.fsencode(tool), b"-a", b"-i", b"-e", program],
            input=b"".join(b"%x\n" % address for address in addresses),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found: dict[int, bytes] = {}
    place = None
    for line in done.stdout.splitlines():
        if line.startswith(b"0x"):
            place = addresses.get(int(line, 16))
        elif place is not None:
            found.pop(place, None)  # of what was inlined; the function's own line comes last
            if location := _LOCATION.fullmatch(line):
                found[place] = b"%s:%s" % (os.path.normpath(location[1]), location[2])
    return found


def _segments(program: bytes, recorded: float) -> list[tuple[int, int, int]]:
    """Return offset, address and size of what a program's file has loaded; none where it has no debug information."""
    try:
        if os.path.getmtime(program) > recorded:
            return []
        with open(program, "rb") as file:
            head = file.read(64)
            if head[:5] != b"\x7fELF\x02":  # 64 bits
                return []
            order = "<" if head[5] == 1 else ">"
            # Elf64_Ehdr, Elf64_Shdr and Elf64_Phdr of elf(5)
            programs_at, sections_at = struct.unpack_from(f"{order}QQ", head, 32)
            _, program_size, program_count, section_size, _, names = struct.unpack_from(
                f"{order}6H", head, 52
            )
            file.seek(sections_at + names * section_size)
            names_at, names_size = struct.unpack_from(f"{order}QQ", file.read(section_size), 24)
            file.seek(names_at)
            sections = file.read(min(names_size, 1 << 20))
            if not any(name in sections for name in _DEBUG_LINES):
                return []
            file.seek(programs_at)
            table = file.read(program_size * program_count)
        rows = [struct.unpack_from(f"{order}IIQQQQ", table, i * program_size) for i in range(program_count)]
    except (OSError, ValueError, struct.error):
        return []
    return [(offset, address, size) for kind, _, offset, address, _, size in rows if kind == _LOAD]
