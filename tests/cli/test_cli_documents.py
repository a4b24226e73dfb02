"""The papers around issues, made by the real lifecycle in a real git repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.git_repository import git
from tests.issue_files import results_file

PROFILE = "main (run.py:1);parse (run.py:2) 60\nmain (run.py:1) 40\n"


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hotspot: Run) -> Path:
    """A project whose issue PARSE was started and implemented."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "run.py").write_text("def main():\n    parse()\n")
    (tmp_path / "p.folded").write_text(PROFILE)
    (tmp_path / ".gitignore").write_text(".hotspot/\n*.json\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    monkeypatch.chdir(tmp_path)
    before = results_file(tmp_path / "before.json", 0.5)
    assert hotspot("issues", "p.folded").code == 0
    assert hotspot("issues", "start", "PARSE", "--benchmark", str(before)).code == 0
    (tmp_path / "run.py").write_text("def main():\n    parse_once()\n")
    assert (
        hotspot(
            "issues", "implement", "PARSE", "--changes", "each row is parsed once, because the result is kept"
        ).code
        == 0
    )
    return tmp_path


def verified(hotspot: Run, project: Path, seconds: float) -> int:
    before, after = project / "before.json", results_file(project / "after.json", seconds)
    return hotspot("issues", "verify", "PARSE", "-b", str(before), "-a", str(after)).code


def test_the_worklog_is_kept_by_the_steps(hotspot: Run, tried: Path) -> None:
    assert verified(hotspot, tried, 0.2) == 0
    text = (tried / "perf-issues" / "WORKLOG.md").read_text()
    assert "| parse | 502 ms | not measured | not measured |" in text
    assert "### PARSE, attempt 1" in text
    assert "- **Status:** VERIFIED (CONFIRMED)" in text
    assert "- **Changes:** each row is parsed once, because the result is kept" in text
    assert "| parse | 502 ms (median of 12) | 201 ms (median of 12) | -60.0%" in text
    assert "- **Commit:** none yet names PARSE" in text


def test_a_persons_lines_stay_and_the_commit_is_found_later(hotspot: Run, tried: Path) -> None:
    assert verified(hotspot, tried, 0.2) == 0
    path = tried / "perf-issues" / "WORKLOG.md"
    path.write_text(
        path.read_text().replace("- **Trade-offs:** ", "- **Trade-offs:** more memory, says Ana; ")
    )
    message = hotspot("issues", "commit-message", "PARSE").out
    git(tried, "commit", "-q", "-am", message)
    assert hotspot("issues", "worklog").code == 0
    text = path.read_text()
    assert "- **Trade-offs:** more memory, says Ana; " in text
    assert "PARSE: 502 ms -> 201 ms (-60.0%)`" in text
    assert hotspot("issues", "worklog").code == 0
    assert path.read_text() == text


def test_the_baseline_table_compares_with_a_competitor(hotspot: Run, tried: Path) -> None:
    theirs = results_file(tried / "theirs.json", 0.2)
    assert hotspot("issues", "worklog", "--ours", "before.json", "--competitor", theirs.name).code == 0
    text = (tried / "perf-issues" / "WORKLOG.md").read_text()
    assert "| parse | 502 ms | 201 ms | 2.5x slower |" in text
    done = hotspot("issues", "worklog", "--competitor", theirs.name)
    assert (done.code, done.err) == (
        2,
        "hotspot: --competitor needs --ours; they are compared with each other\n",
    )


def test_a_worklog_with_nothing_to_log_is_not_made(hotspot: Run, project: Path) -> None:
    done = hotspot("issues", "worklog")
    assert (done.code, done.out) == (0, "nothing to log yet: no issue has been implemented\n")
    assert not (project / "perf-issues").exists()


def test_the_message_of_a_verified_issue_passes_its_own_check(hotspot: Run, tried: Path) -> None:
    assert verified(hotspot, tried, 0.2) == 0
    message = hotspot("issues", "commit-message", "PARSE").out
    assert message.startswith("PARSE: 502 ms -> 201 ms (-60.0%)\n\neach row is parsed once,")
    (tried / "message").write_text(message)
    assert hotspot("issues", "commit-message", "--check", "message").code == 0
    (tried / "message").write_text("PARSE: faster now\n")
    done = hotspot("issues", "commit-message", "--check", "message")
    assert done.code == 1
    assert done.err.splitlines() == [
        "hotspot: no figures: say before and after, as in `12.3 ms -> 8.1 ms (-34%)` or `1.34x on parse`",
        "hotspot: no mechanism: say in the body why it is faster, not what was edited",
    ]


def test_the_papers_answer_in_json_too(hotspot: Run, tried: Path) -> None:
    assert verified(hotspot, tried, 0.2) == 0
    message = json.loads(hotspot("issues", "commit-message", "PARSE", "-f", "json").out)
    assert message["message"] == hotspot("issues", "commit-message", "PARSE").out
    (tried / "message").write_text("PARSE: faster now\n")
    done = hotspot("issues", "commit-message", "--check", "message", "-f", "json")
    assert (done.code, done.err) == (1, "")
    assert [text.split(":")[0] for text in json.loads(done.out)["problems"]] == ["no figures", "no mechanism"]
    path = json.loads(hotspot("issues", "worklog", "-f", "json").out)["path"]
    assert path == str(tried / "perf-issues" / "WORKLOG.md")
    for created in (True, False):
        document = json.loads(hotspot("issues", "note", "Parse twice", "p.folded", "-f", "json").out)
        assert (document["created"], Path(document["path"]).name) == (created, "01-parse-twice.md")


def test_a_message_without_a_measurement_is_refused(hotspot: Run, tried: Path) -> None:
    done = hotspot("issues", "commit-message", "PARSE")
    assert done.code == 2
    assert done.err.startswith("hotspot: PARSE has no measurement to quote")
    assert hotspot("issues", "commit-message").code == 2


def test_lessons_are_begun_after_a_failed_attempt(hotspot: Run, tried: Path) -> None:
    done = hotspot("issues", "lessons", "PARSE")
    assert (done.code, done.err) == (
        2,
        "hotspot: PARSE has no failed attempt; lessons are written after a REGRESSION or MARGINAL\n",
    )
    assert verified(hotspot, tried, 0.9) == 1
    document = json.loads(hotspot("issues", "lessons", "parse", "-f", "json").out)
    assert (document["created"], document["code"]) == (True, "the working tree, not committed")
    assert document["branch_command"] == (
        "git switch -c slow-PARSE && git add -- run.py && hotspot issues commit-message PARSE | "
        "git commit -F - -- run.py && git switch -"
    )
    assert document["still_in_tree"] == ["run.py"]
    assert (document["main"], document["at_last_verified"]) == ("main", True)
    path = Path(document["path"])
    assert path.name == "01-PARSE-lessons.md"
    text = path.read_text()
    assert text.startswith("# Why PARSE Failed\n")
    for heading in ("What We Tried", "Results", "Why It Failed", "Lessons", "Future Alternatives"):
        assert f"\n## {heading}\n" in text
    assert "> each row is parsed once, because the result is kept" in text
    assert "\n```diff\ndiff --git a/run.py b/run.py\n" in text
    assert "\n-    parse()\n+    parse_once()\n```\n" in text
    assert "| parse | 502 ms (median of 12) | 903 ms (median of 12) | +80.0%" in text
    assert "Verdict: REGRESSION." in text
    assert "before.json (sha256 " in text

    path.write_text(
        text.replace("The reason: (for you to fill in)", "The reason: the rows are all different.")
    )
    document = json.loads(hotspot("issues", "lessons", "parse", "-f", "json").out)
    assert (document["created"], document["path"]) == (False, str(path))
    assert "the rows are all different" in path.read_text()


def test_lessons_find_failed_code_where_it_was_put(hotspot: Run, tried: Path) -> None:
    assert verified(hotspot, tried, 0.9) == 1
    git(tried, "commit", "-q", "-m", "PARSE: 502 ms -> 903 ms (+80%)", "--", "run.py")
    document = json.loads(hotspot("issues", "lessons", "PARSE", "-f", "json").out)
    head = git(tried, "rev-parse", "--short", "HEAD")
    assert document["branch_command"] == f"git branch slow-PARSE {head}"
    assert (document["at_last_verified"], document["beyond"]) == (
        False,
        [f"{head} PARSE: 502 ms -> 903 ms (+80%)"],
    )
    git(tried, "branch", "slow-PARSE", head)
    git(tried, "reset", "-q", "--hard", "HEAD~1")
    document = json.loads(hotspot("issues", "lessons", "PARSE", "-f", "json").out)
    assert (document["code"], document["branch_command"]) == ("branch slow-PARSE", None)
    assert document["at_last_verified"] is True
    assert hotspot("issues", "worklog").code == 0
    log = (tried / "perf-issues" / "WORKLOG.md").read_text()
    assert f"- **Commit:** `{head} PARSE: 502 ms -> 903 ms (+80%)` on branch `slow-PARSE`" in log


def test_what_got_worse_stands_beside_what_got_better(hotspot: Run, tried: Path) -> None:
    before = results_file(tried / "before.json", 0.5, write=0.1, read=0.1)
    after = results_file(tried / "after.json", 0.2, write=0.2, read=0.1)
    done = hotspot("issues", "verify", "PARSE", "-b", str(before), "-a", str(after), "--target", "parse")
    assert done.code == 1
    text = (tried / "perf-issues" / "WORKLOG.md").read_text()
    assert "| parse | 502 ms (median of 12) | 201 ms (median of 12) | -60.0% (" in text
    assert "| write | 100 ms | 201 ms | +100.0% (95% interval " in text
    assert (
        "- **Trade-offs:** partial success: better: parse -60.0%; worse: write +100.0%. write got slower, which counts for more."
    ) in text
    assert "- **Side effects:** write 100 ms -> 201 ms (+100.0%); read 100 ms -> 100 ms (" in text
    assert "peak memory: not known" in text


def test_the_gate_of_a_commit_stands_in_its_entry(hotspot: Run, tried: Path) -> None:
    assert verified(hotspot, tried, 0.2) == 0
    git(tried, "add", "-A")
    git(tried, "commit", "-q", "-m", hotspot("issues", "commit-message", "PARSE").out)
    revision = git(tried, "rev-parse", "HEAD")
    document = json.loads((tried / "after.json").read_text())
    document["hotspot"] = {
        "schema": "hotspot.bench/1", "machine": {}, "order": [], "warmup": 0, "complete": True,
        "sides": [{"label": "now", "command": [], "revision": revision, "dirty": False}],
    }  # fmt: skip
    (tried / "now.json").write_text(json.dumps(document))
    assert hotspot("gate", "now.json", "-b", "before.json").code == 0
    assert hotspot("issues", "worklog").code == 0
    text = (tried / "perf-issues" / "WORKLOG.md").read_text()
    assert "- **Gate:** passed (20" in text
    assert f"commit {revision[:12]}, against before.json): 1 met; data: `before.json` (sha256 " in text


def test_a_note_begins_with_what_is_hot(hotspot: Run, tried: Path) -> None:
    done = hotspot("issues", "note", "Parse: twice?", "p.folded")
    assert (done.code, done.out) == (0, "begun: research/01-parse-twice.md\n")
    text = (tried / "research" / "01-parse-twice.md").read_text()
    assert "| parse | run.py:2 | 60.0% | 60.0% |" in text
    assert "by `hotspot top p.folded`" in text
    (tried / "research" / "01-parse-twice.md").write_text("mine")
    assert (
        hotspot("issues", "note", "Parse twice", "p.folded").out
        == "there already: research/01-parse-twice.md\n"
    )
    assert (tried / "research" / "01-parse-twice.md").read_text() == "mine"


def test_a_plan_is_made_approved_and_asked_by_start(hotspot: Run, tried: Path) -> None:
    done = hotspot("issues", "plan", "-f", "json")
    rows = json.loads(done.out)["candidates"]
    assert [(row["number"], row["name"], row["approved"]) for row in rows] == [
        (1, "PARSE", False),
        (2, "MAIN", False),
    ]
    before = str(tried / "before.json")
    done = hotspot("issues", "start", "MAIN", "--benchmark", before)
    assert done.err == "hotspot: MAIN is not approved yet (`hotspot issues plan --approve 2`)\n"
    assert hotspot("issues", "plan", "--drop", "1").code == 2
    assert "approved 20" in (
        hotspot("issues", "plan", "--approve", "1") and (tried / "perf-issues" / "CANDIDATES.md").read_text()
    )
