"""The index of a project's definitions: what is read, and what the cache saves or must not."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hotspot.source import index as module
from hotspot.source.index import build_index
from hotspot.source.tree import source_tree


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_WORTH_CACHING", 0)
    (tmp_path / "hotspot.toml").write_text("")
    (tmp_path / "a.py").write_text("def f(): pass\n")
    (tmp_path / "b.py").write_text("def g(): pass\n")
    for file in ("a.py", "b.py"):
        age(tmp_path / file)
    return tmp_path


def age(path: Path) -> None:
    """Make a file old enough for its time stamp to be trusted."""
    then = path.stat().st_mtime_ns - 10_000_000_000
    os.utime(path, ns=(then, then))


def names(root: Path) -> list[str]:
    return sorted(d.qualified for found in build_index(source_tree(root)).by_name.values() for d in found)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are parsed."""
    files: list[str] = []
    original = module.definitions

    def noted(source: bytes, language: str, file: str = "") -> object:
        files.append(file)
        return original(source, language, file)

    monkeypatch.setattr(module, "definitions", noted)
    return files


def test_only_changed_files_are_parsed_again(project: Path, parsed: list[str]) -> None:
    assert names(project) == ["f", "g"]
    assert sorted(parsed) == ["a.py", "b.py"]
    parsed.clear()
    assert names(project) == ["f", "g"]
    assert parsed == []
    (project / "a.py").write_text("def f2(): pass\n")
    (project / "c.py").write_text("def h(): pass\n")
    (project / "b.py").unlink()
    assert names(project) == ["f2", "h"]
    assert sorted(parsed) == ["a.py", "c.py"]


def test_a_touched_file_is_told_by_its_content(project: Path, parsed: list[str]) -> None:
    names(project)
    parsed.clear()
    os.utime(project / "a.py")
    assert names(project) == ["f", "g"]
    assert parsed == []


def test_a_change_within_the_same_instant_is_seen(project: Path) -> None:
    (project / "a.py").write_text("def f(): pass\n")  # as young as the cache
    names(project)
    status = (project / "a.py").stat()
    (project / "a.py").write_text("def e(): pass\n")
    os.utime(project / "a.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert names(project) == ["e", "g"]


@pytest.mark.parametrize("damage", [b"", b"\xff\x00junk", b"\x93\xa5other\x00\x80", b"\x91" * 5000])
def test_a_damaged_cache_is_built_anew(project: Path, damage: bytes) -> None:
    names(project)
    cache = project / ".hotspot/cache/definitions.msgpack"
    whole = cache.read_bytes()
    cache.write_bytes(damage or whole[: len(whole) // 2])
    assert names(project) == ["f", "g"]
    assert len(cache.read_bytes()) == len(whole)


def test_git_never_sees_the_cache(project: Path) -> None:
    names(project)
    assert (project / ".hotspot/cache/.gitignore").read_text() == "*\n"


def test_several_at_once_leave_a_whole_cache(project: Path, parsed: list[str]) -> None:
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(names(project))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["f", "g"]] * 8
    parsed.clear()
    assert names(project) == ["f", "g"]
    assert parsed == []
    assert sorted(p.name for p in (project / ".hotspot/cache").iterdir()) == [
        ".gitignore",
        "definitions.msgpack",
    ]


def test_a_state_that_cannot_be_written_is_done_without(project: Path) -> None:
    (project / ".hotspot").write_text("a file, not a folder")
    assert names(project) == ["f", "g"]


def test_a_small_project_is_not_cached(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORTH_CACHING", 1000)
    assert names(project) == ["f", "g"]
    assert not (project / ".hotspot").exists()


def test_outside_a_project_nothing_is_written_and_very_many_files_are_not_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "hotspot.toml").unlink()
    assert names(project) == ["f", "g"]
    assert not (project / ".hotspot").exists()
    monkeypatch.setattr(module, "_MOST_OUTSIDE", 1)
    assert names(project) == []


def test_what_nobody_wrote_is_left_out(project: Path) -> None:
    code = "def k(): pass\n"
    (project / "link.py").symlink_to(project / "a.py")
    (project / "nul.py").write_text(code + "\0")
    (project / "min.js").write_text("function k(){};" * 1000)
    (project / "deep.py").write_text(code + "(" * 5000)
    (project / "script").write_text("#!/usr/bin/env python3\n" + code)  # not executable
    (project / "large.py").write_text(code + "# about a line of text\n" * 200_000)
    (project / "pipe").mkdir()
    os.mkfifo(project / "pipe/p.py")
    assert names(project) == ["f", "g"]


def test_a_script_without_extension_is_read(project: Path) -> None:
    (project / "tool").write_text("#!/usr/bin/env python3\ndef k(): pass\n")
    (project / "tool").chmod(0o755)
    assert names(project) == ["f", "g", "k"]
