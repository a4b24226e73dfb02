"""The papers around issues: ``hotspot issues plan``, ``worklog``, ``note``, ``lessons``, ``commit-message``, ``finish``."""

from __future__ import annotations

import datetime
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.cli.inputs import project_config, read_profile
from hotspot.cli.lifecycle import name_argument
from hotspot.cli.measuring import (
    before_option,
    drift_option,
    measure_revisions,
    project_option,
    runs_option,
    threshold_option,
)
from hotspot.cli.options import InputOptions, input_options, output_options
from hotspot.cli.output import Output, note
from hotspot.config import Config, load_config
from hotspot.errors import UsageError

if TYPE_CHECKING:
    from hotspot.workflow.gate.measured import Measured


@click.command("plan")
@click.option("--approve", metavar="N,...", help="Approve candidates by number or name.")
@click.option(
    "--reorder", metavar="N,...", help="Put these first, in this order; `auto` goes back to hotspot's."
)
@click.option("--drop", metavar="N,...", help="Drop candidates and their issues; needs --reason.")
@click.option("--add", metavar="TITLE", help="Add a candidate that no profile led to.")
@click.option("--reason", metavar="TEXT", help="Why candidates are dropped.")
@project_option
@output_options
def plan(
    approve: str | None,
    reorder: str | None,
    drop: str | None,
    add: str | None,
    reason: str | None,
    project: Path | None,
    output: Output,
) -> None:
    """Keep perf-issues/CANDIDATES.md: what to optimise, in order, with decisions.

    Representation comes before algorithm before low level, then the expected gain decides. What you write in the file
    stays: your order, `(Builds on #2)` behind a name, lines that you change.
    """
    from hotspot.report.documents import plan_report
    from hotspot.workflow.documents.planning import Decisions, make_plan

    decisions = Decisions(approve, reorder, drop, add, reason)
    made = make_plan(load_config(project=project), decisions, datetime.date.today())
    output.write(made.to_dict(), plan_report(made), rows="candidates")


@click.command("worklog")
@click.option("--ours", metavar="FILE", help="Benchmark results for the baseline table.")
@click.option("--competitor", metavar="FILE", help="The same of what ours is compared with; needs --ours.")
@project_option
@output_options
def worklog(ours: str | None, competitor: str | None, project: Path | None, output: Output) -> None:
    """Bring perf-issues/WORKLOG.md up to date; every step of an issue does so by itself."""
    from hotspot.benchmarks.load import load_results
    from hotspot.report.table import Report
    from hotspot.workflow.documents.worklog import Peers, refresh

    if competitor is not None and ours is None:
        raise UsageError("--competitor needs --ours", hint="they are compared with each other")
    peers = Peers(load_results(ours), load_results(competitor) if competitor else None) if ours else None
    path = refresh(load_config(project=project), peers)
    document = {"schema": "hotspot.worklog/1", "path": str(path) if path else None}
    said = (
        f"up to date: {os.path.relpath(path)}"
        if path
        else "nothing to log yet: no issue has been implemented"
    )
    output.write(document, Report((said,)), rows=None)


@click.command("note")
@click.argument("topic")
@click.argument("profile", required=False)
@input_options
@output_options
def research_note(topic: str, profile: str | None, inputs: InputOptions, output: Output) -> None:
    """Begin research/NN-TOPIC.md with what is hot, and what to ask of those who do the same faster."""
    from hotspot.report.table import Report
    from hotspot.workflow.documents.research import hotspot_table, note_named, slug, topic_note, write_note

    name = slug(topic)
    begun = note_named(project_config(inputs), name)
    if begun is None:
        read, config = read_profile(profile, inputs)
        rows, source = hotspot_table(read)
        path = write_note(config, name, topic_note(topic, rows, source))
    else:
        path = begun
    document = {"schema": "hotspot.note/1", "path": str(path), "created": begun is None}
    said = f"{'begun' if begun is None else 'there already'}: {os.path.relpath(path)}"
    output.write(document, Report((said,)), rows=None)


@click.command("lessons")
@name_argument
@project_option
@output_options
def lessons(name: str, project: Path | None, output: Output) -> None:
    """After a failed attempt, begin research/NN-NAME-lessons.md and say how to keep its code."""
    from hotspot.report.documents import lessons_report
    from hotspot.workflow.documents.lessons import write_lessons

    written = write_lessons(name, load_config(project=project))
    output.write(written.to_dict(), lessons_report(written), rows=None)


@click.command("commit-message")
@click.argument("name", required=False)
@click.option(
    "--check",
    "message",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Check a message instead, as git's commit-msg hook does; exit 1 where it lacks something.",
)
@project_option
@output_options
def commit_message(name: str | None, message: Path | None, project: Path | None, output: Output) -> None:
    """Print the commit message of a verified issue, or check one: one issue, figures, and why it is faster.

    Commits that claim no speed, merges, reverts and those that are to be folded into another (fixup!) pass the check.
    """
    from hotspot.report.table import Report
    from hotspot.workflow.documents.commit_message import check
    from hotspot.workflow.documents.commit_message import commit_message as written

    config = load_config(project=project)
    if (name is None) == (message is None):
        raise UsageError("give the name of an issue, or --check FILE")
    if message is None:
        text = written(name or "", config)
        document = {"schema": "hotspot.commit-message/1", "issue": name, "message": text}
        output.write(document, Report(tuple(text.splitlines())), rows=None)
        return
    data = sys.stdin.buffer.read() if str(message) == "-" else message.read_bytes()
    # git tells its hooks so that no editor is opened: https://git-scm.com/docs/githooks
    edited = os.environ.get("GIT_EDITOR") != ":"
    found = check(data.decode("utf-8", "replace"), config, edited=edited)
    if output.format == "json":
        output.write({"schema": "hotspot.commit-check/1", "problems": list(found)}, Report(()), rows=None)
    else:
        for problem in found:
            note(problem)
    if found:
        raise click.exceptions.Exit(1)


@click.command("finish")
@click.argument("results", nargs=-1, metavar="[RESULT]...")
@before_option("The start of the work: results or profiles; repeat.")
@click.option("--baseline", metavar="NAME", help="This saved baseline is the start of the work.")
@runs_option(20, "Runs of each side, where no RESULT is given.")
@threshold_option
@drift_option
@project_option
@output_options
def finish_work(
    results: tuple[str, ...],
    before: tuple[str, ...],
    baseline: str | None,
    runs: int,
    threshold: float,
    drift: float,
    project: Path | None,
    output: Output,
) -> None:
    """End the work: a final summary where the criteria are met, else a note on what more would take.

    The criteria and budgets of the configuration are asked of the start and the end of the work. RESULTs are measurements of
    the end; without any, benchmark_command runs in turn on the commit where the first issue was started and on the working
    tree. The start is --before, --baseline, else the baseline that was the newest when the first issue was started, else
    what that start measured. The summary goes into perf-issues/WORKLOG.md, the note is
    research/NN-future-optimizations.md. Exit code 1: not met; 3: something could not be measured, and nothing is written.
    """
    from hotspot.report.documents import finished_report
    from hotspot.workflow.documents.ending import ending, measured_end, require_criteria
    from hotspot.workflow.documents.finishing import finish
    from hotspot.workflow.gate.gate import judge_measured
    from hotspot.workflow.gate.kept import keep

    config = load_config(project=project)
    require_criteria(config)
    if results:
        measured = measured_end(config, results, before, baseline)
    elif before or baseline:
        raise UsageError("--before and --baseline go with results of the end", hint="name a RESULT")
    else:
        measured = _start_and_end(config, runs)
    gate = judge_measured(config, measured, threshold=threshold, drift=drift)
    called = ["hotspot", *sys.argv[1:]]
    keep(config, gate, called)
    finished = finish(config, ending(config, gate, shlex.join(called)), datetime.date.today())
    output.write(finished.to_dict(), finished_report(finished))
    if not finished.ending.success:
        raise click.exceptions.Exit(1)


def _start_and_end(config: Config, runs: int) -> Measured:
    from hotspot.workflow.documents.ending import first_start
    from hotspot.workflow.gate.measured import from_session

    if not config.benchmark_command:
        raise UsageError(
            "nothing to measure the end with", hint="name a RESULT, or set benchmark_command in hotspot.toml"
        )
    first = first_start(config)
    commit = first[1].commit if first is not None else None
    if first is None or commit is None:
        raise UsageError(
            "no commit is known where the work began",
            hint="`hotspot issues start` records one; or name a RESULT, and --before",
        )
    session = measure_revisions(config, config.benchmark_command, commit, None, runs)
    return from_session(config, session, f"the start of {first[0].name}, commit {commit[:12]}")


DOCUMENTS = (plan, worklog, research_note, lessons, commit_message, finish_work)
