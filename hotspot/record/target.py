"""What is to be recorded, and whether it is Python: told by the executable behind the name, never by the name alone.

A command may be an interpreter, a script with a ``#!`` line, or a console script of a virtual environment. A shim that
is a shell script (pyenv's, asdf's) is no interpreter; its ``python`` is found by asking it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotspot.errors import UsageError
from hotspot.record.process import CannotRun

_PYTHON = re.compile(r"(python|pypy)[\d.]*[a-z]*$", re.IGNORECASE)
_SHEBANG_BYTES = 512
_ASK_SECONDS = 10


class NoSuchProcess(UsageError):
    """There is no process of that number, or it has ended."""


@dataclass(frozen=True)
class Target:
    """A command to start, or a process that runs already.

    Attributes:
        command: argument list as it was typed; empty where a process is given.
        program: argument list to start: ``command`` with a shim replaced by what it stands for.
        pid: of that process; None for a command.
        cwd: where the command runs.
        env: its whole environment; None for this process's own.
        executable: the file that runs, absolute; None where it may not be looked at.
        python: the interpreter, where the target is Python.
    """

    command: tuple[str, ...]
    program: tuple[str, ...]
    pid: int | None
    cwd: Path
    env: Mapping[str, str] | None
    executable: str | None
    python: str | None

    @property
    def name(self) -> str:
        """Short name for people: the script rather than its interpreter."""
        if self.pid is not None:
            return f"process {self.pid}"
        words = self.command
        if self.python is not None and _PYTHON.match(os.path.basename(words[0])):
            words = tuple(word for word in words[1:] if not word.startswith("-")) or words
        return os.path.basename(words[0])


def command_target(command: tuple[str, ...], cwd: Path, env: Mapping[str, str] | None = None) -> Target:
    """Return the target of a command, with what its name stands for resolved.

    Raises:
        CannotRun: there is no such program, or it may not be run.
    """
    name = command[0]
    path = None if env is None else env.get("PATH", "")
    found = shutil.which(cwd / name if os.sep in name else name, path=path)
    if found is None:
        exists = os.sep in name and (cwd / name).exists()
        raise CannotRun(f"{name}: {'not an executable program' if exists else 'command not found'}")
    executable, program = os.path.join(cwd, found), command
    python = _interpreter(executable)
    if python is not None and not _is_binary(python):
        python = _behind_shim(python)
        if python is not None and _PYTHON.match(os.path.basename(executable)):
            program = (
                python,
                *command[1:],
            )  # the recorder must see the interpreter, not the shell of the shim
            executable = python
    return Target(command, program, None, cwd, env, executable, python)


def process_target(pid: int) -> Target:
    """Return the target of a running process.

    Raises:
        NoSuchProcess: there is none.
    """
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        raise NoSuchProcess(f"no process {pid}", hint="`ps -e` lists those there are") from None
    except PermissionError:
        pass
    if _has_ended(pid):
        raise NoSuchProcess(f"process {pid} has ended")
    try:
        executable: str | None = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        executable = None
    name = os.path.basename(executable or _first_argument(pid))
    python = (executable or name) if _PYTHON.match(name) else None
    return Target((), (), pid, Path.cwd(), None, executable, python)


def _has_ended(pid: int) -> bool:
    """Return whether a process has ended, and only waits for its parent to ask (proc_pid_stat(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return False


def _first_argument(pid: int) -> str:
    """Return what a process calls itself, which everybody may read."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode("utf-8", "replace")
    except OSError:
        return ""


def _interpreter(executable: str, depth: int = 3) -> str | None:
    """Return the Python that runs an executable, following ``#!`` lines, or None where that is something else."""
    if _PYTHON.match(os.path.basename(executable)):
        return executable
    if depth == 0:
        return None
    try:
        with open(executable, "rb") as file:
            first = file.read(_SHEBANG_BYTES).split(b"\n")[0]
    except OSError:
        return None
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode("utf-8", "surrogateescape").split()
    if words and os.path.basename(words[0]) == "env":
        rest = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        words = [shutil.which(rest[0]) or rest[0]] if rest else []
    return _interpreter(words[0], depth - 1) if words else None


def _is_binary(executable: str) -> bool:
    try:
        with open(executable, "rb") as file:
            return file.read(2) != b"#!"
    except OSError:
        return False


def _behind_shim(shim: str) -> str | None:
    """Return the interpreter that a shim called python starts."""
    try:
        done = subprocess.run(
            [shim, "-c", "import sys; print(sys.executable)"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_ASK_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
