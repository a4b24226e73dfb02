"""``hotspot convert``: one profile in another format."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from hotspot.cli.inputs import Named, distinguishing_labels, load_named, parse_argument
from hotspot.cli.options import InputOptions, input_options
from hotspot.files import write_atomically


@click.command("convert")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--to", "format_name", metavar="FORMAT", help="Format of OUT; by default what its suffix says.")
@input_options
def command(source: str, target: str, format_name: str | None, inputs: InputOptions) -> None:
    """Convert profile IN to file OUT (`-` is standard output); `hotspot formats` lists what can be written."""
    from hotspot.exporters.registry import exporter_for

    exporter = exporter_for(target, format_name)
    named: Named = parse_argument(source)
    profile = load_named(named, inputs, distinguishing_labels([named.path])[0])
    write_pieces(target, exporter.write(profile))
    if exporter.name == "folded" and profile.value_type.unit != "count":
        note = (
            f"folded stacks have no unit: these are {profile.value_type.unit}, which readers take for samples"
        )
        if any(value_type.counts_samples for value_type in profile.value_types):
            note += "; --value-type samples writes those"
        click.echo(f"hotspot: {note}", err=True)


def write_pieces(target: str, pieces: Iterator[bytes]) -> None:
    """Write to a file aside and rename, or to standard output where the target is ``-``."""
    if target == "-":
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    else:
        write_atomically(target, pieces)
