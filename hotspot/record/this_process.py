"""Sampling this very process while some of its code runs: by py-spy from outside, or by a thread inside.

Both give folded lines as py-spy writes them, ``name (file:line);... count``, with full file names. py-spy sees what
threads do beyond Python's lock; the thread inside gets its turn only where that lock is let go, so C code that keeps it
is seen late. It is for where no process may attach to another.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Protocol

from hotspot.errors import HotspotError, MissingTool
from hotspot.record.py_spy import find_py_spy

_ATTACH_SECONDS = 10.0
_END_SECONDS = 30.0
_DEEPEST = 1_000  # frames of one stack, as seen from the leaf


class CannotAttach(HotspotError):
    """py-spy is missing, or may not look into this process."""


class Sampler(Protocol):
    """Something that samples from its making until `stop`."""

    name: str

    def stop(self) -> list[str]:
        """End sampling and return the folded lines."""
        ...


def start_sampler(rate: int) -> tuple[Sampler, str]:
    """Begin to sample and return the sampler, with why it is not py-spy (empty where it is).

    Args:
        rate: samples a second.
    """
    try:
        return PySpySampler(rate), ""
    except CannotAttach as error:
        return ThreadSampler(rate), str(error)


class PySpySampler:
    """``py-spy record --pid`` on this process, begun once it has attached.

    Raises:
        CannotAttach: it is not installed, or has no permission.
    """

    name = "py-spy"

    def __init__(self, rate: int) -> None:
        try:
            program = find_py_spy()
        except MissingTool as error:
            raise CannotAttach(str(error)) from error
        self._folder = tempfile.TemporaryDirectory(prefix="hotspot-")
        self._out = Path(self._folder.name) / "cell.folded"
        # Without --duration it records until it is interrupted, and writes its file then.
        self._process = subprocess.Popen(
            [program, "record", "--pid", str(os.getpid()), "--rate", str(rate), "--format", "raw",
             "--full-filenames", "--nonblocking", "--output", str(self._out)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt of the notebook is not meant for it
        )  # fmt: skip
        said = self._wait_for(b"Sampling")
        if self._process.poll() is not None or b"Sampling" not in said:
            self._end()
            raise CannotAttach(_reason(said))

    def stop(self) -> list[str]:
        """End sampling and return the folded lines."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=_END_SECONDS)
            text = self._out.read_text(encoding="utf-8", errors="replace") if self._out.exists() else ""
        finally:
            self._end()
        return text.splitlines()

    def _wait_for(self, word: bytes) -> bytes:
        """Return what it says until a word is said, it ends, or patience does."""
        stream, said, end = self._process.stdout, b"", time.monotonic() + _ATTACH_SECONDS
        assert stream is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while word not in said and (left := end - time.monotonic()) > 0:
                if not selector.select(left):
                    continue
                data = os.read(stream.fileno(), 4096)
                if not data:
                    self._process.wait()
                    break
                said += data
        return said

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        self._folder.cleanup()


class ThreadSampler:
    """A thread of this process that looks at all others (`sys._current_frames`)."""

    name = "in-process sampling thread"

    def __init__(self, rate: int) -> None:
        self._interval = 1 / rate
        self._counts: Counter[str] = Counter()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="hotspot-sampler", daemon=True)
        self._thread.start()

    def stop(self) -> list[str]:
        """End sampling and return the folded lines."""
        self._done.set()
        self._thread.join()
        return [f"{stack} {count}" for stack, count in self._counts.items()]

    def _sample(self) -> None:
        me = threading.get_ident()
        while not self._done.wait(self._interval):
            for thread, frame in sys._current_frames().items():
                if thread != me:
                    self._counts[_stack(frame)] += 1


def _stack(frame: FrameType | None) -> str:
    parts: list[str] = []
    while frame is not None and len(parts) < _DEEPEST:
        code = frame.f_code
        parts.append(f"{code.co_name} ({code.co_filename}:{frame.f_lineno})".replace(";", ":"))
        frame = frame.f_back
    return ";".join(reversed(parts))


def _reason(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    denied = next((line for line in lines if "ermission" in line or "EPERM" in line), None)
    if denied is not None:
        return "py-spy may not attach to this process"
    return f"py-spy did not attach: {lines[-1][:200]}" if lines else "py-spy did not attach"
