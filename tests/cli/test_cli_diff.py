"""`hotspot diff` as it is typed: sides, work, gates and their exit codes, forms of output."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.diff_vocabulary import PROGRAM, Stacks, edited, renamed, runs
from tests.vocabulary import folded

SLOWER = edited(PROGRAM, {"main;group;find": 900})
FASTER = edited(PROGRAM, {"main;group;find": 200})


def record(folder: Path, stacks: Stacks, k: int, seed: int) -> None:
    folder.mkdir()
    for i, run in enumerate(runs(stacks, k, seed=seed), 1):
        text = "".join(f"{stack} {weight}\n" for stack, weight in folded(run).items())
        (folder / f"{folder.name}-{i}.folded").write_text(text)


@pytest.fixture(autouse=True)
def _recordings(project: Path) -> None:
    """Five runs each of a baseline, the same again, slower and faster; three of a slower one."""
    for seed, (name, stacks, k) in enumerate(
        [
            ("base", PROGRAM, 5),
            ("same", PROGRAM, 5),
            ("slower", SLOWER, 5),
            ("faster", FASTER, 5),
            ("three", SLOWER, 3),
        ]
    ):
        record(project / name, stacks, k, seed)


# -- sides -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sides",
    [
        ["base", "slower"],
        ["base/", "slower/*.folded"],
        ["old=base", "new=slower/slower-[1-5].folded"],
        [
            *(f"-bbase/base-{i}.folded" for i in range(1, 6)),
            *(f"--after=slower/slower-{i}.folded" for i in range(1, 6)),
        ],
    ],
)
def test_sides(hotspot: Run, sides: list[str]) -> None:
    result = hotspot("diff", *sides, "-f", "json")
    assert (result.code, result.err) == (0, "")
    document = json.loads(result.out)
    assert (document["before"]["runs"], document["after"]["runs"]) == (5, 5)
    assert (document["basis"], document["verdict"]) == ("replicated", "regressed")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["base"], 2, "hotspot: diff compares two sides, got 1"),
        (["base", "same", "slower"], 2, "hotspot: diff compares two sides, got 3"),
        (["-b", "base/base-1.folded"], 2, "hotspot: give BEFORE and AFTER, or -b and -a for both sides"),
        (
            ["base", "-a", "same/same-1.folded"],
            2,
            "hotspot: give BEFORE and AFTER, or -b and -a for both sides",
        ),
        (["base", "nowhere"], 3, "hotspot: nowhere: "),
        (["base", "nowhere/*"], 3, "hotspot: nowhere/*: no file matches"),
        (["base", "empty"], 3, "hotspot: empty: the folder holds no profile"),
        (["base", "same", "--work", "before=1"], 2, "hotspot: --work: give both before=N and after=N"),
        (
            ["base", "same", "--work", "before=x", "--work", "after=1"],
            2,
            "hotspot: --work before=x: 'x' is not a number",
        ),
        (
            ["base", "same", "--work", "before=0", "--work", "after=1"],
            2,
            "hotspot: work before: must be positive",
        ),
        (["base", "same", "--work", "absent.tsv"], 3, "hotspot: absent.tsv: no such file"),
        (["base", "same", "--work", "work.tsv"], 2, "hotspot: no work is given for base/base-2.folded"),
        (["base", "same", "--fail-on", "nothing"], 2, "hotspot: Invalid value for '--fail-on'"),
        (["base", "same", "--tolerance", "300%"], 2, "hotspot: Invalid value for '--tolerance'"),
    ],
)
def test_refusals(project: Path, hotspot: Run, arguments: list[str], code: int, message: str) -> None:
    (project / "empty").mkdir()
    (project / "work.tsv").write_text("base/base-1.folded\t10\n")
    result = hotspot("diff", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(message)
    assert result.err.count("\n") == 1


# -- gate --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sides", "codes"),
    [
        (["base", "slower"], {"regression": 1, "suspect": 1, "any": 1}),
        (["base", "three"], {"regression": 1, "suspect": 1, "any": 1}),
        (["base", "faster"], {"regression": 0, "suspect": 0, "any": 1}),
        (["base", "same"], {"regression": 0, "suspect": 0, "any": 0}),
        (["base/base-1.folded", "slower/slower-1.folded"], {"regression": 3, "suspect": 1, "any": 1}),
        (["base/base-1.folded", "faster/faster-1.folded"], {"regression": 3, "suspect": 0, "any": 1}),
        (["base/base-1.folded", "same/same-1.folded"], {"regression": 3, "suspect": 0, "any": 0}),
    ],
)
def test_fail_on(hotspot: Run, sides: list[str], codes: dict[str, int]) -> None:
    assert hotspot("diff", *sides).code == 0
    for what, code in codes.items():
        result = hotspot("diff", *sides, "--fail-on", what)
        assert result.code == code, what
        assert result.out.startswith("before")  # the answer is printed all the same
        assert result.err.startswith("hotspot: a screening cannot answer --fail-on regression") == (code == 3)


def test_options_of_the_gate(hotspot: Run) -> None:
    assert hotspot("diff", "base", "slower", "--fail-on", "regression", "--min-change", "20%").code == 0
    lenient = hotspot(
        "diff", "base/base-1.folded", "slower/slower-1.folded", "--fail-on", "suspect", "--spread", "90%"
    )
    assert lenient.code == 0
    strict = json.loads(hotspot("diff", "base", "same", "--tolerance", "0.05%", "-f", "json").out)
    assert strict["verdict"] == "inconclusive"


def test_the_program_exits_like_that(program: Run, project: Path) -> None:
    result = program("diff", project / "base", project / "slower", "--fail-on", "regression")
    assert (result.code, result.err) == (1, "")


# -- work --------------------------------------------------------------------------------------------------------------


def test_work(project: Path, hotspot: Run) -> None:
    known = json.loads(
        hotspot("diff", "base", "same", "--work", "before=500", "--work", "after=1000", "-f", "json").out
    )
    assert (known["normalised_by"], known["size_factor"], known["verdict"]) == ("work", 2, "improved")
    lines = [
        f"{side}/{side}-{i}.folded\t{work}"
        for side, work in (("base", 500), ("same", 1000))
        for i in range(1, 6)
    ]
    (project / "work.tsv").write_text("\n".join(lines))
    listed = json.loads(hotspot("diff", "base", "same", "--work", "work.tsv", "-f", "json").out)
    assert listed["rows"] == known["rows"]
    assert "by the work given" in hotspot("diff", "base", "same", "--work", "work.tsv").out


# -- output ------------------------------------------------------------------------------------------------------------


def test_explain_matches(project: Path, hotspot: Run) -> None:
    before = renamed(PROGRAM, "find", "find::h0123456789abcdef")
    after = renamed(renamed(PROGRAM, "find", "find::hfedcba9876543210"), "less", "smaller")
    record(project / "old", before, 5, 1)
    record(project / "new", after, 5, 2)
    table = hotspot("diff", "old", "new", "--explain-matches").out
    assert "find::h0123456789abcdef" in table
    assert "rust-hash" in table
    assert "score" in table
    document = json.loads(hotspot("diff", "old", "new", "--explain-matches", "-f", "json").out)
    assert [match["matched_by"] for match in document["matches"]] == ["renamed", "rust-hash"]
    assert document["matches"][1]["before"] == ["find::h0123456789abcdef"]
    assert document["matches"][1]["after"] == ["find::hfedcba9876543210"]
    assert "matches" not in json.loads(hotspot("diff", "old", "new", "-f", "json").out)
    assert (
        "Which functions were matched"
        in hotspot("diff", "old", "new", "--explain-matches", "-f", "markdown").out
    )
    assert "spelled alike" in hotspot("diff", "base", "same", "--explain-matches").out
    exact = json.loads(hotspot("diff", "old", "new", "--symbols", "exact", "-f", "json").out)
    assert "find::h0123456789abcdef" in {row["function"] for row in exact["rows"]}


def test_markdown_fits_a_pull_request(hotspot: Run) -> None:
    lines = hotspot("diff", "base", "slower", "-f", "markdown", "-n", "2").out.splitlines()
    assert lines[0] == "### Slower"
    assert lines[2].startswith("Slower: find got slower or is called more, +")
    assert sum(line.startswith("|") for line in lines) == 3 + 4  # what moved; two others, folded away
    assert "<details><summary>2 of 12 functions that did not change beyond doubt</summary>" in lines
    assert lines.count("</details>") == 2


def test_hostile_names_do_no_harm(project: Path, hotspot: Run) -> None:
    name = "evil|</details><script>\x1b[31m"
    record(project / "evil", edited(renamed(PROGRAM, "find", name), {f"main;group;{name}": 900}), 5, 1)
    record(project / "calm", renamed(PROGRAM, "find", name), 5, 2)
    text = hotspot("diff", "calm", "evil", "-f", "markdown").out
    assert "<script>" not in text
    assert "\x1b" not in text + hotspot("diff", "calm", "evil").out


def test_csv_has_every_row(hotspot: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(hotspot("diff", "base", "slower", "-n", "2", "-f", "csv").out)))
    document = json.loads(hotspot("diff", "base", "slower", "-f", "json").out)
    assert [row["function"] for row in rows] == [row["function"] for row in document["rows"]]
    assert list(rows[0]) == list(document["rows"][0])


def test_culprits_in_library_code_are_charged_to_the_project(project: Path, hotspot: Run) -> None:
    (project / "src").mkdir()
    (project / "src" / "app.py").write_text("")
    stacks = {
        ";".join(
            f"{name} (src/app.py:1)" if name in ("main", "sort") else f"{name} (/usr/lib/x.py:1)"
            for name in s.split(";")
        ): m
        for s, m in PROGRAM.items()
    }
    library = "main (src/app.py:1);sort (src/app.py:1);less (/usr/lib/x.py:1)"
    record(project / "lib-a", stacks, 5, 1)
    record(project / "lib-b", edited(stacks, {library: 1000}), 5, 2)
    document = json.loads(hotspot("diff", "lib-a", "lib-b", "-f", "json").out)
    (blamed,) = [row for row in document["rows"] if row["culprit"]]
    assert (blamed["function"], blamed["callee"], blamed["file"]) == ("sort", "less", "src/app.py")


def test_different_formats_of_one_recording_do_not_differ(program: Run) -> None:
    samples = Path(__file__).parents[2] / "sample-profiles" / "perf"
    text, events = samples / "csvstat.perf.txt.gz", samples / "csvstat.folded"
    result = program("diff", text, events, "-f", "json", "--tolerance", "20%")
    assert result.code == 0, result.err
    document = json.loads(result.out)
    assert document["verdict"] == "unchanged"
    assert all(row["change"] == 0 for row in document["rows"])


def test_a_drawing_of_a_recording_does_not_differ_from_it(hotspot: Run, project: Path) -> None:
    assert hotspot("convert", "base/base-1.folded", "drawn.svg").code == 0
    document = json.loads(
        hotspot("diff", "base/base-1.folded", "drawn.svg", "-f", "json", "--tolerance", "20%").out
    )
    assert document["verdict"] == "unchanged"
    assert {row["change"] for row in document["rows"]} == {0}
    assert (document["before"]["format"], document["after"]["format"]) == ("folded", "svg")


def test_sides_that_hardly_count_the_same_thing_are_doubted(hotspot: Run, project: Path) -> None:
    text = (project / "base/base-1.folded").read_text()
    (project / "ns.folded").write_text("".join(f"{line}000000\n" for line in text.splitlines()))
    result = hotspot("diff", "base/base-1.folded", "ns.folded")
    assert "times as much as the other side: do both count the same thing?" in result.out.replace("\n", " ")
    assert result.code == 0


def test_work_of_one_side_asks_for_the_other(hotspot: Run, project: Path) -> None:
    result = hotspot("diff", "base/base-1.folded", "base/base-2.folded", "--work", "1")
    assert result.err == "hotspot: --work 1: give both before=N and after=N\n"
    assert result.code == 2
