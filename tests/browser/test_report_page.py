"""Reports in a real browser: nothing fetched, nothing complained of, tables sort, names are inert."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hotspot.analysis.diff import diff
from hotspot.config import Config
from hotspot.report.page_html import page_html
from hotspot.report.page_sections import diff_page, profile_page
from tests.chromium import Page, open_page
from tests.vocabulary import profile_from_text

HOSTILE = [
    "<script>document.title='pwned'</script>", "</title></style>", "a<b>bold</b>", '<a href="x">y</a>', "'\"q&lt",
    "x" * 10_000, "\u202eright\x00", "{{ 7 * 7 }}",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def show(page: Page, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(content)
    page.watch()
    page.window(1300, 900)
    page.open(file.as_uri())
    page.wait_for("document.querySelector('table.sortable th button') !== null")
    assert page.errors == []
    assert page.requests == [file.as_uri()]


def column(page: Page, number: int) -> list[str]:
    found: list[str] = page.evaluate(
        f"[...document.querySelectorAll('#top tbody tr')].map(r => r.cells[{number}].textContent)"
    )
    return found


def press_heading(page: Page, name: str) -> None:
    page.evaluate(
        f"[...document.querySelectorAll('#top th button')].find(b => b.textContent == '{name}').focus()"
    )
    page.press("Enter")


def test_tables_sort_from_the_keyboard(page: Page, tmp_path: Path) -> None:
    profile = profile_from_text("main;b 900\nmain;a 1200\nmain;c 30")
    show(page, page_html(profile_page(profile, Config(tmp_path)), static=True), tmp_path)
    written = column(page, 4)
    assert written == ["a", "b", "c", "main"]
    press_heading(page, "total")
    assert column(page, 2) == ["2,130", "1,200", "900", "30"]
    press_heading(page, "total")
    assert column(page, 2) == ["30", "900", "1,200", "2,130"]
    assert page.evaluate("document.querySelector('#top th[aria-sort]').ariaSort") == "ascending"
    press_heading(page, "total")
    assert column(page, 4) == written


@pytest.mark.parametrize("static", [True, False], ids=["static", "plotly"])
def test_hostile_names_are_inert(page: Page, tmp_path: Path, static: bool) -> None:
    before = profile_from_text("\n".join(f"{name};leaf {i + 5}" for i, name in enumerate(HOSTILE)))
    after = profile_from_text("\n".join(f"{name};leaf {i + 9}" for i, name in enumerate(HOSTILE)))
    show(page, page_html(diff_page(diff(before, after), Config(tmp_path)), static=static), tmp_path)
    if not static:
        page.wait_for("[...document.querySelectorAll('section.flamegraph')].every(s => s.dataset.ready)")
    shown = column(page, 4)
    assert {"a<b>bold</b>", "</title></style>", "\\u202eright\\x00", "{{ 7 * 7 }}"} <= set(shown)
    assert page.evaluate("document.querySelectorAll('main td b, main td a, svg a, svg b').length") == 0
    assert "pwned" not in page.evaluate("document.title")
    assert page.errors == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read_and_nothing_is_cut(page: Page, tmp_path: Path, dark: bool) -> None:
    profile = profile_from_text("main;" + "long_name_" * 18 + ";leaf 5\nmain;other 7")
    show(page, page_html(profile_page(profile, Config(tmp_path)), static=True), tmp_path)
    page.window(600, 900, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= 600
    colors = page.evaluate(
        "['.quiet', 'a', 'th', 'td'].map(s => [getComputedStyle(document.querySelector(s)).color, "
        "getComputedStyle(document.body).backgroundColor])"
    )
    for ink, paper in colors:
        assert _contrast(ink, paper) >= 4.5


def _contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two `rgb(...)` colours."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    parts = [int(part) / 255 for part in color.strip("rgb()").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_headings_of_tables_are_printed_on_every_page(page: Page, tmp_path: Path) -> None:
    """Chromium repeats neither what is positioned nor buttons."""
    show(
        page, page_html(profile_page(profile_from_text("main;b 9"), Config(tmp_path)), static=True), tmp_path
    )
    page.print_view(True)
    styles = page.evaluate(
        "[['th', 'position'], ['th button', 'display']].map(([part, key]) => "
        "getComputedStyle(document.querySelector('table.sortable ' + part))[key])"
    )
    page.print_view(False)
    assert styles == ["static", "contents"]
