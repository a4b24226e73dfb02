"""``hotspot completion``: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_WHERE = {
    "bash": 'eval "$(hotspot completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(hotspot completion zsh)" in ~/.zshrc',
    "fish": "hotspot completion fish | source in ~/.config/fish/config.fish",
}


@click.command("completion", epilog="  ".join(f"{shell}: {line}." for shell, line in _WHERE.items()))
@click.argument("shell", type=click.Choice(sorted(_WHERE)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes hotspot's commands and options in SHELL."""
    completion = get_completion_class(shell)
    assert completion is not None  # click ships all three
    click.echo(completion(context.find_root().command, {}, "hotspot", "_HOTSPOT_COMPLETE").source())
