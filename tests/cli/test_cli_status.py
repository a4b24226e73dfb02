"""``hotspot status``: the next action, the dashboard, boxes that only the state ticks."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.issue_files import results_file


def test_a_project_without_issues_is_told_to_draft(hotspot: Run, project: Path) -> None:
    done = hotspot("status")
    assert done.code == 0
    assert done.out.startswith(
        "Current State\n=============\nno issues yet\n\nNext Action\n===========\ndraft issues\n- command: hotspot issues --top 5\n"
    )
    assert "[ ] a baseline is saved: hotspot bench baseline save RESULT" in done.out


def test_the_next_action_is_the_hottest_issue_until_another_is_in_hand(hotspot: Run, project: Path) -> None:
    hotspot("issues", "p.folded")
    document = json.loads(hotspot("status", "-f", "json").out)
    assert document["next"]["issue"] == "LEX"
    assert document["next"]["command"] == "hotspot issues start LEX"
    assert document["progress"] == 0
    assert {row["completion"] for row in document["issues"]} == {0}
    hotspot("issues", "start", "EMIT")
    document = json.loads(hotspot("status", "-f", "json").out)
    assert document["next"]["issue"] == "EMIT"
    assert document["next"]["command"].startswith("hotspot issues implement EMIT")
    assert ("EMIT", "IN_PROGRESS") in {
        (step["about"], step["what"].partition(":")[0]) for step in document["updates"]["news"]
    }


def test_a_plan_orders_what_can_be_begun(hotspot: Run, project: Path) -> None:
    hotspot("issues", "p.folded")
    hotspot("issues", "plan", "--approve", "EMIT")
    document = json.loads(hotspot("status", "-f", "json").out)
    assert document["next"]["issue"] == "EMIT"
    boxes = {check["text"]: check["done"] for check in document["checklist"]["before_starting"]}
    assert boxes["candidates are prioritised"] is True
    assert boxes["a candidate is approved"] is True
    assert boxes["success criteria are set"] is False


def test_a_dropped_issue_does_not_count(hotspot: Run, project: Path) -> None:
    hotspot("issues", "p.folded", "--top", "1")
    hotspot("issues", "drop", "LEX", "--reason", "no")
    document = json.loads(hotspot("status", "-f", "json").out)
    assert document["progress"] is None
    assert document["next"]["issue"] is None


def test_what_a_person_writes_in_the_document_stays(hotspot: Run, project: Path) -> None:
    hotspot("issues", "p.folded")
    done = hotspot("status", "--write", "PERFORMANCE.md")
    assert done.err == "hotspot: wrote PERFORMANCE.md\n"
    path = project / "PERFORMANCE.md"
    path.write_text(path.read_text().replace("# Performance\n", "# Performance\n\nWe ship in May.\n"))
    hotspot("issues", "start", "EMIT")
    hotspot("status", "--write", "PERFORMANCE.md")
    text = path.read_text()
    assert "We ship in May." in text
    assert "- **issue:** EMIT" in text
    assert "| EMIT | IN\\_PROGRESS | 25% |" in text
    hotspot("status", "--write", "PERFORMANCE.md")
    assert path.read_text() == text


def test_a_document_that_cannot_be_read_is_left_alone(hotspot: Run, project: Path) -> None:
    (project / "PERFORMANCE.md").write_bytes(b"\xff\xfe")
    done = hotspot("status", "--write", "PERFORMANCE.md")
    assert (done.code, done.err) == (3, "hotspot: PERFORMANCE.md: it is no UTF-8\n")
    assert (project / "PERFORMANCE.md").read_bytes() == b"\xff\xfe"


CONFIG = """\
test_command = ["true"]
[criteria]
quicker = { faster_than = "baseline", by = "20%" }
[budgets]
start = { benchmark = "start", max = "1 s" }
[critical]
"lex" = "high"
"nothing" = "low"
"""


def section(text: str, title: str) -> str:
    """The part of a document below a heading, up to the next one of its level."""
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_what_was_asked_stands_beside_what_was_measured_and_when(hotspot: Run, project: Path) -> None:
    (project / "hotspot.toml").write_text(CONFIG)
    hotspot("status", "--write", "PERFORMANCE.md")
    text = (project / "PERFORMANCE.md").read_text()
    assert "| quicker | faster than the baseline by 20% | never: " in section(text, "Success Metrics")
    before = results_file(project / "before.json", 0.5)
    after = results_file(project / "after.json", 0.3)
    assert hotspot("gate", str(after), "-b", str(before)).code == 3  # the budget has no benchmark
    hotspot("status", "--write", "PERFORMANCE.md")
    rows = section((project / "PERFORMANCE.md").read_text(), "Success Metrics")
    assert "| quicker | faster than the baseline by 20% | 1 of 1: parse -40.0% (yes) | met | 20" in rows
    assert "| start | start at most 1 s | no benchmark 'start' among the results | not measured | 20" in rows
    assert "after.json" in rows
    assert "sha256" in rows


def test_critical_paths_have_figures_of_the_profile_and_of_issues(hotspot: Run, project: Path) -> None:
    (project / "hotspot.toml").write_text(CONFIG)
    (project / ".hotspot").mkdir(exist_ok=True)
    (project / ".hotspot" / "latest.folded").write_bytes((project / "p.folded").read_bytes())
    hotspot("issues", "p.folded")
    document = json.loads(hotspot("status", "-f", "json").out)
    figures = {(one["pattern"], one["figure"]) for one in document["critical"]}
    assert ("lex", "50.0% self, 70.0% total") in figures
    assert ("nothing", "not measured") in figures
    assert any(pattern == "lex" and figure.startswith("LEX is IDENTIFIED: ") for pattern, figure in figures)


def test_the_document_tells_what_changed_since_it_was_last_written(hotspot: Run, project: Path) -> None:
    hotspot("issues", "p.folded", "--top", "2")
    path = project / "PERFORMANCE.md"
    hotspot("status", "--write", "PERFORMANCE.md")
    assert "| LEX | IDENTIFIED: " in section(path.read_text(), "Last Steps")
    hotspot("issues", "drop", "EMIT", "--reason", "nobody waits for it")
    hotspot("bench", "baseline", "save", str(results_file(project / "b.json", 0.5)), "--label", "spring")
    hotspot("status", "--write", "PERFORMANCE.md")
    once = path.read_text()
    news = once.partition("Changed Since the Last Update, 20")[2].partition("\n## ")[0]
    assert "| EMIT | DROPPED: nobody waits for it |" in news
    assert "| baseline | spring was saved |" in news
    assert "LEX" not in news
    assert hotspot("status", "--write", "PERFORMANCE.md").code == 0
    assert path.read_text() == once


def test_boxes_are_ticked_by_the_state_and_by_a_person_where_only_they_can_know(
    hotspot: Run, project: Path
) -> None:
    (project / "hotspot.toml").write_text(CONFIG)
    hotspot("issues", "p.folded", "--top", "2")
    hotspot("issues", "plan", "--approve", "LEX")
    before = str(results_file(project / "before.json", 0.5))
    after = str(results_file(project / "after.json", 0.3))
    hotspot("issues", "brief", "LEX")
    hotspot("issues", "start", "LEX", "--benchmark", before)
    hotspot("issues", "implement", "LEX", "--changes", "a table")
    assert hotspot("issues", "verify", "LEX", "-b", before, "-a", after).code == 0
    hotspot("status", "--write", "PERFORMANCE.md")
    path = project / "PERFORMANCE.md"
    boxes = section(path.read_text(), "Checklist: For Each Optimisation")
    assert "- [x] **full brief:** printed 20" in boxes
    assert "- [x] **tests:** PASS" in boxes
    assert "- [x] **repeated benchmarks:** 502 ms (median of 12) -\\> 301 ms (median of 12)" in boxes
    assert "- [ ] **LEX: re-run by someone else:** a person's to tick" in boxes
    assert "- [ ] **numbers in the commit:** no commit names it" in boxes
    assert "- [x] **worklog updated:** in WORKLOG.md" in boxes
    assert "- [ ] **list updated:** hotspot issues plan" in boxes  # it still has the issue as identified
    assert "- [x] **tests pass:** PASS on 20" in section(path.read_text(), "Checklist: Before Starting")

    hotspot("issues", "plan")
    text = (
        path.read_text()
        .replace("- [ ] **LEX: re-run", "- [x] **LEX: re-run")
        .replace("- [ ] **every", "- [x] **every")
    )
    path.write_text(text)
    for _ in range(2):
        hotspot("status", "--write", "PERFORMANCE.md")
        boxes = section(path.read_text(), "Checklist: For Each Optimisation")
        assert "- [x] **LEX: re-run by someone else:** ticked by a person" in boxes
        assert "- [x] **list updated:** in CANDIDATES.md" in boxes
        # What the state can tell is the state's to tick, whatever is ticked by hand.
        assert "- [ ] **every issue is settled:** EMIT" in path.read_text()
    assert "[x] LEX: re-run by someone else: ticked by a person" in hotspot("status").out


def test_the_end_is_the_next_action_once_every_issue_is_settled(hotspot: Run, project: Path) -> None:
    (project / "hotspot.toml").write_text(CONFIG.replace('start = { benchmark = "start", max = "1 s" }', ""))
    hotspot("issues", "p.folded", "--top", "1")
    before = str(results_file(project / "before.json", 0.5))
    after = str(results_file(project / "after.json", 0.3))
    hotspot("issues", "start", "LEX", "--benchmark", before)
    hotspot("issues", "implement", "LEX", "--changes", "a table")
    hotspot("issues", "verify", "LEX", "-b", before, "-a", after)
    document = json.loads(hotspot("status", "-f", "json").out)
    assert document["next"]["command"] == "hotspot issues finish"
    boxes = {check["text"]: check["done"] for check in document["checklist"]["before_completing"]}
    assert boxes["every issue is settled"] is True
    assert boxes["criteria are met"] is False
    assert hotspot("issues", "finish", after).code == 0
    document = json.loads(hotspot("status", "-f", "json").out)
    assert document["next"]["what"].startswith("the work is finished")
    boxes = {check["text"]: check["done"] for check in document["checklist"]["before_completing"]}
    assert boxes == {
        "every issue is settled": True,
        "criteria are met": True,
        "tests passed at each verification": True,
        "the final summary is written": True,
        "future work is written down": True,
        "the owner was told": None,
    }


def test_an_issue_that_cannot_be_read_is_named(hotspot: Run, project: Path) -> None:
    hotspot("issues", "p.folded", "--top", "1")
    (project / "perf-issues" / "BROKEN.txt").write_text("STATUS: maybe")
    assert (
        "1 issue: 1 IDENTIFIED; cannot be read: BROKEN.txt (`hotspot issues list` says why)"
        in hotspot("status").out
    )
