"""``hotspot tree``: the call tree as text."""

from __future__ import annotations

import click

from hotspot.cli.inputs import read_profile
from hotspot.cli.options import InputOptions, ShareType, input_options, output_options
from hotspot.cli.output import Output


@click.command("tree")
@click.argument("profile", required=False)
@click.option("--inverted", is_flag=True, help="Leaves first, their callers below.")
@click.option("--min-share", type=ShareType(), default=0.01, show_default="1%", help="Sum up narrower nodes.")
@input_options
@output_options
def command(
    profile: str | None, inverted: bool, min_share: float, inputs: InputOptions, output: Output
) -> None:
    """Show the call tree, heaviest path first."""
    from hotspot.analysis.text_tree import text_tree
    from hotspot.report.tree import tree_report

    read, _ = read_profile(profile, inputs)
    tree = text_tree(read, inverted=inverted, min_share=min_share)
    output.write(tree.to_dict(), tree_report(tree))
