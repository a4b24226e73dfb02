"""`hotspot flamegraph`: pages and pictures, where they go, what is refused and in which words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hotspot.importers.registry import load
from tests.cli.conftest import STACKS, Run
from tests.vocabulary import folded

BEFORE = "main;parse;lex 6000\nmain;parse 500\nmain;old;deep 4000\nidle 2500\n"
AFTER = "main;parse;lex 12000\nmain;parse 500\nmain;fresh 5000\nidle 2500\n"


@pytest.fixture
def sides(project: Path) -> Path:
    (project / "before.folded").write_text(BEFORE)
    (project / "after.folded").write_text(AFTER)
    return project


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    assert found is not None
    return found[1]


def test_a_page_of_one_profile(hotspot: Run, project: Path) -> None:
    done = hotspot("flamegraph", "p.folded", "-o", "out.html")
    assert (done.code, done.out) == (0, "")
    assert re.fullmatch(r"hotspot: wrote out\.html, 4\.\d\d MB\n", done.err)
    page = (project / "out.html").read_text()
    assert heading(page) == "Flame graph: p.folded"
    assert page.count('<section class="flamegraph" data-') == 1


def test_a_page_on_standard_output_is_alone_there(program: Run, project: Path) -> None:
    done = program("flamegraph", "p.folded", "-o", "-")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("<!doctype html>")
    assert done.out.endswith("</html>\n")


def test_a_picture_of_one_profile_reads_back(hotspot: Run, project: Path) -> None:
    assert hotspot("flamegraph", "p.folded", "-o", "out.svg").code == 0
    assert folded(load("out.svg")) == folded(load("p.folded"))


def test_a_page_of_a_difference_and_of_one_function(hotspot: Run, sides: Path) -> None:
    assert hotspot("flamegraph", "before.folded", "after.folded", "-o", "out.html").code == 0
    assert heading((sides / "out.html").read_text()) == (
        "Differential flame graph: before.folded \N{RIGHTWARDS ARROW} after.folded"
    )
    assert hotspot("flamegraph", "p.folded", "--sandwich", "lex", "-o", "out.html").code == 0
    assert heading((sides / "out.html").read_text()) == "Flame graph: lex in p.folded"


def test_a_picture_of_a_difference_reads_back_as_the_side_after(hotspot: Run, sides: Path) -> None:
    done = hotspot("flamegraph", "before.folded", "after.folded", "-o", "out.svg")
    assert (done.code, done.out) == (0, "")
    picture = (sides / "out.svg").read_text()
    assert "deep: 4,000 (30.8%) before, 0 (0.0%) after, -30.77 points" in picture  # what is gone is drawn
    assert folded(load("out.svg")) == folded(load("after.folded"))


def test_a_picture_of_a_difference_where_nothing_is_left(hotspot: Run, sides: Path) -> None:
    (sides / "other.folded").write_text("another 9000\n")
    assert hotspot("flamegraph", "before.folded", "other.folded", "-o", "out.svg").code == 0
    assert folded(load("out.svg")) == {"another": 9000}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["p.folded"],
            2,
            "no output file is named; name a file: -o flame.html or -o flame.svg, or - for a page on stdout",
        ),
        (
            ["p.folded", "-o", "o.pdf"],
            2,
            "o.pdf: the file name does not tell the format; end it with .html or .svg",
        ),
        (
            ["p.folded", "-o", "o.html", "--color-by", "difference"],
            2,
            "--color-by difference needs two profiles",
        ),
        (
            ["p.folded", "-o", "o.svg", "--sandwich", "lex"],
            2,
            "a sandwich is drawn as a page; name OUT something.html",
        ),
        (["none.folded", "-o", "o.html"], 3, "none.folded: no such file or directory"),
        (["p.folded", "none.folded", "-o", "o.html"], 3, "none.folded: no such file or directory"),
        (["p.folded", "-o", "no/o.html"], 3, "no/o.html: cannot be written: no such file or directory"),
    ],
)
def test_refusals_are_one_line(
    hotspot: Run, project: Path, arguments: list[str], code: int, message: str
) -> None:
    done = hotspot("flamegraph", *arguments)
    assert (done.code, done.out, done.err) == (code, "", f"hotspot: {message}\n")
    assert not list(project.glob("o*.*"))


def test_a_sandwich_of_nothing_and_an_unreadable_profile(hotspot: Run, project: Path) -> None:
    done = hotspot("flamegraph", "p.folded", "-o", "o.html", "--sandwich", "nowhere")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("hotspot: ")
    assert done.err.count("\n") == 1
    assert "nowhere" in done.err
    (project / "text.folded").write_text("no profile at all\n")
    done = hotspot("flamegraph", "text.folded", "-o", "o.html")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert not list(project.glob("o*.*"))


def test_a_file_that_is_there_stays_where_a_new_one_cannot_be_made(hotspot: Run, project: Path) -> None:
    (project / "out.html").write_text("earlier")
    assert hotspot("flamegraph", "none.folded", "-o", "out.html").code == 3
    assert (project / "out.html").read_text() == "earlier"
    assert (project / "p.folded").read_text() == STACKS
