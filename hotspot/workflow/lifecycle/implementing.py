"""``issues implement``: what was changed, from git, and whether tests and lint pass."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.source.changes import ChangedFile, changed_since, has_commit
from hotspot.workflow.issues.issue_model import IMPLEMENTATION, UNKNOWN, Issue, Status
from hotspot.workflow.issues.issue_text import bullet, one_line, with_try
from hotspot.workflow.issues.store import IssueStore, StoredIssue
from hotspot.workflow.lifecycle.commands import CommandRun, run_command
from hotspot.workflow.lifecycle.start_record import StartRecord, load_start
from hotspot.workflow.lifecycle.steps import moved, require, summary, take

_TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|spec|benches)/|(?:^|/)(?:test|bench)_[^/]*$|[._](?:test|spec)\.\w+$"
)
_PATH_LIKE = re.compile(r"[\w.@+-]*[./][\w./@+-]*")


@dataclass(frozen=True)
class ModifiedFile:
    """A file of the change and what was done to it, in a person's words or in git's."""

    path: str
    what: str


@dataclass(frozen=True)
class Implemented:
    """What ``implement`` wrote.

    Attributes:
        since: the commit that files were compared with; None where that is not known.
        tests: None where no command is configured.
        lint: the same.
    """

    stored: StoredIssue
    since: str | None
    files: tuple[ModifiedFile, ...]
    tests: CommandRun | None
    lint: CommandRun | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "schema": "hotspot.issues.implement/1",
            **summary(self.stored),
            "since": self.since,
            "files": [{"path": file.path, "what": file.what} for file in self.files],
            "tests": self.tests.to_dict() if self.tests else None,
            "lint": self.lint.to_dict() if self.lint else None,
        }


def implement(
    name: str, config: Config, changes: Sequence[str], tests: str | None, *, today: datetime.date
) -> Implemented:
    """Record an implementation: files from git, words from the caller, results of the test and lint commands.

    The status becomes IMPLEMENTED whatever the tests say; failing ones are recorded, and `verify` does not measure
    a program whose tests fail.

    Args:
        name: as `IssueStore.find` reads it.
        config: of the project.
        changes: ``TEXT`` on the whole, or ``PATH=TEXT`` on a file.
        tests: what was done to the tests.
        today: for the log.

    Raises:
        UsageError: no such issue, the step is not legal, or a PATH did not change.
        MissingTool: a command cannot be run.
    """
    store = IssueStore.of(config)
    stored = store.load(store.find(name))
    require(stored, "implement")
    record = load_start(stored, config)
    since = _since(record, config)
    changed = _changed(record, config, since)
    of_files, words = _sorted_out(changes, changed, config.root, known=since is not None)
    files = _modified_files(changed, of_files)
    test_run = run_command(config.test_command, config.root, "test_command") if config.test_command else None
    lint_run = run_command(config.lint_command, config.root, "lint_command") if config.lint_command else None

    def change(stored: StoredIssue) -> Issue:
        blocks = (
            ("Files Modified", "", _files_text(files, since)),
            ("Changes Made", "", "\n".join(words) or _nothing_said(of_files)),
            ("Tests Added/Modified", "", _tests_text(tests, changed, test_run, lint_run)),
        )
        issue = with_try(stored.issue, IMPLEMENTATION, blocks)
        return moved(issue, Status.IMPLEMENTED, today, _log_line(files, test_run, lint_run))

    return Implemented(take(store, name, "implement", change), since, files, test_run, lint_run)


def _since(record: StartRecord | None, config: Config) -> str | None:
    commit = record.commit if record else None
    return commit if commit and has_commit(config.root, commit) else None


def _changed(record: StartRecord | None, config: Config, since: str | None) -> tuple[ChangedFile, ...]:
    """What differs since the start, but for files that lay about untracked then and are as they were."""
    if record is None or since is None:
        return ()
    lay_about = record.untouched(config.root)
    return tuple(file for file in changed_since(config.root, since) if file.path not in lay_about)


def _sorted_out(
    changes: Sequence[str], changed: Sequence[ChangedFile], root: Path, *, known: bool
) -> tuple[dict[str, str], list[str]]:
    """Tell ``PATH=TEXT`` from ``TEXT``, which may hold an equals sign as well."""
    paths = {file.path for file in changed}
    of_files: dict[str, str] = {}
    words: list[str] = []
    for text in changes:
        left, equals, right = text.partition("=")
        path = _in_project(left.strip(), root, paths)
        if equals and path in paths:
            of_files[path] = _joined(of_files.get(path), right)
        elif equals and _PATH_LIKE.fullmatch(left.strip()) and right.strip():
            if known:
                raise UsageError(
                    f"--changes {left}=: that file has not changed since the start",
                    hint=f"changed: {', '.join(sorted(paths)) or 'nothing'}",
                )
            of_files[path] = _joined(of_files.get(path), right)
        elif text.strip():
            words.append(text.strip())
    return of_files, words


def _in_project(path: str, root: Path, paths: set[str]) -> str:
    """A path as typed, relative to the root: people type it relative to where they are."""
    if path in paths:
        return path
    absolute = os.path.abspath(path)
    return os.path.relpath(absolute, root).replace(os.sep, "/") if path else path


def _joined(before: str | None, text: str) -> str:
    return f"{before}; {text.strip()}" if before else text.strip()


def _modified_files(changed: Sequence[ChangedFile], of_files: dict[str, str]) -> tuple[ModifiedFile, ...]:
    files = {file.path: of_files.get(file.path) or _git_words(file) for file in changed}
    return tuple(ModifiedFile(path, what) for path, what in {**of_files, **files}.items())


def _git_words(file: ChangedFile) -> str:
    """What git can say: how, and how much; what for is a person's to say."""
    how = f"renamed from {file.was}" if file.was else file.change
    if file.added is None or file.change == "deleted":
        return how
    return (
        f"{how} (+{file.added} lines)" if not file.removed else f"{how} (+{file.added} -{file.removed} lines)"
    )


def _files_text(files: Sequence[ModifiedFile], since: str | None) -> str:
    if files:
        return "".join(f"- {one_line(file.path)}: {one_line(file.what, 500)}\n" for file in files)
    return f"none: nothing differs from {since[:12]}" if since else UNKNOWN


def _nothing_said(of_files: dict[str, str]) -> str:
    return "see Files Modified" if of_files else f"{UNKNOWN}: say what was changed and why it is faster"


def _tests_text(
    tests: str | None,
    changed: Sequence[ChangedFile],
    test_run: CommandRun | None,
    lint_run: CommandRun | None,
) -> str:
    out = [tests.strip() + "\n"] if tests and tests.strip() else []
    found = [one_line(file.path) for file in changed if _TEST_FILE.search(file.path)]
    if found:
        out.append(bullet(f"Files of tests among the changes: {', '.join(found)}"))
    for what, run, key in (("Tests", test_run, "test_command"), ("Lint", lint_run, "lint_command")):
        out.append(bullet(f"{what}: {one_line(run.sentence, 300) if run else f'not run, {key} is not set'}"))
        if run and not run.passed:
            out += [f"    {line}\n" for line in run.tail]
    return "".join(out)


def _log_line(files: Sequence[ModifiedFile], test_run: CommandRun | None, lint_run: CommandRun | None) -> str:
    parts = [f"{len(files)} file{'s' if len(files) != 1 else ''} modified"]
    for what, run in (("tests", test_run), ("lint", lint_run)):
        if run:
            parts.append(f"{what} {'pass' if run.passed else 'FAIL'}")
        elif what == "tests":
            parts.append("tests not run")
    return ", ".join(parts)
