"""Record, import, keep: one program, or two in turn to compare them.

What is kept under ``.hotspot/`` is small and can be read anywhere (`hotspot.workflow.kept_form`); ``docs/state.md``
describes it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from hotspot.analysis.broken_stacks import broken_stacks
from hotspot.analysis.diff import Diff, InApp, diff
from hotspot.config import Config, load_config
from hotspot.errors import EmptyProfile, TooFewSamples, UnknownFormat, UsageError
from hotspot.exporters.registry import Exporter, exporter_for
from hotspot.files import write_atomically
from hotspot.git import head
from hotspot.importers.registry import load
from hotspot.profile import Profile
from hotspot.record.choice import RecorderName, choose
from hotspot.record.interleave import Side, Step, StoppedEarly, full_rounds, interleave
from hotspot.record.recorder import Recorder, Wanted
from hotspot.record.session import Recorded
from hotspot.record.session import record as run_recorder
from hotspot.record.target import Target, command_target, process_target
from hotspot.record.worktrees import checked_out
from hotspot.state import RunRecord, State, StoredProfile, machine_facts, new_id
from hotspot.workflow.kept_form import Moved, kept_form, kept_suffix
from hotspot.workflow.recorded import with_recording

Tick = Callable[[float], None]
FEW_SAMPLES = 20
_SIDES = ("before", "after")


@dataclass(frozen=True)
class HowToRecord:
    """What all recordings of one command line share.

    Attributes:
        recorder: see `choose`.
        wanted: rate, call graph and further options.
        duration: seconds after which a recording ends; None for the end of the program, or Ctrl-C.
        work: work that one run does, in the user's own unit, where known.
        tick: told the seconds that passed, several times a second.
    """

    recorder: RecorderName = "auto"
    wanted: Wanted = field(default_factory=Wanted)
    duration: float | None = None
    work: float | None = None
    tick: Tick | None = None


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


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two sides recorded in turn.

    Attributes:
        folders: of the sides' profiles, before and after.
    """

    diff: Diff
    folders: tuple[Path, Path]
    notes: tuple[str, ...]


def record(
    command: Sequence[str] = (),
    *,
    pid: int | None = None,
    duration: float | None = None,
    rate: int | None = None,
    recorder: RecorderName = "auto",
    options: Sequence[str] = (),
    project: Path | None = None,
) -> Profile:
    """Record a program and return its profile; it is also kept as ``.hotspot/latest.*``.

    Args:
        command: argument list to start; or
        pid: a process that is running.
        duration: seconds to record.
        rate: samples a second.
        recorder: ``auto``, ``py-spy``, ``perf`` or ``memray``.
        options: further options of the recorder.
        project: its root; by default found from the current folder.

    Raises:
        HotspotError: what could not be started, looked into or sampled.
    """
    config = load_config(project=project)
    how = HowToRecord(recorder, Wanted(rate, None, tuple(options)), duration)
    return record_one(config, target_of(tuple(command), pid), how).profile


def target_of(command: tuple[str, ...], pid: int | None) -> Target:
    """Return what to record.

    Raises:
        UsageError: neither or both are given, or there is no such program or process.
    """
    if (pid is None) == (not command):
        raise UsageError("say what to record: -- COMMAND..., or --pid PID")
    return process_target(pid) if pid is not None else command_target(command, Path.cwd())


def record_one(config: Config, target: Target, how: HowToRecord, output: Path | None = None) -> Kept:
    """Record one program, and keep it as the latest profile, and also as ``output`` where given.

    Raises:
        TooFewSamples: nothing was sampled.
        HotspotError: it could not be recorded.
    """
    recorder = choose(how.recorder, target)
    exporter = None if output is None else _output_format(output, recorder)
    kept = _record(config, recorder, target, how, _Place(output=output, exporter=exporter))
    _keep_as_latest(State(config.state_directory), kept.path)
    return kept


def record_in_turn(
    config: Config,
    sides: Sequence[Side],
    runs: int,
    how: HowToRecord,
    *,
    revisions: Sequence[str | None] = (None, None),
    roots: Sequence[Path] | None = None,
    progress: Callable[[Step], None] | None = None,
    in_app: InApp | None = None,
) -> Comparison:
    """Record two sides in turn and compare them. Each run is kept as soon as it ends, whatever happens later.

    Args:
        config: the project they are kept in.
        sides: before and after.
        runs: recordings of each.
        how: see `HowToRecord`.
        revisions: what the sides were checked out from, for the records.
        roots: where each side's project stands, so that both name their files alike.
        progress: told before each run.
        in_app: which frames the project owns, see `diff`.

    Raises:
        StoppedEarly: a run failed, or Ctrl-C came, before one full round.
        HotspotError: see `record_one`.
    """
    group = new_id(datetime.now(UTC))
    targets = [command_target(side.command, side.cwd, side.env) for side in sides]
    recorders = [choose(how.recorder, target) for target in targets]
    if recorders[0].name != recorders[1].name:
        raise UsageError(
            f"{sides[0].label} would be recorded with {recorders[0].name}, {sides[1].label} with "
            f"{recorders[1].name}: that compares recorders, not programs",
            hint="choose one for both with --recorder",
        )
    turns = 0

    def run(side: Side, round_: int) -> Kept:
        nonlocal turns
        index = 0 if side is sides[0] else 1
        place = _Place(
            group, index, side.label, turns, round_, roots[index] if roots else None, revisions[index]
        )
        kept = _record(config, recorders[index], targets[index], how, place)
        turns += 1
        if kept.interrupted:
            raise KeyboardInterrupt
        return kept

    stopped = None
    try:
        done = interleave(sides, runs, run, progress=progress)
    except StoppedEarly as early:
        done, stopped = full_rounds(early.turns, 2), early
        if not done:
            raise
    profiles: tuple[list[Profile], list[Profile]] = ([], [])
    notes: list[str] = []
    for turn in done:
        profiles[turn.side].append(turn.result.profile)
        notes += [note for note in turn.result.notes if note not in notes]
    notes += lost_callers([*profiles[0], *profiles[1]])
    if stopped is not None:
        notes.append(f"stopped early ({stopped}); comparing the {len(done) // 2} full rounds")
    folder = State(config.state_directory).runs / group
    return Comparison(
        diff(profiles[0], profiles[1], in_app=in_app), (folder / _SIDES[0], folder / _SIDES[1]), tuple(notes)
    )


def record_revisions(
    config: Config,
    revisions: tuple[str | None, str | None],
    command: tuple[str, ...],
    runs: int,
    how: HowToRecord,
    *,
    progress: Callable[[Step], None] | None = None,
    say: Callable[[str], None] | None = None,
    in_app: InApp | None = None,
) -> Comparison:
    """Record one command at two revisions in turn; None is the working tree as it stands.

    Raises:
        UsageError: the command names a file of the project by its absolute path, which is the same at both.
        HotspotError: see `record_in_turn` and `checked_out`.
    """
    inside = _inside(Path.cwd(), config.root)
    for word in command:
        if os.path.isabs(word) and Path(word).is_relative_to(config.root):
            raise UsageError(
                f"{word} is the same file at both revisions",
                hint="name the project's files relative to the current folder",
            )
    with ExitStack() as stack:
        roots = [stack.enter_context(checked_out(config, revision, say)) for revision in revisions]
        labels = [revision or "working tree" for revision in revisions]
        sides = [Side(label, command, root / inside) for label, root in zip(labels, roots, strict=True)]
        return record_in_turn(
            config, sides, runs, how, revisions=revisions, roots=roots, progress=progress, in_app=in_app
        )


def _inside(folder: Path, root: Path) -> Path:
    try:
        return folder.resolve().relative_to(root)
    except ValueError:
        return Path()


@dataclass(frozen=True)
class _Place:
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


def _record(config: Config, recorder: Recorder, target: Target, how: HowToRecord, place: _Place) -> Kept:
    with tempfile.TemporaryDirectory(prefix="hotspot-record-") as aside:
        native = Path(aside) / f"recording{recorder.suffix}"
        recorded = run_recorder(recorder, target, how.wanted, native, duration=how.duration, tick=how.tick)
        root = place.root or config.root
        moved = None if root == config.root else Moved(str(root), str(config.root))
        kept = native.with_name(f"kept{kept_suffix(native)}")
        try:
            write_atomically(kept, kept_form(native, moved))
            profile = load(str(kept))
        except (EmptyProfile, UnknownFormat) as error:
            raise _nothing_sampled(target, recorded) from error
        return _keep(config, recorder, target, how, place, native, recorded, kept, profile)


def _nothing_sampled(target: Target, recorded: Recorded) -> TooFewSamples:
    how_it_ended = "" if recorded.exit_code is None else f" ({_ended(recorded.exit_code)})"
    return TooFewSamples(
        f"{target.name}: nothing was sampled{how_it_ended}",
        hint="it ended too soon, or only waited: record longer, give it more work, or raise --rate",
    )


def _ended(exit_code: int) -> str:
    return f"exit code {exit_code}" if exit_code >= 0 else f"killed by signal {-exit_code}"


def _keep(
    config: Config,
    recorder: Recorder,
    target: Target,
    how: HowToRecord,
    place: _Place,
    native: Path,
    recorded: Recorded,
    kept: Path,
    profile: Profile,
) -> Kept:
    state = State(config.state_directory)
    run_id = new_id(recorded.started)
    if place.group is None:
        stem = state.runs / run_id
    else:
        stem = state.runs / place.group / _SIDES[place.side or 0] / f"{place.round + 1:02}"
        run_id = f"{place.group}-{place.turn:02}-{_SIDES[place.side or 0]}"
    path = stem.with_name(stem.name + kept_suffix(native))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, kept.read_bytes())
    stored = [_stored(path, config.root)]
    if place.output is not None:
        _write_output(place.output, place.exporter, profile, native)
        stored.append(_stored(place.output, config.root))
    checked_out_now = head(config.root)
    uses_tree = place.revision is None
    record = RunRecord(
        id=run_id,
        started=recorded.started,
        ended=recorded.ended,
        command=target.command,
        cwd=_relative(target.cwd, place.root or config.root),
        pid=target.pid,
        exit_code=recorded.exit_code,
        work=how.work,
        revision=place.revision or (checked_out_now.revision if checked_out_now else None),
        dirty=(checked_out_now.dirty if checked_out_now else None) if uses_tree else False,
        recorder=recorder.version(),
        recorder_options=tuple(recorder.options(target, how.wanted)),
        machine=machine_facts(),
        profiles=tuple(stored),
        group=place.group,
        side=place.side,
        label=place.label,
        turn=place.turn,
    )
    state.write_run(record)
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


def _notes(label: str, recorded: Recorded, profile: Profile) -> tuple[str, ...]:
    notes = []
    if recorded.exit_code:
        notes.append(f"{label} failed ({_ended(recorded.exit_code)}); what was recorded until then is kept")
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


def _output_format(output: Path, recorder: Recorder) -> Exporter | None:
    """Return the exporter of ``-o``; None where its name is that of the recorder's own file.

    Raises:
        UsageError: the name tells no format, or its folder is not there.
    """
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent}: no such folder")
    if output.name.lower().endswith(recorder.suffix):
        return None
    try:
        return exporter_for(str(output))
    except UsageError as error:
        raise UsageError(str(error), hint="see `hotspot formats`") from error


def _write_output(output: Path, exporter: Exporter | None, profile: Profile, native: Path) -> None:
    write_atomically(output, native.read_bytes() if exporter is None else exporter.write(profile))


def _keep_as_latest(state: State, path: Path) -> None:
    """Make a profile the one that commands take where none is named."""
    latest = state.directory / f"latest{''.join(path.suffixes)}"
    write_atomically(latest, path.read_bytes())
    for other in state.directory.glob("latest.*"):
        if other != latest:
            other.unlink(missing_ok=True)


def _stored(path: Path, root: Path) -> StoredProfile:
    with path.open("rb") as file:
        return StoredProfile(_relative(path, root), hashlib.file_digest(file, "sha256").hexdigest())


def _relative(path: Path, root: Path) -> str:
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(root)) if absolute.is_relative_to(root) else str(absolute)
