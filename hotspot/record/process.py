"""Run one command to its end and say what it took: wall and CPU time, peak memory, exit code.

Commands are argument lists and never pass through a shell. The program's standard streams are the caller's business:
inherited unless said otherwise.
"""

from __future__ import annotations

import errno
import marshal
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from hotspot.errors import HotspotError, UsageError

Stream = int | IO[bytes] | None
"""As `subprocess.Popen` takes it, without PIPE: None inherits, DEVNULL, or an open file."""

_LAUNCHER = Path(__file__).with_name("_launcher.py")
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
        peak_bytes: largest resident memory of one process among them, as the kernel counts it. Never below the few
            MB of the small process that starts the program.
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
    if not command:
        raise UsageError("no command to run")
    environment = os.environ if env is None else env
    request = (
        [os.fsencode(argument) for argument in command],
        os.fsencode(cwd),
        {os.fsencode(name): os.fsencode(value) for name, value in environment.items()},
        timeout,
    )
    if any(b"\0" in argument for argument in request[0]):
        raise CannotRun(f"{command[0]}: cannot be run: a NUL character in an argument")
    answer = _Launched(request, stdin, stdout, stderr).outcome()
    if answer is None:
        raise HotspotError(f"{command[0]}: what was to start it was killed")
    if len(answer) == len(("errno", "about_folder")):
        number, about_folder = answer
        raise _cannot_run(command[0], cwd, OSError(number, os.strerror(number)), about_folder=about_folder)
    started, seconds, user, system, peak, status, timed_out = answer
    return Finished(
        command=tuple(command),
        started=datetime.fromtimestamp(started, UTC),
        seconds=seconds,
        user_seconds=user,
        system_seconds=system,
        peak_bytes=peak * _MAXRSS_UNIT,
        exit_code=os.waitstatus_to_exitcode(status),
        timed_out=timed_out,
    )


class _Launched:
    """A program under ``_launcher.py``, which documents what passes through the two pipes."""

    def __init__(self, request: Any, stdin: Stream, stdout: Stream, stderr: Stream) -> None:
        for_request, to_launcher = os.pipe()
        from_launcher, for_answers = os.pipe()
        self._request = request
        self._requests = open(to_launcher, "wb")  # noqa: SIM115  (closed in outcome)
        self._answers = open(from_launcher, "rb", buffering=0)  # noqa: SIM115  (the same)
        self._pid: int | None = None
        try:
            with _interrupt_later():  # until the launcher ignores it, so that it never shows a traceback
                self._process = subprocess.Popen(
                    # -I -S: neither the user's environment nor site-packages have a say, and it stays small
                    [sys.executable, "-I", "-S", str(_LAUNCHER), str(for_request), str(for_answers)],
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    pass_fds=(for_request, for_answers),
                )
        finally:
            os.close(for_request)
            os.close(for_answers)

    def outcome(self) -> tuple[Any, ...] | None:
        """Return the launcher's first answer that is no process id; None where it died."""
        interrupted = False
        outcome: tuple[Any, ...] | None = None
        with self._requests, self._answers:
            try:
                with suppress(BrokenPipeError):
                    marshal.dump(self._request, self._requests)
                    self._requests.close()
            except KeyboardInterrupt:
                interrupted = True
            while True:
                if interrupted and self._pid is not None:
                    end_gently(self._answered, self._send)
                try:
                    answer = marshal.load(self._answers)
                except EOFError:
                    break
                except KeyboardInterrupt:
                    interrupted = True
                    continue
                if isinstance(answer, int):
                    self._pid = answer
                else:
                    outcome = outcome or answer
        self._process.wait()
        if interrupted:
            raise KeyboardInterrupt
        return outcome

    def _answered(self, seconds: float | None) -> bool:
        return bool(select.select([self._answers], [], [], seconds)[0])

    def _send(self, sign: signal.Signals) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, sign)


def start(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdout: Stream = None,
    stderr: Stream = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a command that is to be waited for, not measured.

    Raises:
        CannotRun: it cannot be started.
    """
    try:
        return subprocess.Popen(command, cwd=cwd, env=env, stdout=stdout, stderr=stderr, pass_fds=pass_fds)
    except ValueError as error:
        raise CannotRun(f"{command[0]}: cannot be run: a NUL character in an argument") from error
    except OSError as error:
        raise _cannot_run(command[0], cwd, error, about_folder=not cwd.is_dir()) from error


@contextmanager
def _interrupt_later() -> Iterator[None]:
    """Hold Ctrl-C back; processes started meanwhile begin with it held back too."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cannot_run(name: str, cwd: Path, error: OSError, *, about_folder: bool) -> CannotRun:
    reason = (error.strerror or str(error)).lower()
    if about_folder:
        return CannotRun(f"{cwd}: cannot run {name} there: {reason}")
    if error.errno == errno.ENOENT:
        return CannotRun(f"{name}: command not found")
    return CannotRun(f"{name}: cannot be run: {reason}")


def end_gently(ended: Callable[[float | None], bool], send: Callable[[signal.Signals], None]) -> None:
    """Wait for a program after Ctrl-C, pass that on where it did not get it, kill it in the end.

    Args:
        ended: waits for so many seconds (None: for ever) and says whether the program has ended.
        send: sends it a signal; that it has ended is no error.
    """
    try:
        if ended(_OWN_INTERRUPT_SECONDS):
            return
        for sign in (signal.SIGINT, signal.SIGTERM):
            send(sign)
            if ended(_GRACE_SECONDS):
                return
    except KeyboardInterrupt:  # once more: the user has no patience left
        pass
    send(signal.SIGKILL)
    ended(None)
