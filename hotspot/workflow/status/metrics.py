"""What the project asks for beside what was measured and when; its critical paths with their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from hotspot.analysis.totals import group_totals
from hotspot.benchmarks.baselines import Baseline
from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.files import within
from hotspot.importers.registry import load
from hotspot.profile import Int32, Profile
from hotspot.state import State
from hotspot.units import human_seconds, human_share
from hotspot.workflow.gate.budgets import budget_text
from hotspot.workflow.gate.criteria import rule_text
from hotspot.workflow.gate.items import Item, Status
from hotspot.workflow.gate.kept import KeptGate
from hotspot.workflow.gate.rules import Rules, matches
from hotspot.workflow.issues.issue_model import ANALYSIS
from hotspot.workflow.issues.store import StoredIssue


@dataclass(frozen=True)
class Metric:
    """A criterion or budget.

    Attributes:
        name: as the project calls it.
        asked: the rule.
        measured: the figures, or why there are none.
        status: the gate's answer.
        when: the gate gave it; None where it never did.
        of: what was judged, for people.
        source: files and command that the figures come from; empty without figures.
    """

    name: str
    asked: str
    measured: str
    status: Status
    when: datetime | None
    of: str
    source: str


@dataclass(frozen=True)
class CriticalFigure:
    """One figure of a critical path; a path without any has one that says so."""

    pattern: str
    priority: str
    figure: str
    source: str


def metrics(rules: Rules, gates: Sequence[KeptGate]) -> tuple[Metric, ...]:
    """Return every criterion and budget with the gate's newest answer to it as it is now.

    Args:
        rules: of the project.
        gates: what the gate answered, oldest first.
    """
    asked = [("criterion", c.name, rule_text(c)) for c in rules.criteria]
    asked += [("budget", b.name, budget_text(b)) for b in rules.budgets]
    return tuple(metric for kind, name, text in asked for metric in _answers(kind, name, text, gates))


def _answers(kind: str, name: str, asked: str, gates: Sequence[KeptGate]) -> Iterator[Metric]:
    """The items of the newest gate that asked the same; a budget on a pattern has one for each benchmark."""
    for gate in reversed(gates):
        items = [i for i in gate.items if i.kind == kind and i.rule == asked and _is(i, name)]
        if items:
            source = f"{', '.join(map(str, gate.files)) or 'no file'}; by `{' '.join(gate.command)}`"
            for item in items:
                yield Metric(item.name, asked, item.detail, item.status, gate.when, gate.of, source)
            return
    yield Metric(name, asked, "never: `hotspot gate` asks it", "not measured", None, "", "")


def _is(item: Item, name: str) -> bool:
    return item.name == name or item.name.startswith(f"{name}: ")


def critical_figures(
    config: Config,
    rules: Rules,
    issues: Sequence[StoredIssue],
    gates: Sequence[KeptGate],
    baselines: Sequence[Baseline],
) -> tuple[CriticalFigure, ...]:
    """Return what is known of each critical path: shares in the latest profile, times, issues about it."""
    profile = latest_profile(config) if rules.critical else None
    found: list[CriticalFigure] = []
    for critical in rules.critical:
        pattern, figures = critical.pattern, []
        if profile is not None and (share := _share(profile, pattern)) is not None:
            own, total = (human_share(part) for part in share)
            figures.append((f"{own} self, {total} total", _source(profile, config)))
        figures += _times(pattern, gates, baselines)
        for stored in issues:
            if matches(stored.issue.location("Function") or "", pattern):
                contribution = stored.issue.value(ANALYSIS, "Time Contribution")
                status = f"{stored.name} is {stored.issue.status}: {contribution}"
                figures.append((status, stored.issue.field("PROFILE")))
        figures = figures or [("not measured", "no profile, benchmark or issue is about it")]
        found += [CriticalFigure(pattern, critical.priority, *one) for one in figures]
    return tuple(found)


def latest_profile(config: Config) -> Profile | None:
    """Return the profile that commands take where none is named, as far as it is hotspot's own; None without one."""
    newest = _latest(config)
    try:
        return load(str(newest)) if newest is not None else None
    except HotspotError:
        return None  # whoever reads it next is told why


def latest_profile_name(config: Config) -> str | None:
    """Return where that profile lies, relative to the root; None without one."""
    newest = _latest(config)
    return within(config.root, newest) if newest is not None and newest.is_file() else None


def _latest(config: Config) -> Path | None:
    if config.profile is not None:
        return config.root / config.profile
    paths = [path for path in config.state_directory.glob("latest.*") if path.is_file()]
    return max(paths, key=lambda path: path.stat().st_mtime, default=None)


def _source(profile: Profile, config: Config) -> str:
    """Which file, and when it was recorded of which commit, where hotspot recorded it."""
    path, sha256 = profile.provenance.path, profile.provenance.sha256
    samples = f", {profile.sample_count:,} samples" if profile.sample_count is not None else ""
    text = f"{within(config.root, path)} (sha256 {sha256[:12]}...{samples})"
    record = State(config.state_directory).newest_records({sha256}).get(sha256)
    if record is None:
        return text
    of = (
        f" of commit {record.revision[:12]}{' with changes' if record.dirty else ''}"
        if record.revision
        else ""
    )
    return f"{text}, recorded {record.started:%Y-%m-%d}{of}"


def _share(profile: Profile, pattern: str) -> tuple[float, float] | None:
    """Self and total share of the functions that a pattern fits, recursion counted once; None where none does."""
    functions, strings = profile.functions, profile.frames.strings
    fits = np.array([matches(strings[int(name)], pattern) for name in functions.name], dtype=bool)
    if not fits.any():
        return None
    group: Int32 = np.where(fits[functions.of_frame], 0, -1).astype(np.int32)
    own, total = group_totals(profile, group, 1)
    return profile.share(int(own[0])), profile.share(int(total[0]))


def _times(pattern: str, gates: Sequence[KeptGate], baselines: Sequence[Baseline]) -> list[tuple[str, str]]:
    """The newest gate's benchmarks that a pattern fits, else the newest baseline's."""
    for gate in reversed(gates):
        items = [i for i in gate.items if i.kind in ("benchmark", "function") and matches(i.name, pattern)]
        if items:
            files = ", ".join(map(str, gate.files))
            return [(f"{i.name}: {i.detail} ({i.status})", f"{gate.when:%Y-%m-%d}, {files}") for i in items]
    for baseline in reversed(baselines):
        found = [
            b for b in (baseline.results.benchmarks if baseline.results else ()) if matches(b.name, pattern)
        ]
        if found:
            return [
                (f"{b.name}: {human_seconds(b.median)}", f"baseline {baseline.label or baseline.id}")
                for b in found
            ]
    return []
