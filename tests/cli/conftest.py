"""Two ways to run the command line: as a program of its own, and in this process where nothing depends on that."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hotspot.cli.main import main

ROOT = Path(__file__).parents[2]

STACKS = """\
main (app/run.py:3);parse (app/lex.py:10);lex (app/lex.py:20) 50
main (app/run.py:3);parse (app/lex.py:10);lex (app/lex.py:21);alloc (/usr/lib/mem.py:7) 20
main (app/run.py:4);emit (app/out.py:5);alloc (/usr/lib/mem.py:7) 25
main (app/run.py:4) 1
gc 4
"""


@dataclass(frozen=True)
class Result:
    """What a run printed and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one profile, `p.folded`, that is also the current folder."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    for name in ("run", "lex", "out"):
        (tmp_path / "app" / f"{name}.py").write_text("".join(f"{name} line {n}\n" for n in range(1, 31)))
    (tmp_path / "p.folded").write_text(STACKS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _environment(**changes: str) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONPATH")
    }
    # Standard input's temporary file is closed by the interpreter when it ends; everything else is an error.
    warnings = {"PYTHONWARNINGS": "error,ignore::ResourceWarning"}
    return kept | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"} | warnings | changes


@pytest.fixture
def program() -> Run:
    """Run `python -m hotspot ARGUMENTS` as its own process; `stdin` is bytes, `env` adds to the environment."""

    def run(*arguments: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "hotspot", *arguments],
            input=stdin,
            capture_output=True,
            env=_environment(**(env or {})),
            timeout=120,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def shell() -> Run:
    """Run a shell command line in which `hotspot` is the program; the exit code is the last stage's, or a failing one's."""

    def run(command: str) -> Result:
        hotspot = f'hotspot() {{ "{sys.executable}" -m hotspot "$@"; }}\n'
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", hotspot + command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(),
            timeout=120,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def hotspot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `hotspot ARGUMENTS` through the program's own `main`, in this process: the same code, without a start-up."""

    def run(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["hotspot", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, captured.out, captured.err)

    return run
