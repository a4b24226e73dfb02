"""``hotspot record``: record a program, keep the profile, show where the time goes; or two in turn, and compare."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.cli.output import FORMATS, Output, note
from hotspot.config import Config, load_config
from hotspot.errors import UsageError

if TYPE_CHECKING:
    from hotspot.record.interleave import Step
    from hotspot.workflow.recording.one import HowToRecord


@click.command("record", context_settings={"allow_interspersed_args": False})
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="[--pid PID | -- COMMAND...]")
@click.option("-p", "--pid", type=click.IntRange(min=1), help="Record a process that runs already.")
@click.option(
    "-d",
    "--duration",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Stop after so many seconds.",
)
@click.option(
    "-r", "--rate", type=click.IntRange(min=1), metavar="HZ", help="Samples a second (py-spy 100, perf 99)."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT",
    help="Also write the profile here; the name tells the format (.folded, .svg, .pb.gz, .speedscope.json, ...; "
    ".data for perf's own file).",
)
@click.option(
    "--recorder",
    type=click.Choice(["auto", "py-spy", "perf", "memray"]),
    default="auto",
    show_default=True,
    help="auto: py-spy for Python, perf for everything else.",
)
@click.option("--memory", is_flag=True, help="Record memory in use at its peak, with memray (Python).")
@click.option(
    "--call-graph",
    type=click.Choice(["fp", "dwarf", "lbr"]),
    help="How perf finds callers. fp: frame pointers, cheap, needs programs built with them; dwarf: unwind tables, "
    "works for nearly all, larger files; lbr: Intel's branch records. By default fp for Go and JITs (Node, Java), "
    "else dwarf.",
)
@click.option(
    "-X",
    "--recorder-option",
    "options",
    multiple=True,
    metavar="OPTION",
    help="A further option of the recorder; repeat. Say -X --native -X --subprocesses for py-spy, or "
    "-X '--event cycles' for perf.",
)
@click.option("--runs", type=click.IntRange(min=1), help="Recordings of each side, in turn (5 by default).")
@click.option("--against", metavar="COMMAND", help="Compare with another command, which is before.")
@click.option("--against-rev", metavar="REV", help="Compare with a git revision, which is before.")
@click.option("--rev", metavar="REV", help="With --against-rev: the side after, instead of the working tree.")
@click.option(
    "--work",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Work that one run does, in a unit of yours (requests, rows): a diff then needs no guess.",
)
@click.option("-n", "--top", "n", type=click.IntRange(min=0), default=20, help="Rows to show; 0 for all.")
@click.option("--in-app", is_flag=True, help="Charge library and kernel time to the nearest caller you own.")
@click.option("-f", "--format", "format_", type=click.Choice(FORMATS), default="table", help="Output format.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours; NO_COLOR is respected.",
)
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The project root; by default the nearest parent with hotspot.toml or .git.",
)
def command(
    program: tuple[str, ...],
    pid: int | None,
    duration: float | None,
    rate: int | None,
    output: Path | None,
    recorder: str,
    memory: bool,
    call_graph: str | None,
    options: tuple[str, ...],
    runs: int | None,
    against: str | None,
    against_rev: str | None,
    rev: str | None,
    work: float | None,
    n: int,
    in_app: bool,
    format_: str,
    color: str,
    project: Path | None,
) -> None:
    """Record a program and show where its time goes; Ctrl-C stops and keeps what there is.

    The profile is kept as .hotspot/latest.*, which other commands take where none is named, with a record of how it was
    made. With --against or --against-rev two sides are recorded in turn (before, after, before, ...) and compared.
    """
    from hotspot.record.recorder import Wanted
    from hotspot.workflow.recording.one import HowToRecord

    if memory and recorder not in ("auto", "memray"):
        raise UsageError(f"--memory is recorded by memray, not by {recorder}")
    how = HowToRecord(
        recorder="memray" if memory else recorder,  # type: ignore[arg-type]  # click has checked the choice
        wanted=Wanted(rate, call_graph, _words(options)),  # type: ignore[arg-type]  # the same
        duration=duration,
        work=work,
        tick=_tick if sys.stderr.isatty() else None,
    )
    config = load_config(project=project)
    destination = Output(format_, None, color)
    if against is None and against_rev is None:
        if runs is not None or rev is not None:
            raise UsageError("--runs and --rev belong to --against or --against-rev")
        _one(config, program, pid, how, output, n, in_app, destination)
        return
    if pid is not None or output is not None or not program:
        raise UsageError(
            "a comparison records commands: hotspot record --against 'OTHER' -- COMMAND, without --pid, -o"
        )
    if against is not None and (against_rev is not None or rev is not None):
        raise UsageError("give --against or --against-rev, not both")
    _compare(config, program, how, runs or 5, against, (against_rev, rev), n, destination)


def _one(
    config: Config,
    program: tuple[str, ...],
    pid: int | None,
    how: HowToRecord,
    output: Path | None,
    n: int,
    in_app: bool,
    destination: Output,
) -> None:
    from hotspot.analysis.rank import rank
    from hotspot.report.rank import ranking_report
    from hotspot.source.ownership import Ownership
    from hotspot.source.ranked import with_definitions
    from hotspot.workflow.recording.one import record_one, target_of

    kept = record_one(config, target_of(program, pid), how, output)
    _clear()
    for text in kept.notes:
        note(text)
    note(f"kept as {_shown(kept.path)}" + (f" and {output}" if output is not None else ""))
    ownership = Ownership(config)
    owned = ownership.classify(kept.profile)
    ranking = rank(kept.profile, n=n, in_app=in_app, owned=owned.owned, known=owned.known)
    ranking = with_definitions(ranking, ownership)
    destination.write(ranking.to_dict() | {"recording": kept.record.to_dict()}, ranking_report(ranking))


def _compare(
    config: Config,
    program: tuple[str, ...],
    how: HowToRecord,
    runs: int,
    against: str | None,
    revisions: tuple[str | None, str | None],
    n: int,
    destination: Output,
) -> None:
    from hotspot.record.interleave import Side
    from hotspot.report.diff import diff_report
    from hotspot.report.diff_markdown import diff_markdown
    from hotspot.source.ownership import Ownership
    from hotspot.workflow.recording.in_turn import record_in_turn, record_revisions

    owner = Ownership(config)
    progress = _step if sys.stderr.isatty() else None

    def in_app(profile):  # type: ignore[no-untyped-def]  # InApp, whose types would import numpy for --help
        verdict = owner.classify(profile)
        return verdict.owned, verdict.known

    if against is not None:
        other = _words((against,))
        if not other:
            raise UsageError("--against: no command")
        here = Path.cwd()
        sides = [Side("before", other, here), Side("after", program, here)]
        found = record_in_turn(config, sides, runs, how, progress=progress, in_app=in_app)
    else:
        found = record_revisions(
            config, revisions, program, runs, how, progress=progress, say=note, in_app=in_app
        )
    _clear()
    for text in found.notes:
        note(text)
    note(f"kept: `hotspot diff {_shown(found.folders[0])} {_shown(found.folders[1])}`")
    if destination.format == "markdown":
        destination.write_text(diff_markdown(found.diff, n))
    else:
        destination.write(found.diff.to_dict(), diff_report(found.diff, n))


def _words(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Split what was typed as one text into arguments, as a shell would, without one."""
    try:
        return tuple(word for text in texts for word in shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{' '.join(texts)}: {str(error).lower()}") from error


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _tick(seconds: float) -> None:
    click.echo(f"\rrecording, {seconds:.1f} s (Ctrl-C stops)", err=True, nl=False)


def _step(step: Step) -> None:
    _clear()
    click.echo(f"run {step.number} of {step.of}: {step.side.label}", err=True)


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
