"""``hotspot top``: where the time goes."""

from __future__ import annotations

import click

from hotspot.cli.inputs import read_profile
from hotspot.cli.options import InputOptions, input_options, output_options
from hotspot.cli.output import Output


@click.command("top")
@click.argument("profile", required=False)
@click.option("-n", "--top", "n", type=click.IntRange(min=0), default=20, help="Rows to show; 0 for all.")
@click.option("--sort", type=click.Choice(["self", "total"]), default="self", help="Rank by self or total.")
@click.option(
    "--by",
    type=click.Choice(["function", "line", "file", "module"]),
    default="function",
    help="What a row is.",
)
@click.option(
    "--in-app",
    is_flag=True,
    help="Charge library, runtime and kernel time to the nearest caller that the project owns.",
)
@input_options
@output_options
def command(
    profile: str | None, n: int, sort: str, by: str, in_app: bool, inputs: InputOptions, output: Output
) -> None:
    """Show where the time goes: the hottest functions, lines, files or modules."""
    from hotspot.analysis.rank import rank
    from hotspot.report.rank import ranking_report
    from hotspot.source.ownership import Ownership
    from hotspot.source.ranked import with_definitions

    read, config = read_profile(profile, inputs)
    ownership = Ownership(config, wait=in_app)
    verdict = ownership.classify(read)
    ranking = rank(
        read,
        n=n,
        sort=sort,  # type: ignore[arg-type]  # click has checked the choice
        by=by,  # type: ignore[arg-type]  # the same
        in_app=in_app,
        owned=verdict.owned,
        known=verdict.known,
    )
    ranking = with_definitions(ranking, ownership)
    output.write(ranking.to_dict(), ranking_report(ranking))
