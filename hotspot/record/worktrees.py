"""Another revision of the project, checked out aside and built, while the user's own tree stays as it is.

A revision is checked out into a detached git worktree under ``.hotspot/worktrees/``, prepared with ``worktree_setup``,
built with ``build_command``, and removed afterwards. Each worktree has a lock file beside it, held while it is in use:
a lock that nobody holds belongs to a run that was killed, and the next run removes what it left.

What git does not check out (submodules, ignored files such as ``node_modules`` or ``.venv``) is absent there;
``worktree_setup`` is where the project says how to get it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.git import GitFailed, commit_of, environment, run_git, top_level
from hotspot.record.process import run_measured
from hotspot.state import State

Say = Callable[[str], None]
_LAST_LINES = 12
_LAST_BYTES = 1 << 14


class BuildFailed(HotspotError):
    """``worktree_setup`` or ``build_command`` failed, or the revision lacks the project's folder.

    Attributes:
        output: the last lines that the command printed.
    """

    def __init__(self, message: str, output: str = "", *, hint: str | None = None) -> None:
        super().__init__(message + (f": {output}" if output else ""), hint=hint)
        self.output = output


@contextmanager
def checked_out(config: Config, revision: str | None, say: Say | None = None) -> Iterator[Path]:
    """Yield the project's root at a revision, built.

    Args:
        config: the project; ``worktree_setup`` and ``build_command`` run where they are set.
        revision: anything git understands as a commit; None is the working tree as it stands, uncommitted changes
            included, built in place.
        say: told what is being done, for those who show progress.

    Raises:
        NotARepository, UsageError: there is no such revision.
        BuildFailed: a command of the configuration failed.
    """
    tell = say or (lambda _: None)
    if revision is None:
        build(config, config.root, tell, "the working tree")
        yield config.root
        return
    commit = commit_of(config.root, revision)
    top = top_level(config.root).resolve()
    inside = config.root.resolve().relative_to(top)
    with _reserved(config) as folder:
        tell(f"checking out {revision} ({commit[:10]})")
        try:
            _add(config.root, folder, commit)
            root = folder / inside
            if not root.is_dir():
                raise BuildFailed(f"{revision}: has no folder {inside}")
            try:
                _run_step(config.worktree_setup, "worktree_setup", root, tell, revision)
                build(config, root, tell, revision)
            except BuildFailed as error:
                if (folder / ".gitmodules").exists():
                    error.hint = 'submodules are absent unless worktree_setup = "git submodule update --init"'
                raise
            yield root
        finally:
            _remove(config.root, folder)


def build(config: Config, root: Path, say: Say, what: str) -> None:
    """Run ``build_command`` in a root, where there is one.

    Raises:
        BuildFailed: it failed.
    """
    _run_step(config.build_command, "build_command", root, say, what)


def remove_stale(config: Config) -> None:
    """Remove worktrees of runs that were killed; those in use are told by their lock."""
    for lock_path in sorted(State(config.state_directory).worktrees.glob("*.lock")):
        lock = _try_lock(lock_path)
        if lock is not None:
            _remove(config.root, lock_path.with_suffix(""))
            _unlock(lock, lock_path)


@contextmanager
def _reserved(config: Config) -> Iterator[Path]:
    """Yield the name of a folder that no other run takes or removes."""
    # Ignored, for a worktree must not be added to the repository it is of.
    home = State(config.state_directory).ignored("worktrees")
    remove_stale(config)
    while True:
        folder = home / f"{os.getpid()}-{secrets.token_hex(3)}"
        lock_path = folder.with_suffix(".lock")
        lock = _try_lock(lock_path)
        if lock is not None:
            break
    try:
        yield folder
    finally:
        _unlock(lock, lock_path)


def _try_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock, or None where another run holds it or took the file away."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.stat(path)):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _unlock(descriptor: int, path: Path) -> None:
    with suppress(OSError):
        path.unlink()
    os.close(descriptor)


def _add(root: Path, folder: Path, commit: str) -> None:
    done = run_git(root, "worktree", "add", "--detach", "--quiet", str(folder), commit)
    if done.returncode != 0:
        raise GitFailed(f"git worktree add: {last_lines(done.stderr)}")


def _remove(root: Path, folder: Path) -> None:
    """Remove a worktree and git's record of it, also one that is half made."""
    if folder.exists():
        run_git(root, "worktree", "remove", "--force", "--force", str(folder))
        shutil.rmtree(folder, ignore_errors=True)
        run_git(root, "worktree", "prune")


def _run_step(command: Sequence[str], key: str, root: Path, say: Say, what: str) -> None:
    if not command:
        return
    say(f"{what}: {' '.join(command)}")
    with tempfile.TemporaryFile() as printed:
        done = run_measured(
            command, cwd=root, env=environment(), stdin=subprocess.DEVNULL, stdout=printed, stderr=printed
        )
        if done.exit_code == 0:
            return
        printed.seek(max(0, printed.seek(0, os.SEEK_END) - _LAST_BYTES))
        output = last_lines(printed.read().decode("utf-8", "backslashreplace"))
    raise BuildFailed(f"{what}: {key} `{' '.join(command)}` ended with {done.exit_code}", output)


def last_lines(text: str) -> str:
    """Return the last lines of what a program printed, in one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:])
