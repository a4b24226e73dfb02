"""The real speedscope, in a real browser, shows in a file that hotspot wrote what hotspot says is in it.

The sandwich view is a table in the page: total, self and name of each frame. Counts are shown to the digit, times and
sizes to two decimals. Rows are drawn as they come into view; the window is high enough for all of ours.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hotspot.exporters import speedscope as exporter
from hotspot.importers import perf_script, pprof, speedscope
from hotspot.importers.base import ImportOptions, file_source
from hotspot.profile import Profile
from hotspot.units import ValueType
from tests.chromium import Page, open_page
from tests.speedscope_package import speedscope_site
from tests.vocabulary import profile_from_text

# The rows as texts, once there are as many as the table is high: 20 pixels a row.
_ROWS = """(() => {
  const list = [...document.querySelectorAll('div')].find(e => /^height: \\d+px;$/.test(e.getAttribute('style')));
  const rows = list ? [...list.querySelectorAll('tr')] : [];
  if (rows.length == 0 || rows.length * 20 != parseInt(list.style.height)) return null;
  return rows.map(row => [...row.children].map(cell => cell.innerText).concat(row.children[2].title));
})()"""

# One row of the table: name, file, total, self.
Shown = Counter[tuple[str, str, str, str]]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


def show(page: Page, profile: Profile, tmp_path: Path) -> None:
    """Open a converted profile in speedscope."""
    content = base64.b64encode(b"".join(exporter.write(profile))).decode()
    script = tmp_path / "profile.js"
    script.write_text(f'speedscope.loadFileFromBase64("converted.speedscope.json", "{content}")')
    page.open("about:blank")  # a new fragment alone would not load the page anew
    page.open(
        f"{(speedscope_site() / 'index.html').as_uri()}#localProfilePath={str(script)[1:]}&view=sandwich"
    )


def table(page: Page) -> Shown:
    rows = page.wait_for(_ROWS)
    weights = [(total.split(" (")[0], own.split(" (")[0]) for total, own, *_ in rows]
    return Counter((name.strip(), file, *w) for (_, _, name, file), w in zip(rows, weights, strict=True))


def expected(profile: Profile) -> Shown:
    """Add up by what a frame is there, name, file and line, each stack counting it once.

    Weights are added as doubles, sample after sample, for that is what the page does: 345 times 0.005 s is 1.72 s there.
    """
    frames, strings, kind = profile.frames, profile.frames.strings, profile.value_type
    columns = zip(frames.name.tolist(), frames.file.tolist(), frames.line.tolist(), strict=True)
    keys = [(strings[name], strings[file], line) for name, file, line in columns]
    total: dict[tuple[str, str, int], float] = {}
    own: dict[tuple[str, str, int], float] = {}
    for leaf, weight in sorted(zip(profile.samples.leaf.tolist(), profile.weights.tolist(), strict=True)):
        if weight:
            path = [keys[frame] for frame in profile.path(leaf)]
            own[path[-1]] = own.get(path[-1], 0) + weight / kind.scale
            for key in set(path):
                total[key] = total.get(key, 0) + weight / kind.scale
    return Counter(
        (*key[:2], shown(kind, value), shown(kind, own.get(key, 0))) for key, value in total.items()
    )


def shown(value_type: ValueType, value: float) -> str:
    """Write a weight as speedscope does."""
    if value_type.is_time:
        nanoseconds = value * {"seconds": 1e9, "milliseconds": 1e6, "microseconds": 1e3}.get(
            value_type.unit, 1
        )
        for unit, factor in (("s", 1e9), ("ms", 1e6), ("\N{MICRO SIGN}s", 1e3)):
            if nanoseconds / factor >= 1:
                return f"{nanoseconds / factor:.2f}{unit}"
        return f"{nanoseconds:.2f}ns"
    if value_type.is_memory:
        for unit, factor in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
            if value >= factor:
                return f"{value / factor:.2f} {unit}"
        return f"{value:.0f} B"
    return f"{value:,.0f}"


def drawn() -> Profile:
    """Names that a page could take for something else, recursion, and counts past a thousand."""
    return profile_from_text("""
        main;parse;parse;lex<T>&amp; 1200
        main;parse (p.py:3) 34
        main;"quoted" (a&b.c) 5
        [no stack] 1
    """)


def recorded(samples: Path, name: str) -> Profile:
    importer = {"speedscope": speedscope, "go": pprof, "perf": perf_script}[name.split("/")[0]]
    profile: Profile = importer.load(file_source(str(samples / name)), ImportOptions())[0]
    return profile


@pytest.mark.parametrize(
    ("name", "value_type"),
    [
        ("drawn", "samples"),
        ("speedscope/before.speedscope.json", "samples"),
        ("speedscope/before.speedscope.json", "time"),
        ("go/cpu.pb.gz", "cpu"),
        ("go/heap.pb.gz", "inuse_space"),
        ("perf/csvstat.inline.perf.txt.gz", "samples/count"),
    ],
)
def test_speedscope_shows_what_hotspot_says(
    page: Page, samples: Path, tmp_path: Path, name: str, value_type: str
) -> None:
    profile = (drawn() if name == "drawn" else recorded(samples, name)).select(value_type)
    show(page, profile, tmp_path)
    rows = table(page)
    assert rows == expected(profile)
    assert str(profile.value_type) in page.evaluate("document.body.innerText")
    if profile.value_type.unit == "count":
        assert sum(int(own.replace(",", "")) * n for (*_, own), n in rows.items()) == profile.total
