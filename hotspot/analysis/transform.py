"""Filters: focus, ignore, hide, show, show-from, prune-from, thread, time range; pprof's meanings, in this order.

| filter       | effect on a sample |
|--------------|--------------------|
| focus        | kept where some frame matches |
| ignore       | dropped where some frame matches |
| hide         | matching frames leave the stack; a sample left without frames is dropped |
| show         | only matching frames stay; a sample left without frames is dropped |
| show-from    | frames above the match nearest to the root leave; dropped where nothing matches |
| prune-from   | frames below the match nearest to the leaf leave |
| thread       | kept where its thread's name contains the word, or its pid or tid is the number |
| time range   | kept where its time, from the profile's first sample on, lies in [from, to) |

Source: pprof's documentation and profile/filter.go, profile/prune.go for the corner cases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from hotspot.analysis.pattern import compile_pattern, matching_frames
from hotspot.analysis.totals import nearest_marked, on_path
from hotspot.builder import one_row_a_stack
from hotspot.errors import UsageError
from hotspot.profile import Bool, Int32, Int64, Profile, Samples
from hotspot.tree_layout import merge_handles

_DURATION = re.compile(r"^\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ns|us|µs|ms|s|m|min|h)?\s*$")
_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, None: 10**9, "s": 10**9,
    "m": 60 * 10**9, "min": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What to leave out; every field is a pattern as `hotspot.analysis.pattern` reads it, or None.

    Attributes:
        time_range: nanoseconds from the first sample, half open; None on a side is open.
        relative: make shares relative to what is left.
    """

    focus: str | None = None
    ignore: str | None = None
    hide: str | None = None
    show: str | None = None
    show_from: str | None = None
    prune_from: str | None = None
    thread: str | None = None
    time_range: tuple[int | None, int | None] | None = None
    relative: bool = False

    def __bool__(self) -> bool:
        return any(value is not None for name, value in vars(self).items() if name != "relative")

    @property
    def patterns(self) -> dict[str, str]:
        """The filters that were given and look for frames, in the order in which they apply."""
        return {name: pattern for name in _STEPS if (pattern := getattr(self, name)) is not None}


def parse_time_range(text: str) -> tuple[int | None, int | None]:
    """Read ``FROM..TO``: numbers with a unit (seconds without one), either side may be left out.

    Raises:
        UsageError: it is neither.
    """
    begin, separator, end = text.partition("..")
    if not separator:
        begin, separator, end = text.partition(":")
    if not separator:
        raise UsageError(f"bad time range {text!r}: write FROM..TO, say 1.5s..3s")
    low, high = (_nanoseconds(side, text) if side.strip() else None for side in (begin, end))
    if high is not None and high <= (low or 0):
        raise UsageError(f"bad time range {text!r}: it ends before it begins")
    return low, high


def _nanoseconds(text: str, whole: str) -> int:
    found = _DURATION.match(text)
    if not found:
        raise UsageError(f"bad time range {whole!r}: {text!r} is not a time (say 1.5s, 200ms)")
    return round(float(found["number"]) * _NANOSECONDS[found["unit"]])


def unmatched(profile: Profile, filters: Filters) -> set[str]:
    """Return the names of the filters whose pattern no frame of the profile matches."""
    return {n for n, pattern in filters.patterns.items() if not matching_frames(profile, pattern).any()}


def refuse_unmatched(filters: Filters, names: set[str]) -> None:
    """Raise UsageError for the first of the filters named, if any: a pattern without a match is a mistake."""
    for name, pattern in filters.patterns.items():
        if name in names:
            raise UsageError(f"--{name.replace('_', '-')} {pattern}: no function, file or module matches")


def apply_filters(profile: Profile, filters: Filters, *, must_match: bool = True) -> Profile:
    """Return the profile that is left after the filters.

    The weight they took away is kept in ``hidden``, unless ``relative`` asks for shares of what is left.

    Args:
        profile: stays as it is.
        filters: what to leave out.
        must_match: refuse a pattern that matches no frame. Among several profiles one may well lack a function
            that the others have; see `unmatched`.

    Raises:
        UsageError: a pattern is bad or matches no frame, or a thread or time is asked for that the profile
            does not record.
    """
    if not filters:
        return profile
    if must_match:
        refuse_unmatched(filters, unmatched(profile, filters))
    before = profile.samples.weight.sum(axis=0)
    first_time = _first_time(profile)
    for name, pattern in filters.patterns.items():
        profile = _STEPS[name](profile, matching_frames(profile, pattern)[profile.call_tree.frame])
    if filters.thread is not None:
        profile = _thread(profile, filters.thread)
    if filters.time_range is not None:
        profile = _time_range(profile, first_time, *filters.time_range)
    if filters.relative:
        return replace(profile, hidden=())
    after = profile.samples.weight.sum(axis=0)
    earlier = profile.hidden or (0,) * len(profile.value_types)
    return replace(profile, hidden=tuple(h + int(w) for h, w in zip(earlier, before - after, strict=True)))


def _focus(profile: Profile, node_matches: Bool) -> Profile:
    return keep_rows(profile, on_path(profile.call_tree, node_matches)[profile.samples.leaf])


def _ignore(profile: Profile, node_matches: Bool) -> Profile:
    return keep_rows(profile, ~on_path(profile.call_tree, node_matches)[profile.samples.leaf])


def _hide(profile: Profile, node_matches: Bool) -> Profile:
    return keep_nodes(profile, ~node_matches)


def _show(profile: Profile, node_matches: Bool) -> Profile:
    return keep_nodes(profile, node_matches)


def _show_from(profile: Profile, node_matches: Bool) -> Profile:
    return keep_nodes(profile, on_path(profile.call_tree, node_matches))


def _prune_from(profile: Profile, node_matches: Bool) -> Profile:
    """Cut each stack at its deepest match; stacks without one stay whole."""
    nearest = nearest_marked(profile.call_tree, node_matches)
    leaf = profile.samples.leaf
    cut = np.where(nearest[leaf] >= 0, nearest[leaf], leaf).astype(np.int32)
    return _rebuilt(profile, np.ones(len(profile.call_tree), dtype=bool), cut, np.ones(len(leaf), dtype=bool))


_STEPS = {
    "focus": _focus,
    "ignore": _ignore,
    "hide": _hide,
    "show": _show,
    "show_from": _show_from,
    "prune_from": _prune_from,
}


def _thread(profile: Profile, wanted: str) -> Profile:
    thread = profile.samples.thread
    if thread is None:
        raise UsageError("--thread: this profile does not record threads")
    pattern = compile_pattern(wanted)
    number = int(wanted) if wanted.isdecimal() else None
    matches = np.array(
        [
            number in (t.pid, t.tid) if number is not None else bool(pattern.search(t.name))
            for t in profile.threads
        ],
        dtype=bool,
    )
    if not matches.any():
        names = ", ".join(sorted({f"{t.name} ({t.tid})" for t in profile.threads})[:8])
        raise UsageError(f"--thread {wanted}: no such thread", hint=f"it has: {names}")
    return keep_rows(profile, (thread >= 0) & matches[thread])


def _first_time(profile: Profile) -> int:
    time = profile.samples.time
    return int(time.min()) if time is not None and len(time) else 0


def _time_range(profile: Profile, first: int, begin: int | None, end: int | None) -> Profile:
    time = profile.samples.time
    if time is None:
        raise UsageError("--time-range: this profile does not record when its samples were taken")
    since = time - first
    keep = np.ones(len(time), dtype=bool)
    if begin is not None:
        keep &= since >= begin
    if end is not None:
        keep &= since < end
    return keep_rows(profile, keep)


def keep_rows(profile: Profile, keep: Bool) -> Profile:
    """Return the profile with the sample rows that are kept, bool[rows]; nodes no sample reaches leave too."""
    return _rebuilt(profile, np.ones(len(profile.call_tree), dtype=bool), profile.samples.leaf, keep)


def keep_nodes(profile: Profile, keep: Bool) -> Profile:
    """Return the profile with the frames at some nodes taken out of their stacks, bool[nodes].

    A removed node's samples and children move to its nearest kept ancestor; samples without one are dropped.
    """
    leaf = nearest_marked(profile.call_tree, keep)[profile.samples.leaf]
    return _rebuilt(profile, keep, leaf, leaf >= 0)


def turned_round(profile: Profile) -> Profile:
    """Return the profile with every stack turned round: leaf first, root last."""
    tree = profile.call_tree
    weighted = np.flatnonzero(profile.node_self != 0)
    # Walk all stacks upwards in step: one numpy pass a level, the handle of the level above as parent.
    handle_parent: list[Int64] = []
    handle_frame: list[Int64] = []
    node: Int64 = weighted.astype(np.int64)
    parent: Int64 = np.full(len(weighted), -1, dtype=np.int64)
    count = 0
    root_of: Int64 = np.full(len(weighted), -1, dtype=np.int64)
    alive = np.arange(len(weighted))
    while len(alive):
        handle_parent.append(parent)
        handle_frame.append(tree.frame[node].astype(np.int64))
        handles = count + np.arange(len(alive))
        count += len(alive)
        root_of[alive] = handles
        above = tree.parent[node].astype(np.int64)
        going = above >= 0
        alive, node, parent = alive[going], above[going], handles[going]
    empty = np.zeros(0, dtype=np.int64)
    parents = np.concatenate(handle_parent) if handle_parent else empty
    frames = np.concatenate(handle_frame) if handle_frame else empty
    node_of, new_tree = merge_handles(
        parents.astype(np.int32), frames.astype(np.int32), max(len(profile.frames), 1)
    )
    weight = np.zeros((len(weighted), len(profile.value_types)), dtype=np.int64)
    weight[:, profile.selected] = profile.node_self[weighted]
    leaf = node_of[root_of].astype(np.int32) if len(weighted) else np.zeros(0, dtype=np.int32)
    return replace(profile, call_tree=new_tree, samples=Samples(leaf, weight, None, None))


def _rebuilt(profile: Profile, keep_node: Bool, leaf: Int32, keep_row: Bool) -> Profile:
    tree, samples = profile.call_tree, profile.samples
    used = np.zeros(len(tree), dtype=np.int64)
    np.add.at(used, leaf[keep_row], 1)
    keep_node = keep_node & (profile.sum_subtrees(used) > 0)
    above = np.append(nearest_marked(tree, keep_node), np.int32(-1))[tree.parent]
    kept = np.flatnonzero(keep_node)
    number = np.full(len(tree) + 1, -1, dtype=np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    node_of, new_tree = merge_handles(number[above[kept]], tree.frame[kept], max(len(profile.frames), 1))
    new_leaf = node_of[number[leaf[keep_row]]]
    weight = samples.weight[keep_row]
    time = None if samples.time is None else samples.time[keep_row]
    thread = None if samples.thread is None else samples.thread[keep_row]
    if time is None and thread is None:
        new_leaf, weight = one_row_a_stack(new_leaf, weight)
    return replace(profile, call_tree=new_tree, samples=Samples(new_leaf, weight, time, thread))
