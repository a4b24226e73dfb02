"""Options that commands share, each group collected into one object."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from hotspot.cli.output import FORMATS, Output

F = TypeVar("F", bound=Callable[..., Any])


class PathMapType(click.ParamType[tuple[str, str]]):
    """A prefix of recorded paths and the folder it is here: ``/build=.``."""

    name = "path map"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return both sides."""
        if isinstance(value, tuple):
            return value
        recorded, equals, local = str(value).rpartition("=")
        if not (recorded and equals and local):
            self.fail(f"{value!r} is not PREFIX=FOLDER (say /build=.)", param, ctx)
        return recorded, local


@dataclass(frozen=True)
class InputOptions:
    """How profiles are read and narrowed down, as typed; `hotspot.cli.inputs` gives it meaning."""

    input_format: str | None
    value_type: str | None
    inline: bool
    project: Path | None
    path_map: tuple[tuple[str, str], ...]
    focus: str | None
    ignore: str | None
    hide: str | None
    show: str | None
    show_from: str | None
    prune_from: str | None
    thread: str | None
    time_range: str | None
    relative: bool


_INPUT = (
    click.option(
        "--input-format", metavar="NAME", help="Read as this format instead of looking at the content."
    ),
    click.option(
        "--value-type", metavar="TYPE/UNIT", help="Which weights to use where a profile has several."
    ),
    click.option("--inline", is_flag=True, help="perf.data: look up inlined frames (can take minutes)."),
    click.option(
        "--project",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="The project root; by default the nearest parent with hotspot.toml or .git.",
    ),
    click.option(
        "--path-map",
        type=PathMapType(),
        multiple=True,
        metavar="PREFIX=FOLDER",
        help="Where recorded paths are here, relative to the project root (/build=.); wins over path_map.",
    ),
    click.option("--focus", metavar="PATTERN", help="Only samples in whose stack some frame matches."),
    click.option("--ignore", metavar="PATTERN", help="No samples in whose stack some frame matches."),
    click.option("--hide", metavar="PATTERN", help="Take matching frames out of the stacks."),
    click.option("--show", metavar="PATTERN", help="Keep only matching frames in the stacks."),
    click.option("--show-from", metavar="PATTERN", help="Begin stacks at the outermost match."),
    click.option("--prune-from", metavar="PATTERN", help="End stacks at the innermost match."),
    click.option("--thread", metavar="NAME|ID", help="Only samples of a thread (name, tid or pid)."),
    click.option("--time-range", metavar="FROM..TO", help="Only samples from then to then, say 1.5s..3s."),
    click.option("--relative", is_flag=True, help="Shares of what the filters leave, not of the whole."),
)

_OUTPUT = (
    click.option(
        "-f", "--format", "format_", type=click.Choice(FORMATS), default="table", help="Output format."
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        help="Write here instead of stdout (-).",
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colours; NO_COLOR is respected.",
    ),
)


def input_options(function: F) -> F:
    """Add the options of reading and filtering; the command receives ``inputs: InputOptions``."""
    names = [field.name for field in fields(InputOptions)]

    @functools.wraps(function)
    def collected(*args: Any, **kwargs: Any) -> Any:
        inputs = InputOptions(**{name: kwargs.pop(name) for name in names})
        return function(*args, inputs=inputs, **kwargs)

    return cast(F, _decorated(collected, _INPUT))


def output_options(function: F) -> F:
    """Add the options of writing; the command receives ``output: Output``."""

    @functools.wraps(function)
    def collected(*args: Any, **kwargs: Any) -> Any:
        path = kwargs.pop("output")
        output = Output(kwargs.pop("format_"), None if path == Path("-") else path, kwargs.pop("color"))
        return function(*args, output=output, **kwargs)

    return cast(F, _decorated(collected, _OUTPUT))


def _decorated(function: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


class ShareType(click.ParamType[float]):
    """A share: ``1%``, ``0.5%`` or ``0.01``."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share as a number from 0 to 1."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f"{value!r} is not a share (say 1% or 0.01)", param, ctx)
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is not between 0% and 100%", param, ctx)
        return share
