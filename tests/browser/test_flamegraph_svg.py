"""The static picture of a difference in a real browser: what is gone is seen, zoomed into and told."""

from __future__ import annotations

from pathlib import Path

from hotspot.analysis.diff import diff
from hotspot.analysis.flame import flame_of_diff
from hotspot.report.diff_svg import write
from tests.chromium import open_page
from tests.vocabulary import profile_from_text

HOSTILE = "<script>document.title='pwned'</script>&\"'"


def test_a_difference_as_svg(tmp_path: Path) -> None:
    compared = diff(
        profile_from_text(f"main;kept 6000\nmain;{HOSTILE};deep 4000"), profile_from_text("main;kept 12000")
    )
    file = tmp_path / "change.svg"
    file.write_bytes(b"".join(write(flame_of_diff(compared), compared.sentence)))
    (tmp_path / "browser").mkdir()
    with open_page(tmp_path / "browser") as page:
        page.watch()
        page.open(file.as_uri())
        page.wait_for("document.readyState == 'complete' && typeof frames[0]?.name == 'string'")
        assert page.evaluate("frames.map((frame) => frame.name)") == ["all", "main", "kept", HOSTILE, "deep"]
        told = page.evaluate("frames[4].told")
        assert told.startswith("deep: 4,000 (40.0%) before, 0 (0.0%) after, -")
        assert page.evaluate("Number(frames[4].rect.getAttribute('width')) > 100")
        page.evaluate("zoom(frames[3])")
        assert page.evaluate(
            "frames.map((frame) => frame.group.classList.contains('hide'))"
        ) == [False, False, True, False, False]  # fmt: skip
        assert page.evaluate("frames[4].rect.getAttribute('width')") == "1180.00"
        page.evaluate("search('^deep$')")
        share = page.evaluate("frames[4].weight / frames[0].weight")
        assert page.evaluate("document.getElementById('matched').textContent") == f"Matched: {share:.2%}"
        assert page.evaluate("document.title") != "pwned"
        assert (page.errors, page.requests) == ([], [file.as_uri()])
