"""What a recorder is, and what it is asked for.

A recorder is a program that writes a profile of another one. Each is a class with what `Recorder` names, in a module
of its own, and stands in `hotspot.record.choice`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from hotspot.errors import HotspotError
from hotspot.record.target import Target

CallGraph = Literal["fp", "dwarf", "lbr"]


class CannotRecord(HotspotError):
    """A recorder may not, or cannot, record this; the hint says what to change."""


@dataclass(frozen=True)
class Wanted:
    """How to record.

    Attributes:
        rate: samples a second; None for the recorder's usual rate.
        call_graph: how perf finds callers; None to choose by the program.
        options: further options, handed to the recorder as they are.
    """

    rate: int | None = None
    call_graph: CallGraph | None = None
    options: tuple[str, ...] = ()


class Recorder(Protocol):
    """The protocol of a recorder."""

    name: str
    suffix: str
    """Of its own file, with the dot."""
    is_silent: bool
    """Whether it writes nothing while a program runs that it started, so that both may share our streams."""
    passes_exit_code: bool
    """Whether it exits as the program did."""

    def version(self) -> str:
        """Return its name and version."""

    def check(self, target: Target, wanted: Wanted) -> None:
        """Refuse what cannot work, before anything is started.

        Raises:
            MissingTool: the recorder is not installed.
            CannotRecord: permissions are missing, or the target is not for this recorder.
        """

    def options(self, target: Target, wanted: Wanted) -> list[str]:
        """Return the options that it is given, for the record."""

    def arguments(self, target: Target, wanted: Wanted, out: str, program: Sequence[str]) -> list[str]:
        """Return the argument list that records ``program`` (or the target's process) to the file ``out``."""

    def is_sampling(self, said: str, out: str) -> bool:
        """Return whether it has begun, by what it said and wrote; an interrupt before that would leave no file."""

    def failure(self, said: str, target: Target) -> HotspotError:
        """Return the error that what the recorder said on failing amounts to."""


def first_words(said: str, name: str) -> str:
    """Return the first line of what a recorder said that tells anything."""
    for line in said.splitlines():
        text = line.strip().removeprefix("Error:").strip()
        if text and not text.startswith(("py-spy>", "[ perf", "WARNING")):
            return text[:300]
    return f"{name} gave no reason"
