"""How far a long import is, on a terminal only: drawn on stderr after half a second, and gone when it is done."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hotspot.importers.base import OnRead
from hotspot.text import printable
from hotspot.units import human_bytes

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 0.5  # seconds before anything is drawn
_BETWEEN = 0.2  # seconds between two drawings
_LONGEST_NAME = 40


class Meter:
    """What is read at the moment; written by who reads, drawn by a thread.

    Args:
        files: how many will be read one after the other.
    """

    def __init__(self, files: int) -> None:
        self._files = files
        self._number = 0
        self._name = ""
        self._read = 0
        self._size: int | None = None
        self._since = time.monotonic()

    def begin(self, path: str) -> OnRead:
        """Go on to the next file; what is returned wants to be told how far reading it is."""
        self._number += 1
        self._name = "standard input" if path == "-" else printable(os.path.basename(path))
        self._read, self._size, self._since = 0, None, time.monotonic()
        return self._told

    def _told(self, read: int, size: int | None) -> None:
        if read < self._read:  # opened once more
            self._since = time.monotonic()
        self._read, self._size = read, size

    @property
    def name(self) -> str:
        """Which file it is, and of how many."""
        name = self._name if len(self._name) <= _LONGEST_NAME else f"{self._name[: _LONGEST_NAME - 3]}..."
        return f"reading {self._number} of {self._files}: {name}" if self._files > 1 else f"reading {name}"

    @property
    def share(self) -> float | None:
        """How much of the file is read, 0 to 1; None where that is not known, or where all is and work goes on."""
        return self._read / self._size if self._size and self._read < self._size else None

    @property
    def told(self) -> str:
        """Bytes read and bytes a second, as far as they are known."""
        seconds = max(time.monotonic() - self._since, 1e-3)
        if not self._read:
            return f"{seconds:.0f} s"
        if (
            self._size is not None and self._read >= self._size
        ):  # a document that is taken apart after it was read, or more than one pass
            return f"{human_bytes(self._read)} read, putting it together, {seconds:.0f} s"
        speed = f"{human_bytes(self._read / seconds)}/s"
        if self._size is None:
            return f"{human_bytes(self._read)}, {speed}"
        return f"{self._read / self._size:4.0%} of {human_bytes(self._size)}, {speed}"


@contextmanager
def meter(files: int = 1) -> Iterator[Meter]:
    """Show what is read while the context lasts, where stderr is a terminal."""
    shown = Meter(files)
    if not _wanted():
        yield shown
        return
    done = threading.Event()
    thread = threading.Thread(target=_draw, args=(shown, done), daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        done.set()
        thread.join()  # the line is gone before anything else is printed


def _wanted() -> bool:
    """Whether a person is watching who can be shown a line that changes."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def _draw(shown: Meter, done: threading.Event) -> None:
    if done.wait(_PATIENCE):
        return
    display = _display()
    task = display.add_task(shown.name, total=None, told=shown.told)
    with display:
        while True:
            share = shown.share
            display.update(
                task,
                description=shown.name,
                total=None if share is None else 1,  # a bar without an end pulses
                completed=share or 0,
                told=shown.told,
                refresh=True,
            )
            if done.wait(_BETWEEN):
                return


def _display() -> Progress:
    from rich.console import (
        Console,
    )  # takes longer than most imports do, so it is loaded for the long ones only
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[told]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,  # which may be another file
    )
