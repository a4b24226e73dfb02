"""``hotspot merge``: many profiles to one."""

from __future__ import annotations

import click

from hotspot.cli.convert import write_pieces
from hotspot.cli.inputs import load_each
from hotspot.cli.options import InputOptions, input_options


@click.command("merge")
@click.argument("sources", metavar="PROFILE...", nargs=-1, required=True)
@click.option("-o", "--output", "target", required=True, metavar="OUT", help="File to write; `-` is stdout.")
@click.option("--to", "format_name", metavar="FORMAT", help="Format of OUT; by default what its suffix says.")
@input_options
def command(sources: tuple[str, ...], target: str, format_name: str | None, inputs: InputOptions) -> None:
    """Merge profiles of any formats into one; a folder or a quoted glob stands for its files."""
    from hotspot.analysis.merge import merge
    from hotspot.cli.diff import expand_side
    from hotspot.exporters.registry import exporter_for

    exporter = exporter_for(target, format_name)
    runs = [named for source in sources for named in expand_side(source)]
    write_pieces(target, exporter.write(merge(load_each(runs, inputs))))
