"""The folder ``perf-issues``: reading, finding by name, writing under a lock.

Whoever changes files holds the lock from reading to writing, so that two drafts at once do not undo each other.
Files are written aside and renamed; a kill leaves the old file or the new one.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hotspot.config import Config
from hotspot.errors import HotspotError, UnreadableInput, UsageError
from hotspot.files import write_atomically
from hotspot.workflow.issues.issue_model import Issue
from hotspot.workflow.issues.issue_text import MalformedIssue, decode, encode, parse

_WAIT_SECONDS = 30.0
_NAMED = 5  # issues, in a message
_FINGERPRINT = re.compile(rb"^FINGERPRINT:\s*([0-9a-f]{12})\s*$", re.MULTILINE)


class IssuesLocked(HotspotError):
    """Another process holds the lock on the issue files."""


@dataclass(frozen=True)
class StoredIssue:
    """An issue and its file."""

    path: Path
    issue: Issue

    @property
    def name(self) -> str:
        """The file's name without ``.txt``."""
        return self.path.stem


@dataclass(frozen=True)
class Unreadable:
    """A file in the folder that is no readable issue.

    Attributes:
        fingerprint: where one can still be found in it.
    """

    path: Path
    error: HotspotError
    fingerprint: str | None


@dataclass(frozen=True)
class Contents:
    """What the folder holds, by name."""

    issues: tuple[StoredIssue, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class IssueStore:
    """The issue files of one project.

    Attributes:
        directory: where they are; it need not exist yet.
        lock_file: held while files are changed.
    """

    directory: Path
    lock_file: Path

    @classmethod
    def of(cls, config: Config) -> IssueStore:
        """Return the project's store."""
        return cls(config.issues_directory, config.state_directory / "issues.lock")

    # -- reading ------------------------------------------------------------------------------

    def files(self) -> tuple[Path, ...]:
        """Return the ``.txt`` files by name; hidden ones are somebody's temporary files."""
        if not self.directory.is_dir():
            return ()
        found = (p for p in self.directory.iterdir() if p.suffix.lower() == ".txt" and p.name[0] != ".")
        return tuple(sorted((p for p in found if p.is_file()), key=lambda p: p.name))

    def read(self) -> Contents:
        """Read every file; those that cannot be read are told apart, not raised."""
        issues: list[StoredIssue] = []
        unreadable: list[Unreadable] = []
        for path in self.files():
            try:
                issues.append(self.load(path))
            except MalformedIssue as error:
                found = _FINGERPRINT.search(path.read_bytes())
                unreadable.append(Unreadable(path, error, found[1].decode() if found else None))
            except UnreadableInput as error:
                unreadable.append(Unreadable(path, error, None))
        return Contents(tuple(issues), tuple(unreadable))

    def load(self, path: Path) -> StoredIssue:
        """Read one file.

        Raises:
            MalformedIssue: naming file and line.
            UnreadableInput: it may not be read.
        """
        shown = os.path.relpath(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableInput(shown, (error.strerror or str(error)).lower()) from error
        return StoredIssue(path, parse(decode(data), shown))

    def find(self, name: str) -> Path:
        """Return the file a person means: with or without folder and ``.txt``, any unambiguous prefix, any case.

        Raises:
            UsageError: no file, or more than one, goes by that name.
        """
        wanted = re.sub(r"(?i)\.txt$", "", name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1])
        files = self.files()
        lowered = wanted.lower()
        for found in (
            [path for path in files if path.stem == wanted],
            [path for path in files if path.stem.lower() == lowered],
            [path for path in files if lowered and path.stem.lower().startswith(lowered)],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(path.stem for path in found)
                raise UsageError(f"{name!r} is ambiguous", hint=f"it could be: {names}")
        raise UsageError(f"no issue is called {name!r}", hint=_there_is(files, lowered))

    # -- writing ------------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock; the kernel releases it if the process dies.

        Raises:
            IssuesLocked: another process holds it for longer than half a minute.
        """
        _make_state_folder(self.lock_file.parent)
        handle = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            deadline = time.monotonic() + _WAIT_SECONDS
            while not _lock_now(handle):
                if time.monotonic() > deadline:
                    raise IssuesLocked(f"{self.lock_file}: another hotspot is changing the issue files")
                time.sleep(0.02)
            yield
        finally:
            os.close(handle)

    def free_path(self, name: str, taken: set[str]) -> Path:
        """Return a path for a new issue: the name, or the name with ``_2``, ``_3``... where it is taken.

        Args:
            name: without suffix.
            taken: lower-case names promised to others; the chosen one is added. Names that differ in case only
                are one file on macOS and Windows.
        """
        taken |= {path.stem.lower() for path in self.files()}
        number = 1
        while (chosen := name if number == 1 else f"{name}_{number}").lower() in taken:
            number += 1
        taken.add(chosen.lower())
        return self.directory / f"{chosen}.txt"

    def save(self, path: Path, issue: Issue) -> None:
        """Write one file, aside first; only under the lock."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_atomically(path, encode(issue.text))


def _make_state_folder(folder: Path) -> None:
    """Make the folder of the lock so that git does not offer the lock for a commit."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / ".gitignore", b"/.gitignore\n*.lock\n")


def _lock_now(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _there_is(files: tuple[Path, ...], lowered: str) -> str:
    if not files:
        return "there are none yet: `hotspot issues PROFILE` drafts them"
    import difflib

    names = [path.stem for path in files]
    if near := difflib.get_close_matches(lowered.upper(), names, n=3):
        return f"did you mean {' or '.join(near)}?"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"there are: {', '.join(names[:_NAMED])}{more}"
