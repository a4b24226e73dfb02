"""`hotspot report`: what it says, in which format, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.conftest import ROOT, Run

SAMPLES = ROOT / "sample-profiles"
BEFORE = str(SAMPLES / "py-spy" / "replicates" / "before-*")
AFTER = str(SAMPLES / "py-spy" / "replicates" / "after-*")


def headings(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_a_static_page_of_one_profile(hotspot: Run, project: Path) -> None:
    done = hotspot("report", "p.folded", "-o", "out.html", "--static")
    page = (project / "out.html").read_text()
    assert (done.code, done.out) == (0, "")
    assert re.fullmatch(r"hotspot: wrote out\.html, [\d.]+ kB\n", done.err)
    assert headings(page) == [
        "Summary", "Hottest functions", "In-app code", "Flame graph", "Issues that would be drafted",
        "How far to trust it",
    ]  # fmt: skip
    assert (
        "lex (app/lex.py:20) is the hottest function: 50.0% by itself. In-app code answers for 96.0%" in page
    )
    assert "plotly" not in page
    assert not (project / "perf-issues").exists()


def test_a_pair_has_verdict_and_difference(hotspot: Run, project: Path) -> None:
    assert hotspot("report", BEFORE, AFTER, "-o", "out.html", "--static").code == 0
    page = (project / "out.html").read_text()
    assert '<strong class="verdict better">Faster</strong>' in page
    assert "tokenise got faster" in page
    assert {"What changed", "Where it changed", "Flame graph after"} <= set(headings(page))
    assert page.count('<svg class="still"') == 2


def test_issues_of_the_project_are_shown_with_their_text(hotspot: Run, project: Path) -> None:
    hotspot("issues", "p.folded")
    assert hotspot("report", "p.folded", "-o", "out.html", "--static").code == 0
    page = (project / "out.html").read_text()
    assert "Issues of the project" in headings(page)
    assert "PERFORMANCE ISSUE:" in page


def test_markdown_for_a_pull_request(hotspot: Run, project: Path) -> None:
    done = hotspot("report", BEFORE, AFTER, "-o", "-", "--to", "markdown")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("### Faster: ")
    assert "\n**What changed**\n" in done.out
    assert done.out.count("<details>") == done.out.count("</details>") == 4
    assert len(done.out) < 6_000
    assert hotspot("report", "p.folded", "-o", "out.md").code == 0
    assert "**Hottest functions**" in (project / "out.md").read_text()


@pytest.mark.parametrize("sample", ["py-spy/before.svg", "perf/csvstat.perf.txt.gz", "go/cpu.pb.gz"])
def test_static_pages_of_the_samples_are_small(hotspot: Run, project: Path, sample: str) -> None:
    assert hotspot("report", SAMPLES / sample, "-o", "out.html", "--static").code == 0
    assert (project / "out.html").stat().st_size < 500_000


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["p.folded"],
            2,
            "no output file is named; name a file: -o report.html or -o report.md, or - for standard output",
        ),
        (
            ["p.folded", "-o", "out.pdf"],
            2,
            "out.pdf: the file name does not tell the format; end it with .html or .md, or say --to html or "
            "--to markdown",
        ),
        (["p.folded", "-o", "o.md", "--static"], 2, "--static is about a page's pictures; Markdown has none"),
        (["none.folded", "-o", "o.html"], 3, "none.folded: no such file or directory"),
    ],
)
def test_refusals_are_one_line(
    hotspot: Run, project: Path, arguments: list[str], code: int, message: str
) -> None:
    done = hotspot("report", *arguments)
    assert (done.code, done.out, done.err) == (code, "", f"hotspot: {message}\n")
    assert not list(project.glob("o*.*"))


def test_a_still_picture_says_what_is_too_narrow_for_it(hotspot: Run, project: Path) -> None:
    deep = "main;narrow;" + ";".join(f"f{i}" for i in range(3))
    (project / "n.folded").write_text(f"main;wide 100000\n{deep} 100\nmain;sliver 3\nmain;hair 2\n")
    assert hotspot("report", "n.folded", "-o", "out.html", "--static").code == 0
    page = (project / "out.html").read_text()
    assert (
        "Not drawn: 3 rows whose frames are all narrower than 4 px and 2 frames narrower than 0.5 px." in page
    )
    (project / "w.folded").write_text("main;wide 5\nmain;other 5\n")
    assert hotspot("report", "w.folded", "-o", "all.html", "--static").code == 0
    assert "Not drawn" not in (project / "all.html").read_text()


def test_hostile_names_are_text_in_both_formats(hotspot: Run, project: Path) -> None:
    name = "<script>alert(1)</script>|`x`<b>"
    (project / "h.folded").write_text(f"main;{name} 5\n")
    assert hotspot("report", "h.folded", "-o", "out.html", "--static").code == 0
    page = (project / "out.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<script>") == 1  # ours
    hotspot("report", "h.folded", "-o", "out.md")
    assert not re.search(r"(?<!\\)<(?:script|b)", (project / "out.md").read_text())
