"""What a legacy pprof file tells about its addresses: names, files, lines, and the modules they lie in.

Four places, all optional: a section ``--- symbol`` in front (``pprof --raw``), Go's ``#`` lines behind each sample,
Java's table behind the samples, and a memory map at the end (``MAPPED_LIBRARIES:``, in the form of /proc/self/maps or
shorter). Source: google/pprof, profile/legacy_profile.go and legacy_java_profile.go; gperftools' pprof.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

MAP_MARKS = ("MAPPED_LIBRARIES:", "--- Memory map: ---")

_GO = re.compile(
    r"#\s+0x(?P<address>[0-9a-f]{1,16})\s+(?P<name>\S.*?)\+0x[0-9a-f]+\s+(?P<file>\S.*):(?P<line>\d+)"
)
_JAVA = re.compile(r"\s*0x(?P<address>[0-9a-fA-F]{1,16})\s+(?P<text>\S.*?)\s*")
_JAVA_LINE = re.compile(r"(?P<name>.*)\s+\((?P<file>.+):(?P<line>-?\d{1,9})\)")
_JAVA_FILE = re.compile(r"(?P<name>.*)\s+\((?P<file>.*)\)")
_SYMBOL = re.compile(r"0x(?P<address>[0-9a-fA-F]{1,16})\s+(?P<names>\S.*)")
_PROC_MAP = re.compile(
    r"(?P<start>[0-9a-fA-F]{1,16})-(?P<end>[0-9a-fA-F]{1,16})\s+(?P<rights>[-rwxps]+)\s+(?P<offset>[0-9a-fA-F]{1,16})"
    r"\s+[0-9a-fA-F]+:[0-9a-fA-F]+\s+\d+\s*(?P<module>\S.*)?"
)
_BRIEF_MAP = re.compile(
    r"(?P<start>[0-9a-fA-F]{1,16})-(?P<end>[0-9a-fA-F]{1,16}):\s*(?P<module>\S+)(?:\s.*@)?\s*(?P<offset>[0-9a-fA-F]{1,16})?"
)


@dataclass(frozen=True)
class Symbol:
    """A function at an address."""

    name: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class _Mapping:
    start: int
    end: int
    offset: int
    module: str


@dataclass
class Symbols:
    """Names and modules by address.

    Attributes:
        names: functions at an address, the caller before what is inlined into it.
    """

    names: dict[int, list[Symbol]] = field(default_factory=dict)
    _mappings: list[_Mapping] = field(default_factory=list)

    def module(self, address: int) -> str:
        """Return the module an address lies in; empty where no map tells."""
        for mapping in self._mappings:
            if mapping.start <= address < mapping.end:
                return mapping.module
        for mapping in self._mappings:  # some writers leave out the first part of a mapping that was split
            if mapping.offset and mapping.start - mapping.offset <= address < mapping.start:
                return mapping.module
        return ""

    def add_symbol_section(self, lines: Iterable[str]) -> None:
        """Read ``0x1234 outer--inner`` lines of a ``--- symbol`` section; others (``binary=``) are skipped."""
        for line in lines:
            if found := _SYMBOL.fullmatch(line.strip()):
                names = [Symbol(name) for name in found["names"].split("--") if name and name != "??"]
                self.names[int(found["address"], 16)] = names

    def add_go_lines(self, lines: Iterable[str]) -> None:
        """Read the ``#`` lines of one sample, leaf first; equal addresses are inlined into the last of them."""
        found_here: dict[int, list[Symbol]] = {}
        for line in lines:
            if found := _GO.fullmatch(line.strip()):
                symbol = Symbol(found["name"], found["file"], int(found["line"][:9]))
                found_here.setdefault(int(found["address"], 16), []).insert(0, symbol)
        for address, names in found_here.items():
            self.names.setdefault(address, names)

    def add_java_table(self, lines: Iterable[str]) -> None:
        """Read ``0x6 com.example.f (Source.java:12)``; a file without a line is a library."""
        for line in lines:
            found = _JAVA.fullmatch(line)
            if found is None:
                continue
            address, text = int(found["address"], 16), found["text"]
            if placed := _JAVA_LINE.fullmatch(text):
                symbol = Symbol(placed["name"], placed["file"], max(int(placed["line"]), 0))
            elif placed := _JAVA_FILE.fullmatch(text):
                symbol = Symbol(placed["name"], placed["file"].rsplit("/", 1)[-1])
            else:  # states of the virtual machine: GC, VM, Compile
                symbol = Symbol("STUB" if "generated stub/JIT" in text else text)
            self.names[address] = [symbol]

    def add_memory_map(self, lines: Iterable[str]) -> None:
        """Read a memory map; ``build=/path`` replaces ``$build`` in what follows. Other lines are skipped."""
        replaced: dict[str, str] = {}
        for line in lines:
            text = line.strip()
            for name, value in replaced.items():
                text = text.replace(name, value)
            found = _PROC_MAP.fullmatch(text)
            if found is None:
                found = _BRIEF_MAP.fullmatch(text)
                if found is None:
                    name, equals, value = text.partition("=")
                    if equals and name.strip():
                        replaced[f"${name.strip()}"] = value.strip()
                    continue
            elif "x" not in found["rights"]:
                continue
            self._mappings.append(
                _Mapping(
                    int(found["start"], 16),
                    int(found["end"], 16),
                    int(found["offset"] or "0", 16),
                    found["module"] or "",
                )
            )
