"""``hotspot info``: what a profile holds and how far to trust it."""

from __future__ import annotations

import click

from hotspot.cli.inputs import read_profile
from hotspot.cli.options import InputOptions, input_options, output_options
from hotspot.cli.output import Output


@click.command("info")
@click.argument("profile", required=False)
@input_options
@output_options
def command(profile: str | None, inputs: InputOptions, output: Output) -> None:
    """Show what a profile holds, what was lost on the way, and how far to trust it."""
    from hotspot.analysis.trust import trust
    from hotspot.report.info import info_report

    read, _ = read_profile(profile, inputs)
    facts = trust(read)
    output.write(facts.to_dict(), info_report(facts), rows=None)
