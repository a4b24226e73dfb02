"""Places in the sources: names without files, and recorded paths that are elsewhere here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hotspot.toml").write_text("")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/rows.c").write_text("#include <a.h>\nint parse_row(char *s)\n{\n\treturn 1;\n}\n")
    (tmp_path / "bare.folded").write_text("main;parse_row;malloc 3\nmain;other 1\n")
    (tmp_path / "moved.folded").write_text("main (/b/x/rows.c:4);malloc 3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_svg_with_bare_names_gives_a_place(project: Path, hotspot: Run) -> None:
    assert hotspot("convert", "bare.folded", "bare.svg").code == 0
    result = hotspot("issues", "bare.svg", "-f", "json")
    (row,) = json.loads(result.out)["created"]
    assert (row["function"], row["file"], row["line"], row["in_app"]) == ("parse_row", "src/rows.c", 2, True)
    top = json.loads(hotspot("top", "--in-app", "bare.svg", "-f", "json").out)
    assert {row["function"]: row["self"] for row in top["rows"]} == {"parse_row": 3, "[not in-app]": 1}


def test_in_app_means_the_same_in_every_command(project: Path, hotspot: Run) -> None:
    for options in ((), ("--in-app",)):
        rows = json.loads(hotspot("top", *options, "bare.folded", "-f", "json").out)["rows"]
        (row,) = (row for row in rows if row["function"] == "parse_row")
        assert (row["in_app"], row["file"], row["line"]) == (True, "src/rows.c", 2)
    assert "parse_row  src/rows.c:2" in hotspot("top", "bare.folded").out


def test_a_name_that_means_several_places_gets_none(project: Path, hotspot: Run) -> None:
    (project / "src/more.c").write_text("int parse_row(int x) { return x; }\n")
    rows = json.loads(hotspot("top", "bare.folded", "-f", "json").out)["rows"]
    (row,) = (row for row in rows if row["function"] == "parse_row")
    assert (row["in_app"], row["file"], row["line"]) == (None, None, None)


@pytest.mark.parametrize("command", ["peek", "list"])
def test_a_profile_in_the_place_of_the_function_is_seen_through(
    project: Path, hotspot: Run, command: str
) -> None:
    result = hotspot(command, "bare.folded")
    assert result.code == 2
    assert (
        f"bare.folded is a file; a function comes first: hotspot {command} PATTERN bare.folded" in result.err
    )
    result = hotspot(command, "nothing", "bare.folded")
    assert "see `hotspot top -n 0`" in result.err


def test_list_shows_a_function_found_by_its_name(project: Path, hotspot: Run) -> None:
    out = hotspot("list", "parse_row", "bare.folded").out
    assert "parse_row  src/rows.c:2" in out
    assert "the profile has neither file nor line of this function; found here by its name" in out
    assert "return 1;" in out
    (project / "src/more.c").write_text("int parse_row(int x) { return x; }\n")
    out = hotspot("list", "parse_row", "bare.folded").out
    assert "defined more than once: src/more.c:1, src/rows.c:2" in out


def test_path_map_as_typed(project: Path, hotspot: Run) -> None:
    def in_app(*options: str) -> bool | None:
        result = hotspot("top", "moved.folded", "--in-app", "-f", "json", *options)
        return any(row["function"] == "main" for row in json.loads(result.out)["rows"])

    assert not in_app()
    assert in_app("--path-map", "/b/x=src")
    (project / "hotspot.toml").write_text('path_map = { "/b/x" = "elsewhere", "/c" = "." }\n')
    assert in_app("--path-map", "/b/x=src")


@pytest.mark.parametrize("typed", ["/build", "=.", "/build="])
def test_half_a_path_map_is_refused(project: Path, hotspot: Run, typed: str) -> None:
    result = hotspot("top", "moved.folded", "--path-map", typed)
    assert result.code == 2
    assert "is not PREFIX=FOLDER (say /build=.)" in result.err


def test_a_draft_lists_what_a_name_can_mean(project: Path, hotspot: Run) -> None:
    (project / "src/more.c").write_text("int parse_row(int x) { return x; }\n")
    assert (
        "parse_row  one of 2 places  PARSE_ROW  would be created"
        in hotspot("issues", "--dry-run", "bare.folded").out
    )
    row = json.loads(hotspot("issues", "bare.folded", "-f", "json").out)["created"][0]
    assert (row["function"], row["file"]) == ("parse_row", None)
    text = (project / "perf-issues/PARSE_ROW.txt").read_text()
    assert (
        "  - Candidates (several definitions; which is meant is not decided):\n"
        "      src/more.c:1 parse_row\n"
        "      src/rows.c:2 parse_row\n"
    ) in text
    # a second draft writes them anew and once
    (project / "src/more.c").unlink()
    hotspot("issues", "bare.folded")
    assert "Candidates" not in (project / "perf-issues/PARSE_ROW.txt").read_text()
