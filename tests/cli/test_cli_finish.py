"""``hotspot issues finish``: a final summary where the criteria are met, else a note on what more would take."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.git_repository import git
from tests.issue_files import results_file

PROFILE = "main (run.py:1);parse (run.py:2) 60\nmain (run.py:1);write (run.py:3) 30\nmain (run.py:1) 10\n"
CRITERIA = """\
[criteria]
quicker = {{ faster_than = "baseline", on = "1 of 2", by = "{}" }}
steady = {{ no_worse_than = "5%" }}
"""


def criteria(project: Path, by: str) -> None:
    (project / "hotspot.toml").write_text(CRITERIA.format(by))


@pytest.fixture
def improved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hotspot: Run) -> Path:
    """A project whose issue PARSE made `parse` 40% faster, while `write` stayed as it was; WRITE is open."""
    git(tmp_path, "init", "-q")
    (tmp_path / "run.py").write_text("def main():\n    parse()\n    write()\n")
    (tmp_path / "p.folded").write_text(PROFILE)
    (tmp_path / ".gitignore").write_text(".hotspot/\n*.json\n")
    criteria(tmp_path, "20%")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    monkeypatch.chdir(tmp_path)
    before = str(results_file(tmp_path / "before.json", 0.5, write=0.1))
    after = str(results_file(tmp_path / "after.json", 0.3, write=0.1))
    assert hotspot("issues", "p.folded").code == 0
    assert hotspot("issues", "start", "PARSE", "--benchmark", before, "--target", "parse").code == 0
    (tmp_path / "run.py").write_text("def main():\n    parse_once()\n    write()\n")
    words = "each row is parsed once, because the result is kept"
    assert hotspot("issues", "implement", "PARSE", "--changes", words).code == 0
    assert hotspot("issues", "verify", "PARSE", "-b", before, "-a", after).code == 0
    return tmp_path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def worklog(project: Path) -> str:
    return (project / "perf-issues" / "WORKLOG.md").read_text()


def test_met_criteria_end_in_a_summary_whose_numbers_have_a_source(hotspot: Run, improved: Path) -> None:
    done = hotspot("issues", "finish", "after.json")
    assert done.code == 0
    assert done.out.startswith("The criteria are met: 2 of 2, against the start of PARSE\n")
    text = worklog(improved)
    summary = text[text.index("## Final Summary") :]
    assert "| Benchmark | Start | End | Improvement |" in summary
    assert "| parse | 502 ms | 301 ms | 1.67x faster (-40.0%, " in summary
    assert "| write | 100 ms | 100 ms | not decided (" in summary
    assert "| quicker | faster than the baseline by 20% on 1 of 2 | 1 of 2: parse -40.0% (yes), " in summary
    assert "- **PARSE:** each row is parsed once, because the result is kept. parse: 502 ms" in summary
    assert "- **Left open:** MAIN, WRITE" in summary or "- **Left open:** WRITE, MAIN" in summary
    for name in ("before.json", "after.json"):
        assert f"`{name}` (sha256 {digest(improved / name)}...)" in summary
    assert "by `hotspot issues finish after.json`" in summary
    assert summary.count("(for you to fill in)") == 3
    assert not (improved / "research").exists()


def test_what_a_person_wrote_survives_the_next_end_and_the_next_attempt(hotspot: Run, improved: Path) -> None:
    hotspot("issues", "finish", "after.json")
    once = worklog(improved)
    assert hotspot("issues", "finish", "after.json").code == 0
    assert worklog(improved) == once
    path = improved / "perf-issues" / "WORKLOG.md"
    mine = once.replace(
        "- What made the difference, and does it hold on other input? (for you to fill in)", "Rows repeat."
    )
    mine = mine.replace(
        "- **Tried without success:** nothing", "- **Tried without success:** a faster regex, by Ana"
    )
    path.write_text(mine + "\n## What I read\n\nA paper.\n")
    hotspot("issues", "start", "WRITE", "--benchmark", "before.json", "--target", "write")
    hotspot("issues", "implement", "WRITE", "--changes", "one call a file")
    assert hotspot("issues", "finish", "after.json").code == 0
    text = worklog(improved)
    assert "Rows repeat." in text
    assert "a faster regex, by Ana" in text
    assert text.endswith("\n## What I read\n\nA paper.\n")
    order = [
        text.index(part) for part in ("PARSE, attempt 1", "WRITE, attempt 1", "## Final Summary", "## What I")
    ]
    assert order == sorted(order)


def test_criteria_that_are_not_met_begin_a_note_and_a_later_success_closes_it(
    hotspot: Run, improved: Path
) -> None:
    criteria(improved, "60%")
    hotspot("issues", "plan", "--add", "Keep the index on disk")
    hotspot("issues", "drop", "MAIN", "--reason", "it only calls the others")
    done = hotspot("issues", "finish", "after.json", "-f", "json")
    assert done.code == 1
    document = json.loads(done.out)
    assert (document["success"], document["applied"], document["left"]) == (
        False, ["PARSE"], ["WRITE", "Keep the index on disk"],
    )  # fmt: skip
    path = improved / "research" / "01-future-optimizations.md"
    assert document["future"] == str(path)
    text = path.read_text()
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Achieved", "## Why More Is Hard", "## Larger Changes That Might Help", "## Complexity", "## Choices",
    ]  # fmt: skip
    assert "| parse | 502 ms | 301 ms | 1.67x faster (-40.0%, " in text
    assert (
        "- **Missing:** quicker: 0 of 2: parse -40.0%, write -0.0%; asked is faster than the baseline by 60%"
        in text
    )
    assert "- **Ceiling:** the open candidates hold 30.0% (WRITE 30.0%; measured in p.folded (sha256 " in text
    assert "would take that much less time (1.43 times as fast), and no more." in text
    assert "- **MAIN:** DROPPED, it only calls the others" in text
    assert "| 1 | WRITE | 30.0% | unknown | unknown |" in text
    for choice in ("Revise the criteria", "Approve a larger change", "Accept"):
        assert f"- [ ] **{choice}**" in text
    assert "[01-future-optimizations.md](../research/01-future-optimizations.md)" in worklog(improved)
    assert "Key Insights" not in worklog(improved)

    path.write_text(text.replace("- [ ] **Accept** what", "- [x] **Accept** it: the users said so. What"))
    assert hotspot("issues", "finish", "after.json").code == 1
    assert path.read_text() == text.replace(
        "- [ ] **Accept** what", "- [x] **Accept** it: the users said so. What"
    ).replace("finish after.json -f json", "finish after.json").replace(
        text[text.index("begin ACHIEVED") : text.index("-->")],
        path.read_text()[path.read_text().index("begin ACHIEVED") : path.read_text().index("-->")],
    )
    criteria(improved, "20%")
    assert hotspot("issues", "finish", "after.json").code == 0
    assert "The criteria are met since 20" in path.read_text()
    assert "the users said so" in path.read_text()
    assert "### Key Insights" in worklog(improved)


def test_one_faster_and_one_slower_is_named_partial_success(hotspot: Run, improved: Path) -> None:
    after = str(results_file(improved / "mixed.json", 0.3, write=0.2))
    done = hotspot("issues", "finish", after)
    assert done.code == 1
    text = (improved / "research" / "01-future-optimizations.md").read_text()
    assert "- **Trade-offs:** partial success: faster parse -40.0%; slower write +100.0%." in text
    assert (
        "| write | no benchmark worse than 5% |" not in text
    )  # the item of the benchmark has the rule that decides
    assert "- **Missing:** steady: worse: write +100.0%; asked is no benchmark worse than 5%" in text


def test_too_little_data_writes_nothing(hotspot: Run, improved: Path) -> None:
    before = worklog(improved)
    few = str(results_file(improved / "few.json", 0.3, count=3, write=0.1))
    done = hotspot("issues", "finish", few)
    assert done.code == 3
    assert done.err.startswith("hotspot: whether the criteria are met is not known: ")
    assert worklog(improved) == before
    assert not (improved / "research").exists()


def test_without_criteria_only_a_person_can_say_what_success_is(hotspot: Run, improved: Path) -> None:
    (improved / "hotspot.toml").write_text("")
    done = hotspot("issues", "finish", "after.json")
    assert done.code == 2
    assert done.err.startswith("hotspot: no criteria are set: what counts as success, only you can say; ")


def test_a_baseline_from_before_the_first_start_is_the_start(hotspot: Run, project: Path) -> None:
    criteria(project, "20%")
    first = str(results_file(project / "first.json", 1.0, write=0.1))
    hotspot("bench", "baseline", "save", first, "--label", "spring")
    saved = next((project / ".hotspot" / "baselines").iterdir())
    saved.rename(
        saved.with_name("20260301T000000-0000")
    )  # else one saved within the same second takes its place
    hotspot("issues", "p.folded")
    hotspot("issues", "start", "LEX", "--benchmark", str(results_file(project / "b.json", 0.5)))
    after = str(results_file(project / "after.json", 0.3, write=0.1))
    hotspot("bench", "baseline", "save", after, "--label", "summer")
    done = hotspot("issues", "finish", after, "-f", "json")
    assert json.loads(done.out)["gate"]["base"] == "baseline spring"
    assert json.loads(done.out)["rows"][0]["start"] == "1.00 s"


def test_a_start_that_nothing_tells_is_asked_for(hotspot: Run, project: Path) -> None:
    criteria(project, "20%")
    done = hotspot("issues", "finish", str(results_file(project / "after.json", 0.3)))
    assert done.code == 2
    assert done.err.startswith("hotspot: nothing tells where the work began; give --before FILE")
    assert hotspot("issues", "finish").code == 2
    assert hotspot("issues", "finish", "--baseline", "x").code == 2


def test_without_results_start_and_end_are_measured_in_turn(
    hotspot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "work.py").write_text("import time\ntime.sleep(0.08)\n")
    (tmp_path / "p.folded").write_text("main (work.py:1);wait (work.py:2) 60\n")
    command = json.dumps([sys.executable, "-S", "-E", "work.py"])
    (tmp_path / "hotspot.toml").write_text(
        f'benchmark_command = {command}\n[criteria]\nquicker = {{ faster_than = "baseline" }}\n'
    )
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    monkeypatch.chdir(tmp_path)
    assert hotspot("issues", "p.folded").code == 0
    assert hotspot("issues", "start", "WAIT", "-n", "1").code == 0
    (tmp_path / "work.py").write_text("pass\n")
    done = hotspot("issues", "finish", "-n", "10")
    assert done.code == 0, done
    runs = next((tmp_path / ".hotspot" / "gates").glob("*-runs.json"))
    assert f"`.hotspot/gates/{runs.name}` (sha256 {digest(runs)}...)" in worklog(tmp_path)
