"""py-spy: samples the Python stacks of a program from outside, https://github.com/benfred/py-spy.

It comes with hotspot. Recorded is its ``raw`` format: folded stacks, one line a stack, in samples.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence

from hotspot.errors import HotspotError, MissingTool
from hotspot.record.permissions import may_attach
from hotspot.record.recorder import CannotRecord, Wanted, first_words
from hotspot.record.target import NoSuchProcess, Target

_RATE = 100


class PySpy:
    """Records Python programs; see `hotspot.record.recorder.Recorder`."""

    name = "py-spy"
    suffix = ".folded"
    is_silent = False
    passes_exit_code = False

    def version(self) -> str:
        """Return its name and version."""
        done = subprocess.run([find_py_spy(), "--version"], capture_output=True, text=True, check=False)
        return done.stdout.strip() or self.name

    def check(self, target: Target, wanted: Wanted) -> None:
        """Refuse where it is missing, may not attach, or the target is known not to be Python."""
        find_py_spy()
        if target.python is None and target.pid is None:
            raise CannotRecord(
                f"{target.name} is not Python, and py-spy records nothing else",
                hint="use --recorder perf, or name the interpreter: hotspot record -- python SCRIPT",
            )
        if sys.platform == "darwin" and os.geteuid() != 0:
            raise CannotRecord("py-spy needs root on macOS", hint="sudo hotspot record ...")
        may_attach(target, self.name)

    def options(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the rate and what the user adds."""
        return ["--rate", str(wanted.rate or _RATE), *wanted.options]

    def arguments(self, target: Target, wanted: Wanted, out: str, program: Sequence[str]) -> list[str]:
        """Return the argument list."""
        what = ["--pid", str(target.pid)] if target.pid is not None else ["--", *program]
        options = self.options(target, wanted)
        return [find_py_spy(), "record", "--format", "raw", "--output", out, *options, *what]

    def is_sampling(self, said: str, out: str) -> bool:
        """py-spy says so once it looks into the program."""
        return "Sampling process" in said

    def failure(self, said: str, target: Target) -> HotspotError:
        """Return what its complaint amounts to."""
        complaint = first_words(said, self.name)
        if re.search(r"permission denied|operation not permitted|EPERM", said, re.IGNORECASE):
            return CannotRecord(
                f"py-spy may not look into {target.name}",
                hint="run as its owner or as root; in a container, start it with --cap-add SYS_PTRACE",
            )
        if (
            target.pid is not None
            and not os.path.exists(f"/proc/{target.pid}")
            and os.path.isdir("/proc/self")
        ):
            return NoSuchProcess(f"process {target.pid} ended before it could be recorded")
        if "find python version" in said or "find python interpreter" in said.lower():
            what = (
                "ended before py-spy could look at it"
                if target.python
                else "runs no Python that py-spy knows"
            )
            return CannotRecord(
                f"{target.name} {what}", hint="use --recorder perf for programs that are not Python"
            )
        if "unexpected argument" in said or "invalid value" in said:
            return CannotRecord(f"py-spy does not take that: {complaint}", hint="see `py-spy record --help`")
        return CannotRecord(f"py-spy cannot record {target.name}: {complaint}")


def find_py_spy() -> str:
    """Return the path of py-spy: on PATH, or beside the interpreter that runs hotspot."""
    beside = os.path.join(sysconfig.get_path("scripts"), "py-spy")
    found = shutil.which("py-spy") or (beside if os.access(beside, os.X_OK) else None)
    if found is None:
        raise MissingTool("py-spy is not installed", hint="pip install py-spy")
    return found
