"""Saved measurements to compare later ones with: one folder each under ``.hotspot/baselines/``.

A baseline is keyed by the git revision that was measured and by the machine: its name is ``REVISION-MACHINE``, and saving
the same again replaces it. The folder holds ``baseline.json`` (the raw measurements and where they come from) and the
profiles that were saved with it, so that it stands for itself when the measured files are gone.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from hotspot.benchmarks.load import is_results, load_results, pooled
from hotspot.benchmarks.model import Benchmark, Results
from hotspot.benchmarks.run import machine_texts
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.files import write_atomically
from hotspot.git import head
from hotspot.importers.base import file_source
from hotspot.importers.registry import load_all
from hotspot.state import MalformedState, State, machine_facts, read_json, write_json

SCHEMA = "hotspot.baseline/1"
_FILE = "baseline.json"
_MACHINE_KEYS = ("cpu", "cores")
"""What makes two machines different to a measurement, of the facts that every tool tells."""


@dataclass(frozen=True)
class Baseline:
    """A saved baseline.

    Attributes:
        id: its name, and its folder's.
        created: when it was saved, in UTC.
        revision: full commit hash; None outside git.
        dirty: whether there were uncommitted changes.
        machine: what is known of where it was measured.
        results: benchmark results, or None where only profiles were saved.
        profiles: paths of the profiles, in the order they were given.
        file: that holds all of it but the profiles.
        label: what the user called it, or None.
    """

    id: str
    created: datetime
    revision: str | None
    dirty: bool
    machine: Mapping[str, str]
    results: Results | None
    profiles: tuple[Path, ...]
    file: Path
    label: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the baseline as JSON; times in seconds."""
        benchmarks = self.results.benchmarks if self.results is not None else ()
        return {
            "id": self.id,
            "label": self.label,
            "created": self.created.isoformat(timespec="seconds"),
            "revision": self.revision,
            "dirty": self.dirty,
            "machine": dict(self.machine),
            "benchmarks": [
                {
                    "name": one.name,
                    "median": one.median,
                    "measurements": int(one.seconds.size),
                    "peak_bytes": one.median_peak_bytes,
                }
                for one in benchmarks
            ],
            "profiles": [path.name for path in self.profiles],
        }


class _Benchmark(msgspec.Struct):
    name: str
    seconds: list[float]
    one_process: bool
    peak_bytes: list[int] = []
    started: list[float] = []


class _File(msgspec.Struct):
    schema: str
    created: str
    machine: dict[str, str]
    benchmarks: list[_Benchmark]
    profiles: list[str]
    revision: str | None = None
    dirty: bool = False
    label: str | None = None
    format: str = ""
    sources: list[str] = []


def save_baseline(config: Config, paths: Sequence[str], *, label: str | None = None) -> tuple[Baseline, bool]:
    """Save results and profiles as the baseline of the revision they tell, else of what is checked out.

    Args:
        config: the project.
        paths: benchmark results and profiles, in any format. A file with several sides stands for its last one.
        label: a name for people, unique in the project.

    Returns:
        The baseline, and whether it replaced one of its key.

    Raises:
        HotspotError: a file cannot be read; nothing is saved then.
    """
    results = [_last_side(load_results(path)) for path in paths if is_results(path)]
    profiles = [path for path in paths if not is_results(path)]
    for path in profiles:
        load_all(path)  # what cannot be read now cannot be compared later
    together = pooled(results) if results else None
    at = head(config.root)
    told = together.revision if together is not None else None
    revision = told or (at.revision if at is not None else None)
    dirty = told is None and at is not None and at.dirty
    machine = (
        dict(together.machine)
        if together is not None and together.machine
        else machine_texts(machine_facts())
    )
    created = datetime.now(UTC)
    name = f"{_revision_key(revision, dirty, created)}-{machine_key(machine)}"
    folder = State(config.state_directory).baselines / name
    replaced = folder.exists()
    stored = _store(folder, profiles)
    document = _File(
        schema=SCHEMA,
        created=created.isoformat(),
        machine=machine,
        benchmarks=[
            _Benchmark(one.name, one.seconds.tolist(), one.one_process, [*one.peak_bytes], [*one.started])
            for one in (together.benchmarks if together is not None else ())
        ],
        profiles=stored,
        revision=revision,
        dirty=dirty,
        label=label,
        format=together.format if together is not None else "",
        sources=[os.path.basename(path) for path in paths],
    )
    write_json(folder / _FILE, msgspec.to_builtins(document))
    for old in folder.iterdir():
        if old.name not in {_FILE, *stored}:  # of the one it replaces
            old.unlink()
    return _read(folder), replaced


def list_baselines(config: Config) -> tuple[Baseline, ...]:
    """Return the saved baselines, oldest first.

    Raises:
        MalformedState: one is damaged.
    """
    folder = State(config.state_directory).baselines
    found = [_read(path.parent) for path in folder.glob(f"*/{_FILE}")]
    return tuple(sorted(found, key=lambda baseline: (baseline.created, baseline.id)))


def find_baseline(config: Config, name: str) -> Baseline:
    """Return the baseline of that id, label or revision; a beginning is enough where it is unique.

    Raises:
        UsageError: there is none, or several.
    """
    every = list_baselines(config)
    exact = [one for one in every if name in (one.id, one.label)]
    found = exact or [
        one for one in every if one.id.startswith(name) or (one.revision or "").startswith(name)
    ]
    if not found:
        known = ", ".join(one.id for one in every[-5:])
        raise UsageError(
            f"no baseline {name!r}",
            hint=f"there are {known}" if known else "save one with `hotspot bench baseline save RESULT`",
        )
    here = machine_key(machine_texts(machine_facts()))
    if len(found) > 1:
        found = [one for one in found if machine_key(one.machine) == here] or found
    if len(found) > 1:
        raise UsageError(f"{name!r} is {len(found)} baselines: {', '.join(one.id for one in found)}")
    return found[0]


def latest_baseline(config: Config, machine: Mapping[str, str] | None = None) -> Baseline | None:
    """Return the newest baseline of this machine; where it has none, the newest of any; None where there is none."""
    every = list_baselines(config)
    key = machine_key(machine or machine_texts(machine_facts()))
    same = [one for one in every if machine_key(one.machine) == key]
    known = same or list(every)
    return known[-1] if known else None


def machine_key(machine: Mapping[str, str]) -> str:
    """Return four hex digits that tell machines apart by what every tool tells of them: CPU and cores."""
    facts = "\0".join(machine.get(key, "") for key in _MACHINE_KEYS)
    return hashlib.sha256(facts.encode()).hexdigest()[:4]


def _last_side(results: Results) -> Results:
    return results.sides[-1] if results.sides else results


def _revision_key(revision: str | None, dirty: bool, created: datetime) -> str:
    if revision is None:
        return f"{created:%Y%m%dT%H%M%S}"
    return revision[:10] + ("-dirty" if dirty else "")


def _store(folder: Path, profiles: Sequence[str]) -> list[str]:
    """Copy profiles into the folder, numbered in their order; what they are called stays readable."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number, path in enumerate(profiles, start=1):
        base = re.sub(r"[^\w.+-]", "_", os.path.basename(path))[-80:] or "profile"
        name = f"{number:02d}-{base}"
        with file_source(path).opener() as stream:
            write_atomically(folder / name, iter(lambda: stream.read(1 << 20), b""))
        names.append(name)
    return names


def _read(folder: Path) -> Baseline:
    path = folder / _FILE
    document = read_json(path)
    try:
        file = msgspec.convert(document, _File)
        created = datetime.fromisoformat(file.created)
        benchmarks = tuple(
            Benchmark(
                one.name, np.array(one.seconds), one.one_process, tuple(one.peak_bytes), tuple(one.started)
            )
            for one in file.benchmarks
        )
    except (msgspec.ValidationError, ValueError) as error:
        raise MalformedState(f"{path}: {str(error)[:1].lower()}{str(error)[1:]}") from error
    if file.schema != SCHEMA:
        raise MalformedState(f"{path}: schema {file.schema!r}, expected {SCHEMA!r}")
    return Baseline(
        id=folder.name,
        created=created if created.tzinfo is not None else created.replace(tzinfo=UTC),
        revision=file.revision,
        dirty=file.dirty,
        machine=file.machine,
        results=Results(f"baseline {folder.name}", "", file.format, benchmarks, file.machine, file.revision)
        if benchmarks
        else None,
        profiles=tuple(folder / os.path.basename(name) for name in file.profiles),
        file=path,
        label=file.label,
    )
