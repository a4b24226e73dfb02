"""perf: samples any program on Linux through the kernel, https://perf.wiki.kernel.org.

How callers are found is chosen by the program where the user does not say:

- ``dwarf`` copies a piece of the stack with every sample and unwinds it afterwards. It works for what compilers build by
  default, without frame pointers, and costs room (8 kB a sample) and time afterwards.
- ``fp`` follows frame pointers: cheap, right for Go (always built with them), for JIT compilers that keep them and have
  no unwind tables (Node, Java with -XX:+PreserveFramePointer, .NET), and for what is built with
  -fno-omit-frame-pointer. Elsewhere stacks break off after the first frames.
- ``lbr`` reads the processor's record of branches (Intel, not in most virtual machines): cheap, at most 32 callers.

perf must start the program itself. Where a shell stands between them and becomes the program, perf (6.1) keeps the
shell's libraries in mind and, whenever its C library was mapped below the program's, unwinds the latter wrongly: in
half of the recordings functions called by the C library, and itself, lost their callers.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from hotspot.errors import HotspotError, MissingTool
from hotspot.record.permissions import may_attach, may_use_perf
from hotspot.record.recorder import CallGraph, CannotRecord, Wanted, first_words
from hotspot.record.target import NoSuchProcess, Target

_RATE = 99  # not 100, which falls into step with what programs do ten or a hundred times a second
_JIT = re.compile(r"(node|nodejs|deno|bun|java|dotnet|luajit|erl|beam\.smp)$")
_GO = b"\xff Go buildinf:"  # begins the build information of every Go program since 1.13
_SEARCHED = 64 << 20
_INSTALL = "Debian: apt install linux-perf, Ubuntu: linux-tools-$(uname -r), Fedora: dnf install perf"


class Perf:
    """Records anything on Linux; see `hotspot.record.recorder.Recorder`."""

    name = "perf"
    suffix = ".data"
    is_silent = True
    passes_exit_code = True

    def version(self) -> str:
        """Return its name and version."""
        done = subprocess.run([_program(), "--version"], capture_output=True, text=True, check=False)
        return done.stdout.strip().replace(" version", "") or self.name

    def check(self, target: Target, wanted: Wanted) -> None:
        """Refuse where it is missing, may not measure, or cannot do what is wanted."""
        _program()
        may_use_perf()
        may_attach(target, self.name)
        if target.pid is None:  # it will be quiet, so what it has to complain of is asked beforehand
            command = [
                _program(),
                "record",
                "--output",
                os.devnull,
                *self.options(target, wanted),
                "--",
                "true",
            ]
            done = subprocess.run(
                command, capture_output=True, text=True, errors="backslashreplace", check=False
            )
            if done.returncode != 0:
                raise self.failure(done.stderr, target)

    def options(self, target: Target, wanted: Wanted) -> list[str]:
        """Return rate, call graph and what the user adds."""
        graph = wanted.call_graph or automatic_call_graph(target)
        return ["--freq", str(wanted.rate or _RATE), "--call-graph", graph, *wanted.options]

    def arguments(self, target: Target, wanted: Wanted, out: str, program: Sequence[str]) -> list[str]:
        """Return the argument list."""
        what = ["--pid", str(target.pid)] if target.pid is not None else ["--quiet", "--", *program]
        return [_program(), "record", "--output", out, *self.options(target, wanted), *what]

    def is_sampling(self, said: str, out: str) -> bool:
        """Interrupts are caught before perf opens its file."""
        return os.path.exists(out)

    def failure(self, said: str, target: Target) -> HotspotError:
        """Return what its complaint amounts to."""
        complaint = first_words(said, self.name)
        if "perf_event_paranoid" in said or "Permission denied" in said or "Operation not permitted" in said:
            whose = "programs here" if target.pid is None else target.name
            return CannotRecord(
                f"perf may not measure {whose}",
                hint="record as the owner of the process or as root, or as root: `sysctl kernel.perf_event_paranoid=1`;"
                " in a container, start it with --cap-add PERFMON",
            )
        if target.pid is not None and ("create thread/CPU maps" in said or "No such process" in said):
            return NoSuchProcess(f"process {target.pid} ended before it could be recorded")
        if "branch stack sampling" in said:
            return CannotRecord(
                "this machine has no branch records for --call-graph lbr (virtual machines seldom do)",
                hint="use --call-graph dwarf",
            )
        if "perf not found for kernel" in said or "is not installed" in said:
            return MissingTool("the perf here is a wrapper without the tool of this kernel", hint=_INSTALL)
        return CannotRecord(f"perf cannot record {target.name}: {complaint}")


def automatic_call_graph(target: Target) -> CallGraph:
    """Return how callers are found best in a program: frame pointers where it surely has them, else unwind tables."""
    if target.executable is None or _JIT.search(target.executable):
        return "fp"
    return "fp" if _is_go(target.executable) else "dwarf"


def _is_go(executable: str) -> bool:
    try:
        with open(executable, "rb") as file:
            return file.read(4) == b"\x7fELF" and _GO in file.read(_SEARCHED)
    except OSError:
        return False


def _program() -> str:
    found = shutil.which("perf")
    if found is None:
        raise MissingTool("perf is not installed", hint=_INSTALL)
    return os.path.abspath(found)
