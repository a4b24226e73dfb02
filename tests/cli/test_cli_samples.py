"""The sample profiles end to end: the right answers of `sample-profiles/README.md`, by the commands a user types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

SAMPLES = Path(__file__).parents[2] / "sample-profiles"


@pytest.fixture
def answer(hotspot: Run, project: Path) -> Any:
    """Run a command with -f json outside the checkout and return the object."""

    def run(*arguments: str) -> Any:
        result = hotspot(*arguments, "-f", "json")
        assert result.code == 0, result.err
        return json.loads(result.out)

    return run


def sample(name: str) -> str:
    return str(SAMPLES / name)


@pytest.mark.parametrize(
    ("name", "samples", "function", "line", "percent"),
    [
        ("py-spy/before.svg", 4712, "tokenise", 76, 41.6),
        ("py-spy/after.svg", 3034, "stem", None, 25.5),
        ("py-spy/before.folded", 4548, "tokenise", None, 41.7),
        ("py-spy/after.folded", 3097, "stem", None, 25.5),
        ("perf/csvstat.perf.txt.gz", 2747, "find_group.constprop.0", None, 52.5),
        ("perf/csvstat.folded", 2747, "find_group.constprop.0", None, 52.5),
        ("perf/csvstat.srcline.perf.txt.gz", 2747, "find_group.constprop.0", None, 52.5),
        ("perf/csvstat.inline.perf.txt.gz", 1242, "same_key", None, 39.9),
    ],
)
def test_the_hottest_function(
    answer: Any, name: str, samples: int, function: str, line: int | None, percent: float
) -> None:
    document = answer("top", sample(name))
    first = document["rows"][0]
    assert (document["profile"]["samples"], first["function"]) == (samples, function)
    assert round(first["self_share"] * 100, 1) == percent
    assert line is None or first["line"] == line


def test_what_follows_in_csvstat(answer: Any) -> None:
    rows = answer("top", sample("perf/csvstat.perf.txt.gz"))["rows"]
    assert [(row["function"], round(row["self_share"] * 100, 1)) for row in rows[1:4]] == [
        ("clear_page_erms", 13.1), ("sort_values", 9.8), ("add_value", 6.0),
    ]  # fmt: skip


def test_an_inlined_function_is_in_its_callers_total(answer: Any) -> None:
    rows = {
        row["function"]: row
        for row in answer("top", "-n", "0", sample("perf/csvstat.inline.perf.txt.gz"))["rows"]
    }
    assert round(rows["find_group"]["total_share"] * 100, 1) == 50.2


def test_several_events_are_several_value_types(answer: Any) -> None:
    name = sample("perf/csvstat.events.perf.txt.gz")

    def first(value_type: str) -> tuple[str, float]:
        row = answer("top", name, "--value-type", value_type)["rows"][0]
        return row["function"], round(row["self_share"] * 100, 1)

    types = [f"{v['type']}/{v['unit']}" for v in answer("info", name)["value_types"]]
    assert {"cpu-clock/samples/count", "page-faults/samples/count", "page-faults/count"} <= set(types)
    assert first("cpu-clock/samples") == ("find_group.constprop.0", 51.4)
    assert first("page-faults/samples") == ("_int_malloc", 87.1)
    assert first("page-faults/count") == ("_copy_to_iter", 68.4)


def test_the_lines_of_tokenise(answer: Any, project: Path) -> None:
    program = SAMPLES / "programs" / "loglens" / "before" / "loglens.py"
    (project / "loglens.py").write_bytes(program.read_bytes())
    rows = answer("list", "tokenise", sample("py-spy/before.svg"))["rows"]
    hottest = max(rows, key=lambda row: row["self"])
    assert (hottest["line"], hottest["text"].strip()) == (76, "if word not in STOP_WORDS:")
    assert 0.75 < hottest["self"] / sum(row["self"] for row in rows) < 0.85


def test_replicates_merge_to_their_sum(hotspot: Run, project: Path, answer: Any) -> None:
    for side, samples in (("before", 22418), ("after", 15017)):
        merged = project / f"{side}.folded"
        assert hotspot("merge", sample(f"py-spy/replicates/{side}-*.folded"), "-o", str(merged)).code == 0
        assert answer("info", str(merged))["samples"] == samples


def test_what_a_drawing_lost_is_said(answer: Any) -> None:
    losses = answer("info", sample("py-spy/before.svg"))["losses"]
    assert any("0.1%" in loss for loss in losses)
    assert answer("info", sample("py-spy/replicates/before-1.folded"))["losses"] == []


def test_the_folded_text_is_what_perf_script_says(hotspot: Run, project: Path) -> None:
    """The same recording by two ways: hotspot's importer, and the documented awk script."""
    to_folded = ["-", "--to", "folded"]
    ours = hotspot("convert", sample("perf/csvstat.perf.txt.gz"), *to_folded, "--value-type", "samples").out
    assert ours == hotspot("convert", sample("perf/csvstat.folded"), *to_folded).out
    weights = [int(line.rsplit(" ", 1)[1]) for line in ours.splitlines()]
    assert (len(weights), sum(weights)) == (135, 2747)


def test_folded_text_of_anything_but_counts_is_said_to_be_so(hotspot: Run, project: Path) -> None:
    arguments = ("convert", sample("perf/csvstat.perf.txt.gz"), "-", "--to", "folded")
    assert "--value-type samples writes those" in hotspot(*arguments).err
    assert hotspot(*arguments, "--value-type", "samples").err == ""
