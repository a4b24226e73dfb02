"""One tree of errors; each carries facts, and the command line turns it into one line and an exit code.

Exit codes (the contract's): 2 usage, 3 unreadable or missing input or too little data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class HotspotError(Exception):
    """Base of every error hotspot raises on purpose.

    Attributes:
        hint: what the reader can do about it, or None.
        exit_code: what the command line exits with.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(HotspotError):
    """What was asked for makes no sense: an unknown name, a pattern that matches nothing, units that do not fit."""

    exit_code = 2


class UnreadableInput(HotspotError):
    """A file is missing, may not be read, or its compression is damaged."""

    def __init__(self, path: str, reason: str, *, hint: str | None = None) -> None:
        super().__init__(f"{path}: {reason}", hint=hint)
        self.path = path
        self.reason = reason


class UnknownFormat(HotspotError):
    """No importer recognised the file.

    Attributes:
        tried: importers that took it for theirs at first, each with why it is not.
    """

    def __init__(self, path: str, tried: Sequence[str], *, reason: str = "no importer recognises it") -> None:
        super().__init__(
            f"{path}: {reason} (tried: {', '.join(tried)})" if tried else f"{path}: {reason}",
            hint="see `hotspot formats`, or name one with --input-format",
        )
        self.path = path
        self.tried = tuple(tried)


class MalformedProfile(HotspotError):
    """A file of a known format breaks its rules.

    Attributes:
        line: 1-based line number in a text format, or None.
        offset: byte offset in a binary format, or None.
    """

    def __init__(
        self,
        path: str,
        reason: str,
        *,
        line: int | None = None,
        offset: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = f":{line}" if line is not None else f" at byte {offset}" if offset is not None else ""
        super().__init__(f"{path}{place}: {reason}", hint=hint)
        self.path = path
        self.reason = reason
        self.line = line
        self.offset = offset


class EmptyProfile(MalformedProfile):
    """A file of a known format that holds no sample."""


class MissingTool(HotspotError):
    """A program that is needed to read or record a profile is not installed."""


class TooFewSamples(HotspotError):
    """There is too little data to answer the check that was asked."""


class InvariantError(HotspotError):
    """A profile breaks an invariant of the central types: a fault in hotspot, never in the input."""
