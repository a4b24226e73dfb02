"""How much work each run did, where the user knows: requests served, rows read, rounds played."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np

from hotspot.analysis.union import FloatArray
from hotspot.errors import MalformedProfile, UnreadableInput, UsageError
from hotspot.profile import Profile

Work = tuple[float | Sequence[float], float | Sequence[float]]


def work_of_runs(work: Work, before: Sequence[Profile], after: Sequence[Profile]) -> FloatArray:
    """Return the work of each run, the side before first, float64[runs].

    Args:
        work: before and after, a number for all runs of a side or one a run.
        before: runs of the side before.
        after: runs of the side after.

    Raises:
        UsageError: another number of runs, or work that is not a positive number.
    """
    columns: list[float] = []
    for given, runs, name in ((work[0], before, "before"), (work[1], after, "after")):
        values = [float(given)] * len(runs) if isinstance(given, int | float) else [float(w) for w in given]
        if len(values) != len(runs):
            raise UsageError(f"work {name}: {len(values)} numbers for {len(runs)} runs")
        if not all(np.isfinite(w) and w > 0 for w in values):
            raise UsageError(f"work {name}: must be positive numbers, not {', '.join(map(str, values))}")
        columns += values
    return np.array(columns, dtype=np.float64)


def recorded_work(before: Sequence[Profile], after: Sequence[Profile]) -> Work | None:
    """Return the work of each run where hotspot's own records tell that of every one."""
    sides = [
        [run.provenance.recording.work for run in runs if run.provenance.recording is not None]
        for runs in (before, after)
    ]
    known = [[work for work in side if work is not None] for side in sides]
    if [len(side) for side in known] != [len(before), len(after)]:
        return None
    return known[0], known[1]


def read_work_file(path: str) -> dict[str, float]:
    """Read a file of one profile a line: its path, then blanks or a tab, then its work; `#` begins a comment.

    Raises:
        UnreadableInput: the file cannot be read.
        MalformedProfile: a line is something else.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableInput(path, (reason or str(error)).lower()) from error
    work: dict[str, float] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, _, amount = text.replace("\t", " ").rpartition(" ")
        try:
            value = float(amount)
        except ValueError:
            value = -1.0
        if not name or not (value > 0 and np.isfinite(value)):
            raise MalformedProfile(path, f"expected a path and a positive number, not {text!r}", line=number)
        work[name.strip()] = value
    return work


def work_of_paths(known: Mapping[str, float], paths: Sequence[str]) -> list[float]:
    """Return the work of each profile: of its path as it was given, else of the same file, else of its file name.

    Raises:
        UsageError: a profile is not listed.
    """
    real = {os.path.realpath(path): value for path, value in known.items()}
    names: dict[str, list[float]] = {}
    for path, value in known.items():
        names.setdefault(os.path.basename(path), []).append(value)
    found = []
    for path in paths:
        same_name = names.get(os.path.basename(path), [])
        if path in known:
            found.append(known[path])
        elif os.path.realpath(path) in real:
            found.append(real[os.path.realpath(path)])
        elif len(same_name) == 1:
            found.append(same_name[0])
        else:
            raise UsageError(f"no work is given for {path}", hint="one line a profile: path, work")
    return found
