"""Commands measured in turn, and the file that says so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.benchmarks.compare import compare_sides, sides_within
from hotspot.benchmarks.load import load_results
from hotspot.benchmarks.run import BenchmarkFailed, Revision, Session, measure
from hotspot.errors import HotspotError
from hotspot.record.interleave import Side


def side(label: str, *code: str, folder: Path) -> Side:
    return Side(label, (sys.executable, "-S", "-c", *code), folder)


def session(folder: Path, rounds: int = 3, **options: object) -> Session:
    sides = [
        side("quick", "pass", folder=folder),
        side("slow", "import time; time.sleep(0.1)", folder=folder),
    ]
    return measure(sides, rounds=rounds, warmup=0, **options)  # type: ignore[arg-type]


def test_sides_take_turns_and_are_known_to_have(tmp_path: Path) -> None:
    done = session(tmp_path, rounds=10)
    assert [turn.side for turn in done.turns] == [0, 1] * 10
    (row,) = compare_sides([done.results(0), done.results(1)]).rows
    assert row.interleaved
    assert (row.verdict, row.ratio.drift) == ("REGRESSION", 0)
    assert row.before.median_peak_bytes is not None
    assert 1 << 20 < row.before.median_peak_bytes < 100 << 20


def test_the_file_is_hyperfines_and_remembers_the_turns(tmp_path: Path) -> None:
    done = session(tmp_path)
    path = tmp_path / "r.json"
    path.write_text(json.dumps(done.to_dict()))
    first = json.loads(path.read_text())["results"][0]
    assert {
        "command",
        "mean",
        "stddev",
        "median",
        "user",
        "system",
        "min",
        "max",
        "times",
        "exit_codes",
    } <= set(first)
    read = load_results(str(path))
    assert read.format == "hyperfine"
    assert [one.seconds.tolist() for one in read.benchmarks] == [
        done.results(0).benchmarks[0].seconds.tolist(),
        done.results(1).benchmarks[0].seconds.tolist(),
    ]
    assert [one.path for one in sides_within(read)] == ["quick", "slow"]
    (row,) = compare_sides(sides_within(read)).rows
    assert row.interleaved
    assert read.machine["cores"]


def test_one_command_at_two_revisions_keeps_its_name_on_both_sides(tmp_path: Path) -> None:
    same = [side(label, "pass", folder=tmp_path) for label in ("main", "working tree")]
    revisions = [Revision("a" * 40), Revision("b" * 40, dirty=True)]
    done = measure(same, revisions=revisions, rounds=2, warmup=0)
    path = tmp_path / "r.json"
    path.write_text(json.dumps(done.to_dict()))
    read = load_results(str(path))
    command = done.results(0).benchmarks[0].name
    assert [one.name for one in read.benchmarks] == [f"{command} @ main", f"{command} @ working tree"]
    before, after = sides_within(read)
    assert (before.revision, after.revision) == ("a" * 40, None)
    assert before.benchmarks[0].name == after.benchmarks[0].name == command


def test_a_command_may_write_results_of_its_own(tmp_path: Path) -> None:
    code = """
import json, sys
json.dump({"machine_info": {}, "benchmarks": [
    {"name": name, "stats": {"data": data}} for name, data in (("a", [1, 2, 9]), ("b", [4, 5, 6]))]}, open(sys.argv[1], "w"))
"""
    done = measure([side("x", code, "{output}", folder=tmp_path)], rounds=4, warmup=0)
    measured = {one.name: (one.seconds.tolist(), one.one_process) for one in done.results(0).benchmarks}
    assert measured == {"a": ([2.0] * 4, False), "b": ([5.0] * 4, False)}


def test_a_command_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFailed, match=r"wrote no results to \{output\}"):
        measure([side("x", "pass", "{output}", folder=tmp_path)], rounds=1)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; print('no such thing', file=sys.stderr); sys.exit(3)", "ended with 3: no such thing"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
    ],
)
def test_a_run_that_fails_is_an_error(tmp_path: Path, code: str, message: str) -> None:
    with pytest.raises(BenchmarkFailed, match=message):
        measure([side("x", code, folder=tmp_path)], rounds=1)


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HotspotError, match="command not found"):
        measure([Side("x", ("no-such-command",), tmp_path)], rounds=1)


def test_what_a_program_prints_is_not_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    measure([side("x", "print('loud')", folder=tmp_path)], rounds=1, warmup=0)
    assert capfd.readouterr().out == ""
    measure([side("x", "print('loud')", folder=tmp_path)], rounds=1, warmup=0, show_output=True)
    assert capfd.readouterr().out == "loud\n"


@pytest.mark.skipif(shutil.which("hyperfine") is None, reason="hyperfine is not installed")
def test_hyperfine_measures_the_same(tmp_path: Path) -> None:
    path = tmp_path / "hyperfine.json"
    command = ["hyperfine", "-N", "--runs", "5", "sleep 0.2", "--export-json", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    (theirs,) = load_results(str(path)).benchmarks
    ours = measure([Side("s", ("sleep", "0.2"), tmp_path)], rounds=5, warmup=0).results(0).benchmarks[0]
    assert theirs.name == ours.name == "sleep 0.2"
    assert ours.seconds.min() == pytest.approx(theirs.seconds.min(), rel=0.15)
