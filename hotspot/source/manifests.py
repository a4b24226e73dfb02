"""What a project's manifests declare: crates, Go modules, Python packages; and so the module each file is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from hotspot.source.tree import SourceTree

_RUST_ROOTS = frozenset({"lib", "main", "mod"})
# Folders of a crate in which every file, or folder with a main.rs, is a crate of its own.
_RUST_TARGETS = (("src", "bin"), ("examples",), ("tests",), ("benches",))


@dataclass(frozen=True)
class Manifests:
    """The manifests of one project."""

    tree: SourceTree

    @cached_property
    def crates(self) -> dict[str, frozenset[str]]:
        """Folder of each Cargo package -> the names its crates have in symbols."""
        found = {}
        for file in self._named("Cargo.toml"):
            if names := _crate_names(_toml(self.tree.root / file)):
                found[_folder(file)] = names
        return found

    @cached_property
    def go_modules(self) -> dict[str, str]:
        """Folder of each ``go.mod`` -> module path."""
        found = {}
        for file in self._named("go.mod"):
            if module := re.search(r"^module\s+(\S+)", _text(self.tree.root / file), re.MULTILINE):
                found[_folder(file)] = module[1]
        return found

    @cached_property
    def python_packages(self) -> frozenset[str]:
        """Top-level packages, and modules at the root."""
        names: set[str] = set()
        for file in self.tree.files:
            parts = file.split("/")
            if parts[-1] == "__init__.py" and len(parts) > 1:
                below = parts[1:] if parts[0] in ("src", "lib", "python") and len(parts) > 2 else parts
                names.add(below[0])
            elif len(parts) == 1 and file.endswith(".py"):
                names.add(file[:-3])
        return frozenset(names)

    def modules_of(self, file: str, language: str) -> tuple[tuple[str, ...], ...]:
        """Return what symbols have in front of the names in a file: the module's parts; several where it is in doubt.

        A Python module begins with the root's own folder, as symbols may begin anywhere in it. Languages whose files
        say themselves where they belong, or not at all, have one without parts.
        """
        if language == "python":
            parts = PurePosixPath(file).with_suffix("").parts
            return ((self.tree.root.name, *(parts[:-1] if parts[-1] == "__init__" else parts)),)
        if language == "rust":
            return tuple(self._rust_modules(PurePosixPath(file)))
        if language == "go":
            return tuple(self._go_packages(PurePosixPath(file)))
        return ((),)

    def _rust_modules(self, file: PurePosixPath) -> Iterator[tuple[str, ...]]:
        folder = next((f for f in file.parents if _key(f) in self.crates), None)
        if folder is None:  # rustc names a crate like its file
            yield (file.stem.replace("-", "_"),)
            return
        parts = file.relative_to(folder).with_suffix("").parts
        for target in _RUST_TARGETS:
            if parts[: len(target)] == target and len(parts) > len(target):
                yield (parts[len(target)].replace("-", "_"), *_below_root(parts[len(target) + 1 :]))
                return
        for name in sorted(self.crates[_key(folder)]):
            yield (name, *_below_root(parts[1:] if parts[0] == "src" else parts))

    def _go_packages(self, file: PurePosixPath) -> Iterator[tuple[str, ...]]:
        """The import path; the package's own name stands in the definition."""
        folder = next((f for f in file.parents if _key(f) in self.go_modules), None)
        if folder is not None:
            inside = file.parent.relative_to(folder).parts
            yield (*re.split(r"[./]", self.go_modules[_key(folder)]), *inside)

    def _named(self, name: str) -> Iterator[str]:
        return (file for file in self.tree.files if file.rsplit("/", 1)[-1] == name)


def _below_root(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[:-1] if parts and parts[-1] in _RUST_ROOTS else parts


def _folder(file: str) -> str:
    return file.rpartition("/")[0]


def _key(folder: PurePosixPath) -> str:
    return "" if folder == PurePosixPath(".") else str(folder)


def _crate_names(manifest: dict[str, object]) -> frozenset[str]:
    binaries = manifest.get("bin", [])
    tables = [manifest.get("package"), manifest.get("lib"), *(binaries if isinstance(binaries, list) else [])]
    names = (table.get("name") for table in tables if isinstance(table, dict))
    return frozenset(name.replace("-", "_") for name in names if isinstance(name, str))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # git still lists a file that was deleted a moment ago


def _toml(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}  # somebody else's manifest, and only a hint here: a broken one decides nothing
