"""Which files a project has, and which of them a recorded path means."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hotspot.source.tree import SourceTree, is_foreign, source_tree


def make(root: Path, *files: str) -> None:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")


FILES = (
    "src/lexer.rs",
    "src/main.rs",
    "app/json/decoder.py",
    "app/api/views.py",
    "admin/api/views.py",
    "setup.py",
    "tests/deep/er/views.py",
)


@pytest.mark.parametrize(
    ("recorded", "found"),
    [
        ("src/lexer.rs", ["src/lexer.rs"]),
        ("lexer.rs", ["src/lexer.rs"]),
        ("./src/lexer.rs", ["src/lexer.rs"]),
        ("/build/7f3a/src/lexer.rs", ["src/lexer.rs"]),
        ("C:\\build\\src\\lexer.rs", ["src/lexer.rs"]),
        ("json/decoder.py", ["app/json/decoder.py"]),
        ("api/views.py", ["app/api/views.py", "admin/api/views.py"]),
        ("views.py", ["app/api/views.py", "admin/api/views.py", "tests/deep/er/views.py"]),
        ("app/api/views.py", ["app/api/views.py"]),
        ("/ci/checkout/app/api/views.py", ["app/api/views.py"]),
        # An absolute path must end in the whole of a file, a relative one must be the end of a file.
        ("/usr/lib/python3.11/json/decoder.py", []),
        ("lib/app/json/decoder.py", []),
        ("xlexer.rs", []),
        ("src", []),
        ("", []),
        ("/", []),
        ("nowhere.c", []),
    ],
)
def test_find(recorded: str, found: list[str]) -> None:
    assert list(SourceTree(Path("/repo"), FILES).find(recorded)) == found


@pytest.mark.parametrize(
    ("path", "foreign"),
    [
        ("src/lexer.rs", False),
        ("vendor/zlib/inflate.c", True),
        ("web/node_modules/x/index.js", True),
        (".venv/lib/python3.11/site-packages/numpy/core.py", True),
        ("target/debug/build/out.rs", True),
        ("a\\site-packages\\b.py", True),
        ("src/vendor.rs", False),
        ("src/targets/x.rs", False),
    ],
)
def test_foreign_folders(path: str, foreign: bool) -> None:
    assert is_foreign(path) is foreign


def test_a_folder_without_git_is_walked(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "pkg/b.py", "vendor/c.py", ".hidden/d.py", ".venv/e.py", "node_modules/f.js")
    assert sorted(source_tree(tmp_path).files) == ["a.py", "pkg/b.py"]


def test_a_git_repository_is_what_git_knows_and_would_add(tmp_path: Path) -> None:
    make(tmp_path, "tracked.py", "new.py", "ignored.log", "vendor/c.py", "with space/\u00e9t\u00e9.py")
    (tmp_path / ".gitignore").write_text("*.log\n")
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "tracked.py"], check=True)
    assert sorted(source_tree(tmp_path).files) == [
        ".gitignore", "new.py", "tracked.py", "with space/\u00e9t\u00e9.py",
    ]  # fmt: skip


def test_a_broken_repository_is_walked(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    assert source_tree(tmp_path).files == ("a.py",)


def test_without_git_installed_the_folder_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py")
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert source_tree(tmp_path).files == ("a.py",)
