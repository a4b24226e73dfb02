"""Start a program from a small process and report what the kernel counted for it. A program of its own, not a module.

Why not straight from hotspot: Linux counts the peak memory of a process from before its `exec` (``exec_mmap`` in the
kernel's fs/exec.c), so that every program started by a process of 100 MB seems to have used 100 MB. Started from here,
with `os.fork` rather than `vfork`, that floor is a few MB.

Standard streams are those of the program. File descriptor argv[1] is read for the request, argv[2] written with the
answers, both by `marshal` (the same interpreter is at the other end, and file names need not be text):

- request: (command: list[bytes], folder: bytes, environment: dict[bytes, bytes], timeout: float | None)
- answers, in any order: the program's process id;
  (started: seconds since the epoch, seconds, user seconds, system seconds, ru_maxrss, wait status, timed out);
  before that one, (errno, whether it is about the folder) where the program could not be started
"""

import marshal
import os
import signal
import sys
import time


def main() -> None:
    """Run the one program that is asked for."""
    requests, answers = (int(argument) for argument in sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program; this process has yet to report
    os.set_inheritable(answers, False)
    with open(requests, "rb") as asked:
        try:
            command, folder, environment, timeout = marshal.load(asked)
        except EOFError:  # called off
            return
    with open(answers, "wb", buffering=0) as stream:
        begin = time.perf_counter()
        started = time.time()
        pid = os.fork()
        if pid == 0:
            become(command, folder, environment, answers)
        marshal.dump(pid, stream)
        timed_out: list[bool] = []

        def kill(*_: object) -> None:
            timed_out.append(True)
            os.kill(pid, signal.SIGKILL)

        signal.signal(signal.SIGALRM, kill)
        signal.setitimer(signal.ITIMER_REAL, timeout or 0)
        # Not reaped before the alarm is off, so that it cannot hit another process.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - begin
        signal.setitimer(signal.ITIMER_REAL, 0)
        _, status, used = os.wait4(pid, 0)
        report = (started, seconds, used.ru_utime, used.ru_stime, used.ru_maxrss, status, bool(timed_out))
        marshal.dump(report, stream)


def become(command: list[bytes], folder: bytes, environment: dict[bytes, bytes], answers: int) -> None:
    """Become the program, or report why not; never returns."""
    for ours in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores the last two
        signal.signal(ours, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    about_folder = True
    try:
        os.chdir(folder)
        about_folder = False
        os.execvpe(command[0], command, environment)
    except OSError as error:
        with open(answers, "wb", buffering=0, closefd=False) as stream:
            marshal.dump((error.errno, about_folder), stream)
    finally:
        os._exit(127)


main()
