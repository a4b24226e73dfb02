"""`hotspot bench`: what it prints, writes and exits with."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest
from tests.cli.conftest import Run

FILES = Path(__file__).parents[1] / "benchmark_files"


def hyperfine(path: Path, **times: list[float]) -> Path:
    results = [{"command": name, "times": values} for name, values in times.items()]
    path.write_text(json.dumps({"results": results}))
    return path


def around(middle: float, count: int = 12) -> list[float]:
    return [middle * (0.98 + 0.04 * n / count) for n in range(count)]


# --- compare --------------------------------------------------------------------------------------------------------


def test_compare_prints_the_table(hotspot: Run, project: Path) -> None:
    before = hyperfine(project / "b.json", lex=around(0.1), parse=around(0.2), old=around(1))
    after = hyperfine(project / "a.json", lex=around(0.05), parse=around(0.3))
    done = hotspot("bench", "compare", before, after)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["Benchmark", "Before", "After", "Change", "Verdict"]
    assert lines[1].startswith("lex        99.8 ms  49.9 ms  -50.0% (")
    assert lines[1].endswith("faster (VERIFIED)")
    assert lines[2].endswith("slower (REGRESSION)")
    assert "only before: old" in lines
    assert lines[-1].startswith("the sides were not measured in turn: every interval is widened by 10%")


def test_compare_in_every_format(hotspot: Run, project: Path) -> None:
    before, after = hyperfine(project / "b.json", a=around(1)), hyperfine(project / "a.json", a=around(2))
    document = json.loads(hotspot("bench", "compare", before, after, "-f", "json").out)
    assert document["schema"] == "hotspot.bench-compare/1"
    (row,) = document["rows"]
    assert (row["name"], row["verdict"], row["decisive"]) == ("a", "REGRESSION", True)
    assert row["interval"][0] < row["rho"] < row["interval"][1]
    assert row["rho"] == pytest.approx(2)
    markdown = hotspot("bench", "compare", before, after, "-f", "markdown").out
    assert markdown.startswith(
        "| Benchmark | Before | After | Change | Verdict |\n|---|---:|---:|---:|---|\n| a |"
    )
    (line,) = csv.DictReader(io.StringIO(hotspot("bench", "compare", before, after, "-f", "csv").out))
    assert (line["name"], line["verdict"]) == ("a", "REGRESSION")


def test_too_few_measurements_exit_3_after_the_table(hotspot: Run, project: Path) -> None:
    before, after = hyperfine(project / "b.json", a=around(1, 5)), hyperfine(project / "a.json", a=around(2))
    done = hotspot("bench", "compare", before, after)
    assert done.code == 3
    assert "too few measurements (5 of 10)" in done.out
    assert done.err.startswith(
        "hotspot: too few measurements to compare: 5 a side, 10 are needed; measure again"
    )


def test_means_only_exit_3(hotspot: Run, project: Path) -> None:
    (project / "m.json").write_text('{"results": [{"command": "a", "mean": 1.0}]}')
    done = hotspot("bench", "compare", "m.json", "m.json")
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "hotspot: m.json: no measurements: a: holds a mean but not the times (`times`) it was taken from\n"
    )


def test_a_profile_is_no_results(hotspot: Run, project: Path) -> None:
    done = hotspot("bench", "compare", "p.folded", "p.folded")
    assert done.code == 3
    assert done.err.startswith(
        "hotspot: p.folded: no benchmark results that hotspot can read (tried: hyperfine"
    )


def test_a_side_may_be_a_folder_or_a_glob(hotspot: Run, project: Path) -> None:
    for name, middle in (("before", 1.0), ("after", 2.0)):
        (project / name).mkdir()
        for number in range(10):
            (project / name / f"{number}.txt").write_text(
                f"BenchmarkA 1 {middle * (1 + number / 100)} ns/op\n"
            )
    done = hotspot("bench", "compare", "before", "after/*.txt", "-f", "json")
    (row,) = json.loads(done.out)["rows"]
    assert (row["verdict"], row["before"]["measurements"]) == ("REGRESSION", 10)


def test_one_file_is_compared_within(hotspot: Run, project: Path) -> None:
    hyperfine(project / "r.json", a=around(1), b=around(2))
    assert "a -> b" in hotspot("bench", "compare", "r.json").out
    assert hotspot("bench", "compare", hyperfine(project / "s.json", a=around(1))).code == 2


def test_names_from_files_cannot_disturb_a_terminal(hotspot: Run, project: Path) -> None:
    path = hyperfine(project / "r.json", **{"evil\x1b[31m\n| x": around(1), "b": around(2)})
    for form in ("table", "markdown"):
        out = hotspot("bench", "compare", path, "-f", form).out
        assert "\x1b" not in out
        assert "\\x1b" in out


# --- run ------------------------------------------------------------------------------------------------------------


def test_run_measures_in_turn_and_compares(hotspot: Run, project: Path) -> None:
    done = hotspot("bench", "run", "-n", "10", "--warmup", "0", "true", "sleep 0.05", "-o", "r.json")
    assert done.code == 0
    assert done.out.splitlines()[0].split() == [
        "Benchmark",
        "Median",
        "95%",
        "interval",
        "Min",
        "Max",
        "Peak",
        "memory",
        "Runs",
    ]
    assert "true -> sleep 0.05" in done.out
    assert "slower (REGRESSION)" in done.out
    assert "widened" not in done.out
    document = json.loads((project / "r.json").read_text())
    assert document["hotspot"]["order"] == [0, 1] * 10
    assert "slower (REGRESSION)" in hotspot("bench", "compare", "r.json").out
    assert "widened" not in hotspot("bench", "compare", "r.json").out


def test_run_takes_the_configured_command(hotspot: Run, project: Path) -> None:
    (project / "hotspot.toml").write_text('benchmark_command = "sleep 0"\n')
    document = json.loads(hotspot("bench", "run", "-n", "2", "-f", "json").out)
    assert [one["command"] for one in document["results"]] == ["sleep 0"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "hotspot: no command to measure; hotspot bench run 'COMMAND A'"),
        (("false",), 3, "hotspot: `false` ended with 1; a failing run measures the failure"),
        (("no-such-command",), 2, "hotspot: no-such-command: command not found"),
        (("'unbalanced",), 2, 'hotspot: "\'unbalanced": no closing quotation'),
        (("",), 2, "hotspot: an empty command cannot be measured"),
        (
            ("true", "no-such.py"),
            2,
            "hotspot: no-such.py: command not found; each command is one quoted text: hotspot bench run 'true no-such.py'",
        ),
        (("true", "false", "--rev", "HEAD"), 2, "hotspot: --rev measures one command"),
    ],
)
def test_run_says_what_is_wrong(
    hotspot: Run, project: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = hotspot("bench", "run", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(message)


def test_run_at_two_revisions(hotspot: Run, project: Path) -> None:
    (project / ".git").rmdir()
    for command in (
        "init -q",
        "add run.sh",
        "-c user.name=T -c user.email=t@e.org commit -q -m quick",
    ):
        if command.startswith("add"):
            (project / "run.sh").write_text("sleep 0\n")
        subprocess.run(["git", *command.split()], cwd=project, check=True)
    (project / "run.sh").write_text("sleep 0.1\n")
    done = hotspot("bench", "run", "-n", "10", "--rev", "HEAD", "sh run.sh", "-o", "r.json")
    assert done.code == 0
    assert "slower (REGRESSION)" in done.out
    sides = json.loads((project / "r.json").read_text())["hotspot"]["sides"]
    assert [(one["label"], one["dirty"]) for one in sides] == [("HEAD", False), ("working tree", True)]
    assert (project / "run.sh").read_text() == "sleep 0.1\n"
    assert not list((project / ".hotspot" / "worktrees").glob("[!.]*"))


# --- baselines, trend, scaling --------------------------------------------------------------------------------------


def test_baselines_and_their_trend(hotspot: Run, project: Path) -> None:
    assert hotspot("bench", "baseline", "list").out.startswith("no baseline is saved")
    done = hotspot("bench", "baseline", "save", hyperfine(project / "r.json", a=around(1)), "--label", "one")
    assert (done.code, done.out.split(": ")[1]) == (0, "1 benchmark\n")
    (row,) = json.loads(hotspot("bench", "baseline", "list", "-f", "json").out)["rows"]
    assert row["label"] == "one"
    again = hotspot("bench", "baseline", "save", str(project / "r.json"), "--label", "one", "-f", "json")
    assert [json.loads(again.out)[key] for key in ("id", "replaced")] == [row["id"], True]
    assert "a " in hotspot("bench", "baseline", "show", "one").out
    assert hotspot("bench", "baseline", "show", "two").code == 2
    assert hotspot("bench", "trend").out.startswith("a  ▁\n")
    assert hotspot("bench", "trend", "zzz").code == 2


def test_a_trend_of_nothing(hotspot: Run, project: Path) -> None:
    done = hotspot("bench", "trend")
    assert (done.code, done.out) == (3, "")


def test_scaling_checks_a_claim(hotspot: Run, project: Path) -> None:
    (project / "grow.sh").write_text('sleep "$(echo "$1" | awk \'{print $1 * $1 * $1 / 80}\')"\n')
    arguments = ("bench", "scaling", "--sizes", "1,2,3,4", "-n", "3", "--warmup", "0", "--at-most")
    done = hotspot(*arguments, "1.2", "--", "sh", "grow.sh", "{n}")
    assert done.code == 1, done
    assert "at most n^1.2: does not hold" in done.out
    done = hotspot(*arguments, "9", "-f", "json", "--", "sh", "grow.sh", "{n}")
    document = json.loads(done.out)
    assert document["interval"][0] > 1.2  # it is 3; a busy machine blurs it
    assert [row["size"] for row in document["rows"]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sizes", "1,2,3,x", "--", "true", "{n}"), "hotspot: --sizes 1,2,3,x: give whole numbers"),
        (("--sizes", "1,2,3,4", "--", "true"), "hotspot: the command has no {n}"),
        (("--sizes", "1,2", "--", "true", "{n}"), "hotspot: growth needs at least 4 different sizes"),
    ],
)
def test_scaling_says_what_is_wrong(
    hotspot: Run, project: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = hotspot("bench", "scaling", "-n", "3", *arguments)
    assert done.code == 2
    assert done.err.startswith(message)
