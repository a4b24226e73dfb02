"""One entry of the worklog: what a try changed, what was measured, and what it cost elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.git import ask_git
from hotspot.workflow.documents.attempts import Attempt, attempts, log_entries
from hotspot.workflow.documents.prose import as_code, flat, table_row
from hotspot.workflow.gate.kept import KeptGate
from hotspot.workflow.issues.issue_model import UNKNOWN, Status
from hotspot.workflow.issues.store import StoredIssue
from hotspot.workflow.lifecycle.start_record import StartRecord

RESULTS = ("Benchmark", "Before", "After", "Change")


def entry_lines(
    config: Config,
    stored: StoredIssue,
    attempt: Attempt,
    start: StartRecord | None,
    gates: Sequence[KeptGate],
) -> list[str]:
    """Return what the worklog says of a try.

    Args:
        config: of the project.
        stored: the issue.
        attempt: the try.
        start: what was recorded at the start of the work.
        gates: all answers that the gate gave, oldest first.
    """
    begun, ended = dates(stored, attempt)
    at = f" {start.recorded[11:16]} UTC" if start is not None and start.recorded[:10] == begun else ""
    last = attempt.number == len(attempts(stored.issue))
    status = str(stored.issue.status) if last else f"{attempt.verdict}, tried again"
    commit = commit_of_issue(config, stored, start) if last else None
    lines = [
        f"- **Time:** {begun}{at}" + (f" to {ended}" if ended and ended != begun else ""),
        f"- **Status:** {status}" + (f" ({attempt.verdict})" if last and attempt.verification else ""),
        f"- **Changes:** {flat(attempt.done('Changes Made'))}",
        f"- **Files:** {flat(attempt.done('Files Modified'))}",
        f"- **Commit:** {_commit_words(config, stored, attempt, commit)}",
    ]
    lines += ["", *table, ""] if (table := results_table(attempt)) else []
    lines.append(f"- **Trade-offs:** {trade_offs(attempt)}")
    lines.append(f"- **Side effects:** {_side_effects(attempt)}")
    gate = _gate_of(gates, stored, attempt, commit[0] if commit else None, start)
    if gate is not None:
        lines.append(f"- **Gate:** {gate_words(gate)}")
    lines.append(f"- **Data:** [{stored.path.name}]({stored.path.name}); {flat(attempt.said('Commands'))}")
    return lines


def results_table(attempt: Attempt) -> list[str]:
    """Return the target and everything measured beside it as lines of a Markdown table; none where nothing was."""
    measured = attempt.measured
    if measured is None:
        return []
    rows = [(measured.benchmark, measured.before, measured.after, measured.change)]
    rows += [(e.what, e.before, e.after, e.change_text) for e in attempt.side_effects]
    return [table_row(*RESULTS), "|---|---:|---:|---|", *(table_row(*row) for row in rows)]


def trade_offs(attempt: Attempt) -> str:
    """Say what got better and what worse, and what decided where both happened."""
    if attempt.measured is None:
        return UNKNOWN
    better, worse = (", ".join(attempt.moved[direction]) for direction in ("better", "worse"))
    if better and worse:
        decided = flat(attempt.said("Verdict").partition("\n")[2])
        return (
            f"partial success: better: {better}; worse: {worse}. {decided or f'Verdict: {attempt.verdict}'}"
        )
    return f"worse: {worse}; nothing got better" if worse else "of what was measured, nothing got worse"


def gate_words(gate: KeptGate) -> str:
    """Say how the gate answered, of what, and what it did not let pass."""
    when = f"{gate.when:%Y-%m-%d}, {gate.of}" + (f", against {gate.base}" if gate.base else "")
    named = [f"{i.name}: {i.detail} ({i.rule})" for i in gate.items if i.status == "not met"]
    named += [gate.partial] if gate.partial else []
    told = f": {'; '.join(named)}" if named else f": {sum(i.status == 'met' for i in gate.items)} met"
    data = ", ".join(map(str, gate.files))
    return flat(f"{gate.verdict} ({when}){told}" + (f"; data: {data}" if data else ""))


def dates(stored: StoredIssue, attempt: Attempt) -> tuple[str, str]:
    """When the try was begun and when it was verified, as far as the progress log and the sections tell."""
    started = [day for day, status, _ in log_entries(stored.issue) if status == Status.IN_PROGRESS]
    begun = started[min(attempt.number, len(started)) - 1] if started else ""
    ended = attempt.said("Date") if attempt.verification else ""
    return begun, ended


def commit_of_issue(config: Config, stored: StoredIssue, start: StartRecord | None) -> tuple[str, str] | None:
    """Return the newest commit since the start that names the issue: full hash, and short hash and subject; or None.

    One whose subject begins with the name, as ``commit-message`` writes it, goes before one that mentions it.
    """
    since = (f"{start.commit}..HEAD",) if start is not None and start.commit else ("HEAD",)
    try:
        found = ask_git(config.root, "log", "--format=%H %h %s", "-F", f"--grep={stored.name}", *since, "--")
    except HotspotError:
        return None
    name = re.compile(rf"(?<![\w-]){re.escape(stored.name)}(?![\w-])")
    commits = [(full, rest) for full, _, rest in (line.partition(" ") for line in found.splitlines())]
    named = [one for one in commits if name.search(one[1].partition(" ")[2])]
    of_it = [one for one in named if one[1].partition(" ")[2].startswith(f"{stored.name}:")]
    return next(iter((*of_it, *named)), None)


def slow_branch(name: str) -> str:
    """Return the branch that keeps the code of a failed attempt."""
    return f"slow-{name}"


def _commit_words(
    config: Config, stored: StoredIssue, attempt: Attempt, commit: tuple[str, str] | None
) -> str:
    if commit is not None:
        return as_code(commit[1])
    if not attempt.failed:
        return f"none yet names {stored.name}"
    branch = slow_branch(stored.name)
    try:
        kept = ask_git(config.root, "log", "-1", "--format=%h %s", branch, "--")
    except HotspotError:
        return f"none: it failed, and no branch {branch} keeps it"
    return f"{as_code(kept)} on branch `{branch}`"


def _side_effects(attempt: Attempt) -> str:
    if attempt.verification is None:
        return UNKNOWN
    known = [f"{e.what} {e.before} -> {e.after} ({e.change:+.1f}%)" for e in attempt.side_effects]
    items = [item for item in attempt.said("Side Effects").splitlines() if item.startswith("- ")]
    others = "" if any(e.benchmark for e in attempt.side_effects) else "other benchmarks: none were measured"
    memory = "" if any(not e.benchmark for e in attempt.side_effects) else "peak memory: not known"
    return flat("\n".join(f"- {text}" for text in (*known, memory, others) if text)) if items else UNKNOWN


def _gate_of(
    gates: Sequence[KeptGate],
    stored: StoredIssue,
    attempt: Attempt,
    commit: str | None,
    start: StartRecord | None,
) -> KeptGate | None:
    """The newest answer on the commit of the issue; before there is one, on its last try as it lies uncommitted."""
    if attempt.number != len(attempts(stored.issue)):
        return None
    found = [gate for gate in gates if commit is not None and gate.revision == commit and not gate.dirty]
    if not found and start is not None and not attempt.failed:  # a failed try is taken out of the tree again
        since = datetime.fromisoformat(start.recorded)
        found = [g for g in gates if g.dirty and g.revision == start.commit and g.when >= since]
    return found[-1] if found else None
