"""The small state on disk, ``.hotspot/`` at the project's root: recordings, baselines, caches (``docs/state.md``).

Everything is a plain file that can be deleted, ignored or committed. A `RunRecord` says how one recording or
measurement was made; it is JSON, ``runs/ID.json``. Keys that this version does not know survive being rewritten.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from hotspot.errors import HotspotError, UnreadableInput
from hotspot.files import write_atomically

SCHEMA = "hotspot.run/1"


class MalformedState(HotspotError):
    """A file of the state is damaged, or not what its name says."""


@dataclass(frozen=True)
class State:
    """The folders of one project's state; they exist once something is written.

    Attributes:
        directory: ``.hotspot`` at the project's root (`Config.state_directory`).
    """

    directory: Path

    @property
    def runs(self) -> Path:
        """Recordings and their records."""
        return self.directory / "runs"

    @property
    def baselines(self) -> Path:
        """Saved benchmark results."""
        return self.directory / "baselines"

    @property
    def gates(self) -> Path:
        """What the gate answered, and the runs that it made for it."""
        return self.directory / "gates"

    @property
    def cache(self) -> Path:
        """What can be computed again; ignored by git."""
        return self.directory / "cache"

    @property
    def worktrees(self) -> Path:
        """Revisions checked out while a command runs; ignored by git."""
        return self.directory / "worktrees"

    @property
    def rules(self) -> Path:
        """The project's own advice rules."""
        return self.directory / "rules"

    def ignored(self, name: Literal["cache", "worktrees"]) -> Path:
        """Make a folder of the state whose contents git never sees, and return it."""
        folder = self.directory / name
        folder.mkdir(parents=True, exist_ok=True)
        marker = folder / ".gitignore"
        if not marker.exists():
            marker.write_text("*\n")
        return folder

    def run_ids(self) -> list[str]:
        """Return the names of the run records, oldest first."""
        return sorted(path.stem for path in self.runs.glob("*.json"))

    def read_run(self, run_id: str) -> RunRecord:
        """Read a run record.

        Raises:
            UnreadableInput: there is none of that name.
            MalformedState: it is damaged.
        """
        return read_run_record(self.runs / f"{run_id}.json")

    def write_run(self, record: RunRecord) -> Path:
        """Write a run record and return its path."""
        self.runs.mkdir(parents=True, exist_ok=True)
        path = self.runs / f"{record.id}.json"
        write_json(path, record.to_dict())
        return path

    def has_records(self) -> bool:
        """Return whether anything was recorded at all."""
        return any(self.runs.glob("*.json"))

    def records_of(self, sha256: str) -> Iterator[RunRecord]:
        """Yield the records of a profile, told by its checksum, newest first."""
        return self._records({sha256})

    def newest_records(self, checksums: Collection[str]) -> dict[str, RunRecord]:
        """Return the newest record of each profile that has one, told by its checksum."""
        found: dict[str, RunRecord] = {}
        for record in self._records(checksums):
            for profile in record.profiles:
                found.setdefault(profile.sha256, record)
        return {checksum: record for checksum, record in found.items() if checksum in checksums}

    def _records(self, checksums: Collection[str]) -> Iterator[RunRecord]:
        """Yield the records that name one of the checksums, newest first; damaged ones are passed over."""
        wanted = [checksum.encode() for checksum in checksums if checksum]
        for path in sorted(self.runs.glob("*.json"), reverse=True) if wanted else ():
            try:
                data = path.read_bytes()
                if any(checksum in data for checksum in wanted):
                    yield read_run_record(path)
            except (OSError, HotspotError):
                continue


@dataclass(frozen=True)
class Machine:
    """What of a machine matters to a measurement; nothing that names it or its owner. None is not known."""

    system: str
    kernel: str
    architecture: str
    cpu: str | None
    cores: int | None
    memory_bytes: int | None
    python: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return dict(vars(self))


@dataclass(frozen=True)
class StoredProfile:
    """A profile that a run left: its path, relative to the project's root where it lies inside, and its checksum."""

    path: str
    sha256: str


@dataclass(frozen=True)
class RunRecord:
    """How one recording was made.

    Attributes:
        id: unique in the project, and sorts by time.
        group: what the runs of one comparison share; None for a single run.
        side: of the comparison, 0 before, 1 after; None for a single run.
        label: of the side, for people.
        turn: 0-based place in the order in which the runs of the group were made.
        started: in UTC, when the recording began, and ``ended``.
        command: argument list; empty for a process that was already running.
        cwd: where it ran, relative to the project's root where that is inside.
        pid: of the process that was already running, or None.
        exit_code: the program's, negative a signal; None where it is not known.
        work: work done, in the user's own unit, where known.
        revision: commit hash of the code that ran, ``dirty`` whether it had uncommitted changes; None outside git.
        recorder: program and version, and ``recorder_options`` as it was given them.
        machine: see `Machine`.
        profiles: the files that hold the recording, the same data in one format or several.
        extra: keys of the file that this version does not know.
    """

    id: str
    started: datetime
    ended: datetime
    command: tuple[str, ...]
    cwd: str
    recorder: str
    machine: Machine
    profiles: tuple[StoredProfile, ...]
    recorder_options: tuple[str, ...] = ()
    pid: int | None = None
    exit_code: int | None = None
    work: float | None = None
    revision: str | None = None
    dirty: bool | None = None
    group: str | None = None
    side: int | None = None
    label: str | None = None
    turn: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object, unknown keys last."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "group": self.group,
            "side": self.side,
            "label": self.label,
            "turn": self.turn,
            "started": _text_of(self.started),
            "ended": _text_of(self.ended),
            "command": list(self.command),
            "cwd": self.cwd,
            "pid": self.pid,
            "exit_code": self.exit_code,
            "work": self.work,
            "revision": self.revision,
            "dirty": self.dirty,
            "recorder": self.recorder,
            "recorder_options": list(self.recorder_options),
            "machine": self.machine.to_dict(),
            "profiles": [dict(vars(profile)) for profile in self.profiles],
            **self.extra,
        }


def new_id(started: datetime) -> str:
    """Return a name for a run that sorts by time and that no other has: ``20261127T045338Z-3fa1``."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON object of the state, atomically, so that it reads and differs well."""
    text = json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
    write_atomically(path, text.encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of the state.

    Raises:
        UnreadableInput: there is no such file.
        MalformedState: it is no JSON object.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UnreadableInput(str(path), (error.strerror or str(error)).lower()) from error
    except (ValueError, RecursionError) as error:
        raise MalformedState(f"{path}: no valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedState(f"{path}: expected a JSON object")
    return document


def read_run_record(path: Path) -> RunRecord:
    """Read a run record; see `State.read_run`."""
    document = read_json(path)
    take = _Taker(path, document)
    schema = take.required("schema", str)
    if schema != SCHEMA:
        raise MalformedState(f"{path}: schema {schema!r}, expected {SCHEMA!r}")
    machine = _Taker(path, take.required("machine", dict))
    profiles = [_Taker(path, each) for each in take.list_of("profiles", dict)]
    return RunRecord(
        id=take.required("id", str),
        group=take.optional("group", str),
        side=take.optional("side", int),
        label=take.optional("label", str),
        turn=take.optional("turn", int),
        started=take.moment("started"),
        ended=take.moment("ended"),
        command=tuple(take.list_of("command", str)),
        cwd=take.required("cwd", str),
        pid=take.optional("pid", int),
        exit_code=take.optional("exit_code", int),
        work=take.optional("work", (int, float)),
        revision=take.optional("revision", str),
        dirty=take.optional("dirty", bool),
        recorder=take.required("recorder", str),
        recorder_options=tuple(take.list_of("recorder_options", str)),
        machine=Machine(
            system=machine.required("system", str),
            kernel=machine.required("kernel", str),
            architecture=machine.required("architecture", str),
            cpu=machine.optional("cpu", str),
            cores=machine.optional("cores", int),
            memory_bytes=machine.optional("memory_bytes", int),
            python=machine.required("python", str),
        ),
        profiles=tuple(
            StoredProfile(each.required("path", str), each.required("sha256", str)) for each in profiles
        ),
        extra=take.rest(),
    )


class _Taker:
    """Takes typed values out of a JSON object and knows what is left."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self._path = path
        self._document = document
        self._taken: set[str] = set()

    def required(self, key: str, kind: type) -> Any:
        value = self.optional(key, kind)
        if value is None:
            raise MalformedState(f"{self._path}: {key!r} is missing")
        return value

    def optional(self, key: str, kind: type | tuple[type, ...]) -> Any:
        self._taken.add(key)
        value = self._document.get(key)
        # bool is an int to isinstance, not to a reader of JSON
        if value is not None and (
            not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        ):
            raise MalformedState(f"{self._path}: {key!r} has a value of the wrong type: {value!r}")
        return value

    def list_of(self, key: str, kind: type) -> list[Any]:
        values: list[Any] = self.required(key, list)
        if not all(isinstance(value, kind) for value in values):
            raise MalformedState(f"{self._path}: {key!r} holds a value of the wrong type")
        return values

    def moment(self, key: str) -> datetime:
        text = self.required(key, str)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise MalformedState(f"{self._path}: {key!r} is no time: {text!r}") from error
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    def rest(self) -> dict[str, Any]:
        return {key: value for key, value in self._document.items() if key not in self._taken}


def _text_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def machine_facts() -> Machine:
    """Return the facts of this machine."""
    return Machine(
        system=platform.system(),
        kernel=platform.release(),
        architecture=platform.machine(),
        cpu=_cpu_model(),
        cores=_usable_cores(),
        memory_bytes=_memory_bytes(),
        python=platform.python_version(),
    )


def _cpu_model() -> str | None:
    """Return the CPU's name: /proc/cpuinfo on Linux, sysctl on macOS."""
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() in ("model name", "Model", "cpu model"):
                return value.strip()
    except OSError:
        pass
    return platform.processor() or None


def _usable_cores() -> int | None:
    """Return the cores this process may run on, which a container limits."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None
