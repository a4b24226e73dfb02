"""Run one command to its end and say what it took: wall and CPU time, peak memory, exit code.

Commands are argument lists and never pass through a shell. The program's standard streams are the caller's business:
inherited unless said otherwise.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from hotspot.errors import UsageError

Stream = int | IO[bytes] | None
"""As `subprocess.Popen` takes it, without PIPE: None inherits, DEVNULL, or an open file."""

# ru_maxrss counts kibibytes, but bytes on macOS (getrusage(2) of both).
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
# A terminal sends Ctrl-C to the program as well as to us; only one that has not ended of it by then gets another.
_OWN_INTERRUPT_SECONDS = 0.5
_GRACE_SECONDS = 10.0


class CannotRun(UsageError):
    """A command cannot be started: there is no such program, or it may not be run."""


@dataclass(frozen=True)
class Finished:
    """One command that ran to its end.

    Attributes:
        command: the argument list.
        started: when, in UTC.
        seconds: wall-clock time on the monotonic clock.
        user_seconds: CPU time in user mode, of the program and the children it waited for.
        system_seconds: the same in the kernel.
        peak_bytes: largest resident memory of one process among them, as the kernel counts it.
        exit_code: negative the number of the signal that ended it.
        timed_out: whether it was killed because its time was up.
    """

    command: tuple[str, ...]
    started: datetime
    seconds: float
    user_seconds: float
    system_seconds: float
    peak_bytes: int
    exit_code: int
    timed_out: bool = False


def run_measured(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    timeout: float | None = None,
) -> Finished:
    """Run a command to its end.

    Args:
        command: the program and its arguments; never split, never given to a shell.
        cwd: the folder it runs in.
        env: its whole environment; this process's own by default.
        stdin: see `Stream`.
        stdout: the same.
        stderr: the same.
        timeout: seconds after which it is killed.

    Raises:
        CannotRun: it cannot be started.
        KeyboardInterrupt: Ctrl-C; the program got it too, and has ended.
    """
    started, begin = datetime.now(UTC), time.perf_counter()
    process = start(command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr)
    overtime = _Overtime(process.pid, timeout)
    try:
        with overtime:
            _, status, usage = os.wait4(process.pid, 0)
    except KeyboardInterrupt:
        end_gently(process)
        raise
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)  # reaped here, so that Popen must not wait for it
    return Finished(
        command=tuple(command),
        started=started,
        seconds=seconds,
        user_seconds=usage.ru_utime,
        system_seconds=usage.ru_stime,
        peak_bytes=usage.ru_maxrss * _MAXRSS_UNIT,
        exit_code=process.returncode,
        timed_out=overtime.passed,
    )


def start(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
) -> subprocess.Popen[bytes]:
    """Start a command and return the process.

    Raises:
        CannotRun: there is no such program, or it may not be run.
    """
    if not command:
        raise UsageError("no command to run")
    try:
        return subprocess.Popen(list(command), cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr)
    except FileNotFoundError as error:
        if error.filename is not None and not cwd.is_dir():
            raise CannotRun(f"{cwd}: no such folder to run {command[0]} in") from error
        raise CannotRun(f"{command[0]}: command not found") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotRun(f"{command[0]}: cannot be run: {reason.lower()}") from error


def end_gently(process: subprocess.Popen[bytes]) -> int:
    """Wait for a program that was interrupted, pass the interrupt on where it did not get it, kill it in the end.

    Returns:
        Its exit code.
    """
    for sign, patience in (
        (None, _OWN_INTERRUPT_SECONDS),
        (signal.SIGINT, _GRACE_SECONDS),
        (signal.SIGTERM, _GRACE_SECONDS),
        (signal.SIGKILL, None),
    ):
        if sign is not None:
            with suppress(ProcessLookupError):
                process.send_signal(sign)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        except KeyboardInterrupt:
            process.kill()
    return process.wait()


class _Overtime:
    """Kills a process when its time is up, unless it was reaped before."""

    def __init__(self, pid: int, seconds: float | None) -> None:
        self.passed = False
        self._pid = pid
        self._reaped = threading.Event()
        self._timer = threading.Timer(seconds, self._kill) if seconds is not None else None

    def __enter__(self) -> None:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._reaped.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()

    def _kill(self) -> None:
        if not self._reaped.is_set():
            self.passed = True
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
