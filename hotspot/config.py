"""The project: its root, and what ``hotspot.toml`` or ``[tool.hotspot]`` say.

The root is the nearest parent that holds ``hotspot.toml``, a ``pyproject.toml`` with ``[tool.hotspot]``, or
``.git``. ``hotspot.toml`` has the same keys at top level and wins, key by key.
"""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from hotspot.errors import HotspotError, UsageError


class ConfigError(HotspotError):
    """A configuration file cannot be read or holds a value of the wrong shape."""

    exit_code = 2


@dataclass(frozen=True)
class Config:
    """The configuration of one project; every key is optional.

    Attributes:
        root: the project root, absolute.
        profile: the profile that commands take where none is named, relative to the root.
        in_app: patterns of functions, files and modules that the project owns.
        not_in_app: patterns of those it does not own; wins over ``in_app``.
        path_map: prefixes of recorded paths and what they are here (``/build`` -> ``.``).
        read_first: files that whoever works on an issue reads in full first, relative to the root.
        test_command: argument list, and so the other commands; never run through a shell.
    """

    root: Path
    profile: str | None = None
    in_app: tuple[str, ...] = ()
    not_in_app: tuple[str, ...] = ()
    path_map: tuple[tuple[str, str], ...] = ()
    read_first: tuple[str, ...] = ()
    test_command: tuple[str, ...] = ()
    lint_command: tuple[str, ...] = ()
    build_command: tuple[str, ...] = ()
    benchmark_command: tuple[str, ...] = ()
    worktree_setup: tuple[str, ...] = ()
    budgets: dict[str, Any] = field(default_factory=dict)
    criteria: dict[str, Any] = field(default_factory=dict)
    critical: dict[str, Any] = field(default_factory=dict)
    architecture: dict[str, Any] = field(default_factory=dict)
    review: dict[str, Any] = field(default_factory=dict)

    @property
    def issues_directory(self) -> Path:
        """Where issue files live."""
        return self.root / "perf-issues"

    @property
    def state_directory(self) -> Path:
        """Where recordings, baselines and caches live."""
        return self.root / ".hotspot"


def load_config(start: Path | None = None, project: Path | None = None) -> Config:
    """Find the project root and read its configuration.

    Args:
        start: where to look from, upwards; the current folder by default.
        project: the root, where the user names it.

    Raises:
        UsageError: ``project`` is not a folder.
        ConfigError: a file is not valid TOML or a key has the wrong shape.
    """
    if project is not None and not project.is_dir():
        raise UsageError(f"--project {project}: no such folder")
    root = (project or _find_root(start or Path.cwd())).resolve()
    table: dict[str, Any] = {}
    pyproject, own = root / "pyproject.toml", root / "hotspot.toml"
    if pyproject.is_file():
        table.update(_tool_table(pyproject) or {})
    if own.is_file():
        table.update(_read_toml(own))
    return _config_from(root, table, own if own.is_file() else pyproject)


def _find_root(start: Path) -> Path:
    start = start.resolve()
    for folder in (start, *start.parents):
        if is_project_root(folder):
            return folder
    return start


def is_project_root(folder: Path) -> bool:
    """Return whether a folder is a project's root, as opposed to merely the one somebody stands in."""
    if (folder / "hotspot.toml").is_file() or (folder / ".git").exists():
        return True
    pyproject = folder / "pyproject.toml"
    return pyproject.is_file() and _tool_table(pyproject) is not None


def _tool_table(pyproject: Path) -> dict[str, Any] | None:
    """Return ``[tool.hotspot]``, or None where there is none."""
    tool = _read_toml(pyproject).get("tool", {})
    if not isinstance(tool, dict) or "hotspot" not in tool:
        return None
    table = tool["hotspot"]
    if not isinstance(table, dict):
        raise ConfigError(f"{pyproject}: tool.hotspot must be a table")
    return table


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _config_from(root: Path, table: dict[str, Any], path: Path) -> Config:
    known = {f.name for f in fields(Config)} - {"root"}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(
                f"{path}: unknown key {key!r} in the hotspot configuration",
                hint=f"known keys: {', '.join(sorted(known))}",
            )
        values[key] = _shaped(key, value, path)
    return Config(root, **values)


def _shaped(key: str, value: Any, path: Path) -> Any:
    if key == "profile":
        return _text(key, value, path)
    if key in ("in_app", "not_in_app", "read_first"):
        return _texts(key, value, path)
    if key == "path_map":
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise ConfigError(f"{path}: {key} must be a table of recorded prefix = local folder")
        return tuple(value.items())
    if key.endswith("_command") or key == "worktree_setup":
        if isinstance(value, str):
            try:
                return tuple(shlex.split(value))
            except ValueError as error:
                raise ConfigError(f"{path}: {key}: {str(error).lower()}") from error
        return _texts(key, value, path)
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: {key} must be a table")
    return value


def _text(key: str, value: Any, path: Path) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{path}: {key} must be a text")
    return value


def _texts(key: str, value: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ConfigError(f"{path}: {key} must be a list of texts")
    return tuple(value)
