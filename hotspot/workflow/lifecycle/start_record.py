"""What ``issues start`` recorded: the "before" that a change is held against, as plain JSON.

One file an issue, ``.hotspot/issues/KEY/start.json``; KEY is the fingerprint, which survives a renamed issue file,
else the name. See docs/issues.md for its keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotspot.benchmarks.model import Benchmark, Results, seconds_array
from hotspot.config import Config
from hotspot.errors import UnreadableInput, UsageError
from hotspot.source.changes import untracked
from hotspot.state import write_json
from hotspot.workflow.issues.issue_model import UNKNOWN
from hotspot.workflow.issues.store import StoredIssue

_SCHEMA = "hotspot.issues.start/1"
_MOST_UNTRACKED = 10_000


@dataclass(frozen=True)
class Coverage:
    """Whether the benchmark runs the issue's function.

    Attributes:
        share: of its profile that the function holds, with all it calls; None where there is no profile of it.
        profile: how that is called.
        why: where the share is not known, why.
    """

    share: float | None
    profile: str | None
    why: str | None = None

    LEAST = 0.01

    @property
    def covered(self) -> bool | None:
        """None where it is not known."""
        return None if self.share is None else self.share >= self.LEAST


@dataclass(frozen=True)
class StartRecord:
    """The state at the start of the work.

    Attributes:
        recorded: when, ISO 8601 in UTC.
        commit: what was checked out; None outside a repository.
        dirty: whether tracked files differed from it.
        lay_about: untracked files then: path -> (size, mtime in ns), to tell them from those of the change.
        command: the benchmark's, where it was run.
        target: name of the benchmark that decides.
        results: its measurements; None where only a profile stands for the state.
        profile: how the issue's profile is called and its SHA-256, as the issue says.
        coverage: of the place by the benchmark.
        tests: ``PASS`` or ``FAIL`` of the configured tests before the change; None where none are configured.
    """

    recorded: str
    commit: str | None
    dirty: bool
    lay_about: Mapping[str, tuple[int, int]]
    command: tuple[str, ...]
    target: str | None
    results: Results | None
    profile: str
    coverage: Coverage
    tests: str | None = None

    def untouched(self, root: Path) -> frozenset[str]:
        """Return the files that lay about untracked at the start and are as they were."""
        now = files_lying_about(root)
        return frozenset(path for path, seen in self.lay_about.items() if now.get(path) == seen)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        results = self.results
        return {
            "schema": _SCHEMA,
            "recorded": self.recorded,
            "commit": self.commit,
            "dirty": self.dirty,
            "profile": self.profile,
            "benchmark_command": list(self.command) or None,
            "target": self.target,
            "coverage": {
                "covered": self.coverage.covered,
                "share": self.coverage.share,
                "profile": self.coverage.profile,
                "why": self.coverage.why,
            },
            "tests": self.tests,
            "results": _results_dict(results) if results else None,
            "untracked": {path: list(seen) for path, seen in self.lay_about.items()},
        }


def files_lying_about(root: Path) -> dict[str, tuple[int, int]]:
    """Return the untracked files with size and time of change; the first ones where there are very many."""
    found: dict[str, tuple[int, int]] = {}
    for path in untracked(root)[:_MOST_UNTRACKED]:
        try:
            status = (root / path).stat()
        except OSError:
            continue
        found[path] = (status.st_size, status.st_mtime_ns)
    return found


def folder_of(stored: StoredIssue, config: Config) -> Path:
    """Return the folder of what hotspot keeps for one issue."""
    fingerprint = stored.issue.field("FINGERPRINT")
    return config.state_directory / "issues" / (stored.name if fingerprint == UNKNOWN else fingerprint)


def save_start(stored: StoredIssue, config: Config, record: StartRecord) -> Path:
    """Write what was recorded; only under the lock of the issues."""
    folder = folder_of(stored, config)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "start.json"
    write_json(path, record.to_dict())
    return path


def load_start(stored: StoredIssue, config: Config) -> StartRecord | None:
    """Read what was recorded at the start; None where nothing was.

    Raises:
        UnreadableInput: the file is there and is not what `save_start` writes.
    """
    path = folder_of(stored, config) / "start.json"
    try:
        document = json.loads(path.read_bytes())
        return _record_from(document)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableInput(str(path), (error.strerror or str(error)).lower()) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = f"`hotspot issues start {stored.name}` writes a new one, once this file is gone"
        raise UnreadableInput(str(path), "not what `issues start` writes", hint=hint) from error


def with_target(record: StartRecord, target: str | None) -> StartRecord:
    """Return the record with the benchmark that decides.

    Args:
        record: whose results hold it.
        target: a name; None for the only one, and None where there are no results.

    Raises:
        UsageError: no such benchmark, or several to choose from.
    """
    results = record.results
    return record if results is None else replace(record, target=chosen_target(results, target))


def chosen_target(results: Results, target: str | None) -> str:
    """Return the benchmark that decides: the one named, else the only one.

    Raises:
        UsageError: no such benchmark, or several to choose from.
    """
    names = [benchmark.name for benchmark in results.benchmarks]
    if target is None and len(names) == 1:
        return names[0]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    if target is None:
        raise UsageError(
            f"{results.path} holds {len(names)} benchmarks: which one decides?",
            hint=f"--target NAME, one of: {shown}",
        )
    if target in names:
        return target
    found = [name for name in names if target.lower() in name.lower()]
    if len(found) == 1:
        return found[0]
    what = "is ambiguous" if found else "is not there"
    raise UsageError(f"--target {target!r} {what} in {results.path}", hint=f"it holds: {shown}")


def _results_dict(results: Results) -> dict[str, Any]:
    return {
        "path": results.path,
        "sha256": results.sha256,
        "format": results.format,
        "machine": dict(results.machine),
        "benchmarks": [
            {
                "name": benchmark.name,
                "seconds": benchmark.seconds.tolist(),
                "one_process": benchmark.one_process,
                "peak_bytes": list(benchmark.peak_bytes),
            }
            for benchmark in results.benchmarks
        ],
    }


def _results_from(document: Mapping[str, Any]) -> Results:
    return Results(
        path=document["path"],
        sha256=document["sha256"],
        format=document["format"],
        benchmarks=tuple(
            Benchmark(b["name"], seconds_array(b["seconds"]), b["one_process"], tuple(b["peak_bytes"]))
            for b in document["benchmarks"]
        ),
        machine=document["machine"],
    )


def _record_from(document: Mapping[str, Any]) -> StartRecord:
    if document["schema"] != _SCHEMA:
        raise ValueError(document["schema"])
    coverage = document["coverage"]
    return StartRecord(
        recorded=document["recorded"],
        commit=document["commit"],
        dirty=document["dirty"],
        lay_about={path: (seen[0], seen[1]) for path, seen in document["untracked"].items()},
        command=tuple(document["benchmark_command"] or ()),
        target=document["target"],
        results=_results_from(document["results"]) if document["results"] else None,
        profile=document["profile"],
        coverage=Coverage(coverage["share"], coverage["profile"], coverage["why"]),
        tests=document.get("tests"),
    )
