"""Help, mistakes in what was typed, and exit code 2."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.cli.main import COMMANDS
from tests.cli.conftest import ROOT, Run

READS_A_PROFILE = ["top", "tree", "info", "peek", "list", "diff", "issues", "convert", "merge"]


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(hotspot: Run, command: str, option: str) -> None:
    result = hotspot(*command.split(), option)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: hotspot {command}".rstrip())
    assert max(map(len, result.out.splitlines())) <= 100


@pytest.mark.parametrize("command", READS_A_PROFILE)
def test_every_command_that_reads_a_profile_takes_all_filters(hotspot: Run, command: str) -> None:
    text = hotspot(command, "--help").out
    for option in (
        "--focus", "--ignore", "--hide", "--show", "--show-from", "--prune-from", "--thread", "--time-range",
        "--relative", "--input-format", "--value-type", "--project",
    ):  # fmt: skip
        assert f"{option} " in text or f"{option}\n" in text, option


@pytest.mark.parametrize("command", ["top", "tree", "info", "peek", "list", "diff", "issues", "formats"])
def test_every_command_that_answers_takes_the_output_options(hotspot: Run, command: str) -> None:
    text = hotspot(command, "--help").out
    assert "[table|json|csv|markdown]" in text
    assert "-o, --output" in text
    assert "[auto|always|never]" in text


def test_version(hotspot: Run) -> None:
    import hotspot as package

    assert hotspot("--version").out == f"hotspot, version {package.__version__}\n"


def test_without_arguments_the_help_is_on_stderr(program: Run) -> None:
    result = program()
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: hotspot")


MISTAKES = [
    (["nowhere"], "hotspot: no such command 'nowhere'; see `hotspot --help`"),
    (["toop"], "hotspot: no such command 'toop'; did you mean `hotspot top`?"),
    (["--bogus"], "hotspot: No such option"),
    (["top", "--bogus"], "hotspot: No such option"),
    (["top", "p.folded", "extra"], "hotspot: Got unexpected extra argument"),
    (["top", "p.folded", "-n", "-1"], "hotspot: Invalid value for '-n' / '--top': -1 is not in the range"),
    (["top", "p.folded", "-n", "x"], "hotspot: Invalid value for '-n' / '--top': 'x' is not a valid int"),
    (["top", "p.folded", "--sort", "name"], "hotspot: Invalid value for '--sort': 'name' is not one of"),
    (["top", "p.folded", "-f", "yaml"], "hotspot: Invalid value for '-f' / '--format': 'yaml' is not one of"),
    (["tree", "p.folded", "--min-share", "200%"], "hotspot: Invalid value for '--min-share': '200%' is not between"),
    (["peek"], "hotspot: Missing argument 'PATTERN'"),
    (["peek", "nowhere", "p.folded"], "hotspot: no function, file or module matches 'nowhere'; see `hotspot top -n 0`"),
    (["list", "nowhere", "p.folded"], "hotspot: no function, file or module matches 'nowhere'; see `hotspot top -n 0`"),
    (["peek", "/(/", "p.folded"], "hotspot: bad regular expression /(/: missing ), unterminated subpattern at position 0"),
    (["peek", "", "p.folded"], "hotspot: an empty pattern matches everything; leave the option out instead"),
    (["top", "p.folded", "--focus", "/[/"], "hotspot: bad regular expression /[/: unterminated character set"),
    (["top", "p.folded", "--focus", "nowhere"], "hotspot: --focus nowhere: no function, file or module matches"),
    (["top", "p.folded", "--show-from", "nowhere"], "hotspot: --show-from nowhere: no function, file or module matches"),
    (["top", "p.folded", "--time-range", "soon"], "hotspot: bad time range 'soon': write FROM..TO, say 1.5s..3s"),
    (["top", "p.folded", "--time-range", "3s..1s"], "hotspot: bad time range '3s..1s': it ends before it begins"),
    (["top", "p.folded", "--time-range", "0..1"], "hotspot: --time-range: this profile does not record when its samples"),
    (["top", "p.folded", "--thread", "main"], "hotspot: --thread: this profile does not record threads"),
    (["top", "p.folded", "--value-type", "cycles"], "hotspot: value type 'cycles' is not in this profile (it has: samples/count)"),
    (["top", "p.folded", "--input-format", "bogus"], "hotspot: unknown input format 'bogus' (known: "),
    (["top", "p.folded", "--project", "nowhere"], "hotspot: --project nowhere: no such folder"),
    (["top", "p.folded", "-o", "app"], "hotspot: Invalid value for '-o' / '--output': File 'app' is a directory"),
    (["convert", "p.folded", "out.xyz"], "hotspot: out.xyz: the file name does not tell the format; name one with --to"),
    (["convert", "p.folded", "-", "--to", "bogus"], "hotspot: unknown output format 'bogus' (known: "),
    (["merge", "-o", "x.folded"], "hotspot: Missing argument 'PROFILE...'"),
    (["merge", "p.folded"], "hotspot: Missing option '-o'"),
    (["diff", "p.folded"], "hotspot: diff compares two sides, got 1"),
    (["info", "p.folded", "-f", "csv"], "hotspot: this command has no rows to print as CSV; use -f json"),
    (["completion", "tcsh"], "hotspot: Invalid value for '{bash|fish|zsh}'"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "says"), MISTAKES, ids=[" ".join(a) for a, _ in MISTAKES])
def test_a_mistake_is_one_line_and_exit_2(
    hotspot: Run, project: Path, arguments: list[str], says: str
) -> None:
    result = hotspot(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(says)
    assert result.err.count("\n") == 1
    assert result.err.endswith("\n")


def test_a_mistake_of_the_real_program(program: Run, project: Path) -> None:
    result = program("top", "p.folded", "--focus", "nowhere")
    assert (result.code, result.out) == (2, "")
    assert result.err == "hotspot: --focus nowhere: no function, file or module matches\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("profil = 'x'", "unknown key 'profil' in the hotspot configuration; known keys: "),
        ("in_app = 'x'", "in_app must be a list of texts"),
        ("in_app = [", "Invalid value"),
    ],
)
def test_a_broken_configuration_is_named(hotspot: Run, project: Path, text: str, says: str) -> None:
    (project / "hotspot.toml").write_text(text)
    result = hotspot("top", "p.folded")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"hotspot: {project}/hotspot.toml: {says}")
    assert result.err.count("\n") == 1


def test_an_interrupt_is_one_line_and_exit_130(project: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "hotspot", "top", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as waiting:
        assert waiting.stdin is not None
        waiting.stdin.write(b"x" * (1 << 20))  # returns when the program has begun to read
        waiting.stdin.flush()
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out, err.decode().strip()) == (130, b"", "hotspot: interrupted")


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_scripts(hotspot: Run, shell_name: str) -> None:
    result = hotspot("completion", shell_name)
    assert (result.code, result.err) == (0, "")
    assert "_HOTSPOT_COMPLETE" in result.out


def test_completion_completes(program: Run, project: Path) -> None:
    def completed(words: str, word: int) -> list[str]:
        env = {"_HOTSPOT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(word)}
        # The script runs the command under its own name, from which click takes the variable's.
        result = program(env=env)
        return [line.split(",", 1)[1] for line in result.out.splitlines()]

    assert completed("hotspot t", 1) == ["top", "tree"]
    assert "--focus" in completed("hotspot top --fo", 2)
