"""The sections of a report, for one profile or for a before and an after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hotspot.analysis.diff import Diff, merged_side
from hotspot.analysis.flame import flame_of_diff, flame_of_profile
from hotspot.analysis.rank import Ranking, RankRow, rank
from hotspot.analysis.trust import trust
from hotspot.config import Config
from hotspot.profile import Bool, Profile
from hotspot.report.diff import explanations, rows_table, side_headline
from hotspot.report.issues import draft_report, list_report
from hotspot.report.page import Folded, Page, Picture, Section
from hotspot.report.rank import headline, ranking_table, where
from hotspot.report.table import Cell, Column, Table, clean, clean_sentence
from hotspot.source.ownership import Ownership, Verdict
from hotspot.text import printable
from hotspot.units import human_duration, human_share
from hotspot.workflow.issues.draft import draft_issues
from hotspot.workflow.issues.store import IssueStore

ROWS = 20
"""Rows of a page's tables; readers of a page sort and search."""

BRIEF_ROWS = 10
"""Rows where room is short."""

VERDICTS = {
    "regressed": Cell("Slower", tone="worse"),
    "improved": Cell("Faster", tone="better"),
    "mixed": Cell("Slower here, faster there", tone="worse"),
    "unchanged": Cell("Unchanged"),
    "inconclusive": Cell("Inconclusive", tone="quiet"),
    "suspect": Cell("Likely changed, not proven", tone="quiet"),
}


def profile_page(profile: Profile, config: Config, *, n: int = ROWS) -> Page:
    """Return the report of one profile.

    Args:
        profile: in its selected value type.
        config: of the project, which tells what is in-app and holds the issues.
        n: rows of a table at most; 0 for all.
    """
    owned = Ownership(config).classify(profile)
    return Page(
        title=_name(profile),
        verdict=None,
        sentence=_hottest(profile, owned),
        sections=(
            Section("summary", "Summary", (_facts((profile,), ("",)),)),
            *_top(profile, owned, n),
            Section(
                "flamegraph", "Flame graph", (Picture(flame_of_profile(profile, owned.owned, owned.known)),)
            ),
            _issues(profile, config),
            _trust((profile,)),
        ),
    )


def diff_page(diff: Diff, config: Config, *, n: int = ROWS) -> Page:
    """Return the report of a before and an after; see `profile_page`."""
    ownership = Ownership(config)

    def in_app(run: Profile) -> tuple[Bool, Bool]:
        verdict = ownership.classify(run)
        return verdict.owned, verdict.known

    difference = flame_of_diff(diff, in_app)
    verdict = VERDICTS[diff.verdict]
    before, after = (replace(merged_side(side), label=_side_name(side)) for side in (diff.before, diff.after))
    owned = ownership.classify(after)
    moved = [row for row in diff.rows if row.significant or row.culprit or row.status == "cost_shift"]
    others = [row for row in diff.rows if row not in moved]
    shown = (*moved, *(others[: max(n - len(moved), 0)] if n else others))
    rest = len(diff.rows) - len(shown)
    method = tuple(Cell(text, tone="quiet") for text in explanations(diff))
    few = rows_table(moved if moved else others[:BRIEF_ROWS])
    return Page(
        title=" \N{RIGHTWARDS ARROW} ".join(_side_name(side) for side in (diff.before, diff.after)),
        verdict=verdict,
        sentence=clean_sentence(diff.sentence).removeprefix(f"{verdict.text}: "),
        sections=(
            Section(
                "summary",
                "Summary",
                (_facts((before, after), ("before", "after")),),
                (f"before: {side_headline(diff.before)}", f"after: {side_headline(diff.after)}"),
            ),
            Section(
                "changes",
                "What changed",
                (rows_table(shown), *_more(rest, "function"), *method),
                (few, *_more(len(diff.rows) - len(few.rows), "function"), *method),
            ),
            Section("difference", "Where it changed", (Picture(difference),)),
            *_top(after, owned, n, " after"),
            Section(
                "flamegraph",
                "Flame graph after",
                (Picture(flame_of_profile(after, owned.owned, owned.known)),),
            ),
            _issues(after, config),
            _trust((before, after)),
        ),
    )


# -- summary --------------------------------------------------------------------------------------


def _name(profile: Profile) -> str:
    return clean(profile.label or profile.provenance.path or "profile")


def _side_name(runs: Sequence[Profile]) -> str:
    return _name(runs[0]) if len(runs) == 1 else f"{_name(runs[0])} to {_name(runs[-1])}"


def _hottest(profile: Profile, owned: Verdict) -> str:
    """Return the sentence of one profile: the hottest function, and what answers for most in the project's code."""
    rows = rank(profile, n=1, owned=owned.owned, known=owned.known).rows
    if not rows:
        return "The profile holds no weight."
    sentence = f"{_named(rows[0])} is the hottest function: {human_share(rows[0].self_share)} by itself"
    if not owned.owned.any():
        return f"{sentence}."
    charged = _charged(profile, owned, 0).rows
    mine = [row for row in charged if row.in_app]
    share = sum(row.self_share for row in mine)
    if not mine:
        return f"{sentence}."
    return (
        f"{sentence}. In-app code answers for {human_share(share)}, most of it {_named(mine[0])} "
        f"with {human_share(mine[0].self_share)}."
    )


def _named(row: RankRow) -> str:
    place = where(row, "function")
    return f"{clean(row.name)} ({clean(place)})" if place else clean(row.name)


def _total(side: Profile) -> str:
    human = side.value_type.human(side.whole)
    return (
        f"{human} samples" if side.value_type.counts_samples else f"{human} of {clean(side.value_type.type)}"
    )


def _facts(sides: Sequence[Profile], titles: Sequence[str]) -> Table:
    """Return what is known of each side, a column a side; what is known of none has no row."""
    facts = [trust(side) for side in sides]
    rows = [
        ("profile", [_name(side) for side in sides]),
        (
            "total",
            [_total(side) for side in sides],
        ),
        ("samples", ["" if side.sample_count is None else f"{side.sample_count:,}" for side in sides]),
        ("runs", ["" if side.provenance.runs == 1 else str(side.provenance.runs) for side in sides]),
        (
            "duration",
            ["" if f.duration_ns is None else human_duration(f.duration_ns) for f in facts],
        ),
        ("stacks", [f"{f.profile.stack_count:,} distinct, {f.max_depth} deep" for f in facts]),
        ("recorded by", [clean(side.provenance.producer) for side in sides]),
        ("format", [clean(side.provenance.format) for side in sides]),
    ]
    columns = (Column(""), *(Column(title) for title in titles))
    return Table(
        columns,
        tuple((Cell(what, tone="quiet"), *(Cell(text) for text in told)) for what, told in rows if any(told)),
    )


# -- tables ---------------------------------------------------------------------------------------


def _top(profile: Profile, owned: Verdict, n: int, when: str = "") -> list[Section]:
    """Return the hottest functions and, where it is known what the project owns, who answers for the time."""
    ranking = rank(profile, n=n, owned=owned.owned, known=owned.known)
    table = ranking_table(ranking)
    few = Table(table.columns, table.rows[:BRIEF_ROWS])
    sections = [
        Section(
            "top",
            f"Hottest functions{when}",
            (table, *_more(ranking.available - len(table.rows), "function")),
            (few, *_more(ranking.available - len(few.rows), "function")),
        )
    ]
    if owned.owned.any():
        charged = ranking_table(_charged(profile, owned, n))
        note = "Time of libraries, runtime and kernel is charged to the nearest caller that the project owns."
        few = Table(charged.columns, charged.rows[:BRIEF_ROWS])
        sections.append(Section("in-app", f"In-app code{when}", (note, charged), (note, few)))
    return sections


def _charged(profile: Profile, owned: Verdict, n: int) -> Ranking:
    return rank(profile, n=n, in_app=True, owned=owned.owned, known=owned.known)


def _more(rest: int, what: str) -> list[Cell]:
    return [Cell(f"{rest:,} more {what}{'' if rest == 1 else 's'}", tone="quiet")] if rest > 0 else []


# -- issues and trust -----------------------------------------------------------------------------


def _issues(profile: Profile, config: Config) -> Section:
    """Return the project's issues, or what would be drafted where there are none."""
    contents = IssueStore.of(config).read()
    if not contents.issues and not contents.unreadable:
        drafts = draft_report(draft_issues(profile, config, dry_run=True)).parts[
            1:
        ]  # the headline is the page's
        return Section("issues", "Issues that would be drafted", drafts)
    listed = list_report(contents.issues, [str(unreadable.error) for unreadable in contents.unreadable]).parts
    texts = tuple(Folded(stored.name, _shown(stored.issue.text)) for stored in contents.issues)
    return Section("issues", "Issues of the project", (*listed, *texts), listed)


def _shown(text: str) -> str:
    """Return an issue's text, line by line without what a page would obey."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in text.splitlines())


def _trust(sides: Sequence[Profile]) -> Section:
    """Return what each side lost and how the next recording can be trusted more."""
    parts: list[str | Cell | Table] = []
    for side in sides:
        facts = trust(side)
        lines = [clean_sentence(loss.text) for loss in side.provenance.losses]
        lines += [clean_sentence(advice) for advice in facts.advice]
        parts.append(Cell(headline(side), tone="strong"))
        parts += [f"\N{BULLET} {line}" for line in lines] or ["Nothing is known to be lost."]
    return Section("trust", "How far to trust it", tuple(parts))
