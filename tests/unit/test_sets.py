"""Self, total and edge sets of drawn runs, and which of them are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hotspot.analysis.sets import EDGE, SELF, TOTAL, SetIndex
from hotspot.analysis.union import Union, unite

from tests.vocabulary import profile_from_text

STACKS = """
    main;a;b 4
    main;a 2
    main;c;b 1
    main;r;r;d 8
    main;r 16
"""


@pytest.fixture
def union() -> Union:
    profile = profile_from_text(STACKS)
    return unite([profile], [profile_from_text("main;a;b 10\nmain;c 3")])


def labels(union: Union, index: SetIndex) -> list[str]:
    names = [f.name for f in union.functions]
    return [
        {SELF: f"{names[f]} self", TOTAL: f"{names[f]} total", EDGE: f"{names[f]} -> {names[c]}"}[int(m)]
        for m, f, c in zip(index.measure, index.function, index.callee, strict=True)
    ]


def test_counts(union: Union) -> None:
    index = SetIndex(union.tree, len(union.functions))
    sets = index.collect(union.count)
    found = {label: count.tolist() for label, count in zip(labels(union, index), sets.count, strict=True)}
    assert found == {
        "main self": [0, 0],
        "a self": [2, 0],
        "b self": [5, 10],
        "c self": [0, 3],
        "r self": [16, 0],
        "d self": [8, 0],
        "main total": [31, 13],
        "a total": [6, 10],
        "b total": [5, 10],
        "c total": [1, 3],
        "r total": [24, 0],
        "d total": [8, 0],
        "main -> a": [6, 10],
        "main -> c": [1, 3],
        "main -> r": [24, 0],
        "a -> b": [4, 10],
        "c -> b": [1, 0],
        "r -> r": [8, 0],
        "r -> d": [8, 0],
    }


def test_the_first_of_equal_sets_stands_for_all(union: Union) -> None:
    index = SetIndex(union.tree, len(union.functions))
    sets, names = index.collect(union.count), labels(union, index)
    distinct = {names[i] for i in np.flatnonzero(sets.distinct())}
    assert distinct == {
        *("a self", "b self", "c self", "r self", "d self"),
        *("main total", "a total", "c total", "r total", "a -> b", "c -> b"),
    }
    preferred = np.array([name == "main -> r" for name in names])
    assert {names[i] for i in np.flatnonzero(sets.distinct(preferred))} == distinct - {"r total"} | {
        "main -> r"
    }


def test_places_heads_and_nodes(union: Union) -> None:
    index = SetIndex(union.tree, len(union.functions))
    names = labels(union, index)
    places = dict(zip(names, index.places.tolist(), strict=True))
    assert (places["b self"], places["r self"], places["r total"], places["r -> r"]) == (2, 2, 1, 1)
    for position in range(len(names)):
        assert index.heads(position).sum() == index.places[position]
        collected = union.count[index.nodes(position)].sum(axis=0)
        assert collected.tolist() == index.collect(union.count).count[position].tolist()


def test_taking_samples_out_is_collecting_anew(union: Union) -> None:
    index = SetIndex(union.tree, len(union.functions))
    sets = index.collect(union.count)
    for position in range(len(index.measure)):
        nodes = np.flatnonzero(index.nodes(position) & union.count.any(axis=1))
        left = union.count.copy()
        left[nodes] = 0
        anew, less = index.collect(left), sets - index.collect_at(nodes, union.count[nodes])
        assert (anew.count == less.count).all()
        assert (anew.tag == less.tag).all()


def test_edges_are_found_by_their_ends(union: Union) -> None:
    index = SetIndex(union.tree, len(union.functions))
    names = labels(union, index)
    by_name = {f.name: i for i, f in enumerate(union.functions)}
    position = index.edge(by_name["c"], by_name["b"])
    assert position is not None
    assert names[position] == "c -> b"
    assert index.edge(by_name["b"], by_name["c"]) is None
