"""``hotspot review BASE HEAD``: a performance review of a change."""

from __future__ import annotations

from pathlib import Path

import click

from hotspot.cli.measuring import after_option, before_option, project_option
from hotspot.cli.output import Output
from hotspot.config import load_config
from hotspot.errors import UsageError


@click.command("review")
@click.argument("base")
@click.argument("head", default="HEAD")
@click.option(
    "--profile", metavar="FILE", help="A profile of the program: tells which changed lines are hot."
)
@before_option("Benchmark results of BASE; repeat.")
@after_option("The same of HEAD; repeat.")
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
    format_: str,
    output: Path | None,
    project: Path | None,
) -> None:
    """Review what HEAD adds to BASE: benchmarks, forbidden imports, hot lines, and what its commits claim.

    A commit that names an issue or claims to be faster needs figures before and after, one issue, and why. Exit code 1
    where changes are requested.
    """
    from hotspot.benchmarks.load import load_side
    from hotspot.importers.registry import load
    from hotspot.report.review import review_markdown
    from hotspot.report.table import Report
    from hotspot.workflow.review.review import review

    if bool(before) != bool(after):
        raise UsageError("give both --before and --after")
    made = review(
        load_config(project=project),
        base,
        head,
        profile=load(profile) if profile else None,
        before=load_side(before) if before else None,
        after=load_side(after) if after else None,
    )
    target = Output(format_, output, "never")
    if format_ == "json":
        target.write(made.to_dict(), Report(()), rows=None)
    else:
        target.write_text(review_markdown(made))
    if not made.approved:
        raise click.exceptions.Exit(1)
