from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hotspot.record.process import CannotRun, run_measured


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def test_it_says_what_a_command_took(tmp_path: Path) -> None:
    busy = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\n"
    done = run_measured(python(busy + "raise SystemExit(7)"), cwd=tmp_path)
    assert done.exit_code == 7
    assert done.user_seconds + done.system_seconds >= 0.19
    assert done.seconds >= 0.19
    assert done.started.tzinfo is not None
    assert not done.timed_out


def test_peak_memory_is_the_largest_the_program_held(tmp_path: Path) -> None:
    small = run_measured(python("pass"), cwd=tmp_path).peak_bytes
    large = run_measured(
        python("b = bytearray(200 << 20)\nb[::4096] = bytes(len(b[::4096]))"), cwd=tmp_path
    ).peak_bytes
    assert 200 << 20 < large < 300 << 20
    assert small < 60 << 20


def test_memory_of_hotspot_itself_is_not_counted(tmp_path: Path) -> None:
    held = bytearray(100 << 20)
    held[::4096] = bytes(len(held[::4096]))
    assert run_measured(["true"], cwd=tmp_path).peak_bytes < 20 << 20


def test_arguments_are_passed_as_they_are_and_streams_go_where_they_are_told(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        run_measured(
            [*python("import sys; print(sys.argv[1:])"), "a b", "$HOME", "*"], cwd=tmp_path, stdout=out
        )
    assert (tmp_path / "out").read_text() == "['a b', '$HOME', '*']\n"


def test_folder_and_environment_are_the_callers(tmp_path: Path) -> None:
    code = "import os, pathlib; pathlib.Path('x').write_text(os.environ['MINE'])"
    run_measured(python(code), cwd=tmp_path, env={"MINE": "yes"})
    assert (tmp_path / "x").read_text() == "yes"


def test_a_program_that_a_signal_ends_says_so(tmp_path: Path) -> None:
    done = run_measured(python("import os; os.kill(os.getpid(), 9)"), cwd=tmp_path)
    assert done.exit_code == -signal.SIGKILL


def test_a_program_is_killed_when_its_time_is_up(tmp_path: Path) -> None:
    done = run_measured(python("import time; time.sleep(60)"), cwd=tmp_path, timeout=0.3)
    assert done.timed_out
    assert done.exit_code == -signal.SIGKILL
    assert done.seconds < 20


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["no-such-program-here"], "no-such-program-here: command not found"),
        (["/"], "/: cannot be run: permission denied"),
        (["a\0b"], "a\0b: cannot be run: a NUL character in an argument"),
        ([], "no command to run"),
    ],
)
def test_a_command_that_cannot_start_is_a_usage_error(
    command: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises((CannotRun, Exception)) as raised:
        run_measured(command, cwd=tmp_path)
    assert str(raised.value) == message
    assert getattr(raised.value, "exit_code", None) == 2


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"gone: cannot run .* there: no such file or directory"):
        run_measured(python("pass"), cwd=tmp_path / "gone")


def test_an_interrupt_reaches_the_program_which_may_clean_up(tmp_path: Path) -> None:
    code = """\
import pathlib, time
try:
    pathlib.Path("running").touch()
    time.sleep(60)
except KeyboardInterrupt:
    pathlib.Path("cleaned").touch()
"""
    runner = (
        "import sys, pathlib; from hotspot.record.process import run_measured\n"
        f"run_measured([sys.executable, '-c', {code!r}], cwd=pathlib.Path({str(tmp_path)!r}))"
    )
    # A session of its own, so that only the runner gets the signal, as with `kill -INT`.
    process = subprocess.Popen(
        [sys.executable, "-c", runner],
        start_new_session=True,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    wait_for(tmp_path / "running")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in err
    assert (tmp_path / "cleaned").exists()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)
