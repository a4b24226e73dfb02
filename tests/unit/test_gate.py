"""The gate: every item met, not met or not measured, and the exit code that follows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hotspot.benchmarks.model import Results
from hotspot.config import Config, load_config
from hotspot.workflow.gate.gate import Gate, NothingToCheck, judge_measured
from hotspot.workflow.gate.measured import Measured

from tests.unit.test_bench_compare import bench, side
from tests.vocabulary import profile_from_text


def project(folder: Path, text: str = "") -> Config:
    (folder / "hotspot.toml").write_text(text)
    return load_config(folder)


def answers(gate: Gate) -> dict[str, str]:
    return {item.name: item.status for item in gate.items}


def judged(folder: Path, text: str, head: Results, base: Results | None = None, **options: float) -> Gate:
    measured = Measured(head=head, base=base, base_name=None if base is None else "main")
    return judge_measured(project(folder, text), measured, **options)


# --- budgets --------------------------------------------------------------------------------------------------------


def test_budgets(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"x" * 3000)
    text = """
[budgets]
start = { benchmark = "app --version", max = "100 ms" }
frame = { benchmark = "frame", max = "16 ms" }
overhead = { benchmark = "ours", minus = "native", max = "10 ms" }
"less overhead" = { benchmark = "ours", minus = "native", max = "4 ms" }
resident = { memory = "app serve", max = "50 MB" }
lean = { memory = "app serve", max = "30 MB" }
binary = { file = "app", max = "10 kB" }
small = { file = "app", max = "1 kB" }
missing = { benchmark = "nothing", max = "1 s" }
"no memory" = { memory = "frame", max = "1 GB" }
gone = { file = "nowhere", max = "1 GB" }
few = { benchmark = "few", max = "1 s" }
"""
    head = side(
        bench("app --version", 0.08),
        bench("frame", 0.02),
        bench("ours", 0.105),
        bench("native", 0.1),
        bench("app serve", 1, peak=40 << 20),
        bench("few", 0.1, 5),
    )
    gate = judged(tmp_path, text, head)
    assert answers(gate) == {
        "start": "met",
        "frame": "not met",
        "overhead": "met",
        "less overhead": "not met",
        "resident": "met",
        "lean": "not met",
        "binary": "met",
        "small": "not met",
        "missing": "not measured",
        "no memory": "not measured",
        "gone": "not measured",
        "few": "not measured",
    }
    details = {item.name: item.detail for item in gate.items}
    assert details["frame"] == "20.0 ms of 16 ms (19.9 ms to 20.1 ms)"
    assert details["resident"] == "40.0 MB of 50 MB (40.0 MB to 40.0 MB)"
    assert details["missing"] == "no benchmark 'nothing' among the results"
    assert [item.status for item in gate.items[:4]] == ["not met"] * 4  # what matters comes first
    assert gate.exit_code == 1


def test_a_median_near_its_limit_says_so(tmp_path: Path) -> None:
    gate = judged(tmp_path, '[budgets]\na = { benchmark = "a", max = "10 ms" }', side(bench("a", 0.00999)))
    assert gate.verdict == "passed"
    assert gate.items[0].detail.endswith(", too close to be sure")


def test_a_pattern_holds_for_each(tmp_path: Path) -> None:
    head = side(bench("frame a", 0.01), bench("frame b", 0.02), bench("other", 1))
    gate = judged(tmp_path, '[budgets]\nframe = { benchmark = "frame *", max = "16 ms" }', head)
    assert answers(gate) == {"frame: frame b": "not met", "frame: frame a": "met"}


# --- against the base -----------------------------------------------------------------------------------------------


def test_a_slower_benchmark_fails(tmp_path: Path) -> None:
    gate = judged(tmp_path, "", side(bench("a", 1.3), bench("b", 1)), side(bench("a", 1), bench("b", 1)))
    assert answers(gate) == {"a": "not met", "b": "met"}
    assert (gate.verdict, gate.exit_code, gate.partial) == ("failed", 1, None)


def test_the_threshold(tmp_path: Path) -> None:
    head, base = side(bench("a", 1.3)), side(bench("a", 1))
    assert judged(tmp_path, "", head, base, threshold=0.4).exit_code == 0


def test_too_few_measurements_are_too_little_data(tmp_path: Path) -> None:
    gate = judged(tmp_path, "", side(bench("a", 1, 5)), side(bench("a", 1, 5)))
    assert (gate.verdict, gate.exit_code) == ("too little data", 3)


def test_a_failed_check_beats_too_little_data(tmp_path: Path) -> None:
    gate = judged(tmp_path, "", side(bench("a", 2), bench("b", 1, 5)), side(bench("a", 1), bench("b", 1, 5)))
    assert answers(gate) == {"a": "not met", "b": "not measured"}
    assert gate.exit_code == 1


def test_partial_success_names_the_rule_that_decides(tmp_path: Path) -> None:
    head, base = side(bench("a", 0.5), bench("b", 1.3)), side(bench("a", 1), bench("b", 1))
    gate = judged(tmp_path, "", head, base)
    assert gate.partial == (
        "partial success: faster a -50.0%; slower b +30.0%. Decided by: no benchmark worse than 5%: not met, "
        "whatever got faster"
    )
    assert gate.exit_code == 1
    gate = judged(tmp_path, '[criteria]\nsteady = { no_worse_than = "50%" }', head, base)
    assert gate.partial is not None
    assert gate.partial.endswith("Decided by: criterion steady: no worse than 50%: met")
    assert gate.exit_code == 0


def test_a_criterion_may_cover_some_benchmarks(tmp_path: Path) -> None:
    head, base = side(bench("a x", 1.3), bench("b", 1.3)), side(bench("a x", 1), bench("b", 1))
    gate = judged(tmp_path, '[criteria]\nloose = { no_worse_than = "50%", benchmarks = "a *" }', head, base)
    assert answers(gate) == {"b": "not met", "a x": "met", "loose": "met"}


@pytest.mark.parametrize(
    ("quorum", "fast", "status"),
    [
        ("3 of 4", 3, "met"),
        ("3 of 4", 2, "not met"),
        ("4 of 4", 3, "not met"),
        ("3 of 5", 2, "not measured"),
        ("all", 4, "met"),
    ],
)
def test_faster_on_so_many(tmp_path: Path, quorum: str, fast: int, status: str) -> None:
    base = side(*(bench(f"b{n}", 1) for n in range(4)))
    head = side(*(bench(f"b{n}", 0.7 if n < fast else 1) for n in range(4)))
    gate = judged(tmp_path, f'[criteria]\nq = {{ faster_than = "baseline", on = "{quorum}" }}', head, base)
    assert answers(gate)["q"] == status


def test_faster_by_so_much(tmp_path: Path) -> None:
    head, base = side(bench("a", 0.75)), side(bench("a", 1))
    for by, status in (("20%", "met"), ("30%", "not met")):
        gate = judged(tmp_path, f'[criteria]\nq = {{ faster_than = "baseline", by = "{by}" }}', head, base)
        assert answers(gate)["q"] == status


def test_faster_than_a_rival_beside_it(tmp_path: Path) -> None:
    text = '[criteria]\nq = { faster = "ours *", than = "theirs *", on = "2 of 3" }'
    names = [
        ("ours a", 0.5),
        ("theirs a", 1),
        ("ours b", 1),
        ("theirs b", 1),
        ("ours c", 0.7),
        ("theirs c", 1),
    ]
    gate = judged(tmp_path, text, side(*(bench(name, middle) for name, middle in names)))
    assert answers(gate) == {"q": "met"}
    assert gate.items[0].detail.startswith("2 of 3: ours a -50.0% (yes), ours b ")


def test_criteria_without_a_base_are_not_measured(tmp_path: Path) -> None:
    gate = judged(tmp_path, '[criteria]\nq = { faster_than = "baseline" }', side(bench("a", 1)))
    assert (answers(gate), gate.exit_code) == ({"q": "not measured"}, 3)


def test_a_critical_path_comes_first(tmp_path: Path) -> None:
    head, base = side(bench("a", 2), bench("b", 2)), side(bench("a", 1), bench("b", 1))
    gate = judged(tmp_path, '[critical]\nb = "high"', head, base)
    assert [(item.name, item.priority) for item in gate.items] == [("b", "high"), ("a", None)]


def test_nothing_to_check_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NothingToCheck, match="no baseline, no budget, no criterion"):
        judged(tmp_path, "", side(bench("a", 1)))


def test_what_has_no_partner_is_told(tmp_path: Path) -> None:
    head, base = side(bench("a", 1), bench("new", 1)), side(bench("a", 1), bench("old", 1))
    notes = judged(tmp_path, "", head, base).notes
    assert "old: only in the base" in notes
    assert "new: only now, nothing to compare it with" in notes


# --- profiles -------------------------------------------------------------------------------------------------------


def profiles(lex: int, runs: int = 5, emit: int = 300) -> Measured:
    """Head profiles of a program with ten functions, of which one takes ``lex`` samples a run."""
    made = []
    for run in range(runs):
        steady = [f"main;step{n} {100 + (run * 7 + n) % 5}" for n in range(10)]
        made.append(
            profile_from_text(
                "\n".join([*steady, f"main;lex {lex + run % 3}", f"main;emit {emit + run % 4}"])
            )
        )
    return Measured(head_profiles=tuple(made))


def compared(
    folder: Path, before: Measured, after: Measured, text: str = "", equal_work: bool = False
) -> Gate:
    both = replace(after, base_profiles=before.head_profiles, base_name="main", equal_work=equal_work)
    return judge_measured(project(folder, text), both)


@pytest.mark.parametrize("equal_work", [False, True])
def test_a_slower_function_fails_and_is_named(tmp_path: Path, equal_work: bool) -> None:
    gate = compared(tmp_path, profiles(200), profiles(600), '[critical]\nlex = "high"', equal_work)
    assert answers(gate) == {"lex": "not met", "whole program": "not met"}
    first = gate.items[0]
    assert (first.name, first.kind, first.priority) == ("lex", "function", "high")
    assert gate.exit_code == 1


def test_the_same_program_passes(tmp_path: Path) -> None:
    gate = compared(tmp_path, profiles(200), profiles(200))
    assert (answers(gate), gate.exit_code) == ({"whole program": "met"}, 0)


def test_a_function_fails_although_the_whole_got_no_slower(tmp_path: Path) -> None:
    gate = compared(tmp_path, profiles(200, emit=700), profiles(500, emit=300))
    assert answers(gate) == {"lex": "not met", "whole program": "met"}


def test_one_run_a_side_is_too_little_data(tmp_path: Path) -> None:
    gate = compared(tmp_path, profiles(200, runs=1), profiles(600, runs=1))
    assert (answers(gate), gate.exit_code) == ({"whole program": "not measured"}, 3)
    assert gate.items[0].detail == "1 run a side is a screening: 3 are needed, five are better"


def test_json(tmp_path: Path) -> None:
    document = judged(tmp_path, "", side(bench("a", 1.3)), side(bench("a", 1))).to_dict()
    assert list(document)[:2] == ["schema", "verdict"]
    assert document["rows"][0]["status"] == "not met"
    json.dumps(document, allow_nan=False)
