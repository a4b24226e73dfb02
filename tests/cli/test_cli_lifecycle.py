"""The lifecycle as a user types it, in a real git repository with a benchmark that writes results."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.config import Config
from tests.cli.conftest import ROOT, Run
from tests.issue_files import results_file, write_issue

BENCH = """\
import json, sys
from lex import SECONDS
times = [SECONDS * (1 + 0.001 * i) for i in range(5)]
others = [OTHER * (1 + 0.001 * i) for i in range(5)] if (OTHER := getattr(__import__("lex"), "OTHER", 0)) else []
results = [{"command": "parse", "times": times}] + ([{"command": "emit", "times": others}] if others else [])
json.dump({"results": results}, open(sys.argv[1], "w"))
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lex.py").write_text("SECONDS = 1.0\nOTHER = 1.0\n")
    (tmp_path / "bench.py").write_text(BENCH)
    python = json.dumps(sys.executable)
    (tmp_path / "hotspot.toml").write_text(
        f'benchmark_command = [{python}, "bench.py", "{{output}}"]\n'
        f'test_command = [{python}, "-c", "import lex; assert lex.SECONDS > 0"]\n'
        '[budgets]\nsource = { file = "lex.py", max = "1 kB" }\nadded = { file = "new.py", max = "1 kB" }\n'
    )
    (tmp_path / ".gitignore").write_text("__pycache__/\n")
    for command in (
        ("init", "-q"), ("add", "-A"),
        ("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "one"),
    ):  # fmt: skip
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    write_issue(Config(tmp_path), "IT", impact="20% to 30% less time")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return tmp_path


def text(root: Path) -> str:
    return (root / "perf-issues/IT.txt").read_text()


@pytest.mark.parametrize(
    ("code", "status", "verdict", "meets", "exit_code"),
    [
        ("SECONDS = 0.6\nOTHER = 1.0\n", "VERIFIED", "CONFIRMED", "YES", 0),
        ("SECONDS = 0.9\nOTHER = 1.0\n", "VERIFIED", "CONFIRMED", "NO", 0),
        ("SECONDS = 1.0\nOTHER = 1.0\n# same\n", "MARGINAL", "INSUFFICIENT", "NO", 0),
        ("SECONDS = 1.5\nOTHER = 1.0\n", "REGRESSION", "REGRESSION", "NO", 1),
        ("SECONDS = 0.6\nOTHER = 1.2\n", "REGRESSION", "REGRESSION", "NO", 1),
    ],
)
def test_from_start_to_each_end(
    hotspot: Run, repository: Path, code: str, status: str, verdict: str, meets: str, exit_code: int
) -> None:
    size = len((repository / "lex.py").read_text())
    started = hotspot("issues", "start", "it", "--target", "parse")
    assert started.code == 0, started.err
    assert "GOAL = 0.5" in started.out  # a fifth of the whole is half of a function that holds 40%
    assert started.out.endswith("next: hotspot issues implement IT --changes TEXT\n")
    (repository / "lex.py").write_text(code)
    (repository / "new.py").write_text("x = 1\n")
    assert hotspot("issues", "implement", "it", "--changes", "lex.py=less work").code == 0
    assert "Files Modified:\n  - lex.py: less work\n  - new.py: added (+1 lines)\n" in text(repository)
    done = hotspot("issues", "verify", "IT", "-n", "10", "-f", "json")
    assert done.code == exit_code, done.err
    document = json.loads(done.out)
    assert (document["status"], document["verdict"], document["measured_by"]) == (status, verdict, "re-run")
    written = text(repository)
    for line in (
        f"Verdict: {verdict}",
        f"Meets Expected Impact: {meets}",
        "Tests: PASS",
        f"STATUS: {status}",
    ):
        assert f"\n{line}\n" in written
    assert f"ATTEMPTS: {int(status != 'VERIFIED')}\n" in written
    assert "Peak memory: " in written
    assert f"  - Size of lex.py: {size} B before, {len(code)} B after (" in written
    assert "  - Size of new.py: unknown; it is not there before\n" in written
    record = json.loads(next((repository / ".hotspot" / "issues").glob("*/start.json")).read_text())
    assert (record["tests"], len(record["results"]["sha256"])) == ("PASS", 64)
    assert ".json (sha256 " in written
    worktrees = ["git", "worktree", "list"]
    listed = subprocess.run(worktrees, capture_output=True, text=True, check=True).stdout
    assert listed.count("\n") == 1


def test_failing_tests_too_little_data_and_illegal_steps(hotspot: Run, repository: Path) -> None:
    early = hotspot("issues", "verify", "it")
    assert (early.code, early.out) == (2, "")
    assert early.err == (
        "hotspot: IT is IDENTIFIED: verify is not a step from there; legal: start, block, drop\n"
    )
    several = hotspot("issues", "start", "it")
    assert several.code == 2
    assert several.err.endswith("which one decides?; --target NAME, one of: parse, emit\n")
    hotspot("issues", "start", "it", "--target", "parse")
    (repository / "lex.py").write_text("SECONDS = -1\n")
    assert "FAILED (exit 1)" in hotspot("issues", "implement", "it", "--changes", "x").out
    assert hotspot("issues", "verify", "it").code == 1
    assert "\nSTATUS: IMPLEMENTED\n" in text(repository)
    assert "\nTests: FAIL\n" in text(repository)
    (repository / "lex.py").write_text("SECONDS = 0.5\n")
    hasty = hotspot("issues", "verify", "it", "-n", "4")
    assert (hasty.code, hasty.err) == (2, "hotspot: 4 runs a side decide nothing: 10 are needed\n")
    assert "\nSTATUS: IMPLEMENTED\n" in text(repository)  # nothing was begun
    few = results_file(repository / "few.json", 0.5, count=4)
    thin = hotspot("issues", "verify", "it", "--before", str(few), "--after", str(few))
    assert thin.code == 3
    assert thin.err.startswith("hotspot: too few measurements to compare: 4 a side, 10 are needed")
    assert "\nSTATUS: VERIFYING\n" in text(repository)
    assert "\nATTEMPTS: 0\n" in text(repository)
    assert hotspot("issues", "reopen", "it").code == 2


def test_two_failed_attempts_ask_for_force_and_nothing_is_overwritten(hotspot: Run, repository: Path) -> None:
    before = results_file(repository / "before.json", 1.0)
    after = results_file(repository / "after.json", 2.0)
    for attempt in (1, 2):
        assert hotspot("issues", "start", "it", "--target", "parse").code == 0
        assert hotspot("issues", "implement", "it", "--changes", f"try {attempt}").code == 0
        assert hotspot("issues", "verify", "it", "-b", str(before), "-a", str(after)).code == 1
    written = text(repository)
    assert "\nIMPLEMENTATION 2\n" in written
    assert "\nVERIFICATION 2\n" in written
    assert "  try 1\n" in written
    refused = hotspot("issues", "start", "it")
    assert refused.code == 2
    assert refused.err.startswith("hotspot: IT has failed 2 times; ")
    assert text(repository) == written
    assert hotspot("issues", "start", "it", "--force").code == 0


def test_a_brief_needs_no_other_document(hotspot: Run, repository: Path) -> None:
    brief = hotspot("issues", "brief", "it").out
    for heading in ("Goal", "Read first, in full", "Current state", "Plan", "Constraints", "Tasks", "Report"):
        assert f"\n## {heading}\n" in brief
    assert "slow-IT" in brief
    assert "- `lex.py`\n" in brief
    document = json.loads(hotspot("issues", "brief", "it", "-f", "json").out)
    assert document["markdown"] == brief
    assert document["goal"]["ratio"] == pytest.approx(0.8)


def test_steps_at_the_same_time_and_a_kill_lose_nothing(repository: Path) -> None:
    path = repository / "perf-issues/IT.txt"
    command = [sys.executable, "-m", "hotspot", "issues", "block", "it", "--reason"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    running = [
        subprocess.Popen([*command, f"reason {n}"], env=environment, stdout=subprocess.DEVNULL)
        for n in range(6)
    ]
    assert [process.wait(60) for process in running] == [0] * 6
    assert all(f"BLOCKED - reason {n}\n" in path.read_text() for n in range(6))
    whole = path.read_bytes()
    die = (
        "import os, signal, sys; sys.argv[1:] = ['issues', 'drop', 'it', '--reason', 'x']\n"
        "os.replace = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from hotspot.cli.main import main; main()"
    )
    assert subprocess.run([sys.executable, "-c", die], env=environment).returncode == -signal.SIGKILL
    assert path.read_bytes() == whole
    assert subprocess.run([*command, "after"], env=environment, stdout=subprocess.DEVNULL).returncode == 0
