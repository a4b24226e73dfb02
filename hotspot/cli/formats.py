"""``hotspot formats``: what is read and written."""

from __future__ import annotations

from typing import Any

import click

from hotspot.cli.options import output_options
from hotspot.cli.output import Output


@click.command("formats")
@output_options
def command(output: Output) -> None:
    """List the formats that hotspot reads and writes; --input-format and --to take these names."""
    from hotspot.exporters.registry import EXPORTERS
    from hotspot.importers.registry import importers
    from hotspot.report.table import Cell, Column, Report, Table

    reads = {importer.INFO.name: importer.INFO for importer in importers()}
    writes = {exporter.name: exporter for exporter in EXPORTERS}
    rows: list[dict[str, Any]] = []
    for name in sorted({*reads, *writes}):
        info = reads.get(name) or writes[name]
        suffixes = " ".join(dict.fromkeys(info.suffixes))
        rows.append(
            {
                "name": name,
                "reads": name in reads,
                "writes": name in writes,
                "title": info.title,
                "suffixes": suffixes,
            }
        )
    columns = (
        Column("name"),
        Column("reads"),
        Column("writes"),
        Column("format", grow=True),
        Column("usual suffixes"),
    )
    table = Table(
        columns,
        tuple(
            (
                Cell(row["name"], tone="strong"),
                Cell("yes" if row["reads"] else "-"),
                Cell("yes" if row["writes"] else "-"),
                Cell(row["title"]),
                Cell(row["suffixes"]),
            )
            for row in rows
        ),
    )
    note = "Files are told apart by their content. gzip, bzip2, xz and zstd are opened transparently."
    output.write({"schema": "hotspot.formats/1", "rows": rows}, Report((table, "", note)))
