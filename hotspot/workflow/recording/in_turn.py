"""Record two sides in turn and compare them: two commands, or one command at two revisions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hotspot.analysis.diff import Diff, InApp, diff
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.profile import Profile
from hotspot.record.choice import choose
from hotspot.record.interleave import Side, Step, StoppedEarly, full_rounds, interleave
from hotspot.record.target import command_target
from hotspot.record.worktrees import checked_out
from hotspot.state import State, new_id
from hotspot.workflow.recording.keep import SIDES, Kept, Place, lost_callers
from hotspot.workflow.recording.one import HowToRecord, record_run


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two sides recorded in turn.

    Attributes:
        folders: of the sides' profiles, before and after.
    """

    diff: Diff
    folders: tuple[Path, Path]
    notes: tuple[str, ...]


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
    recorders = [choose(how.recorder, target, how.wanted) for target in targets]
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
        place = Place(
            group, index, side.label, turns, round_, roots[index] if roots else None, revisions[index]
        )
        kept = record_run(config, recorders[index], targets[index], how, place)
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
        diff(profiles[0], profiles[1], in_app=in_app), (folder / SIDES[0], folder / SIDES[1]), tuple(notes)
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
