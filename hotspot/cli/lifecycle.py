"""The lifecycle of an issue: ``hotspot issues start``, ``implement``, ``verify``, ``reopen``, ``block``, ``drop``, ``brief``."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from hotspot.cli.measuring import (
    after_option,
    before_option,
    progress_line,
    project_option,
    runs_option,
    words_of,
)
from hotspot.cli.options import output_options
from hotspot.cli.output import Output, note
from hotspot.config import Config, load_config

F = TypeVar("F", bound=Callable[..., Any])


def _complete_name(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from hotspot.workflow.issues.store import IssueStore

    names = [path.stem for path in IssueStore.of(load_config()).files()]
    return [CompletionItem(name) for name in names if name.lower().startswith(incomplete.lower())]


name_argument = click.argument("name", shell_complete=_complete_name)
_reason = click.option("--reason", required=True, metavar="TEXT", help="Why; goes into the progress log.")
_target = click.option(
    "--target", metavar="NAME", help="The benchmark that decides, where there are several."
)


def _command_option(key: str) -> Callable[[F], F]:
    flag = f"--{key.replace('_', '-')}"
    return click.option(flag, metavar="COMMAND", help=f"Instead of the configured {key}; one quoted text.")


def _configured(project: Path | None, **commands: str | None) -> Config:
    """Return the configuration with the commands that were typed."""
    given: dict[str, Any] = {key: words_of(text) for key, text in commands.items() if text is not None}
    return replace(load_config(project=project), **given)


@click.command("start")
@name_argument
@click.option(
    "--benchmark",
    multiple=True,
    metavar="FILE",
    help="Benchmark results that stand for the state before; repeat.",
)
@_target
@click.option(
    "--profile", metavar="FILE", help="A profile of the benchmark: tells whether it runs the place at all."
)
@runs_option(10, "Runs of benchmark_command to record.")
@click.option("--force", is_flag=True, help="Begin a third attempt although two have failed.")
@_command_option("benchmark_command")
@project_option
@output_options
def start(
    name: str,
    benchmark: tuple[str, ...],
    target: str | None,
    profile: str | None,
    runs: int,
    force: bool,
    benchmark_command: str | None,
    project: Path | None,
    output: Output,
) -> None:
    """Begin the work on an issue: record the state before it, and say what is to be reached.

    Recorded are the commit and the measurements of the benchmark: of the configured benchmark_command, which is run, or of
    --benchmark FILE; where there is neither, the issue's profile. A benchmark to begin with is printed where none is
    known to run the place.
    """
    from hotspot.importers.registry import load
    from hotspot.report.lifecycle import started_report
    from hotspot.workflow.documents.planning import not_approved
    from hotspot.workflow.documents.worklog import refresh
    from hotspot.workflow.lifecycle.starting import Before, start

    config = _configured(project, benchmark_command=benchmark_command)
    before = Before(benchmark, target, load(profile) if profile else None, runs, progress_line())
    if (warning := not_approved(config, name)) is not None:
        note(warning)
    started = start(name, config, before, force=force, today=datetime.date.today())
    refresh(config)
    output.write(started.to_dict(), started_report(started), rows=None)


@click.command("implement")
@name_argument
@click.option(
    "--changes",
    multiple=True,
    metavar="[PATH=]TEXT",
    help="What was changed and why it is faster, in all or in one file; repeat.",
)
@click.option("--tests", metavar="TEXT", help="Which tests were added or modified.")
@_command_option("test_command")
@_command_option("lint_command")
@project_option
@output_options
def implement(
    name: str,
    changes: tuple[str, ...],
    tests: str | None,
    test_command: str | None,
    lint_command: str | None,
    project: Path | None,
    output: Output,
) -> None:
    """Record what was changed: files from git, words from you, results of the test and lint commands."""
    from hotspot.report.lifecycle import implemented_report
    from hotspot.workflow.documents.worklog import refresh
    from hotspot.workflow.lifecycle.implementing import implement

    config = _configured(project, test_command=test_command, lint_command=lint_command)
    done = implement(name, config, changes, tests, today=datetime.date.today())
    refresh(config)
    output.write(done.to_dict(), implemented_report(done), rows=None)


@click.command("verify")
@name_argument
@before_option(
    "Benchmark results or a profile of the state before; repeat. What start recorded where left out."
)
@after_option("The same of the state after; repeat.")
@_target
@runs_option(20, "Runs of each side, where the benchmark is run again.")
@_command_option("test_command")
@_command_option("benchmark_command")
@_command_option("build_command")
@_command_option("worktree_setup")
@project_option
@output_options
def verify(
    name: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
    target: str | None,
    runs: int,
    test_command: str | None,
    benchmark_command: str | None,
    build_command: str | None,
    worktree_setup: str | None,
    project: Path | None,
    output: Output,
) -> None:
    """Find out whether an implementation delivered: tests first, then measurements, then a verdict.

    Without files, the configured benchmark_command runs in turn on the commit at the start and on the working tree as it
    stands. Files are benchmark results, or profiles (three runs a side or more), or both: then the benchmarks decide and
    the profiles tell which function it was. Exit code 1: a regression, or tests fail; 3: too little data.
    """
    from hotspot.report.lifecycle import verified_report
    from hotspot.workflow.documents.worklog import refresh
    from hotspot.workflow.lifecycle.verifying import Measure, verify

    config = _configured(
        project,
        test_command=test_command,
        benchmark_command=benchmark_command,
        build_command=build_command,
        worktree_setup=worktree_setup,
    )
    say = note if sys.stderr.isatty() else None
    measure = Measure(before, after, target, runs, say, progress_line())
    verified = verify(name, config, measure, today=datetime.date.today())
    refresh(config)
    output.write(verified.to_dict(), verified_report(verified), rows=None)
    if verified.failed:
        raise click.exceptions.Exit(1)


@click.command("reopen")
@name_argument
@click.option("--reason", metavar="TEXT", help="Why; goes into the progress log.")
@project_option
@output_options
def reopen(name: str, reason: str | None, project: Path | None, output: Output) -> None:
    """Take a verified, blocked or dropped issue up again."""
    from hotspot.report.lifecycle import moved_report
    from hotspot.workflow.documents.worklog import refresh
    from hotspot.workflow.lifecycle.closing import reopen
    from hotspot.workflow.lifecycle.steps import summary

    config = load_config(project=project)
    stored = reopen(name, reason, config, today=datetime.date.today())
    refresh(config)
    output.write({"schema": "hotspot.issues.reopen/1", **summary(stored)}, moved_report(stored), rows=None)


@click.command("block")
@name_argument
@_reason
@project_option
@output_options
def block(name: str, reason: str, project: Path | None, output: Output) -> None:
    """Set an issue aside until something else has happened."""
    _close("block", name, reason, project, output)


@click.command("drop")
@name_argument
@_reason
@project_option
@output_options
def drop(name: str, reason: str, project: Path | None, output: Output) -> None:
    """Give an issue up: it is never drafted again."""
    _close("drop", name, reason, project, output)


def _close(step: str, name: str, reason: str, project: Path | None, output: Output) -> None:
    from hotspot.report.lifecycle import moved_report
    from hotspot.workflow.documents.worklog import refresh
    from hotspot.workflow.lifecycle.closing import close
    from hotspot.workflow.lifecycle.steps import summary

    config = load_config(project=project)
    stored = close(step, name, reason, config, today=datetime.date.today())
    refresh(config)
    output.write({"schema": f"hotspot.issues.{step}/1", **summary(stored)}, moved_report(stored), rows=None)


@click.command("brief")
@name_argument
@project_option
@output_options
def brief(name: str, project: Path | None, output: Output) -> None:
    """Print all that whoever implements an issue has to know, as one Markdown document."""
    from hotspot.report.brief import brief_markdown
    from hotspot.report.table import Report
    from hotspot.workflow.lifecycle.brief import brief
    from hotspot.workflow.lifecycle.brief_record import note_brief

    config = load_config(project=project)
    made = brief(name, config)
    note_brief(made.stored, config, datetime.date.today())
    text = brief_markdown(made)
    if output.for_people:
        output.write_text(text)
    else:
        output.write({**made.to_dict(), "markdown": text}, Report(()), rows=None)


LIFECYCLE = (start, implement, verify, reopen, block, drop, brief)
