"""What is read: files, standard input, labels, compression, discovery; and exit code 3 where it cannot be."""

from __future__ import annotations

import bz2
import datetime
import gzip
import hashlib
import json
import lzma
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hotspot.state import RunRecord, State, StoredProfile, machine_facts
from tests.cli.conftest import STACKS, Result, Run


def profile_of(result: Result) -> Any:
    assert result.code == 0, result.err
    return json.loads(result.out)["profile"]


def fails(result: Result, says: str) -> None:
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"hotspot: {says}"), result.err
    assert result.err.count("\n") == 1


# -- what cannot be read ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["top", "tree", "info", "issues"])
def test_a_missing_file(hotspot: Run, project: Path, command: str) -> None:
    result = hotspot(command, "nowhere.svg")
    assert result == Result(3, "", "hotspot: nowhere.svg: no such file or directory\n")


def test_a_missing_file_of_the_real_program(program: Run, project: Path) -> None:
    result = program("top", "nowhere.svg")
    assert result == Result(3, "", "hotspot: nowhere.svg: no such file or directory\n")


def test_a_folder(hotspot: Run, project: Path) -> None:
    fails(hotspot("top", "app"), "app: is a directory")


def test_an_empty_file(hotspot: Run, project: Path) -> None:
    Path("empty.svg").write_text("")
    fails(hotspot("top", "empty.svg"), "empty.svg: the file is empty")


@pytest.mark.parametrize("content", [b"\n\n  \n", b"\x00" * 100])
def test_a_file_of_nothing(hotspot: Run, project: Path, content: bytes) -> None:
    Path("blank").write_bytes(content)
    fails(hotspot("top", "blank"), "blank: ")


@pytest.mark.parametrize(
    "content",
    [bytes(range(256)) * 40, b"\x7fELF\x02\x01\x01" + b"\x00" * 200, b"Dear reader,\nthis is a letter.\n"],
    ids=["bytes", "program", "letter"],
)
def test_what_is_no_profile_is_told_in_one_line(hotspot: Run, project: Path, content: bytes) -> None:
    Path("odd").write_bytes(content)
    result = hotspot("top", "odd")
    fails(result, "odd: no importer recognises it; ")
    assert "see `hotspot formats`, or name one with --input-format" in result.err


def test_another_format_than_was_asked_for(hotspot: Run, project: Path) -> None:
    result = hotspot("top", "p.folded", "--input-format", "svg")
    fails(result, "p.folded")


def test_an_unreadable_file(hotspot: Run, project: Path) -> None:
    (project / "p.folded").chmod(0)
    if os.access(project / "p.folded", os.R_OK):
        pytest.skip("this user may read everything")
    fails(hotspot("top", "p.folded"), "p.folded: permission denied")


def test_a_socket(hotspot: Run, project: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("s")
        fails(hotspot("top", "s"), "s: ")


def test_nothing_named_and_nothing_found(hotspot: Run, project: Path) -> None:
    (project / "p.folded").unlink()
    fails(hotspot("top"), "no profile named and none found here; name a file, pipe one into `-`")


# -- where it is read from --------------------------------------------------------------------------


def test_standard_input(program: Run, project: Path) -> None:
    piped = profile_of(program("top", "-", "-f", "json", stdin=STACKS.encode()))
    named = profile_of(program("top", "p.folded", "-f", "json"))
    assert piped == named | {"path": "-", "label": "-"}


def test_standard_input_with_a_label(program: Run, project: Path) -> None:
    assert profile_of(program("top", "new=-", "-f", "json", stdin=STACKS.encode()))["label"] == "new"


def test_empty_standard_input(program: Run, project: Path) -> None:
    fails(program("top", "-"), "-: the file is empty")


def test_a_pipe_that_can_be_read_only_once(shell: Run, project: Path) -> None:
    result = shell("hotspot top <(cat p.folded) -f json")
    assert profile_of(result)["total"] == 100


def test_labels(hotspot: Run, project: Path) -> None:
    assert profile_of(hotspot("top", "p.folded", "-f", "json"))["label"] == "p.folded"
    assert profile_of(hotspot("top", "the old=p.folded", "-f", "json"))["label"] == "the old"
    Path("a=b.folded").write_text(STACKS)
    assert profile_of(hotspot("top", "a=b.folded", "-f", "json"))["label"] == "a=b.folded"
    assert profile_of(hotspot("top", "x=a=b.folded", "-f", "json"))["path"] == "a=b.folded"


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("kind", COMPRESS)
def test_compression_is_told_by_content(hotspot: Run, project: Path, kind: str) -> None:
    packed = COMPRESS[kind](STACKS.encode())
    for name in (f"p.folded.{kind}", "no-suffix"):
        Path(name).write_bytes(packed)
        assert profile_of(hotspot("top", name, "-f", "json"))["total"] == 100


@pytest.mark.parametrize("kind", COMPRESS)
def test_several_compressed_files_in_a_row_are_one(hotspot: Run, project: Path, kind: str) -> None:
    lines = STACKS.encode().splitlines(keepends=True)
    Path("p").write_bytes(b"".join(COMPRESS[kind](line) for line in lines))
    assert profile_of(hotspot("top", "p", "-f", "json"))["total"] == 100


def test_a_name_like_a_magic_number_is_a_name(hotspot: Run, project: Path) -> None:
    Path("b.folded").write_text("BZh9;work 3\nBZh9 1\n")
    assert profile_of(hotspot("top", "b.folded", "-f", "json"))["total"] == 4


def test_compressed_standard_input(program: Run, project: Path) -> None:
    result = program("top", "-", "-f", "json", stdin=gzip.compress(STACKS.encode()))
    assert profile_of(result)["total"] == 100


@pytest.mark.parametrize("kind", COMPRESS)
def test_compression_that_ends_early_is_said(hotspot: Run, project: Path, kind: str) -> None:
    packed = COMPRESS[kind]("".join(f"main;f{n * 7919 % 10007} {n}\n" for n in range(20_000)).encode())
    Path("cut").write_bytes(packed[: len(packed) // 2])
    fails(hotspot("top", "cut"), "cut: the compressed data ends early")


@pytest.mark.parametrize("kind", COMPRESS)
def test_damaged_compression_is_said(hotspot: Run, project: Path, kind: str) -> None:
    packed = bytearray(
        COMPRESS[kind]("".join(f"main;f{n * 7919 % 10007} {n}\n" for n in range(20_000)).encode())
    )
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xa5" * 40
    Path("damaged").write_bytes(packed)
    fails(hotspot("top", "damaged"), "damaged: ")


# -- what is read where nothing is named -------------------------------------------------------------


def test_discovery_says_what_it_took(hotspot: Run, project: Path) -> None:
    result = hotspot("top", "-f", "json")
    assert profile_of(result)["path"] == "p.folded"
    assert result.err == "hotspot: reading p.folded\n"


def test_discovery_from_a_folder_below(hotspot: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "app")
    assert hotspot("top").err == "hotspot: reading ../p.folded\n"
    (project / "app" / "q.collapsed").write_text(STACKS)  # nearer, but a later kind
    assert hotspot("top").err == "hotspot: reading ../p.folded\n"
    (project / "app" / "q.folded").write_text(STACKS)
    assert hotspot("top").err == "hotspot: reading q.folded\n"


def test_the_configured_profile_wins_and_is_relative_to_the_root(
    hotspot: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "profiles").mkdir()
    (project / "profiles" / "x").write_text("other 3\n")
    (project / "hotspot.toml").write_text('profile = "profiles/x"\n')
    monkeypatch.chdir(project / "app")
    result = hotspot("top", "-f", "json")
    assert result.err == "hotspot: reading ../profiles/x\n"
    assert profile_of(result)["total"] == 3


def test_project_names_another_root(hotspot: Run, project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "lib").mkdir(parents=True)
    (other / "lib" / "mem.py").write_text("")
    (other / "perf.data").write_text(STACKS)
    result = hotspot("top", "--project", other, "--in-app", "-f", "json")
    assert result.err == "hotspot: reading other/perf.data\n"  # an earlier kind than ./p.folded
    assert [row["function"] for row in json.loads(result.out)["rows"]] == ["[not in-app]"]


def test_a_named_profile_is_not_announced(hotspot: Run, project: Path) -> None:
    assert hotspot("top", "p.folded").err == ""


# -- names that would disturb a terminal -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "printed"),
    [("two\nlines", "two\\nlines"), ("\x1b[31mred", "\\x1b[31mred"), ("\u202eright", "\\u202eright")],
)
def test_hostile_file_names(hotspot: Run, project: Path, name: str, printed: str) -> None:
    fails(hotspot("top", name), f"{printed}: no such file or directory")
    (project / "p.folded").rename(name + ".folded")
    result = hotspot("top")
    assert (result.code, result.err) == (0, f"hotspot: reading {printed}.folded\n")
    assert result.out.startswith(f"{printed}.folded | ")
    assert profile_of(hotspot("top", "-f", "json"))["path"] == f"{name}.folded"


def test_a_file_name_that_is_no_text(program: Run, project: Path) -> None:
    name = os.fsdecode(b"caf\xe9.folded")
    (project / "p.folded").rename(name)
    result = program("top")
    assert (result.code, result.err) == (0, "hotspot: reading caf\\udce9.folded\n")
    assert profile_of(program("top", "-f", "json"))["path"] == name


def test_hostile_function_names(hotspot: Run, project: Path) -> None:
    Path("h.folded").write_text("main;\x1b[31mred\x1b[0m\x07 3\nmain;a\u202eb 1\n")
    for arguments in (["top"], ["tree"], ["peek", "main"], ["list", "main"], ["top", "-f", "markdown"]):
        result = hotspot(*arguments, "h.folded")
        assert result.code == 0
        assert all(c.isprintable() or c == "\n" for c in result.out), arguments
        assert "x1b" in result.out or arguments[0] == "list"


def test_a_recording_is_named_by_the_file_that_is_kept_of_it(hotspot: Run, project: Path) -> None:
    state = State(project / ".hotspot")
    state.runs.mkdir(parents=True)
    text = (project / "p.folded").read_bytes()
    for path in (state.directory / "latest.folded", state.runs / "one.folded"):
        path.write_bytes(text)
    now = datetime.datetime(2026, 11, 27, tzinfo=datetime.UTC)
    stored = StoredProfile(".hotspot/runs/one.folded", hashlib.sha256(text).hexdigest())
    state.write_run(RunRecord("one", now, now, ("prog",), ".", "py-spy 0.4", machine_facts(), (stored,)))
    assert json.loads(hotspot("top", "-f", "json").out)["profile"]["path"] == ".hotspot/runs/one.folded"
    (state.runs / "one.folded").unlink()
    assert json.loads(hotspot("top", "-f", "json").out)["profile"]["path"] == ".hotspot/latest.folded"
