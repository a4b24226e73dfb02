"""Published speedscope files against speedscope's own snapshots, and a recording of py-spy."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hotspot.errors import MalformedProfile
from hotspot.importers import speedscope
from hotspot.importers.base import ImportOptions, Match, file_source
from hotspot.profile import Profile

from tests.vocabulary import folded

GOLDEN = Path(__file__).parent / "speedscope"
SNAPSHOT = "expected/jlfwong_speedscope__src__lib____snapshots____file-format.test.ts.snap"
PREFIX = "jlfwong_speedscope__sample__profiles__speedscope__"
_FILES = {
    # file: snapshot of its first profile, number of profiles
    "0.0.1__simple-no-pretty-print.speedscope.json": ("0.0.1 evented profile (no pretty print)", 1),
    "0.0.1__simple.speedscope.json": ("0.0.1 evented profile", 1),
    "0.1.2__simple-sampled.speedscope.json": ("0.1.2 sampled profile", 1),
    "0.6.0__two-sampled.speedscope.json": ("0.6.0 multiple profiles", 2),
}
_REFUSED = {
    "invalid__incomplete-trace.json": "frame 'A' is never closed - at `$.profiles[0].events[0]`",
    "invalid__out-of-order-events.json": (
        "frame 'B' closes while 'A' is running, value 4 - at `$.profiles[0].events[6]`"
    ),
}


def read_all(path: Path) -> list[Profile]:
    return [p.check() for p in speedscope.load(file_source(str(path)), ImportOptions())]


class Snapshot:
    """What speedscope found in one profile: its name, weights of each function, and stacks."""

    def __init__(self, text: str) -> None:
        self.name = re.search(r'^  "name": "(.*)",$', text, re.M)[1]
        frame = re.compile(r'"name": "(.*)",\n\s+"selfWeight": ([\d.]+),\n\s+"totalWeight": ([\d.]+),')
        self.functions = {name: (float(own), float(total)) for name, own, total in frame.findall(text)}
        stacks = re.search(r'"stacks": \[(.*?)\n  \]', text, re.S)[1]
        self.stacks: Counter[str] = Counter()
        for stack, weight in re.findall(r'"(.*) ([\d.]+)s?",', stacks):
            self.stacks[stack] += float(weight)


def snapshot(corpus: Path, name: str) -> Snapshot:
    text = (corpus / SNAPSHOT).read_text()
    found = re.search(
        rf"^exports\[`importSpeedscopeProfiles {re.escape(name)}`\] = `(.*?)^`;", text, re.M | re.S
    )
    assert found, name
    return Snapshot(found[1])


@pytest.mark.parametrize("name", _FILES)
def test_speedscope_finds_the_same(corpus: Path, name: str) -> None:
    title, number = _FILES[name]
    profiles = read_all(corpus / "speedscope" / f"{PREFIX}{name}")
    assert len(profiles) == number
    for index, profile in enumerate(profiles, start=1):
        expected = snapshot(corpus, f"{title} {index}")
        assert profile.label == expected.name
        assert folded(profile) == expected.stacks
        assert profile.total == sum(expected.stacks.values()) == 14
        rows = profile.top(n=0).rows
        assert {row.function: (row.self_weight, row.total_weight) for row in rows} == expected.functions


@pytest.mark.parametrize("name", _REFUSED)
def test_speedscope_refuses_the_same(corpus: Path, name: str) -> None:
    with pytest.raises(MalformedProfile) as error:
        read_all(corpus / "negative" / f"{PREFIX}{name}")
    assert error.value.reason == _REFUSED[name]


def test_every_file_of_the_corpus_is_listed_here(corpus: Path) -> None:
    assert {path.name for path in (corpus / "speedscope").iterdir()} == {PREFIX + name for name in _FILES}
    negative = {path.name for path in (corpus / "negative").iterdir() if "speedscope__invalid" in path.name}
    assert negative == {PREFIX + name for name in _REFUSED}


def test_no_other_file_is_taken_for_speedscope(corpus: Path, samples: Path) -> None:
    files = [path for folder in (corpus, samples) for path in sorted(folder.rglob("*")) if path.is_file()]
    certain = {path for path in files if speedscope.detect(file_source(str(path)).head) is Match.YES}
    assert {path.parent.name for path in certain} == {"speedscope", "negative"}


def test_what_the_recording_holds(samples: Path, bless: bool) -> None:
    (profile,) = read_all(samples / "speedscope" / "before.speedscope.json")
    lines = [f"# {v} {v.exact(profile.select(str(v)).total)}" for v in profile.value_types]
    lines += [f"{stack} {weight}" for stack, weight in sorted(folded(profile.select("samples")).items())]
    text = "\n".join(lines) + "\n"
    golden = GOLDEN / "before.speedscope.json.folded"
    if bless:
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def test_the_recording_is_what_its_readme_says(samples: Path) -> None:
    (profile,) = read_all(samples / "speedscope" / "before.speedscope.json")
    assert profile.provenance.producer == "py-spy@0.4.3"
    assert [str(v) for v in profile.value_types] == ["time/seconds", "samples/count"]
    assert (profile.total, profile.sample_count) == (9020, 1804)
    counts = profile.select("samples")
    rows = {row.function: row.self_weight for row in counts.top(n=0).rows}
    assert (rows["tokenise"], rows["stem"]) == (763, 321)
