"""``hotspot merge``: many profiles to one."""

from __future__ import annotations

import click

from hotspot.cli.convert import write_bytes
from hotspot.cli.inputs import distinguishing_labels, load_named
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
    from hotspot.exporters.registry import exporter_for, exporter_named

    exporter = exporter_named(format_name) if format_name else exporter_for(target)
    runs = [named for source in sources for named in expand_side(source)]
    labels = distinguishing_labels([named.path for named in runs])
    profiles = [load_named(named, inputs, label) for named, label in zip(runs, labels, strict=True)]
    write_bytes(target, exporter.render(merge(profiles)))
