"""The folder of issues: names, the lock, and what a kill leaves behind."""

from __future__ import annotations

import datetime
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.workflow.issues import store as store_module
from hotspot.workflow.issues.draft import draft_issues
from hotspot.workflow.issues.issue_model import Status
from hotspot.workflow.issues.issue_text import MalformedIssue
from hotspot.workflow.issues.store import IssuesLocked, IssueStore
from hotspot.workflow.lifecycle.closing import close

from tests.vocabulary import profile_from_text

TODAY = datetime.date(2026, 11, 21)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path, in_app=("app::",))


@pytest.fixture
def drafted(config: Config) -> IssueStore:
    stacks = "app::parse_row 50\napp::parse_rows 20\napp::emit 15\napp::Emit 10\napp::Lexer::next 5"
    draft_issues(profile_from_text(stacks), config, today=TODAY)
    return IssueStore.of(config)


# -- names --------------------------------------------------------------------------------------------------


def test_names_that_differ_in_case_only_get_a_number(drafted: IssueStore) -> None:
    names = [path.stem for path in drafted.files()]
    assert names == ["APP_EMIT", "APP_EMIT_2", "APP_PARSE_ROW", "APP_PARSE_ROWS", "LEXER_NEXT"]


@pytest.mark.parametrize(
    "name",
    [
        "APP_PARSE_ROW",
        "app_parse_row",
        "APP_PARSE_ROW.txt",
        "perf-issues/APP_PARSE_ROW.txt",
        "./perf-issues/app_parse_row.TXT",
        "/somewhere/perf-issues/APP_PARSE_ROW",
    ],
)
def test_a_name_is_found_in_any_dress(drafted: IssueStore, name: str) -> None:
    assert drafted.find(name).name == "APP_PARSE_ROW.txt"


def test_a_prefix_is_enough_where_it_is_unambiguous(drafted: IssueStore) -> None:
    assert drafted.find("lex").stem == "LEXER_NEXT"
    assert drafted.find("APP_PARSE_ROWS").stem == "APP_PARSE_ROWS"
    with pytest.raises(UsageError, match="'app_p' is ambiguous") as caught:
        drafted.find("app_p")
    assert caught.value.hint == "it could be: APP_PARSE_ROW, APP_PARSE_ROWS"


@pytest.mark.parametrize("name", ["nothing", "", "/", ".txt", "ROW"])
def test_an_unknown_name_says_what_there_is(drafted: IssueStore, name: str) -> None:
    with pytest.raises(UsageError, match="no issue is called") as caught:
        drafted.find(name)
    assert caught.value.hint == ("there are: APP_EMIT, APP_EMIT_2, APP_PARSE_ROW, APP_PARSE_ROWS, LEXER_NEXT")
    assert caught.value.exit_code == 2


def test_a_name_that_is_nearly_right_is_suggested(drafted: IssueStore) -> None:
    with pytest.raises(UsageError) as caught:
        drafted.find("lexer_nxt")
    assert caught.value.hint == "did you mean LEXER_NEXT?"


def test_nothing_is_found_where_there_is_nothing(config: Config) -> None:
    store = IssueStore.of(config)
    assert store.files() == ()
    with pytest.raises(UsageError, match="no issue is called 'x'") as caught:
        store.find("x")
    assert caught.value.hint == "there are none yet: `hotspot issues PROFILE` drafts them"


def test_a_renamed_copy_with_lower_case_is_found_by_its_exact_name(drafted: IssueStore) -> None:
    (drafted.directory / "lexer_next.txt").write_bytes(drafted.find("lex").read_bytes())
    assert drafted.find("lexer_next").name == "lexer_next.txt"
    assert drafted.find("LEXER_NEXT").name == "LEXER_NEXT.txt"
    with pytest.raises(UsageError, match="ambiguous"):
        drafted.find("Lexer_Next")


def test_temporary_files_folders_and_other_suffixes_are_no_issues(drafted: IssueStore) -> None:
    before = drafted.files()
    (drafted.directory / ".X.txt").write_text("")
    (drafted.directory / "X.md").write_text("")
    (drafted.directory / "OLD.txt").mkdir()
    assert drafted.files() == before


# -- closing ----------------------------------------------------------------------------------------------------


def test_drop_and_block_set_the_status_and_append_to_the_log(drafted: IssueStore, config: Config) -> None:
    path = drafted.find("lex")
    before = path.read_text()
    close("block", "lex", "waits for\nthe parser", config, today=TODAY)
    close("drop", "lex", "the lexer is gone", config, today=datetime.date(2026, 12, 1))
    assert path.read_text() == before.replace("STATUS: IDENTIFIED", "STATUS: DROPPED") + (
        "[2026-11-21] BLOCKED - waits for the parser\n[2026-12-01] DROPPED - the lexer is gone\n"
    )


def test_an_illegal_step_is_refused_with_the_legal_ones(drafted: IssueStore, config: Config) -> None:
    path = drafted.find("lex")
    path.write_text(path.read_text().replace("STATUS: IDENTIFIED", "STATUS: VERIFIED"))
    before = path.read_bytes()
    with pytest.raises(UsageError, match="LEXER_NEXT is VERIFIED: drop is not a step from there") as caught:
        close("drop", "lex", "why", config, today=TODAY)
    assert caught.value.hint == "legal: reopen"
    with pytest.raises(UsageError, match="--reason is empty"):
        close("drop", "lex", " \n", config, today=TODAY)
    assert path.read_bytes() == before


def test_a_broken_file_is_refused_by_name_and_line(drafted: IssueStore, config: Config) -> None:
    path = drafted.find("lex")
    path.write_text(path.read_text().replace("ATTEMPTS: 0", "ATTEMPTS:"))
    with pytest.raises(MalformedIssue, match=r"LEXER_NEXT\.txt:10: ATTEMPTS is '', not a number"):
        close("drop", "lex", "why", config, today=TODAY)


# -- the lock and the kill ------------------------------------------------------------------------------------------


def test_the_lock_keeps_others_out_until_it_is_released(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_WAIT_SECONDS", 0.05)
    store = IssueStore.of(config)
    refused = pytest.raises(IssuesLocked, match="another hotspot is changing the issue files")
    with store.locked(), refused, IssueStore.of(config).locked():
        pass
    with store.locked():
        pass


_DRAFT = """
import datetime, os, signal, sys
from pathlib import Path
from hotspot.config import Config
from hotspot.workflow.issues.draft import draft_issues
from tests.vocabulary import profile_from_text

config = Config(Path(sys.argv[1]), in_app=("app::",))
if sys.argv[2] == "die":
    os.replace = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
draft_issues(profile_from_text(sys.argv[3]), config, top=0, today=datetime.date(2026, 11, 21))
"""


def start(config: Config, mode: str, stacks: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _DRAFT, str(config.root), mode, stacks], cwd=ROOT)


def test_drafts_at_the_same_time_make_each_issue_once(config: Config) -> None:
    names = [f"app::f{n}" for n in range(30)]
    running = [
        start(config, "live", "\n".join(f"{name} {100 + (i * k) % 31}" for i, name in enumerate(names)))
        for k in (1, 7, 11)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    contents = IssueStore.of(config).read()
    assert contents.unreadable == ()
    assert sorted(stored.issue.location("Function") or "" for stored in contents.issues) == sorted(names)


def test_a_kill_in_the_middle_of_a_write_loses_nothing(config: Config) -> None:
    assert start(config, "live", "app::f 10\napp::g 5").wait(60) == 0
    before = {path.name: path.read_bytes() for path in IssueStore.of(config).files()}
    assert start(config, "die", "app::f 10\napp::g 7").wait(60) == -signal.SIGKILL
    store = IssueStore.of(config)
    assert {path.name: path.read_bytes() for path in store.files()} == before
    begin = time.monotonic()
    assert start(config, "live", "app::f 10\napp::g 7").wait(60) == 0  # the lock died with its holder
    assert time.monotonic() - begin < 20
    assert {path.name for path in store.files()} == set(before)
    assert {path.name: path.read_bytes() for path in store.files()} != before


def test_a_file_in_the_place_of_the_folder_is_an_error(config: Config) -> None:
    config.issues_directory.write_text("notes")
    with pytest.raises(FileExistsError):
        draft_issues(profile_from_text("app::new 5"), config, today=TODAY)
    assert config.issues_directory.read_text() == "notes"


def test_permissions_and_links_of_a_file_stay(drafted: IssueStore, config: Config, tmp_path: Path) -> None:
    path = drafted.find("lex")
    real = tmp_path / "elsewhere.txt"
    path.rename(real)
    real.chmod(0o640)
    path.symlink_to(real)
    stored = close("block", "lex", "why", config, today=TODAY)
    assert stored.issue.status is Status.BLOCKED
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "STATUS: BLOCKED" in real.read_text()


def test_a_file_that_may_not_be_read_stops_nobody(
    drafted: IssueStore, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:  # chmod does not stop root, who may run the tests
        if path.stem == "LEXER_NEXT":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    contents = drafted.read()
    assert len(contents.issues) == 4
    (broken,) = contents.unreadable
    assert str(broken.error).endswith("LEXER_NEXT.txt: permission denied")
    assert broken.error.exit_code == 3
