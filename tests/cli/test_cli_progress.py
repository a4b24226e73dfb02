"""What a person sees of a long import: on a terminal only, and no trace of it afterwards."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hotspot.importers.base import file_source
from hotspot.report.progress import Meter
from tests.cli.conftest import ROOT, STACKS, Run

_PATIENCE = 60.0  # seconds
_ERASED = b"\r\x1b[1A\x1b[2K"  # to the line that was drawn, and out with it


class Terminal:
    """A program whose stderr and standard input are a terminal; its standard output is a pipe."""

    def __init__(self, *arguments: str | Path, env: dict[str, str] | None = None) -> None:
        self._screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
        kept = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR", "COLUMNS")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hotspot", *arguments],
            stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0),
            env=kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | (env or {}),
        )  # fmt: skip
        os.close(terminal)
        self.shown = b""

    def wait_for(self, text: bytes) -> None:
        end = time.monotonic() + _PATIENCE
        while text not in self.shown and time.monotonic() < end and self._receive():
            pass
        assert text in self.shown

    def type(self, text: bytes) -> None:
        os.write(self._screen, text)

    def end(self) -> tuple[int, bytes]:
        """Return exit code and standard output, with all of the terminal in `shown`."""
        out, _ = self.process.communicate(timeout=_PATIENCE)
        while self._receive():
            pass
        os.close(self._screen)
        return self.process.returncode, out

    def _receive(self) -> bool:
        try:
            data = os.read(self._screen, 1 << 16)
        except OSError:  # how Linux says that nobody has the terminal open any more
            return False
        self.shown += data
        return bool(data)


@contextmanager
def slow_pipe(path: Path, content: bytes) -> Iterator[threading.Event]:
    """A named pipe that gives half of its content, and the rest when it is told to."""
    os.mkfifo(path)
    go_on = threading.Event()

    def write() -> None:
        with suppress(BrokenPipeError), path.open("wb") as pipe:
            pipe.write(content[: len(content) // 2])
            pipe.flush()
            go_on.wait(_PATIENCE)
            pipe.write(content[len(content) // 2 :])

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    yield go_on
    go_on.set()
    writer.join(_PATIENCE)


def test_a_long_import_is_seen_on_a_terminal_and_leaves_no_trace(project: Path, program: Run) -> None:
    stacks = STACKS * 12_000  # three megabytes
    with slow_pipe(project / "slow", stacks.encode()) as go_on:
        terminal = Terminal("top", "slow")
        terminal.wait_for(b"reading slow")
        terminal.wait_for(b"1.00 MB, ")
        go_on.set()
        code, out = terminal.end()
    (project / "slow").unlink()
    (project / "slow").write_text(stacks)
    plain = program("top", "slow")
    assert (code, out.decode(), plain.err) == (0, plain.out, "")
    assert terminal.shown.endswith(_ERASED)
    assert terminal.shown.count(b"\x1b[?25l") == terminal.shown.count(b"\x1b[?25h") == 1  # the cursor


def test_an_interrupt_leaves_one_line(project: Path) -> None:
    with slow_pipe(project / "slow", STACKS.encode()):
        terminal = Terminal("top", "slow")
        terminal.wait_for(b"reading slow")
        terminal.type(b"\x03")
        code, out = terminal.end()
    assert (code, out) == (130, b"")
    _, _, after = terminal.shown.rpartition(_ERASED)
    assert after.split() == [b"hotspot:", b"interrupted"]


def test_an_error_stands_on_a_clean_line(project: Path) -> None:
    with slow_pipe(project / "slow", b"\x01\x02" * 100) as go_on:
        terminal = Terminal("top", "slow")
        terminal.wait_for(b"reading slow")
        go_on.set()
        assert terminal.end() == (3, b"")
    _, _, after = terminal.shown.rpartition(_ERASED)
    assert after.startswith(b"hotspot: slow: ")


@pytest.mark.parametrize("env", [{"CI": "true"}, {"TERM": "dumb"}])
def test_nothing_moves_where_nobody_watches(project: Path, env: dict[str, str]) -> None:
    with slow_pipe(project / "slow", STACKS.encode()) as go_on:
        terminal = Terminal("top", "slow", env=env)
        timer = threading.Timer(1.5, go_on.set)  # three times as long as a person waits
        timer.start()
        assert terminal.end()[0] == 0
    assert terminal.shown == b""


def test_what_is_told() -> None:
    meter = Meter(files=12)
    meter.begin("runs/one.folded")(10, 10)
    read = meter.begin("runs/\x1b[31m" + "long" * 20)
    assert meter.name == "reading 2 of 12: \\x1b[31mlonglonglonglonglonglonglongl..."
    assert (meter.share, meter.told) == (None, "0 s")
    read(3 << 20, None)
    assert meter.share is None
    assert meter.told.startswith("3.00 MB, ")
    read(1 << 20, 4 << 20)
    assert meter.share == 0.25
    assert meter.told.startswith(" 25% of 4.00 MB, ")
    read(5 << 20, 4 << 20)  # it grows while it is read
    assert meter.share is None
    assert meter.told.startswith("5.00 MB read, putting it together")
    only = Meter(files=1)
    only.begin("-")
    assert only.name == "reading standard input"


def test_a_source_tells_how_far_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(50_000))
    told: list[tuple[int, int | None]] = []
    source = file_source(str(path), lambda read, size: told.append((read, size)))
    with source.open() as stream:
        while stream.read(7_000):
            pass
    assert [read for read, _ in told] == sorted(read for read, _ in told)
    assert set(told) >= {(50_000, 50_000)}
    told.clear()
    assert len(source.read()) == told[-1][0] == 50_000
