"""Run a project's tests and benchmark on both ends of a change, each in a worktree of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hotspot.benchmarks.model import Results
from hotspot.benchmarks.run import Revision, measure
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.record.interleave import Side, Step
from hotspot.record.worktrees import checked_out
from hotspot.workflow.lifecycle.commands import CommandRun, run_command
from hotspot.workflow.review.changes import Change


@dataclass(frozen=True)
class Tests:
    """What the tests say.

    Attributes:
        head: of the head.
        base: of the base; run only where those of the head fail.
    """

    head: CommandRun
    base: CommandRun | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {"head": self.head.to_dict(), "base": self.base.to_dict() if self.base else None}


@dataclass(frozen=True, eq=False)
class Ran:
    """What was run.

    Attributes:
        tests: None where no ``test_command`` is configured.
        benchmarks: of the base and of the head, measured in turn; None where no ``benchmark_command`` is configured,
            or the tests of the head fail: then its speed is of no interest.
        rounds: runs of each.
    """

    tests: Tests | None
    benchmarks: tuple[Results, Results] | None
    rounds: int


def run_both(
    config: Config,
    change: Change,
    rounds: int,
    *,
    say: Callable[[str], None] | None = None,
    progress: Callable[[Step], None] | None = None,
) -> Ran:
    """Run what is configured on both ends of a change; the user's tree is not touched.

    Args:
        config: of the project.
        change: its ``base`` and ``head`` are checked out aside and built.
        rounds: runs of the benchmark on each, in turn.
        say: told what is being done.
        progress: told before each run.

    Raises:
        UsageError: there is nothing to run.
        HotspotError: an end cannot be built, or a run of the benchmark failed.
    """
    if not config.test_command and not config.benchmark_command:
        raise UsageError("nothing to run", hint="set test_command or benchmark_command in hotspot.toml")
    with checked_out(config, change.base, say) as base, checked_out(config, change.head, say) as head:
        tests = None
        if config.test_command:
            of_head = run_command(config.test_command, head, "test_command")
            of_base = None if of_head.passed else run_command(config.test_command, base, "test_command")
            tests = Tests(of_head, of_base)
        if not config.benchmark_command or (tests is not None and not tests.head.passed):
            return Ran(tests, None, 0)
        sides = (
            Side(f"base ({change.base[:10]})", config.benchmark_command, base),
            Side(f"head ({change.head[:10]})", config.benchmark_command, head),
        )
        revisions = (Revision(change.base), Revision(change.head))
        session = measure(sides, revisions=revisions, rounds=rounds, progress=progress)
    return Ran(tests, (session.results(0), session.results(1)), len(session.turns) // 2)
