"""``hotspot report``: one file to read and to pass on, of one profile or of a before and an after."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from hotspot.cli.convert import write_pieces
from hotspot.cli.diff import expand_side, in_app_of
from hotspot.cli.inputs import load_each, project_config, read_profile
from hotspot.cli.options import InputOptions, input_options
from hotspot.cli.output import note
from hotspot.errors import UsageError
from hotspot.units import human_bytes

if TYPE_CHECKING:
    from hotspot.report.page import Page

_FORMATS = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"}


@click.command("report")
@click.argument("profile", required=False)
@click.argument("after", required=False)
@click.option("-o", "--output", metavar="OUT", help="File to write: .html or .md; - for standard output.")
@click.option(
    "--to", "format_", type=click.Choice(["html", "markdown"]), help="Format; by default what OUT ends with."
)
@click.option("--static", is_flag=True, help="Still pictures: a page under 500 kB, with nothing to zoom.")
@click.option(
    "-n",
    "--top",
    "n",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Rows a table; 0 for all.",
)
@input_options
def command(
    profile: str | None,
    after: str | None,
    output: str | None,
    format_: str | None,
    static: bool,
    n: int,
    inputs: InputOptions,
) -> None:
    """Write a report of PROFILE, or of what changed from PROFILE to AFTER.

    It holds the verdict, sortable tables, flame graphs, issues, and how far to trust it, in one page that opens
    without any network; or the same in short as Markdown, for a pull request. Each side of a comparison is a file, a
    folder or a quoted glob of runs.
    """
    from hotspot.report.page_html import page_html
    from hotspot.report.page_markdown import page_markdown

    kind = _kind_of(output, format_)
    assert output is not None
    if kind == "markdown" and static:
        raise UsageError("--static is about a page's pictures; Markdown has none")
    page = _page(profile, after, n, inputs)
    content = (
        page_html(page, static=static)
        if kind == "html"
        else page_markdown(page).encode("utf-8", "backslashreplace")
    )
    write_pieces(output, iter([content]))
    if output != "-":
        note(f"wrote {output}, {human_bytes(len(content))}")


def _kind_of(output: str | None, format_: str | None) -> str:
    if output is None:
        raise UsageError(
            "no output file is named",
            hint="name a file: -o report.html or -o report.md, or - for standard output",
        )
    kind = format_ or ("html" if output == "-" else _FORMATS.get(os.path.splitext(output)[1].lower()))
    if kind is None:
        raise UsageError(
            f"{output}: the file name does not tell the format",
            hint="end it with .html or .md, or say --to html or --to markdown",
        )
    return kind


def _page(profile: str | None, after: str | None, n: int, inputs: InputOptions) -> Page:
    from hotspot.analysis.diff import diff
    from hotspot.report.page_sections import diff_page, profile_page

    if profile is None or after is None:
        read, config = read_profile(profile, inputs)
        return profile_page(read, config, n=n)
    sides = expand_side(profile), expand_side(after)
    loaded = load_each([*sides[0], *sides[1]], inputs)
    compared = diff(loaded[: len(sides[0])], loaded[len(sides[0]) :], in_app=in_app_of(inputs))
    return diff_page(compared, project_config(inputs), n=n)
