"""Running the project's own commands: tests and lint."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.record.process import CannotRun, run_measured
from hotspot.units import human_duration

_TAIL = 4096
_TAIL_LINES = 12


@dataclass(frozen=True)
class CommandRun:
    """One run of a command.

    Attributes:
        command: argument list.
        code: what it exited with; negative where a signal ended it.
        tail: the last lines that it printed.
    """

    command: tuple[str, ...]
    code: int
    seconds: float
    tail: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether it exited with 0."""
        return self.code == 0

    @property
    def sentence(self) -> str:
        """What happened: ``pytest -q: passed in 3.21 s``."""
        how = "passed" if self.passed else f"FAILED (exit {self.code})"
        return f"{shlex.join(self.command)}: {how} in {human_duration(self.seconds * 1e9)}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "command": list(self.command),
            "exit_code": self.code,
            "seconds": round(self.seconds, 3),
            "passed": self.passed,
            "tail": list(self.tail),
        }


def run_command(command: tuple[str, ...], root: Path, key: str) -> CommandRun:
    """Run a command in the project's root, without a shell; what it prints is kept out of the way.

    Args:
        command: argument list.
        root: where it runs.
        key: the configuration's name for it, for messages.

    Raises:
        CannotRun: there is no such program.
    """
    with tempfile.TemporaryFile() as printed:
        try:
            done = run_measured(
                command, cwd=root, stdin=subprocess.DEVNULL, stdout=printed.fileno(), stderr=subprocess.STDOUT
            )
        except CannotRun as error:
            raise CannotRun(
                f"{key}: {error}", hint=f"set {key} in hotspot.toml to an argument list"
            ) from error
        printed.seek(max(0, printed.seek(0, 2) - _TAIL))
        lines = printed.read().decode("utf-8", "replace").splitlines()
    return CommandRun(command, done.exit_code, done.seconds, tuple(lines[-_TAIL_LINES:]))
