"""What ``go test -bench`` prints, also through ``go test -json``. A measurement is each ``-count`` repeat, one process.

Format: https://go.dev/design/14313-benchmark-format. Names are kept whole, with the ``-N`` of GOMAXPROCS: with ``-cpu 1,2``
it is what tells two benchmarks apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from hotspot.benchmarks.readers.base import Collector, Found, ResultsFile

NAME = "go"

_RESULT = re.compile(r"(Benchmark\S*)\s+\d+\s+(?:[^\n]*?\s)?([\d.]+(?:e[+-]?\d+)?) ns/op", re.IGNORECASE)
_ANY_RESULT = re.compile(rb"Benchmark\S*(?:\\t|\s)+\d+(?:\\t|\s)[^\n]*? ns/op")
_FACT = re.compile(r"(goos|goarch|pkg|cpu): (.*)")


class _Event(msgspec.Struct):
    """A line of ``go test -json``."""

    Action: str = ""
    Output: str = ""
    Package: str = ""


def recognises(file: ResultsFile) -> bool:
    """Whether some line looks like a result."""
    return _ANY_RESULT.search(file.data) is not None


def read(file: ResultsFile) -> Found:
    """Read every result; a name that several packages use is told apart by the package."""
    times: dict[tuple[str, str], list[float]] = {}
    facts: dict[str, str] = {}
    package = ""
    for line in _lines(file):
        if fact := _FACT.match(line):
            facts[fact[1]] = fact[2].strip()
            package = facts.get("pkg", "")
        elif result := _RESULT.match(line):
            times.setdefault((package, result[1]), []).append(float(result[2]) * 1e-9)
    collector = Collector(file.path, one_process=True)
    names = [name for _, name in times]
    for (package, name), seconds in times.items():
        collector.add(f"{package}.{name}" if package and names.count(name) > 1 else name, seconds)
    system = "/".join(facts[key] for key in ("goos", "goarch") if key in facts)
    return collector.found({"cpu": facts.get("cpu"), "system": system})


def _lines(file: ResultsFile) -> Iterator[str]:
    """The lines of the text; of the output a JSON stream carries, whose pieces need not end where lines do."""
    if not file.data.lstrip().startswith(b"{"):
        yield from file.text.splitlines()
        return
    decoder = msgspec.json.Decoder(_Event)
    pending: dict[str, str] = {}
    for line in file.data.splitlines():
        try:
            event = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # build output between the events
        whole, newline, rest = (pending.pop(event.Package, "") + event.Output).rpartition("\n")
        pending[event.Package] = rest
        if newline:
            yield from whole.splitlines()
    yield from pending.values()
