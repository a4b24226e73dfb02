"""``hotspot bench``: measure in turn, compare results, keep baselines, check growth."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.cli.measuring import (
    checked_out_now,
    drift_option,
    progress_line,
    project_option,
    revision_sides,
    runs_option,
    threshold_option,
    warmup_option,
    words_of,
)
from hotspot.cli.messages import say
from hotspot.cli.options import output_options
from hotspot.cli.output import Output
from hotspot.config import Config, load_config
from hotspot.errors import UsageError

if TYPE_CHECKING:
    from hotspot.benchmarks.model import Results
    from hotspot.benchmarks.run import Revision, Session
    from hotspot.record.interleave import Side


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
@runs_option(20, "Runs of each.")
@warmup_option
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
    split = [words_of(text) for text in commands] or [config.benchmark_command]
    _refuse_words(commands, split)
    if not revisions:
        cwd = Path.cwd() if commands else config.root
        known = [None if commands else checked_out_now(config)] * len(
            split
        )  # a typed command may be any program
        yield [Side(shlex.join(words), words, cwd) for words in split], known
        return
    if len(split) > 1:
        raise UsageError("--rev measures one command at several revisions, not several commands")
    with revision_sides(
        config, split[0], [*revisions, None] if len(revisions) == 1 else [*revisions]
    ) as sides:
        yield sides


def _refuse_words(commands: tuple[str, ...], split: list[tuple[str, ...]]) -> None:
    """Refuse one command that was typed as several words, as in ``bench run -- python3 app.py``.

    Raises:
        UsageError: the first is a program, another is none.
    """
    programs = [shutil.which(words[0]) is not None for words in split]
    if programs[0] and not all(programs):
        raise UsageError(
            f"{commands[programs.index(False)]}: command not found",
            hint=f"each command is one quoted text: hotspot bench run {shlex.quote(' '.join(commands))}",
        )


@command.group("baseline")
def baseline() -> None:
    """Keep measurements to compare later ones with, by git revision and machine (.hotspot/baselines)."""


@baseline.command("save")
@click.argument("results", nargs=-1, required=True, metavar="RESULT...")
@click.option("--label", metavar="NAME", help="A name to find it by, say release-1.4.")
@project_option
@output_options
def save(results: tuple[str, ...], label: str | None, project: Path | None, output: Output) -> None:
    """Save benchmark results and profiles (several profiles are runs of the same thing) as a baseline.

    It belongs to the revision that the results tell, else to the one checked out, and to the machine. The same again
    replaces it.
    """
    from hotspot.benchmarks.baselines import save_baseline
    from hotspot.report.baselines import what_it_holds
    from hotspot.report.table import Report

    config = load_config(project=project)
    saved, replaced = save_baseline(config, results, label=label)
    document = {"schema": "hotspot.baseline/1", **saved.to_dict(), "replaced": replaced}
    said = f"{'replaced' if replaced else 'saved'} {saved.id}: {what_it_holds(saved)}"
    output.write(document, Report((said,)), rows="benchmarks")
    if saved.dirty:
        say("it holds uncommitted changes, so its revision is not all of it")


@baseline.command("list")
@project_option
@output_options
def list_all(project: Path | None, output: Output) -> None:
    """List the saved baselines, oldest first."""
    from hotspot.benchmarks.baselines import list_baselines
    from hotspot.report.baselines import list_report

    every = list_baselines(load_config(project=project))
    document = {"schema": "hotspot.baselines/1", "rows": [one.to_dict() for one in every]}
    output.write(document, list_report(every))


@baseline.command("show")
@click.argument("name")
@project_option
@output_options
def show(name: str, project: Path | None, output: Output) -> None:
    """Show a baseline: NAME is its id, its label, or the beginning of its revision."""
    from hotspot.benchmarks.baselines import find_baseline
    from hotspot.report.baselines import show_report

    found = find_baseline(load_config(project=project), name)
    document = {"schema": "hotspot.baseline/1", **found.to_dict()}
    output.write(document, show_report(found), rows="benchmarks")


@command.command("trend")
@click.argument("pattern", required=False, default="")
@drift_option
@project_option
@output_options
def show_trend(pattern: str, drift: float, project: Path | None, output: Output) -> None:
    """Show how benchmarks went over the saved baselines of this machine; PATTERN is a part of their names.

    A change is marked only where it is real, at a level for all of them together.
    """
    from hotspot.benchmarks.baselines import list_baselines, machine_key
    from hotspot.benchmarks.run import machine_texts
    from hotspot.benchmarks.trend import trend
    from hotspot.errors import TooFewSamples
    from hotspot.report.baselines import trend_report
    from hotspot.state import machine_facts

    every = list_baselines(load_config(project=project))
    found = trend(every, machine_key(machine_texts(machine_facts())), pattern=pattern, drift=drift)
    if not found.series:
        if pattern and any(one.results is not None for one in every):
            raise UsageError(f"no saved benchmark's name holds {pattern!r}")
        raise TooFewSamples(
            "no benchmark results are saved for this machine", hint="hotspot bench baseline save RESULT"
        )
    output.write(found.to_dict(), trend_report(found))


@command.command("scaling")
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...")
@click.option(
    "--sizes",
    required=True,
    metavar="N,N,...",
    help="Sizes to run with, four or more; doubling ones are best.",
)
@runs_option(5, "Runs of each size.", least=3)
@warmup_option
@click.option(
    "--at-most", type=float, metavar="EXPONENT", help="Exit 1 where time grows faster than this power."
)
@output_options
def scaling(
    words: tuple[str, ...], sizes: str, runs: int, warmup: int, at_most: float | None, output: Output
) -> None:
    """Measure a command over input sizes and fit how its time grows, start-up cost apart.

    {n} in COMMAND becomes the size. Time is start-up + factor * n^exponent; O(n) is an exponent of 1, O(n log n) one of
    about 1.1, O(n^2) one of 2. --at-most 1.1 checks a claim of O(n).
    """
    from hotspot.benchmarks.run import measure
    from hotspot.benchmarks.scaling import check_sizes, fit
    from hotspot.errors import TooFewSamples
    from hotspot.record.interleave import Side
    from hotspot.report.scaling import scaling_document, scaling_report

    numbers = _sizes(sizes)
    check_sizes(numbers)
    if not any("{n}" in word for word in words):
        raise UsageError("the command has no {n} for the size to stand in")
    sides = [
        Side(f"n = {size}", tuple(word.replace("{n}", str(size)) for word in words), Path.cwd())
        for size in numbers
    ]
    session = measure(sides, rounds=runs, warmup=warmup, progress=progress_line())
    measured = [session.results(side).benchmarks[0] for side in range(len(sides))]
    growth = fit(
        [size for size, one in zip(numbers, measured, strict=True) for _ in one.seconds],
        [second for one in measured for second in one.seconds.tolist()],
    )
    output.write(
        scaling_document(numbers, measured, growth, at_most),
        scaling_report(numbers, measured, growth, at_most),
    )
    if not session.complete:
        _finish(session, None)
    if at_most is not None:
        answer = growth.at_most(at_most)
        if answer is None:
            raise TooFewSamples(
                f"the exponent lies between {growth.low:.2f} and {growth.high:.2f}: that does not tell whether it is "
                f"at most {at_most:g}",
                hint="larger sizes, a wider range of them, or more --runs",
            )
        if not answer:
            raise click.exceptions.Exit(1)


def _sizes(text: str) -> list[int]:
    try:
        return [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        raise UsageError(
            f"--sizes {text}: give whole numbers with commas between, say 1000,2000,4000,8000"
        ) from None
