"""``hotspot list``: source with weights."""

from __future__ import annotations

import click

from hotspot.cli.inputs import profile_for_pattern, read_profile
from hotspot.cli.options import InputOptions, input_options, output_options
from hotspot.cli.output import Output


@click.command("list")
@click.argument("pattern")
@click.argument("profile", required=False)
@input_options
@output_options
def command(pattern: str, profile: str | None, inputs: InputOptions, output: Output) -> None:
    """Show the source of the functions that PATTERN matches (a word, or /regex/) with each line's weight."""
    from hotspot.report.listing import listing_report
    from hotspot.source.listing import list_source
    from hotspot.source.ownership import Ownership

    read, config = read_profile(profile, inputs)
    with profile_for_pattern("list", pattern, profile):
        listings = list_source(read, pattern, Ownership(config))
    output.write(listings.to_dict(), listing_report(listings))
