"""Function traces of PHP's Xdebug in the format for machines (``xdebug.trace_format=1``): a call or a return a line.

::

    Version: 3.1.0
    File format: 4
    TRACE START [2021-10-11 08:14:52.123456]
    1	0	0	0.000112	393752	{main}	1		/app/index.php	0	0
    2	1	0	0.000120	393752	foo	1		/app/index.php	3	0
    2	1	1	0.000600	393900

Columns: level, number of the call, 0 for a call and 1 for a return, seconds, memory; of a call also the function, whether it is
the user's own, an included file, and from where it was called. Time is charged to the function that runs; what was
called is counted as well. Source: Xdebug's documentation, "Function Trace".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from hotspot.errors import MalformedProfile
from hotspot.importers._collect import Skipped, Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("xdebug-trace", "Xdebug function trace (PHP)", (".xt",))

_LOOKS = re.compile(r"\A(?:Version: [^\n]*\n)?File format: \d+\r?\nTRACE START \[")
_LEVEL = re.compile(r"[0-9]{1,9}")
_ENTRY, _EXIT, _RETURN = "0", "1", "R"
_NANOSECONDS = 10**9


def detect(head: Head) -> Match:
    """Its first lines."""
    return Match.YES if _LOOKS.match(head.text) else Match.NO


@dataclass
class _Call:
    """A function that has not returned yet: its frames from the root, and since when it runs itself."""

    frames: tuple[int, ...]
    own: int = 0


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all calls.

    Raises:
        EmptyProfile: there is none.
        MalformedProfile: a time is no number, or lies before the one above.
    """
    stacks = Stacks(ValueType("time", "nanoseconds"), ValueType("calls", "count"))
    skipped = Skipped()
    open_calls: list[_Call] = []
    last = 0
    for number, line in enumerate(source.lines(), 1):
        cells = line.split("\t")
        is_call = len(cells) >= 5 and _LEVEL.fullmatch(cells[0])
        if not is_call or cells[2] not in (_ENTRY, _EXIT):
            if is_call and cells[2] != _RETURN:
                skipped.add(number)
            continue
        time = _time(cells[3], source.path, number)
        if time < last and open_calls:
            raise MalformedProfile(source.path, "a time before the one above", line=number)
        if open_calls:
            open_calls[-1].own += time - last
        last = time
        level = int(cells[0])
        while len(open_calls) >= level:  # a return, or calls that were left by an exception
            _close(stacks, open_calls)
        if cells[2] == _ENTRY:
            above = open_calls[-1].frames if open_calls else ()
            open_calls.append(_Call((*above, _frame(stacks, cells))))
    unfinished = len(open_calls)
    while open_calls:
        _close(stacks, open_calls)
    losses = list(skipped.losses("no call and no return"))
    if unfinished:
        losses.append(
            Loss(
                LossKind.TRUNCATED,
                f"{unfinished:,} functions had not returned when the trace ended",
                unfinished,
            )
        )
    return [stacks.build(Provenance(source.path, source.checksum, INFO.name, "Xdebug", losses=tuple(losses)))]


def _time(text: str, path: str, line: int) -> int:
    try:
        time = Decimal(text)
    except InvalidOperation:
        raise MalformedProfile(path, f"a time that is no number: {text[:40]}", line=line) from None
    if not time.is_finite() or not 0 <= time < 2**33:
        raise MalformedProfile(path, f"a time that cannot be one: {text[:40]}", line=line)
    return int(time * _NANOSECONDS)


def _close(stacks: Stacks, open_calls: list[_Call]) -> None:
    call = open_calls.pop()
    stacks.add(call.frames, call.own, 1)


def _frame(stacks: Stacks, cells: Sequence[str]) -> int:
    name = cells[5] if len(cells) > 5 else ""
    included = cells[7] if len(cells) > 7 else ""
    return stacks.builder.frames.intern(f"{name} {included}" if included else name)
