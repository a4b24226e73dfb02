"""Two sides of drawn runs in, statuses, culprits and one verdict out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from hotspot.analysis.diff import diff
from hotspot.analysis.diff_rows import DiffRow
from hotspot.errors import TooFewSamples, UsageError
from hotspot.profile import Bool, Profile, Samples
from hotspot.workflow.lifecycle.judging import judge_profiles

from tests.diff_vocabulary import (
    PROGRAM,
    culprits,
    drawn,
    edited,
    pruned,
    renamed,
    row_of,
    runs,
    scaled,
    statuses,
)
from tests.vocabulary import folded, profile_from_text

# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_nothing_changed() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(PROGRAM, seed=2))
    assert found.verdict == "unchanged"
    assert found.basis == "replicated"
    assert found.normalised_by == "reference"
    assert statuses(found) == {}
    assert culprits(found) == {}
    assert (found.samples_needed, found.runs_needed) == (None, None)
    assert found.size_factor == pytest.approx(1, abs=0.03)


def test_one_function_got_slower() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;group;find": 700}), seed=2))
    assert found.verdict == "regressed"
    assert statuses(found) == {"find": "regressed"}
    row = row_of(found, "find")
    assert row.change == pytest.approx(200 / 4000, abs=0.01)
    assert row.interval is not None
    assert row.interval[0] < 200 / 4000 < row.interval[1]
    assert row.significant is True
    assert row.q is not None
    assert row.q < 0.001
    assert (row.measure, row.because, row.callee) == ("self", "ambiguous", None)
    assert "find got slower or is called more" in found.sentence


def test_one_function_got_faster() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;group;find": 300}), seed=2))
    assert found.verdict == "improved"
    assert statuses(found) == {"find": "improved"}
    assert row_of(found, "find").change == pytest.approx(-200 / 4000, abs=0.01)


def test_slower_here_and_faster_there_is_mixed() -> None:
    after = edited(PROGRAM, {"main;group;find": 700, "main;sort;less": 350})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert found.verdict == "mixed"
    assert statuses(found) == {"find": "regressed", "less": "improved"}


def test_a_function_appears_and_another_goes() -> None:
    after = edited(PROGRAM, {"main;sort;less": 0, "main;report;draw;line": 300, "main;report;draw": 200})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert found.verdict == "mixed"
    assert statuses(found) == {"draw": "new", "line": "new", "less": "gone"}
    assert row_of(found, "less").matched_by is None
    assert row_of(found, "less").self_after == 0


def test_a_burst_in_one_run_is_not_a_new_function() -> None:
    after = runs(PROGRAM, seed=2)
    burst = drawn({**PROGRAM, "main;report;collect": 150})
    found = diff(runs(PROGRAM, seed=1), [*after[:4], burst])
    assert row_of(found, "collect").status == "inconclusive"
    assert row_of(found, "collect").significant is False
    assert found.verdict == "inconclusive"


def test_a_small_function_is_not_tested_and_does_not_count() -> None:
    found = diff(runs(edited(PROGRAM, {"main;tiny": 1}), seed=1), runs(PROGRAM, seed=2))
    row = row_of(found, "tiny")
    assert row.status == "inconclusive"
    assert (row.interval, row.p, row.q, row.significant) == (None, None, None, None)
    assert row.change == pytest.approx(-row.self_before / sum(r.self_before for r in found.rows))
    assert found.verdict == "unchanged"


def test_a_change_below_the_smallest_that_counts() -> None:
    before, after = runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;group;find": 700}), seed=2)
    found = diff(before, after, min_change=0.08)
    assert row_of(found, "find").significant is False
    assert found.verdict == "inconclusive"


def test_tolerance() -> None:
    before, after = runs(PROGRAM, seed=1), runs(PROGRAM, seed=2)
    found = diff(before, after, tolerance=0.001)
    assert found.verdict == "inconclusive"
    assert row_of(found, "less").status == "inconclusive"
    assert found.samples_needed is not None or found.runs_needed is not None


# -- how many runs, how much work --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k_before", "k_after", "basis"),
    [
        (1, 1, "screening"),
        (2, 2, "screening"),
        (1, 7, "screening"),
        (3, 3, "low_confidence"),
        (4, 6, "low_confidence"),
        (5, 5, "replicated"),
        (5, 7, "replicated"),
    ],
)
def test_basis(k_before: int, k_after: int, basis: str) -> None:
    after = edited(PROGRAM, {"main;group;find": 1000})
    found = diff(runs(PROGRAM, k_before, seed=1), runs(after, k_after, seed=2))
    assert found.basis == basis
    assert found.verdict == ("suspect" if basis == "screening" else "regressed")
    assert found.size_factor == pytest.approx(k_after / k_before, rel=0.06)
    assert row_of(found, "find").change == pytest.approx(500 / 4000, abs=0.02)
    assert ("Low confidence" in found.sentence) == (basis == "low_confidence")
    assert ("no proof" in found.sentence) == (basis == "screening")


def test_a_screening_suspects_but_blames_nobody() -> None:
    after = edited(PROGRAM, {"main;group;find": 900, "main;sort;less": 200, "main;report;draw": 300})
    found = diff(runs(PROGRAM, 1, seed=1), runs(after, 1, seed=2))
    assert found.verdict == "suspect"
    assert {row.function for row in found.rows if row.status == "suspect"} == {"find", "less", "draw"}
    assert all(row.significant and not row.culprit and row.because is None for row in found.rows[:3])
    assert "likely faster" in found.sentence
    assert "hotspot diff BEFORE/ AFTER/" in found.sentence
    assert found.runs_needed is not None
    assert found.runs_needed >= 5


def test_a_screening_of_equal_profiles() -> None:
    profile = drawn(PROGRAM)
    found = diff(profile, profile, tolerance=0.05)
    assert found.verdict == "unchanged"
    assert (
        diff(profile, profile).verdict == "inconclusive"
    )  # runs that vary by 5% hide two points of a large function
    assert all(row.change == 0 for row in found.rows)
    assert found.size_factor == 1
    assert found.change == 0


def test_more_work_is_not_slower() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(PROGRAM, seed=2, work=2.5))
    assert found.verdict == "unchanged"
    assert found.size_factor == pytest.approx(2.5, rel=0.02)


def test_one_growing_function_does_not_make_the_others_smaller() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;group;find": 8000}), seed=2))
    assert found.size_factor == pytest.approx(1, abs=0.03)
    assert statuses(found) == {"find": "regressed"}


def test_known_work_settles_what_reference_functions_cannot() -> None:
    # Everything takes a fifth longer: no function stands out, only the work tells.
    slower = {stack: mean * 1.2 for stack, mean in PROGRAM.items()}
    assert diff(runs(PROGRAM, seed=1), runs(slower, seed=2)).verdict == "unchanged"
    found = diff(runs(PROGRAM, seed=1), runs(slower, seed=2), work=(1000, 1000))
    assert found.normalised_by == "work"
    assert found.size_factor == 1
    assert found.verdict == "regressed"
    assert found.change == pytest.approx(0.2, abs=0.02)
    assert found.interval is not None
    assert found.interval[0] < 0.2 < found.interval[1]


def test_work_a_run() -> None:
    before = [run for i in range(5) for run in runs(PROGRAM, 1, seed=i, work=1 + i)]
    found = diff(before, runs(PROGRAM, seed=9), work=([1, 2, 3, 4, 5], 1))
    assert found.size_factor == pytest.approx(5 / 15)
    assert found.verdict == "unchanged"


@pytest.mark.parametrize("work", [([1, 2], 1), (1, 0), (1, -2), (math.nan, 1), (1, math.inf)])
def test_work_that_makes_no_sense(work: tuple[float | list[float], float]) -> None:
    with pytest.raises(UsageError, match="work"):
        diff(runs(PROGRAM, 3), runs(PROGRAM, 3), work=work)


def test_too_few_functions_to_tell_the_work() -> None:
    few = {"main;a": 1000.0, "main;b": 1000.0}
    found = diff(runs(few, seed=1), runs(edited(few, {"main;a": 1500}), seed=2))
    assert found.normalised_by == "equal_work"
    assert found.basis == "low_confidence"
    assert found.verdict == "regressed"
    assert statuses(found)["a"] == "regressed"
    assert "equal work is only assumed" in found.sentence
    assert any("--work" in note for note in found.notes)


# -- culprits ----------------------------------------------------------------------------------------------------------


def test_a_helper_slower_under_every_caller() -> None:
    after = edited(PROGRAM, {"main;load;hash": 240, "main;group;hash": 660})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert culprits(found) == {"hash": ("slower", None)}
    assert "hash got slower" in found.sentence


def test_one_caller_calls_a_helper_more() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;load;hash": 480}), seed=2))
    assert culprits(found) == {"load": ("calls_more", "hash")}
    row = row_of(found, "load")
    assert row.measure == "edge"
    assert row.status == "regressed"
    assert row.change == pytest.approx(320 / 4000, abs=0.01)
    assert row_of(found, "hash").status == "regressed"
    assert found.rows[0].function in ("load", "hash")
    assert "load calls hash more" in found.sentence


def test_one_caller_calls_a_helper_less() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;group;hash": 120}), seed=2))
    assert culprits(found) == {"group": ("calls_more", "hash")}
    assert row_of(found, "group").change < 0
    assert "group calls hash less" in found.sentence


def test_a_whole_subtree_is_called_more() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(scaled(PROGRAM, "main;load;parse", 1.4), seed=2))
    assert next(iter(culprits(found))) == "parse"
    assert row_of(found, "parse").significant is True
    assert "load" not in culprits(found)
    assert "main" not in culprits(found)


def test_three_culprits_at_once() -> None:
    after = edited(PROGRAM, {"main;group;find": 800, "main;sort": 550, "main;load;hash": 480})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert culprits(found) == {
        "find": ("ambiguous", None),
        "sort": ("slower", None),
        "load": ("calls_more", "hash"),
    }
    assert "and 1 more" in found.sentence


def test_recursion_is_no_caller_of_itself() -> None:
    # Every sample of fold moved, under itself as under pack: it has one caller, and calls emit, which stayed.
    after = edited(PROGRAM, {"main;pack;fold": 320, "main;pack;fold;fold": 400})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert culprits(found) == {"fold": ("slower", None)}
    assert row_of(found, "fold").change == pytest.approx(360 / 4000, abs=0.015)


def test_ancestors_are_not_blamed() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;pack;fold;fold;emit": 600}), seed=2))
    assert list(culprits(found)) == ["emit"]


def test_unknown_addresses_are_judged_but_not_blamed() -> None:
    stacks = renamed(PROGRAM, "less", "0x55d0c0ffee01")
    found = diff(runs(stacks, seed=1), runs(edited(stacks, {"main;sort;0x55d0c0ffee01": 1000}), seed=2))
    assert row_of(found, "[unknown]").status == "regressed"
    assert list(culprits(found)) == ["sort"]
    assert row_of(found, "sort").measure == "total"


def test_processes_and_threads_are_not_blamed() -> None:
    # Work is known, and all of the program is slower: the root's total moved most, but its root is the process.
    from hotspot.builder import ProfileBuilder
    from hotspot.profile import Kind, Provenance

    from tests.vocabulary import SAMPLES

    def recorded(mean: float, seed: int) -> list[Profile]:
        rng = np.random.default_rng(seed)
        built = []
        for _ in range(5):
            builder = ProfileBuilder((SAMPLES,))
            comm = builder.frames.intern("main", kind=Kind.PROCESS)
            frames = [builder.frames.intern(name) for name in ("main", "work", "rest")]
            handles = builder.add_stacks([comm, frames[0], frames[1], comm, frames[0], frames[2]], [0, 3, 6])
            builder.add_samples(handles, rng.poisson([mean, mean]))
            built.append(builder.build(Provenance()))
        return built

    found = diff(recorded(2000, 1), recorded(2500, 2), work=(1, 1))
    assert found.verdict == "regressed"
    assert next((row.function, row.measure) for row in found.rows if row.culprit) == ("main", "total")
    assert len([row for row in found.rows if row.function == "main"]) == 2  # the process is another row
    assert sum(row.culprit for row in found.rows if row.function == "main") == 1


def owned(*names: str) -> Callable[[Profile], tuple[Bool, Bool]]:
    """Say that functions of these names are in-app and all others are not."""

    def classify(profile: Profile) -> tuple[Bool, Bool]:
        mine = np.array([profile.frame_name(i) in names for i in range(len(profile.frames))])
        return mine, np.ones(len(mine), dtype=bool)

    return classify


def test_library_code_is_charged_to_its_in_app_caller() -> None:
    stacks = edited(
        PROGRAM, {"main;sort;less": 0, "main;sort;qsort;less": 300, "main;sort;qsort;swap;copy": 300}
    )
    after = edited(stacks, {"main;sort;qsort;swap;copy": 600})
    found = diff(
        runs(stacks, seed=1), runs(after, seed=2), in_app=owned("main", "load", "sort", "less", "report")
    )
    assert list(culprits(found)) == ["sort"]
    row = row_of(found, "sort")
    assert row.callee == "copy"
    assert row.change == pytest.approx(300 / 4000, abs=0.012)
    assert row.interval is not None
    assert all(math.isfinite(end) for end in row.interval)
    assert row_of(found, "copy").status == "regressed"
    assert row_of(found, "copy").culprit is False


def test_library_code_that_a_project_calls_itself_names_the_call() -> None:
    after = edited(PROGRAM, {"main;load;hash": 480})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2), in_app=owned("main", "load", "group"))
    assert culprits(found) == {"load": ("calls_more", "hash")}


def test_library_code_without_an_in_app_caller_is_named_itself() -> None:
    after = edited(PROGRAM, {"main;group;find": 700})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2), in_app=owned("nothing"))
    assert list(culprits(found)) == ["find"]


# -- cost that only moved ----------------------------------------------------------------------------------------------


def test_a_rename_is_not_a_change() -> None:
    found = diff(runs(PROGRAM, seed=1), runs(renamed(PROGRAM, "find", "probe"), seed=2))
    assert found.verdict == "unchanged"
    assert statuses(found) == {"find": "cost_shift", "probe": "cost_shift"}
    assert row_of(found, "find").matched_by == "renamed"
    assert row_of(found, "probe").matched_by == "renamed"
    assert row_of(found, "find").interval is None
    assert row_of(found, "probe").interval is not None


def test_a_renamed_function_that_got_slower() -> None:
    after = edited(renamed(PROGRAM, "find", "probe"), {"main;group;probe": 700})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert found.verdict == "regressed"
    assert statuses(found) == {"find": "cost_shift", "probe": "regressed"}
    assert row_of(found, "probe").change == pytest.approx(200 / 4000, abs=0.01)
    assert list(culprits(found)) == ["probe"]


def test_inlining_is_not_a_change() -> None:
    after = edited(PROGRAM, {"main;sort;less": 0, "main;sort": 900})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert found.verdict == "unchanged"
    assert statuses(found) == {"less": "cost_shift", "sort": "cost_shift"}
    assert row_of(found, "less").matched_by == "inlined"
    assert row_of(found, "sort").matched_by == "exact"


def test_inlining_that_helped_is_an_improvement_of_what_is_left() -> None:
    after = edited(PROGRAM, {"main;sort;less": 0, "main;sort": 650})
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert found.verdict == "improved"
    assert statuses(found) == {"less": "cost_shift", "sort": "improved"}
    assert row_of(found, "sort").change == pytest.approx(-250 / 4000, abs=0.012)


def test_a_split_is_not_a_change_but_its_residual_is() -> None:
    split = edited(PROGRAM, {"main;group;find": 150, "main;group;find;probe": 350})
    found = diff(runs(PROGRAM, seed=1), runs(split, seed=2))
    assert found.verdict == "unchanged"
    assert statuses(found) == {"find": "cost_shift", "probe": "cost_shift"}
    assert row_of(found, "probe").matched_by == "split"
    worse = edited(PROGRAM, {"main;group;find": 150, "main;group;find;probe": 550})
    found = diff(runs(PROGRAM, seed=1), runs(worse, seed=2))
    assert found.verdict == "regressed"
    assert statuses(found) == {"find": "regressed", "probe": "cost_shift"}
    assert row_of(found, "find").change == pytest.approx(200 / 4000, abs=0.012)


def test_matches_tell_what_moved() -> None:
    after = renamed(edited(PROGRAM, {"main;sort;less": 0, "main;sort": 900}), "find", "probe")
    found = diff(runs(PROGRAM, seed=1), runs(after, seed=2))
    assert [(m.function, m.rules, m.before, m.after) for m in found.matches] == [
        ("probe", ("renamed",), ("find",), ("probe",)),
        ("sort", ("inlined",), ("sort", "less"), ("sort",)),
    ]
    assert "score 1.00" in found.matches[0].reason or "score 0.9" in found.matches[0].reason


# -- files that leave out narrow frames --------------------------------------------------------------------------------


def test_absent_from_a_pruned_file_is_not_gone() -> None:
    before = edited(PROGRAM, {"main;report;draw": 30})
    after = edited(PROGRAM, {"main;report": 230})  # what the file left out reads as its caller's self
    found = diff(drawn(before), pruned(drawn(after), 40), tolerance=0.03)
    row = row_of(found, "draw")
    assert (row.status, row.self_max_before, row.self_max_after) == ("pruned", None, 40)
    assert (row.interval, row.significant) == (None, None)
    assert found.verdict == "unchanged"
    assert row_of(found, "report").change == 0


def test_absent_from_a_pruned_file_but_too_large_to_have_been_left_out() -> None:
    before = edited(PROGRAM, {"main;report;draw": 500})
    found = diff(runs(before, seed=1), [pruned(run, 4) for run in runs(PROGRAM, seed=2)])
    row = row_of(found, "draw")
    assert row.status == "improved"
    assert row.self_max_after == 20  # four samples in each of five runs
    assert row.change == pytest.approx(-500 / 4500, abs=0.01)


def test_new_to_a_side_whose_baseline_was_pruned() -> None:
    after = edited(PROGRAM, {"main;report;draw": 30, "main;report": 170})
    found = diff([pruned(run, 40) for run in runs(PROGRAM, seed=1)], runs(after, seed=2))
    assert row_of(found, "draw").status == "pruned"
    assert row_of(found, "draw").self_max_before == 200
    assert found.verdict == "unchanged"
    assert culprits(found) == {}


# -- identity ----------------------------------------------------------------------------------------------------------


def test_exact_symbols_do_not_strip() -> None:
    before, after = (renamed(PROGRAM, "find", f"find.isra.{n}") for n in (3, 0))
    canonical = diff(drawn(before), drawn(after), tolerance=0.03)
    assert row_of(canonical, "find").matched_by == "compiler-suffix"
    assert canonical.verdict == "unchanged"
    exact = diff(drawn(before), drawn(after), symbols="exact")
    assert {row.function for row in exact.rows} >= {"find.isra.3", "find.isra.0"}


# -- what scripts rely on ----------------------------------------------------------------------------------------------

_ROW_KEYS = [
    *("function", "file", "line", "module", "measure", "self_before", "self_after", "total_before", "total_after"),
    *("self_share_before", "self_share_after", "total_share_before", "total_share_after"),
    *("change", "interval", "p", "q", "significant", "status", "culprit", "because", "callee", "matched_by"),
    *("self_max_before", "self_max_after"),
]  # fmt: skip
_KEYS = [
    *("schema", "before", "after", "basis", "normalised_by", "size_factor", "verdict", "alpha", "min_change"),
    *("rows", "samples_needed", "runs_needed", "sentence"),
]  # fmt: skip


def test_json_keys_and_values() -> None:
    found = diff(
        runs(PROGRAM, seed=1), runs(edited(PROGRAM, {"main;load;hash": 480, "main;tiny": 1}), seed=2)
    )
    document = found.to_dict()
    assert list(document)[: len(_KEYS)] == _KEYS
    assert document["schema"] == "hotspot.diff/1"
    assert document["before"]["runs"] == 5
    assert [field.name for field in fields(DiffRow)] == _ROW_KEYS
    assert all(list(row) == _ROW_KEYS for row in document["rows"])
    assert "matches" not in document
    assert "matches" in found.to_dict(explain_matches=True)
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == document
    assert sum(row["self_before"] for row in document["rows"]) == document["before"]["total"]
    assert sum(row["self_share_after"] for row in document["rows"]) == pytest.approx(1)


def test_fails_on() -> None:
    slower = edited(PROGRAM, {"main;group;find": 1000})
    before, after = runs(PROGRAM, seed=1), runs(slower, seed=2)
    worse, better, same = diff(before, after), diff(after, before), diff(before, runs(PROGRAM, seed=3))
    likely, maybe_better = diff(before[0], after[0]), diff(after[0], before[0])
    table = {
        "regression": [found.fails("regression") for found in (worse, better, same, likely, maybe_better)],
        "suspect": [found.fails("suspect") for found in (worse, better, same, likely, maybe_better)],
        "any": [found.fails("any") for found in (worse, better, same, likely, maybe_better)],
    }
    assert table == {
        "regression": [True, False, False, None, None],
        "suspect": [True, False, False, True, False],
        "any": [True, True, False, True, True],
    }


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(UsageError, match="at least one profile"):
        diff([], [drawn(PROGRAM)])
    with pytest.raises(TooFewSamples, match="after: nothing to compare in empty"):
        diff(drawn(PROGRAM), replace(profile_from_text("main 0"), label="empty"))


def text(profile: Profile) -> str:
    return "\n".join(f"{stack} {weight}" for stack, weight in folded(profile).items())


def test_a_run_that_a_filter_emptied_counts_as_nothing_seen() -> None:
    from hotspot.analysis.transform import Filters, apply_filters

    before = [apply_filters(run, Filters(focus="find")) for run in runs(PROGRAM, seed=1)]
    without = edited(PROGRAM, {"main;group;find": 0})
    after = [
        apply_filters(profile_from_text(f"main;group;find 0\n{text(run)}"), Filters(focus="find"))
        for run in runs(without, seed=2)
    ]
    found = diff(before, after)
    assert statuses(found) == {"find": "gone", "main": "inconclusive", "group": "inconclusive"}
    assert row_of(found, "find").change == pytest.approx(
        -500 / 4000, abs=0.01
    )  # of the whole, filters or not


def test_negative_weights_are_shown_but_not_tested() -> None:
    before = [profile_from_text("main;a 500\nmain;b 500\nmain;c -40")] * 3
    after = [profile_from_text("main;a 500\nmain;b 500\nmain;c 60")] * 3
    found = diff(before, after)
    row = row_of(found, "c")
    assert (row.self_before, row.self_after, row.interval, row.status) == (-120, 180, None, "inconclusive")
    json.dumps(found.to_dict(), allow_nan=False)


def test_weights_without_counts_are_a_screening() -> None:
    from hotspot.units import ValueType

    def timed(stacks: dict[str, float]) -> Profile:
        profile = drawn(stacks)
        row = np.repeat(np.arange(len(profile.samples)), profile.weights)  # a row a sample
        samples = Samples(
            profile.samples.leaf[row],
            np.full((len(row), 1), 1_000_000, dtype=np.int64),
            np.arange(len(row), dtype=np.int64),
        )
        return replace(profile, samples=samples, value_types=(ValueType("cpu", "nanoseconds"),)).check()

    found = diff([timed(PROGRAM)] * 5, [timed(edited(PROGRAM, {"main;group;find": 2500}))] * 5)
    assert found.basis == "screening"
    assert found.verdict == "suspect"
    assert any("without sample counts" in note for note in found.notes)
    assert row_of(found, "find").self_before == 5 * 500 * 1_000_000


def test_the_whole_program_cannot_lose_more_than_all_its_time() -> None:
    def run(size: int) -> Profile:
        return profile_from_text("\n".join(f"main;f{i} {size * (i + 1)}" for i in range(10)))

    found = diff([run(n) for n in (40, 2, 30)], [run(n) for n in (1, 1, 3)], work=[[1, 1, 1], [1, 1, 1]])
    assert found.interval is not None
    assert found.interval[0] == -1
    assert -1 < found.change < found.interval[1]
    assert "-100.0 to" in found.sentence
    assert judge_profiles(found, regression=False).change_text.endswith("(95% interval -100.0% to -14.4%)")
    assert all(row.interval is None or row.interval[0] >= -1 for row in found.rows)
