"""``hotspot review`` on real git repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.git_repository import git
from tests.issue_files import results_file

BASE = "def parse(rows, seen):\n    return [row for row in rows]\n\n\ndef cold(x):\n    return x\n"
HEAD = """\
from vm import run


def parse(rows, seen):
    found = []
    for row in rows:
        if row.name in list(seen):
            found.append(row.copy())
    return found


def cold(x):
    return x.copy()
"""
CONFIG = """\
[architecture]
forbidden = ["compiler -> vm"]
[review]
patterns = [{ pattern = 'copy\\(\\)', reason = "copies need a reason" }]
"""
PROFILE = "main (app.py:1);parse (compiler/parse.py:2) 95\nmain (app.py:1) 5\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "compiler").mkdir()
    (tmp_path / "compiler" / "parse.py").write_text(BASE)
    (tmp_path / "hotspot.toml").write_text(CONFIG)
    (tmp_path / ".gitignore").write_text("*.json\n*.folded\n")
    (tmp_path / "cpu.folded").write_text(PROFILE)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "checkout", "-q", "-b", "topic")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commit(folder: Path, text: str, message: str) -> None:
    (folder / "compiler" / "parse.py").write_text(text)
    git(folder, "commit", "-q", "-am", message)


def test_a_change_that_adds_nothing_bad_is_approved(hotspot: Run, repository: Path) -> None:
    commit(repository, BASE + "\n\ndef more():\n    return 1\n", "compiler: one more function")
    done = hotspot("review", "main", "--profile", "cpu.folded")
    assert done.code == 0, done
    assert done.out.startswith("## Performance Review\n\n### Summary\n\nPass: 1 commits from ")
    assert "### Issues Found\n\nNone.\n" in done.out
    assert "- [x] no import compiler -\\> vm" in done.out
    assert done.out.endswith("### Verdict\n\nAPPROVED\n")


def test_forbidden_imports_and_patterns_on_hot_changed_lines_request_changes(
    hotspot: Run, repository: Path
) -> None:
    commit(repository, HEAD, "compiler: names")
    done = hotspot("review", "main", "topic", "--profile", "cpu.folded", "-f", "json")
    assert done.code == 1
    document = json.loads(done.out)
    assert document["verdict"] == "CHANGES REQUESTED"
    assert [(f["severity"], f["place"], f["demands"]) for f in document["findings"] if f["demands"]] == [
        ("CRITICAL", "compiler/parse.py:1", True),
        ("WARNING", "compiler/parse.py:8", True),  # not line 13: cold() is not hot
    ]
    assert document["findings"][1]["impact"] == "parse holds 95.0% of the profile"
    text = hotspot("review", "main", "topic", "--profile", "cpu.folded").out
    assert "1. **[CRITICAL]** imports vm.run, which compiler -\\> vm forbids -- compiler/parse.py:1" in text
    assert "CHANGES REQUESTED\n\n- imports vm.run" in text


def test_without_a_profile_no_line_counts_as_hot(hotspot: Run, repository: Path) -> None:
    commit(repository, HEAD.replace("from vm import run\n\n\n", ""), "compiler: names")
    done = hotspot("review", "main")
    assert done.code == 0
    assert "Not checked: give --profile." in done.out


def test_a_claim_without_figures_requests_changes(hotspot: Run, repository: Path) -> None:
    commit(repository, BASE + "\n", "parse is faster now")
    done = hotspot("review", "main")
    assert done.code == 1
    assert "**[WARNING]** no figures: say before and after" in done.out
    git(
        repository,
        "commit",
        "-q",
        "--amend",
        "-m",
        "parse: 12.3 ms -> 8.1 ms\n\nEach row is looked at once because the index remembers where it was.",
    )
    assert hotspot("review", "main").code == 0


def test_a_slower_benchmark_is_critical(hotspot: Run, repository: Path) -> None:
    commit(repository, BASE + "\n", "compiler: a blank line")
    before, slower = (
        str(results_file(repository / "b.json", 0.1)),
        str(results_file(repository / "a.json", 0.2)),
    )
    done = hotspot("review", "main", "-b", before, "-a", slower)
    assert done.code == 1
    assert "1. **[CRITICAL]** parse got slower -- parse -- 100 ms to 201 ms, +100.0%" in done.out
    assert "| parse | 100 ms | 201 ms | +100.0% (" in done.out
    assert hotspot("review", "main", "-b", slower, "-a", before).code == 0
    assert hotspot("review", "main", "-b", before).code == 2


def test_an_unknown_revision_and_a_wrong_table_are_usage_errors(hotspot: Run, repository: Path) -> None:
    done = hotspot("review", "nowhere")
    assert (done.code, done.err.split(";")[0]) == (2, "hotspot: 'nowhere' is no revision of this repository")
    (repository / "hotspot.toml").write_text("[review]\npatterns = [{ pattern = '(' , reason = 'x' }]\n")
    done = hotspot("review", "main")
    assert done.code == 2
    assert done.err.startswith("hotspot: review: '(' is no regular expression")
