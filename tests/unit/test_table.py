"""One table, four renderings; nothing a profile says may disturb a terminal."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hotspot.report.fitting import name_cell, place_cell
from hotspot.report.table import Cell, Column, Heading, Item, Report, Table, clean, markdown, plain, terminal
from hotspot.tabular import csv_text

TABLE = Table(
    (Column("self%", "right", bar=True), Column("function", grow=True)),
    ((Cell("75.0%", share=0.75), Cell("lex", tone="strong")), (Cell("0.4%", share=0.004), Cell("a | b"))),
)
REPORT = Report((Cell("headline", tone="strong"), TABLE, "2 more rows"))


def test_plain_is_aligned_and_has_no_trailing_spaces() -> None:
    assert plain(REPORT) == "headline\nself%  function\n75.0%  lex\n 0.4%  a | b\n2 more rows\n"


def test_plain_aligns_by_what_a_terminal_shows() -> None:
    # Wide characters take two columns, combining ones none.
    rows = tuple((Cell(text), Cell("|")) for text in ("解析する", "e\u0301te\u0301", "plain"))
    lines = plain(Report((Table((Column("f"), Column("x")), rows),))).splitlines()
    assert lines == ["f         x", "解析する  |", "e\u0301te\u0301       |", "plain     |"]


def test_markdown_escapes_what_it_would_interpret() -> None:
    text = markdown(REPORT)
    assert "| ---: | --- |".replace(" ", "") in text.replace(" ", "")
    assert "| 0.4% | a \\| b |" in text
    hostile = Report((Table((Column("f"),), ((Cell("<script>*x* `y` _z_ [l](u) #1 ~~d~~ &lt; \\"),),)),))
    row = markdown(hostile).splitlines()[2]
    assert row == r"| \<script\>\*x\* \`y\` \_z\_ \[l\](u) \#1 \~\~d\~\~ \&lt; \\ |"


def test_csv_is_what_a_csv_reader_gives_back() -> None:
    rows = [
        {"function": 'a,"b"\nc', "line": None, "self": 3, "share": 0.5, "in_app": True, "losses": ["x", "y"]},
        {"function": "d", "line": 7, "self": 0, "share": 0.0, "in_app": False, "losses": []},
    ]
    assert list(csv.reader(io.StringIO(csv_text(rows)))) == [
        ["function", "line", "self", "share", "in_app", "losses"],
        ['a,"b"\nc', "", "3", "0.5", "true", "x y"],
        ["d", "7", "0", "0.0", "false", ""],
    ]


def test_csv_without_rows_is_empty() -> None:
    assert csv_text([]) == ""


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("std::vector<int>::push_back", "std::vector<int>::push_back"),
        ("solve λ 解析 é", "solve λ 解析 é"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("two\nlines\ttab\r", r"two\nlines\ttab\r"),
        ("\x9b31m", r"\x9b31m"),
        ("bell\x07 null\x00", r"bell\x07 null\x00"),
        ("right\u202eto left", r"right\u202eto left"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("line\u2028separator", r"line\u2028separator"),
        ("lone \udc80 surrogate", r"lone \udc80 surrogate"),
        ("private \ue000", r"private \ue000"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_clean_bounds_the_length_and_keeps_both_ends() -> None:
    text = clean("begin" + "x" * 10_000 + "end")
    assert len(text) == 200
    assert text.startswith("beginx")
    assert text.endswith("xend")
    assert "..." in text


_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def test_terminal_with_colour_says_the_same_as_without() -> None:
    coloured = terminal(REPORT, color=True, width=80)
    assert _ESCAPE.search(coloured)
    assert _ESCAPE.sub("", coloured) == terminal(REPORT, color=False, width=80)


def test_terminal_draws_shares_as_bars() -> None:
    lines = terminal(REPORT, color=False, width=80).splitlines()
    assert lines[2].count("█") == 9  # three quarters of twelve
    assert "█" not in lines[3]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_terminal_fits_the_width_and_shows_that_it_cut(width: int) -> None:
    columns = (Column("self%", "right", bar=True), Column("function", grow=True), Column("where", grow=True))
    rows = (
        (Cell("9.0%", share=0.09), name_cell("f" * 300), place_cell("src/lexer.rs:214")),
        (Cell("1.0%", share=0.01), Cell("short"), Cell("w" * 50)),
    )
    lines = terminal(Report((Table(columns, rows),)), color=False, width=width).splitlines()
    assert {len(line.rstrip()) for line in lines[1:]} <= set(range(width + 1))
    assert re.search(r"f…f+  +(src|…)/lexer\.rs:214$", lines[1].rstrip())
    assert re.search(r"short +w+…?$", lines[2].rstrip())


def test_a_narrow_terminal_does_without_a_column_before_it_cuts_a_number() -> None:
    columns = (
        Column("change", "right"), Column("total before", "right", spare=2), Column("function", grow=True),
        Column("where", grow=True, spare=1),
    )  # fmt: skip
    report = Report((Table(columns, ((Cell("+12.3"), Cell("4.0%"), Cell("f" * 30), Cell("w" * 30)),)),))
    titles = {
        width: terminal(report, color=False, width=width).splitlines()[0].split() for width in (58, 44, 30)
    }
    assert titles == {
        58: ["change", "total", "before", "function", "where"],
        44: ["change", "function", "where"],
        30: ["change", "function"],
    }
    said = " ".join(terminal(report, color=False, width=30).split())
    assert said.endswith("no room for total before, where: the terminal is narrow")


def test_terminal_takes_no_more_than_it_needs() -> None:
    lines = terminal(REPORT, color=False, width=200).splitlines()
    assert lines[1].split() == ["self%", "function"]
    assert max(len(line.rstrip()) for line in lines) < 40


def test_terminal_does_not_interpret_names_as_markup() -> None:
    text = terminal(
        Report((Table((Column("f"),), ((Cell("[bold]x[/bold] :smile:"),),)),)), color=False, width=80
    )
    assert "[bold]x[/bold] :smile:" in text


def test_headings_and_items_have_a_form_in_each_medium() -> None:
    report = Report(
        (
            Heading("State"),
            Item("told", detail="a_b", box="?"),
            Item("tests", box="x"),
            Item("left", detail="1", box=" "),
            Heading("More", level=3),
            Item("plain", detail="*"),
        )
    )
    assert plain(report) == ("State\n=====\n[?] told: a_b\n[x] tests\n[ ] left: 1\nMore\n----\n- plain: *\n")
    assert markdown(report) == (
        "## State\n\n- [ ] **told:** a\\_b\n- [x] **tests**\n- [ ] **left:** 1\n\n### More\n\n- **plain:** \\*\n"
    )
    assert terminal(report, color=False, width=40) == plain(report)
