"""Questions to git about the project's repository. Nothing here changes the user's tree, index or branches."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hotspot.errors import HotspotError, MissingTool, UsageError

# Set by git for its hooks; they would send every question to the repository of the hook.
_FOREIGN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
)


class NotARepository(UsageError):
    """A git revision was asked for where there is no git repository."""


class GitFailed(HotspotError):
    """git itself failed."""


@dataclass(frozen=True)
class Head:
    """What is checked out.

    Attributes:
        revision: full commit hash.
        dirty: whether tracked files differ from it.
    """

    revision: str
    dirty: bool


def environment() -> dict[str, str]:
    """Return this process's environment without what ties git to another repository."""
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN}


def run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, without hooks, without asking anything, without optional locks.

    Raises:
        MissingTool: git is not installed.
    """
    command = ["git", "--no-optional-locks", "-c", f"core.hooksPath={os.devnull}", *arguments]
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment() | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError as error:
        raise MissingTool("git is not installed", hint="install git, it is needed for revisions") from error


def ask_git(folder: Path, *arguments: str) -> str:
    """Return what git prints, without the last line break.

    Raises:
        NotARepository: the folder is in none.
        GitFailed: git says no.
    """
    done = run_git(folder, *arguments)
    if done.returncode == 0:
        return done.stdout.removesuffix("\n")
    said = next((line for line in done.stderr.splitlines() if line.strip()), f"exit status {done.returncode}")
    if "not a git repository" in said:
        raise NotARepository(f"{folder}: not in a git repository")
    raise GitFailed(f"git {arguments[0]}: {said.removeprefix('fatal: ')}")


def top_level(folder: Path) -> Path:
    """Return the root of the working tree that holds a folder.

    Raises:
        NotARepository: there is none.
    """
    return Path(ask_git(folder, "rev-parse", "--show-toplevel"))


def commit_of(folder: Path, revision: str) -> str:
    """Return the full hash of the commit that a revision names.

    Raises:
        UsageError: there is no such commit, or the name would be read as an option.
        NotARepository: the folder is in no repository.
    """
    unknown = UsageError(
        f"{revision!r} is no revision of this repository", hint="see `git log --oneline --all`"
    )
    if not revision or revision.startswith("-") or "\0" in revision:
        raise unknown
    top_level(folder)
    done = run_git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if done.returncode != 0:
        raise unknown
    return done.stdout.strip()


def head(folder: Path) -> Head | None:
    """Return what is checked out, or None outside a repository, before its first commit, and without git."""
    try:
        revision = ask_git(folder, "rev-parse", "--verify", "HEAD")
        # Where the state and the issues are committed, hotspot changes them; that does not make the program another.
        own = (f":(exclude,top,glob)**/{name}/**" for name in (".hotspot", "perf-issues"))
        changes = ask_git(folder, "status", "--porcelain", "--untracked-files=no", "--", ":/", *own)
    except HotspotError:
        return None
    return Head(revision, bool(changes))
