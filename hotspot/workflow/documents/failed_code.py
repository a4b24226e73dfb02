"""The code of a failed attempt: its diff, how to keep it on a branch, and whether main is clear of it.

Nothing here changes the repository; commands are for a person to type.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.git import ask_git, run_git
from hotspot.source.changes import changed_since, has_commit
from hotspot.workflow.documents.performance import FILE as STATUS_FILE
from hotspot.workflow.documents.prose import as_code
from hotspot.workflow.documents.research import FOLDER
from hotspot.workflow.documents.worklog_entry import commit_of_issue, slow_branch
from hotspot.workflow.issues.issue_model import Status
from hotspot.workflow.issues.store import StoredIssue
from hotspot.workflow.lifecycle.start_record import load_start

_MOST_LINES = 200
_PAPERS = (":(exclude,glob)perf-issues/**", f":(exclude,glob){FOLDER}/**", f":(exclude){STATUS_FILE}")


@dataclass(frozen=True)
class FailedCode:
    """Where the code of a failed attempt is.

    Attributes:
        where: for people: the working tree, commits, or a branch; None where it is gone.
        diff: against the commit at the start, as git prints it; empty where it is gone.
        branch_command: keeps it on a branch; None where one does already, or where it is gone.
        files: that still have it in the working tree.
    """

    where: str | None
    diff: str
    branch_command: str | None
    files: tuple[str, ...]

    def diff_block(self) -> str:
        """Return the diff as Markdown, long ones cut."""
        lines = self.diff.splitlines()
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", self.diff))])
        cut = [f"... {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
        return "\n".join([f"{fence}diff", *lines[:_MOST_LINES], *cut, fence])


@dataclass(frozen=True)
class MainBranch:
    """Whether the main branch is at the last verified state.

    Attributes:
        name: of the branch.
        at_last_verified: whether its code is that of the last verified commit; None where that is not known.
        verified: the commit, for people: of the newest verified issue, else where the attempt began.
        beyond: commits that changed the code since, newest first.
    """

    name: str
    at_last_verified: bool | None
    verified: str | None
    beyond: tuple[str, ...]


def failed_code(stored: StoredIssue, config: Config) -> FailedCode:
    """Find the code of an issue's last attempt: in the working tree, in commits since the start, else on its branch."""
    root, branch = config.root, slow_branch(stored.name)
    start = load_start(stored, config)
    since = start.commit if start is not None else None
    kept = run_git(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").returncode == 0
    if since is None or not has_commit(root, since):
        return FailedCode(f"branch {branch}" if kept else None, "", None, ())
    changed = [
        f.path for f in changed_since(root, since) if not f.path.startswith((f"{FOLDER}/", STATUS_FILE))
    ]
    if changed:
        uncommitted = run_git(root, "status", "--porcelain", "--", *changed).stdout.strip() != ""
        where = "the working tree, not committed" if uncommitted else f"the commits since {since[:12]}"
        command = None if kept else _branch_command(config, stored.name, changed, uncommitted=uncommitted)
        diff = _diff(config, since, None, changed)
        return FailedCode(where, diff, command, tuple(changed))
    if kept:
        return FailedCode(f"branch {branch}", _diff(config, since, branch, ["."]), None, ())
    return FailedCode(None, "", None, ())


def main_branch(config: Config, stored: StoredIssue, issues: Sequence[StoredIssue]) -> MainBranch | None:
    """Return where the main branch is; None outside git, or where there is no telling which branch that is."""
    name = _main_name(config)
    if name is None:
        return None
    verified = _last_verified(config, issues)
    start = load_start(stored, config)
    if verified is None and start is not None and start.commit and has_commit(config.root, start.commit):
        verified = start.commit, f"{start.commit[:12]}, where the attempt began"
    if verified is None:
        return MainBranch(name, None, None, ())
    commit, words = verified
    differs = run_git(config.root, "diff", "--quiet", commit, name, "--", ".", *_PAPERS).returncode == 1
    log = ask_git(config.root, "log", "--format=%h %s", f"{commit}..{name}", "--", ".", *_PAPERS)
    return MainBranch(name, not differs, words, tuple(log.splitlines()) if differs else ())


def _diff(config: Config, since: str, to: str | None, paths: Sequence[str]) -> str:
    revisions = [since] if to is None else [since, to]
    done = run_git(
        config.root, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--relative", "-M", *revisions,
        "--", *(f":(literal){path}" if path != "." else path for path in paths), *_PAPERS,
    )  # fmt: skip
    return done.stdout.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _branch_command(config: Config, name: str, files: Sequence[str], *, uncommitted: bool) -> str:
    branch, issue = shlex.quote(slow_branch(name)), shlex.quote(name)
    if not uncommitted:
        return f"git branch {branch} {ask_git(config.root, 'rev-parse', '--short', 'HEAD')}"
    paths = shlex.join(files)
    return (
        f"git switch -c {branch} && git add -- {paths} && hotspot issues commit-message {issue} | "
        f"git commit -F - -- {paths} && git switch -"
    )


def _main_name(config: Config) -> str | None:
    """The branch that others start from: what the remote says, else main or master, else what is checked out."""
    try:
        remote = run_git(
            config.root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"
        ).stdout.strip()
        current = run_git(config.root, "symbolic-ref", "--quiet", "--short", "HEAD").stdout.strip()
        for name in (remote.partition("/")[2], "main", "master", current):
            if (
                name
                and run_git(config.root, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}").returncode
                == 0
            ):
                return name
    except HotspotError:
        pass
    return None


def _last_verified(config: Config, issues: Sequence[StoredIssue]) -> tuple[str, str] | None:
    """The newest commit that names a verified issue: full hash, and words for people."""
    done = [stored for stored in issues if stored.issue.status is Status.VERIFIED]
    named = [
        found for stored in done if (found := commit_of_issue(config, stored, load_start(stored, config)))
    ]
    if not named:
        return None
    newest = ask_git(config.root, "rev-list", "--no-walk=sorted", *(full for full, _ in named)).splitlines()[
        0
    ]
    return next((full, as_code(words)) for full, words in named if full == newest)
