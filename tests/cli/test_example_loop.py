"""The whole loop on a real program with the real py-spy: a regression fails the gate by name, the fix passes it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.git_repository import git

EXAMPLE = Path(__file__).parents[2] / "examples" / "shelf" / "shelf.py"
FAST, SLOW = "if note in postings}", "if note in list(postings)}"
WORK = ("shelf.py", "--notes", "500", "--queries", "400")


def can_record(folder: Path) -> bool:
    """Whether py-spy may look into a program here; containers often forbid it."""
    recorder = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if recorder is None:
        return False
    command = [
        recorder,
        "record",
        "-f",
        "raw",
        "-o",
        str(folder / "probe"),
        "--",
        sys.executable,
        "-c",
        "pass",
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return b"ermission" not in done.stderr


def record(folder: Path, out: Path) -> None:
    recorder = str(Path(sys.executable).parent / "py-spy")
    command = [recorder, "record", "-r", "200", "-f", "raw", "-o", str(out), "--", sys.executable, *WORK]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)


def in_turn(base: Path, head: Path, out: Path, runs: int = 5) -> tuple[list[str], list[str]]:
    """Record both folders ABABAB and return the profiles of each."""
    out.mkdir()
    paths: tuple[list[str], list[str]] = ([], [])
    for run in range(runs):
        for side, folder in enumerate((base, head)):
            path = out / f"{'ba'[side]}{run}.folded"
            record(folder, path)
            paths[side].append(str(path))
    return paths


def test_a_regression_is_named_and_its_fix_passes(
    hotspot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not can_record(tmp_path):
        pytest.skip("py-spy may not record here")
    main, work = tmp_path / "main", tmp_path / "work"
    main.mkdir()
    shutil.copy(EXAMPLE, main)
    (main / ".gitignore").write_text(".hotspot/\nreport.md\n")
    git(main, "init", "-q", "-b", "main")
    git(main, "add", ".")
    git(main, "commit", "-q", "-m", "shelf")
    git(main, "worktree", "add", "-q", "-b", "ordered", str(work))
    source = (work / "shelf.py").read_text()
    assert source.count(FAST) == 1
    (work / "shelf.py").write_text(source.replace(FAST, SLOW))
    git(work, "commit", "-q", "-am", "search: keep the order of postings")
    commit = git(work, "rev-parse", "--short", "HEAD")

    monkeypatch.chdir(main)
    before, after = in_turn(main, work, tmp_path / "slow")
    assert hotspot("bench", "baseline", "save", *before, "--label", "main").code == 0
    shutil.copytree(main / ".hotspot", work / ".hotspot")

    monkeypatch.chdir(work)
    done = hotspot("gate", *after, "--equal-work", "-o", "report.md")
    assert done.code == 1, done
    assert "holding_all" in next(
        line for line in done.out.splitlines() if line.startswith("not met  function")
    )
    # The set comprehension holds most of the change; its callers may have rows of their own below it.
    blamed = next(
        line for line in (work / "report.md").read_text().splitlines() if line.startswith("| Shelf.holding")
    )
    assert blamed.startswith(r"| Shelf.holding\_all.\<locals\>.\<setcomp\>"), blamed
    assert "shelf.py:" in blamed
    assert f"{commit} search: keep the order of postings (Ada)" in blamed

    (work / "shelf.py").write_text(source)
    git(work, "commit", "-q", "-am", "search: look notes up where they are")
    before, after = in_turn(main, work, tmp_path / "mended")
    arguments = [part for path in before for part in ("-b", path)]
    # Here functions that did not change tell how much each run did: a busy neighbour slows all of them down alike.
    done = hotspot("gate", *after, *arguments, "-f", "json")
    document = json.loads(done.out)
    assert document["verdict"] == "passed", json.dumps(document)[:6000]
    assert done.code == 0
