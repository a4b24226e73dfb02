"""``hotspot peek``: callers and callees of a function."""

from __future__ import annotations

import click

from hotspot.cli.inputs import profile_for_pattern, read_profile
from hotspot.cli.options import InputOptions, input_options, output_options
from hotspot.cli.output import Output


@click.command("peek")
@click.argument("pattern")
@click.argument("profile", required=False)
@click.option("-n", "--top", "n", type=click.IntRange(min=0), default=5, help="Functions to show; 0 for all.")
@input_options
@output_options
def command(pattern: str, profile: str | None, n: int, inputs: InputOptions, output: Output) -> None:
    """Show callers and callees of the functions that PATTERN matches (a word, or /regex/)."""
    from hotspot.analysis.peek import peek
    from hotspot.report.peek import peek_report

    read, _ = read_profile(profile, inputs)
    with profile_for_pattern("peek", pattern, profile):
        result = peek(read, pattern, n=n)
    output.write(result.to_dict(), peek_report(result))
