"""What the gate judges: the side to let in and, where there is one, the side to compare it with."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hotspot.benchmarks.baselines import Baseline, find_baseline, latest_baseline, machine_key
from hotspot.benchmarks.load import is_results, load_results, pooled
from hotspot.benchmarks.model import Results
from hotspot.benchmarks.run import Session
from hotspot.config import Config
from hotspot.errors import UnreadableInput, UsageError
from hotspot.files import file_digest, within
from hotspot.git import Head
from hotspot.importers.registry import load
from hotspot.profile import Profile
from hotspot.state import RunRecord, State, new_id, write_json
from hotspot.workflow.recorded import with_recording


@dataclass(frozen=True)
class DataFile:
    """A file that measurements were read from.

    Attributes:
        path: relative to the project's root where it lies inside.
        sha256: of its bytes.
    """

    path: str
    sha256: str

    def __str__(self) -> str:
        """Return both, the checksum shortened, as documents quote it."""
        return f"`{self.path}` (sha256 {self.sha256[:12]}...)"


@dataclass(frozen=True, eq=False)
class Measured:
    """Both sides.

    Attributes:
        head: benchmark results to judge, or None.
        base: what to compare them with, or None.
        head_profiles: profiles to judge, one a run.
        base_profiles: what to compare them with.
        base_name: what the base is, for people; None where there is none.
        baseline_id: of the saved baseline that the base is, or None.
        base_revision: commit of the base, where known.
        judged: what was measured, where the measurements tell.
        equal_work: every profiled run is known to have done the same work; else functions that did not change tell.
        notes: what was assumed, in sentences.
        files: that it was read from, those of the base first.
    """

    head: Results | None = None
    base: Results | None = None
    head_profiles: tuple[Profile, ...] = ()
    base_profiles: tuple[Profile, ...] = ()
    base_name: str | None = None
    baseline_id: str | None = None
    base_revision: str | None = None
    judged: Head | None = None
    equal_work: bool = False
    notes: tuple[str, ...] = ()
    files: tuple[DataFile, ...] = ()


def from_session(config: Config, session: Session, base_name: str) -> Measured:
    """Take the two sides that were just measured in turn, and keep every run beside the gate's answers."""
    folder = State(config.state_directory).gates
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{new_id(datetime.now(UTC))}-runs.json"
    write_json(path, session.to_dict())
    revision, judged = session.revisions
    return Measured(
        head=session.results(1),
        base=session.results(0),
        base_name=base_name,
        base_revision=None if revision is None else revision.commit,
        judged=None if judged is None else Head(judged.commit, judged.dirty),
        files=(data_file(config, path, file_digest(path)),),
    )


def from_files(
    config: Config,
    paths: Sequence[str],
    before: Sequence[str] = (),
    baseline: str | None = None,
    *,
    default: Callable[[Config], Baseline | None] = latest_baseline,
) -> Measured:
    """Read the side to judge; and the base from files, from the baseline of a name, else from the newest baseline.

    A file that holds several sides (`hotspot bench run --rev` writes such) brings its own base along.

    Args:
        config: the project.
        paths: results and profiles to judge.
        before: what to compare them with.
        baseline: the name of the one to compare them with.
        default: the baseline to take where no base is named.

    Raises:
        HotspotError: a file cannot be read, or there is no such baseline.
        UsageError: two bases were named.
    """
    if before and baseline is not None:
        raise UsageError("give --before or --baseline, not both")
    results, profiles = read_files(paths)
    head = pooled(results) if results else None
    measured = Measured(
        head=head,
        head_profiles=profiles,
        judged=_told(head),
        files=_files(config, results, profiles),
    )
    if before:
        base_results, base_profiles = read_files(before)
        base = pooled(base_results) if base_results else None
        return replace(
            measured,
            base=base,
            base_profiles=base_profiles,
            base_name=" ".join(before),
            base_revision=base.revision if base is not None else None,
            files=(*_files(config, base_results, base_profiles), *measured.files),
        )
    sides = results[0].sides if len(results) == 1 and not profiles else ()
    if len(sides) == 2 and baseline is None:
        return replace(
            measured,
            head=sides[1],
            base=sides[0],
            base_name=sides[0].path,
            base_revision=sides[0].revision,
            judged=_told(sides[1]),
        )
    if sides:
        measured = replace(measured, head=sides[-1], judged=_told(sides[-1]))
    found = find_baseline(config, baseline) if baseline is not None else default(config)
    return measured if found is None else _with_baseline(config, measured, found)


def from_recording(config: Config) -> Measured:
    """Take the newest comparison that `hotspot record --against` or `--against-rev` left.

    Raises:
        UsageError: there is none.
    """
    state = State(config.state_directory)
    newest = next((run for name in reversed(state.run_ids()) if (run := state.read_run(name)).group), None)
    if newest is None:
        raise UsageError(
            "nothing to judge",
            hint="name benchmark results or profiles, give --base REV, or record a comparison: "
            "hotspot record --runs 5 --against-rev main -- COMMAND",
        )
    runs = [run for name in state.run_ids() if (run := state.read_run(name)).group == newest.group]
    base, head = (_profiles(config, [run for run in runs if run.side == side]) for side in (0, 1))
    first = next((run for run in runs if run.side == 0), newest)
    last = next((run for run in runs if run.side == 1), newest)
    return Measured(
        head_profiles=head,
        base_profiles=base,
        base_name=first.label or first.revision,
        base_revision=first.revision,
        judged=Head(last.revision, bool(last.dirty)) if last.revision is not None else None,
        # One command on both sides is one piece of work, however long each revision takes for it.
        equal_work=len({run.command for run in runs}) == 1 and all(run.pid is None for run in runs),
        notes=(f"the comparison recorded {newest.started:%Y-%m-%d %H:%M} UTC: {' '.join(newest.command)}",),
        files=_files(config, (), (*base, *head)),
    )


def read_files(paths: Sequence[str]) -> tuple[list[Results], tuple[Profile, ...]]:
    """Read benchmark results and profiles, in any mixture; profiles are runs of one program."""
    results, profiles = [], []
    for path in paths:
        if is_results(path):
            results.append(load_results(path))
        else:
            profiles.append(replace(load(path), label=Path(path).name))
    return results, tuple(profiles)


def data_file(config: Config, path: str | os.PathLike[str], sha256: str) -> DataFile:
    """Return a file as documents quote it."""
    return DataFile(within(config.root, path), sha256)


def _told(results: Results | None) -> Head | None:
    """Files tell the revision of what had no uncommitted changes only."""
    return None if results is None or results.revision is None else Head(results.revision, dirty=False)


def _files(config: Config, results: Sequence[Results], profiles: Sequence[Profile]) -> tuple[DataFile, ...]:
    named = [(one.path, one.sha256) for one in results]
    named += [(one.provenance.path, one.provenance.sha256) for one in profiles]
    return tuple(data_file(config, path, sha256) for path, sha256 in named)


def _with_baseline(config: Config, measured: Measured, baseline: Baseline) -> Measured:
    notes = []
    here = measured.head.machine if measured.head is not None else {}
    if here and baseline.machine and machine_key(here) != machine_key(baseline.machine):
        notes.append(f"the baseline {baseline.id} was measured on another machine")
    return replace(
        measured,
        base=baseline.results,
        base_profiles=read_files([str(path) for path in baseline.profiles])[1],
        base_name=f"baseline {baseline.label or baseline.id}",
        baseline_id=baseline.id,
        base_revision=baseline.revision,
        notes=(*measured.notes, *notes),
        files=(data_file(config, baseline.file, file_digest(baseline.file)), *measured.files),
    )


def _profiles(config: Config, runs: Sequence[RunRecord]) -> tuple[Profile, ...]:
    profiles = []
    for run in runs:
        if not run.profiles:
            continue
        path = config.root / run.profiles[0].path
        if not path.exists():
            raise UnreadableInput(str(path), f"the profile of run {run.id} is gone")
        profiles.append(with_recording(replace(load(str(path)), label=run.id), run))
    return tuple(profiles)
