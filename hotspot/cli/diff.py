"""``hotspot diff``: what changed, and whether that is real."""

from __future__ import annotations

import glob
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.cli.inputs import Named, load_each, parse_argument, project_config
from hotspot.cli.options import InputOptions, ShareType, input_options, output_options
from hotspot.cli.output import Output
from hotspot.errors import TooFewSamples, UnreadableInput, UsageError
from hotspot.profile import Bool, Profile

if TYPE_CHECKING:
    from hotspot.analysis.diff import InApp
    from hotspot.analysis.work import Work
    from hotspot.source.ownership import Ownership


@click.command("diff")
@click.argument("sides", nargs=-1, metavar="[BEFORE AFTER]")
@click.option(
    "-b", "--before", "before", multiple=True, metavar="FILE", help="A run of the baseline; repeat."
)
@click.option("-a", "--after", "after", multiple=True, metavar="FILE", help="A run to compare; repeat.")
@click.option("-n", "--top", "n", type=click.IntRange(min=0), default=20, help="Rows to show; 0 for all.")
@click.option(
    "--fail-on",
    type=click.Choice(["regression", "suspect", "any"]),
    help="Exit 1 on a regression, also on a likely one, or on any change that counts.",
)
@click.option(
    "--work",
    multiple=True,
    metavar="SIDE=N|FILE",
    help="Work done, where it is known: before=1000 and after=1200, or a file of path and work a line.",
)
@click.option(
    "--min-change",
    type=ShareType(),
    default=0.002,
    show_default="0.2%",
    help="Smallest change that counts, as a share of the baseline's time.",
)
@click.option(
    "--tolerance",
    type=ShareType(),
    default=0.02,
    show_default="2%",
    help="Functions shown to stay within it are unchanged.",
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
@click.option(
    "--explain-matches", is_flag=True, help="Show which functions were taken for one although spelled apart."
)
@input_options
@output_options
def command(
    sides: tuple[str, ...],
    before: tuple[str, ...],
    after: tuple[str, ...],
    n: int,
    fail_on: str | None,
    work: tuple[str, ...],
    min_change: float,
    tolerance: float,
    spread: float,
    symbols: str,
    explain_matches: bool,
    inputs: InputOptions,
    output: Output,
) -> None:
    """Show what got slower and faster between BEFORE and AFTER, and whether that is real.

    Each side is a file, or several runs of it: a folder, a quoted glob, or -b and -a repeated. Five runs of each,
    recorded in turn, give a verdict.
    """
    from hotspot.analysis.diff import diff
    from hotspot.report.diff import diff_report
    from hotspot.report.diff_markdown import diff_markdown

    before_runs, after_runs = _arguments(sides, before, after)
    loaded = load_each([*before_runs, *after_runs], inputs)
    result = diff(
        loaded[: len(before_runs)],
        loaded[len(before_runs) :],
        work=_work(work, (before_runs, after_runs)),
        min_change=min_change,
        tolerance=tolerance,
        spread=spread,
        symbols=symbols,  # type: ignore[arg-type]  # click has checked the choice
        in_app=in_app_of(inputs),
    )
    if output.format == "markdown":
        output.write_text(diff_markdown(result, n, explain_matches=explain_matches))
    else:
        document = result.to_dict(explain_matches=explain_matches)
        output.write(document, diff_report(result, n, explain_matches=explain_matches))
    if fail_on is None:
        return
    fails = result.fails(fail_on)  # type: ignore[arg-type]  # the same
    if fails is None:
        raise TooFewSamples(
            "a screening cannot answer --fail-on regression",
            hint="give three or more runs a side (better five), or use --fail-on suspect",
        )
    if fails:
        raise click.exceptions.Exit(1)


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
        files = sorted(file for file in glob.glob(named.path, recursive=True) if os.path.isfile(file))
        if not files:
            raise UnreadableInput(named.path, "no file matches")
        return [Named(file, named.label) for file in files]
    return [named]


def _work(given: tuple[str, ...], arguments: tuple[list[Named], list[Named]]) -> Work | None:
    """Read ``--work``: a number for each side, or files that name every profile."""
    if not given:
        return None
    from hotspot.analysis.work import read_work_file, work_of_paths

    sides: dict[str, float] = {}
    files: dict[str, float] = {}
    for text in given:
        match = re.fullmatch(r"(before|after)=(.*)", text)
        if match is None:
            if re.fullmatch(r"[\d.]+", text) and not os.path.exists(text):
                raise UsageError(f"--work {text}: give both before=N and after=N")
            files.update(read_work_file(text))
            continue
        try:
            sides[match[1]] = float(match[2])
        except ValueError:
            raise UsageError(f"--work {text}: {match[2]!r} is not a number") from None
    if sides and (files or len(sides) < 2):
        raise UsageError("--work: give both before=N and after=N, or a file that names every profile")
    if sides:
        return sides["before"], sides["after"]
    before, after = ([named.path for named in side] for side in arguments)
    return work_of_paths(files, before), work_of_paths(files, after)


def in_app_of(inputs: InputOptions) -> InApp:
    """Return how to tell which frames are in-app; the project is only looked at when somebody asks."""

    @cache
    def ownership() -> Ownership:
        from hotspot.source.ownership import Ownership

        return Ownership(project_config(inputs), wait=False)

    def classify(profile: Profile) -> tuple[Bool, Bool]:
        verdict = ownership().classify(profile)
        return verdict.owned, verdict.known

    return classify
