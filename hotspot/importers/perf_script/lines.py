r"""What one line of `perf script` text says; nothing here remembers the line before.

The layouts are those of ``tools/perf/builtin-script.c`` (``perf_sample__fprintf_start``, ``process_event``,
``sample__fprintf_callchain``). A sample begins with a header, then come frames, leaf first, then an empty line::

    comm  pid/tid [cpu] misc  seconds.fraction:     period event: payload
    <TAB>            4005b1 name+0x1f (module)
      file.c:12
    <TAB>            4005b1 name (inlined)

Every header field may be absent (``perf script -F``). Without a call graph the one frame follows on the header
line, padded to 16 columns (a *flat* sample). Texts stay bytes here; frames are decoded when they are interned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from hotspot.importers.base import decode_text
from hotspot.profile import UNKNOWN, Kind

_MAX_SECONDS = (2**63 - 1) // 10**9 - 1

# -- headers -------------------------------------------------------------------------------------------------
# Bounded repeats, and runs that match from their first byte only, keep hostile lines from costing quadratic time.

_TIMED = re.compile(
    rb"(?P<who>.{0,600}?)(?<!\S)(?P<sec>\d{1,10})\.(?P<frac>\d{6}(?:\d{3})?):(?P<tail>\s.*)?$", re.DOTALL
)
# comm, then the last number or pair of numbers; what may follow: cpu, misc letters, time of day.
_WHO = re.compile(
    rb"\s*(?:(?P<comm>\S.*?)\s+)?(?P<first>-?\d{1,10})(?:/(?P<second>-?\d{1,10}))?(?:\s+\[\d+\])?"
    rb"(?:\s+[KUHGgMESp]{1,3})?(?:\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)?\s*$",
    re.DOTALL,
)
_COMM_ONLY = re.compile(rb"\s*(?P<comm>\S.*?)?(?:\s+\[\d+\])?\s*$", re.DOTALL)
_MEASURED = re.compile(
    rb"\s*(?:(?P<period>\d{1,18})\s+)?(?P<event>[^\s:]\S{0,300}?):(?P<rest>\s.*)?$", re.DOTALL
)
_PERIOD_ALONE = re.compile(rb"\s*(?P<period>\d{1,18})(?P<rest>\s.*)?$", re.DOTALL)
_UNTIMED = re.compile(
    rb"(?P<who>\s{0,99}(?:\S.{0,300}?\s{1,99})?-?\d{1,10}(?:/-?\d{1,10})?(?:\s{1,99}\[\d+\])?(?:\s{1,99}\d{1,18})?)"
    rb"\s{1,99}(?P<event>(?:[A-Za-z_{]|\[unknown\])\S{0,300}?):(?P<rest>\s.*)?$",
    re.DOTALL,
)
_LAST_NUMBER = re.compile(rb"(?P<who>(?:.*\S)?)(?P<number>\s*(?<!\S)\d{1,18})\s*$", re.DOTALL)
_EVENT_AT_END = re.compile(rb"(?P<who>.*?)(?<!\S)(?P<event>[^\s:]\S*):\s*$", re.DOTALL)
_LONGEST_BARE_HEADER = 600
_PERIOD_WIDTH = 10
_RECORD = re.compile(rb"(?:^|\s)PERF_RECORD_[A-Z0-9_]+")
_TOO_LARGE = re.compile(rb"\d{19,}\s")  # a period past int64: not a part of the event's name
_LOST = re.compile(rb"PERF_RECORD_LOST(?:_SAMPLES)?\b.*?\blost (\d{1,18})")


@dataclass(frozen=True, slots=True)
class Header:
    """A sample's header.

    Attributes:
        comm: command name; empty where it is not printed.
        pid: process, or None. perf's default fields print the thread only.
        tid: thread, or None.
        time: nanoseconds, or None.
        period: or None.
        event: as printed, modifiers included, without the last colon; empty where it is not printed.
        rest: what follows the event: nothing, a flat sample's frame, a tracepoint's payload, other columns.
    """

    comm: bytes = b""
    pid: int | None = None
    tid: int | None = None
    time: int | None = None
    period: int | None = None
    event: bytes = b""
    rest: bytes = b""


def parse_header(line: bytes, *, opens_stack: bool) -> Header | None:
    """Read a header line, or return None where it is none.

    Args:
        line: without its line end.
        opens_stack: whether a frame line follows. Then a header needs neither time nor event
            (``perf script -F comm,ip,sym``); without a frame below, such a line could be anything.
    """
    if line[:1] == b"\t" or is_record(line):
        return None
    header: Header | None = None
    if b"." in line and (timed := _TIMED.match(line)):
        header = _timed_header(timed)
        if header is None:
            return None
    elif untimed := _UNTIMED.match(line):
        header = _untimed_header(untimed)
    if header is not None:
        # A command may look like an address, a frame that lost its tab like a header; a flat sample holds a frame.
        squeezed = header.time is not None and not is_tracepoint(header.event)
        is_frame = _parse_frame_shape(line) is not None and flat_frame(header.rest, squeezed=squeezed) is None
        return None if is_frame else header
    if not opens_stack or len(line) > _LONGEST_BARE_HEADER or line[:1] in (b"#", b"") or line.isspace():
        return None
    if _parse_frame_shape(line) is not None:
        return None
    event = _EVENT_AT_END.match(line)
    who, period = _split_period(event["who"] if event else line)
    return _who(who, period=period, event=event["event"] if event else b"")


def _timed_header(match: re.Match[bytes]) -> Header | None:
    seconds, fraction = int(match["sec"]), match["frac"]
    if seconds > _MAX_SECONDS:
        return None
    time = seconds * 10**9 + int(fraction) * 10 ** (9 - len(fraction))
    who, tail = match["who"], match["tail"] or b""
    if measured := _MEASURED.match(tail):
        period = None if measured["period"] is None else int(measured["period"])
        return _who(who, time=time, period=period, event=measured["event"], rest=measured["rest"] or b"")
    # No event is printed, or its name has a space in it.
    frame = flat_frame(tail, squeezed=True)
    period = None
    if (alone := _PERIOD_ALONE.match(tail)) and (frame is None or frame[1].strip()):
        period, tail = int(alone["period"]), alone["rest"] or b""
    event = tail.strip()
    if frame is None and event.endswith(b":"):
        return None if _TOO_LARGE.match(event) else _who(who, time=time, period=period, event=event[:-1])
    return _who(who, time=time, period=period, rest=tail)


def _untimed_header(match: re.Match[bytes]) -> Header:
    who, period = _split_period(match["who"])
    return _who(who, period=period, event=match["event"], rest=match["rest"] or b"")


def _split_period(who: bytes) -> tuple[bytes, int | None]:
    """Split off a period: perf prints it as ``%10u``, and a thread as ``%7d``, so the width tells them apart."""
    number = _LAST_NUMBER.match(who)
    if number is None or len(number["number"]) < _PERIOD_WIDTH + bool(number["who"]):
        return who, None
    return number["who"], int(number["number"])


def _who(
    text: bytes, *, time: int | None = None, period: int | None = None, event: bytes = b"", rest: bytes = b""
) -> Header:
    who = _WHO.match(text)
    if who is None:
        only = _COMM_ONLY.match(text)
        comm = (only["comm"] if only else None) or b""
        return Header(comm, None, None, time, period, event, rest)
    first, second = int(who["first"]), who["second"]
    pid, tid = (None, first) if second is None else (first, int(second))
    return Header(who["comm"] or b"", pid, tid, time, period, event, rest)


def is_record(line: bytes) -> bool:
    """Whether the line shows a record that is no sample (``--show-mmap-events`` and its kin)."""
    return b"PERF_RECORD_" in line and _RECORD.search(line) is not None


def lost_events(line: bytes) -> int:
    """Return how many events a record says the kernel dropped while recording."""
    match = _LOST.search(line)
    return int(match[1]) if match else 0


# -- frames --------------------------------------------------------------------------------------------------

_FRAME = re.compile(rb"[\t ]*(?P<address>[0-9a-f]{1,16})(?: (?P<tail>.*))?$", re.DOTALL)
_OFFSET = re.compile(rb"\+0x[0-9a-f]+$")
# A class in a Java descriptor, as perf-map-agent writes it: `Lnet/foo/Bar;::method`, `Lnet/foo/Bar;.method`.
_JAVA = re.compile(r"L[^\s;:(]*/")
_FLAT = re.compile(rb"(?<! ) +[0-9a-f]{1,16}(?= \S)")
_FLAT_WIDTH = 17  # a space and the address padded to 16 columns
_PADDED = re.compile(rb" (?: *[0-9a-f]+)(?<=^.{17})(?: |$)", re.DOTALL)
_TRACEPOINT = re.compile(rb"[A-Za-z0-9_.-]+:(?![ukhIGHpPSDWeb]+$)[A-Za-z0-9_.@*-]+$")
# Columns printed after the frames: registers, instruction bytes, branch stacks.
_COLUMNS = re.compile(
    rb"(?<!\s)\s+(?:ABI:\d|ilen: *\d|insn: |0x[0-9a-f]+(?:\([^)]*\))?/0x|[^\s/]+/[^\s/]+/[PMN-][^\s/]*/[X-]/[A-]/\d)"
)
_DISASSEMBLY = re.compile(rb"\t(?:[0-9a-f]{16}\t|\.\.\. |\S.*:\s*$)")
_SOURCE_LINE = re.compile(rb"(?P<file>.*?):(?P<line>\d{1,9})(?: \(discriminator \d+\))?$")


@dataclass(frozen=True, slots=True)
class FrameLine:
    """A frame as one line shows it.

    Attributes:
        address: as printed.
        name: without its offset; the address where no symbol column is printed.
        module: as printed; empty where unknown or, for an inlined frame, not printed.
        kind: see `Kind`.
        cut: the line ends inside its module.
    """

    address: bytes
    name: str
    module: str
    kind: Kind
    cut: bool = False


def parse_frame(line: bytes) -> FrameLine | None:
    """Read a frame line, or return None where it is none.

    perf begins it with a tab. Copies that lost their tabs are taken where the line ends in ``(module)``, and
    flat samples without any header (``-F ip,sym``) where the address is padded to its column, unless the line
    is a header: a command may look like an address.
    """
    frame = _parse_frame_shape(line)
    if frame is not None and line[:1] != b"\t" and parse_header(line, opens_stack=False) is not None:
        return None
    return frame


def _parse_frame_shape(line: bytes) -> FrameLine | None:
    match = _FRAME.match(line)
    if match is None:
        return None
    address, tail = match["address"], (match["tail"] or b"").rstrip()
    has_tab = line[:1] == b"\t"
    if tail[:1] == b" " and tail[1:2] != b"(":
        return None  # an address is followed by one space, or by two where the symbol is empty
    if tail.endswith(b"(inlined)"):
        return FrameLine(address, _name(tail[:-9], address, Kind.INLINED), "", Kind.INLINED)
    name, module, cut = _split_module(tail)
    if not has_tab and (module is None or cut) and not _PADDED.match(line):
        return None
    text = "" if module in (None, b"[unknown]") else decode_text(_OFFSET.sub(b"", module or b""))
    kind = module_kind(text)
    return FrameLine(address, _name(name, address, kind), text, kind, cut)


def _split_module(tail: bytes) -> tuple[bytes, bytes | None, bool]:
    """Split ``name (module)``; the module, None where not printed, may itself hold ``(...)``."""
    if tail.endswith(b")"):
        name, opened, module = tail[:-1].rpartition(b" (")
        if opened and b"(" not in module and b")" not in module:
            return name + b" ", module, False
        depth = 0
        for position in range(len(tail) - 1, -1, -1):
            byte = tail[position]
            if byte == 0x29:
                depth += 1
            elif byte == 0x28:
                depth -= 1
                if depth == 0 and (position == 0 or tail[position - 1] == 0x20):
                    return tail[:position], tail[position + 1 : -1], False
                if depth == 0:
                    return tail, None, False  # name(int): no module column
        position = tail.rfind(b" (")
        if position >= 0:
            return tail[:position], tail[position + 2 : -1], False
        return tail, None, False
    name, opened, inside = tail.rpartition(b" (")
    if opened and b")" not in inside and inside[:1] in (b"/", b"["):
        return name, b"", True
    return tail, None, False


def _name(raw: bytes, address: bytes, kind: Kind) -> str:
    text = decode_text(_OFFSET.sub(b"", raw.strip()))
    if not text:  # no symbol column: "address (module)"; an empty symbol: "address  (module)"
        return UNKNOWN if raw else decode_text(address)
    return text[1:] if kind is Kind.JIT and _JAVA.match(text) else text


def flat_frame(rest: bytes, *, squeezed: bool) -> tuple[bytes, bytes] | None:
    """Find the frame at the end of a flat sample's header; return it and what comes before, or None.

    Args:
        rest: what follows the event.
        squeezed: also take a frame that lost its padding, where nothing but the frame is there. Not for
            tracepoints, whose payload may look like one.
    """
    start = end = -1
    for match in _FLAT.finditer(rest):
        # Columns of numbers may stand right before the address; the last of a row of such is it.
        if match.end() - match.start() >= _FLAT_WIDTH and (start < 0 or match.start() == end):
            start, end = match.span()
        elif start >= 0:
            break
    if start >= 0:
        return _without_columns(rest[start:]), rest[:start]
    if squeezed:
        text = _without_columns(rest)
        if text.endswith(b")") and _parse_frame_shape(text) is not None:
            return text, b""
    return None


def _without_columns(text: bytes) -> bytes:
    columns = _COLUMNS.search(text)
    return text[: columns.start()] if columns else text


def is_tracepoint(event: bytes) -> bool:
    """Whether an event's name is ``system:event`` and not an event with modifiers."""
    return _TRACEPOINT.match(event) is not None


def is_column_line(line: bytes) -> bool:
    """Whether a line below the frames holds columns that carry no stack: registers, branches, disassembly."""
    if is_record(line):
        return False
    if _DISASSEMBLY.match(line):
        return True
    return _COLUMNS.match(line) is not None and parse_header(line, opens_stack=False) is None


def is_source_line(line: bytes) -> bool:
    """Whether the line is the ``srcline`` of the frame above it: two spaces, then text that begins no sample."""
    if line[:2] != b"  " or line[2:3] in (b" ", b"\t", b""):
        return False
    return not is_record(line) and parse_header(line, opens_stack=False) is None


def parse_source_line(line: bytes) -> tuple[str, int, bool]:
    """Return file, line (0 unknown) and whether the frame above is inlined.

    ``??:0``, ``:0`` and ``module[address]`` say that perf does not know.
    """
    text = line.strip()
    inlined = text.endswith(b"(inlined)")
    if inlined:
        text = text[:-9].rstrip()
    match = _SOURCE_LINE.match(text)
    if match is None or match["file"] in (b"", b"??"):
        return "", 0, inlined
    number = int(match["line"])
    return decode_text(match["file"]), number if number < 2**31 else 0, inlined


# -- modules -------------------------------------------------------------------------------------------------

_NOT_KERNEL = re.compile(r"\[(?:unknown|vdso\d*|vsyscall|heap|stack|uprobes|anon)\b")
_KERNEL = re.compile(
    r"\[(?:kernel|guest\.kernel)\b|\[[^\[\]]+\]$|.*(?:^|/)vmlinux[^/]*$|.*\.ko(?:\.(?:gz|xz|zst))?$"
    r"|(?:.*/)?lib/modules/|bpf_(?:prog|trampoline|dispatcher)_",
    re.DOTALL,
)
_JIT = re.compile(
    r"(?:.*/)?perf-\d+\.map$|(?:.*/)?jitted-[^/]*\.so$|\[JIT\] |/?memfd:(?:doublemapper|.*jit)", re.DOTALL
)
_DELETED = " (deleted)"


@lru_cache(maxsize=1 << 12)
def module_kind(module: str) -> Kind:
    """Return the kind of the frames of a module: kernel, JIT-compiled or user."""
    module = module.removesuffix(_DELETED)
    if _JIT.match(module):
        return Kind.JIT
    if _NOT_KERNEL.match(module):
        return Kind.USER
    return Kind.KERNEL if _KERNEL.match(module) else Kind.USER
