"""Files of a repository: what git tracks, else the folder without what is never source."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# Folders that hold other people's code or build products.
FOREIGN_FOLDERS = frozenset(
    {
        ".cargo", ".git", ".hg", ".mypy_cache", ".nox", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__",
        "bower_components", "dist-packages", "node_modules", "site-packages", "target", "third_party", "vendor",
        "venv",
    }
)  # fmt: skip
_MOST_FILES = 200_000


@dataclass(frozen=True)
class SourceTree:
    """The source files of a project.

    Attributes:
        root: absolute.
        files: paths relative to the root, ``/`` as separator.
    """

    root: Path
    files: tuple[str, ...]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = defaultdict(list)
        for file in self.files:
            names[file.rsplit("/", 1)[-1]].append(file)
        return dict(names)

    def find(self, recorded: str) -> tuple[str, ...]:
        """Return the files a recorded path can mean: equal, or ending in it at a folder boundary.

        Recorders shorten paths (``json/decoder.py``) and builds move them (``/build/src/lexer.rs``), so the
        longest common tail decides; several files with the same tail are all returned.
        """
        parts = [part for part in recorded.replace("\\", "/").split("/") if part not in ("", ".")]
        if not parts:
            return ()
        candidates = [
            (_common_tail(parts, file.split("/")), file) for file in self._by_name.get(parts[-1], [])
        ]
        # A relative path must be the tail of a file as a whole; an absolute one may have a foreign beginning.
        absolute = recorded.startswith("/") or recorded[1:3] in (":/", ":\\")
        fitting = [
            (tail, file)
            for tail, file in candidates
            if tail == len(parts) or (absolute and tail == len(file.split("/")))
        ]
        longest = max((tail for tail, _ in fitting), default=0)
        return tuple(file for tail, file in fitting if tail == longest)


def _common_tail(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def source_tree(root: Path) -> SourceTree:
    """List the source files under a root."""
    listed = _git_files(root)
    return SourceTree(root, tuple(_walked_files(root) if listed is None else listed))


def _git_files(root: Path) -> list[str] | None:
    if not (root / ".git").exists():
        return None
    try:
        listing = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    files = os.fsdecode(listing).split("\0")
    return [file for file in files if file and not is_foreign(file)]


def _walked_files(root: Path) -> list[str]:
    files: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in FOREIGN_FOLDERS and not name.startswith(".")]
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if relative == "." else f"{relative}/"
        files.extend(prefix + name for name in names if name != ".git")  # a worktree's is a file
        if len(files) >= _MOST_FILES:
            break
    return files


def is_foreign(path: str) -> bool:
    """Return whether a path runs through a folder that holds other people's code."""
    return any(part in FOREIGN_FOLDERS for part in path.replace("\\", "/").split("/")[:-1])
