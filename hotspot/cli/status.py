"""``hotspot status``: where the performance work of a project stands."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from hotspot.cli.measuring import project_option
from hotspot.cli.options import output_options
from hotspot.cli.output import Output, note
from hotspot.config import load_config


@click.command("status")
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep it in a Markdown file too (PERFORMANCE.md); what you write there stays.",
)
@project_option
@output_options
def command(write: Path | None, project: Path | None, output: Output) -> None:
    """Say what to do next, how far the issues are, and which boxes the state of the project ticks.

    A box marked [?] is for a person, who ticks it in the file that --write keeps: nothing else on disk can tell.
    """
    from hotspot.report.status import status_report
    from hotspot.report.table import markdown
    from hotspot.workflow.documents.performance import FILE, ticked_boxes, write_performance
    from hotspot.workflow.status.project import project_status

    config = load_config(project=project)
    ticked = ticked_boxes(write or config.root / FILE)
    status = project_status(config, datetime.date.today(), ticked=ticked, writing=write is not None)
    if write is not None:
        write_performance(write, markdown(status_report(status)).splitlines())
        note(f"wrote {write}")
    output.write(status.to_dict(), status_report(status), rows="issues")
