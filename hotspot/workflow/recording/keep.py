"""Keep a recording under ``.hotspot/``: its profile, the record of how it was made, what is to be said of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hotspot.analysis.broken_stacks import broken_stacks
from hotspot.config import Config
from hotspot.exporters.registry import Exporter
from hotspot.files import file_digest, within, write_atomically
from hotspot.git import head
from hotspot.profile import Profile
from hotspot.record.recorder import Recorder
from hotspot.record.session import Recorded
from hotspot.record.target import Target
from hotspot.state import RunRecord, State, StoredProfile, machine_facts, new_id
from hotspot.workflow.kept_form import kept_suffix
from hotspot.workflow.recorded import with_recording

FEW_SAMPLES = 20
SIDES = ("before", "after")


@dataclass(frozen=True, eq=False)
class Kept:
    """A recording and where it is kept.

    Attributes:
        path: the stored profile, absolute.
        notes: what a reader must know, in sentences.
    """

    profile: Profile
    record: RunRecord
    path: Path
    interrupted: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a recording belongs: to a turn of a comparison, or to none."""

    group: str | None = None
    side: int | None = None
    label: str | None = None
    turn: int | None = None
    round: int = 0
    root: Path | None = None
    revision: str | None = None
    output: Path | None = None
    exporter: Exporter | None = None

    @property
    def turn_id(self) -> str:
        """Name of the run of a turn."""
        return f"{self.group}-{self.turn:02}-{SIDES[self.side or 0]}"


@dataclass(frozen=True, eq=False)
class Aside:
    """A recording as it lies in a temporary folder.

    Attributes:
        recorder: that made it.
        recorded: how the run went.
        options: what the recorder was given.
        native: the recorder's own file.
        kept: the form that is kept.
        profile: read from it.
    """

    recorder: Recorder
    recorded: Recorded
    options: tuple[str, ...]
    native: Path
    kept: Path
    profile: Profile


def keep(config: Config, target: Target, work: float | None, place: Place, aside: Aside) -> Kept:
    """Keep a recording and the record of its run.

    Args:
        config: of the project.
        target: that ran.
        work: that it did, in the user's own unit, where known.
        place: where it belongs.
        aside: the recording.
    """
    recorded, profile = aside.recorded, aside.profile
    run_id = new_id(recorded.started) if place.group is None else place.turn_id
    path = _written(config, run_id, place, aside)
    stored = [_stored(path, config.root)]
    if place.output is not None:
        _write_output(place.output, place.exporter, profile, aside.native)
        stored.append(_stored(place.output, config.root))
    revision, dirty = _code_that_ran(config, place)
    record = RunRecord(
        id=run_id,
        started=recorded.started,
        ended=recorded.ended,
        command=target.command,
        cwd=within(place.root or config.root, os.path.abspath(target.cwd)),
        pid=target.pid,
        exit_code=recorded.exit_code,
        work=work,
        revision=revision,
        dirty=dirty,
        recorder=aside.recorder.version(),
        recorder_options=aside.options,
        machine=machine_facts(),
        profiles=tuple(stored),
        group=place.group,
        side=place.side,
        label=place.label,
        turn=place.turn,
    )
    State(config.state_directory).write_run(record)
    label = place.label or target.name
    named = replace(profile, label=label if place.group is None else f"{label} {place.round + 1}")
    named = replace(named, provenance=replace(named.provenance, path=str(path)))
    return Kept(
        profile=with_recording(named, record),
        record=record,
        path=path,
        interrupted=recorded.interrupted,
        notes=_notes(label, recorded, named) + (lost_callers([named]) if place.group is None else ()),
    )


def _written(config: Config, run_id: str, place: Place, aside: Aside) -> Path:
    """Write the profile where it belongs and return its path."""
    runs = State(config.state_directory).runs
    if place.group is None:
        stem = runs / run_id
    else:
        stem = runs / place.group / SIDES[place.side or 0] / f"{place.round + 1:02}"
    path = stem.with_name(stem.name + kept_suffix(aside.native))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, aside.kept.read_bytes())
    return path


def _code_that_ran(config: Config, place: Place) -> tuple[str | None, bool | None]:
    """The commit of the code that ran, and whether there were uncommitted changes; None where that is not known."""
    if place.revision is not None:
        return place.revision, False
    at = head(config.root)
    return (at.revision, at.dirty) if at is not None else (None, None)


def ended(exit_code: int) -> str:
    """Return how a program ended, in words."""
    return f"exit code {exit_code}" if exit_code >= 0 else f"killed by signal {-exit_code}"


def _notes(label: str, recorded: Recorded, profile: Profile) -> tuple[str, ...]:
    notes = []
    if recorded.exit_code:
        notes.append(f"{label} failed ({ended(recorded.exit_code)}); what was recorded until then is kept")
    count = profile.sample_count
    if count is not None and count < FEW_SAMPLES:
        notes.append(
            f"{count} {'sample' if count == 1 else 'samples'} only: too few to rank anything; record longer, give it more work, or raise --rate"
        )
    return tuple(notes)


def lost_callers(profiles: Sequence[Profile]) -> tuple[str, ...]:
    """Return what is to be said of the recording whose stacks are the worst, if anything."""
    worst = max((broken_stacks(profile) for profile in profiles), key=lambda broken: broken.share)
    if worst.warning is None:
        return ()
    return (worst.warning if len(profiles) == 1 else f"of the worst run: {worst.warning}",)


def _write_output(output: Path, exporter: Exporter | None, profile: Profile, native: Path) -> None:
    write_atomically(output, native.read_bytes() if exporter is None else exporter.write(profile))


def keep_as_latest(state: State, path: Path) -> None:
    """Make a profile the one that commands take where none is named."""
    latest = state.directory / f"latest{''.join(path.suffixes)}"
    write_atomically(latest, path.read_bytes())
    for other in state.directory.glob("latest.*"):
        if other != latest:
            other.unlink(missing_ok=True)


def _stored(path: Path, root: Path) -> StoredProfile:
    return StoredProfile(within(root, os.path.abspath(path)), file_digest(path))
