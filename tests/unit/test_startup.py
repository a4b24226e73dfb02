"""Starting up imports only what is used: told by what is imported, since times differ between machines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]

HEAVY = {"numpy", "rich", "plotly", "scipy", "zstandard", "asyncio", "importlib.metadata"}


def imported(*arguments: str) -> set[str]:
    """Modules that a fresh Python imports, as it reports them itself."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    assert len(lines) > 20, "Python reports what it imports"
    return {line.rsplit("|", 1)[-1].strip() for line in lines}


def with_packages(modules: set[str]) -> set[str]:
    return modules | {module.split(".")[0] for module in modules}


COMMAND_MODULES = {f"hotspot.cli.{module}" for module, _ in COMMANDS.values()}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_imports_no_command_and_nothing_heavy(arguments: list[str]) -> None:
    modules = with_packages(imported("-m", "hotspot", *arguments))
    assert modules & HEAVY == set()
    assert modules & COMMAND_MODULES == set()
    assert "hotspot.cli.main" in modules


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_commands_help_imports_no_other_command_and_draws_nothing(command: str) -> None:
    modules = with_packages(imported("-m", "hotspot", command, "--help"))
    assert modules & {"rich", "plotly", "scipy", "zstandard"} == set()
    # A command may be a package or share another's options, but not pull in the whole command line.
    assert len(modules & COMMAND_MODULES) <= 2, modules & COMMAND_MODULES


def test_importing_hotspot_imports_nothing_heavy() -> None:
    assert with_packages(imported("-c", "import hotspot; dir(hotspot); hotspot.__version__")) & HEAVY == set()


def test_names_of_the_package_are_imported_when_they_are_used() -> None:
    modules = with_packages(imported("-c", "import hotspot; hotspot.Profile"))
    assert "numpy" in modules
    assert modules & {"rich", "plotly", "scipy", "click"} == set()


def test_a_table_for_a_pipe_needs_no_rich() -> None:
    code = "from hotspot.report.table import *; plain(Report((Table((Column('a'),), ((Cell('b'),),)),)))"
    assert "rich" not in with_packages(imported("-c", code))
