"""Analyses against dictionary models: every sample is a tuple of frames, every answer a loop over samples."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hotspot.analysis.lines import function_lines
from hotspot.analysis.peek import ROOT, peek
from hotspot.analysis.rank import NOT_IN_APP, rank
from hotspot.analysis.text_tree import text_tree
from hotspot.analysis.totals import nearest_marked, on_path, outermost
from hotspot.analysis.transform import Filters, apply_filters, turned_round
from hotspot.builder import ProfileBuilder
from hotspot.profile import CallTree, Profile, Provenance, Thread
from hotspot.units import ValueType
from hypothesis import given, settings
from hypothesis import strategies as st

PATIENT = settings(deadline=None)  # a busy machine is no failure


# -- the model ------------------------------------------------------------------------------------

# Few names and lines, so that recursion, shared prefixes and equal stacks are common.
_FILE = {"a": "x.py", "b": "x.py", "c": "sub/y.py", "d": ""}
_MODULE = {"a": "app", "b": "lib", "c": "lib", "d": ""}
THREADS = (Thread(10, 10, "main"), Thread(10, 11, "worker one"), Thread(10, 12, "worker two"))


@dataclass(frozen=True, order=True)
class Frame:
    name: str
    line: int

    @property
    def file(self) -> str:
        return _FILE[self.name]

    @property
    def module(self) -> str:
        return _MODULE[self.name]

    def matches(self, pattern: str) -> bool:
        texts = (self.name, self.file, self.module)
        if pattern.startswith("/"):
            return any(text and re.search(pattern[1:-1], text) for text in texts)
        return any(pattern.lower() in text.lower() for text in texts)


@dataclass(frozen=True)
class Sample:
    stack: tuple[Frame, ...]
    weight: int
    time: int = 0
    thread: int = 0


frames = st.builds(Frame, st.sampled_from("abcd"), st.integers(0, 2))
samples = st.builds(
    Sample,
    st.lists(frames, min_size=1, max_size=6).map(tuple),
    st.integers(0, 2**40),
    st.integers(0, 20).map(lambda n: 10**9 + n * 10**8),
    st.integers(-1, len(THREADS) - 1),
)
sample_lists = st.lists(samples, max_size=12)


def build(model: list[Sample], *, timed: bool = False) -> Profile:
    builder = ProfileBuilder((ValueType("samples", "count"), ValueType("cpu", "nanoseconds")))
    # Every frame is in the table whether a stack has it or not, so that a pattern always matches some frame.
    for name in "abcd":
        for line in range(3):
            builder.frames.intern(name, _FILE[name], line, _MODULE[name])
    ids = [builder.frames.intern(f.name, f.file, f.line, f.module) for sample in model for f in sample.stack]
    offsets = np.cumsum([0, *(len(sample.stack) for sample in model)])
    leaves = builder.add_stacks(ids, offsets)
    weights = np.array([[s.weight, 3 * s.weight] for s in model], dtype=np.int64).reshape(-1, 2)
    if timed:
        builder.add_samples(leaves, weights, [s.time for s in model], [s.thread for s in model])
    else:
        builder.add_samples(leaves, weights)
    return builder.build(Provenance(), threads=THREADS if timed else ()).check()


def stacks(model: Iterable[Sample]) -> Counter[tuple[Frame, ...]]:
    counts: Counter[tuple[Frame, ...]] = Counter()
    for sample in model:
        counts[sample.stack] += sample.weight
    return +counts


def stacks_of(profile: Profile) -> Counter[tuple[Frame, ...]]:
    counts: Counter[tuple[Frame, ...]] = Counter()
    for node in np.flatnonzero(profile.node_self).tolist():
        path = tuple(
            Frame(profile.frame_name(frame), int(profile.frames.line[frame])) for frame in profile.path(node)
        )
        assert path not in counts, "equal stacks share a node"
        counts[path] = int(profile.node_self[node])
    return counts


def self_and_total(
    model: Iterable[Sample], key: Callable[[Frame], Hashable]
) -> tuple[Counter[Any], Counter[Any]]:
    own: Counter[Any] = Counter()
    total: Counter[Any] = Counter()
    for sample in model:
        own[key(sample.stack[-1])] += sample.weight
        for group in {key(frame) for frame in sample.stack}:  # recursion counts once
            total[group] += sample.weight
    return own, total


# -- rankings -------------------------------------------------------------------------------------

_KEYS: dict[str, Callable[[Frame], Hashable]] = {
    "function": lambda f: (f.name, f.file or None, f.module or None),
    "line": lambda f: (f.name, f.file or None, f.module or None, f.line or None),
    "file": lambda f: f.file or None,
    "module": lambda f: f.module or None,
}


def _key_of_row(row: Any, by: str) -> Hashable:
    return {
        "function": (row.function, row.file, row.module),
        "line": (row.function, row.file, row.module, row.line),
        "file": row.file,
        "module": row.module,
    }[by]


@pytest.mark.parametrize("by", ["function", "line", "file", "module"])
@PATIENT
@given(model=sample_lists, sort=st.sampled_from(["self", "total"]))
def test_a_ranking_is_the_sum_over_samples(model: list[Sample], by: Any, sort: Any) -> None:
    ranking = rank(build(model), n=0, by=by, sort=sort)
    own, total = self_and_total(model, _KEYS[by])
    found = {_key_of_row(row, by): (row.self_weight, row.total_weight) for row in ranking.rows}
    assert len(found) == len(ranking.rows), "a group is one row"
    assert found == {group: (own[group], weight) for group, weight in total.items()}
    assert sum(row.self_weight for row in ranking.rows) == ranking.profile.total
    sorted_by = [row.self_weight if sort == "self" else row.total_weight for row in ranking.rows]
    assert sorted_by == sorted(sorted_by, reverse=True)
    assert [row.rank for row in ranking.rows] == list(range(1, len(ranking.rows) + 1))


@PATIENT
@given(model=sample_lists, n=st.integers(1, 4))
def test_a_short_ranking_is_the_beginning_of_the_whole_one(model: list[Sample], n: int) -> None:
    profile = build(model)
    assert rank(profile, n=n).rows == rank(profile, n=0).rows[:n]
    assert rank(profile, n=n).available == len(rank(profile, n=0).rows)


@PATIENT
@given(model=sample_lists)
def test_a_functions_line_is_its_hottest_known_one(model: list[Sample]) -> None:
    own, total = Counter[Frame](), Counter[Frame]()
    for sample in model:
        own[sample.stack[-1]] += sample.weight
        for frame in sample.stack:
            total[frame] += sample.weight
    for row in rank(build(model), n=0).rows:
        lines = [frame for frame in total if frame.name == row.function and frame.line]
        best = max((own[frame] for frame in lines), default=None)
        if best is None:
            assert row.line is None
        else:
            assert row.line in {frame.line for frame in lines if own[frame] == best}


@pytest.mark.parametrize("by", ["function", "line", "file", "module"])
@PATIENT
@given(model=sample_lists, owned_names=st.sets(st.sampled_from("abcd")))
def test_in_app_charges_a_sample_to_the_owned_frame_nearest_to_the_leaf(
    model: list[Sample], owned_names: set[str], by: Any
) -> None:
    profile = build(model)
    owned = np.array([profile.frame_name(f) in owned_names for f in range(len(profile.frames))])
    ranking = rank(profile, n=0, by=by, in_app=True, owned=owned)
    charged: Counter[Any] = Counter()
    total: Counter[Any] = Counter()
    rest = 0
    for sample in model:
        mine = [frame for frame in sample.stack if frame.name in owned_names]
        for group in {_KEYS[by](frame) for frame in mine}:
            total[group] += sample.weight
        if mine:
            charged[_KEYS[by](mine[-1])] += sample.weight
        else:
            rest += sample.weight
    rows = [row for row in ranking.rows if row.function != NOT_IN_APP]
    assert {_key_of_row(row, by): (row.self_weight, row.total_weight) for row in rows} == {
        group: (charged[group], weight) for group, weight in total.items()
    }
    assert sum(row.self_weight for row in ranking.rows if row.function == NOT_IN_APP) == rest
    assert all(row.in_app is (row.function != NOT_IN_APP) for row in ranking.rows)
    sorted_by = [row.self_weight for row in ranking.rows]
    assert sorted_by == sorted(sorted_by, reverse=True)


# -- filters --------------------------------------------------------------------------------------

patterns = st.sampled_from(["a", "B", "c", "d", "x.py", "sub/", "lib", "/^[ab]$/", "/y/", "/^(app|lib)$/"])


def _pprof_focus(stack: tuple[Frame, ...], pattern: str) -> tuple[Frame, ...]:
    return stack if any(f.matches(pattern) for f in stack) else ()


def _pprof_ignore(stack: tuple[Frame, ...], pattern: str) -> tuple[Frame, ...]:
    return () if any(f.matches(pattern) for f in stack) else stack


def _pprof_hide(stack: tuple[Frame, ...], pattern: str) -> tuple[Frame, ...]:
    return tuple(f for f in stack if not f.matches(pattern))


def _pprof_show(stack: tuple[Frame, ...], pattern: str) -> tuple[Frame, ...]:
    return tuple(f for f in stack if f.matches(pattern))


def _pprof_show_from(stack: tuple[Frame, ...], pattern: str) -> tuple[Frame, ...]:
    """pprof: drop all frames above the first match from the root; without a match, the sample."""
    for i, frame in enumerate(stack):
        if frame.matches(pattern):
            return stack[i:]
    return ()


def _pprof_prune_from(stack: tuple[Frame, ...], pattern: str) -> tuple[Frame, ...]:
    """pprof: scan from the leaf, cut everything below the first match."""
    for i in reversed(range(len(stack))):
        if stack[i].matches(pattern):
            return stack[: i + 1]
    return stack


_REFERENCE = {
    "focus": _pprof_focus,
    "ignore": _pprof_ignore,
    "hide": _pprof_hide,
    "show": _pprof_show,
    "show_from": _pprof_show_from,
    "prune_from": _pprof_prune_from,
}


def _filtered(model: list[Sample], chosen: dict[str, str]) -> list[Sample]:
    left = []
    for sample in model:
        stack = sample.stack
        for name, reference in _REFERENCE.items():  # in the documented order
            if name in chosen and stack:
                stack = reference(stack, chosen[name])
        if stack:
            left.append(Sample(stack, sample.weight, sample.time, sample.thread))
    return left


@PATIENT
@given(
    model=sample_lists,
    chosen=st.dictionaries(st.sampled_from(list(_REFERENCE)), patterns, min_size=1),
    timed=st.booleans(),
)
def test_filters_do_to_every_sample_what_pprof_does(
    model: list[Sample], chosen: dict[str, str], timed: bool
) -> None:
    profile = build(model, timed=timed)
    filtered = apply_filters(profile, Filters(**chosen)).check()
    left = _filtered(model, chosen)
    assert stacks_of(filtered) == stacks(left)
    assert filtered.total == sum(s.weight for s in left)
    assert filtered.whole == profile.total
    assert filtered.hidden == tuple(
        k * (sum(s.weight for s in model) - sum(s.weight for s in left)) for k in (1, 3)
    )
    # Shares stay relative to the whole, and rows account for all that is not hidden.
    ranking = rank(filtered, n=0)
    assert sum(row.self_weight for row in ranking.rows) == profile.total - filtered.hidden_weight
    for row in ranking.rows:
        assert row.self_share == (row.self_weight / profile.total if profile.total else 0.0)


@PATIENT
@given(model=sample_lists, chosen=st.dictionaries(st.sampled_from(list(_REFERENCE)), patterns, min_size=1))
def test_relative_shares_are_of_what_is_left(model: list[Sample], chosen: dict[str, str]) -> None:
    filtered = apply_filters(build(model), Filters(**chosen, relative=True))
    assert filtered.hidden_weight == 0
    assert filtered.whole == sum(s.weight for s in _filtered(model, chosen))


@PATIENT
@given(model=sample_lists, one=patterns, other=patterns)
def test_filtering_twice_hides_the_sum(model: list[Sample], one: str, other: str) -> None:
    profile = build(model)
    at_once = apply_filters(profile, Filters(focus=one, ignore=other))
    in_turn = apply_filters(apply_filters(profile, Filters(focus=one)), Filters(ignore=other))
    assert in_turn.hidden == at_once.hidden
    assert stacks_of(in_turn) == stacks_of(at_once)


@PATIENT
@given(
    model=sample_lists.filter(bool),
    begin=st.none() | st.integers(0, 10),
    length=st.none() | st.integers(1, 10),
    focus=st.none() | patterns,
)
def test_a_time_range_counts_from_the_profiles_first_sample(
    model: list[Sample], begin: int | None, length: int | None, focus: str | None
) -> None:
    low = None if begin is None else begin * 10**8
    high = None if length is None else (begin or 0) * 10**8 + length * 10**8
    filtered = apply_filters(build(model, timed=True), Filters(focus=focus, time_range=(low, high)))
    first = min(s.time for s in model)
    left = [
        s
        for s in (_filtered(model, {"focus": focus}) if focus else model)
        if (low is None or s.time - first >= low) and (high is None or s.time - first < high)
    ]
    assert stacks_of(filtered.check()) == stacks(left)


@PATIENT
@given(model=sample_lists, wanted=st.sampled_from(["main", "WORKER", "11", "10", "/^worker t/"]))
def test_a_thread_is_a_word_of_its_name_or_a_number(model: list[Sample], wanted: str) -> None:
    filtered = apply_filters(build(model, timed=True), Filters(thread=wanted))
    rows = {"main": {0}, "WORKER": {1, 2}, "11": {1}, "10": {0, 1, 2}, "/^worker t/": {2}}[wanted]
    assert stacks_of(filtered.check()) == stacks(s for s in model if s.thread in rows)


@PATIENT
@given(model=sample_lists)
def test_turning_round_reverses_every_stack_and_conserves_weight(model: list[Sample]) -> None:
    profile = build(model)
    turned = turned_round(profile).check()
    assert stacks_of(turned) == stacks(Sample(s.stack[::-1], s.weight) for s in model)
    assert turned.total == profile.total
    assert stacks_of(turned_round(turned)) == stacks_of(profile)


# -- callers and callees ---------------------------------------------------------------------------


@PATIENT
@given(model=sample_lists)
def test_peek_counts_each_sample_once_an_edge(model: list[Sample]) -> None:
    profile = build(model)
    own, total = self_and_total(model, lambda f: f.name)
    for name in total:
        (row,) = peek(profile, f"/^{name}$/", n=0).rows
        callers: Counter[str] = Counter()
        callees: Counter[str] = Counter()
        for sample in model:
            names = [f.name for f in sample.stack]
            if name in names:
                first = names.index(name)
                callers[names[first - 1] if first else ROOT] += sample.weight
                for callee in {b for a, b in pairwise(names) if a == name}:
                    callees[callee] += sample.weight
        assert (row.self_weight, row.total_weight) == (own[name], total[name])
        assert +Counter({e.function: e.weight for e in row.callers}) == +callers
        assert +Counter({e.function: e.weight for e in row.callees}) == +callees
        assert sum(e.weight for e in row.callers) == row.total_weight
        for edges in (row.callers, row.callees):
            assert [e.weight for e in edges] == sorted((e.weight for e in edges), reverse=True)


@PATIENT
@given(model=sample_lists.filter(bool))
def test_lines_of_a_function_add_up_to_its_self(model: list[Sample]) -> None:
    profile = build(model)
    for function in function_lines(profile, "/./"):
        own: Counter[int] = Counter()
        total: Counter[int] = Counter()
        whole = 0
        for sample in model:
            mine = {f.line for f in sample.stack if f.name == function.function}
            for line in mine:
                total[line] += sample.weight
            whole += sample.weight if mine else 0
            if sample.stack[-1].name == function.function:
                own[sample.stack[-1].line] += sample.weight
        assert {w.line: (w.self_weight, w.total_weight) for w in function.lines} == {
            line: (own[line], weight) for line, weight in total.items()
        }
        assert (function.self_weight, function.total_weight) == (sum(own.values()), whole)


# -- the drawn tree --------------------------------------------------------------------------------


@PATIENT
@given(model=sample_lists, inverted=st.booleans(), min_share=st.sampled_from([0.0, 0.01, 0.2, 0.6]))
def test_a_drawn_tree_accounts_for_all_weight(model: list[Sample], inverted: bool, min_share: float) -> None:
    profile = build(model)
    tree = text_tree(profile, inverted=inverted, min_share=min_share)
    children: dict[int, list[int]] = defaultdict(list)
    path: list[int] = []
    for i, row in enumerate(tree.rows):
        del path[row.depth :]
        assert len(path) == row.depth, "a child is drawn below its parent"
        children[path[-1] if path else -1].append(i)
        path.append(i)
        assert row.total_weight >= min_share * profile.total
    for i, row in enumerate(tree.rows):
        drawn = sum(tree.rows[child].total_weight for child in children[i])
        assert row.total_weight == row.self_weight + drawn + row.hidden_weight
    roots = sum(tree.rows[root].total_weight for root in children[-1])
    assert roots + tree.hidden_weight == profile.total
    if min_share == 0:
        assert tree.hidden_weight == 0
        expected = stacks(Sample(s.stack[::-1], s.weight) for s in model) if inverted else stacks(model)
        paths: list[Frame] = []
        found: Counter[tuple[Frame, ...]] = Counter()
        for row in tree.rows:
            del paths[row.depth :]
            paths.append(Frame(row.function, row.line or 0))
            if row.self_weight:
                found[tuple(paths)] = row.self_weight
        assert found == expected


# -- marks in trees --------------------------------------------------------------------------------


def _ancestors(tree: CallTree, node: int) -> list[int]:
    found = []
    while (node := int(tree.parent[node])) >= 0:
        found.append(node)
    return found


@PATIENT
@given(model=sample_lists, data=st.data())
def test_marks_against_walking_up_from_every_node(model: list[Sample], data: st.DataObject) -> None:
    tree = build(model).call_tree
    nodes = range(len(tree))
    marked = np.array(data.draw(st.lists(st.booleans(), min_size=len(tree), max_size=len(tree))), dtype=bool)
    group = np.array(
        data.draw(st.lists(st.integers(-1, 2), min_size=len(tree), max_size=len(tree))), dtype=np.int32
    )
    lines = [[node, *_ancestors(tree, node)] for node in nodes]
    assert nearest_marked(tree, marked).tolist() == [
        next((a for a in line if marked[a]), -1) for line in lines
    ]
    assert on_path(tree, marked).tolist() == [any(marked[a] for a in line) for line in lines]
    assert outermost(tree, group).tolist() == [
        bool(group[node] >= 0 and all(group[a] != group[node] for a in _ancestors(tree, node)))
        for node in nodes
    ]
