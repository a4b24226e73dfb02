"""How results leave hotspot: four formats, files, colours, pipes and encodings."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import ROOT, STACKS, Run

ANSWERS = {
    "top": ["top", "p.folded"],
    "top --by line": ["top", "p.folded", "--by", "line"],
    "top --in-app": ["top", "p.folded", "--in-app"],
    "tree": ["tree", "p.folded"],
    "tree --inverted": ["tree", "p.folded", "--inverted"],
    "peek": ["peek", "lex", "p.folded"],
    "list": ["list", "lex", "p.folded"],
    "info": ["info", "p.folded"],
    "formats": ["formats"],
    "diff": ["diff", "p.folded", "q.folded"],
    "issues": ["issues", "p.folded", "--dry-run"],
}
WITH_ROWS = [name for name in ANSWERS if name not in ("info", "issues")]
SCHEMA = {
    "top": "hotspot.top/1", "tree": "hotspot.tree/1", "peek": "hotspot.peek/1", "list": "hotspot.list/1",
    "info": "hotspot.info/1", "formats": "hotspot.formats/1", "diff": "hotspot.diff/1", "issues": "hotspot.issues/1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def second_profile(project: Path) -> None:
    (project / "q.folded").write_text(STACKS.replace(" 50", " 90"))


def strict_json(text: str) -> Any:
    """Parse as RFC 8259 has it: no NaN, no Infinity, no key twice."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs), "a key is there twice"
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=no_repeats)


@pytest.mark.parametrize("name", ANSWERS)
def test_json_is_one_strict_object_whose_first_key_is_schema(hotspot: Run, name: str) -> None:
    result = hotspot(*ANSWERS[name], "-f", "json")
    assert (result.code, result.err) == (0, "")
    document = strict_json(result.out)
    assert next(iter(document)) == "schema"
    assert document["schema"] == SCHEMA[name.split()[0]]
    assert result.out.endswith("}\n")


@pytest.mark.parametrize("name", WITH_ROWS)
def test_csv_has_the_jsons_rows(hotspot: Run, name: str) -> None:
    rows = strict_json(hotspot(*ANSWERS[name], "-f", "json").out)["rows"]
    table = list(csv.reader(io.StringIO(hotspot(*ANSWERS[name], "-f", "csv").out)))
    assert table[0] == list(rows[0])
    assert len(table) == len(rows) + 1
    for cells, row in zip(table[1:], rows, strict=True):
        for cell, value in zip(cells, row.values(), strict=True):
            if value is None:
                assert cell == ""
            elif isinstance(value, str):
                assert cell == value
            elif isinstance(value, list):
                assert cell == " ".join(map(str, value)) or json.loads(cell) == value
            else:
                assert json.loads(cell) == value


@pytest.mark.parametrize("name", ANSWERS)
def test_markdown_tables_are_regular(hotspot: Run, name: str) -> None:
    result = hotspot(*ANSWERS[name], "-f", "markdown")
    assert (result.code, result.err) == (0, "")
    rows = [line for line in result.out.splitlines() if line.startswith("|")]
    if name != "issues":
        assert len(rows) >= 3
    width = 0
    for row in rows:
        cells = len(re.findall(r"(?<!\\)\|", row))
        if set(row) <= set("|-: "):
            width = cells
        assert width in (0, cells)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_table_for_a_pipe_has_no_colours_and_no_trailing_spaces(hotspot: Run, name: str) -> None:
    result = hotspot(*ANSWERS[name])
    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    assert [line for line in result.out.splitlines() if line != line.rstrip()] == []


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["table", "json", "csv", "markdown"])
def test_output_to_a_file_is_what_would_have_been_printed(hotspot: Run, project: Path, format_: str) -> None:
    printed = hotspot("top", "p.folded", "-f", format_).out
    result = hotspot("top", "p.folded", "-f", format_, "-o", "out")
    assert (result.code, result.out, result.err) == (0, "", "")
    assert (project / "out").read_text() == printed


def test_a_dash_is_standard_output(hotspot: Run, project: Path) -> None:
    assert hotspot("top", "p.folded", "-o", "-") == hotspot("top", "p.folded")
    assert not (project / "-").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["top", "nowhere.svg", "-o", "out"],
        ["peek", "nowhere", "p.folded", "-o", "out"],
        ["info", "p.folded", "-f", "csv", "-o", "out"],
        ["convert", "nowhere.svg", "out", "--to", "folded"],
        ["merge", "p.folded", "nowhere.svg", "-o", "out", "--to", "folded"],
    ],
)
def test_a_failure_leaves_the_file_as_it_was(hotspot: Run, project: Path, arguments: list[str]) -> None:
    (project / "out").write_text("good")
    before = sorted(os.listdir(project))
    assert hotspot(*arguments).code in (2, 3)
    assert (project / "out").read_text() == "good"
    assert sorted(os.listdir(project)) == before


def test_a_file_that_cannot_be_written_is_named(hotspot: Run, project: Path) -> None:
    result = hotspot("top", "p.folded", "-o", "missing/out")
    assert (result.code, result.out) == (3, "")
    assert result.err == "hotspot: missing/out: cannot be written: no such file or directory\n"


def test_reading_and_writing_one_file(hotspot: Run, project: Path) -> None:
    assert hotspot("convert", "p.folded", "p.folded", "--hide", "alloc").code == 0
    assert "alloc" not in (project / "p.folded").read_text()
    assert "lex" in (project / "p.folded").read_text()


# -- colours --------------------------------------------------------------------------------------


def on_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """Run the program with a terminal of that width for output and return what it shows."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR")}
    done = subprocess.Popen(
        [sys.executable, "-m", "hotspot", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=subprocess.PIPE,
        env=kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"} | environment,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    _, err = done.communicate(timeout=60)
    assert (done.returncode, err) == (0, b"")
    return shown.decode().replace("\r\n", "\n")


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_gets_colours_bars_and_its_width() -> None:
    shown = on_terminal("top", "p.folded", columns=70)
    assert COLOUR.search(shown)
    assert "█" in shown
    assert max(len(line.rstrip()) for line in COLOUR.sub("", shown).splitlines()) <= 70


def test_no_color_is_respected_and_the_option_is_stronger() -> None:
    assert not COLOUR.search(on_terminal("top", "p.folded", NO_COLOR="1"))
    assert COLOUR.search(on_terminal("top", "p.folded", NO_COLOR=""))
    assert COLOUR.search(on_terminal("top", "p.folded", "--color", "always", NO_COLOR="1"))
    assert not COLOUR.search(on_terminal("top", "p.folded", "--color", "never"))


def test_colours_in_a_pipe_only_where_asked_for(program: Run) -> None:
    assert not COLOUR.search(program("top", "p.folded").out)
    assert COLOUR.search(program("top", "p.folded", "--color", "always").out)
    assert not COLOUR.search(program("top", "p.folded", "--color", "always", "-f", "json").out)
    assert not COLOUR.search(program("top", "p.folded", env={"FORCE_COLOR": "1"}).out)


# -- pipes and encodings ---------------------------------------------------------------------------


def test_a_reader_that_has_seen_enough(shell: Run, project: Path) -> None:
    lines = [f"main;function_number_{n};leaf_{n % 977} {n + 1}\n" for n in range(6_000)]
    (project / "big.folded").write_text("".join(lines))
    for arguments in (
        "top -n 0 big.folded -f json",
        "tree --min-share 0 big.folded",
        "convert big.folded - --to folded",
    ):
        result = shell(f"hotspot {arguments} | head -1")
        assert (result.code, result.err) == (0, ""), arguments
        assert result.out.count("\n") == 1


def test_a_reader_that_reads_nothing(shell: Run) -> None:
    result = shell("hotspot top p.folded | true")
    assert (result.code, result.err) == (0, "")


def test_a_full_disk(shell: Run) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    result = shell("hotspot top p.folded > /dev/full")
    assert (result.code, result.err) == (3, "hotspot: no space left on device\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("format_", ["table", "json", "csv", "markdown"])
def test_every_output_encoding(program: Run, project: Path, encoding: str, format_: str) -> None:
    (project / "u.folded").write_text("main;solve_λ;café 3\n")
    done = subprocess.run(
        [sys.executable, "-m", "hotspot", "top", "u.folded", "-f", format_],
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    if format_ == "json":
        assert [row["function"] for row in strict_json(text)["rows"]] == ["café", "main", "solve_λ"]
    else:
        assert ("café" if encoding != "ascii" else "caf\\xe9") in text.replace("\\\\", "\\")
