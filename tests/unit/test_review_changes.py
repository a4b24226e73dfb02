"""What a change adds, as real git tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.errors import UsageError
from hotspot.workflow.review.changes import read_change

from tests.git_repository import git


class Repository:
    """A scratch repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def commit(self, message: str, **files: str) -> None:
        for name, text in files.items():
            path = self.root / name.replace("__", "/").replace("_py", ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "project")
    made.commit("first", a_py="one\ntwo\nthree\n", sub__b_py="x\ny\nz\nw\n")
    return made


def test_added_lines_are_those_of_the_branch_not_of_the_base_that_went_on(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("a: new lines\n\nWhy.", a_py="zero\none\ntwo\n2.5\nthree\n", new_py="n\n")
    repository.git("checkout", "-q", "main")
    repository.commit("main goes on", sub__b_py="changed\n")
    change = read_change(repository.root, "main", "topic")
    assert [(file.path, sorted(file.added)) for file in change.files] == [("a.py", [1, 4]), ("new.py", [1])]
    assert [(c.message.subject, c.message.body) for c in change.commits] == [("a: new lines", ("", "Why."))]
    assert change.files[0].lines[3] == "2.5"


def test_a_renamed_file_adds_only_what_is_new(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.git("mv", "sub/b.py", "sub/c d.py")
    (repository.root / "sub" / "c d.py").write_text("x\ny\nz\nw\nnew\n")
    repository.commit("renamed")
    change = read_change(repository.root, "main", "topic")
    assert [(file.path, sorted(file.added)) for file in change.files] == [("sub/c d.py", [5])]


def test_a_project_below_the_top_sees_its_own_files(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("both", a_py="one\n1\n", sub__b_py="x\ny\nz\nw\nv\n")
    change = read_change(repository.root / "sub", "main", "topic")
    assert [(file.path, sorted(file.added)) for file in change.files] == [("b.py", [5])]


def test_deleted_and_binary_files_add_no_lines(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.git("rm", "-q", "a.py")
    (repository.root / "image").write_bytes(b"\0\1\2" * 100)
    repository.commit("gone")
    assert read_change(repository.root, "main", "topic").files == ()


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_what_is_no_revision_is_refused(repository: Repository, revision: str) -> None:
    with pytest.raises(UsageError, match="no revision"):
        read_change(repository.root, revision, "main")


def test_histories_that_never_met_cannot_be_compared(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit("unrelated")
    with pytest.raises(UsageError, match="no commit in common"):
        read_change(repository.root, "main", "other")
