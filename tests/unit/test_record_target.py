from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hotspot.record.memray import Memray
from hotspot.record.perf import automatic_call_graph
from hotspot.record.process import CannotRun
from hotspot.record.recorder import Wanted
from hotspot.record.target import NoSuchProcess, command_target, process_target

PYTHON = os.path.realpath(sys.executable)


def script(path: Path, first: str) -> Path:
    path.write_text(f"#!{first}\nprint('hello')\n")
    path.chmod(0o755)
    return path


def test_an_interpreter_is_python_and_named_by_its_script(tmp_path: Path) -> None:
    target = command_target((PYTHON, "-u", "app.py", "x"), tmp_path)
    assert target.python == PYTHON
    assert target.name == "app.py"


@pytest.mark.parametrize("first", [PYTHON, f"{PYTHON} -E", f"/usr/bin/env -S {PYTHON}"])
def test_a_script_with_pythons_first_line_is_python(first: str, tmp_path: Path) -> None:
    target = command_target((str(script(tmp_path / "tool", first)),), tmp_path)
    assert target.python == PYTHON
    assert target.name == "tool"


def test_a_shim_that_is_a_shell_script_is_seen_through(tmp_path: Path) -> None:
    shim = tmp_path / "python3"
    shim.write_text(f'#!/bin/sh\nexec "{PYTHON}" "$@"\n')
    shim.chmod(0o755)
    target = command_target((str(shim), "app.py"), tmp_path)
    assert target.command == (str(shim), "app.py")
    assert os.path.realpath(target.program[0]) == PYTHON


def test_other_programs_are_not_python(tmp_path: Path) -> None:
    assert command_target(("/bin/sh", "python.py"), tmp_path).python is None
    assert command_target((str(script(tmp_path / "tool", "/bin/sh")),), tmp_path).python is None


def test_a_path_is_relative_to_where_the_command_runs(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    script(tmp_path / "sub" / "tool", PYTHON)
    assert command_target(("./tool",), tmp_path / "sub").python == PYTHON


@pytest.mark.parametrize(
    ("name", "reason"), [("no-such-program", "command not found"), ("./plain", "not an executable program")]
)
def test_what_cannot_run_is_refused(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with pytest.raises(CannotRun, match=reason):
        command_target((name,), tmp_path)


def test_a_process_is_known_by_its_executable() -> None:
    assert process_target(os.getpid()).python == PYTHON
    with pytest.raises(NoSuchProcess, match="no process 4194999"):
        process_target(4194999)


def test_frame_pointers_are_followed_where_they_surely_are(tmp_path: Path) -> None:
    def graph(name: str, content: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o755)
        return automatic_call_graph(command_target((str(path),), tmp_path))

    assert graph("native", b"\x7fELF....") == "dwarf"
    assert graph("gopher", b"\x7fELF....\xff Go buildinf:...") == "fp"
    assert graph("node", b"\x7fELF....") == "fp"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("app.py", "-x"), ["-m", "memray", "run", "app.py", "-x"]),
        (("-m", "app", "-x"), ["-m", "memray", "run", "-m", "app", "-x"]),
        (("-c", "pass"), ["-m", "memray", "run", "-c", "pass"]),
        (("-W", "error", "-u", "app.py"), ["-W", "error", "-u", "-m", "memray", "run", "app.py"]),
    ],
)
def test_memray_runs_what_the_interpreter_would(
    arguments: tuple[str, ...], expected: list[str], tmp_path: Path
) -> None:
    target = command_target((PYTHON, *arguments), tmp_path)
    python, *rest = Memray().arguments(target, Wanted(), "out.bin", target.program)
    assert python == PYTHON
    assert [word for word in rest if word not in ("--quiet", "--force", "--output", "out.bin")] == expected
