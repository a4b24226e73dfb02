"""The check of commit messages as a real hook of a real repository, installed as docs/papers.md says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.config import load_config
from tests.cli.conftest import ROOT
from tests.git_repository import git
from tests.issue_files import write_issue

GOOD = "PARSE: 41.6 ms -> 9.2 ms (-78%)\n\nRows are parsed once, because the result of each is kept in a table.\n"
BAD = "PARSE: faster now"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the issues PARSE and WRITE and the hook; `hotspot` is a program on the hook's PATH."""
    git(tmp_path, "init", "-q")
    (tmp_path / "perf-issues").mkdir()
    for name in ("PARSE", "WRITE"):
        write_issue(load_config(tmp_path), name)
    (tmp_path / ".gitignore").write_text("/bin/\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    program = tmp_path / "bin" / "hotspot"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m hotspot "$@"\n'
    )
    program.chmod(0o755)
    documented = re.search(r"```sh\n(hook=.*?)```", (ROOT / "docs" / "papers.md").read_text(), re.DOTALL)
    assert documented is not None
    subprocess.run(["sh", "-ec", documented[1]], cwd=tmp_path, check=True)
    return tmp_path


def commit(folder: Path, *arguments: str, editor: str | None = None) -> subprocess.CompletedProcess[str]:
    """Commit, with the hook; `editor` is a shell command that gets the file of the message."""
    environment = os.environ | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("GIT_EDITOR", None)
    if editor is not None:
        environment["GIT_EDITOR"] = editor
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def changed(folder: Path, text: str, name: str = "a.txt") -> None:
    (folder / name).write_text(text)
    git(folder, "add", name)


def test_the_hook_stops_a_claim_without_figures_and_lets_a_good_message_pass(repository: Path) -> None:
    changed(repository, "1")
    done = commit(repository, "commit", "-m", BAD)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "hotspot: no figures: say before and after, as in `12.3 ms -> 8.1 ms (-34%)` or `1.34x on parse`",
        "hotspot: no mechanism: say in the body why it is faster, not what was edited",
    ]
    assert commit(repository, "commit", "-m", GOOD).returncode == 0
    changed(repository, "2")
    assert commit(repository, "commit", "-m", "docs: mend a typo").returncode == 0
    changed(repository, "3")
    # No editor is opened, so git keeps the line although it begins like a comment.
    assert commit(repository, "commit", "-m", "#12 make it faster").returncode == 1


def writes(folder: Path, message: str, comment: str) -> str:
    """Return an editor that writes a message above what git put into the file, and a comment that names an issue."""
    editor = folder / "bin" / "editor"
    text = shlex.quote(f"{message}\n{comment} WRITE is faster")
    editor.write_text(f'#!/bin/sh\n{{ echo {text}; cat "$1"; }} > "$1.new" && mv "$1.new" "$1"\n')
    editor.chmod(0o755)
    return str(editor)


@pytest.mark.parametrize("comment", ["#", ";"])
def test_comments_and_scissors_of_the_editor_are_not_read(repository: Path, comment: str) -> None:
    git(repository, "config", "core.commentChar", comment)
    changed(repository, "faster 1 ms -> 2 ms\n")
    # -v adds the diff below the scissors.
    done = commit(repository, "commit", "-v", editor=writes(repository, "docs: mend a typo", comment))
    assert done.returncode == 0, done.stderr
    assert git(repository, "log", "-1", "--format=%B") == "docs: mend a typo"
    changed(repository, "more\n")
    done = commit(repository, "commit", "-v", editor=writes(repository, BAD, comment))
    assert done.returncode == 1
    assert "no figures" in done.stderr


def test_merges_reverts_and_fixups_pass(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "faster")
    changed(repository, "1")
    assert commit(repository, "commit", "-m", GOOD).returncode == 0
    changed(repository, "2")
    assert commit(repository, "commit", "--fixup", "HEAD").returncode == 0
    git(repository, "checkout", "-q", "main")
    changed(repository, "b", "b.txt")
    assert commit(repository, "commit", "-m", "other").returncode == 0
    assert (
        commit(repository, "merge", "--no-ff", "-m", "Bring in PARSE, which is faster", "faster").returncode
        == 0
    )
    done = commit(repository, "revert", "--no-edit", "faster~1")
    assert done.returncode == 0 or "conflict" in done.stderr.lower(), done.stderr


def test_a_squashed_merge_is_asked_as_one_commit(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "faster")
    changed(repository, "1")
    assert commit(repository, "commit", "-m", GOOD).returncode == 0
    changed(repository, "2", "c.txt")
    assert commit(repository, "commit", "-m", "tests: one more").returncode == 0
    git(repository, "checkout", "-q", "main")
    assert commit(repository, "merge", "--squash", "faster").returncode == 0
    done = commit(repository, "commit", "--no-edit")
    assert done.returncode == 0, done.stderr
    assert git(repository, "log", "-1", "--format=%s") == "Squashed commit of the following:"

    git(repository, "checkout", "-q", "-b", "both")
    changed(repository, "5")
    assert commit(repository, "commit", "-m", GOOD).returncode == 0
    changed(repository, "6", "c.txt")
    assert commit(repository, "commit", "-m", GOOD.replace("PARSE", "WRITE")).returncode == 0
    git(repository, "checkout", "-q", "main")
    assert commit(repository, "merge", "--squash", "both").returncode == 0
    done = commit(repository, "commit", "--no-edit")
    assert done.returncode == 1
    assert done.stderr == "hotspot: one issue a commit: it names PARSE, WRITE\n"
