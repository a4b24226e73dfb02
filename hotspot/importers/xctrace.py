"""Rows of stacks that ``xctrace export`` writes of an Instruments trace: time-profile, cpu-profile and their kin, as XML.

::

    <row><weight id="8" fmt="1.00 ms">1000000</weight><thread id="2" fmt="Main Thread 0x1a2b (App, pid: 42)">...</thread>
      <backtrace id="9"><frame id="10" name="work"><binary id="11" name="App"/></frame><frame ref="12"/></backtrace></row>

Frames stand leaf first. Whatever was said once has an ``id`` and is referred to by ``ref`` later. Weights are nanoseconds,
those of ``cycle-weight`` cycles. There is no description by Apple; this is what published exports look like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._collect import Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import UNKNOWN, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("xctrace", "Instruments, as `xctrace export` writes it", (".xml",))

_LOOKS = re.compile(r"<trace-query-result\b.*?<(?:tagged-)?backtrace\b", re.DOTALL)
_THREAD_NAME = re.compile(r"(?P<name>.*?)\s*(?:0x[0-9a-f]+)?\s*(?:\(.*\))?", re.DOTALL)
_WEIGHTS = {"weight": ValueType("cpu", "nanoseconds"), "cycle-weight": ValueType("cycles", "count")}
_WHOLE = re.compile(r"\s*(?:0x(?P<hex>[0-9a-fA-F]{1,16})|(?P<decimal>\d{1,18}))\s*")

Value = int | str | tuple[int, ...] | Thread | None


def detect(head: Head) -> Match:
    """A query's result with a stack in it."""
    return Match.YES if _LOOKS.search(head.text) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all rows that have a weight.

    Raises:
        EmptyProfile: no row has a stack and a weight.
        MalformedProfile: it is no well-formed XML, declares entities, or has weights of two kinds.
    """
    if b"<!ENTITY" in source.head.data:
        raise MalformedProfile(source.path, "it declares entities, which xctrace never does")
    kind = "cycle-weight" if "<cycle-weight" in source.head.text else "weight"
    reader = _Reader(source.path, kind, Stacks(_WEIGHTS[kind], ValueType("samples", "count")))
    table: ElementTree.Element | None = None
    try:
        with source.open() as stream:
            for event, element in ElementTree.iterparse(stream, events=("start", "end")):
                if event == "end":
                    reader.end(element)
                    if element.tag == "row" and table is not None:
                        table.clear()  # so that memory does not grow with the rows
                elif element.tag == "node":
                    table = element
    except ElementTree.ParseError as error:
        line, column = error.position
        raise MalformedProfile(source.path, f"not well-formed XML at column {column}", line=line) from error
    return [reader.profile(source)]


@dataclass
class _Reader:
    """Takes elements as they end; an element's value is kept by its ``id``, its children are let go."""

    path: str
    kind: str
    stacks: Stacks
    known: dict[tuple[str, str], Value] = field(default_factory=dict)
    values: dict[int, Value] = field(default_factory=dict)  # of elements that have ended inside the open row
    times: list[int] = field(default_factory=list)
    without_stack: int = 0

    def end(self, element: ElementTree.Element) -> None:
        """Take the value of an element whose end tag was read."""
        if element.tag == "row":
            self._row(element)
            self.values.clear()
            return
        if read := _VALUES.get(element.tag):
            reference = element.get("ref")
            value = self.known.get((element.tag, reference)) if reference else read(self, element)
            self.values[id(element)] = value
            if identity := element.get("id"):
                self.known[element.tag, identity] = value

    def child(self, element: ElementTree.Element, *tags: str) -> Value:
        """Return the value of the first child with one of these tags."""
        return next((self.values.get(id(child)) for child in element if child.tag in tags), None)

    def _row(self, row: ElementTree.Element) -> None:
        weight = self.child(row, self.kind)
        if not isinstance(weight, int):
            if self.child(row, *_WEIGHTS) is not None:
                raise MalformedProfile(self.path, "rows of time and rows of cycles in one export")
            return
        stack = self.child(row, "backtrace", "tagged-backtrace")
        if not isinstance(stack, tuple):
            stack = ()
            self.without_stack += 1
        thread = self.child(row, "thread")
        time = self.child(row, "sample-time", "event-time", "start-time")
        if isinstance(time, int):
            self.times.append(time)
        self.stacks.add(
            stack, weight, 1, thread=thread if isinstance(thread, Thread) else Thread(None, None, "")
        )

    def profile(self, source: Source) -> Profile:
        """Return the profile of all rows."""
        if not len(self.stacks):
            raise EmptyProfile(
                self.path,
                "no row has a stack and a weight",
                hint="export the table `time-profile` of the trace: `xctrace export --input FILE --xpath "
                "'/trace-toc/run/data/table[@schema=\"time-profile\"]'`",
            )
        losses = []
        if self.without_stack:
            losses.append(
                Loss(LossKind.DROPPED, f"{self.without_stack:,} rows have no stack", self.without_stack)
            )
        duration = max(self.times) - min(self.times) if len(self.times) > 1 else None
        provenance = Provenance(
            source.path, source.checksum, INFO.name, "Instruments", duration_ns=duration, losses=tuple(losses)
        )
        return self.stacks.build(provenance)

    # -- values of elements ---------------------------------------------------------------------------------------

    def _number(self, element: ElementTree.Element) -> Value:
        found = _WHOLE.fullmatch(element.text or "")
        if found is None:
            return None
        return int(found["hex"], 16) if found["hex"] else int(found["decimal"])

    def _text(self, element: ElementTree.Element) -> Value:
        return element.text or ""

    def _binary(self, element: ElementTree.Element) -> Value:
        return element.get("path") or element.get("name") or ""

    def _source(self, element: ElementTree.Element) -> Value:
        path = self.child(element, "path")
        return f"{path}:{element.get('line') or 0}" if path else ""

    def _frame(self, element: ElementTree.Element) -> Value:
        name = element.get("name") or element.get("addr") or UNKNOWN
        file, _, line = str(self.child(element, "source") or "").rpartition(":")
        module = self.child(element, "binary") or ""
        number = int(line) if re.fullmatch(r"[0-9]{1,9}", line) else 0
        return self.stacks.builder.frames.intern(name, file, number, str(module))

    def _backtrace(self, element: ElementTree.Element) -> Value:
        frames = (self.values.get(id(child)) for child in element if child.tag == "frame")
        return tuple(frame for frame in frames if isinstance(frame, int))[::-1]

    def _tagged(self, element: ElementTree.Element) -> Value:
        return self.child(element, "backtrace")

    def _process(self, element: ElementTree.Element) -> Value:
        return self.child(element, "pid")

    def _thread(self, element: ElementTree.Element) -> Value:
        tid, pid = self.child(element, "tid"), self.child(element, "process")
        name = _THREAD_NAME.fullmatch(element.get("fmt") or "")
        return Thread(
            pid if isinstance(pid, int) else None,
            tid if isinstance(tid, int) else None,
            name["name"] if name else "",
        )


_VALUES: dict[str, Callable[[_Reader, ElementTree.Element], Value]] = {
    **dict.fromkeys(("weight", "cycle-weight", "sample-time", "event-time", "start-time", "tid", "pid"), _Reader._number),
    "path": _Reader._text,
    "binary": _Reader._binary,
    "source": _Reader._source,
    "frame": _Reader._frame,
    "backtrace": _Reader._backtrace,
    "tagged-backtrace": _Reader._tagged,
    "process": _Reader._process,
    "thread": _Reader._thread,
}  # fmt: skip
