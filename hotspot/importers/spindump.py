"""Reports of macOS's ``spindump`` (also of hangs and of Activity Monitor): a call tree of samples, two spaces a level.

::

    Process:          App [4242]
      Thread 0x1a2b    DispatchQueue "com.apple.main-thread"(1)    1001 samples (1-1001)    priority 46 (base 46)
      1001  start + 2544 (dyld + 24144) [0x1a2b3c4d0]
        900  work + 8 (App + 16000) [0x100003e80]
        101  ??? (libx.dylib + 33) [0x1000]

A number counts the samples of a frame and all it called. In reports by time a run of samples is a line, with ``1-900``
behind it, and a frame may come again. A leading ``*`` marks the kernel. There is no description by Apple; this is what published
reports look like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._collect import Skipped
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import UNKNOWN, Kind, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("spindump", "macOS spindump report", (".spindump.txt", ".spin"))

_LOOKS = re.compile(r"^(?:Steps|Num samples|Data Source|Report Version): .*$", re.MULTILINE)
_PROCESS = re.compile(r"Process: +(?P<name>.*?)(?: \(.*\))? \[(?P<pid>\d{1,9})\].*")
_THREAD = re.compile(
    r" {2,4}Thread (?P<tid>0x[0-9a-f]{1,15})(?:\s+(?P<name>\S.*?))?(?<!\s)\s{2,}(?:\d+ samples?|priority) .*"
)
_FRAME = re.compile(
    r"(?P<indent> *)(?P<kernel>\*)?(?P<count>\d{1,18}) {1,2}(?P<name>\S.*?)(?: \+ \d+)?"
    r"(?: \((?P<module>[^()]*?)(?: \+ \d+)?\)| \((?P<file>[^():]+):(?P<line>\d{1,9})[^()]*\))*"
    r"(?: \[0x[0-9a-f]+\])?(?: \([^()]*\))?(?: \d+(?:-\d+)?)?"
)


def detect(head: Head) -> Match:
    """The header's words and a thread with a frame."""
    text = head.text
    return (
        Match.YES if _LOOKS.search(text) and any(_THREAD.fullmatch(line) for line in head.lines) else Match.NO
    )


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all threads of all processes.

    Raises:
        EmptyProfile: no thread has a frame.
    """
    tree = _Tree()
    for number, line in enumerate(source.lines(), 1):
        if process := _PROCESS.fullmatch(line):
            tree.process = int(process["pid"])
            tree.thread = None
        elif thread := _THREAD.fullmatch(line):
            tree.begin(thread)
        elif tree.thread is not None and (frame := _FRAME.fullmatch(line)):
            tree.add(frame)
        elif tree.thread is not None and line.startswith("    ") and line.strip():
            tree.skipped.add(number)
        elif not line.startswith("   "):  # an empty line, or another section
            tree.thread = None
    if not tree.parents:
        raise EmptyProfile(source.path, "no thread has a frame")
    return [tree.build(source)]


class _Tree:
    """Collects nodes; what a frame has more than its callees is its own."""

    def __init__(self) -> None:
        self.process: int | None = None
        self.thread: int | None = None
        self.parents: list[int] = []
        self.skipped = Skipped()
        self._builder = ProfileBuilder((ValueType("samples", "count"),))
        self._threads: dict[Thread, int] = {}
        self._frames: list[int] = []
        self._own: list[int] = []
        self._of_thread: list[int] = []
        self._open: list[tuple[int, int]] = []  # column and node, from the root

    def begin(self, found: re.Match[str]) -> None:
        """Begin a thread."""
        thread = Thread(self.process, int(found["tid"], 16), (found["name"] or "").strip())
        self.thread = self._threads.setdefault(thread, len(self._threads))
        self._open = []

    def add(self, found: re.Match[str]) -> None:
        """Add a frame of the open thread."""
        assert self.thread is not None, "frames of no thread are not read"
        column, count = len(found["indent"]), int(found["count"])
        while self._open and self._open[-1][0] >= column:
            self._open.pop()
        parent = self._open[-1][1] if self._open else -1
        if parent >= 0:
            self._own[parent] -= count
        name = UNKNOWN if found["name"] == "???" else found["name"]
        kind = Kind.KERNEL if found["kernel"] else Kind.USER
        frame = self._builder.frames.intern(
            name, found["file"] or "", int(found["line"] or 0), found["module"] or "", kind
        )
        self._open.append((column, len(self.parents)))
        self.parents.append(parent)
        self._frames.append(frame)
        self._own.append(count)
        self._of_thread.append(self.thread)

    def build(self, source: Source) -> Profile:
        """Return the profile; where callees have more samples than their caller, they are believed."""
        losses = list(self.skipped.losses("no frame"))
        if over := sum(own < 0 for own in self._own):
            text = f"the callees of {over:,} frames have more samples than their callers; the callees count"
            losses.append(Loss(LossKind.INCONSISTENT, text, over))
        own = [max(weight, 0) for weight in self._own]
        handles = self._builder.add_nodes(self.parents, self._frames)
        self._builder.add_samples(handles, own, None, self._of_thread)
        provenance = Provenance(source.path, source.checksum, INFO.name, "spindump", losses=tuple(losses))
        return self._builder.build(provenance, threads=tuple(self._threads))
