"""``hotspot issues commit-message``: the message of an optimisation, from what its verification measured."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from hotspot.config import Config
from hotspot.errors import UsageError
from hotspot.git import run_git
from hotspot.workflow.documents.attempts import attempts
from hotspot.workflow.documents.claims import PROMPT, problems, read_message
from hotspot.workflow.issues.issue_model import UNKNOWN
from hotspot.workflow.issues.store import IssueStore

_WIDTH = 72
_INSTRUCTIONS = re.compile(r"^(\S) (?:Please enter the commit message|-+ >8 -+)", re.MULTILINE)


def commit_message(name: str, config: Config) -> str:
    """Return ``NAME: 12.3 ms -> 8.1 ms (-34.1%)`` with the mechanism and the measurement in the body.

    Raises:
        UsageError: no such issue, or its last attempt was not measured: a message without figures helps nobody.
    """
    store = IssueStore.of(config)
    stored = store.load(store.find(name))
    tried = attempts(stored.issue)
    measured = tried[-1].measured if tried else None
    if measured is None:
        raise UsageError(
            f"{stored.name} has no measurement to quote",
            hint=f"`hotspot issues verify {stored.name}` makes one",
        )
    said = tried[-1].done("Changes Made")
    mechanism = (
        " ".join(said.split()) if said not in (UNKNOWN, "") and not said.startswith("not said") else PROMPT
    )
    return "\n".join(
        (
            f"{stored.name}: {measured.short}",
            "",
            textwrap.fill(mechanism, _WIDTH, break_long_words=False, break_on_hyphens=False),
            "",
            f"{measured.benchmark}: {measured.before} -> {measured.after}, {measured.change}",
            "",
        )
    )


def check(text: str, config: Config, *, edited: bool = True) -> tuple[str, ...]:
    """Return what a commit message lacks; see `hotspot.workflow.documents.claims.problems`.

    Args:
        text: the file that git gives its hook.
        config: of the project.
        edited: it comes from git's editor, so that comments in it are cut off; those of ``git commit -m`` are kept.
    """
    if _merging(config):
        return ()
    return problems(read_message(text, _comment(config, text) if edited else None), issue_names(config))


def _merging(config: Config) -> bool:
    """Whether the commit is a merge that is being concluded, whatever its message says."""
    return run_git(config.root, "rev-parse", "--quiet", "--verify", "MERGE_HEAD").returncode == 0


def _comment(config: Config, text: str) -> str:
    """What begins a comment; git chooses it anew for each message where it is told so."""
    told = run_git(config.root, "config", "--get-regexp", r"^core\.comment(char|string)$").stdout.splitlines()
    comment = told[-1].partition(" ")[2] if told else "#"
    if comment != "auto":
        return comment or "#"
    written = _INSTRUCTIONS.search(text)
    return written[1] if written else "#"


def issue_names(config: Config) -> Iterable[str]:
    """Return the names of the project's issues."""
    return [path.stem for path in IssueStore.of(config).files()]
