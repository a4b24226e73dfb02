from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.config import load_config
from hotspot.errors import UsageError
from hotspot.git import NotARepository, head
from hotspot.record.worktrees import BuildFailed, checked_out

from tests.git_repository import git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: `value` holds 1 in `HEAD~1` and 2 in `main`; 3 in the working tree, uncommitted."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    (root / "hotspot.toml").write_text("")
    (root / ".gitignore").write_text(".hotspot/\n")
    for number in (1, 2):
        (root / "value").write_text(f"{number}\n")
        git(root, "add", "-A")
        git(root, "commit", "-qm", f"value {number}")
    (root / "value").write_text("3\n")
    return root


def configure(root: Path, text: str) -> None:
    (root / "hotspot.toml").write_text(text)


def worktrees(root: Path) -> list[str]:
    return [line for line in git(root, "worktree", "list").splitlines() if ".hotspot" in line]


def leftovers(root: Path) -> set[str]:
    return {path.name for path in (root / ".hotspot" / "worktrees").iterdir()} - {".gitignore"}


@pytest.mark.parametrize(("revision", "value"), [("HEAD~1", "1\n"), ("main", "2\n"), (None, "3\n")])
def test_a_revision_is_checked_out_aside_and_removed(
    repository: Path, revision: str | None, value: str
) -> None:
    status = git(repository, "status", "--porcelain")
    with checked_out(load_config(repository), revision) as root:
        assert (root / "value").read_text() == value
        assert (root == repository) is (revision is None)
        assert git(repository, "status", "--porcelain") == status
    assert (repository / "value").read_text() == "3\n"
    assert worktrees(repository) == []
    if revision is not None:
        assert not root.exists()
        assert leftovers(repository) == set()


def test_two_at_once(repository: Path) -> None:
    config = load_config(repository)
    with checked_out(config, "HEAD~1") as old, checked_out(config, "main") as new:
        assert ((old / "value").read_text(), (new / "value").read_text()) == ("1\n", "2\n")
    assert leftovers(repository) == set()


def test_setup_then_build_run_in_the_worktree(repository: Path) -> None:
    write = "import pathlib, sys; pathlib.Path('built').open('a').write(sys.argv[1])"
    commands = [[sys.executable, "-c", write, word] for word in ("setup ", "build ")]
    configure(repository, f"worktree_setup = {commands[0]!r}\nbuild_command = {commands[1]!r}\n")
    said: list[str] = []
    with checked_out(load_config(repository), "main", said.append) as root:
        assert (root / "built").read_text() == "setup build "
    assert not (repository / "built").exists()
    assert said[0].startswith("checking out main (")
    with checked_out(load_config(repository), None) as root:  # in place: nothing to set up
        assert (root / "built").read_text() == "build "


def test_a_build_that_fails_says_what_it_printed_last(repository: Path) -> None:
    code = "print('one'); print('error: two'); raise SystemExit(3)"
    configure(repository, f"build_command = {[sys.executable, '-c', code]!r}\n")
    with (
        pytest.raises(BuildFailed, match=r"main: build_command `.*` ended with 3: one \| error: two"),
        checked_out(load_config(repository), "main"),
    ):
        pass
    assert leftovers(repository) == set()


def test_missing_submodules_are_hinted_at(repository: Path) -> None:
    (repository / ".gitmodules").write_text("")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "modules")
    configure(repository, f"build_command = {[sys.executable, '-c', 'raise SystemExit(1)']!r}\n")
    with pytest.raises(BuildFailed) as raised, checked_out(load_config(repository), "main"):
        pass
    assert raised.value.hint is not None
    assert "git submodule update --init" in raised.value.hint


@pytest.mark.parametrize("revision", ["nope", "--help", "-1", "", "main:value", "a\0b"])
def test_what_is_no_commit_is_refused(repository: Path, revision: str) -> None:
    with (
        pytest.raises(UsageError, match="is no revision of this repository"),
        checked_out(load_config(repository), revision),
    ):
        pass


def test_outside_git_it_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(NotARepository, match="not in a git repository"),
        checked_out(load_config(tmp_path), "main"),
    ):
        pass
    with checked_out(load_config(tmp_path), None) as root:
        assert root == tmp_path


def test_a_project_in_a_sub_folder_of_its_repository(repository: Path) -> None:
    inner = repository / "packages" / "inner"
    inner.mkdir(parents=True)
    (inner / "hotspot.toml").write_text("")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "inner")
    with checked_out(load_config(inner), "main") as root:
        assert (root / "hotspot.toml").exists()
        assert root.parts[-2:] == ("packages", "inner")
    with (
        pytest.raises(BuildFailed, match="has no folder packages/inner"),
        checked_out(load_config(inner), "main~1"),
    ):
        pass


def test_what_a_killed_run_left_is_removed_and_a_running_one_is_not_disturbed(repository: Path) -> None:
    code = """\
import os, pathlib, signal, sys
from hotspot.config import load_config
from hotspot.record.worktrees import checked_out
with checked_out(load_config(pathlib.Path(sys.argv[1])), "main"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    config = load_config(repository)
    with checked_out(config, "HEAD~1") as running:
        subprocess.run(
            [sys.executable, "-c", code, str(repository)], cwd=Path(__file__).parents[2], check=False
        )
        assert len(worktrees(repository)) == 2
        with checked_out(config, "main"):
            assert len(worktrees(repository)) == 2
        assert (running / "value").exists()
    assert worktrees(repository) == []
    assert leftovers(repository) == set()


def test_hooks_of_the_repository_do_not_run(repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\ntouch ../hooked\n")
    hook.chmod(0o755)
    with checked_out(load_config(repository), "main"):
        assert list(repository.glob("**/hooked")) == []


def test_inside_a_hook_it_is_still_this_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(repository / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository / "elsewhere" / "index"))
    with checked_out(load_config(repository), "main") as root:
        assert (root / "value").read_text() == "2\n"


def test_head_tells_revision_and_changes(repository: Path, tmp_path: Path) -> None:
    found = head(repository)
    assert found is not None
    assert found.revision == git(repository, "rev-parse", "main").strip()
    assert found.dirty
    (repository / "value").write_text("2\n")
    (repository / "untracked").write_text("")
    assert head(repository) == type(found)(found.revision, dirty=False)
    assert head(tmp_path) is None
