"""``hotspot diff``: what changed, and whether that is real."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import click

from hotspot.cli.inputs import Named, distinguishing_labels, load_named, parse_argument
from hotspot.cli.options import InputOptions, ShareType, input_options, output_options
from hotspot.cli.output import Output
from hotspot.errors import UnreadableInput, UsageError
from hotspot.profile import Profile


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="[BEFORE AFTER]")
@click.option(
    "-b", "--before", "before", multiple=True, metavar="FILE", help="A run of the baseline; repeat."
)
@click.option("-a", "--after", "after", multiple=True, metavar="FILE", help="A run to compare; repeat.")
@click.option("-n", "--top", "n", type=click.IntRange(min=0), default=20, help="Rows to show; 0 for all.")
@click.option(
    "--min-change",
    type=ShareType(),
    default=0.002,
    show_default="0.2%",
    help="Smallest change that counts, as a share of the baseline's time.",
)
@click.option(
    "--spread",
    type=ShareType(),
    default=0.05,
    show_default="5%",
    help="Assumed variation between runs where it cannot be measured.",
)
@click.option(
    "--symbols",
    type=click.Choice(["exact", "canonical"]),
    default="canonical",
    help="Compare names as spelled, or without what compilers number anew.",
)
@input_options
@output_options
def command(
    sides: tuple[str, ...],
    before: tuple[str, ...],
    after: tuple[str, ...],
    n: int,
    min_change: float,
    spread: float,
    symbols: str,
    inputs: InputOptions,
    output: Output,
) -> None:
    """Show what got slower and faster between BEFORE and AFTER, and whether that is real.

    Each side is a file, or several runs of it: a folder, a quoted glob, or -b and -a repeated.
    """
    from hotspot.analysis.diff import diff
    from hotspot.report.diff import diff_report

    arguments = _arguments(sides, before, after)
    runs = [named for side in arguments for named in side]
    labels = iter(distinguishing_labels([named.path for named in runs]))
    loaded: list[list[Profile]] = [
        [load_named(named, inputs, next(labels)) for named in side] for side in arguments
    ]
    result = diff(
        loaded[0],
        loaded[1],
        min_change=min_change,
        spread=spread,
        symbols=symbols,  # type: ignore[arg-type]  # click has checked the choice
    )
    output.write(result.to_dict(), diff_report(result, n))


def _arguments(
    sides: tuple[str, ...], before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[list[Named], list[Named]]:
    if before or after:
        if sides or not (before and after):
            raise UsageError("give BEFORE and AFTER, or -b and -a for both sides, not a mixture")
        return [parse_argument(path) for path in before], [parse_argument(path) for path in after]
    if len(sides) != 2:
        raise UsageError(
            f"diff compares two sides, got {len(sides)}",
            hint="hotspot diff BEFORE AFTER; quote a glob that stands for several runs",
        )
    return expand_side(sides[0]), expand_side(sides[1])


def expand_side(argument: str) -> list[Named]:
    """Return the runs of one side: a folder's files or a glob's matches, in name order, or the file itself.

    Raises:
        UnreadableInput: the folder is empty or the glob matches nothing.
    """
    named = parse_argument(argument)
    if os.path.isdir(named.path):
        files = sorted(
            str(p) for p in Path(named.path).iterdir() if p.is_file() and not p.name.startswith(".")
        )
        if not files:
            raise UnreadableInput(named.path, "the folder holds no profile")
        return [Named(file, named.label) for file in files]
    if not os.path.exists(named.path) and any(c in named.path for c in "*?["):
        files = sorted(file for file in glob.glob(named.path) if os.path.isfile(file))
        if not files:
            raise UnreadableInput(named.path, "no file matches")
        return [Named(file, named.label) for file in files]
    return [named]
