"""``hotspot status``: the next action, the dashboard, boxes that only the state ticks."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_a_project_without_issues_is_told_to_draft(hotspot: Run, project: Path) -> None:
    done = hotspot("status")
    assert done.code == 0
    assert done.out.startswith(
        "Next: draft issues\nnext command: hotspot issues --top 5\n\nProgress\nno issues yet\n"
    )
    assert "[ ] a baseline is saved" in done.out


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
    assert ("EMIT", "IN_PROGRESS") in {(step["issue"], step["status"]) for step in document["recent"]}


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
    assert "Next: EMIT" in text
    assert "| EMIT | IN\\_PROGRESS | 25% |" in text
    hotspot("status", "--write", "PERFORMANCE.md")
    assert path.read_text() == text


def test_a_document_that_cannot_be_read_is_left_alone(hotspot: Run, project: Path) -> None:
    (project / "PERFORMANCE.md").write_bytes(b"\xff\xfe")
    done = hotspot("status", "--write", "PERFORMANCE.md")
    assert (done.code, done.err) == (3, "hotspot: PERFORMANCE.md: it is no UTF-8\n")
    assert (project / "PERFORMANCE.md").read_bytes() == b"\xff\xfe"
