"""What the project's issues say of the optimisations that a change's commits name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hotspot.config import Config
from hotspot.workflow.documents.attempts import Measured, attempts
from hotspot.workflow.issues.store import IssueStore


@dataclass(frozen=True)
class NamedIssue:
    """An issue that commits name.

    Attributes:
        path: of its file, relative to the project's root.
        status: as it stands.
        measured: by its last verification; None where there is none.
    """

    name: str
    path: str
    status: str
    measured: Measured | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return dict(vars(self)) | {"measured": dict(vars(self.measured)) if self.measured else None}


def named_issues(config: Config, names: Iterable[str]) -> tuple[NamedIssue, ...]:
    """Return the issues of these names, in their order."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return ()
    stored = {each.name: each for each in IssueStore.of(config).read().issues}
    found = []
    for name in wanted:
        if name in stored:
            tried = attempts(stored[name].issue)
            path = stored[name].path.relative_to(config.root).as_posix()
            status = str(stored[name].issue.status)
            found.append(NamedIssue(name, path, status, tried[-1].measured if tried else None))
    return tuple(found)
