"""Flame graph pages in a real browser: nothing fetched, nothing complained of, names literal, search and zoom right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hotspot.analysis.flame import flame_of_profile
from hotspot.analysis.sandwich import sandwich
from hotspot.report.flamegraph import page as page_of
from tests.chromium import Page, open_page
from tests.vocabulary import profile_from_text

HOSTILE = [
    "<script>document.title='pwned'</script>", "</title>", "a<b>bold</b>", '<a href="x">y</a>', "'\"q&lt", "$x$",
    "x" * 10_000, "\u202eright\x00",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(tmp_path_factory.mktemp("chromium")) as opened:
        opened.watch()
        yield opened


def show(page: Page, content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "flame.html"
    file.write_bytes(content)
    page.watch()
    page.window(1300, 900)
    page.open(file.as_uri())
    page.wait_for("document.querySelector('section.flamegraph')?.dataset.ready")
    assert page.errors == []
    assert page.requests == [file.as_uri()]


def text(page: Page, part: str) -> str:
    return str(page.evaluate(f"document.querySelector('.{part}').textContent"))


def hover(page: Page, name: str, *, share: float, row: int) -> tuple[float, float]:
    """Point at a frame until the page says so; on a busy machine it may still be laying itself out."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        left, top, width = page.evaluate(
            "(() => { const r = document.querySelector('.plot').getBoundingClientRect(); return [r.left, r.top, r.width] })()"
        )
        x, y = left + width * share, top + (row + 0.5) * 19
        page.point(x - 2, y)
        page.point(x, y)
        time.sleep(0.2)
        if page.evaluate("document.querySelector('.details b')?.textContent") == name:
            return x, y
    raise TimeoutError(f"{name} is not where it should be: {text(page, 'details')}")


STACKS = "main;a;f 3\nmain;b;f;g;f 2\nmain;b;other 5"


def test_search_counts_recursion_once(page: Page, tmp_path: Path) -> None:
    show(page, page_of(flame_of_profile(profile_from_text(STACKS)), "about"), tmp_path)
    page.evaluate("document.querySelector('section').flamegraph.look('/^f$/')")
    assert text(page, "matched") == "1 function matches: 5 (50.0%)"


def test_click_zooms_and_keys_go_back(page: Page, tmp_path: Path) -> None:
    show(page, page_of(flame_of_profile(profile_from_text(STACKS)), "about"), tmp_path)
    x, y = hover(page, "b", share=0.8, row=2)
    page.point(x, y, click=True)  # plotly clicks what it hovers over
    page.wait_for("document.querySelector('.zoomed').textContent == 'Zoomed into b'")
    page.evaluate("document.querySelector('.plot').focus()")
    page.press("Escape")
    page.wait_for("document.querySelector('.zoomed').textContent == ''")
    page.press("ArrowDown")
    page.press("Enter")
    page.wait_for("document.querySelector('.zoomed').textContent == 'Zoomed into main'")
    page.press("Backspace")
    page.wait_for("document.querySelector('.zoomed').textContent == ''")
    assert page.errors == []


def test_hostile_names_are_shown_as_they_are_spelled(page: Page, tmp_path: Path) -> None:
    stacks = ";".join(HOSTILE) + " 5"  # below each other, so that all have room
    show(page, page_of(flame_of_profile(profile_from_text(stacks)), "</p><script>x</script>"), tmp_path)
    drawn = page.evaluate("[...document.querySelectorAll('.plot .bartext')].map(e => e.textContent)")
    assert {"</title>", "a<b>bold</b>", "'\"q&lt", "$x$", "\\u202eright\\x00"} <= set(drawn)
    assert (
        page.evaluate("document.querySelectorAll('.plot a, .plot b, .plot tspan[style*=bold]').length") == 0
    )
    assert page.evaluate("document.title") != "pwned"


def test_a_sandwich_has_callers_above(page: Page, tmp_path: Path) -> None:
    show(page, page_of(sandwich(flame_of_profile(profile_from_text(STACKS)), "/^f$/"), "about"), tmp_path)
    assert text(page, "drawn") == "8 frames drawn."


def test_rows_that_hold_but_slivers_take_no_room(page: Page, tmp_path: Path) -> None:
    deep = ";".join(f"d{i}" for i in range(60))
    show(page, page_of(flame_of_profile(profile_from_text(f"main;f 1000\nmain;{deep} 1")), "about"), tmp_path)
    height = "document.querySelector('.plot .svg-container').getBoundingClientRect().height"
    assert page.evaluate(height) == 3 * 19  # all, main, f
    assert "59 too narrow to see" in text(page, "drawn")
    page.evaluate(
        "(() => { const f = document.querySelector('section').flamegraph; f.zoom([...f.graph.depth.keys()].find((i) => f.name(i) === 'd0')); })()"
    )
    page.wait_for(f"{height} > 60 * 19")


def test_a_printed_page_scales_the_drawing_instead_of_cutting_it_off(page: Page, tmp_path: Path) -> None:
    show(page, page_of(flame_of_profile(profile_from_text(STACKS)), "about"), tmp_path)
    shape = """(() => { const box = document.querySelector('.plot .main-svg').getBoundingClientRect();
      return [Math.round(box.width), document.querySelector('.plot').clientWidth, Math.round(box.height)] })()"""
    width, room, height = page.evaluate(shape)
    assert width == room == 1260
    page.print_view(True)
    try:
        page.evaluate("document.body.style.width = '630px'")  # paper; plotly does not draw anew for it
        printed, room, printed_height = page.evaluate(shape)
        assert printed == room == 630
        assert printed_height == pytest.approx(height / 2, abs=1)
    finally:
        page.print_view(False)


def test_paper_is_light_whatever_the_screen_is(page: Page, tmp_path: Path) -> None:
    show(page, page_of(flame_of_profile(profile_from_text(STACKS)), "about"), tmp_path)
    colors = """[getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.querySelector('.plot .bars .point path')).fill].join()"""
    light = page.evaluate(colors)
    page.window(1300, 900, dark=True)
    page.wait_for(f"{colors}.split('),')[1] != {light!r}.split('),')[1]")
    page.print_view(True)
    page.wait_for(f"{colors} == {light!r}")
    assert page.evaluate(colors) == light
    page.print_view(False)
