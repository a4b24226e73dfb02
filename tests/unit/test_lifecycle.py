"""Parts of the lifecycle: which step is legal, the goal in numbers, benchmarks to begin with, files of a change."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.analysis.benchmarks import Ratio
from hotspot.config import Config
from hotspot.source.changes import changed_since, is_dirty
from hotspot.workflow.issues.issue_model import VERIFICATION, Issue, Status
from hotspot.workflow.issues.issue_text import parse, with_try
from hotspot.workflow.lifecycle.goal import function_ratio, goal_of
from hotspot.workflow.lifecycle.judging import recovered
from hotspot.workflow.lifecycle.skeleton import skeleton_for
from hotspot.workflow.lifecycle.steps import legal_steps

from tests.issue_files import write_issue


def drafted(root: Path, **words: str) -> Issue:
    return parse(write_issue(Config(root), "IT", **words).read_text(), "IT")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "legal"),
    [
        (Status.IDENTIFIED, ("start", "block", "drop")),
        (Status.IN_PROGRESS, ("implement", "block", "drop")),
        (Status.IMPLEMENTED, ("verify", "block", "drop")),
        (Status.VERIFYING, ("verify", "block", "drop")),
        (Status.MARGINAL, ("start", "block", "drop")),
        (Status.REGRESSION, ("start", "block", "drop")),
        (Status.VERIFIED, ("reopen",)),
        (Status.DROPPED, ("reopen",)),
        (Status.BLOCKED, ("reopen", "block", "drop")),
    ],
)
def test_legal_steps(tmp_path: Path, status: Status, legal: tuple[str, ...]) -> None:
    assert legal_steps(drafted(tmp_path).with_field("STATUS", status)) == legal


def test_only_a_marginal_that_was_not_decided_is_verified_again(tmp_path: Path) -> None:
    marginal = drafted(tmp_path).with_field("STATUS", Status.MARGINAL)
    open_ = with_try(marginal, VERIFICATION, [("Verdict", "INSUFFICIENT", "inconclusive: too wide")])
    assert legal_steps(open_) == ("start", "verify", "block", "drop")
    decided = with_try(open_, VERIFICATION, [("Verdict", "INSUFFICIENT", "decisive: within 5%")])
    assert legal_steps(decided) == ("start", "block", "drop")


@pytest.mark.parametrize(
    ("impact", "ratio"),
    [
        ("10% to 20% less time", 0.9),
        ("15-25 % faster", 0.85),
        ("about 30%", 0.7),
        ("2x", 0.5),
        ("unknown", 0.95),
        ("At most 41.7% less time (1.72 times as fast) if all of it went away; 20.9% less if half of it did.", 0.95),
        ("95% interval of the ceiling: 89.5% to 93.2% (sampling noise).", 0.95),
        ("At most 1.5x as fast; with the 2-10x that is typical for this change: 20.0% to 35.0% of the run", 0.8),
    ],
)  # fmt: skip
def test_the_goal_is_what_is_promised(tmp_path: Path, impact: str, ratio: float) -> None:
    assert goal_of(drafted(tmp_path, impact=impact)).ratio == pytest.approx(ratio)


def test_a_function_has_to_do_more_than_the_whole(tmp_path: Path) -> None:
    assert function_ratio(drafted(tmp_path, impact="20%")) == pytest.approx(0.5)  # it holds 40%
    assert function_ratio(drafted(tmp_path, impact="60%")) == pytest.approx(0.4)  # out of its reach


@pytest.mark.parametrize(
    ("rho", "low", "high", "verdict"),
    [(1.0, 0.98, 1.02, "VERIFIED"), (1.01, 0.9, 1.2, "MARGINAL"), (1.2, 1.1, 1.3, "REGRESSION")],
)
def test_a_regression_is_mended_within_the_threshold(
    rho: float, low: float, high: float, verdict: str
) -> None:
    assert recovered(Ratio(rho, low, high, 10, 10)).verdict == verdict


@pytest.mark.skipif(importlib.util.find_spec("pytest_benchmark") is None, reason="needs pytest-benchmark")
def test_the_python_skeleton_fails_until_the_goal_is_met(tmp_path: Path) -> None:
    (tmp_path / "lex.py").write_text("import time\n\ndef parse():\n    time.sleep(0.002)\n")
    skeleton = skeleton_for("IT", drafted(tmp_path, impact="20%"), Config(tmp_path))
    path = tmp_path / skeleton.path

    def run(text: str) -> tuple[int, str]:
        path.write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", skeleton.path]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout

    code, said = run(skeleton.text)
    assert code == 1
    assert "set BASELINE = 0.002" in said
    code, said = run(skeleton.text.replace("BASELINE = None", "BASELINE = 0.003"))
    assert code == 1
    assert "the goal is 0.5" in said
    assert run(skeleton.text.replace("BASELINE = None", "BASELINE = 0.02"))[0] == 0


@pytest.mark.skipif(shutil.which("go") is None, reason="needs go")
def test_the_go_skeleton_fails_until_the_goal_is_met(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/lex\n\ngo 1.19\n")
    (tmp_path / "lex.go").write_text(
        "package lex\n\nfunc parse() int { n := 0; for i := 0; i < 1000; i++ { n ^= i }; return n }\n"
    )
    issue = drafted(tmp_path, function="example.com/lex.parse", file="lex.go", impact="20%")
    skeleton = skeleton_for("IT", issue, Config(tmp_path))

    def run(text: str) -> tuple[int, str]:
        (tmp_path / skeleton.path).write_text(text)
        command = ["go", "test", ".", "-run", "^TestParseMeetsItsGoal$"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    code, said = run(skeleton.text)
    assert (code, "fill in BenchmarkParse" in said) == (1, True), said
    lines = [line for line in skeleton.text.split("\n") if "b.Fatal" not in line]
    filled = "\n".join(lines).replace("i++ {\n", "i++ {\n\t\tparse()\n")
    code, said = run(filled)
    assert (code, "nothing to compare with yet: set baselineParse to" in said) == (1, True), said
    assert run(filled.replace("baselineParse = 0.0", "baselineParse = 1e9"))[0] == 0


@pytest.mark.parametrize(
    ("function", "file", "kind"),
    [
        ("Lexer::next_token", "src/lexer.rs", "criterion"),
        ("parse", "a.c", "hyperfine"),
        ('evil"""\n<lambda>', "a b.py", "pytest-benchmark"),
        ("<module>", "src/pkg/__init__.py", "pytest-benchmark"),
    ],
)
def test_skeletons_of_all_kinds(tmp_path: Path, function: str, file: str, kind: str) -> None:
    skeleton = skeleton_for("IT", drafted(tmp_path, function=function, file=file), Config(tmp_path))
    assert skeleton.kind == kind
    if file.endswith(".py"):
        compile(skeleton.text, skeleton.path, "exec")
    if kind == "hyperfine":
        assert subprocess.run(["sh", "-n"], input=skeleton.text.encode()).returncode == 0


def test_files_of_a_change_from_git(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b.c", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    root = tmp_path / "below"
    root.mkdir()
    for name in ("kept", "gone", "old name", "edited"):
        (root / name).write_text("".join(f"{name} {n}\n" for n in range(20)))
    (tmp_path / "outside").write_text("1\n")
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    start = git("rev-parse", "HEAD").strip()
    assert not is_dirty(root)
    (root / "edited").write_text("1\n")
    git("commit", "-qam", "two")
    (root / "gone").unlink()
    git("mv", "below/old name", "below/new\nname")
    (tmp_path / "outside").write_text("2\n")
    (root / "untracked").write_text("1\n2")
    (root / "perf-issues").mkdir()
    (root / "perf-issues" / "X.txt").write_text("")
    found = [(file.path, file.change, file.was) for file in changed_since(root, start)]
    assert found == [
        ("edited", "modified", None),
        ("gone", "deleted", None),
        ("new\nname", "renamed", "old name"),
        ("untracked", "added", None),
    ]
    assert is_dirty(root)
