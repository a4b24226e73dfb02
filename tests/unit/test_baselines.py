"""Baselines on disk, and how benchmarks went over them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hotspot.benchmarks.baselines import (
    Baseline,
    find_baseline,
    latest_baseline,
    list_baselines,
    machine_key,
    save_baseline,
)
from hotspot.benchmarks.model import Benchmark, Results
from hotspot.benchmarks.scaling import fit
from hotspot.benchmarks.trend import trend
from hotspot.config import Config, load_config
from hotspot.errors import HotspotError, TooFewSamples, UsageError
from hotspot.state import MalformedState

from tests.git_repository import git

FILES = Path(__file__).parents[1] / "benchmark_files"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    return load_config(tmp_path)


def save(config: Config, name: str, **options: str) -> Baseline:
    return save_baseline(config, [str(FILES / name)], **options)[0]


# --- baselines ------------------------------------------------------------------------------------------------------


def test_a_baseline_is_read_back_as_it_was_saved(config: Config) -> None:
    saved, replaced = save_baseline(config, [str(FILES / "pyperf.json"), str(FILES / "go.txt")], label="one")
    assert not replaced
    assert saved.id.startswith(git(config.root, "rev-parse", "HEAD")[:10] + "-")
    (read,) = list_baselines(config)
    assert read.results is not None
    first = read.results.benchmarks[0]
    assert (first.name, first.seconds.size, first.one_process) == ("timeit", 10, False)
    assert len(first.peak_bytes) == len(first.started) == 10
    assert [one.one_process for one in read.results.benchmarks] == [False, True, True]
    for name in ("one", saved.id, saved.id[:6], git(config.root, "rev-parse", "HEAD")):
        assert find_baseline(config, name).id == saved.id


def test_the_same_revision_and_machine_is_replaced(config: Config, samples: Path) -> None:
    profile = str(samples / "py-spy" / "before.svg")
    save_baseline(config, [str(FILES / "hyperfine.json"), profile])
    saved, replaced = save_baseline(config, [str(FILES / "hyperfine.json")])
    assert replaced
    assert saved.profiles == ()
    assert [path.name for path in (config.state_directory / "baselines" / saved.id).iterdir()] == [
        "baseline.json"
    ]


def test_a_new_commit_is_a_new_baseline(config: Config) -> None:
    first = save(config, "hyperfine.json")
    git(config.root, "commit", "-q", "--allow-empty", "-m", "second")
    second = save(config, "hyperfine.json")
    assert [one.id for one in list_baselines(config)] == [first.id, second.id]
    newest = latest_baseline(config)
    assert newest is not None
    assert newest.id == second.id


def test_the_revision_that_results_tell_wins(config: Config) -> None:
    saved = save(config, "asv.json")
    assert saved.revision == json.loads((FILES / "asv.json").read_text())["commit_hash"]


def test_uncommitted_changes_are_told(config: Config) -> None:
    (config.root / "a").write_text("1")
    git(config.root, "add", "a")
    saved = save(config, "hyperfine.json")
    assert saved.dirty
    assert "-dirty-" in saved.id


def test_outside_git_a_baseline_is_named_by_its_time(tmp_path: Path) -> None:
    (tmp_path / "hotspot.toml").touch()
    saved = save(load_config(tmp_path), "hyperfine.json")
    assert saved.revision is None
    assert saved.id.startswith(f"{saved.created:%Y%m%dT}")


def test_profiles_are_kept_whole(config: Config, samples: Path) -> None:
    profile = samples / "py-spy" / "before.svg"
    saved, _ = save_baseline(config, [str(profile)])
    assert saved.results is None
    assert [path.read_bytes() for path in saved.profiles] == [profile.read_bytes()]


def test_nothing_is_saved_where_a_file_cannot_be_read(config: Config, tmp_path: Path) -> None:
    broken = tmp_path / "broken.txt"
    broken.write_text("?")
    for path in (str(broken), str(tmp_path / "missing")):
        with pytest.raises(HotspotError):
            save_baseline(config, [str(FILES / "hyperfine.json"), path])
    assert list_baselines(config) == ()


def test_an_unknown_baseline(config: Config) -> None:
    with pytest.raises(UsageError, match="no baseline 'x'"):
        find_baseline(config, "x")
    assert latest_baseline(config) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "hotspot.baseline/9"}', '{"schema": 3}'])
def test_a_damaged_baseline_is_told(config: Config, text: str) -> None:
    saved = save(config, "hyperfine.json")
    (config.state_directory / "baselines" / saved.id / "baseline.json").write_text(text)
    with pytest.raises(MalformedState, match=r"baseline\.json"):
        list_baselines(config)


# --- trend ----------------------------------------------------------------------------------------------------------


def baseline(number: int, middle: float, machine: str = "X", count: int = 20) -> Baseline:
    measured = Benchmark("a", middle * np.linspace(0.98, 1.02, count), one_process=False)
    facts = {"cpu": machine, "cores": "2"}
    results = Results(f"b{number}", "", "hyperfine", (measured,), facts)
    created = datetime(2026, 1, number, tzinfo=UTC)
    return Baseline(f"b{number}", created, None, False, facts, results, (), Path("baseline.json"))


def test_a_change_point_is_said_only_where_it_is_real() -> None:
    every = [baseline(1, 1), baseline(2, 1.02), baseline(3, 1.5), baseline(4, 1.45), baseline(5, 3, "Y")]
    found = trend(every, machine_key({"cpu": "X", "cores": "2"}))
    (series,) = found.series
    assert [point.change is not None for point in series.points] == [False, False, True, False]
    assert series.points[2].change == pytest.approx(1.5 / 1.02, rel=0.01)
    assert series.sparkline == "▁▁█▇"
    assert found.other_machines == 1
    assert [row["change"] is None for row in found.to_dict()["rows"]] == [True, True, False, True]


def test_too_few_measurements_are_no_change_point() -> None:
    found = trend([baseline(1, 1, count=5), baseline(2, 3, count=5)], machine_key({"cpu": "X", "cores": "2"}))
    assert [point.change for point in found.series[0].points] == [None, None]


def test_a_trend_of_some_benchmarks() -> None:
    assert trend([baseline(1, 1)], machine_key({"cpu": "X", "cores": "2"}), pattern="zzz").series == ()


# --- scaling --------------------------------------------------------------------------------------------------------


def runs(
    exponent: float, startup: float, noise: float = 0.01, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.repeat([1000, 2000, 4000, 8000, 16000], 5)
    rng = np.random.default_rng(seed)
    return sizes, (startup + (sizes / 8000) ** exponent) * rng.lognormal(0, noise, sizes.size)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("startup", [0.0, 0.3])
def test_the_exponent_is_found_whatever_the_start_up(exponent: float, startup: float) -> None:
    found = fit(*runs(exponent, startup))
    assert found.low <= exponent <= found.high
    assert found.exponent == pytest.approx(exponent, abs=0.15)
    assert found.seconds(16000) == pytest.approx(startup + 2**exponent, rel=0.05)


def test_the_interval_covers() -> None:
    found = [fit(*runs(1.0, 0.2, 0.03, seed)) for seed in range(150)]
    assert sum(one.low <= 1.0 <= one.high for one in found) / len(found) >= 0.9


def test_a_claim_is_checked() -> None:
    assert fit(*runs(1.0, 0.1)).at_most(1.2) is True
    assert fit(*runs(2.0, 0.1)).at_most(1.2) is False
    assert fit(*runs(1.2, 0.1, noise=0.3)).at_most(1.2) is None


def test_time_that_does_not_grow_settles_nothing() -> None:
    sizes, _ = runs(1, 0)
    assert (
        fit(
            sizes, np.full(sizes.size, 0.5) * np.random.default_rng(3).lognormal(0, 0.01, sizes.size)
        ).at_most(1.1)
        is None
    )


def test_too_few_sizes_or_runs() -> None:
    with pytest.raises(UsageError, match="4 different sizes"):
        fit([1, 1, 2, 2, 3, 3], [1.0] * 6)
    with pytest.raises(UsageError, match="none of them negative"):
        fit([-1, 1, 2, 3], [1.0] * 4)
    with pytest.raises(TooFewSamples, match="3 runs of each size"):
        fit([1, 2, 3, 4], [1.0] * 4)
