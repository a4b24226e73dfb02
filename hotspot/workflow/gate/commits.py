"""Which commits touched a function since the base: asked of git by the function, else by its file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

from hotspot.analysis.symbols import canonical
from hotspot.config import Config
from hotspot.git import run_git

_MOST = 5
# git's own patterns for where a function begins, by file name; without them it knows lines at the margin only.
_DRIVERS = {
    "python": ("py", "pyx", "pyi"),
    "rust": ("rs",),
    "golang": ("go",),
    "cpp": ("c", "h", "cc", "cpp", "cxx", "hpp"),
    "java": ("java",),
    "ruby": ("rb",),
}


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: short hash, author and first line."""

    hash: str
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Touched:
    """What touched a function.

    Attributes:
        commits: newest first, at most five.
        by: whether they touched the function itself, or only its file is known.
        uncommitted: the file has changes that are not committed.
    """

    commits: tuple[Commit, ...]
    by: str
    uncommitted: bool


def commits_touching(config: Config, base: str, function: str, file: str) -> Touched:
    """Return the commits between ``base`` and HEAD that touched a function.

    Args:
        config: the project.
        base: a commit hash.
        function: as the profile names it.
        file: relative to the root.
    """
    root = config.root
    uncommitted = run_git(root, "diff", "--quiet", "HEAD", "--", file).returncode == 1
    with tempfile.NamedTemporaryFile("w", suffix=".attributes") as attributes:
        attributes.writelines(
            f"*.{suffix} diff={driver}\n" for driver, suffixes in _DRIVERS.items() for suffix in suffixes
        )
        attributes.flush()
        done = run_git(
            root,
            "-c",
            f"core.attributesFile={attributes.name}",
            "log",
            "--no-patch",
            _FORMAT,
            f"-{_MOST}",
            f"-L:{_pattern(function)}:{file}",
            f"{base}..HEAD",
        )
    if done.returncode == 0:
        return Touched(_parsed(done.stdout), "function", uncommitted)
    done = run_git(root, "log", _FORMAT, f"-{_MOST}", f"{base}..HEAD", "--", file)
    return Touched(_parsed(done.stdout) if done.returncode == 0 else (), "file", uncommitted)


_FORMAT = "--format=%h%x00%an%x00%s"


def _pattern(function: str) -> str:
    """Return a regular expression for the line where a function begins: its last name as a word.

    What has no name of its own (closures, comprehensions) is looked for in the function around it.
    """
    whole = canonical(function).name
    whole = whole.rpartition(">::")[2] if whole.startswith("<") else whole  # Rust: <Type as Trait>::name
    named = whole.partition("(")[0].partition("<")[0].rstrip(".:")
    name = named.replace("::", ".").rpartition(".")[2]
    word = "".join(c for c in name if c.isalnum() or c == "_")
    return f"\\b{word}\\b" if word else "^$"


def _parsed(text: str) -> tuple[Commit, ...]:
    lines = [line.split("\0") for line in text.splitlines() if line.count("\0") == 2]
    return tuple(Commit(*parts) for parts in lines)
