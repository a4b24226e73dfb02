"""What holds for every comparison, whatever the profiles."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import pytest
from hotspot.analysis.diff import Diff, diff
from hotspot.profile import Profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diff_vocabulary import PROGRAM, drawn, edited, runs, statuses

NAMES = ["main", "a", "b", "c<int>", "c<long>", "d.isra.0", "0x7f00", "[unknown]", "e", "f"]
STACK = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6).map(";".join)
WEIGHT = st.one_of(st.integers(1, 30), st.integers(1, 3000))
STACKS = st.dictionaries(STACK, WEIGHT, min_size=1, max_size=25)
SIDE = st.lists(STACKS, min_size=1, max_size=6)


def loaded(side: list[dict[str, int]]) -> list[Profile]:
    return [drawn(stacks) for stacks in side]


def json_of(found: Diff) -> str:
    return json.dumps(found.to_dict(explain_matches=True), allow_nan=False)


@given(STACKS, st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_a_profile_does_not_differ_from_itself(stacks: dict[str, int], k: int) -> None:
    profile = drawn(stacks)
    found = diff([profile] * k, [profile] * k)
    assert all(row.change == 0 and not row.significant and not row.culprit for row in found.rows)
    assert found.verdict in ("unchanged", "inconclusive")
    assert found.change == 0
    assert found.size_factor == 1
    assert not found.fails("any")
    assert {row.matched_by for row in found.rows} == {"exact"}
    assert diff([profile] * k, [profile] * k, tolerance=1e9).verdict in ("unchanged", "inconclusive")


@given(SIDE, SIDE)
@settings(max_examples=150, deadline=None)
def test_whatever_comes_in_something_sound_comes_out(
    before: list[dict[str, int]], after: list[dict[str, int]]
) -> None:
    found = diff(loaded(before), loaded(after))
    document = json.loads(json_of(found))
    totals = [sum(sum(stacks.values()) for stacks in side) for side in (before, after)]
    assert sum(row["self_before"] for row in document["rows"]) == totals[0]
    assert sum(row["self_after"] for row in document["rows"]) == totals[1]
    for row in found.rows:
        assert row.total_before >= row.self_before
        assert row.total_after >= row.self_after
        assert (row.interval is None) == (row.p is None) == (row.q is None) == (row.significant is None)
        if row.interval is not None:
            assert row.interval[0] <= row.change <= row.interval[1]
            assert math.isfinite(row.interval[0])
        if row.significant:
            assert row.status in ("regressed", "improved", "new", "gone", "suspect")
            assert abs(row.change) >= found.min_change
        if row.culprit:
            assert row.significant
            assert found.basis != "screening"
            assert not row.function.startswith(("[unknown", "0x"))
        if row.status == "new":
            assert row.self_before == row.total_before == 0
        if row.status == "gone":
            assert row.self_after == row.total_after == 0
    assert (found.verdict == "suspect") <= (found.basis == "screening")
    assert len({(row.function, row.file, row.module) for row in found.rows}) == len(found.rows)


FLAT = st.fixed_dictionaries({f"main;f{i}": st.integers(100, 3000) for i in range(10)})


@given(st.lists(FLAT, min_size=1, max_size=6), st.lists(FLAT, min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_swapping_the_sides_flips_the_signs(
    before: list[dict[str, int]], after: list[dict[str, int]]
) -> None:
    # min_change and tolerance are shares of the baseline, which is the other side: they are left out of it.
    one = diff(loaded(before), loaded(after), min_change=0)
    other = diff(loaded(after), loaded(before), min_change=0)
    assert one.size_factor * other.size_factor == pytest.approx(1)
    back = {row.function: row for row in other.rows}
    for row in one.rows:
        mirror = back[row.function]
        if row.measure != "self" or mirror.measure != "self":
            continue
        assert (row.p is None) == (mirror.p is None)
        if row.p is None:
            continue
        assert row.p == pytest.approx(mirror.p, rel=1e-6, abs=1e-12)
        assert row.significant == mirror.significant
        if row.significant:
            assert row.change * mirror.change < 0
    flipped = {"regressed": "improved", "improved": "regressed"}
    if not ({one.verdict, other.verdict} & {"unchanged", "inconclusive"}):
        assert other.verdict == flipped.get(one.verdict, one.verdict)


@given(SIDE, SIDE, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_runs_does_not_matter(
    before: list[Mapping[str, int]], after: list[Mapping[str, int]], random: object
) -> None:
    shuffled = [list(before), list(after)]
    for side in shuffled:
        random.shuffle(side)  # type: ignore[attr-defined]
    one, other = diff(loaded(before), loaded(after)), diff(loaded(shuffled[0]), loaded(shuffled[1]))
    assert one.verdict == other.verdict
    assert statuses(one) == statuses(other)


@pytest.mark.parametrize(("k_before", "k_after"), [(3, 3), (5, 5), (3, 8)])
def test_identical_runs_have_no_variance_and_do_no_harm(k_before: int, k_after: int) -> None:
    before, after = drawn(PROGRAM), drawn(edited(PROGRAM, {"main;group;find": 700}))
    found = diff([before] * k_before, [after] * k_after)
    json_of(found)
    assert statuses(found) == {"find": "regressed"}


# -- a small simulation of what benchmarks/diff measures on real programs ------------------------------------------------

STUDIES = 60


def test_simulated_false_alarms() -> None:
    """Runs that differ by 3% more than sampling explains: of 60 A/A comparisons, at most 5% should alarm; 6 may."""
    alarms = sum(
        bool(
            diff(runs(PROGRAM, seed=2 * i, spread=0.03), runs(PROGRAM, seed=2 * i + 1, spread=0.03)).fails(
                "any"
            )
        )
        for i in range(STUDIES)
    )
    assert alarms <= 6


@pytest.mark.parametrize(
    ("edits", "culprit"),
    [
        ({"main;report": 280}, "report"),  # 5% of the time, and two points more
        ({"main;load;hash": 200, "main;group;hash": 550}, "hash"),
        ({"main;load;hash": 250}, "load"),
    ],
)
def test_simulated_power_and_culprits(edits: dict[str, float], culprit: str) -> None:
    """Two points and more at 20,000 samples a side: nine in ten are to be found; two thirds must be."""
    named = 0
    for i in range(STUDIES // 4):
        found = diff(runs(PROGRAM, seed=2 * i), runs(edited(PROGRAM, edits), seed=2 * i + 1))
        named += bool(found.fails("regression")) and found.culprits[0].function == culprit
    assert named >= 10


def test_simulated_coverage() -> None:
    """Intervals of 95% around the change that was put in; between 88% and 100% of them may hold it."""
    held = []
    truth = 160 / 4000
    for i in range(STUDIES):
        found = diff(runs(PROGRAM, seed=2 * i), runs(edited(PROGRAM, {"main;report": 360}), seed=2 * i + 1))
        (row,) = (row for row in found.rows if row.function == "report")
        assert row.interval is not None
        held.append(row.interval[0] <= truth <= row.interval[1])
    assert sum(held) / len(held) >= 0.88
