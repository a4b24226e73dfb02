"""Record one program, import what was recorded, keep it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotspot.config import Config, load_config
from hotspot.errors import EmptyProfile, TooFewSamples, UnknownFormat, UsageError
from hotspot.exporters.registry import Exporter, exporter_for
from hotspot.files import write_atomically
from hotspot.importers.registry import load
from hotspot.profile import Profile
from hotspot.record.choice import RecorderName, choose
from hotspot.record.recorder import Recorder, Wanted
from hotspot.record.session import Recorded
from hotspot.record.session import record as run_recorder
from hotspot.record.target import Target, command_target, process_target
from hotspot.state import State
from hotspot.workflow.kept_form import Moved, kept_form, kept_suffix
from hotspot.workflow.recording.keep import Aside, Kept, Place, ended, keep, keep_as_latest

Tick = Callable[[float], None]


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
    recorder = choose(how.recorder, target, how.wanted)
    exporter = None if output is None else _output_format(output, recorder)
    kept = record_run(config, recorder, target, how, Place(output=output, exporter=exporter))
    keep_as_latest(State(config.state_directory), kept.path)
    return kept


def record_run(config: Config, recorder: Recorder, target: Target, how: HowToRecord, place: Place) -> Kept:
    """Record one run and keep it where it belongs.

    Raises:
        TooFewSamples: nothing was sampled.
        HotspotError: it could not be recorded.
    """
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
        aside_files = Aside(
            recorder, recorded, tuple(recorder.options(target, how.wanted)), native, kept, profile
        )
        return keep(config, target, how.work, place, aside_files)


def _nothing_sampled(target: Target, recorded: Recorded) -> TooFewSamples:
    how_it_ended = "" if recorded.exit_code is None else f" ({ended(recorded.exit_code)})"
    return TooFewSamples(
        f"{target.name}: nothing was sampled{how_it_ended}",
        hint="it ended too soon, or only waited: record longer, give it more work, or raise --rate",
    )


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
