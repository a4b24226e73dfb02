"""``hotspot issues`` as a user types it: in a temporary git repository, on a real recording."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hotspot.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample-profiles"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The repository of loglens with a recording of it."""
    root = tmp_path / "loglens"
    root.mkdir()
    shutil.copy(SAMPLES / "programs/loglens/before/loglens.py", root)
    shutil.copy(SAMPLES / "py-spy/before.folded", root)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


class Run:
    """Runs ``hotspot issues`` in this process; returns what it printed to stdout and to stderr."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def __call__(self, cwd: Path, *arguments: str, expect: int = 0) -> tuple[str, str]:
        self.monkeypatch.chdir(cwd)
        self.monkeypatch.setattr(sys, "argv", ["hotspot", "issues", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capsys.readouterr()
        assert ended.value.code == expect, err
        return out, err

    def json(self, cwd: Path, *arguments: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self(cwd, *arguments, "-f", "json")[0])
        return document


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def listing(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if ".git/" not in f"{p}/" and p.is_file())


def test_the_first_draft_and_the_second(run: Run, project: Path) -> None:
    out, err = run(project)
    assert err == "hotspot: reading before.folded\n"
    lines = out.splitlines()
    assert lines[2].split() == ["1", "41.7%", "tokenise", "loglens.py:76", "TOKENISE", "created"]
    assert lines[3].split() == ["2", "16.6%", "stem", "loglens.py:83", "STEM", "created"]
    assert lines[-1] == "next: hotspot issues show TOKENISE"
    assert len([line for line in lines if line.endswith(" created")]) == 5
    files = {p: p.read_bytes() for p in (project / "perf-issues").iterdir()}
    out, _ = run(project, "before.folded")
    assert len([line for line in out.splitlines() if line.endswith(" up to date")]) == 5
    assert {p: p.read_bytes() for p in (project / "perf-issues").iterdir()} == files


def test_git_is_offered_the_issues_and_nothing_else(run: Run, project: Path) -> None:
    run(project, "--top", "1")
    status = subprocess.run(
        ["git", "-C", str(project), "status", "--short"], capture_output=True, text=True, check=True
    ).stdout
    assert status == "?? before.folded\n?? loglens.py\n?? perf-issues/\n"


def test_json_of_a_dry_run_is_json_of_the_real_one(run: Run, project: Path) -> None:
    before = listing(project)
    dry = run.json(project, "--dry-run", "-n", "2")
    assert listing(project) == before
    real = run.json(project, "--top", "2")
    assert {**dry, "dry_run": False} == real
    assert list(real)[:5] == ["schema", "directory", "created", "updated", "skipped"]
    assert [row["name"] for row in real["created"]] == ["TOKENISE", "STEM"]
    assert Path(real["created"][0]["path"]).is_file()
    assert real["created"][0]["share"] == 1897 / 4548


def test_from_a_folder_below_and_with_a_named_root(run: Run, project: Path, tmp_path: Path) -> None:
    (project / "src").mkdir()
    run(project / "src", "../before.folded", "-n", "1")
    assert (project / "perf-issues/TOKENISE.txt").is_file()
    text = (project / "perf-issues/TOKENISE.txt").read_text()
    assert "BENCHMARK FILE: before.folded\n" in text
    again = run.json(tmp_path, "--project", "loglens", "loglens/before.folded", "-n", "1")
    assert [row["name"] for row in again["updated"]] == ["TOKENISE"]
    assert (project / "perf-issues/TOKENISE.txt").read_text() == text


def test_a_commands_name_wins_over_a_profile_of_that_name(run: Run, project: Path) -> None:
    shutil.copy(project / "before.folded", project / "list")
    assert "no issues yet" in run(project, "list")[0]
    _, err = run(project, "--top", "2", "list", expect=2)
    assert err == (
        "hotspot: 'list' is a command of its own; write its name first (`hotspot issues list`), "
        "or ./list for a file of that name\n"
    )
    assert "TOKENISE" in run(project, "./list", "-n", "1")[0]


def test_list_and_show(run: Run, project: Path) -> None:
    run(project, "-n", "2")
    (project / "perf-issues/BROKEN.txt").write_text("PERFORMANCE ISSUE: x\n")
    out, _ = run(project, "list")
    assert [line.split()[0] for line in out.splitlines()[1:3]] == ["STEM", "TOKENISE"]
    assert "not read: perf-issues/BROKEN.txt:2: the head has no line that begins with 'STATUS:'" in out
    document = run.json(project, "list")
    assert [(row["name"], row["status"], row["rank"]) for row in document["issues"]] == [
        ("STEM", "IDENTIFIED", 2),
        ("TOKENISE", "IDENTIFIED", 1),
    ]
    assert document["unreadable"][0]["path"].endswith("BROKEN.txt")
    assert run(project, "list", "-f", "csv")[0].startswith("name,path,title,status,rank,")
    shown, _ = run(project, "show", "perf-issues/tok")
    assert shown == (project / "perf-issues/TOKENISE.txt").read_text()
    detail = run.json(project, "show", "TOKENISE.txt")
    assert (detail["function"], detail["file"], detail["line"], detail["origin"]) == (
        "tokenise",
        "loglens.py",
        76,
        "profile",
    )
    assert [section["title"] for section in detail["sections"]] == [
        "ANALYSIS",
        "PROPOSED OPTIMIZATION",
        "PROGRESS LOG",
    ]


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        (
            "nope",
            2,
            "hotspot: no issue is called 'nope'; there are: BROKEN, COUNT_PAIRS, COUNT_WORDS, GENERATE, SHAPE and 2",
        ),
        ("count", 2, "hotspot: 'count' is ambiguous; it could be: COUNT_PAIRS, COUNT_WORDS\n"),
        ("broken", 3, "hotspot: perf-issues/BROKEN.txt:3: STATUS is 'WON', not one of IDENTIFIED, "),
    ],
)
def test_names_that_lead_nowhere(run: Run, project: Path, name: str, code: int, message: str) -> None:
    run(project, "-n", "6")
    (project / "perf-issues/BROKEN.txt").write_text("PERFORMANCE ISSUE: x\n\nSTATUS: WON\n")
    out, err = run(project, "show", name, expect=code)
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_drop_and_block(run: Run, project: Path) -> None:
    run(project, "-n", "2")
    assert run(project, "drop", "stem", "--reason", "it is small")[0] == (
        "STEM is DROPPED\nnext: hotspot issues list\n"
    )
    assert (project / "perf-issues/STEM.txt").read_text().endswith("] DROPPED - it is small\n")
    document = run.json(project, "-n", "2")
    assert [row["name"] for row in document["updated"]] == ["TOKENISE"]
    assert [row["name"] for row in document["created"]] == ["GENERATE"]
    assert [(row["name"], row["reason"][:7]) for row in document["skipped"]] == [("STEM", "dropped")]
    _, err = run(project, "block", "stem", "--reason", "why", expect=2)
    assert err == "hotspot: STEM is DROPPED: block is not a step from there; legal: reopen\n"
    _, err = run(project, "drop", "tokenise", expect=2)
    assert "--reason" in err


def test_filters_narrow_what_is_drafted_and_are_told(run: Run, project: Path) -> None:
    document = run.json(project, "--ignore", "tokenise", "-n", "1")
    assert [row["name"] for row in document["created"]] == ["STEM"]
    text = (project / "perf-issues/STEM.txt").read_text()
    assert "  - Filters: 41.7% of the profile was filtered out; shares are of the whole.\n" in text
    assert "Time Contribution: 16.6% of total execution" in text
    assert "Interval" not in text


def test_nothing_to_read_and_bytes_a_terminal_should_not_see(run: Run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no profile named and none found here" in run(tmp_path / "empty", expect=3)[1]
    run(project, "-n", "1")
    path = project / "perf-issues/TOKENISE.txt"
    path.write_bytes(path.read_bytes().replace(b"Root Cause:", b"Root\x1b[2J\xff Cause:"))
    shown = run(project, "show", "tok")[0]
    assert "\x1b" not in shown
    assert r"Root\x1b[2J\udcff Cause:" in shown
    assert "\N{REPLACEMENT CHARACTER} Cause" in json.dumps(
        run.json(project, "show", "tok"), ensure_ascii=False
    )


def test_help_shows_both_ways(run: Run, project: Path) -> None:
    out, _ = run(project, "--help")
    assert out.startswith("Usage: hotspot issues [OPTIONS] [PROFILE] | COMMAND ...")
    for word in ("--dry-run", "--top", "list", "show", "drop", "block"):
        assert word in out


def test_the_first_issue_names_the_rule_the_line_and_the_code(run: Run, project: Path) -> None:
    (first, *_) = run.json(project, "before.folded")["created"]
    assert (first["rule"], first["function"], first["line"]) == ("list-searched-linearly", "tokenise", 76)
    text = " ".join((project / "perf-issues/TOKENISE.txt").read_text().split())
    assert "word not in STOP_WORDS (loglens.py:76), with 33.0% of the time on this line." in text
    assert "In Python: set or frozenset for `in`" in text


def test_a_goal_takes_the_fewest_issues_or_says_what_the_ceilings_allow(run: Run, project: Path) -> None:
    document = run.json(project, "--goal", "20%", "before.folded")
    assert [row["function"] for row in document["created"]] == ["tokenise"]
    assert document["goal"]["reached"]
    assert document["goal"]["expected"] > 0.2
    out, _ = run(project, "--goal", "99.9%", "before.folded")
    assert "out of reach: the ceilings allow 99.7%" in out
    _, err = run(project, "--goal", "lots", "before.folded", expect=2)
    assert "'lots' is not a share between 0 and 100%" in err


def test_lost_callers_are_told_of_once_and_in_each_draft(run: Run, project: Path) -> None:
    (project / "app.folded").write_text("app;_start;main;walk 50\napp;walk 150\n")
    out, _ = run(project, "app.folded")
    assert out.count("75.0% of the weight has lost its callers") == 1
    assert "begin in the middle of the program (at walk)" in out
    drafts = list((project / "perf-issues").glob("*.txt"))
    assert drafts
    for draft in drafts:
        assert "\n  - Broken: 75.0% of the weight has lost its callers" in draft.read_text()
    assert run.json(project, "app.folded")["warning"].startswith("75.0% of the weight")
    assert run.json(project, "before.folded")["warning"] is None
