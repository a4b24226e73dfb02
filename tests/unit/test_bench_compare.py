"""Two sides of results: pairs, drift, verdicts, what is too little."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hotspot.analysis.benchmarks import difference
from hotspot.benchmarks.compare import compare_results, compare_sides, measured_in_turn, sides_within
from hotspot.benchmarks.medians import median_interval
from hotspot.benchmarks.model import Benchmark, Results
from hotspot.errors import TooFewSamples, UsageError
from hypothesis import given
from hypothesis import strategies as st


def bench(
    name: str,
    middle: float,
    count: int = 20,
    *,
    one_process: bool = False,
    started: int | None = None,
    peak: int = 0,
) -> Benchmark:
    """Measurements within 1% of the middle; with ``started``, one every second second from then on."""
    spread = np.linspace(0.99, 1.01, count)
    return Benchmark(
        name,
        middle * spread,
        one_process,
        (peak,) * count if peak else (),
        () if started is None else tuple(float(started + 2 * n) for n in range(count)),
    )


def side(*benchmarks: Benchmark, path: str = "x.json", cpu: str = "") -> Results:
    return Results(path, "", "hyperfine", benchmarks, {"cpu": cpu} if cpu else {})


# --- pairing --------------------------------------------------------------------------------------------------------


def test_pairs_by_name_and_lists_the_rest() -> None:
    found = compare_results(
        side(bench("a", 1), bench("b", 1)), side(bench("c", 1), bench("b", 2), bench("d", 1))
    )
    assert [row.name for row in found.rows] == ["b"]
    assert (found.only_before, found.only_after) == (("a",), ("c", "d"))


def test_a_single_benchmark_a_side_pairs_whatever_its_name() -> None:
    (row,) = compare_results(side(bench("a", 1)), side(bench("b", 2))).rows
    assert row.name == "a -> b"
    assert row.ratio.rho == pytest.approx(2)


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"no benchmark of x\.json is in y\.json") as raised:
        compare_results(side(bench("a", 1), bench("b", 1)), side(bench("c", 1), path="y.json"))
    assert raised.value.hint == "the one has a, b, the other c"


def test_the_first_side_is_what_the_others_are_compared_with() -> None:
    found = compare_sides([side(bench("a", 1)), side(bench("b", 2)), side(bench("c", 3))])
    assert [row.name for row in found.rows] == ["a -> b", "a -> c"]


def test_one_file_is_compared_within() -> None:
    both = side(bench("a", 1), bench("b", 2))
    assert [one.benchmarks[0].name for one in sides_within(both)] == ["a", "b"]
    with pytest.raises(UsageError, match="nothing to compare it with"):
        sides_within(side(bench("a", 1)))


# --- drift ----------------------------------------------------------------------------------------------------------


def test_sides_one_after_the_other_allow_for_drift() -> None:
    found = compare_results(side(bench("a", 1)), side(bench("a", 0.92)))
    (row,) = found.rows
    assert (row.verdict, row.judgement.decisive, row.ratio.drift) == ("MARGINAL", False, 0.1)  # type: ignore[union-attr]
    assert "not measured in turn: every interval is widened by 10%" in found.notes[0]


def test_sides_in_turn_do_not() -> None:
    found = compare_results(side(bench("a", 1, started=0)), side(bench("a", 0.92, started=1)))
    (row,) = found.rows
    assert (row.verdict, row.ratio.drift, row.interleaved) == ("VERIFIED", 0, True)
    assert found.notes == ()


def test_one_process_a_side_allows_for_drift_even_in_turn() -> None:
    before = bench("a", 1, started=0, one_process=True)
    found = compare_results(side(before), side(bench("a", 0.92, started=1)))
    assert found.rows[0].ratio.drift == 0.1
    assert "one process" in found.notes[0]


def test_a_fifth_slower_counts_whatever_the_drift() -> None:
    (row,) = compare_results(side(bench("a", 1)), side(bench("a", 1.25))).rows
    assert row.verdict == "REGRESSION"


@pytest.mark.parametrize(
    ("order", "in_turn"),
    [
        ("ABABABABAB", True),
        ("ABBAABBAAB", True),
        ("AABBAABBAB", True),
        ("AAAAABBBBB", False),
        ("ABABAAAABBBB", False),
    ],
)
def test_turns_are_told_by_when_runs_began(order: str, in_turn: bool) -> None:
    starts = {who: tuple(float(n) for n, one in enumerate(order) if one == who) for who in "AB"}
    one, other = (
        Benchmark(who, np.ones(len(starts[who])), one_process=False, started=starts[who]) for who in "AB"
    )
    assert measured_in_turn(one, other) is in_turn


def test_no_drift_allowance_can_be_asked_for() -> None:
    found = compare_results(side(bench("a", 1)), side(bench("a", 0.92)), drift=0)
    assert found.rows[0].verdict == "VERIFIED"
    assert "no allowance was asked for" in found.notes[0]


def test_different_machines_are_told() -> None:
    found = compare_results(side(bench("a", 1), cpu="X"), side(bench("a", 1), cpu="Y"))
    assert "different machines (X and Y)" in found.notes[0]


# --- too little, and what comes out ---------------------------------------------------------------------------------


def test_nine_measurements_are_too_few() -> None:
    found = compare_results(side(bench("a", 1, 9)), side(bench("a", 2, 30)))
    (row,) = found.rows
    assert (row.verdict, row.too_few) == (None, 9)
    with pytest.raises(TooFewSamples, match="9 a side, 10 are needed"):
        found.require_judged()
    assert found.to_dict()["rows"][0]["verdict"] is None


def test_only_judged_benchmarks_share_the_level() -> None:
    few = [bench(f"few {n}", 1, 3) for n in range(40)]
    alone = compare_results(side(bench("a", 1)), side(bench("a", 1.2)))
    among = compare_results(side(bench("a", 1), *few), side(bench("a", 1.2), *few))
    assert among.rows[0].ratio == alone.rows[0].ratio


def test_json_has_no_infinity() -> None:
    document = compare_results(side(bench("a", 1, 2)), side(bench("a", 2, 2))).to_dict()
    assert document["rows"][0]["interval"] is None
    json.dumps(document, allow_nan=False)


def test_peak_memory_stands_beside_time() -> None:
    document = compare_results(side(bench("a", 1, peak=100)), side(bench("a", 1, peak=200))).to_dict()
    row = document["rows"][0]
    assert (row["before"]["peak_bytes"], row["after"]["peak_bytes"]) == (100, 200)


# --- medians and differences ----------------------------------------------------------------------------------------


def test_the_interval_of_a_median() -> None:
    assert median_interval(range(5)) is None
    assert median_interval([3, 1, 2, 6, 5, 4]) == (1, 6)  # 2 / 2^6 = 3.1% outside
    assert median_interval(range(1, 21)) == (6, 15)  # Conover's table: P(B < 6) = 0.0207 for n = 20


def test_exact_and_approximate_ranks_meet() -> None:
    low, _ = median_interval(np.arange(1000)) or (0, 0)
    near, _ = median_interval(np.arange(1001)) or (0, 0)
    assert abs(low - near) <= 2


@given(st.lists(st.floats(1e-6, 1e6), min_size=6, max_size=60))
def test_the_interval_holds_the_median(values: list[float]) -> None:
    found = median_interval(values)
    assert found is not None
    assert found[0] <= float(np.median(values)) <= found[1]


def test_the_difference_of_two_benchmarks() -> None:
    estimate, interval = difference(np.arange(10), np.arange(10) + 100.0)
    assert estimate == 100
    assert interval is not None
    assert interval[0] < 100 < interval[1]
    assert difference([1.0, 2.0], [2.0, 3.0]) == (pytest.approx(1), None)
    with pytest.raises(ValueError, match="finite"):
        difference([], [1.0])
    with pytest.raises(ValueError, match="finite"):
        difference([1.0], [math.nan])
