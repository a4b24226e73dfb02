"""One recording: start the recorder, wait, stop it on time or on Ctrl-C, and say how the program ended.

py-spy does not pass on how the program ended. So the program is watched beside it, through a descriptor that the kernel
(from Linux 6.15 on) tells its exit code even after py-spy has asked for it. Older kernels show it in ``/proc/PID/stat``
(proc_pid_stat(5)) from when it ends until py-spy asks, which is long enough but where the machine is very busy.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from hotspot.record.process import end_gently, start
from hotspot.record.recorder import Recorder, Wanted
from hotspot.record.target import Target

_TICK_SECONDS = 0.1
_BEGIN_SECONDS = 0.01
_LOG_BYTES = 1 << 16
# What a recorder that talks says goes to its log, what the program says where it belongs: the recorder starts a shell
# whose streams are the log, which puts back ours and becomes the program. Its text is fixed; the command is handed over
# as arguments.
_PUT_BACK = 'exec "$@" 1>&{out} 2>&{err} {out}>&- {err}>&-'


@dataclass(frozen=True)
class Recorded:
    """One recording that left a file.

    Attributes:
        path: the recorder's own file.
        started: in UTC, when the recorder was started; ``ended`` likewise.
        exit_code: the program's, negative a signal; None where it is not known, or the program goes on.
        interrupted: whether Ctrl-C ended it.
        stopped: whether it was ended because the time that was asked for was over.
    """

    path: Path
    started: datetime
    ended: datetime
    exit_code: int | None
    interrupted: bool
    stopped: bool


def record(
    recorder: Recorder,
    target: Target,
    wanted: Wanted,
    path: Path,
    *,
    duration: float | None = None,
    tick: Callable[[float], None] | None = None,
) -> Recorded:
    """Record a target to a file.

    Args:
        recorder: which has been asked whether it can (`Recorder.check`).
        target: what to record.
        wanted: how.
        path: the recorder's own file, in a folder that exists.
        duration: seconds after which the recording ends, and with it a program that was started for it.
        tick: told the seconds that passed, several times a second.

    Raises:
        CannotRecord, NoSuchProcess, MissingTool: the recorder failed and left nothing.
    """
    with tempfile.TemporaryFile() as log:
        started = datetime.now(UTC)
        process = _start(recorder, target, wanted, path, log.fileno())
        watch = _Watch(process, looking=target.pid is None and not recorder.passes_exit_code)
        interrupted, stopped = watch.wait(
            duration, tick, lambda: recorder.is_sampling(_last_of(log), str(path))
        )
        watch.end_program()
        ended = datetime.now(UTC)
        said = _last_of(log)
    code = process.returncode if recorder.passes_exit_code else watch.exit_code
    # An empty file of a recorder that ended well holds no sample, which is for its reader to say.
    if not path.exists() or (path.stat().st_size == 0 and process.returncode != 0):
        if interrupted:
            raise KeyboardInterrupt  # before it had begun
        raise recorder.failure(said, target)
    if interrupted or stopped:
        code = None  # it was ended; what it made of that says nothing about the program
    return Recorded(path, started, ended, None if target.pid is not None else code, interrupted, stopped)


def _last_of(log: IO[bytes]) -> str:
    """Return the last of what was written to the log, whose place in the file its writers share."""
    size = os.fstat(log.fileno()).st_size
    begin = max(0, size - _LOG_BYTES)
    return os.pread(log.fileno(), size - begin, begin).decode("utf-8", "backslashreplace")


def _start(
    recorder: Recorder, target: Target, wanted: Wanted, path: Path, log: int
) -> subprocess.Popen[bytes]:
    program: Sequence[str] = target.program
    if recorder.is_silent and target.pid is None:
        return start(recorder.arguments(target, wanted, str(path), program), cwd=target.cwd, env=target.env)
    out, err = os.dup(1), os.dup(2)
    try:
        program = ["/bin/sh", "-c", _PUT_BACK.format(out=out, err=err), "sh", *program]
        arguments = recorder.arguments(target, wanted, str(path), program)
        return start(arguments, cwd=target.cwd, env=target.env, stdout=log, stderr=log, pass_fds=(out, err))
    finally:
        os.close(out)
        os.close(err)


class _Watch:
    """Waits for a recorder, and looks at the program it started."""

    def __init__(self, process: subprocess.Popen[bytes], *, looking: bool) -> None:
        self._process = process
        self._looking = looking
        self._program: int | None = None
        self._program_fd: int | None = None
        self.exit_code: int | None = None

    def wait(
        self, duration: float | None, tick: Callable[[float], None] | None, begun: Callable[[], bool]
    ) -> tuple[bool, bool]:
        """Wait for the recorder to end; return whether Ctrl-C, and whether the end of its time, was the reason."""
        begin: float | None = None
        stopped = False
        try:
            while self._process.poll() is None:
                pause = _TICK_SECONDS
                if begin is None and begun():
                    begin = time.monotonic()
                if begin is not None:
                    passed = time.monotonic() - begin
                    if tick is not None:
                        tick(passed)
                    if duration is not None and not stopped:
                        pause = min(pause, max(0.0, duration - passed))
                        if passed >= duration:
                            stopped = True
                            self._process.send_signal(signal.SIGINT)
                self._pause(pause if begin is not None else _BEGIN_SECONDS)
        except KeyboardInterrupt:
            end_gently(self._ended, self._process.send_signal)
            return True, stopped
        return False, stopped

    def end_program(self) -> None:
        """End the program where its recorder left it running."""
        if self._program_fd is None:
            return
        if not select.select([self._program_fd], [], [], 0)[0]:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._program_fd, signal.SIGTERM)
            select.select([self._program_fd], [], [], _TICK_SECONDS)
        self._look()

    def _ended(self, seconds: float | None) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def _pause(self, seconds: float) -> None:
        """Sleep; wake up at once when the program ends, since its exit code is to be seen for a moment only."""
        if self._looking and self._program is None:
            self._find()
            seconds = min(seconds, 0.002)
        if self._program_fd is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return
        if select.select([self._program_fd], [], [], seconds)[0]:
            self._look()

    def _look(self) -> None:
        """Take the exit code of the program, which has ended."""
        if self._program_fd is not None:
            self.exit_code = _exit_code(self._program, self._program_fd)
            os.close(self._program_fd)
            self._program_fd = None
            self._looking = False

    def _find(self) -> None:
        """Find the program, which is the recorder's first child; Linux tells (proc_pid_task(5))."""
        for tasks in Path(f"/proc/{self._process.pid}/task").glob("*/children"):
            with suppress(OSError, ValueError, IndexError, AttributeError):
                self._program = int(tasks.read_text().split()[0])
                self._program_fd = os.pidfd_open(self._program)
                return


# <linux/pidfd.h>: _IOWR(0xFF, 11, struct pidfd_info), whose mask, then 13 fields, then exit code are read here.
_PIDFD_INFO = struct.Struct("=QQ11Ii")
_PIDFD_GET_INFO = 3 << 30 | _PIDFD_INFO.size << 16 | 0xFF << 8 | 11
_PIDFD_INFO_EXIT = 1 << 3


def _exit_code(pid: int | None, descriptor: int) -> int | None:
    """Return the exit code of a process that ended, None where nobody tells any more."""
    with suppress(OSError):
        answer = bytearray(_PIDFD_INFO.pack(_PIDFD_INFO_EXIT, *[0] * 13))
        fcntl.ioctl(descriptor, _PIDFD_GET_INFO, answer)
        mask, *_, status = _PIDFD_INFO.unpack(answer)
        if mask & _PIDFD_INFO_EXIT:
            return os.waitstatus_to_exitcode(status)
    try:
        # Fields after the command, which stands in parentheses and may hold anything; the 52nd of all is the last.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return os.waitstatus_to_exitcode(int(fields[49])) if fields[0] in "ZX" else None
    except (OSError, ValueError, IndexError):
        return None
