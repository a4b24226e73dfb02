"""``hotspot gate``: is what was measured good enough to go in?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.cli.measuring import (
    before_option,
    drift_option,
    measure_revisions,
    project_option,
    runs_option,
    threshold_option,
    words_of,
)
from hotspot.cli.options import output_options
from hotspot.cli.output import Output, note
from hotspot.config import Config, load_config
from hotspot.errors import HotspotError, UsageError

if TYPE_CHECKING:
    from hotspot.workflow.gate.measured import Measured


@click.command("gate")
@click.argument("results", nargs=-1, metavar="[RESULT]...")
@before_option("What to compare with: results or profiles; repeat.")
@click.option("--baseline", metavar="NAME", help="Compare with this saved baseline, not with the newest.")
@click.option(
    "--base", metavar="REV", help="Measure benchmark_command on this revision and on the head, in turn."
)
@click.option(
    "--head", metavar="REV", help="With --base: the head, instead of the working tree as it stands."
)
@click.option(
    "--command", "typed", metavar="COMMAND", help="With --base: measure this, not benchmark_command."
)
@runs_option(20, "With --base: runs of each.")
@click.option(
    "--equal-work",
    is_flag=True,
    help="Every profile is of the same work, say the same command on the same input.",
)
@threshold_option
@drift_option
@project_option
@output_options
def command(
    results: tuple[str, ...],
    before: tuple[str, ...],
    baseline: str | None,
    base: str | None,
    head: str | None,
    typed: str | None,
    runs: int,
    equal_work: bool,
    threshold: float,
    drift: float,
    project: Path | None,
    output: Output,
) -> None:
    """Check results and profiles against a baseline, budgets and criteria; for CI.

    The exit code is 1 where something is not met, else 3 where something could not be measured.

    A RESULT is what `hotspot bench compare` reads, or a profile; several profiles are runs of one program. What they are
    compared with is --before, --baseline, the side that a file of `hotspot bench run --rev` holds, or the newest saved
    baseline. Without RESULT, --base measures both revisions in turn; without that, the newest comparison that
    `hotspot record --against-rev` left is judged. With -o FILE.md a failure becomes a report on who holds which part of the
    change, which commits touched it, and how to check a fix.
    """
    from hotspot.report.gate import gate_report, response_markdown
    from hotspot.workflow.gate.gate import judge_measured
    from hotspot.workflow.gate.kept import keep
    from hotspot.workflow.gate.response import respond

    config = load_config(project=project)
    measured = _measured(config, results, before, baseline, (base, head, typed), runs)
    if equal_work:
        measured = replace(measured, equal_work=True)
    gate = judge_measured(config, measured, threshold=threshold, drift=drift)
    called = ["hotspot", *sys.argv[1:]]
    try:
        keep(config, gate, called)
    except (
        HotspotError,
        OSError,
    ) as error:  # a checkout that is read-only, say: the answer counts all the same
        note(f"the answer was not kept for `hotspot status`: {error}")
    document = gate.to_dict()
    report = gate_report(gate)
    as_response = output.path is not None and output.path.suffix in (".md", ".markdown")
    if gate.verdict == "passed":
        output.write(document, report)
    else:
        response = respond(config, gate, called)
        document |= response.to_dict()
        if as_response:
            output.write_text(response_markdown(response))
        else:
            output.write(document, report)
    if as_response:
        Output("table", None, output.color).write(document, report)
        note(f"the report is in {output.path}")
    if gate.exit_code:
        raise click.exceptions.Exit(gate.exit_code)


def _measured(
    config: Config,
    results: tuple[str, ...],
    before: tuple[str, ...],
    baseline: str | None,
    revisions: tuple[str | None, str | None, str | None],
    runs: int,
) -> Measured:
    from hotspot.workflow.gate.measured import from_files, from_recording

    base, head, typed = revisions
    if base is not None:
        if results or before or baseline:
            raise UsageError(
                "--base measures both sides itself: give no RESULT, --before or --baseline with it"
            )
        return _measure_both(config, base, head, typed, runs)
    if head is not None or typed is not None:
        raise UsageError("--head and --command go with --base")
    if results:
        return from_files(config, results, before, baseline)
    if before or baseline:
        raise UsageError("nothing to judge: name results or profiles")
    return from_recording(config)


def _measure_both(config: Config, base: str, head: str | None, typed: str | None, runs: int) -> Measured:
    from hotspot.workflow.gate.measured import from_session

    words = words_of(typed) if typed is not None else config.benchmark_command
    if not words:
        raise UsageError(
            "no command to measure", hint="set benchmark_command in hotspot.toml, or give --command"
        )
    return from_session(config, measure_revisions(config, words, base, head, runs), base)
