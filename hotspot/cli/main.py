"""The ``hotspot`` command: commands are imported when they run, errors become one line and an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from typing import Any, NoReturn

import click

from hotspot import __version__
from hotspot.cli.messages import say
from hotspot.errors import HotspotError

# name -> (module, one line of help). Help is kept here so that `hotspot --help` imports no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "top": ("top", "Where the time goes: the hottest functions, lines, files or modules."),
    "tree": ("tree", "The call tree, heaviest path first."),
    "peek": ("peek", "Callers and callees of a function."),
    "list": ("list", "A function's source with each line's weight."),
    "info": ("info", "What a profile holds, what was lost, how far to trust it."),
    "diff": ("diff", "What got slower and faster, and whether that is real."),
    "issues": ("issues", "Draft issue files for the hottest places in your code."),
    "record": ("record", "Record a program with py-spy or perf, and show where its time goes."),
    "bench": ("bench", "Measure commands in turn, compare benchmark results, keep baselines."),
    "gate": ("gate", "Check results against a baseline, budgets and criteria; for CI."),
    "status": ("status", "What to do next, and how far the performance work is."),
    "review": ("review", "A performance review of a change: benchmarks, architecture, hot lines, claims."),
    "flamegraph": ("flamegraph", "A flame graph of a profile, or of the difference between two."),
    "report": ("report", "One file to read and pass on: tables, pictures, issues, how far to trust it."),
    "rules": ("rules", "The rules that issues are drafted from: list them, explain one."),
    "convert": ("convert", "Convert a profile to another format."),
    "merge": ("merge", "Merge many profiles into one."),
    "formats": ("formats", "Formats that hotspot reads and writes."),
    "completion": ("completion", "Print the script that completes hotspot in your shell."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Print the help where nothing is asked for: on stderr, as a usage error (click's own ways vary)."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that went away is no error, though click's ``main`` would exit 1 for it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _drop_output()
            ctx.exit(0)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return command names in the order they are taught."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"hotspot.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, suggesting the nearest name where there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"; did you mean `hotspot {near[0]}`?" if near else "; see `hotspot --help`"
            ctx.fail(f"no such command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A PROFILE is a file in any format that `hotspot formats` lists, `-` for standard input, or nothing: "
    "then the newest profile in this folder is taken.",
)
@click.version_option(__version__, prog_name="hotspot")
def cli() -> None:
    """Read any profile, rank what is hot in your own code, tell a real difference from noise."""


def main() -> NoReturn:
    """Run the command line and exit as the contract says: 0 fine, 1 check failed, 2 usage, 3 input."""
    warnings.showwarning = lambda message, *_: click.echo(f"hotspot: {message}", err=True)
    try:
        result = cli.main(prog_name="hotspot", standalone_mode=False)
        sys.stdout.flush()
        code = result if isinstance(result, int) else 0
    except HotspotError as error:
        code = _fail(str(error), error.hint, error.exit_code)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        code = _fail(error.format_message(), None, 2)
    except (click.Abort, KeyboardInterrupt):
        code = _fail("interrupted", None, 130)
    except BrokenPipeError:
        _drop_output()
        code = 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        code = _fail(f"{where}{(error.strerror or str(error)).lower()}", None, 3)
    except MemoryError:
        code = _fail("out of memory", "narrow the profile down where it is recorded", 3)
    except Exception as error:
        if os.environ.get("HOTSPOT_DEBUG"):
            raise
        code = _fail(
            f"internal error: {type(error).__name__}: {error}",
            "this is a fault in hotspot; HOTSPOT_DEBUG=1 shows where",
            3,
        )
    sys.exit(code)


def _drop_output() -> None:
    """The reader (``| head``) has seen enough; keep Python from complaining when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, hint: str | None, code: int) -> int:
    say(message + (f"; {hint}" if hint else ""))
    return code
