"""What hotspot says on stderr: always one line, whatever a file name or a symbol contains."""

from __future__ import annotations

import click


def say(message: str) -> None:
    """Print ``hotspot: message`` on stderr, with everything that is not printable escaped."""
    click.echo("hotspot: " + "".join(c if c.isprintable() else repr(c)[1:-1] for c in message), err=True)
