"""Reports of macOS's ``sample`` (and Activity Monitor's "Sample Process"): a call graph of samples, one tree a thread.

::

    Call graph:
        10 Thread_3891   DispatchQueue_1: com.apple.main-thread  (serial)
        + 10 start  (in dyld) + 6992  [0x1045eb2dc]
        + ! 6 main  (in app) + 368  [0x193be313c]  main.swift:120

A level is two columns; ``+ ! : |`` are guides for the eye. A number counts the samples of a frame and all it called,
so what it has more than its callees is its own. The lists below the graph repeat it and are not read. There is no
description by Apple; this is what published reports look like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.profile import NO_STACK, UNKNOWN, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("macos-sample", "macOS sample report", (".sample.txt", ".sample"))

_GRAPH = re.compile(r"^Call graph:\s*$", re.MULTILINE)
_HEADER = re.compile(r"^Analysis of sampling (?P<name>.*) \(pid (?P<pid>\d{1,9})\)", re.MULTILINE)
_FIRST_THREAD = re.compile(r"^ {4}\d+ Thread_", re.MULTILINE)
_LINE = re.compile(r"(?P<indent>[ +!:|]*)(?P<count>\d{1,18}) (?P<text>\S.*)")
_THREAD = re.compile(r"Thread_(?P<id>0x[0-9a-fA-F]{1,15}|\d{1,18})(?P<name>.*)")
_FRAME = re.compile(
    r"(?P<name>.*?)  \(in (?P<module>.+?)\)(?:\s+(?:\+|load address) [^\[]*)?(?:\[[^\]]*\])?"
    r"(?:\s+(?P<file>\S.*?)(?::(?P<line>\d{1,9}))?)?\s*"
)
_FIRST_COLUMN = 4
_COLUMNS = 2


def detect(head: Head) -> Match:
    """The heading of the graph, with the report's first line or a thread."""
    text = head.text
    if _GRAPH.search(text) and (_HEADER.search(text) or _FIRST_THREAD.search(text)):
        return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read the call graph.

    Raises:
        EmptyProfile: the graph has no thread.
        MalformedProfile: a line is no frame, stands too deep, or has fewer samples than its callees.
    """
    text = decode_text(source.read())
    header = _HEADER.search(text)
    pid = int(header["pid"]) if header else None
    graph = _Graph(pid, source.path)
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if _GRAPH.match(line)), len(lines))
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line.strip() or not line.startswith(" "):
            break
        graph.add(line, number)
    if not graph.threads:
        raise EmptyProfile(source.path, "the call graph has no thread")
    provenance = Provenance(
        path=source.path, checksum=source.checksum, format=INFO.name, producer="sample (macOS)"
    )
    return [graph.build(provenance)]


class _Graph:
    """Collects the nodes of the graph; a thread is no node."""

    def __init__(self, pid: int | None, path: str) -> None:
        self.threads: list[Thread] = []
        self._pid = pid
        self._path = path
        self._builder = ProfileBuilder((ValueType("samples", "count"),))
        self._parents: list[int] = []
        self._frames: list[int] = []
        self._own: list[int] = []
        self._of_thread: list[int] = []
        self._branch: list[int] = []  # nodes from the thread's first frame to the one before
        self._left = 0  # samples of the thread that no frame accounts for

    def add(self, line: str, number: int) -> None:
        found = _LINE.fullmatch(line)
        if found is None:
            raise MalformedProfile(self._path, f"not a frame: {line.strip():.60}", line=number)
        depth, odd = divmod(len(found["indent"]) - _FIRST_COLUMN, _COLUMNS)
        count = int(found["count"])
        if odd or not 0 <= depth <= len(self._branch) + bool(self.threads):
            raise MalformedProfile(self._path, "a frame that stands under none", line=number)
        if depth == 0:
            self._begin_thread(found["text"], count, number)
            return
        del self._branch[depth - 1 :]
        parent = self._branch[-1] if self._branch else -1
        if parent >= 0:
            self._own[parent] -= count
            left = self._own[parent]
        else:
            self._left -= count
            left = self._left
        if left < 0:
            raise MalformedProfile(self._path, "callees have more samples than their caller", line=number)
        self._branch.append(self._node(parent, self._frame(found["text"]), count))

    def _begin_thread(self, text: str, count: int, number: int) -> None:
        found = _THREAD.fullmatch(text)
        if found is None:
            raise MalformedProfile(self._path, f"not a thread: {text:.60}", line=number)
        self._end_thread()
        name = re.sub(r"\s+", " ", found["name"].removeprefix(":")).strip()
        self.threads.append(Thread(self._pid, int(found["id"], 0), name))
        self._branch, self._left = [], count

    def _end_thread(self) -> None:
        if self.threads and self._left:
            self._node(-1, self._builder.frames.intern(NO_STACK), self._left)

    def _node(self, parent: int, frame: int, count: int) -> int:
        self._parents.append(parent)
        self._frames.append(frame)
        self._own.append(count)
        self._of_thread.append(len(self.threads) - 1)
        return len(self._parents) - 1

    def _frame(self, text: str) -> int:
        found = _FRAME.fullmatch(text)
        if found is None:
            return self._builder.frames.intern(text.strip())
        name = found["name"].strip()
        return self._builder.frames.intern(
            UNKNOWN if name in ("", "???") else name,
            found["file"] or "",
            int(found["line"] or 0),
            found["module"],
        )

    def build(self, provenance: Provenance) -> Profile:
        self._end_thread()
        handles = self._builder.add_nodes(self._parents, self._frames)
        used = [i for i, own in enumerate(self._own) if own]
        self._builder.add_samples(
            handles[used], [self._own[i] for i in used], None, [self._of_thread[i] for i in used]
        )
        return self._builder.build(provenance, threads=tuple(self.threads))
