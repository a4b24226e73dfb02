"""What the gate judges: the side to let in and, where there is one, the side to compare it with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotspot.benchmarks.baselines import Baseline, find_baseline, latest_baseline, machine_key
from hotspot.benchmarks.load import is_results, load_results, pooled
from hotspot.benchmarks.model import Results
from hotspot.benchmarks.run import Session
from hotspot.config import Config
from hotspot.errors import UnreadableInput, UsageError
from hotspot.importers.registry import load
from hotspot.profile import Profile
from hotspot.state import RunRecord, State
from hotspot.workflow.recorded import with_recording


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
        equal_work: every profiled run is known to have done the same work; else functions that did not change tell.
        notes: what was assumed, in sentences.
    """

    head: Results | None = None
    base: Results | None = None
    head_profiles: tuple[Profile, ...] = ()
    base_profiles: tuple[Profile, ...] = ()
    base_name: str | None = None
    baseline_id: str | None = None
    base_revision: str | None = None
    equal_work: bool = False
    notes: tuple[str, ...] = ()


def from_session(session: Session, base_name: str) -> Measured:
    """Take the two sides that were just measured in turn."""
    revision = session.revisions[0]
    return Measured(
        head=session.results(1),
        base=session.results(0),
        base_name=base_name,
        base_revision=None if revision is None else revision.commit,
    )


def from_files(
    config: Config, paths: Sequence[str], before: Sequence[str] = (), baseline: str | None = None
) -> Measured:
    """Read the side to judge; and the base from files, from the baseline of a name, else from the newest baseline.

    A file that holds several sides (`hotspot bench run --rev` writes such) brings its own base along.

    Raises:
        HotspotError: a file cannot be read, or there is no such baseline.
        UsageError: two bases were named.
    """
    if before and baseline is not None:
        raise UsageError("give --before or --baseline, not both")
    results, profiles = read_files(paths)
    measured = Measured(head=pooled(results) if results else None, head_profiles=profiles)
    if before:
        base_results, base_profiles = read_files(before)
        base = pooled(base_results) if base_results else None
        return replace(
            measured,
            base=base,
            base_profiles=base_profiles,
            base_name=" ".join(before),
            base_revision=base.revision if base is not None else None,
        )
    sides = results[0].sides if len(results) == 1 and not profiles else ()
    if len(sides) == 2 and baseline is None:
        return replace(
            measured, head=sides[1], base=sides[0], base_name=sides[0].path, base_revision=sides[0].revision
        )
    if sides:
        measured = replace(measured, head=sides[-1])
    found = find_baseline(config, baseline) if baseline is not None else latest_baseline(config)
    return measured if found is None else _with_baseline(measured, found)


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
    return Measured(
        head_profiles=head,
        base_profiles=base,
        base_name=first.label or first.revision,
        base_revision=first.revision,
        # One command on both sides is one piece of work, however long each revision takes for it.
        equal_work=len({run.command for run in runs}) == 1 and all(run.pid is None for run in runs),
        notes=(f"the comparison recorded {newest.started:%Y-%m-%d %H:%M} UTC: {' '.join(newest.command)}",),
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


def _with_baseline(measured: Measured, baseline: Baseline) -> Measured:
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
