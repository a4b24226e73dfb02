"""V8 logs: ``isolate-0x...-v8.log`` of ``node --prof``, ``d8 --prof`` or ``chrome --js-flags=--prof``.

A log has a line for every piece of code that V8 makes, and one for every tick of the profiler with addresses. Each
address is looked up in the code as it was at that moment, as V8's own tick processor does
(https://github.com/v8/v8/blob/main/tools/tickprocessor.mjs), whose reading of a tick is followed:

- Inside an external callback the program counter is replaced by the callback's address.
- A top of stack that lies in a JavaScript function is its caller, when that has no frame yet. The register of the
  interpreter that names the very function that runs is no caller.

And of hotspot itself:

- A function has one name whatever V8 made of it; compiled versions have the kind JIT. See `hotspot.importers.v8log.code`.
- Of binaries the log knows only where they lie. What runs there is ``[unknown]`` in that module; V8's processor
  asks ``nm`` on the machine it runs on, which need not have the same binary.
- A tick in the garbage collector has ``(garbage collector)`` on top of what stack it has.
- ``cpu/nanoseconds``, which is selected, is the time until the next tick; the last one gets none.

The JSON that ``node --prof-process --preprocess`` makes of a log is read as well, see
`hotspot.importers.v8log.preprocessed`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
    decode_text,
)
from hotspot.importers.v8log.code import CodeMap, code_of
from hotspot.importers.v8log.ticks import COLLECTOR, NOTHING, Ticks
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("v8log", "V8 log (node --prof)", ("-v8.log",))

SAMPLES = ValueType("samples", "count")
CPU = ValueType("cpu", "nanoseconds")

_VERSION = re.compile(rb"v8-version,(\d+),(\d+),(\d+),(\d+)")
_FIRST_LINE = re.compile(
    rb"(?:v8-version,\d+,\d+,|v8-platform,|shared-library,.*,0x[0-9a-f]+,0x[0-9a-f]+|code-creation,\w+,\d+,)"
)
_QUOTED = re.compile(rb'"((?:[^"]|"")*)"|([^,]*)')
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|([n\\]))")
_COLLECTING = b"1"  # the state of the virtual machine
_LIMIT = 2**52  # microseconds, and addresses far beyond
_JSON = re.compile(rb'\s*\{\s*"code"\s*:\s*\[\s*(?:\{\s*"name"|\])')


def detect(head: Head) -> Match:
    """Tell a log by its first line: the version, a library, or code; and the JSON by its first key."""
    return Match.YES if _FIRST_LINE.match(head.data) or _JSON.match(head.data) else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all ticks of a log.

    Raises:
        EmptyProfile: it has no tick.
        NotThisFormat: its first line is none of a log.
        MalformedProfile: the JSON of a log is wrong, naming the place.
    """
    if _JSON.match(source.head.data):
        from hotspot.importers.v8log.preprocessed import read_preprocessed

        return _profile(source, read_preprocessed(source.path, source.read()), [])
    if not _FIRST_LINE.match(source.head.data):
        raise NotThisFormat(source.path, "its first line is none of a V8 log")
    log = _Log()
    with source.open() as stream:
        for line in stream:
            log.feed(line.rstrip(b"\r\n"))
    losses = (
        [Loss(LossKind.SKIPPED, f"lines that could not be read: {log.skipped:,}", log.skipped)]
        if log.skipped
        else []
    )
    return _profile(source, log.ticks, losses)


def _profile(source: Source, ticks: Ticks, losses: Sequence[Loss]) -> Sequence[Profile]:
    if not len(ticks.times):
        raise EmptyProfile(source.path, "it has no tick: was the program run with --prof?")
    version = _VERSION.search(source.head.data)
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer=f"V8 {b'.'.join(version.groups()).decode()}" if version else "V8",
        losses=tuple(losses),
    )
    profile = ticks.add_to(ProfileBuilder((SAMPLES, CPU))).build(provenance)
    return [profile.select(str(CPU)) if profile.samples.weight[:, 1].any() else profile]


class _Log:
    """What a log told so far.

    Attributes:
        ticks: in order.
        skipped: lines that could not be read.
    """

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.skipped = 0
        self._map = CodeMap()
        # Code numbers, until code changes: by address, and of all callers by their text.
        self._at_address: dict[int, int] = {}
        self._of_callers: dict[bytes, list[int]] = {}

    def feed(self, line: bytes) -> None:
        """Take one line; kinds of lines that tell nothing of code or ticks are passed over."""
        kind = line[: line.find(b",")]
        read = _READERS.get(kind)
        if read is None:
            return
        try:
            read(self, line)
        except (ValueError, IndexError, OverflowError):
            self.skipped += 1

    def code_creation(self, line: bytes) -> None:
        """``code-creation,type,kind,time,address,size,name[,function,mark]``; logs before V8 5.5 have no time."""
        fields = _fields(line)
        timed = not fields[3].startswith(b"0x")
        start, size, name = fields[3 + timed : 6 + timed]
        mark = fields[7 + timed].decode("ascii") if len(fields) > 7 + timed else ""
        type_name = fields[1].decode("ascii", "replace")
        self._forget()
        self._map.add(_address(start), _size(size), code_of(type_name, _text(name), mark))

    def code_move(self, line: bytes) -> None:
        """``code-move,from,to``."""
        fields = _fields(line)
        self._forget()
        self._map.move(_address(fields[1]), _address(fields[2]))

    def code_delete(self, line: bytes) -> None:
        """``code-delete,address``."""
        fields = _fields(line)
        self._forget()
        self._map.remove(_address(fields[1]))

    def shared_library(self, line: bytes) -> None:
        """``shared-library,path,start,end[,slide]``."""
        fields = _fields(line)
        self._forget()
        self._map.add_library(_text(fields[1]), _address(fields[2]), _address(fields[3]))

    def tick(self, line: bytes) -> None:
        """``tick,pc,time,is_external_callback,top_of_stack_or_callback,state[,caller,...]``, leaf to root."""
        _, pc, time, external, top, state, *rest = line.split(b",", 6)
        microseconds = int(time)
        if not 0 <= microseconds < _LIMIT:
            raise ValueError("a time out of range")
        address, other = _address(pc), _address(top)
        is_external = external == b"1"
        if is_external:
            address = other or address
        numbers = [self._number(address), *self._callers(rest[0] if rest else b"", address)]
        if not is_external and other and self._is_caller(self._number(other), numbers[:2]):
            numbers.insert(1, self._number(other))
        if state == _COLLECTING:
            is_javascript = (number for number in numbers if self.ticks.codes[number].is_javascript)
            numbers = [self.ticks.number(COLLECTOR), *is_javascript]
        self.ticks.add(array("q", numbers), microseconds)

    def _callers(self, text: bytes, address: int) -> list[int]:
        """Return the code numbers of callers; their text repeats itself while the code stays the same."""
        numbers = self._of_callers.get(text)
        if numbers is None:
            numbers = [self._number(caller) for caller in _callers(text.split(b","), address)]
            if text[:1] not in (b"+", b"-"):  # else it counts from this very address
                self._of_callers[text] = numbers
        return numbers

    def _is_caller(self, entered: int, nearest: list[int]) -> bool:
        """Whether the top of the stack is a function of its own, not one of the two innermost."""
        code = self.ticks.codes[entered]
        return code.is_javascript and not any(
            code.same_function(self.ticks.codes[number]) for number in nearest
        )

    def _forget(self) -> None:
        """Look addresses up anew: code is about to change."""
        self._at_address.clear()
        self._of_callers.clear()

    def _number(self, address: int) -> int:
        """Return the number of the code at an address now."""
        number = self._at_address.get(address)
        if number is None:
            number = self._at_address[address] = self.ticks.number(self._map.find(address) or NOTHING)
        return number


_READERS = {
    b"code-creation": _Log.code_creation,
    b"code-move": _Log.code_move,
    b"code-delete": _Log.code_delete,
    b"shared-library": _Log.shared_library,
    b"tick": _Log.tick,
}


def _fields(line: bytes) -> list[bytes]:
    """Split a line at its commas; before V8 6.8 texts were quoted, a quote in one doubled."""
    if b'"' not in line:
        return line.split(b",")
    fields: list[bytes] = []
    at = 0
    while at <= len(line):
        match = _QUOTED.match(line, at)
        if match is None or (match.end() < len(line) and line[match.end() : match.end() + 1] != b","):
            return line.split(b",")  # a quote that quotes nothing, as in a regular expression
        fields.append(match[2] if match[1] is None else match[1].replace(b'""', b'"'))
        at = match.end() + 1
    return fields


def _text(field: bytes) -> str:
    r"""Decode a name; V8 writes a comma as ``\x2C``."""
    text = decode_text(field)
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    if match[3]:
        return "\n" if match[3] == "n" else "\\"
    return chr(int(match[1] or match[2], 16))


def _address(field: bytes) -> int:
    value = int(field, 16)
    if not 0 <= value < 2**64:
        raise ValueError("an address out of range")
    return value


def _size(field: bytes) -> int:
    value = int(field)
    if not 0 <= value < 2**40:
        raise ValueError("a size out of range")
    return value


def _callers(fields: Sequence[bytes], address: int) -> Iterator[int]:
    """Yield the addresses of callers; with a sign they count from the one before. ``overflow`` is no address."""
    for field in fields:
        if field[:1] in (b"+", b"-"):
            address += int(field, 16)
            yield address
        elif field and field[:1] != b"o":
            yield (address := _address(field))
