"""Stacks of all threads as debuggers and runtimes print them, once or many times: the poor man's profiler.

Which tools, and how their lines look, is in `hotspot.importers.stack_dumps.dialects`. Each stack of each dump is one
sample. A dump shows threads that wait as well as those that run, so what waits most is on top; ``--ignore`` takes it out.
Threads without a frame are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hotspot.importers._collect import Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source, decode_text
from hotspot.importers.stack_dumps.dialects import DIALECTS, Dialect, Place
from hotspot.profile import Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo(
    "stack-dumps",
    "Stacks of threads: jstack, gdb, pstack, eu-stack, lldb, Go, faulthandler, py-spy dump, dotnet-stack, phpspy",
    (".jstack", ".tdump", ".stacks.txt"),
)


def detect(head: Head) -> Match:
    """Look for what begins a stack with a frame below it, in any dialect."""
    return Match.YES if _dialect(head.text) else Match.NO


@dataclass
class _Stack:
    thread: Thread
    frames: list[Place] = field(default_factory=list)  # leaf first
    cut: bool = False


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all stacks.

    Raises:
        EmptyProfile: no thread has a frame.
    """
    # Beyond the head only where a user says that it is of this format.
    dialect = _dialect(source.head.text) or _dialect(decode_text(source.read())) or DIALECTS[0]
    stacks = Stacks(ValueType("samples", "count"))
    ids: dict[Place, int] = {}
    empty = cut = 0
    for stack in _stacks(source.lines(), dialect):
        if not stack.frames:
            empty += 1
            continue
        cut += stack.cut
        frames = [
            ids.setdefault(place, stacks.builder.frames.intern(*place)) for place in reversed(stack.frames)
        ]
        stacks.add(frames, 1, thread=stack.thread)
    losses = []
    if cut:
        losses.append(Loss(LossKind.TRUNCATED, f"{cut:,} stacks were cut off by {dialect.producer}", cut))
    if empty:
        losses.append(Loss(LossKind.DROPPED, f"{empty:,} threads without a frame are left out", empty))
    if dialect.shows_waiting:
        losses.append(
            Loss(LossKind.DROPPED, "whether a thread ran or waited: each stack counts as one sample")
        )
    provenance = Provenance(source.path, source.checksum, INFO.name, dialect.producer, losses=tuple(losses))
    return [stacks.build(provenance)]


def _dialect(text: str) -> Dialect | None:
    text = text.replace("\r\n", "\n")
    return next((dialect for dialect in DIALECTS if dialect.looks.search(text)), None)


def _stacks(lines: Iterable[str], dialect: Dialect) -> Iterator[_Stack]:
    """Yield the stacks; a line is a thread, a frame of the open one, or of no interest."""
    open_stack: _Stack | None = None
    thread = Thread(None, None, "")
    ignored = False  # a section that repeats stacks
    for line in _joined(lines, dialect):
        if dialect.repeats and dialect.repeats.match(line):
            ignored = True
        elif dialect.dump and dialect.dump.match(line):
            ignored = False
        if ignored:
            continue
        if header := dialect.thread.fullmatch(line) if dialect.thread else None:
            if open_stack:
                yield open_stack
            thread = _thread(header.groupdict())
            open_stack = _Stack(thread)
        elif dialect.leaf and dialect.leaf.match(line) and (open_stack is None or open_stack.frames):
            if open_stack:
                yield open_stack
            open_stack = _Stack(thread)
        elif open_stack is not None and dialect.ends.fullmatch(line) and open_stack.frames:
            yield open_stack
            open_stack = None
        if open_stack is None:
            continue
        if dialect.cut and dialect.cut.fullmatch(line):
            open_stack.cut = True
        elif place := dialect.frame(line):
            open_stack.frames.append(place)
    if open_stack:
        yield open_stack


def _joined(lines: Iterable[str], dialect: Dialect) -> Iterator[str]:
    """Join the lines that a frame goes on over."""
    held: str | None = None
    for line in lines:
        if held is not None and dialect.goes_on and dialect.goes_on.match(line):
            held += " " + line.strip()
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _thread(found: dict[str, str | None]) -> Thread:
    number = found.get("tid") or ""
    digits = number.removeprefix("0x").removeprefix("0X")
    tid = int(digits, 10 if digits == number else 16) if digits else None
    return Thread(None, tid if tid is not None and tid < 2**63 else None, found.get("name") or number)
