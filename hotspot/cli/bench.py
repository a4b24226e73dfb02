"""``hotspot bench``: measure in turn, compare results, keep baselines, check growth."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.cli.messages import say
from hotspot.cli.options import ShareType, output_options
from hotspot.cli.output import Output
from hotspot.config import Config, load_config
from hotspot.errors import UsageError

if TYPE_CHECKING:
    from hotspot.benchmarks.model import Results
    from hotspot.benchmarks.run import Revision, Session
    from hotspot.record.interleave import Side, Step

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
threshold_option = click.option(
    "--threshold", type=ShareType(), default=0.05, show_default="5%", help="Smallest change that counts."
)


@click.group("bench")
def command() -> None:
    """Measure commands in turn, compare benchmark results of any tool, keep baselines, check how time grows."""


@command.command("compare")
@click.argument("before")
@click.argument("after", required=False)
@drift_option
@threshold_option
@output_options
def compare(before: str, after: str | None, drift: float, threshold: float, output: Output) -> None:
    """Compare benchmark results: Benchmark, Before, After, Change, with intervals and verdicts.

    A side is a file of hyperfine, pyperf, pytest-benchmark, Go, google-benchmark, asv, JMH or criterion (its folder;
    FOLDER@NAME for a saved baseline), or several: a folder or a quoted glob. One file alone is compared within itself:
    the first of what it holds with the others.
    """
    from hotspot.benchmarks.compare import compare_sides, sides_within
    from hotspot.benchmarks.load import load_results
    from hotspot.report.bench import comparison_report

    sides = sides_within(load_results(before)) if after is None else (_side(before), _side(after))
    result = compare_sides(sides, drift=drift, threshold=threshold)
    output.write(result.to_dict(), comparison_report(result))
    result.require_judged()


def _side(argument: str) -> Results:
    """Read one side: what `load_results` takes, or a folder or glob of files."""
    from hotspot.benchmarks.load import is_results, load_side
    from hotspot.cli.diff import expand_side

    if Path(argument).is_dir() and not is_results(argument):
        return load_side([named.path for named in expand_side(argument)])
    if any(c in argument for c in "*?[") and not Path(argument).exists():
        return load_side([named.path for named in expand_side(argument)])
    return load_side([argument])


@command.command("run")
@click.argument("commands", nargs=-1, metavar="[COMMAND]...")
@click.option("-n", "--runs", type=click.IntRange(min=1), default=20, show_default=True, help="Runs of each.")
@click.option(
    "--warmup",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Runs of each before those that count.",
)
@click.option(
    "--rev",
    "revisions",
    multiple=True,
    metavar="REV",
    help="Measure this git revision, built aside; repeat. One alone is compared with the working tree.",
)
@click.option(
    "--show-output", is_flag=True, help="Let the programs print; else what they print is thrown away."
)
@threshold_option
@project_option
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    help="Output format; json is what -o writes.",
)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the measurements here, as hyperfine's JSON and more.",
)
def run(
    commands: tuple[str, ...],
    runs: int,
    warmup: int,
    revisions: tuple[str, ...],
    show_output: bool,
    threshold: float,
    project: Path | None,
    format_: str,
    path: Path | None,
) -> None:
    """Measure commands in turn: wall time with an interval, and peak memory beside it.

    Each COMMAND is one quoted text, split as a shell would but never given to one; without any, the configured
    benchmark_command runs. Two and more take turns (ABAB...), so that a drifting machine does not look like a
    difference; the first is what the others are compared with. Where a command holds {output}, it writes results of its
    own benchmarks there, in any format that `hotspot bench compare` reads.
    """
    import json

    from hotspot.benchmarks.compare import compare_sides
    from hotspot.benchmarks.run import measure
    from hotspot.files import write_atomically
    from hotspot.report.bench import comparison_report, measured_table
    from hotspot.report.table import Report

    config = load_config(project=project)
    with _sides(config, commands, revisions) as (sides, known):
        session = measure(
            sides,
            revisions=known,
            rounds=runs,
            warmup=warmup,
            show_output=show_output,
            progress=None if show_output else progress_line(),
        )
    document = session.to_dict()
    if path is not None:
        write_atomically(path, (json.dumps(document, indent=2) + "\n").encode())
    results = [session.results(side) for side in range(len(session.sides))]
    parts = Report((measured_table(results),)).parts
    if len(results) > 1:
        compared = compare_sides(results, threshold=threshold)
        parts = (*parts, "", *comparison_report(compared).parts)
    Output(format_, None, "auto").write(document, Report(parts), rows=None)
    _finish(session, path)


def _finish(session: Session, path: Path | None) -> None:
    if session.complete:
        return
    rounds = len(session.turns) // len(session.sides)
    say(f"interrupted after {rounds} rounds" + (f"; they are in {path}" if path is not None else ""))
    raise click.exceptions.Exit(130)


@contextmanager
def _sides(
    config: Config, commands: tuple[str, ...], revisions: tuple[str, ...]
) -> Iterator[tuple[list[Side], list[Revision | None]]]:
    """Yield what to run: commands as they were typed, or one command at several revisions."""
    from hotspot.record.interleave import Side

    if not commands and not config.benchmark_command:
        raise UsageError(
            "no command to measure",
            hint="hotspot bench run 'COMMAND A' 'COMMAND B', or set benchmark_command in hotspot.toml",
        )
    split = [_words(text) for text in commands] or [config.benchmark_command]
    if not revisions:
        cwd = Path.cwd() if commands else config.root
        yield [Side(shlex.join(words), words, cwd) for words in split], [None] * len(split)
        return
    if len(split) > 1:
        raise UsageError("--rev measures one command at several revisions, not several commands")
    with revision_sides(
        config, split[0], [*revisions, None] if len(revisions) == 1 else [*revisions]
    ) as sides:
        yield sides


@contextmanager
def revision_sides(
    config: Config, words: tuple[str, ...], revisions: list[str | None]
) -> Iterator[tuple[list[Side], list[Revision | None]]]:
    """Yield one side a revision, each built in a folder of its own; None is the working tree as it stands."""
    from hotspot.benchmarks.run import Revision
    from hotspot.git import commit_of, head
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
                at = head(config.root)
                known.append(None if at is None else Revision(at.revision, at.dirty))
        yield sides, known


def _words(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{text!r}: {str(error).lower()}") from error
    if not words:
        raise UsageError("an empty command cannot be measured")
    return words


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
