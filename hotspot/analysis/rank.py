"""What is hot: functions, lines, files or modules by self or total weight."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from hotspot.analysis.totals import group_totals, nearest_marked, sum_by_group
from hotspot.profile import Bool, Int32, Int64, Profile
from hotspot.text import printable

By = Literal["function", "line", "file", "module"]
Sort = Literal["self", "total"]

NOT_IN_APP = "[not in-app]"


@dataclass(frozen=True)
class RankRow:
    """One row of a ranking. Weights are stored weights; shares are 0 to 1 of the whole.

    Attributes:
        line: for a function, its hottest known line.
        in_app: whether the project owns it; None where that is not known, or holds for a part of it only.
    """

    rank: int
    function: str | None
    file: str | None
    line: int | None
    module: str | None
    self_weight: int
    self_share: float
    total_weight: int
    total_share: float
    in_app: bool | None

    @property
    def name(self) -> str:
        """What a person calls the row."""
        return self.function or self.file or self.module or "[unknown]"


@dataclass(frozen=True)
class Ranking:
    """The hottest rows of a profile, hottest first."""

    profile: Profile
    sort: Sort
    by: By
    in_app: bool
    rows: tuple[RankRow, ...]
    available: int

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        number = self.profile.value_type.number
        return {
            "schema": "hotspot.top/1",
            "profile": self.profile.to_dict(),
            "sort": self.sort,
            "by": self.by,
            "in_app": self.in_app,
            "rows": [
                {
                    "rank": row.rank,
                    "function": row.function,
                    "file": row.file,
                    "line": row.line,
                    "module": row.module,
                    "self": number(row.self_weight),
                    "self_share": row.self_share,
                    "total": number(row.total_weight),
                    "total_share": row.total_share,
                    "in_app": row.in_app,
                }
                for row in self.rows
            ],
            "shown": len(self.rows),
            "hidden_self": number(self.profile.hidden_weight),
        }

    def __repr__(self) -> str:
        """Return one line that says what it is; printing it shows the table."""
        hottest = f", hottest {printable(self.rows[0].name)}" if self.rows else ""
        what = f"{len(self.rows)} of {self.available:,} {self.by} rows by {self.sort}"
        return f"<Ranking {what}{hottest}, of {self.profile!r}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the result in a notebook."""
        from hotspot.notebook import mimebundle

        return mimebundle(self)

    def __str__(self) -> str:
        """Return the ranking as a plain text table."""
        from hotspot.report.rank import ranking_report
        from hotspot.report.table import plain

        return plain(ranking_report(self))


def rank(
    profile: Profile,
    *,
    n: int = 20,
    sort: Sort = "self",
    by: By = "function",
    in_app: bool = False,
    owned: Bool | None = None,
    known: Bool | None = None,
) -> Ranking:
    """Rank a profile.

    Args:
        profile: what to rank, in its selected value type.
        n: rows to return; 0 for all.
        sort: by self or total weight.
        by: what a row is.
        in_app: charge each sample to the nearest frame, from the leaf upwards, that the project owns; what no
            owned frame holds is one row ``[not in-app]``.
        owned: which frames the project owns, bool[frames]; None where nothing is known.
        known: for which frames ``owned`` is certain, bool[frames]; all where None.
    """
    group_of_frame, groups = _groups(profile, by)
    node_self, rest = profile.node_self, 0
    if in_app:
        mine = np.zeros(len(profile.frames), dtype=bool) if owned is None else owned
        node_self = charge_to_owned(profile, mine)
        rest = profile.total - int(node_self.sum())
        # Only owned frames make up rows: a file or module, above all an unknown one, can hold others as well.
        group_of_frame = np.where(mine, group_of_frame, np.int32(-1))
    frame_self = sum_by_group(profile.call_tree.frame, node_self, len(profile.frames))
    self_weight = sum_by_group(group_of_frame, frame_self, groups)
    _, total_weight = group_totals(profile, group_of_frame, groups)
    keep = _occurring(profile, group_of_frame, groups)
    order = _order(profile, np.flatnonzero(keep), group_of_frame, self_weight, total_weight, sort)
    shown = order[:n] if n > 0 else order
    builder = _RowBuilder(profile, by, group_of_frame, frame_self, owned, known)
    rows = [
        builder.row(i + 1, int(group), int(self_weight[group]), int(total_weight[group]))
        for i, group in enumerate(shown)
    ]
    if rest:
        rows = _insert_rest(rows, rest, profile, sort, n)
    return Ranking(profile, sort, by, in_app, tuple(rows), int(keep.sum()) + bool(rest))


def charge_to_owned(profile: Profile, owned: Bool) -> Int64:
    """Move each node's self weight to its nearest owned node (itself or an ancestor), int64[nodes].

    Weight that no owned node holds is left out. ``owned`` is bool[frames].
    """
    tree = profile.call_tree
    holder = nearest_marked(tree, owned[tree.frame])
    return sum_by_group(holder, profile.node_self, len(tree))


def hottest_lines(
    profile: Profile, frame_self: Int64, group_of_frame: Int32, groups: int
) -> tuple[Int32, Int32]:
    """Return the hottest frame with a known line of each group and its line, int32[groups] each; -1 and 0 if none.

    Frames of group -1, and frames that no stack holds (filters leave such behind), are left out.
    """
    frames = profile.frames
    occurring = np.zeros(len(frames), dtype=bool)
    occurring[profile.call_tree.frame] = True
    known = np.flatnonzero((frames.line > 0) & occurring & (group_of_frame >= 0))
    frame_total = sum_by_group(profile.call_tree.frame, profile.node_total, len(frames))
    # Ascending by (group, self, total, smaller line last): the last of each group wins.
    order = known[
        np.lexsort((-frames.line[known], frame_total[known], frame_self[known], group_of_frame[known]))
    ]
    best = np.full(groups, -1, dtype=np.int32)
    best[group_of_frame[order]] = order
    line = np.where(best >= 0, frames.line[best], 0).astype(np.int32)
    return best, line


def _groups(profile: Profile, by: By) -> tuple[Int32, int]:
    frames = profile.frames
    if by == "function":
        return profile.functions.of_frame, len(profile.functions)
    if by == "line":
        key = profile.functions.of_frame.astype(np.int64) * (2**31) + frames.line
    else:
        key = (frames.file if by == "file" else frames.module).astype(np.int64)
    distinct, inverse = np.unique(key, return_inverse=True)
    return inverse.reshape(-1).astype(np.int32), len(distinct)


def _occurring(profile: Profile, group_of_frame: Int32, groups: int) -> Bool:
    """Which groups any sample touches: frames that only filtered stacks had are not rows."""
    group = group_of_frame[profile.call_tree.frame]
    seen = np.zeros(groups, dtype=bool)
    seen[group[group >= 0]] = True
    return seen


def _first_frames(group_of_frame: Int32, groups: int) -> Int64:
    """The first frame of each group, int64[groups]; -1 where it has none."""
    members = np.flatnonzero(group_of_frame >= 0)[::-1]
    first = np.full(groups, -1, dtype=np.int64)
    first[group_of_frame[members]] = members
    return first


def _order(
    profile: Profile,
    candidates: Int64,
    group_of_frame: Int32,
    self_weight: Int64,
    total_weight: Int64,
    sort: Sort,
) -> Int64:
    """Hottest first; ties by the other weight, then by name, so that output is stable between runs."""
    first = _first_frames(group_of_frame, len(self_weight))
    strings = profile.frames.strings
    main, other = (self_weight, total_weight) if sort == "self" else (total_weight, self_weight)
    names = [strings[int(profile.frames.name[first[g]])] for g in candidates]
    key = sorted(
        range(len(candidates)),
        key=lambda i: (-int(main[candidates[i]]), -int(other[candidates[i]]), names[i]),
    )
    return candidates[key]


class _RowBuilder:
    """Looks up the texts of a group once per shown row."""

    def __init__(
        self,
        profile: Profile,
        by: By,
        group_of_frame: Int32,
        frame_self: Int64,
        owned: Bool | None,
        known: Bool | None,
    ) -> None:
        self.profile = profile
        self.by = by
        groups = int(group_of_frame.max(initial=-1)) + 1
        self.first = _first_frames(group_of_frame, groups)
        _, self.line = hottest_lines(profile, frame_self, group_of_frame, groups)
        size, yes, no = (
            sum_by_group(group_of_frame, mask.astype(np.int64), groups)
            for mask in _verdicts(len(group_of_frame), owned, known)
        )
        self.all_owned, self.none_owned = yes == size, no == size

    def row(self, rank: int, group: int, self_weight: int, total_weight: int) -> RankRow:
        frame = int(self.first[group])
        frames, strings = self.profile.frames, self.profile.frames.strings
        function, file, module = (
            strings[int(column[frame])] or None for column in (frames.name, frames.file, frames.module)
        )
        line: int | None = int(self.line[group]) or None
        if self.by in ("file", "module"):
            function, line = None, None
        if self.by == "file":
            module = None
        if self.by == "module":
            file = None
        in_app = True if self.all_owned[group] else False if self.none_owned[group] else None
        share = self.profile.share
        return RankRow(
            rank,
            function,
            file,
            line,
            module,
            self_weight,
            share(self_weight),
            total_weight,
            share(total_weight),
            in_app,
        )


def _verdicts(frames: int, owned: Bool | None, known: Bool | None) -> tuple[Bool, Bool, Bool]:
    """Which frames there are, which are known to be owned, and which are known not to be."""
    every = np.ones(frames, dtype=bool)
    if owned is None:
        return every, ~every, ~every
    sure = every if known is None else known
    return every, owned & sure, ~owned & sure


def _insert_rest(rows: list[RankRow], rest: int, profile: Profile, sort: Sort, n: int) -> list[RankRow]:
    share = profile.share(rest)
    row = RankRow(0, NOT_IN_APP, None, None, None, rest, share, rest, share, False)
    merged = sorted([*rows, row], key=lambda r: -(r.self_weight if sort == "self" else r.total_weight))
    merged = merged[:n] if n > 0 else merged
    return [replace(r, rank=i + 1) for i, r in enumerate(merged)]
