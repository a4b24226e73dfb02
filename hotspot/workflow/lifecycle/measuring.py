"""The two ways `verify` gets at measurements: files that are given, or the benchmark run again in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotspot.analysis.benchmarks import MIN_MEASUREMENTS
from hotspot.analysis.diff import Diff, diff
from hotspot.benchmarks.compare import Comparison, compare_results
from hotspot.benchmarks.load import is_results, load_side
from hotspot.benchmarks.model import Results
from hotspot.benchmarks.run import Revision, measure
from hotspot.config import Config
from hotspot.errors import HotspotError, UsageError
from hotspot.git import head
from hotspot.importers.registry import load
from hotspot.profile import Bool, Profile
from hotspot.record.interleave import Side, Step
from hotspot.record.worktrees import checked_out
from hotspot.source.changes import has_commit
from hotspot.source.ownership import Ownership
from hotspot.state import write_json
from hotspot.workflow.gate.rules import rules_of
from hotspot.workflow.lifecycle.judging import FileSize


@dataclass(frozen=True)
class Supplied:
    """Measurements that were given, read.

    Attributes:
        before: benchmark results, None where only profiles were given; and so ``after``.
        profiles: of the side before and of the side after; empty where none were given.
        sources: every file with its SHA-256, the side before first.
    """

    before: Results | None
    after: Results | None
    profiles: tuple[tuple[Profile, ...], tuple[Profile, ...]]
    sources: tuple[tuple[str, str], ...]

    def comparison(self) -> Comparison | None:
        """Return the benchmarks of both sides compared."""
        return compare_results(self.before, self.after) if self.before and self.after else None

    def profile_diff(self, config: Config) -> Diff | None:
        """Return the profiles of both sides compared."""
        before, after = self.profiles
        if not before or not after:
            return None
        ownership = Ownership(config)

        def in_app(profile: Profile) -> tuple[Bool, Bool]:
            verdict = ownership.classify(profile)
            return verdict.owned, verdict.known

        return diff(before, after, in_app=in_app)


def read_supplied(before: Sequence[str], after: Sequence[str], stands_for: Results | None) -> Supplied:
    """Read what was given; each side may hold benchmark results, profiles, or both (then profiles only attribute).

    Args:
        before: paths of the side before.
        after: paths of the side after.
        stands_for: benchmark results that stand for the side before where none are given.

    Raises:
        UsageError: a side is missing, or the sides do not hold the same kind.
        HotspotError: a file cannot be read.
    """
    if not after:
        raise UsageError("--before without --after: nothing to compare with")
    results_before, profiles_before = _told_apart(before)
    results_after, profiles_after = _told_apart(after)
    read = Supplied(
        before=load_side(results_before) if results_before else stands_for if results_after else None,
        after=load_side(results_after) if results_after else None,
        profiles=(_profiles(profiles_before), _profiles(profiles_after)),
        sources=(),
    )
    if (read.before is None) != (read.after is None) or bool(profiles_before) != bool(profiles_after):
        hint = "give --before as well; `issues start` had no benchmark to record" if not before else None
        raise UsageError("--before and --after do not hold the same kind of measurements", hint=hint)
    sides = [(side.path, side.sha256) for side in (read.before, read.after) if side]
    sides += [(p.provenance.path, p.provenance.sha256) for side in read.profiles for p in side]
    return Supplied(read.before, read.after, read.profiles, tuple(sides))


def _told_apart(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    results = [path for path in paths if is_results(path)]
    return results, [path for path in paths if path not in results]


def _profiles(paths: Sequence[str]) -> tuple[Profile, ...]:
    return tuple(load(path) for path in paths)


@dataclass(frozen=True)
class Rerun:
    """The benchmark run again.

    Attributes:
        data: the file that holds every run, in the format of `hotspot bench run`.
        rounds: runs of each side.
        sizes: of the files that budgets are about.
    """

    comparison: Comparison
    data: Path
    rounds: int
    sizes: tuple[FileSize, ...]


class NoBenchmark(UsageError):
    """There is nothing to run again: no command, or no commit to go back to."""


def check_rerun(config: Config, commit: str | None, rounds: int) -> str:
    """Return the commit to go back to.

    Raises:
        NoBenchmark: the benchmark cannot be run on both sides.
        UsageError: so few runs could not be judged; better to know before they are made.
    """
    give = "give --before FILE and --after FILE"
    if not config.benchmark_command:
        raise NoBenchmark(
            "there is no benchmark to run", hint=f"set benchmark_command in hotspot.toml, or {give}"
        )
    if commit is None:
        raise NoBenchmark("no commit was recorded at the start: there is nothing to go back to", hint=give)
    if not has_commit(config.root, commit):
        raise NoBenchmark(f"the commit at the start, {commit[:12]}, is gone from the repository", hint=give)
    if rounds < MIN_MEASUREMENTS:
        raise UsageError(f"{rounds} runs a side decide nothing: {MIN_MEASUREMENTS} are needed")
    return commit


def rerun(
    config: Config,
    commit: str,
    rounds: int,
    data: Path,
    say: Callable[[str], None] | None = None,
    progress: Callable[[Step], None] | None = None,
) -> Rerun:
    """Run the configured benchmark in turn on a commit and on the working tree as it stands.

    Args:
        config: of the project.
        commit: checked out aside, and built where ``build_command`` is set.
        rounds: runs of each side.
        data: where to write every run.
        say: told what is being done.
        progress: told before each run.

    Raises:
        BenchmarkFailed: a run failed.
        BuildFailed: a side cannot be built.
    """
    with checked_out(config, commit, say) as before, checked_out(config, None, say) as after:
        now = head(config.root)
        sides = (
            Side(f"before ({commit[:12]})", config.benchmark_command, before),
            Side("after (working tree)", config.benchmark_command, after),
        )
        revisions = (Revision(commit), Revision(now.revision, now.dirty) if now else None)
        try:
            session = measure(sides, revisions=revisions, rounds=rounds, progress=progress)
        except HotspotError as error:
            if sides[0].label in str(error):
                error.hint = (
                    "the benchmark has to run on the commit at the start too: commit it before `issues start`, or let "
                    "worktree_setup put it there"
                )
            raise
        sizes = _sizes(config, before, after)
    data.parent.mkdir(parents=True, exist_ok=True)
    write_json(data, session.to_dict())
    comparison = compare_results(session.results(0), session.results(1))
    return Rerun(comparison, data, len(session.turns) // 2, sizes)


def _sizes(config: Config, before: Path, after: Path) -> tuple[FileSize, ...]:
    files = dict.fromkeys(b.subject for b in rules_of(config).budgets if b.measure == "file")
    return tuple(FileSize(file, _size(before / file), _size(after / file)) for file in files)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
