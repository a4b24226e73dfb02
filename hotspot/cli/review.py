"""``hotspot review BASE HEAD``: a performance review of a change."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from hotspot.cli.measuring import after_option, before_option, progress_line, project_option
from hotspot.cli.messages import say
from hotspot.cli.output import Output, note
from hotspot.config import Config, load_config
from hotspot.errors import UsageError


@click.command("review")
@click.argument("base")
@click.argument("head", default="HEAD")
@click.option(
    "--profile",
    metavar="FILE",
    help="A profile of the program, by default the last recording: tells which changed lines are hot.",
)
@before_option("Benchmark results of BASE; repeat.")
@after_option("The same of HEAD; repeat.")
@click.option(
    "--run",
    is_flag=True,
    help="Run test_command and benchmark_command on both revisions, in worktrees, the benchmark in turn.",
)
@click.option(
    "-n",
    "--runs",
    type=click.IntRange(min=10),
    default=20,
    show_default=True,
    help="With --run: runs of the benchmark on each.",
)
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    help="Output format.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of stdout."
)
@project_option
def command(
    base: str,
    head: str,
    profile: str | None,
    before: tuple[str, ...],
    after: tuple[str, ...],
    run: bool,
    runs: int,
    format_: str,
    output: Path | None,
    project: Path | None,
) -> None:
    """Review what HEAD adds to BASE: tests and benchmarks, forbidden imports, hot lines, and what its commits claim.

    A commit that names an issue or claims to be faster needs figures before and after, one issue, and why. Exit code 1
    where changes are requested.
    """
    from hotspot.benchmarks.load import load_side
    from hotspot.importers.registry import load
    from hotspot.report.review import review_markdown
    from hotspot.report.table import Report
    from hotspot.workflow.review.changes import Change
    from hotspot.workflow.review.review import review
    from hotspot.workflow.review.running import Ran, run_both

    if bool(before) != bool(after):
        raise UsageError("give both --before and --after")
    if run and before:
        raise UsageError("--run measures both sides itself: give no --before and --after with it")
    config = load_config(project=project)

    def run_here(change: Change) -> Ran:
        shown = say if sys.stderr.isatty() else None
        return run_both(config, change, runs, say=shown, progress=progress_line())

    taken = profile or _last_recording(config)
    made = review(
        config,
        base,
        head,
        profile=load(taken) if taken else None,
        before=load_side(before) if before else None,
        after=load_side(after) if after else None,
        run=run_here if run else None,
    )
    target = Output(format_, output, "never")
    if format_ == "json":
        target.write(made.to_dict(), Report(()), rows=None)
    else:
        target.write_text(review_markdown(made))
    if not made.approved:
        raise click.exceptions.Exit(1)


def _last_recording(config: Config) -> str | None:
    """Return the profile to take where none is named: the configuration's, or the last that was recorded."""
    found = [config.root / config.profile] if config.profile else []
    found += sorted(config.state_directory.glob("latest.*"))
    if not found:
        return None
    shown = os.path.relpath(found[0])
    note(f"reading {shown}")
    return shown
