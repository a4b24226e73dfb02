"""`hotspot gate`: exit codes, the bases there are, and the response to a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Result, Run
from tests.cli.test_cli_bench import around, hyperfine
from tests.git_repository import git


@pytest.fixture
def repository(project: Path) -> Path:
    """The project as a git repository, whose second commit makes `lex` in `app/lex.py` slower."""
    (project / ".git").rmdir()
    (project / ".gitignore").write_text("*\n!app/**\n!app\n!hotspot.toml\n")
    git(project, "init", "-q", "-b", "main")
    source = project / "app" / "lex.py"
    source.write_text(
        "def parse():\n    return lex()\n\n\ndef lex():\n    return 1\n\n\ndef other():\n    return 2\n"
    )
    git(project, "add", "app")
    git(project, "commit", "-q", "-m", "first")
    return project


def slower(repository: Path) -> None:
    source = repository / "app" / "lex.py"
    source.write_text(source.read_text().replace("return 1", "return sum(range(9))"))
    git(repository, "commit", "-q", "-am", "lex: sum it up")


def runs(folder: Path, lex: int) -> list[str]:
    """Five profiles of a program in which `lex` takes so many samples."""
    folder.mkdir()
    paths = []
    for run in range(5):
        stacks = [
            f"main (app/run.py:1);step{n} (app/run.py:{n + 2}) {100 + (3 * run + n) % 7}" for n in range(10)
        ]
        stacks.append(f"main (app/run.py:1);parse (app/lex.py:2);lex (app/lex.py:6) {lex + run}")
        path = folder / f"{run}.folded"
        path.write_text("\n".join(stacks) + "\n")
        paths.append(str(path))
    return paths


# --- the bases there are --------------------------------------------------------------------------------------------


def test_before_files(hotspot: Run, project: Path) -> None:
    base, head = hyperfine(project / "b.json", a=around(1)), hyperfine(project / "h.json", a=around(1.5))
    done = hotspot("gate", head, "-b", base)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0] == f"The gate fails: 1 not met, against {base}"
    assert lines[3].startswith("not met  benchmark  a     998 ms to 1.50 s, +50.0% (")
    assert hotspot("gate", head, "-b", head).code == 0


def test_the_newest_baseline_or_a_named_one(hotspot: Run, repository: Path) -> None:
    fast, slow = hyperfine(repository / "f.json", a=around(1)), hyperfine(repository / "s.json", a=around(2))
    hotspot("bench", "baseline", "save", slow, "--label", "old")
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    hotspot("bench", "baseline", "save", fast, "--label", "new")
    assert hotspot("gate", slow).code == 1
    assert "against baseline new" in hotspot("gate", slow).out
    assert hotspot("gate", slow, "--baseline", "old").code == 0
    assert hotspot("gate", slow, "--baseline", "none").code == 2
    assert hotspot("gate", slow, "--baseline", "old", "-b", fast).code == 2


def test_base_and_head_in_one_job(hotspot: Run, repository: Path) -> None:
    (repository / "hotspot.toml").write_text('benchmark_command = "sh app/work.sh"\n')
    (repository / "app" / "work.sh").write_text("sleep 0\n")
    git(repository, "add", "app", "hotspot.toml")
    git(repository, "commit", "-q", "-m", "work")
    (repository / "app" / "work.sh").write_text("sleep 0.1\n")
    done = hotspot("gate", "--base", "main", "-n", "10", "-f", "json")
    assert done.code == 1, done
    document = json.loads(done.out)
    (row,) = document["rows"]
    assert (row["name"], row["status"]) == ("sh app/work.sh", "not met")
    assert document["base_revision"] == git(repository, "rev-parse", "main")
    assert hotspot("gate", "--base", "main", "--head", "main", "-n", "10").code == 0
    assert hotspot("gate", "--base", "nowhere").code == 2
    assert hotspot("gate", "--base", "main", "x.json").code == 2


def test_a_file_of_two_sides_brings_its_base(hotspot: Run, project: Path) -> None:
    hotspot("bench", "run", "-n", "10", "true", "sleep 0.05", "-o", "r.json")
    done = hotspot("gate", "r.json")
    assert done.code == 1
    assert "against true" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("r.json",),
            3,
            "hotspot: nothing to check against: no baseline, no budget, no criterion; hotspot bench",
        ),
        ((), 2, "hotspot: nothing to judge; name benchmark results or profiles, give --base REV"),
        (("--head", "main"), 2, "hotspot: --head and --command go with --base"),
        (("-b", "r.json"), 2, "hotspot: nothing to judge: name results"),
        (("--base", "main"), 2, "hotspot: no command to measure; set benchmark_command"),
        (("missing.json",), 3, "hotspot: missing.json: no such file"),
    ],
)
def test_what_is_wrong_is_said(
    hotspot: Run, project: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    hyperfine(project / "r.json", a=around(1))
    done = hotspot("gate", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(message)


def test_budgets_alone_are_enough(hotspot: Run, project: Path) -> None:
    (project / "hotspot.toml").write_text('[budgets]\nstart = { benchmark = "a", max = "10 ms" }\n')
    assert hotspot("gate", hyperfine(project / "r.json", a=around(0.005))).code == 0
    assert hotspot("gate", hyperfine(project / "r.json", a=around(0.05))).code == 1
    assert hotspot("gate", hyperfine(project / "r.json", b=around(0.05))).code == 3
    (project / "hotspot.toml").write_text('[budgets]\nstart = { benchmark = "a", most = "10 ms" }\n')
    done = hotspot("gate", "r.json")
    assert (done.code, done.err) == (
        2,
        "hotspot: budgets.start: unknown key 'most'; known keys: benchmark, file, max, memory, minus\n",
    )


# --- the response ---------------------------------------------------------------------------------------------------


def failed(hotspot: Run, repository: Path) -> Result:
    base = runs(repository / "before", 200)
    hotspot("bench", "baseline", "save", *base)
    slower(repository)
    return hotspot("gate", *runs(repository / "after", 600), "-o", "report.md")


def test_a_failure_becomes_a_report(hotspot: Run, repository: Path) -> None:
    (repository / "hotspot.toml").write_text('test_command = "make test"\n[critical]\nlex = "high"\n')
    done = failed(hotspot, repository)
    assert done.code == 1
    assert done.out.startswith("The gate fails: 2 not met, against baseline ")
    assert done.err == "hotspot: the report is in report.md\n"
    report = (repository / "report.md").read_text()
    assert report.startswith("# Performance gate: regression\n")
    short = git(repository, "rev-parse", "--short", "HEAD")
    (line,) = [line for line in report.splitlines() if line.startswith("| lex ")]
    assert line.startswith("| lex (critical: high) | app/lex.py:6 | got slower or is called more | +")
    assert line.endswith(f"| {short} lex: sum it up (Ada) |")
    commands = report.split("```")[1].splitlines()[1:]
    base = git(repository, "rev-parse", "main~1")[:10]
    assert commands[0] == "make test"
    assert f"hotspot record --runs 5 --against-rev {base} -- COMMAND" in commands
    assert commands[-1].startswith("hotspot gate ")
    assert "high: on a critical path: lex" in report
    assert "None yet: no issue is about this regression (ORIGIN `regression " in report


def test_commits_that_touched_other_functions_are_not_blamed(hotspot: Run, repository: Path) -> None:
    base = runs(repository / "before", 200)
    hotspot("bench", "baseline", "save", *base)
    source = repository / "app" / "lex.py"
    source.write_text(source.read_text().replace("return 2", "return 3"))
    git(repository, "commit", "-q", "-am", "other: three")
    done = hotspot("gate", *runs(repository / "after", 600), "-f", "json")
    (part,) = [one for one in json.loads(done.out)["attribution"] if one["function"] == "lex"]
    assert (part["commits"], part["commits_by"], part["uncommitted"]) == ([], "function", False)


def test_attempts_are_counted_and_two_escalate(hotspot: Run, repository: Path) -> None:
    failed(hotspot, repository)
    baseline = next((repository / ".hotspot" / "baselines").iterdir()).name
    hotspot("issues", "--top", "1", "p.folded")
    (issue,) = (repository / "perf-issues").glob("*.txt")
    text = issue.read_text().replace("ORIGIN: profile", f"ORIGIN: regression {baseline}")
    issue.write_text(text.replace("ATTEMPTS: 0", "ATTEMPTS: 1"))
    after = sorted(map(str, (repository / "after").iterdir()))
    hotspot("gate", *after, "-o", "report.md")
    assert "1 of 2 attempts used." in (repository / "report.md").read_text()
    issue.write_text(issue.read_text().replace("ATTEMPTS: 1", "ATTEMPTS: 2"))
    hotspot("gate", *after, "-o", "report.md")
    report = (repository / "report.md").read_text()
    assert "**Escalate: 2 of 2 attempts failed.**" in report
    assert "IDENTIFIED - Found while profiling" in report
    assert json.loads(hotspot("gate", *after, "-f", "json").out)["escalate"] is True


def test_a_gate_that_passes_writes_its_items(hotspot: Run, repository: Path) -> None:
    base = runs(repository / "before", 200)
    done = hotspot(
        "gate", *base, *(part for path in base for part in ("-b", path)), "-o", "report.md", "-f", "markdown"
    )
    assert done.code == 0
    assert (repository / "report.md").read_text().startswith("The gate passes: 1 met")


def test_hostile_names_stay_in_their_cell(hotspot: Run, repository: Path) -> None:
    evil = "a|b`<script>\x1b[31m"
    hyperfine(repository / "b.json", **{evil: around(1)})
    hyperfine(repository / "h.json", **{evil: around(2)})
    done = hotspot("gate", "h.json", "-b", "b.json", "-o", "report.md")
    report = (repository / "report.md").read_text()
    assert done.code == 1
    assert "\x1b" not in report + done.out
    assert "<script>" not in report
