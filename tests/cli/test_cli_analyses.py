"""What top, tree, peek, list, info, convert and merge answer, and what filters do to it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import STACKS, Run


@pytest.fixture(autouse=True)
def _in_project(project: Path) -> None:
    """Every test runs in the project."""


@pytest.fixture
def answer(hotspot: Run) -> Any:
    """Run a command with -f json and return the object."""

    def run(*arguments: str) -> Any:
        result = hotspot(*arguments, "-f", "json")
        assert result.code == 0, result.err
        return json.loads(result.out)

    return run


def selfs(document: Any) -> dict[str, int]:
    return {row["function"]: row["self"] for row in document["rows"] if row["self"]}


# -- top ------------------------------------------------------------------------------------------


def test_top(hotspot: Run) -> None:
    result = hotspot("top", "p.folded", "-n", "3")
    assert result.out == (
        "p.folded | 100 samples | folded\n"
        "self  self%  total  total%  function  where\n"
        "  50  50.0%     70   70.0%  lex       app/lex.py:20\n"
        "  45  45.0%     45   45.0%  alloc     /usr/lib/mem.py:7\n"
        "   4   4.0%      4    4.0%  gc\n"
        "3 more rows with 1.0% of self (-n 0 shows all)\n"
    )


def test_top_json_has_the_contracts_keys(answer: Any) -> None:
    document = answer("top", "p.folded", "-n", "1")
    assert list(document) == ["schema", "profile", "sort", "by", "in_app", "rows", "shown", "hidden_self"]
    assert list(document["profile"]) == [
        "label", "path", "format", "producer", "value_type", "total", "samples", "stacks", "losses", "runs",
    ]  # fmt: skip
    assert document["rows"] == [
        {
            "rank": 1, "function": "lex", "file": "app/lex.py", "line": 20, "module": None, "self": 50,
            "self_share": 0.5, "total": 70, "total_share": 0.7, "in_app": True,
        }
    ]  # fmt: skip
    assert (document["shown"], document["hidden_self"]) == (1, 0)


def test_top_by_total_file_and_line(answer: Any) -> None:
    assert [row["function"] for row in answer("top", "p.folded", "--sort", "total")["rows"]][:2] == [
        "main",
        "lex",
    ]
    assert [(row["file"], row["self"]) for row in answer("top", "p.folded", "--by", "file")["rows"]] == [
        ("app/lex.py", 50), ("/usr/lib/mem.py", 45), (None, 4), ("app/run.py", 1), ("app/out.py", 0),
    ]  # fmt: skip
    lines = [
        (row["function"], row["line"], row["total"])
        for row in answer("top", "p.folded", "--by", "line")["rows"]
    ]
    assert ("lex", 20, 50) in lines
    assert ("lex", 21, 20) in lines


def test_top_in_app(answer: Any) -> None:
    document = answer("top", "p.folded", "--in-app", "-n", "0")
    assert selfs(document) == {"lex": 70, "emit": 25, "[not in-app]": 4, "main": 1}
    assert {row["function"]: row["in_app"] for row in document["rows"]}["[not in-app]"] is False
    assert sum(row["self"] for row in document["rows"]) == document["profile"]["total"]


def test_top_in_app_follows_the_configuration(answer: Any, project: Path) -> None:
    (project / "hotspot.toml").write_text('not_in_app = ["/^lex$/"]\nin_app = ["mem.py"]\n')
    assert selfs(answer("top", "p.folded", "--in-app", "-n", "0")) == {
        "parse": 50, "alloc": 45, "[not in-app]": 4, "main": 1,
    }  # fmt: skip


# -- filters --------------------------------------------------------------------------------------

FILTERS = [
    (["--focus", "emit"], {"alloc": 25}, 75),
    (["--ignore", "alloc"], {"lex": 50, "gc": 4, "main": 1}, 45),
    (["--hide", "/^(lex|alloc)$/"], {"parse": 70, "emit": 25, "gc": 4, "main": 1}, 0),
    (["--show", "alloc"], {"alloc": 45}, 55),
    (["--show-from", "lex"], {"lex": 50, "alloc": 20}, 30),
    (["--prune-from", "parse"], {"parse": 70, "alloc": 25, "gc": 4, "main": 1}, 0),
    (["--focus", "main", "--ignore", "emit", "--hide", "alloc"], {"lex": 70, "main": 1}, 29),
    (["--focus", "mem.py"], {"alloc": 45}, 55),
]


@pytest.mark.parametrize(("options", "left", "hidden"), FILTERS, ids=[" ".join(o) for o, _, _ in FILTERS])
def test_filters_hide_and_shares_stay_of_the_whole(
    answer: Any, options: list[str], left: dict[str, int], hidden: int
) -> None:
    document = answer("top", "p.folded", "-n", "0", *options)
    assert selfs(document) == left
    assert document["hidden_self"] == hidden
    assert document["profile"]["total"] == 100
    assert (
        sum(row["self"] for row in document["rows"]) == document["profile"]["total"] - document["hidden_self"]
    )
    assert all(row["self_share"] == row["self"] / 100 for row in document["rows"])


@pytest.mark.parametrize(("options", "left", "hidden"), FILTERS, ids=[" ".join(o) for o, _, _ in FILTERS])
def test_relative_makes_shares_of_what_is_left(
    answer: Any, options: list[str], left: dict[str, int], hidden: int
) -> None:
    document = answer("top", "p.folded", "-n", "0", "--relative", *options)
    assert selfs(document) == left
    assert (document["hidden_self"], document["profile"]["total"]) == (0, 100 - hidden)
    assert math.isclose(sum(row["self_share"] for row in document["rows"]), 1)


def test_filters_and_in_app_account_for_everything(answer: Any) -> None:
    document = answer("top", "p.folded", "-n", "0", "--in-app", "--ignore", "emit")
    assert selfs(document) == {"lex": 70, "[not in-app]": 4, "main": 1}
    assert (
        sum(row["self"] for row in document["rows"]) == document["profile"]["total"] - document["hidden_self"]
    )


def test_filters_that_leave_nothing(hotspot: Run, answer: Any) -> None:
    document = answer("top", "p.folded", "--focus", "gc", "--ignore", "gc")
    assert (document["rows"], document["hidden_self"]) == ([], 100)
    result = hotspot("tree", "p.folded", "--focus", "gc", "--ignore", "gc")
    assert (result.code, result.err) == (0, "")
    relative = answer("top", "p.folded", "--focus", "gc", "--ignore", "gc", "--relative")
    assert (relative["rows"], relative["profile"]["total"]) == ([], 0)


@pytest.mark.parametrize("command", [["tree"], ["info"], ["peek", "main"], ["list", "main"]])
def test_filters_work_on_every_command(answer: Any, command: list[str]) -> None:
    document = answer(*command, "p.folded", "--focus", "emit", "--relative")
    assert document.get("profile", document)["total"] == 25


def test_of_several_profiles_one_has_to_match(hotspot: Run, project: Path) -> None:
    (project / "q.folded").write_text("only_here 3\ngc 4\n")
    merge = ["merge", "p.folded", "q.folded", "-o", "-", "--to", "folded"]
    assert hotspot(*merge, "--focus", "only_here").out == "only_here 3\n"
    assert hotspot(*merge, "--ignore", "only_here", "--show", "gc").out == "gc 8\n"
    result = hotspot(*merge, "--focus", "nowhere")
    assert (result.code, result.err) == (2, "hotspot: --focus nowhere: no function, file or module matches\n")
    assert hotspot("diff", "p.folded", "q.folded", "--ignore", "only_here").code == 0
    assert hotspot("diff", "p.folded", "q.folded", "--focus", "nowhere").code == 2


# -- tree, peek, list, info -------------------------------------------------------------------------


def test_tree(hotspot: Run) -> None:
    assert hotspot("tree", "p.folded", "--min-share", "10%").out == (
        "p.folded | 100 samples | folded\n"
        "total%  self%  call tree\n"
        " 70.0%         ├─ main  app/run.py:3\n"
        " 70.0%         │  parse  app/lex.py:10\n"
        " 50.0%  50.0%  │  ├─ lex  app/lex.py:20\n"
        " 20.0%         │  └─ lex  app/lex.py:21\n"
        " 20.0%  20.0%  │     alloc  /usr/lib/mem.py:7\n"
        " 26.0%   1.0%  └─ main  app/run.py:4\n"
        " 25.0%            emit  app/out.py:5\n"
        " 25.0%  25.0%     alloc  /usr/lib/mem.py:7\n"
        "nodes under 10.0% are not drawn (--min-share)\n"
    )


def test_tree_inverted(answer: Any) -> None:
    rows = answer("tree", "p.folded", "--inverted")["rows"]
    assert [(row["depth"], row["function"], row["total"]) for row in rows][:3] == [
        (0, "lex", 50), (1, "parse", 50), (2, "main", 50),
    ]  # fmt: skip
    assert sum(row["total"] for row in rows if row["depth"] == 0) == 100


def test_peek(hotspot: Run) -> None:
    assert hotspot("peek", "LEX", "p.folded").out == (
        "p.folded | 100 samples | folded\n"
        "weight  of function  self%  total%  callers / function / callees\n"
        "    70       100.0%                     parse\n"
        "    70               50.0%   70.0%  lex  app/lex.py\n"
        "    50        71.4%                     [self]\n"
        "    20        28.6%                     alloc\n"
    )


def test_peek_n(answer: Any) -> None:
    assert len(answer("peek", "/./", "p.folded")["rows"]) == 5
    assert len(answer("peek", "/./", "p.folded", "-n", "0")["rows"]) == 6
    assert len(answer("peek", "/./", "p.folded", "-n", "1")["rows"]) == 1


def test_list(hotspot: Run) -> None:
    assert hotspot("list", "lex", "p.folded").out == (
        "p.folded | 100 samples | folded\n"
        "\n"
        f"lex  {Path.cwd()}/app/lex.py  self 50.0%, total 70.0%\n"
        "self  total  total%  line  source\n"
        "                       17  lex line 17\n"
        "                       18  lex line 18\n"
        "                       19  lex line 19\n"
        "  50     50   50.0%    20  lex line 20\n"
        "         20   20.0%    21  lex line 21\n"
        "                       22  lex line 22\n"
        "                       23  lex line 23\n"
        "                       24  lex line 24\n"
    )


def test_list_without_source(hotspot: Run) -> None:
    out = hotspot("list", "alloc", "p.folded").out
    assert "source not found" in out
    assert "  45     45   45.0%     7" in out


def test_info(hotspot: Run, answer: Any) -> None:
    document = answer("info", "p.folded")
    assert document["value_types"] == [{"type": "samples", "unit": "count"}]
    assert (document["frames"], document["nodes"], document["max_depth"], document["stacks"]) == (8, 9, 4, 5)
    out = hotspot("info", "p.folded").out
    for line in ("format    folded", "samples   100", "* samples/count  total 100"):
        assert line in out


# -- convert and merge ------------------------------------------------------------------------------


def test_convert_to_folded_is_sorted_and_sums_to_the_total(hotspot: Run) -> None:
    result = hotspot("convert", "p.folded", "out.folded")
    assert (result.code, result.out, result.err) == (0, "", "")
    lines = Path("out.folded").read_text().splitlines()
    assert lines == sorted(STACKS.splitlines())
    assert sum(int(line.rsplit(" ", 1)[1]) for line in lines) == 100


def test_convert_through_pipes(shell: Run) -> None:
    result = shell("cat p.folded | hotspot convert - - --to folded | hotspot convert - - --to folded")
    assert (result.code, result.err) == (0, "")
    assert sorted(result.out.splitlines()) == sorted(STACKS.splitlines())


def test_convert_applies_filters(hotspot: Run) -> None:
    assert hotspot("convert", "p.folded", "-", "--to", "folded", "--show", "gc").out == "gc 4\n"


def test_merge_adds(shell: Run, project: Path) -> None:
    result = shell("hotspot merge p.folded p.folded - -o - --to folded < <(echo 'gc 1')")
    assert result.code == 0
    weights = dict(line.rsplit(" ", 1) for line in result.out.splitlines())
    assert weights["gc"] == "9"
    assert sum(map(int, weights.values())) == 201


def test_merge_takes_folders_and_globs(hotspot: Run, project: Path) -> None:
    (project / "runs").mkdir()
    for n in (1, 2, 3):
        (project / "runs" / f"{n}.folded").write_text(f"a {n}\n")
    assert hotspot("merge", "runs", "-o", "-", "--to", "folded").out == "a 6\n"
    assert hotspot("merge", "runs/[12].*", "-o", "-", "--to", "folded").out == "a 3\n"


def test_formats(answer: Any) -> None:
    rows = {row["name"]: row for row in answer("formats")["rows"]}
    assert list(rows) == sorted(rows)
    assert (rows["folded"]["reads"], rows["folded"]["writes"]) == (True, True)
    for name in ("svg", "perf-script", "perf-data"):
        assert rows[name]["reads"] is True
