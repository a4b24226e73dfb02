"""memray: records every allocation of a Python program, https://bloomberg.github.io/memray/. It runs inside it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from hotspot.errors import HotspotError, MissingTool
from hotspot.record.recorder import CannotRecord, Wanted, first_words
from hotspot.record.target import Target


class Memray:
    """Records the memory of Python programs; see `hotspot.record.recorder.Recorder`."""

    name = "memray"
    suffix = ".bin"
    is_silent = True
    passes_exit_code = True

    def version(self) -> str:
        """Return its name; its version is the one of the program's own environment."""
        return self.name

    def check(self, target: Target, wanted: Wanted) -> None:
        """Refuse what is no Python command, or has no memray in its environment."""
        if target.pid is not None:
            raise CannotRecord(
                "memory is recorded from the start of a program, not of a running process",
                hint="hotspot record --memory -- COMMAND",
            )
        if target.python is None:
            raise CannotRecord(f"{target.name} is not Python, and memray records nothing else")
        probe = subprocess.run(
            [target.python, "-c", "import memray"], env=target.env, capture_output=True, check=False
        )
        if probe.returncode != 0:
            raise MissingTool(
                f"memray is not installed for {target.python}",
                hint=f"{target.python} -m pip install memray (for hotspot itself: 'hotspot-profiling[memray]')",
            )

    def options(self, target: Target, wanted: Wanted) -> list[str]:
        """Return what the user adds; there is no rate, every allocation is recorded."""
        if wanted.rate is not None:
            raise CannotRecord("memray records every allocation: --rate has no meaning with --memory")
        return list(wanted.options)

    def arguments(self, target: Target, wanted: Wanted, out: str, program: Sequence[str]) -> list[str]:
        """Return the argument list: the program's own interpreter runs memray, which runs the script."""
        python = target.python or ""
        options = ["run", "--quiet", "--force", "--output", out, *self.options(target, wanted)]
        if target.executable == target.python or program[0] == python:
            own, script = _interpreter_options(program[1:])
        else:
            own, script = [], [target.executable or program[0], *program[1:]]
        return [python, *own, "-m", "memray", *options, *script]

    def is_sampling(self, said: str, out: str) -> bool:
        """It runs from the program's first line."""
        return True

    def failure(self, said: str, target: Target) -> HotspotError:
        """Return what its complaint amounts to."""
        return CannotRecord(f"memray cannot record {target.name}: {first_words(said, self.name)}")


def _interpreter_options(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split an interpreter's arguments into its own options and what it runs: a file, ``-m module`` or ``-c code``."""
    own: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c", "-"):
        own.append(rest.pop(0))
        if own[-1] in ("-W", "-X") and rest:
            own.append(rest.pop(0))
    if not rest or rest[0] == "-":
        raise CannotRecord("memray needs a script, -m MODULE or -c CODE to run")
    return own, rest
