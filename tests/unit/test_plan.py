"""The candidate list: order, a person's hand in it, decisions."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.workflow.documents.candidates import MalformedCandidates, parse_candidates
from hotspot.workflow.documents.planning import FILE, Decisions, Plan, make_plan, not_approved
from hotspot.workflow.issues.issue_model import Status
from hotspot.workflow.issues.issue_text import NewIssue, new_issue
from hotspot.workflow.issues.store import IssueStore, StoredIssue

TODAY = datetime.date(2026, 11, 27)
ALGORITHM, REPRESENTATION, LOW_LEVEL = "list-searched-linearly", "clone-per-iteration", "debug-build"
# Rules of the catalogue, one of each order; see `hotspot rules`.
RULES = {"TABLES": ALGORITHM, "COPIES": REPRESENTATION, "HINTS": LOW_LEVEL, "MORE_TABLES": ALGORITHM}


class Project:
    """A project with issue files."""

    def __init__(self, root: Path) -> None:
        self.config = Config(root)
        self.store = IssueStore.of(self.config)
        self.path = self.config.issues_directory / FILE

    def issue(self, name: str, share: str, gain: str) -> None:
        issue = new_issue(
            NewIssue(
                title=f"{name} is slow", benchmark_file="cpu.svg", profile="cpu.svg (sha256 0f3c..., 1,000 samples)",
                origin="profile", runtime="1 s", contribution=f"{share} of total execution", file="a.py", line="3",
                function="f", description="d", root_cause="r", evidence=f"- line [{RULES.get(name, 'none')}]",
                approach="Look it up in a set.\n\nMore.", expected_impact=gain, risk="None known.",
                complexity="Low: one place.", validation="v", entry="Found", rank=1, today=TODAY,
                fingerprint=f"{abs(hash(name)) % 16**12:012x}",
            )
        )  # fmt: skip
        self.store.save(self.config.issues_directory / f"{name}.txt", issue)

    def status(self, name: str, status: Status) -> None:
        stored = self.load(name)
        self.store.save(stored.path, stored.issue.with_field("STATUS", status))

    def load(self, name: str) -> StoredIssue:
        return self.store.load(self.store.find(name))

    def plan(self, **decisions: str) -> Plan:
        return make_plan(self.config, Decisions(**decisions), TODAY)

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def headings(self) -> list[str]:
        return re.findall(r"^#{2,3} (.*)$", self.text, re.MULTILINE)

    def edit(self, old: str, new: str) -> None:
        assert old in self.text
        self.path.write_text(self.text.replace(old, new))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.issue("HINTS", "30.0%", "20% less time.")
    made.issue("TABLES", "20.0%", "10% less time.")
    made.issue("MORE_TABLES", "10.0%", "5% to 15% less time.")
    made.issue("COPIES", "5.0%", "2% less time.")
    made.plan()
    return made


def test_representation_comes_before_algorithm_before_low_level_then_the_gain_decides(
    project: Project,
) -> None:
    assert project.headings == [
        "Open",
        "1. COPIES (Foundation)",
        "2. TABLES (Foundation)",
        "3. MORE_TABLES (Foundation)",
        "4. HINTS (Foundation)",
        "Decisions",
    ]


def test_an_entry_says_what_the_issue_says(project: Project) -> None:
    entry = project.text.split("### 2. TABLES")[1].split("###")[0]
    assert (
        "- **Current:** 20.0% of total execution; measured in cpu.svg (sha256 0f3c..., 1,000 samples)"
        in entry
    )
    assert "- **Proposed:** Look it up in a set.\n" in entry
    assert "- **Expected gain:** 1.11x or more, expected and not measured" in entry
    assert "- **Complexity:** Low\n" in entry
    assert "- **Decision:** open" in entry


def test_a_second_run_changes_nothing(project: Project) -> None:
    before = project.text
    project.plan()
    assert project.text == before


def test_what_a_person_wrote_stays_and_numbers_go_on_being_updated(project: Project) -> None:
    project.edit("# Candidates\n", "# Candidates of Ana\n")
    project.edit("### 2. TABLES (Foundation)\n", "### 2. TABLES (Foundation)\nAsk Bo first.\n")
    entry = project.text.index("### 2. TABLES")
    risk = project.text.index("- **Risk:** None known.", entry)
    text = project.text
    project.path.write_text(
        text[:risk] + "- **Risk:** callers rely on the order" + text[risk + len("- **Risk:** None known.") :]
    )
    project.issue("TABLES", "21.5%", "10% less time.")
    project.plan()
    assert project.text.startswith("# Candidates of Ana\n")
    assert "Ask Bo first.\n" in project.text
    assert "- **Risk:** callers rely on the order\n" in project.text
    assert "- **Current:** 21.5% of total execution" in project.text


def test_builds_on_is_respected_and_renumbered(project: Project) -> None:
    project.edit("1. COPIES (Foundation)", "1. COPIES (Builds on #4)")
    project.plan()
    assert project.headings[1:5] == [
        "1. HINTS (Foundation)", "2. COPIES (Builds on #1)", "3. TABLES (Foundation)", "4. MORE_TABLES (Foundation)",
    ]  # fmt: skip
    project.plan()
    assert project.headings[2] == "2. COPIES (Builds on #1)"


@pytest.mark.parametrize(("note", "why"), [("Builds on #9", "not in the list"), ("Builds on #1", "itself")])
def test_building_on_nothing_or_on_itself_is_an_error(project: Project, note: str, why: str) -> None:
    project.edit("1. COPIES (Foundation)", f"1. COPIES ({note})")
    before = project.text
    with pytest.raises(MalformedCandidates, match=why):
        project.plan()
    assert project.text == before


def test_building_in_a_circle_is_an_error(project: Project) -> None:
    project.edit("1. COPIES (Foundation)", "1. COPIES (Builds on #2)")
    project.edit("2. TABLES (Foundation)", "2. TABLES (Builds on #1)")
    with pytest.raises(MalformedCandidates, match="circle"):
        project.plan()


def test_an_order_made_by_moving_entries_is_kept_and_new_ones_find_a_place(project: Project) -> None:
    parts = re.split(r"(?=^###? )", project.text, flags=re.MULTILINE)
    head, open_, copies, tables, more, hints, tail = parts
    project.path.write_text("".join((head, open_, hints, copies, tables, more, tail)))
    project.issue("NEW", "50.0%", "15% less time.")
    project.plan()
    names = [heading.split(". ")[1].split(" (")[0] for heading in project.headings[1:6]]
    assert names == ["NEW", "HINTS", "COPIES", "TABLES", "MORE_TABLES"]
    before = project.text
    project.plan()
    assert project.text == before


def test_reorder_puts_entries_first_until_auto(project: Project) -> None:
    project.plan(reorder="hints,2")
    assert [h.split(" (")[0] for h in project.headings[1:5]] == [
        "1. HINTS",
        "2. TABLES",
        "3. COPIES",
        "4. MORE_TABLES",
    ]
    project.plan()
    assert project.headings[1] == "1. HINTS (Foundation)"
    project.plan(reorder="auto")
    assert project.headings[1] == "1. COPIES (Foundation)"
    assert "- 2026-11-27: order set to HINTS, TABLES, COPIES, MORE_TABLES\n" in project.text


def test_approval_is_recorded_and_start_warns_without_it(project: Project) -> None:
    assert not_approved(project.config, "TABLES") == (
        "TABLES is not approved yet (`hotspot issues plan --approve 2`)"
    )
    project.plan(approve="1,2")
    assert not_approved(project.config, "TABLES") is None
    assert "- 2026-11-27: approved #2 TABLES\n" in project.text
    project.plan()
    assert project.text.count("- **Decision:** approved 2026-11-27\n") == 2
    project.issue("OTHER", "1.0%", "2% less time.")
    assert "not in CANDIDATES.md" in (not_approved(project.config, "other") or "")


def test_without_a_list_nothing_has_to_be_approved(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.issue("TABLES", "20.0%", "10% less time.")
    assert not_approved(project.config, "TABLES") is None


def test_dropping_settles_the_entry_and_the_issue(project: Project) -> None:
    project.plan(drop="2", reason="the users\nneed it so")
    stored = project.load("TABLES")
    assert stored.issue.status is Status.DROPPED
    assert "DROPPED - the users need it so" in stored.issue.text
    assert "TABLES (DROPPED)" in project.headings
    assert "- 2026-11-27: dropped #2 TABLES: the users need it so" in project.text


def test_dropping_needs_a_reason_and_an_entry(project: Project) -> None:
    before = project.text
    with pytest.raises(UsageError, match="--reason"):
        project.plan(drop="2")
    with pytest.raises(UsageError, match="no open candidate '9'"):
        project.plan(drop="9", reason="no")
    assert project.text == before


def test_what_is_verified_is_settled_with_all_that_was_written_below_it(project: Project) -> None:
    project.edit("### 2. TABLES (Foundation)\n", "### 2. TABLES (Foundation)\nAsk Bo first.\n")
    project.status("TABLES", Status.VERIFIED)
    project.plan()
    assert project.headings[4:7] == ["Settled", "TABLES (VERIFIED)", "Decisions"]
    assert "Ask Bo first." in project.text.split("## Settled")[1]
    project.status("TABLES", Status.IDENTIFIED)
    project.plan()
    assert "2. TABLES (Foundation)" in project.headings
    assert "Ask Bo first." in project.text


def test_a_renamed_issue_keeps_its_entry(project: Project) -> None:
    project.plan(approve="2")
    old = project.load("TABLES").path
    old.rename(old.with_name("LOOKUPS.txt"))
    project.plan()
    assert project.headings[2] == "2. LOOKUPS (Foundation)"
    assert len(project.headings) == 6
    assert not_approved(project.config, "LOOKUPS") is None


def test_a_title_of_ones_own_is_added_with_questions(project: Project) -> None:
    project.plan(add="Cache the parsed config")
    assert "5. Cache the parsed config (Foundation)" in project.headings
    assert "- **Current:** (for you to fill in)" in project.text
    project.edit("- **Current:** (for you to fill in)", "- **Current:** 80 ms at every start")
    project.plan()
    assert "- **Current:** 80 ms at every start" in project.text
    with pytest.raises(UsageError, match="there already"):
        project.plan(add="Cache the parsed config")


def test_a_title_twice_is_an_error(project: Project) -> None:
    project.edit("### 2. TABLES (Foundation)", "### 2. COPIES (Foundation)")
    with pytest.raises(MalformedCandidates, match=r":\d+: there is a second entry called COPIES"):
        project.plan()


def test_a_document_without_entries_is_one_of_a_person(tmp_path: Path) -> None:
    listed = parse_candidates("# My list\n\nnothing yet\n", "x")
    assert listed.entries == ()
    assert listed.head == "# My list\n\nnothing yet\n"
    assert not (tmp_path / FILE).exists()


def test_a_project_without_issues_gets_no_document(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert not project.plan().created
    assert not project.path.exists()
