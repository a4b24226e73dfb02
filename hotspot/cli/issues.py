"""``hotspot issues``: drafts issue files, lists and shows them; `hotspot.cli.lifecycle` has the steps of an issue."""

from __future__ import annotations

from pathlib import Path

import click

from hotspot.cli.documents import DOCUMENTS
from hotspot.cli.inputs import read_profile
from hotspot.cli.lifecycle import LIFECYCLE, name_argument
from hotspot.cli.measuring import project_option
from hotspot.cli.options import InputOptions, input_options, output_options
from hotspot.cli.output import Output, note
from hotspot.config import load_config
from hotspot.errors import UsageError


def _read_goal(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    digits = value.strip()
    try:
        share = float(digits.removesuffix("%")) / 100 if digits.endswith("%") else float(digits)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise click.BadParameter(
            f"{value!r} is not a share between 0 and 100%; write 20% or 0.2", context, parameter
        )
    return share


@click.command("issues")
@click.argument("profile", required=False)
@click.option(
    "-n", "--top", "top", type=click.IntRange(min=0), default=5, help="Issues to draft; 0 for all places."
)
@click.option(
    "--goal",
    callback=_read_goal,
    metavar="PERCENT",
    help="Instead: the fewest issues whose expected impacts save this.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be drafted; write nothing.")
@input_options
@output_options
def draft(
    profile: str | None, top: int, goal: float | None, dry_run: bool, inputs: InputOptions, output: Output
) -> None:
    """Draft perf-issues/*.txt for the hottest places in your own code, or refresh the numbers of known ones."""
    from hotspot.report.issues import draft_report
    from hotspot.workflow.issues.draft import draft_issues

    if profile in command.commands:
        raise UsageError(
            f"{profile!r} is a command of its own",
            hint=f"write its name first (`hotspot issues {profile}`), or ./{profile} for a file of that name",
        )
    read, config = read_profile(profile, inputs)
    result = draft_issues(read, config, top=top, goal=goal, dry_run=dry_run)
    document = result.to_dict()
    if output.format == "csv":
        kinds = ("created", "updated", "skipped")
        rows = [{"action": kind, "reason": None, **row} for kind in kinds for row in document[kind]]
        document = {"rows": rows}
    output.write(document, draft_report(result))


class DraftGroup(click.Group):
    """A group whose first word is a command's name; anything else is a profile to draft issues from."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the nameless command in front where no command is named."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["", *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; the nameless one drafts."""
        return draft if cmd_name == "" else super().get_command(ctx, cmd_name)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the usage of drafting, and that there are commands."""
        return ["[OPTIONS]", "[PROFILE]", "| COMMAND ..."]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options of drafting, then the commands."""
        draft.format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group(
    "issues",
    cls=DraftGroup,
    epilog="A command's name wins over a profile of that name: write ./list for such a file.",
)
def command() -> None:
    """Draft perf-issues/*.txt for the hottest places in your own code, or refresh the numbers of known ones.

    Each sample is charged to the nearest function that the project owns. A second draft finds an issue by its
    fingerprint and rewrites its numbers only; what you wrote stays.
    """


@command.command("list")
@project_option
@output_options
def list_issues(project: Path | None, output: Output) -> None:
    """List the project's issues with their status."""
    from hotspot.report.issues import list_report
    from hotspot.workflow.issues.listing import listed
    from hotspot.workflow.issues.store import IssueStore

    store = IssueStore.of(load_config(project=project))
    contents = store.read()
    document = listed(store, contents)
    broken = [str(unreadable.error) for unreadable in contents.unreadable]
    if output.format == "csv":
        for message in broken:
            note(message)
    output.write(document, list_report(contents.issues, broken), rows="issues")


@command.command("show")
@name_argument
@project_option
@output_options
def show(name: str, project: Path | None, output: Output) -> None:
    """Print an issue. NAME is its file's name, or the beginning of it, in any case."""
    from hotspot.workflow.issues.listing import shown
    from hotspot.workflow.issues.store import IssueStore

    store = IssueStore.of(load_config(project=project))
    stored = store.load(store.find(name))
    if output.for_people:
        output.write_text(_printable(stored.issue.text))
        return
    from hotspot.report.table import Report

    output.write(shown(stored), Report(()), rows=None)


def _printable(text: str) -> str:
    """Bytes that are no UTF-8, and control characters, must not reach a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text.replace("\r\n", "\n"))


for _step in (*LIFECYCLE, *DOCUMENTS):
    command.add_command(_step)
