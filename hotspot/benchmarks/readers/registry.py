"""Which readers there are, and which one a file gets: by content, never by its name."""

from __future__ import annotations

import re
from importlib import import_module
from typing import cast

from hotspot.benchmarks.readers.base import ReaderModule, ResultsFile

NAMES = ("hyperfine", "pyperf", "pytest_benchmark", "google_benchmark", "asv", "jmh", "criterion", "go")

# One of these stands near the beginning of every file of results. What shows none is not even parsed: profiles can be
# large, and everything that takes either asks here first.
_MARKS = re.compile(
    rb'"(?:results|benchmarks|machine_info|context|result_columns|commit_hash|primaryMetric|jmhVersion|iters|times)"\s*:'
    rb"|ns/op|^(?:goos|pkg): ",
    re.MULTILINE,
)


def readers() -> tuple[ReaderModule, ...]:
    """Return all readers, in the order they are asked."""
    return tuple(cast(ReaderModule, import_module(f"hotspot.benchmarks.readers.{name}")) for name in NAMES)


def may_hold_results(head: bytes) -> bool:
    """Whether a file that begins like this may be one of results."""
    return _MARKS.search(head) is not None


def reader_of(file: ResultsFile) -> ReaderModule | None:
    """Return the reader whose format the file has, or None."""
    return next((reader for reader in readers() if reader.recognises(file)), None)
