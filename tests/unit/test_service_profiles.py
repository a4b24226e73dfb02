"""Profiles as services and browsers hand them out: Sentry, Pyroscope, Safari's Web Inspector."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import flamebearer, registry, sentry, webkit
from hotspot.importers.base import Head, ImportOptions, Match, NotThisFormat, bytes_source
from hotspot.profile import LossKind, Profile, Thread

from tests.vocabulary import folded, format_tree, tree_text


def read(importer: ModuleType, data: Any) -> Profile:
    source = bytes_source("x.json", json.dumps(data).encode())
    (profile,) = importer.load(source, ImportOptions())
    checked: Profile = profile.check()
    return checked


def weights(profile: Profile, value_type: str) -> dict[str, int]:
    return folded(profile.select(value_type))


# --- Sentry


def sampled(*samples: dict[str, Any], platform: str = "python", **more: Any) -> dict[str, Any]:
    frames = [
        {"function": "main", "module": "app", "abs_path": "/srv/app.py", "filename": "app.py", "lineno": 3},
        {"function": "parse", "module": "app", "abs_path": "/srv/app.py", "lineno": 9},
        {"function": "memcpy", "package": "/usr/lib/libc.so.6", "instruction_addr": "0x10"},
    ]
    profile = {"samples": samples, "stacks": [[0], [1, 0], [2, 1, 0]], "frames": frames, **more}
    return {"version": "1", "event_id": "1", "platform": platform, "profile": profile}


def sample(stack: int, at: int | str, thread: str | int = "7") -> dict[str, Any]:
    return {"stack_id": stack, "elapsed_since_start_ns": at, "thread_id": thread}


def test_a_sentry_sample_lasts_until_the_next_of_its_thread() -> None:
    document = sampled(
        sample(0, "0"), sample(1, 10), sample(1, "5", 8), sample(2, 30), sample(0, 60), sample(1, 105, "8"),
        thread_metadata={"7": {"name": "MainThread", "priority": 0}},
    )  # fmt: skip
    profile = read(sentry, document)
    assert format_tree(profile) == tree_text("""
        main (/srv/app.py:3) 160,10
          parse (/srv/app.py:9) 150,120
            memcpy 30,30
    """)
    assert str(profile.value_type) == "wall/nanoseconds"
    assert sum(weights(profile, "samples/count").values()) == 6
    assert profile.threads == (Thread(None, 7, "MainThread"), Thread(None, 8, ""))
    assert profile.provenance.duration_ns == 105
    assert "/usr/lib/libc.so.6" in profile.frames.strings


def test_a_chunk_of_continuous_profiling_has_seconds() -> None:
    samples = [{"stack_id": 1, "thread_id": "1", "timestamp": 1700000000.25}, {"stack_id": 0, "thread_id": "1", "timestamp": 1700000000.5}]  # fmt: skip
    document = {**sampled(*samples), "version": "2", "profiler_id": "a", "chunk_id": "b"}
    assert weights(read(sentry, document), "wall/nanoseconds") == {
        "main (/srv/app.py:3);parse (/srv/app.py:9)": 250_000_000
    }


def test_what_a_function_is_called_depends_on_the_language() -> None:
    java = sampled(sample(0, 0), platform="java")
    assert list(weights(read(sentry, java), "samples/count")) == ["app.main (/srv/app.py:3)"]
    script = sampled(sample(0, 0), platform="javascript")
    script["profile"]["frames"][0] = {"abs_path": "https://a.org/min.js", "lineno": 1, "colno": 39}
    assert list(weights(read(sentry, script), "samples/count")) == [
        "(anonymous min.js:1) (https://a.org/min.js:1)"
    ]


def test_v8s_root_is_no_frame() -> None:
    document = sampled(sample(1, 0), platform="node")
    document["profile"]["frames"][0] = {"function": "(root)", "in_app": None}
    assert list(weights(read(sentry, document), "samples/count")) == ["parse (/srv/app.py:9)"]


def test_what_is_no_sentry_profile() -> None:
    with pytest.raises(EmptyProfile, match="a method trace of Sentry's Android SDK"):
        registry.read_source(
            bytes_source("x", b'{"platform": "android", "profile_id": "1", "profile": {}}'),
            None,
            ImportOptions(),
        )
    with pytest.raises(NotThisFormat):
        read(sentry, {"event_id": "1", "profile": {"frames": []}})
    with pytest.raises(EmptyProfile, match="no sample"):
        read(sentry, sampled())
    with pytest.raises(MalformedProfile, match=r"profile\.samples\[1\]\.stack_id: there is no stack 9"):
        read(sentry, sampled(sample(0, 0), sample(9, 1)))
    with pytest.raises(MalformedProfile, match=r"profile\.stacks\[0\]: there is no frame 7"):
        read(sentry, sampled(sample(0, 0), stacks=[[7]]))
    with pytest.raises(MalformedProfile, match="elapsed_since_start_ns: not a whole number"):
        read(sentry, sampled(sample(0, "soon")))


def test_samples_without_times_are_counted() -> None:
    profile = read(sentry, sampled({"stack_id": 0}, {"stack_id": 0}))
    assert [str(each) for each in profile.value_types] == ["samples/count"]
    assert profile.total == 2


# --- Pyroscope

NAMES = ["total", "main", "lib/bike.py:8 - order", "search"]
LEVELS = [[0, 10, 0, 0], [0, 9, 1, 1], [1, 4, 4, 2, 1, 3, 3, 3]]


def flame(levels: list[Any] = LEVELS, **metadata: Any) -> dict[str, Any]:
    return {"version": 1, "flamebearer": {"names": NAMES, "levels": levels}, "metadata": metadata}


def test_bars_stand_under_their_callers() -> None:
    profile = read(flamebearer, flame(format="single", units="bytes", spyName="gospy"))
    assert format_tree(profile) == tree_text("""
        [no stack] 1,1
        main 9,2
          order (lib/bike.py:8) 4,4
          search 3,3
    """)
    assert (str(profile.value_type), profile.provenance.producer) == ("space/bytes", "Pyroscope (gospy)")
    # `total` says it has no self, but 1 of its 10 stands above nothing; `main` likewise
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.INCONSISTENT, 2)


def test_samples_of_a_known_rate_are_time_too() -> None:
    profile = read(flamebearer, flame(units="samples", sampleRate=100))
    assert (str(profile.value_type), profile.total) == ("cpu/nanoseconds", 100_000_000)
    assert sum(weights(profile, "samples/count").values()) == 10
    newer = read(flamebearer, flame(units="samples", sampleRate=1_000_000_000))
    assert [str(each) for each in newer.value_types] == ["cpu/nanoseconds"]
    assert newer.total == 10
    assert [str(each) for each in read(flamebearer, flame()).value_types] == ["samples/count"]


def test_a_comparison_is_the_right_side_and_the_change() -> None:
    levels = [[0, 6, 0, 0, 10, 0, 0], [0, 6, 2, 0, 7, 3, 1, 0, 0, 0, 0, 3, 3, 3], [2, 4, 4, 3, 4, 4, 2]]
    profile = read(flamebearer, flame(levels, format="double", units="objects"))
    assert format_tree(profile) == tree_text("""
        main 7,3
          order (lib/bike.py:8) 4,4
        search 3,3
    """)
    assert weights(profile, "delta/count") == {"main": 1, "search": 3}


def test_older_versions_say_beside_the_bars_what_is_counted() -> None:
    document = {
        "flamebearer": {
            "names": NAMES,
            "levels": LEVELS,
            "units": "samples",
            "sampleRate": 100,
            "spyName": "pyspy",
        }
    }
    profile = read(flamebearer, document)
    assert (str(profile.value_type), profile.total) == ("cpu/nanoseconds", 100_000_000)
    assert profile.provenance.producer == "Pyroscope (pyspy)"


def test_grafanas_answer_and_a_bare_graph_are_the_same() -> None:
    texts = [{"values": [str(number) for number in level]} for level in LEVELS]
    grafana = read(flamebearer, {"flamegraph": {"names": NAMES, "levels": texts, "total": "10"}})
    bare = read(
        flamebearer,
        {"names": NAMES, "levels": LEVELS, "numTicks": 10, "format": "single", "units": "samples"},
    )
    assert folded(grafana) == folded(bare) == folded(read(flamebearer, flame()))


def test_what_is_no_flame_graph_of_pyroscope() -> None:
    for levels, reason in (
        ([[0, 1, 0]], r"levels\[0\]: 3 numbers are not 4 a bar"),
        ([[0, 1, 0, 9]], r"levels\[0\]: there is no name 9"),
        ([[0, 1, 1, 0], [0, 2, 2, 1]], r"levels\[1\]: a bar does not stand under one"),
        ([[0, 1, 1, 0, 0, 1, 1, 1]], r"levels\[0\]: more than one bar is outermost"),
        ([[0, -1, 0, 0]], r"levels\[0\]: a number is out of range"),
        ([[0, "x", 0, 0]], r"levels\[0\]: not a whole number"),
    ):
        with pytest.raises(MalformedProfile, match=reason):
            read(flamebearer, flame(levels))
    for levels in ([], [[0, 0, 0, 0]]):
        with pytest.raises(EmptyProfile):
            read(flamebearer, flame(levels))
    with pytest.raises(NotThisFormat):
        read(flamebearer, {"flamebearer": None})


# --- Safari


def recording(*stacks: list[str], **more: Any) -> dict[str, Any]:
    traces = [
        {"timestamp": 1 + at / 4, "stackFrames": [{"name": name, "url": "file:///a.js", "line": 2} for name in stack]}
        for at, stack in enumerate(stacks)
    ]  # fmt: skip
    return {"version": 1, "recording": {"displayName": "R", "startTime": 1, "endTime": 3, "records": [], "sampleStackTraces": traces, **more}}  # fmt: skip


def test_a_timeline_of_safari_is_its_samples() -> None:
    document = recording(["f", "main"], ["main"], ["f", "main"], sampleDurations=[0.001, 0.002, 0.0005])
    profile = read(webkit, document)
    assert format_tree(profile) == tree_text("""
        main (/a.js:2) 3500000,2000000
          f (/a.js:2) 1500000,1500000
    """)
    assert (str(profile.value_type), profile.provenance.duration_ns) == ("cpu/nanoseconds", 2_000_000_000)
    assert webkit.detect(Head(json.dumps(document).encode(), True)) is Match.YES


def test_without_durations_a_sample_lasts_until_the_next() -> None:
    document = recording(["main"], ["f", "main"], [])
    document["recording"]["records"] = [{"type": "timeline-record-type-cpu"}]
    profile = read(webkit, document)
    assert weights(profile, "cpu/nanoseconds") == {
        "main (/a.js:2)": 250_000_000,
        "main (/a.js:2);f (/a.js:2)": 250_000_000,
    }
    assert weights(profile, "samples/count")["[no stack]"] == 1
    assert [loss.amount for loss in profile.provenance.losses] == [1]
    with pytest.raises(EmptyProfile, match="no samples of scripts"):
        read(webkit, recording())
    with pytest.raises(NotThisFormat):
        read(webkit, {})
