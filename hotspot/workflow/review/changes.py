"""What a change adds: the lines of its files as they are at its head, and its commits with their messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hotspot.errors import UsageError
from hotspot.git import ask_git, commit_of, run_git
from hotspot.workflow.documents.claims import Message, read_message

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_HEADER = "\x1e"


@dataclass(frozen=True)
class Commit:
    """One commit of the change."""

    id: str
    message: Message

    @property
    def short(self) -> str:
        """Its id as people write it."""
        return self.id[:10]


@dataclass(frozen=True)
class FileChange:
    """A file that the change adds lines to.

    Attributes:
        path: relative to the project's root, ``/`` as separator.
        added: 1-based numbers of the lines at the head that are not in the base.
        source: the whole file at the head.
    """

    path: str
    added: frozenset[int]
    source: bytes

    @cached_property
    def lines(self) -> list[str]:
        """The file's lines."""
        return self.source.decode("utf-8", "replace").split("\n")


@dataclass(frozen=True)
class Change:
    """From the point where the head left the base, to the head.

    Attributes:
        base: full id of the commit that the head is compared with: the last one both have.
        head: full id.
        commits: oldest first, merges left out.
        files: by path; deleted and binary ones left out.
    """

    base: str
    head: str
    commits: tuple[Commit, ...]
    files: tuple[FileChange, ...]


def read_change(root: Path, base: str, head: str) -> Change:
    """Read a change from git, as ``git diff BASE...HEAD`` sees it.

    Args:
        root: of the project; paths outside it are left out.
        base: a revision.
        head: another.

    Raises:
        UsageError: a revision is not known, or the two have no commit in common.
        HotspotError: this is no git repository.
    """
    theirs, mine = commit_of(root, base), commit_of(root, head)
    fork = run_git(root, "merge-base", theirs, mine).stdout.strip()
    if not fork:
        raise UsageError(f"{base} and {head} have no commit in common")
    log = ask_git(
        root, "log", "--no-merges", "--reverse", f"--format={_HEADER}%H%n%B", f"{fork}..{mine}", "--"
    )
    commits = []
    for entry in log.split(_HEADER)[1:]:
        identity, _, text = entry.partition("\n")
        commits.append(Commit(identity, read_message(text)))
    return Change(fork, mine, tuple(commits), _files(root, fork, mine))


def _files(root: Path, base: str, head: str) -> tuple[FileChange, ...]:
    options = ("--no-ext-diff", "--no-textconv", "--no-color", "--relative", "-M", "--diff-filter=AMR")
    status = ask_git(root, "diff", *options, "--name-status", "-z", base, head, "--", ".")
    found = []
    for path, was in _paths(status):
        pathspecs = [
            f":(literal){name}" for name in (was, path) if name
        ]  # without the old one it would be all new
        added = frozenset(_added(ask_git(root, "diff", *options, "-U0", base, head, "--", *pathspecs)))
        if added:
            source = ask_git(root, "show", f"{head}:./{path}").encode("utf-8", "surrogateescape")
            found.append(FileChange(path, added, source))
    return tuple(sorted(found, key=lambda file: file.path))


def _paths(status: str) -> list[tuple[str, str | None]]:
    """Read ``--name-status -z``: a letter, then a path, or for a rename two; return (path, path before)."""
    fields = iter(field for field in status.split("\0") if field)
    found: list[tuple[str, str | None]] = []
    for letter in fields:
        first = next(fields)
        found.append((next(fields), first) if letter[0] == "R" else (first, None))
    return found


def _added(patch: str) -> list[int]:
    lines: list[int] = []
    for line in patch.split("\n"):
        hunk = _HUNK.match(line)
        if hunk:
            start, count = int(hunk[1]), int(hunk[2] or 1)
            lines += range(start, start + count)
    return lines
