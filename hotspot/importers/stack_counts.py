"""What bcc's tools and SystemTap print of counted stacks: frames leaf first, a line each, then the count.

::

        iowrite16                         0xffffffff8103ce3b : native_safe_halt+0xb/0x10 [kernel]
        __vfs_write                       0xffffffff81013236 : cpu_idle+0xd6/0x120 [kernel]
        --                                	2404
        write
        -                dd (25036)
            17

bcc's ``profile``, ``offcputime``, ``offwaketime`` and ``stackcount``, without ``-f``; its process stands below the stack. ``--``
divides the kernel's frames from the user's. SystemTap: ``print_stack`` or ``print_ustack`` and the count. Source: the
tools' own ``_example.txt`` files, SystemTap's tapset reference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hotspot.errors import EmptyProfile
from hotspot.importers._collect import Skipped, Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.importers.labels import parse_label
from hotspot.profile import UNKNOWN, Kind, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("stack-counts", "bcc and SystemTap counted stacks", (".bcc.txt", ".stap.txt"))

_BANNER = re.compile(
    r"(?:Tracing|Sampling) .*\.\.\. *(?:Hit Ctrl-C to end\.?|\^C)?.*|\^C|Detaching\.\.\.|WARNING: .*|\d\d:\d\d:\d\d|"
)
_OFF_CPU = re.compile(r"^Tracing (?:blocked|off-CPU|off-wake) time \(us\)", re.MULTILINE | re.IGNORECASE)
_PROCESS = re.compile(
    r"\s+-\s+(?:b'(?P<bytes>.*)'|(?P<name>.*?)) \((?P<pid>\d{1,10})\)|\s+(?P<other>\S.*) \[\d{1,10}\]"
)
_COUNT = re.compile(r"\s+(?P<count>\d{1,18})")
_DELIMITER = re.compile(r"\s+-{2,}")
_STAP = re.compile(
    r"\s*0x[0-9a-f]{1,16} : (?P<bytes>(?!))?(?P<name>.*?)(?:\+0x[0-9a-f]+/0x[0-9a-f]+)?(?: \[(?P<module>[^\]]*)\])?(?: \(inexact\))?"
)
_BCC = re.compile(
    r"\s+(?:#\d+\s+)?(?:(?:0x)?[0-9a-f]{8,16} )?(?:b'(?P<bytes>.*)'|(?P<name>\S.*?))(?:\+0x[0-9a-f]+)?(?: \[(?P<module>[^\]]+)\])?"
)
_BCC_LOOKS = re.compile(r"^ *\t* {0,8}-[ \t]+\S[^\n]{0,200} \(\d+\)\r?\n[ \t]+\d+[ \t\r]*$", re.MULTILINE)
_STACKCOUNT = re.compile(r"^Tracing [^\n]{0,200}functions? for [^\n]{0,400}$", re.MULTILINE)
_STACKCOUNT_LOOKS = re.compile(
    r"^  \S[^\n]*\r?\n {4}(?:\S[^\n]{0,200} \[\d+\]\r?\n {4})?\d+[ \t\r]*$", re.MULTILINE
)
_STAP_LOOKS = re.compile(r"^ ?0x[0-9a-f]+ : \S[^\n]*\n[ \t]+\d+[ \t\r]*$", re.MULTILINE)


def detect(head: Head) -> Match:
    """A stack that ends in a process and a count, or SystemTap's frames above one."""
    text = head.text
    if _BCC_LOOKS.search(text) or _STAP_LOOKS.search(text):
        return Match.YES
    return Match.YES if _STACKCOUNT.search(text) and _STACKCOUNT_LOOKS.search(text) else Match.NO


@dataclass
class _Open:
    """The stack being read.

    Attributes:
        frames: name and module of each, leaf first.
        kernel: how many of them stand above the line that divides the kernel's from the user's.
        process: name of the process, or empty.
    """

    frames: list[tuple[str, str]] = field(default_factory=list)
    kernel: int = 0
    process: str = ""


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all stacks.

    Raises:
        EmptyProfile: no stack has a count.
        MalformedProfile: a count exceeds int64.
    """
    head = source.head.text
    shape = _STAP if _STAP_LOOKS.search(head) else _BCC
    stacks = Stacks(_value_type(head))
    skipped = Skipped()
    stack = _Open()
    for number, line in enumerate(source.lines(), 1):
        if count := _COUNT.fullmatch(line):
            stacks.add(_ids(stacks, stack), int(count["count"]))
            stack = _Open()
        elif process := _PROCESS.fullmatch(line):
            stack.process = process["bytes"] or process["name"] or process["other"]
        elif _DELIMITER.fullmatch(line):
            stack.kernel = len(stack.frames)
        elif _BANNER.fullmatch(line):
            continue
        elif frame := shape.fullmatch(line):
            stack.frames.append(((frame["bytes"] or frame["name"] or UNKNOWN), frame["module"] or ""))
        else:
            skipped.add(number)
    if not len(stacks):
        raise EmptyProfile(source.path, "no stack with a count")
    losses = list(skipped.losses("no frame and no count"))
    if stack.frames:
        losses.append(Loss(LossKind.TRUNCATED, "the last stack has no count: the file ends early", 1))
    producer = "SystemTap" if shape is _STAP else "bcc"
    return [stacks.build(Provenance(source.path, source.checksum, INFO.name, producer, losses=tuple(losses)))]


def _value_type(text: str) -> ValueType:
    if _OFF_CPU.search(text):
        return ValueType("off_cpu", "microseconds")
    return ValueType("samples", "count")


def _ids(stacks: Stacks, stack: _Open) -> list[int]:
    """Return the stack's frames, root first."""
    intern = stacks.builder.frames.intern
    ids = [intern(stack.process, kind=Kind.PROCESS)] if stack.process else []
    for position in range(len(stack.frames) - 1, -1, -1):
        text, module = stack.frames[position]
        label = parse_label(text)
        kernel = position < stack.kernel or module == "kernel"
        ids.append(
            intern(
                label.name,
                label.file,
                label.line,
                module or label.module,
                Kind.KERNEL if kernel else label.kind,
            )
        )
    return ids
