"""What of the project's files is not as a commit has it, as git says.

Every function takes the project's root, which may be a folder inside a repository: paths are relative to it, and
what lies outside is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hotspot.errors import MissingTool
from hotspot.git import run_git

Change = Literal["added", "modified", "deleted", "renamed"]

# hotspot's own files are no part of a change to the program.
_OWN = ("perf-issues/", ".hotspot/")
_COUNTED = 4 << 20  # bytes of an untracked file whose lines are still worth counting
_NO_HELP = ("--no-ext-diff", "--no-textconv", "--no-color")


@dataclass(frozen=True)
class ChangedFile:
    """A file that is not as it was.

    Attributes:
        path: relative to the root, ``/`` as separator.
        was: its path before, where it was renamed.
        added: lines, None where it is no text.
        removed: the same.
    """

    path: str
    change: Change
    added: int | None = None
    removed: int | None = None
    was: str | None = None


def has_commit(root: Path, commit: str) -> bool:
    """Return whether the repository still has a commit."""
    return _git(root, "cat-file", "-e", f"{commit}^{{commit}}") is not None


def is_dirty(root: Path) -> bool:
    """Return whether tracked files under the root differ from the commit."""
    listed = _git(root, "status", "--porcelain", "-z", "--untracked-files=no", "--", ".") or ""
    return any(not path.startswith(_OWN) for path in _from_root(root, _porcelain_paths(listed)))


def untracked(root: Path) -> tuple[str, ...]:
    """Return the files that git neither tracks nor ignores."""
    listed = _git(root, "ls-files", "--others", "--exclude-standard", "-z") or ""
    return tuple(path for path in listed.split("\0") if path and not path.startswith(_OWN))


def changed_since(root: Path, commit: str) -> tuple[ChangedFile, ...]:
    """Return what differs between a commit and the working tree: committed or not, untracked files included.

    Sorted by path. Empty where git cannot tell.
    """
    compared = ("diff", *_NO_HELP, "-M", "-z", "--relative")
    status = _git(root, *compared, "--name-status", commit, "--", ".") or ""
    numbers = _git(root, *compared, "--numstat", commit, "--", ".") or ""
    lines = _line_counts(numbers)
    files = [
        ChangedFile(path, change, *lines.get(path, (None, None)), was=was)
        for path, change, was in _statuses(status)
        if not path.startswith(_OWN)
    ]
    files += [ChangedFile(path, "added", _lines_of(root / path), 0) for path in untracked(root)]
    return tuple(sorted(files, key=lambda file: file.path))


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git printed, None where it failed or is not there."""
    try:
        done = run_git(root, *arguments)
    except MissingTool:
        return None
    return done.stdout if done.returncode == 0 else None


def _statuses(listed: str) -> list[tuple[str, Change, str | None]]:
    """Read ``--name-status -z``: a letter, then one path, or two where it is a rename or a copy."""
    fields = iter(listed.split("\0"))
    found: list[tuple[str, Change, str | None]] = []
    for letter in fields:
        if not letter:
            break
        if letter[0] in "RC":
            was, path = next(fields), next(fields)
            found.append((path, "renamed", was) if letter[0] == "R" else (path, "added", None))
        else:
            kinds: dict[str, Change] = {"A": "added", "D": "deleted"}
            found.append((next(fields), kinds.get(letter[0], "modified"), None))
    return found


def _line_counts(listed: str) -> dict[str, tuple[int | None, int | None]]:
    """Read ``--numstat -z``: lines added, lines removed (``-`` for what is no text), and a path, or two of a rename."""
    fields = iter(listed.split("\0"))
    found: dict[str, tuple[int | None, int | None]] = {}
    for entry in fields:
        if not entry:
            break
        added, removed, path = entry.split("\t", 2)
        if not path:
            next(fields)
            path = next(fields)
        found[path] = (
            int(added) if added.isdecimal() else None,
            int(removed) if removed.isdecimal() else None,
        )
    return found


def _porcelain_paths(listed: str) -> list[str]:
    """Read ``status --porcelain -z``; of a rename the new path. Paths are relative to the repository."""
    fields = iter(listed.split("\0"))
    paths = []
    for entry in fields:
        if not entry:
            break
        paths.append(entry[3:])
        if "R" in entry[:2] or "C" in entry[:2]:
            next(fields)
    return paths


def _from_root(root: Path, paths: list[str]) -> list[str]:
    prefix = (_git(root, "rev-parse", "--show-prefix") or "").strip("\n")
    return [path.removeprefix(prefix) for path in paths]


def _lines_of(path: Path) -> int | None:
    try:
        if path.stat().st_size > _COUNTED:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return None if b"\0" in data else data.count(b"\n") + (data[-1:] not in (b"", b"\n"))
