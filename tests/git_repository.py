"""Real git for tests: a command in a folder, by somebody whose name and settings do not matter."""

from __future__ import annotations

import subprocess
from pathlib import Path

_IDENTITY = (
    "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false",
    "-c", "init.defaultBranch=main",
)  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it prints, without the line end."""
    command = ["git", *_IDENTITY, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
