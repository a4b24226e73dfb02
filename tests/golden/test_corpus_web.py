"""Published profiles of browsers and Node.js against what speedscope reads from them (its jest snapshots).

What differs is meant, and each test says what it compares in spite of it:

- speedscope names a traced event with its arguments, ``gamma {"detail":"foobar"}``; here it is ``gamma``.
- speedscope leaves ``(idle)`` out and draws ``(program)`` on top of the previous stack. Self time agrees; time below
  other functions is compared without it.
- Of Firefox profiles speedscope keeps JavaScript frames of pages only.
- V8's own processor, which speedscope depends on, names C++ functions with ``nm``; the log by itself does not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hotspot.errors import HotspotError
from hotspot.importers import chrome_trace, cpuprofile, gecko, v8log
from hotspot.importers.base import ImportOptions, Match, file_source
from hotspot.profile import LossKind, Profile

from tests.vocabulary import folded

IMPORTERS = {"cpuprofile": cpuprofile, "chrome-trace": chrome_trace, "gecko-profile": gecko, "v8log": v8log}
TRACES = "jlfwong_speedscope__sample__profiles__trace-event__"
PROFILES = "jlfwong_speedscope__sample__profiles__"

# Self and total microseconds by function, and all of it.
Weights = dict[str, tuple[float, float]]


def read(path: Path) -> Profile:
    importer = IMPORTERS[path.parent.name]
    (profile,) = importer.load(file_source(str(path)), ImportOptions())
    return profile.check()


def snapshots(corpus: Path, name: str) -> dict[str, Weights]:
    """Return what speedscope read, by the title of its test; a test of a file with two profiles has two."""
    path = corpus / f"expected/jlfwong_speedscope__src__import____snapshots____{name}.test.ts.snap"
    result: dict[str, Weights] = {}
    for title, body in re.findall(
        r"^exports\[`(.*?)`\] = `(.*?)`;$", path.read_text(), re.MULTILINE | re.DOTALL
    ):
        weights: Weights = {}
        for frame in re.findall(r"^    Frame \{(.*?)^    \}", body, re.MULTILINE | re.DOTALL):
            found = re.search(r'"name": "(.*)",\s+"selfWeight": (\S+),\s+"totalWeight": (\S+),', frame)
            assert found is not None
            function = re.sub(
                r" \{.*", "", found[1]
            )  # an argument in the name is JSON: `gamma {"detail":"foobar"}`
            own, total = weights.get(function, (0, 0))
            weights[function] = (own + float(found[2]), total + float(found[3]))
        result[title] = {function: pair for function, pair in weights.items() if any(pair)}
    return result


def microseconds(
    profile: Profile, *, thread: int | None = None, only: Callable[[str, str], bool] = lambda name, file: True
) -> Weights:
    """Return self and total by function, of one thread or all, with no other frames than some."""
    weights = profile.weights
    if thread is not None:
        assert profile.samples.thread is not None
        weights = np.where(profile.samples.thread == thread, weights, 0)
    at_node = profile.sum_at_leaves(weights)
    seen = np.unique(
        profile.samples.leaf if thread is None else profile.samples.leaf[profile.samples.thread == thread]
    )
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for node in seen.tolist():
        frames = [
            (profile.frame_name(row), profile.frames.strings[profile.frames.file[row]])
            for row in profile.path(node)
        ]
        names = [name for name, file in frames if only(name, file)]
        own[names[-1] if names else ""] += int(at_node[node])
        for name in set(names):
            total[name] += int(at_node[node])
    return {name: (own[name] / 1000, total[name] / 1000) for name in total if total[name]}


def test_every_file_is_told_by_one_importer_and_read(corpus: Path) -> None:
    for folder in sorted(path for path in corpus.iterdir() if path.is_dir()):
        for path in sorted(folder.iterdir()):
            head = file_source(str(path)).head
            takers = {name for name, importer in IMPORTERS.items() if importer.detect(head) is not Match.NO}
            assert takers == ({folder.name} & set(IMPORTERS)), path.name
            if takers:
                profile = read(path)
                assert profile.total > 0
                assert profile.provenance.format == IMPORTERS[folder.name].INFO.name


def test_negative_files_are_refused(corpus: Path) -> None:
    refused = 0
    for path in sorted((corpus / "negative").iterdir()):
        for importer in IMPORTERS.values():
            with pytest.raises(HotspotError):
                importer.load(file_source(str(path)), ImportOptions())
            refused += 1
    assert refused


# -- CPU profiles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "title", "total", "duration"),
    [
        ("Chrome__65__simple.cpuprofile", "importFromChromeCPUProfile 1", 34_345, 47_892),
        ("node__10.11.0__example.cpuprofile", "importFromV8Profiler Node 10 1", 44_777, 45_920),
    ],
)
def test_cpu_profiles(corpus: Path, file: str, title: str, total: int, duration: int) -> None:
    profile = read(corpus / "cpuprofile" / (PROFILES + file))
    assert microseconds(profile) == snapshots(corpus, "chrome")[title]
    assert profile.total == total * 1000
    assert profile.select("samples").total == 29
    assert profile.provenance.duration_ns == duration * 1000
    lines = {profile.frame_name(row): int(line) for row, line in enumerate(profile.frames.line)}
    assert lines == {"(anonymous)": 1, "a": 1, "b": 6, "c": 10, "d": 14}


@pytest.mark.parametrize(
    ("file", "titles", "only_here", "samples", "threads"),
    [
        (
            "Chrome__69__simple.json",
            ["Chrome 69 1"],
            {"(idle)": 232_704, "(anonymous native dummy.js:1)": 178},
            2051,
            [(85129, 775, "Renderer/CrRendererMain")],
        ),
        (
            "Chrome__66__worker.json",
            ["Workers Chrome 66 1", "Workers Chrome 66 2"],
            {"(idle)": 868_266},
            8239,
            [(30834, 30851, "Renderer/CrRendererMain"), (30834, 31089, "Renderer/DedicatedWorker thread")],
        ),
    ],
)
def test_timelines(
    corpus: Path,
    file: str,
    titles: list[str],
    only_here: dict[str, int],
    samples: int,
    threads: list[tuple[int, int, str]],
) -> None:
    profile = read(corpus / "chrome-trace" / (PROFILES + file))
    found = snapshots(corpus, "chrome")
    extra: Counter[str] = Counter()
    for row, title in enumerate(titles):
        expected = found[f"importFromChromeTimeline {title}"]
        mine = microseconds(profile, thread=row)
        for name in mine.keys() - expected.keys():
            extra[name] += int(mine.pop(name)[0])
        assert {name: own for name, (own, _) in mine.items()} == {
            name: own for name, (own, _) in expected.items()
        }
        # Total time is the same or, by stretches of (program), more there.
        program = expected["(program)"][0]
        assert all(0 <= expected[name][1] - total <= 2 * program for name, (_, total) in mine.items())
    assert extra == only_here
    assert profile.select("samples").total == samples
    assert [(thread.pid, thread.tid, thread.name) for thread in profile.threads] == threads


# -- duration events ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "title", "faults"),
    [
        ("simple", "simple", 0),
        ("simple-object", "simple object", 0),
        ("simple-partial", "partial json import", 0),
        ("simple-partial-trailing-comma", "partial json import trailing comma", 0),
        ("matching-x", "matching x", 0),
        ("must-retain-original-order", "event re-ordering", 0),
        ("out-of-order", "not out-of-order", 0),
        ("zero-duration-events", "zero duration events", 0),
        ("too-many-end-events", "bad E events", 2),
        ("not-enough-end-events", "not enough end events", 2),
        ("unbalanced-name", "unbalanced name", 1),
        (
            "simultaneous-anonymous-calls",
            "different number of start and end calls to same function at same timestamp",
            0,
        ),
    ],
)
def test_duration_events(corpus: Path, file: str, title: str, faults: int) -> None:
    profile = read(corpus / f"chrome-trace/{TRACES}{file}.json")
    expected = snapshots(corpus, "trace-event")[f"importTraceEvents {title} 1"]
    mine = microseconds(profile)
    assert {name: own for name, (own, _) in mine.items()} == {
        name: own for name, (own, _) in expected.items()
    }
    # One function here is several there where arguments differ; its total is then at least that of any of them.
    assert all(total <= expected[name][1] for name, (_, total) in mine.items())
    losses = [loss for loss in profile.provenance.losses if loss.kind is LossKind.INCONSISTENT]
    assert sum(loss.amount or 0 for loss in losses) == faults


def test_processes_and_threads(corpus: Path) -> None:
    profile = read(corpus / f"chrome-trace/{TRACES}multiprocess.json")
    expected = snapshots(corpus, "trace-event")
    for row in range(8):
        assert microseconds(profile, thread=row) == expected[f"importTraceEvents multiprocess {row + 1}"]
    names = ["p0/p0t0", "p0/p0t1", "p1/p1t0", "p1/p1t1", "p2t0", "p2t1", "p3", "p3"]
    assert [thread.name for thread in profile.threads] == names


def test_sampled_stacks(corpus: Path) -> None:
    profile = read(corpus / f"chrome-trace/{TRACES}multi-thread-with-samples.json")
    for row in range(2):
        expected = snapshots(corpus, "trace-event")[
            f"importTraceEvents multi-thread profile with samples {row + 1}"
        ]
        assert microseconds(profile, thread=row) == expected
    assert [(thread.tid, thread.name) for thread in profile.threads] == [(1, "hermes/mqt_js"), (2, "hermes")]
    assert profile.select("samples").total == 8


def test_hermes_events(corpus: Path) -> None:
    """No snapshot is of this file: added up by hand."""
    profile = read(corpus / f"chrome-trace/{TRACES}hermes-multiple-frames.json")
    file = "/Users/example/test_project/node_modules/metro-runtime/src/polyfills/require.js:54"
    assert folded(profile) == {
        "[root]": 4000,
        f"[root];beta ({file})": 1000,
        f"[root];gamma ({file})": 3000,
        f"[root];gamma ({file});beta ({file})": 6000,
    }


# -- Firefox ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "title", "total", "samples"),
    [
        ("Firefox__59__simple-firefox.json", "importFromFirefox 1", 36_978_056, 38),
        ("Firefox__61__recursion.json", "importFromFirefox recursion 1", 14_114_334, 15),
    ],
)
def test_firefox(corpus: Path, file: str, title: str, total: int, samples: int) -> None:
    path = corpus / "gecko-profile" / (PROFILES + file)
    profile = read(path)
    mine = {
        name: (own / 1000, total / 1000)
        for name, (own, total) in microseconds(profile, only=of_a_page).items()
    }
    expected = snapshots(corpus, "firefox")[title]  # milliseconds
    assert mine.keys() == expected.keys()
    for name, weights in mine.items():
        assert weights == pytest.approx(expected[name], abs=1e-4), (
            name
        )  # each sample is rounded to a nanosecond
    assert profile.total == total
    assert profile.select("samples").total == samples
    (thread,) = json.loads(path.read_text())["profile"]["threads"]
    times = [row[1] for row in thread["samples"]["data"]]
    assert profile.total == pytest.approx((times[-1] - times[0]) * 1e6, abs=1)


def of_a_page(name: str, file: str) -> bool:
    """Whether speedscope keeps a frame: functions of scripts that are not Firefox's own."""
    return (
        file != "" and not file.startswith(("resource:", "self-hosted")) and not name.startswith("(anonymous")
    )


# -- V8 log -------------------------------------------------------------------------------------


def test_v8_log(corpus: Path) -> None:
    """The snapshot is of ticks in JavaScript only (``--prof-process -j``), each weighing the time since the last."""
    (path,) = (corpus / "v8log").iterdir()
    expected = snapshots(corpus, "v8proflog")["importFromV8ProfLog 1"]
    profile = read(path)
    lines = [line.split(",") for line in path.read_text().splitlines() if line.startswith("tick,")]
    assert profile.select("samples").total == len(lines) == 93
    states = [int(line[5]) for line in sorted(lines, key=lambda line: int(line[2]))]
    time = profile.samples.time
    assert time is not None
    in_javascript = np.array(states) == 0
    weight = np.zeros(len(time), dtype=np.int64)
    weight[in_javascript] = np.diff(time[in_javascript], prepend=0)
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row in np.flatnonzero(in_javascript):
        frames = profile.path(int(profile.samples.leaf[row]))
        names = [profile.frame_name(frame) for frame in frames]
        own[names[-1]] += int(weight[row])
        for name in set(names):
            total[name] += int(weight[row])
    # Functions of the node binary are known to `nm` on the recording machine only.
    native = {name for name in expected if name.startswith("(c++)")}
    assert own.pop("[unknown]") == sum(1000 * expected[name][0] for name in native)
    total.pop("[unknown]")
    javascript = {name: weights for name, weights in expected.items() if name not in native}
    assert {name: (own[name] / 1000, total[name] / 1000) for name in total} == javascript
