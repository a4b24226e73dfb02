"""The samples of legacy pprof files: one function a format, each returns `Records`.

Return addresses are lowered by one to lie on the call, as pprof does: all of them in text formats, all but the leaf
in CPU profiles and threads, where that is the interrupted instruction. Java's are numbers of its table and stay. Source: google/pprof, profile/legacy_profile.go and legacy_java_profile.go.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hotspot.errors import MalformedProfile
from hotspot.importers.base import decode_text
from hotspot.importers.pprof_legacy.symbols import MAP_MARKS, Symbols
from hotspot.profile import Thread
from hotspot.units import ValueType, canonical_unit

_COUNT = ValueType("samples", "count")
_ADDRESSES = r"(?P<stack>(?:\s+0x[0-9a-f]{1,16})*)\s*"
_HEAP_VALUES = (
    r"(?P<n>-?\d{1,18}): *(?P<size>-?\d{1,18}) *\[ *(?P<all_n>\d{1,18}): *(?P<all_size>\d{1,18}) *\]"
)
_HEAP_HEADER = re.compile(
    rf"heap profile: *{_HEAP_VALUES} *@ *(?P<kind>[a-z_0-9]*)(?:/(?P<rate>\d{{1,18}}))?"
)
_HEAP_LINE = re.compile(rf"{_HEAP_VALUES} @{_ADDRESSES}")
_JEMALLOC_HEADER = re.compile(r"heap_v2/(?P<rate>\d{1,18})")
_JEMALLOC_LINE = re.compile(rf"t(?P<thread>\*|\d{{1,18}}): {_HEAP_VALUES}")
_JEMALLOC_STACK = re.compile(rf"@{_ADDRESSES}")
_GO_HEADER = re.compile(r"(?P<what>\w+) profile: total \d+")
_GO_LINE = re.compile(rf"(?P<n>\d{{1,18}}) @{_ADDRESSES}")
_DELAY_LINE = re.compile(rf"(?P<delay>\d{{1,18}}) +(?P<n>\d{{1,18}}) +@{_ADDRESSES}")
_ATTRIBUTE = re.compile(r"(?P<key>[\w /]+?)\s*=\s*(?P<value>[\w ]+)")
_THREAD = re.compile(
    r"--- Thread (?P<id>[0-9a-fA-F]{1,16}) \(name: (?P<name>.*)/(?P<tid>\d{1,18})\) stack: ---"
)
_HEX = re.compile(r"0x([0-9a-f]{1,16})\b")
_JAVA_HEAP_RATE = 512 * 1024
_WORDS = ("<u4", ">u4", "<u8", ">u8")
_HEADER_WORDS = 5


@dataclass
class Records:
    """Samples as a file has them.

    Attributes:
        value_types: one a number of ``values``.
        stacks: addresses, leaf first.
        values: weights of each stack.
        threads: thread of each stack, or empty.
        period_ns: time between samples, where the file tells.
    """

    value_types: tuple[ValueType, ...]
    symbols: Symbols = field(default_factory=Symbols)
    stacks: list[tuple[int, ...]] = field(default_factory=list)
    values: list[tuple[int, ...]] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    duration_ns: int | None = None

    def add(self, stack: tuple[int, ...], *values: int) -> None:
        """Add a sample."""
        self.stacks.append(stack)
        self.values.append(values)


# -- binary: CPU profiles ---------------------------------------------------------------------------------------


def word_type(data: bytes) -> str:
    """Return numpy's name of the words a CPU profile is made of; empty where the data is none.

    Its first five words are 0, 3, 0 or 1 for Java, the period in microseconds, 0.
    """
    for word in _WORDS:
        size = _HEADER_WORDS * np.dtype(word).itemsize
        if len(data) >= size:
            header = np.frombuffer(data[:size], word).tolist()
            if header[:2] == [0, 3] and header[2] in (0, 1) and header[3] > 0 and header[4] == 0:
                return word
    return ""


def read_cpu(data: bytes, path: str, start: int) -> Records:
    """Read a binary CPU profile: ``count, depth, address...`` until ``0, 1, 0``; then text.

    Args:
        data: the file.
        path: for errors.
        start: offset of the profile in it.
    """
    word = word_type(data[start:])
    size = np.dtype(word).itemsize
    usable = len(data) - (len(data) - start) % size
    words = np.frombuffer(data[start:usable], word).tolist()
    is_java, period = bool(words[2]), words[3] * 1000
    records = Records((_COUNT, ValueType("cpu", "nanoseconds")))
    at = _HEADER_WORDS
    while at < len(words):
        if at + 2 > len(words) or at + 2 + words[at + 1] > len(words):
            raise MalformedProfile(path, "the samples end early", offset=start + at * size)
        count, depth = words[at : at + 2]
        stack = words[at + 2 : at + 2 + depth]
        at += 2 + depth
        if (count, stack) == (0, [0]):
            break
        records.add(tuple(stack) if is_java else _on_calls(stack), count, count * period)
    lines = decode_text(data[start + at * size :]).splitlines()
    if is_java:
        records.symbols.add_java_table(lines)
    else:
        records.symbols.add_memory_map(lines)
        _strip_handler(records)
    return records


def _on_calls(addresses: Sequence[int]) -> tuple[int, ...]:
    return (*addresses[:1], *(max(address - 1, 0) for address in addresses[1:]))


def _strip_handler(records: Records) -> None:
    """Take out what the signal handler left in the stacks, by pprof's rules.

    The frame above the leaf that nearly all samples have (one in 32 may differ) is the handler's, up to twice; and
    a leaf may be there twice, from the signal's context and from unwinding.
    """
    stacks = records.stacks
    for _ in range(2):
        seconds = Counter(stack[1] for stack in stacks if len(stack) > 1)
        for address, count in seconds.most_common(1):
            if count >= len(stacks) - len(stacks) // 32:
                stacks[:] = [
                    (stack[0], *stack[2:]) if len(stack) > 1 and stack[1] == address else stack
                    for stack in stacks
                ]
    stacks[:] = [
        (stack[0], *stack[2:]) if len(stack) > 1 and stack[0] == stack[1] + 1 else stack for stack in stacks
    ]


# -- text ---------------------------------------------------------------------------------------------------------


class _Lines:
    """Lines that say something, with their numbers; ``#`` lines go to the symbols, the memory map ends it."""

    def __init__(self, text: str, first: int, path: str, symbols: Symbols) -> None:
        self.rest = list(enumerate(text.splitlines(), first))
        self.rest.reverse()
        self.path = path
        self._symbols = symbols

    def next(self) -> tuple[int, str]:
        """Return number and text of the next line; the text is empty at the end."""
        comments: list[str] = []
        number, text = 0, ""
        while self.rest:
            number, line = self.rest.pop()
            text = line.strip()
            if text.startswith("#"):
                comments.append(text)
            elif text:
                break
        else:
            text = ""
        self._symbols.add_go_lines(comments)
        if any(mark in text for mark in MAP_MARKS):
            self._symbols.add_memory_map(line for _, line in reversed(self.rest))
            self.rest, text = [], ""
        return number, text

    def push(self, number: int, text: str) -> None:
        """Give a line back."""
        self.rest.append((number, text))

    def bad(self, number: int, text: str, expected: str) -> MalformedProfile:
        return MalformedProfile(self.path, f"not {expected}: {text:.60}", line=number)


def is_text(text: str) -> bool:
    """Whether text begins like one of the text formats."""
    lines = (line.strip() for line in text.splitlines()[:100])
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return bool(
        _HEAP_HEADER.fullmatch(first)
        or _JEMALLOC_HEADER.fullmatch(first)
        or _GO_HEADER.fullmatch(first)
        or re.match(r"--- (contention|mutex:|heapz|threadz)", first)
        or _THREAD.fullmatch(first)
    )


def read_text(text: str, path: str, first_line: int) -> Records:
    """Read one of the text formats; the first line tells which."""
    records = Records(())
    lines = _Lines(text, first_line, path, records.symbols)
    number, header = lines.next()
    if found := _HEAP_HEADER.fullmatch(header):
        _read_heap(lines, found, records)
    elif found := _JEMALLOC_HEADER.fullmatch(header):
        _read_jemalloc(lines, int(found["rate"]), records)
    elif found := _GO_HEADER.fullmatch(header):
        records.value_types = (ValueType(found["what"], "count"),)
        while (line := lines.next())[1]:
            if line[1].startswith("---"):
                break
            sample = _GO_LINE.fullmatch(line[1])
            if sample is None:
                raise lines.bad(*line, "a count and a stack")
            records.add(_stack(sample), int(sample["n"]))
    elif header.startswith(("--- contention", "--- mutex", "--- heapz")):
        _read_attributed(lines, header, records)
    elif header.startswith("--- threadz") or _THREAD.fullmatch(header):
        lines.push(number, header)
        _read_threads(lines, records)
    else:
        raise lines.bad(number, header, "the header of a profile")
    return records


def _stack(found: re.Match[str], *, on_calls: bool = True) -> tuple[int, ...]:
    addresses = (int(text, 16) for text in found["stack"].split())
    return tuple(max(address - on_calls, 0) for address in addresses)


def _set_heap_types(records: Records, header: re.Match[str]) -> bool:
    """Set the value types; return whether the file has what was allocated as well as what is in use."""
    both = any(header[f"all_{key}"] not in ("0", header[key]) for key in ("n", "size"))
    types = (ValueType("objects", "count"), ValueType("space", "bytes"))
    if both:
        types = tuple(  # type: ignore[assignment]  # four, where one more pair is there
            ValueType(f"{prefix}_{kind.type}", kind.unit) for prefix in ("alloc", "inuse") for kind in types
        )
    records.value_types = types
    return both


def _heap_values(found: re.Match[str], both: bool, rate: int, place: MalformedProfile) -> list[int]:
    values: list[int] = []
    for n, size in (("all_n", "all_size"), ("n", "size"))[0 if both else 1 :]:
        values += _unsampled(int(found[n]), int(found[size]), rate, place)
    return values


def _unsampled(count: int, size: int, rate: int, place: MalformedProfile) -> tuple[int, int]:
    """Estimate what was allocated from what was sampled, by pprof's formula.

    An object of ``s`` bytes is sampled with a chance of ``1 - exp(-s / rate)``.
    """
    if count == 0 or size == 0:
        if count == 0 and size != 0:
            raise place
        return (0, 0) if rate > 1 else (count, size)
    if rate <= 1:  # everything was sampled
        return count, size
    if (count < 0) != (size < 0):
        raise place
    chance = 1 - math.exp(-(size / count) / rate)
    if chance == 0:
        raise place
    return int(count * (1 / chance)), int(size * (1 / chance))


def _read_heap(lines: _Lines, header: re.Match[str], records: Records) -> None:
    both = _set_heap_types(records, header)
    rate = int(header["rate"] or 0)
    if header["kind"] == "heap":
        rate //= 2  # Go writes twice its rate
    elif header["kind"] not in ("heapz_v2", "heap_v2"):
        rate = 1  # heapprofile, growthz, fragmentationz: not sampled
    while (line := lines.next())[1]:
        found = _HEAP_LINE.fullmatch(line[1])
        if found is None:
            raise lines.bad(*line, "a heap sample")
        records.add(
            _stack(found),
            *_heap_values(found, both, rate, lines.bad(*line, "a number of objects with a size")),
        )


def _read_jemalloc(lines: _Lines, rate: int, records: Records) -> None:
    """Read jemalloc's heap: a stack, then its sum over all threads and each thread's part."""
    stack: tuple[int, ...] | None = None
    sums: list[int] | None = None
    both: bool | None = None

    def finish() -> None:
        if stack is not None and sums is not None:  # no thread's part: keep the sum
            records.add(stack, *sums)
            records.threads.append(Thread(None, None, ""))

    while (line := lines.next())[1]:
        if found := _JEMALLOC_STACK.fullmatch(line[1]):
            finish()
            stack, sums = _stack(found), None
            continue
        found = _JEMALLOC_LINE.fullmatch(line[1])
        if found is None:
            raise lines.bad(*line, "a stack or a thread's part of it")
        if both is None:  # the first line sums up the whole file
            both = _set_heap_types(records, found)
        if stack is None:
            continue
        values = _heap_values(found, both, rate, lines.bad(*line, "a number of objects with a size"))
        if found["thread"] == "*":
            sums = values
        else:
            records.add(stack, *values)
            records.threads.append(Thread(None, int(found["thread"]), ""))
            sums = None
    finish()


def _read_attributed(lines: _Lines, header: str, records: Records) -> None:
    """Read lock contention (C++, Go, Java) and Java's heap: ``key = value`` lines, then samples."""
    attributes: dict[str, tuple[int, str]] = {}
    while (line := lines.next())[1] and (found := _ATTRIBUTE.fullmatch(line[1])):
        attributes[found["key"].strip()] = (line[0], found["value"].strip())
    is_java = attributes.get("format", (0, ""))[1] == "java"
    is_heap = header.startswith("--- heapz")
    period = _whole(lines, attributes, "sampling period")
    hertz = _whole(lines, attributes, "cycles/second")
    records.duration_ns = _whole(lines, attributes, "ms since reset") * 10**6 or None
    resolution = canonical_unit(attributes.get("resolution", (0, "nanoseconds"))[1])
    if is_heap:
        records.value_types = (ValueType("inuse_objects", "count"), ValueType("inuse_space", resolution))
    else:
        unit = resolution if is_java else "nanoseconds" if hertz and period else "cycles"
        records.value_types = (ValueType("contentions", "count"), ValueType("delay", unit))
    while line[1]:
        found = _DELAY_LINE.fullmatch(line[1])
        if found is None:
            if line[1].startswith("---") or is_java:
                break
            raise lines.bad(*line, "a delay, a count and a stack")
        n, delay = int(found["n"]), int(found["delay"])
        if is_heap:
            n, delay = _unsampled(
                n, delay, _JAVA_HEAP_RATE, lines.bad(*line, "a number of objects with a size")
            )
        elif period:
            n *= period
            delay = delay * period if is_java or not hertz else int(delay * period / (hertz / 1e9))
        records.add(_stack(found, on_calls=not is_java), n, delay)
        line = lines.next()
    if is_java:
        records.symbols.add_java_table([line[1], *(text for _, text in reversed(lines.rest))])


def _whole(lines: _Lines, attributes: Mapping[str, tuple[int, str]], key: str) -> int:
    number, text = attributes.get(key, (0, "0"))
    if not re.fullmatch(r"\d{1,18}", text):
        raise lines.bad(number, text, "a whole number")
    return int(text)


def _read_threads(lines: _Lines, records: Records) -> None:
    records.value_types = (ValueType("thread", "count"),)
    thread: Thread | None = None
    addresses: list[int] = []
    same = False

    def finish() -> None:
        if thread is not None:
            stack = records.stacks[-1] if same and records.stacks else _on_calls(addresses)
            records.add(stack, 1)
            records.threads.append(thread)

    while (line := lines.next())[1]:
        if found := _THREAD.fullmatch(line[1]):
            finish()
            thread, addresses, same = Thread(None, int(found["tid"]), found["name"]), [], False
        elif line[1].startswith("---- no stack trace for"):
            break
        elif "same as previous thread" in line[1]:
            same = True
        elif thread is not None:
            addresses += [int(text, 16) for text in _HEX.findall(line[1])]
    finish()
