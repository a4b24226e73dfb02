"""criterion's ``target/criterion`` folder, or one ``sample.json`` of it. A measurement is each sample, one process.

Layout: https://bheisler.github.io/criterion.rs/book/. ``<group>/<function>/<value>/<baseline>/sample.json``; a baseline is
``new`` (the last run), ``base`` (the one before) or what ``--save-baseline`` called it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from hotspot.benchmarks.readers.base import Collector, Found, ResultsFile
from hotspot.errors import UnreadableInput

NAME = "criterion"

LAST_RUN = "new"
_SAMPLE = "sample.json"


class _Sample(msgspec.Struct):
    iters: list[float]
    times: list[float]  # nanoseconds for all iterations of a sample


def recognises(file: ResultsFile) -> bool:
    """Whether it is a ``sample.json``."""
    return {"iters", "times"} <= file.keys


def read(file: ResultsFile) -> Found:
    """Read one ``sample.json``; its benchmark's name is the path below the folder ``criterion``."""
    parts = Path(file.path).absolute().parts[:-2]
    below = len(parts) - 1 - parts[::-1].index("criterion") if "criterion" in parts else len(parts) - 2
    collector = Collector(file.path, one_process=True)
    _add(collector, "/".join(parts[below + 1 :]) or file.path, file)
    return collector.found()


def samples_of(folder: Path) -> dict[str, dict[str, Path]]:
    """Return baseline -> benchmark -> ``sample.json`` of a folder; empty where it is not criterion's."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob(_SAMPLE)):
        name = path.parent.parent.relative_to(folder).as_posix()
        if name != ".":
            found.setdefault(path.parent.name, {})[name] = path
    return found


def read_folder(path: str, samples: dict[str, dict[str, Path]], baseline: str | None = None) -> Found:
    """Read all benchmarks of one baseline; the last run where none is named.

    Raises:
        UnreadableInput: there is no such baseline.
    """
    wanted = baseline or LAST_RUN
    if wanted not in samples:
        raise UnreadableInput(
            path,
            f"no baseline {wanted!r} in this criterion folder",
            hint=f"name one of {', '.join(sorted(samples))} as {path}@NAME",
        )
    collector = Collector(path, one_process=True)
    for name, sample in samples[wanted].items():
        try:
            data = sample.read_bytes()
        except OSError as error:
            raise UnreadableInput(str(sample), (error.strerror or str(error)).lower()) from error
        _add(collector, name, ResultsFile(str(sample), data))
    return collector.found()


def _add(collector: Collector, name: str, file: ResultsFile) -> None:
    sample = file.decoded(_Sample)
    if len(sample.iters) != len(sample.times) or not all(count > 0 for count in sample.iters):
        collector.skip(name, "damaged: not every sample has its iterations")
        return
    collector.add(name, np.asarray(sample.times) / np.asarray(sample.iters) * 1e-9)
