"""The worked example of docs/worked-example.md, run as it stands there: each command, what it prints and how it ends."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import ROOT

PAGE = ROOT / "docs" / "worked-example.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# What varies from run to run, and what it may be instead.
VARIES = re.compile(
    r"(?P<id>\d{8}T\d{6}Z-[0-9a-f]{4})|(?P<date>\d{4}-\d\d-\d\d)|(?P<hash>\b(?=[a-f]*\d)[0-9a-f]{7,}\b)"
    r"|(?P<time>\d[\d.,]* (?:ns|µs|ms|s|min)\b)|(?P<memory>\d[\d.,]* [kM]?B\b)|(?P<share>\d[\d.,]*(?=[%x]))"
    r"|(?P<count>\d[\d.,]*(?= (?:samples|points)))|(?P<any>\.\.\.)|(?P<space>\s+)"
)
INSTEAD = {
    "id": r"\d{8}T\d{6}Z-[0-9a-f]{4}",
    "date": r"\d{4}-\d\d-\d\d",
    "hash": "[0-9a-f]{7,}",
    "time": r"\d[\d.,]* (?:ns|µs|ms|s|min)",
    "memory": r"\d[\d.,]* [kM]?B",
    "share": r"\d[\d.,]*",
    "count": r"\d[\d.,]*",
    "any": ".*",
    "space": r"\s+",  # columns are as wide as what stands in them
}


@dataclass(frozen=True)
class Step:
    """A command of the page, with the line it stands on and the lines it is said to print."""

    line: int
    command: str
    printed: tuple[str, ...]


def steps(page: str) -> Iterator[Step]:
    for block in BLOCK.finditer(page):
        first = page.count("\n", 0, block.start(1)) + 1
        lines = block[1].splitlines()
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            yield Step(first + start, lines[start][2:], tuple(lines[start + 1 : end]))


def pattern(printed: tuple[str, ...]) -> re.Pattern[str]:
    """What a command must print: figures may differ, ``...`` is anything, on a line of its own any lines."""
    parts = []
    for line in printed:
        if line == "...":
            parts.append(r"(?:.*\n)*?")
            continue
        text, at = "", 0
        for found in VARIES.finditer(line.strip()):
            text += re.escape(line.strip()[at : found.start()]) + INSTEAD[str(found.lastgroup)]
            at = found.end()
        parts.append(rf"[^\S\n]*{text}{re.escape(line.strip()[at:])}[^\S\n]*\n")
    return re.compile("".join(parts))


class Shell:
    """Runs one command after the other as a person's shell does: the folder and the last exit code stay."""

    def __init__(self, folder: Path, tools: Path) -> None:
        self.code = 0
        self._folder = folder
        tools.mkdir()
        for name, arguments in (("hotspot", "-m hotspot"), ("python3", "")):
            (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
            (tools / name).chmod(0o755)
        identity = {
            f"GIT_{who}_{what}": "Ada" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHON")) and k != "COLUMNS"
        }
        self._environment = (
            kept
            | identity
            | {
                "PATH": f"{tools}{os.pathsep}{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}",
                "HOTSPOT": str(ROOT),
                "PYTHONPATH": str(ROOT),
                "GIT_CONFIG_GLOBAL": os.devnull,
                "LC_ALL": "C.UTF-8",
            }
        )

    def run(self, command: str) -> str:
        """Return what a command prints on either stream."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"(exit {self.code})\n{command}"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        self.code = done.returncode
        return done.stdout.decode()


def can_record(folder: Path) -> bool:
    """Whether py-spy may look into a program here; containers often forbid it."""
    recorder = shutil.which("py-spy", path=os.path.dirname(sys.executable)) or shutil.which("py-spy")
    if recorder is None:
        return False
    probe = [
        "record",
        "-f",
        "raw",
        "-o",
        str(folder / "probe"),
        "--",
        sys.executable,
        "-c",
        "sum(range(10**7))",
    ]
    done = subprocess.run([recorder, *probe], capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def test_the_page_is_what_happens(tmp_path: Path) -> None:
    for tool in ("bash", "git", "sed"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    if not can_record(tmp_path):
        pytest.skip("py-spy cannot record here (a container without ptrace?)")
    project = tmp_path / "shelf"
    project.mkdir()
    shell = Shell(project, tmp_path / "tools")
    todo = list(steps(PAGE.read_text()))
    assert len(todo) > 20
    for step, after in zip(todo, [*todo[1:], None], strict=True):
        printed = shell.run(step.command)
        where = f"{PAGE.name}:{step.line}: $ {step.command}\n{printed}"
        if not pattern(step.printed).fullmatch(printed):
            pytest.fail(f"prints something else: {where}", pytrace=False)
        if shell.code != 0 and (after is None or after.command != "echo $?"):  # which says what the code is
            pytest.fail(f"ends with {shell.code}: {where}", pytrace=False)
