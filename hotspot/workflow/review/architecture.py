"""Which parts of a project may not import which: ``[tool.hotspot.architecture] forbidden = ["compiler -> vm"]``.

A file belongs to a part where the part's words follow one another in its path, without suffix: ``compiler`` holds
``src/compiler/emit.rs`` and ``compiler.py``; ``app/vm`` (or ``app.vm``, ``app::vm``) holds ``app/vm/run.go``. An import
means a part where its names do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hotspot.errors import UsageError
from hotspot.source.grammars import language_of
from hotspot.source.imports import imports

_SEPARATORS = re.compile(r"::|[./]")


@dataclass(frozen=True)
class Forbidden:
    """One rule: files of ``importer`` may not import ``imported``; each is the words of a part."""

    importer: tuple[str, ...]
    imported: tuple[str, ...]

    def __str__(self) -> str:
        return f"{'/'.join(self.importer)} -> {'/'.join(self.imported)}"


@dataclass(frozen=True)
class Violation:
    """An import that a rule forbids."""

    rule: Forbidden
    file: str
    line: int
    text: str


def forbidden_imports(architecture: dict[str, Any]) -> tuple[Forbidden, ...]:
    """Read the configuration's table.

    Raises:
        UsageError: a key is not known, or a rule is not of the form ``compiler -> vm``.
    """
    unknown = sorted(set(architecture) - {"forbidden"})
    if unknown:
        raise UsageError(f"architecture: unknown key {unknown[0]!r}", hint="the one key is `forbidden`")
    rules = architecture.get("forbidden", [])
    if not isinstance(rules, list):
        raise UsageError('architecture: forbidden must be a list, as in ["compiler -> vm"]')
    return tuple(_rule(rule) for rule in rules)


def _rule(rule: object) -> Forbidden:
    sides = rule.split("->") if isinstance(rule, str) else []
    words = [tuple(word for word in _SEPARATORS.split(side.strip()) if word) for side in sides]
    if len(words) != 2 or not all(words):
        raise UsageError(f"architecture: {rule!r} is no rule", hint='say it as in "compiler -> vm"')
    return Forbidden(*words)


def violations(rules: Sequence[Forbidden], file: str, source: bytes) -> tuple[Violation, ...]:
    """Return the imports of a file that rules forbid.

    Args:
        rules: of the project.
        file: relative to the root, with forward slashes.
        source: of the file.
    """
    path = PurePosixPath(file)
    parts = (*path.parent.parts, path.stem)
    mine = [rule for rule in rules if _holds(parts, rule.importer)]
    language = language_of(file, source)
    if not mine or language is None:
        return ()
    return tuple(
        Violation(rule, file, found.line, found.text)
        for found in imports(source, language)
        for rule in mine
        if _holds(found.parts, rule.imported)
    )


def _holds(parts: Sequence[str], words: Sequence[str]) -> bool:
    width = len(words)
    return any(tuple(parts[i : i + width]) == tuple(words) for i in range(len(parts) - width + 1))
