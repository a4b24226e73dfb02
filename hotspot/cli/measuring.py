"""What the commands that measure share: options, the command to run, revisions as sides, progress."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hotspot.cli.messages import say
from hotspot.cli.options import ShareType
from hotspot.config import Config
from hotspot.errors import UsageError

if TYPE_CHECKING:
    from hotspot.benchmarks.run import Revision, Session
    from hotspot.record.interleave import Side, Step

F = TypeVar("F", bound=Callable[..., Any])

project_option = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The project root; by default the nearest parent with hotspot.toml or .git.",
)
drift_option = click.option(
    "--drift",
    type=ShareType(),
    default=0.1,
    show_default="10%",
    help="Allowance for sides that were not measured in turn.",
)
warmup_option = click.option(
    "--warmup",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Runs of each before those that count.",
)
threshold_option = click.option(
    "--threshold", type=ShareType(), default=0.05, show_default="5%", help="Smallest change that counts."
)


def before_option(help: str) -> Callable[[F], F]:
    """Return ``--before FILE``, repeatable; the command receives ``before: tuple[str, ...]``."""
    return click.option("-b", "--before", multiple=True, metavar="FILE", help=help)


def after_option(help: str) -> Callable[[F], F]:
    """Return ``--after FILE``, repeatable; the command receives ``after: tuple[str, ...]``."""
    return click.option("-a", "--after", multiple=True, metavar="FILE", help=help)


def runs_option(default: int, help: str, least: int = 1) -> Callable[[F], F]:
    """Return ``--runs N``; the command receives ``runs: int``."""
    return click.option(
        "-n", "--runs", type=click.IntRange(min=least), default=default, show_default=True, help=help
    )


def words_of(text: str) -> tuple[str, ...]:
    """Split a quoted command as a shell would."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{text!r}: {str(error).lower()}") from error
    if not words:
        raise UsageError("an empty command cannot be measured")
    return words


@contextmanager
def revision_sides(
    config: Config, words: tuple[str, ...], revisions: Sequence[str | None]
) -> Iterator[tuple[list[Side], list[Revision | None]]]:
    """Yield one side a revision, each built in a folder of its own; None is the working tree as it stands."""
    from hotspot.benchmarks.run import Revision
    from hotspot.git import commit_of
    from hotspot.record.interleave import Side
    from hotspot.record.worktrees import checked_out

    with ExitStack() as stack:
        sides: list[Side] = []
        known: list[Revision | None] = []
        for revision in revisions:
            root = stack.enter_context(checked_out(config, revision, say if sys.stderr.isatty() else None))
            sides.append(Side(revision or "working tree", words, root))
            if revision is not None:
                known.append(Revision(commit_of(config.root, revision)))
            else:
                known.append(checked_out_now(config))
        yield sides, known


def checked_out_now(config: Config) -> Revision | None:
    """Return what the project's working tree is at; None outside git."""
    from hotspot.benchmarks.run import Revision
    from hotspot.git import head

    at = head(config.root)
    return None if at is None else Revision(at.revision, at.dirty)


def measure_revisions(
    config: Config, words: tuple[str, ...], base: str, head: str | None, runs: int
) -> Session:
    """Measure a command on two revisions in turn; None is the working tree as it stands.

    What was measured until Ctrl-C counts.
    """
    from hotspot.benchmarks.run import measure

    with revision_sides(config, words, [base, head]) as (sides, known):
        session = measure(sides, revisions=known, rounds=runs, progress=progress_line())
    if not session.complete:
        say(f"interrupted after {len(session.turns) // 2} rounds, which are judged")
    return session


def progress_line() -> Callable[[Step], None] | None:
    """Return what shows one line of progress, or None where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(step: Step) -> None:
        what = "warming up" if step.warmup else "measuring"
        end = "\r" if step.number < step.of else "\r\x1b[K"
        click.echo(
            f"\r\x1b[K{what} {step.number} of {step.of}: {step.side.label[:60]}{end}", err=True, nl=False
        )

    return show
