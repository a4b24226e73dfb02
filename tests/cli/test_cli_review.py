"""``hotspot review`` on real git repositories."""

from __future__ import annotations

import json
import re
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
    assert done.out.startswith("## Performance Review\n\n### Summary\n\nPass: 1 commit from ")
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
    assert "Not checked: record the program (`hotspot record`) or give --profile." in done.out


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


# --- what it runs itself ----------------------------------------------------------------------------------------------

RUN = """\
test_command = "sh test.sh"
benchmark_command = "sh bench.sh {output}"
"""
BENCH = """\
s=$(cat seconds)
printf '{"results": [{"command": "parse", "times": [%s], "exit_codes": [0]}]}' "$s" > "$1"
"""


@pytest.fixture
def measured(repository: Path) -> Path:
    """The same with tests that fail where a file `broken` stands, and a benchmark that takes what `seconds` says."""
    (repository / "hotspot.toml").write_text(RUN + CONFIG)
    (repository / "test.sh").write_text("test ! -e broken\n")
    (repository / "bench.sh").write_text(BENCH)
    (repository / "seconds").write_text("0.100\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "scripts")
    git(repository, "branch", "-f", "main")
    return repository


def change(folder: Path, message: str, **files: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


CLAIM = "parse: 100 ms -> 50 ms\n\nEach row is looked at once because the index remembers where it was."


def test_run_tests_and_measures_both_revisions_and_leaves_the_tree_alone(
    hotspot: Run, measured: Path
) -> None:
    change(measured, CLAIM, seconds="0.050\n")
    (measured / "seconds").write_text("7\n")  # not committed: not what is reviewed
    (measured / "broken").write_text("")
    before = git(measured, "status", "--porcelain", "--", ":!.hotspot")
    done = hotspot("review", "main", "--run", "-n", "10", "-f", "json")
    assert done.code == 0, done
    document = json.loads(done.out)
    assert document["tests"]["head"]["passed"] is True
    (row,) = document["benchmarks"]["rows"]
    assert (row["name"], row["verdict"], row["interleaved"]) == ("parse", "VERIFIED", True)
    assert (row["before"]["median"], row["after"]["median"]) == (0.1, 0.05)
    assert git(measured, "status", "--porcelain", "--", ":!.hotspot") == before
    assert git(measured, "worktree", "list").count("\n") == 0
    text = hotspot("review", "main", "--run", "-n", "10").out
    assert "### Benchmarks Run\n\nTests: sh test.sh: passed in " in text
    assert "| parse | 100 ms | 50.0 ms | -50.0% (" in text
    assert "10 runs of each revision, in turn." in text


def test_a_slower_head_and_a_claim_that_is_not_borne_out(hotspot: Run, measured: Path) -> None:
    change(measured, CLAIM, seconds="0.101\n")
    done = hotspot("review", "main", "--run", "-n", "10")
    assert done.code == 1
    assert "**[WARNING]** claims to be faster, and no benchmark got faster -- commit" in done.out
    change(measured, "slow down", seconds="0.200\n")
    done = hotspot("review", "main", "--run", "-n", "10")
    assert "1. **[CRITICAL]** parse got slower -- parse -- 100 ms to 200 ms, +100.0%" in done.out


def test_tests_that_fail_keep_the_benchmark_from_running(hotspot: Run, measured: Path) -> None:
    change(measured, "break it", broken="")
    done = hotspot("review", "main", "--run")
    assert done.code == 1
    assert "1. **[CRITICAL]** the tests fail -- head " in done.out
    assert "FAILED (exit 1)" in done.out
    assert "they pass at the base" in done.out
    assert "No benchmark was run, for the tests fail." in done.out
    change(measured, "more", seconds="1\n")
    assert "they fail at the base too" in hotspot("review", "HEAD~1", "--run").out


def test_run_needs_a_command_and_no_files(hotspot: Run, repository: Path) -> None:
    commit(repository, BASE + "\n", "compiler: a blank line")
    assert "hotspot: nothing to run; set test_command or" in hotspot("review", "main", "--run").err
    file = str(results_file(repository / "b.json", 0.1))
    done = hotspot("review", "main", "--run", "-b", file, "-a", file)
    assert (done.code, done.err.split(":")[1]) == (2, " --run measures both sides itself")


def test_the_last_recording_tells_what_is_hot(hotspot: Run, repository: Path) -> None:
    commit(repository, HEAD.replace("from vm import run\n\n\n", ""), "compiler: names")
    (repository / ".hotspot").mkdir()
    (repository / ".hotspot" / "latest.folded").write_text(PROFILE)
    done = hotspot("review", "main")
    assert (done.code, done.err) == (1, "hotspot: reading .hotspot/latest.folded\n")
    assert (
        "copy(): copies need a reason -- compiler/parse.py:5 -- parse holds 95.0% of the profile" in done.out
    )


# --- issues that commits name -----------------------------------------------------------------------------------------


def test_two_optimisations_are_reviewed_one_by_one(hotspot: Run, repository: Path) -> None:
    hotspot("issues", "cpu.folded", "--top", "1")
    (first,) = [path.stem for path in (repository / "perf-issues").glob("*.txt")]
    text = (repository / "perf-issues" / f"{first}.txt").read_text()
    (repository / "perf-issues" / "OTHER_THING.txt").write_text(
        re.sub("FINGERPRINT: .*", "FINGERPRINT: 0123456789ab", text)
    )
    why = "\n\nEach row is looked at once because the index remembers where it was."
    commit(repository, BASE + "\n", f"{first}: 12.3 ms -> 8.1 ms (-34%){why}")
    done = hotspot("review", "main")
    assert (
        f"**[WARNING]** {first.replace('_', chr(92) + '_')} is IDENTIFIED, not VERIFIED -- perf-issues"
        in done.out
    )
    assert done.code == 0  # said, and for people to judge
    commit(repository, BASE + "\n\n", f"OTHER_THING: 8.1 ms -> 7.1 ms (-12%){why}")
    done = hotspot("review", "main")
    assert done.code == 1
    assert "the change mixes optimisations: " in done.out
    assert hotspot("review", "HEAD~1").code == 0
