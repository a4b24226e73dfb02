"""What each tool's results hold: files the real tools wrote, and what breaks the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hotspot.benchmarks.load import is_results, load_results, load_side
from hotspot.benchmarks.model import Benchmark, MalformedResults, NoMeasurements, Results
from hotspot.benchmarks.readers.registry import readers
from hotspot.errors import UnknownFormat, UnreadableInput

FILES = Path(__file__).parents[1] / "benchmark_files"
ROOT = Path(__file__).parents[2]


def read(name: str) -> Results:
    return load_results(str(FILES / name))


def written(folder: Path, document: Any) -> Results:
    path = folder / "results.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return load_results(str(path))


def shape(results: Results) -> list[tuple[str, int, bool]]:
    return [(one.name, one.seconds.size, one.one_process) for one in results.benchmarks]


# --- files of the real tools ----------------------------------------------------------------------------------------


def test_hyperfine() -> None:
    results = read("hyperfine.json")
    assert shape(results) == [("sleep 0.01", 12, False), ("true", 12, False)]
    assert 0.01 < results.benchmarks[0].median < 0.05


def test_pyperf_takes_the_mean_of_each_process_and_no_calibration() -> None:
    results = read("pyperf.json")
    (one,) = results.benchmarks
    runs = json.loads((FILES / "pyperf.json").read_text())["benchmarks"][0]["runs"]
    values = [run["values"] for run in runs if "values" in run]
    assert one.seconds.tolist() == pytest.approx([sum(each) / len(each) for each in values])
    assert not one.one_process
    assert len(one.peak_bytes) == len(one.started) == len(values)
    assert results.machine["cores"] == "2"


def test_pytest_benchmark() -> None:
    results = read("pytest-benchmark.json")
    assert shape(results) == [("test_b.py::test_fib", 12, True), ("test_b.py::test_sum", 12, True)]
    assert results.revision is None  # the file says "unversioned"
    assert results.machine["host"] == "bench"


@pytest.mark.parametrize("name", ["go.txt", "go-events.txt"])
def test_go(name: str) -> None:
    results = read(name)
    first = results.benchmarks[0]
    assert (first.name, first.one_process) == ("BenchmarkFib10-2", True)
    assert 1e-7 < first.median < 1e-5
    assert results.machine["system"] == "linux/amd64"
    if name == "go.txt":
        assert shape(results) == [("BenchmarkFib10-2", 10, True), ("BenchmarkFib/n=12-2", 10, True)]


def test_google_benchmark_takes_repetitions_and_no_aggregates() -> None:
    results = read("google-benchmark.json")
    assert shape(results) == [("BM_copy/100", 10, True), ("BM_copy/1000", 10, True)]
    assert results.skipped == ("BM_err: did not run: no device",)


def test_asv_reads_every_combination_of_parameters() -> None:
    results = read("asv.json")
    assert shape(results)[:2] == [
        ("b.Suite.time_sum(10, 'a')", 20, True),
        ("b.Suite.time_sum(10, 'b')", 20, True),
    ]
    assert [one.name for one in results.benchmarks][-1] == "b.time_plain"
    assert "b.time_fails: failed" in results.skipped
    assert "b.track_n: does not measure time" in results.skipped
    assert results.revision is not None
    assert len(results.revision) == 40


def test_every_reader_is_asked_for_by_content_alone(tmp_path: Path) -> None:
    for name in (
        "hyperfine.json",
        "pyperf.json",
        "pytest-benchmark.json",
        "go.txt",
        "google-benchmark.json",
        "asv.json",
    ):
        disguised = tmp_path / "x.bin"
        disguised.write_bytes((FILES / name).read_bytes())
        assert is_results(str(disguised))
        assert load_results(str(disguised)).format == Path(name).stem


def test_profiles_are_no_results(samples: Path) -> None:
    profiles = [
        path for path in samples.rglob("*") if path.suffix in (".svg", ".folded", ".txt", ".json", ".gz")
    ]
    assert len(profiles) > 10
    assert [path for path in profiles if is_results(str(path))] == []


# --- what is no measurement -----------------------------------------------------------------------------------------


def test_a_command_that_failed_is_skipped_and_told(tmp_path: Path) -> None:
    good = {"command": "a", "times": [1.0, 2.0], "exit_codes": [0, 0]}
    bad = {"command": "b", "times": [1.0, 2.0, 3.0], "exit_codes": [0, 3, None]}
    results = written(tmp_path, {"results": [good, bad]})
    assert [one.name for one in results.benchmarks] == ["a"]
    assert results.skipped == ("b: failed in 2 of 3 runs (exit code 3, a signal)",)
    with pytest.raises(NoMeasurements, match="no measurements: b: failed"):
        written(tmp_path, {"results": [bad]})


@pytest.mark.parametrize(
    "document",
    [
        {"results": [{"command": "a", "mean": 1.0, "stddev": 0.1}]},
        {"machine_info": {}, "benchmarks": [{"name": "a", "stats": {"mean": 1.0}}]},
        {"result_columns": ["result"], "results": {"x.time_a": [[1.0]]}},
        {"benchmarks": [{"runs": [{"metadata": {}}], "metadata": {"name": "a"}}], "version": "1.0"},
        [{"benchmark": "a", "mode": "sample", "primaryMetric": {"score": 1.0, "scoreUnit": "ns/op"}}],
    ],
    ids=["hyperfine", "pytest-benchmark", "asv", "pyperf", "jmh"],
)
def test_means_alone_are_refused(tmp_path: Path, document: Any) -> None:
    with pytest.raises(NoMeasurements, match=r"no measurements: .*a"):
        written(tmp_path, document)


def test_aggregates_alone_are_refused() -> None:
    with pytest.raises(NoMeasurements, match="aggregates only"):
        read("google-benchmark-aggregates.json")


def test_a_time_of_zero_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(NoMeasurements, match="too short for the tool's clock"):
        written(tmp_path, {"results": [{"command": "true", "times": [0.0, 0.001]}]})


def test_pyperf_of_memory_is_skipped(tmp_path: Path) -> None:
    runs = [{"values": [1000.0]}]
    document = {"version": "1.0", "benchmarks": [{"metadata": {"name": "m", "unit": "byte"}, "runs": runs}]}
    with pytest.raises(NoMeasurements, match="m: measures bytes, not time"):
        written(tmp_path, document)


def test_rounds_cut_from_a_file_are_told(tmp_path: Path) -> None:
    stats = {"data": [1.0, 2.0, "..."], "rounds": 900}
    results = written(tmp_path, {"machine_info": {}, "benchmarks": [{"name": "a", "stats": stats}]})
    assert results.benchmarks[0].seconds.tolist() == [1, 2]
    assert results.skipped == ("a: 898 of its rounds are not in the file",)


# --- units, names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "unit", "score", "seconds"),
    [
        ("avgt", "ns/op", 5.0, 5e-9),
        ("thrpt", "ops/ms", 4.0, 0.25e-3),
        ("ss", "s/op", 2.0, 2.0),
        ("avgt", "us/op", 3, 3e-6),
    ],
)
def test_jmh_units(tmp_path: Path, mode: str, unit: str, score: float, seconds: float) -> None:
    metric = {"score": score, "scoreUnit": unit, "rawData": [[score, score], [score]]}
    document = [{"benchmark": "x.y", "mode": mode, "params": {"n": "10"}, "primaryMetric": metric}]
    (one,) = written(tmp_path, document).benchmarks
    assert (one.name, one.seconds.size, one.one_process) == ("x.y(n=10)", 3, True)
    assert one.median == pytest.approx(seconds)


@pytest.mark.parametrize(("unit", "seconds"), [("ns", 1e-8), ("us", 1e-5), ("ms", 0.01), ("s", 10.0)])
def test_google_benchmark_units(tmp_path: Path, unit: str, seconds: float) -> None:
    document = {"context": {}, "benchmarks": [{"name": "a", "real_time": 10, "time_unit": unit}]}
    assert written(tmp_path, document).benchmarks[0].median == pytest.approx(seconds)


def test_google_benchmark_writes_nan(tmp_path: Path) -> None:
    text = (
        '{"context": {}, "benchmarks": [{"name": "a", "real_time": 10}, {"name": "a_cv", "real_time": NaN}]}'
    )
    assert shape(written(tmp_path, text)) == [("a", 1, True)]


def test_go_packages_tell_benchmarks_of_one_name_apart(tmp_path: Path) -> None:
    text = "pkg: x/a\nBenchmarkF-4 10 5 ns/op\npkg: x/b\nBenchmarkF-4 10 6 ns/op\nBenchmarkG-4 1 2 MB/s 7.5 ns/op\n"
    assert [(one.name, one.median * 1e9) for one in written(tmp_path, text).benchmarks] == [
        ("x/a.BenchmarkF-4", pytest.approx(5)),
        ("x/b.BenchmarkF-4", pytest.approx(6)),
        ("BenchmarkG-4", pytest.approx(7.5)),
    ]


def test_equal_commands_keep_their_own_names(tmp_path: Path) -> None:
    results = written(
        tmp_path, {"results": [{"command": "a", "times": [1.0]}, {"command": "a", "times": [2.0]}]}
    )
    assert [one.name for one in results.benchmarks] == ["a", "a #2"]


# --- criterion ------------------------------------------------------------------------------------------------------


def criterion(folder: Path, baseline: str, name: str, nanoseconds: float) -> Path:
    path = folder / name / baseline / "sample.json"
    path.parent.mkdir(parents=True)
    iterations = [1.0, 2.0, 3.0]
    times = [count * nanoseconds for count in iterations]
    path.write_text(json.dumps({"sampling_mode": "Linear", "iters": iterations, "times": times}))
    return path


def test_criterion_folder(tmp_path: Path) -> None:
    folder = tmp_path / "target" / "criterion"
    criterion(folder, "new", "lex/tokens/100", 50)
    criterion(folder, "base", "lex/tokens/100", 80)
    criterion(folder, "new", "parse", 70)
    (folder / "report").mkdir()
    results = load_results(str(folder))
    assert shape(results) == [("lex/tokens/100", 3, True), ("parse", 3, True)]
    assert results.benchmarks[0].seconds.tolist() == pytest.approx([50e-9] * 3)
    assert load_results(f"{folder}@base").benchmarks[0].median == pytest.approx(80e-9)
    assert is_results(str(folder))
    assert not is_results(str(tmp_path / "target" / "criterion" / "report"))
    with pytest.raises(UnreadableInput, match="no baseline 'main'"):
        load_results(f"{folder}@main")


def test_one_sample_of_criterion_takes_its_name_from_the_path(tmp_path: Path) -> None:
    path = criterion(tmp_path / "criterion", "new", "lex/tokens", 50)
    assert load_results(str(path)).benchmarks[0].name == "lex/tokens"


# --- what breaks the rules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"results": [{"command": 3}]}', r"expected `str`, got `int` - at `\$.results\[0\].command`"),
        ('{"results": [{"command": "a", "times": ["x"]}]}', r"expected `float`, got `str`"),
        ('{"results": {}, "result_columns": 3}', r"at `\$.result_columns`"),
    ],
)
def test_a_wrong_shape_names_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MalformedResults, match=message):
        written(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["", "{", '{"results": [', "hello", "[]", "{}", "null", "[1, 2]", '"results"']
)
def test_anything_else_is_no_results(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    assert not is_results(str(path))
    with pytest.raises(UnknownFormat):
        load_results(str(path))


def test_a_missing_file(tmp_path: Path) -> None:
    for ask in (is_results, load_results):
        with pytest.raises(UnreadableInput, match="no such file"):
            ask(str(tmp_path / "nothing"))


def test_a_benchmark_guards_its_measurements() -> None:
    import numpy as np

    for values in ([], [0.0], [-1.0], [float("nan")], [float("inf")]):
        with pytest.raises(ValueError, match="positive numbers"):
            Benchmark("a", np.array(values), one_process=False)


def test_every_reader_is_documented() -> None:
    docs = (ROOT / "docs" / "bench.md").read_text()
    assert [reader.NAME for reader in readers() if reader.NAME not in docs] == []


# --- several files as one side --------------------------------------------------------------------------------------


def test_files_of_one_side_are_pooled(tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({"results": [{"command": "a", "times": [1.0 + number, 2.0]}]}))
        paths.append(str(path))
    (one,) = load_side(paths).benchmarks
    assert one.seconds.tolist() == [1, 2, 2, 2, 3, 2]
    assert not one.one_process


@pytest.mark.parametrize(("files", "measurements", "one_process"), [(9, 18, True), (10, 10, False)])
def test_ten_files_of_one_process_each_are_ten_processes(
    tmp_path: Path, files: int, measurements: int, one_process: bool
) -> None:
    paths = []
    for number in range(files):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"BenchmarkA 1 {number + 1} ns/op\nBenchmarkA 1 {number + 3} ns/op\n")
        paths.append(str(path))
    assert shape(load_side(paths)) == [("BenchmarkA", measurements, one_process)]


# --- the corpus -----------------------------------------------------------------------------------------------------


def test_published_results_can_be_read(corpus: Path) -> None:
    paths = sorted(path for path in corpus.glob("bench-*/*") if path.is_file())
    assert len(paths) >= 9
    for path in paths:
        results = load_results(str(path))
        assert is_results(str(path))
        assert path.parent.name == f"bench-{results.format}"
        assert len({one.name for one in results.benchmarks}) == len(results.benchmarks) > 0


def test_no_published_profile_is_taken_for_results(corpus: Path) -> None:
    paths = [
        path for path in corpus.glob("*/*") if path.is_file() and not path.parent.name.startswith("bench-")
    ]
    assert len(paths) > 100
    assert [path for path in paths if path.parent.name != "expected" and _claimed(path)] == []


def _claimed(path: Path) -> bool:
    try:
        return is_results(str(path))
    except UnreadableInput:  # damaged compression, on purpose
        return False
