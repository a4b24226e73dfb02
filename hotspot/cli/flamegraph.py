"""``hotspot flamegraph``: a picture of one profile, or of the difference between two."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from hotspot.cli.convert import write_pieces
from hotspot.cli.diff import expand_side, in_app_of
from hotspot.cli.inputs import load_each, read_profile
from hotspot.cli.options import InputOptions, input_options
from hotspot.cli.output import note
from hotspot.errors import UsageError
from hotspot.units import human_bytes

if TYPE_CHECKING:
    from hotspot.analysis.diff import Diff
    from hotspot.analysis.flame import Flame
    from hotspot.profile import Profile
    from hotspot.report.flamegraph import Orientation

_FORMATS = {".html": "html", ".htm": "html", ".svg": "svg"}


@click.command("flamegraph")
@click.argument("profile", required=False)
@click.argument("after", required=False)
@click.option(
    "-o", "--output", metavar="OUT", help="Page (.html) or picture (.svg) to write; - for a page on stdout."
)
@click.option(
    "--sandwich", metavar="FUNCTION", help="Only this function: its callers above, its callees below."
)
@click.option(
    "--color-by",
    type=click.Choice(["module", "in-app", "kind", "difference"]),
    help="What colours mean at first; the page can change it.",
)
@click.option(
    "--orientation",
    type=click.Choice(["icicle", "flame"]),
    default="icicle",
    show_default=True,
    help="The root on top, or at the bottom; the page can change it.",
)
@input_options
def command(
    profile: str | None,
    after: str | None,
    output: str | None,
    sandwich: str | None,
    color_by: str | None,
    orientation: Orientation,
    inputs: InputOptions,
) -> None:
    """Draw a flame graph of PROFILE, or of the difference between PROFILE and AFTER.

    The page opens from disk without any network; a picture of a difference reads back as the side after. Each side of a difference is a file, a folder or a quoted glob of runs.
    """
    kind = _kind_of(output)
    if color_by == "difference" and after is None:
        raise UsageError("--color-by difference needs two profiles")
    if kind == "svg" and sandwich is not None:
        raise UsageError("a sandwich is drawn as a page", hint="name OUT something.html")
    assert output is not None
    if after is not None:
        assert profile is not None
        diff = _compared(profile, after, inputs)
        pieces, said = _difference(diff, kind, sandwich, color_by, orientation, inputs)
    else:
        pieces, said = _profile(profile, kind, sandwich, color_by, orientation, inputs)
    write_pieces(output, pieces)
    if output != "-":
        size = f", {human_bytes(os.stat(output).st_size)}" if os.path.isfile(output) else ""
        note(f"wrote {output}{size}")
    for sentence in said:
        note(sentence)


def _kind_of(output: str | None) -> str:
    if output is None:
        raise UsageError(
            "no output file is named",
            hint="name a file: -o flame.html or -o flame.svg, or - for a page on stdout",
        )
    kind = "html" if output == "-" else _FORMATS.get(os.path.splitext(output)[1].lower())
    if kind is None:
        raise UsageError(
            f"{output}: the file name does not tell the format", hint="end it with .html or .svg"
        )
    return kind


def _profile(
    argument: str | None,
    kind: str,
    pattern: str | None,
    color_by: str | None,
    orientation: Orientation,
    inputs: InputOptions,
) -> tuple[Iterator[bytes], tuple[str, ...]]:
    from hotspot.analysis.flame import flame_of_profile
    from hotspot.exporters import svg
    from hotspot.report.rank import headline
    from hotspot.source.ownership import Ownership

    profile, config = read_profile(argument, inputs)
    if kind == "svg":
        return svg.write(profile), ()
    verdict = Ownership(config, wait=False).classify(profile)
    flame = flame_of_profile(profile, verdict.owned, verdict.known)
    return _page(flame, headline(profile), pattern, color_by, orientation)


def _compared(before: str, after: str, inputs: InputOptions) -> Diff:
    from hotspot.analysis.diff import diff

    sides = expand_side(before), expand_side(after)
    loaded: list[Profile] = load_each([*sides[0], *sides[1]], inputs)
    return diff(loaded[: len(sides[0])], loaded[len(sides[0]) :], in_app=in_app_of(inputs))


def _difference(
    diff: Diff,
    kind: str,
    pattern: str | None,
    color_by: str | None,
    orientation: Orientation,
    inputs: InputOptions,
) -> tuple[Iterator[bytes], tuple[str, ...]]:
    from hotspot.analysis.flame import flame_of_diff

    flame = flame_of_diff(diff, in_app_of(inputs))
    if kind == "svg":
        from hotspot.report.diff_svg import write

        return write(flame, diff.sentence), flame.notes
    return _page(flame, diff.sentence, pattern, color_by, orientation)


def _page(
    flame: Flame, about: str, pattern: str | None, color_by: str | None, orientation: Orientation
) -> tuple[Iterator[bytes], tuple[str, ...]]:
    from hotspot.analysis.sandwich import sandwich
    from hotspot.report.flamegraph import CARRIED, page

    drawn = (flame if pattern is None else sandwich(flame, pattern)).pruned(CARRIED)
    return iter([page(drawn, about, color_by=color_by, orientation=orientation)]), drawn.notes
