"""From a path to benchmark results: which reader a file gets, criterion's folders, several files as one side."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hotspot.benchmarks.model import Benchmark, Results
from hotspot.benchmarks.readers import criterion
from hotspot.benchmarks.readers.base import Found, ResultsFile
from hotspot.benchmarks.readers.registry import NAMES, may_hold_results, reader_of
from hotspot.errors import HotspotError, UnknownFormat
from hotspot.importers.base import Source, file_source

_MANY_FILES = 10
"""Files of one-process results from which on each counts as one measurement, by its median."""


def load_results(path: str) -> Results:
    """Read benchmark results.

    Args:
        path: a file in any format of `hotspot.benchmarks.readers` (compression is opened), ``-`` for standard input, a
            criterion folder (its last run), or ``FOLDER@BASELINE`` for another baseline of it.

    Raises:
        UnreadableInput: the file or the baseline is missing or may not be read.
        UnknownFormat: no reader recognises it.
        MalformedResults: it breaks the rules of its format.
        NoMeasurements: it holds no raw measurement, only means or failures.
    """
    folder, baseline = _folder_of(path)
    if folder is not None:
        samples = criterion.samples_of(folder)
        if not samples:
            raise UnknownFormat(path, NAMES, reason="a folder without criterion's sample.json files")
        return _results(
            path, _digest_of(samples), criterion.NAME, criterion.read_folder(path, samples, baseline)
        )
    source = file_source(path)
    file = ResultsFile(path, source.read())
    reader = reader_of(file)
    if reader is None:
        raise _unknown(source)
    return _results(path, source.sha256, reader.NAME, reader.read(file))


def is_results(path: str) -> bool:
    """Whether a path holds benchmark results rather than a profile; large profiles are told by their beginning.

    Raises:
        UnreadableInput: the file is missing or may not be read.
    """
    folder, _ = _folder_of(path)
    if folder is not None:
        return bool(criterion.samples_of(folder))
    source = file_source(path)
    if not may_hold_results(source.head.data):
        return False
    return reader_of(ResultsFile(path, source.read())) is not None


def load_side(paths: Sequence[str]) -> Results:
    """Read one side of a comparison: one path, or several whose benchmarks of one name belong together; see `pooled`."""
    return pooled([load_results(path) for path in paths])


def pooled(files: Sequence[Results]) -> Results:
    """Put results of several files into one: their measurements one after the other.

    Where every file holds measurements of one process, a file is that process: ten and more of them count as one
    measurement each, its median; fewer keep all their measurements and stay "one process", which widens the interval of
    every comparison.
    """
    if len(files) == 1:
        return files[0]
    names = dict.fromkeys(benchmark.name for file in files for benchmark in file.benchmarks)
    digest = hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()
    revisions = {file.revision for file in files}
    return Results(
        path=" ".join(file.path for file in files),
        sha256=digest,
        format=files[0].format,
        benchmarks=tuple(_pooled(name, files) for name in names),
        machine=files[0].machine if all(file.machine == files[0].machine for file in files) else {},
        revision=revisions.pop() if len(revisions) == 1 else None,
        skipped=tuple(dict.fromkeys(sentence for file in files for sentence in file.skipped)),
    )


def _pooled(name: str, files: Sequence[Results]) -> Benchmark:
    parts = [part for file in files if (part := file.named(name)) is not None]
    if all(part.one_process for part in parts) and len(parts) >= _MANY_FILES:
        return Benchmark(name, np.array([part.median for part in parts]), one_process=False)
    peaks_known, starts_known = (
        all(known) for known in zip(*((p.peak_bytes, p.started) for p in parts), strict=True)
    )
    return Benchmark(
        name,
        np.concatenate([part.seconds for part in parts]),
        one_process=any(part.one_process for part in parts),
        peak_bytes=tuple(peak for part in parts for peak in part.peak_bytes) if peaks_known else (),
        started=tuple(start for part in parts for start in part.started) if starts_known else (),
    )


def _results(path: str, sha256: str, name: str, found: Found) -> Results:
    sides = tuple(
        Results(side.label, sha256, name, side.benchmarks, found.machine, side.revision)
        for side in found.sides
    )
    return Results(path, sha256, name, found.benchmarks, found.machine, found.revision, found.skipped, sides)


def _folder_of(path: str) -> tuple[Path | None, str | None]:
    """Return the folder a path means, and the baseline it names; (None, None) for a file."""
    if os.path.isdir(path):
        return Path(path), None
    folder, at, baseline = path.rpartition("@")
    if at and baseline and not os.path.exists(path) and os.path.isdir(folder):
        return Path(folder), baseline
    return None, None


def _digest_of(samples: dict[str, dict[str, Path]]) -> str:
    digest = hashlib.sha256()
    for baseline in samples.values():
        for path in baseline.values():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _unknown(source: Source) -> HotspotError:
    reason = "no benchmark results that hotspot can read" if source.head.data.strip() else "the file is empty"
    error = UnknownFormat(source.path, NAMES, reason=reason)
    error.hint = "see docs/bench.md for the tools and the options that keep raw measurements"
    return error
