"""Profiles of one speedscope file that are named after threads: one profile, in which all of their time counts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hotspot.importers import speedscope
from hotspot.importers.base import ImportOptions, bytes_source
from hotspot.importers.speedscope.threads import ThreadLabel, parse_thread
from hotspot.profile import Profile, Thread

from tests.vocabulary import format_tree, tree_text


def sampled(
    name: str, samples: list[list[int]], weights: list[float], unit: str = "seconds"
) -> dict[str, Any]:
    return {"type": "sampled", "name": name, "unit": unit, "startValue": 0, "endValue": 1, "samples": samples, "weights": weights}  # fmt: skip


def read(
    *profiles: dict[str, Any], frames: Any = ({"name": "a"}, {"name": "b"}, {"name": "c"})
) -> list[Profile]:
    document = {"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {"frames": frames}, "profiles": profiles}  # fmt: skip
    source = bytes_source("x.json", json.dumps(document).encode())
    return [profile.check() for profile in speedscope.load(source, ImportOptions())]


def test_the_threads_of_py_spy_add_up() -> None:
    (profile,) = read(
        sampled('Thread 7 "main"', [[0, 1], [0, 1], [0]], [0.01, 0.01, 0.01]),
        sampled('Thread 8 "w-0"', [[0, 2], [0, 1]], [0.01, 0.01]),
        sampled('Thread 9 ""', [[2]], [0.01]),  # one sample tells no period, the other threads do
    )
    assert format_tree(profile.select("samples/count")) == tree_text("""
        a 5,1
          b 3,3
          c 1,1
        c 1,1
    """)
    assert str(profile.value_type) == "time/seconds"
    assert profile.total == 6
    assert profile.value_type.scale == 100
    assert profile.threads == (Thread(None, 7, "main"), Thread(None, 8, "w-0"), Thread(None, 9, "Thread 9"))
    assert profile.samples.thread is not None
    assert sorted(profile.samples.thread.tolist()) == [0, 0, 1, 1, 2]  # equal samples of a thread are one row


def test_weights_of_different_precision_are_brought_to_one_scale() -> None:
    (profile,) = read(sampled("Thread 1", [[0], [1]], [0.5, 1]), sampled("Thread 2", [[0]], [0.125]))
    assert (profile.total, profile.value_type.scale) == (1625, 1000)
    assert [str(value_type) for value_type in profile.value_types] == ["time/seconds"]


def test_threads_that_open_and_close_keep_their_times() -> None:
    def evented(name: str, start: int) -> dict[str, Any]:
        events = [{"type": "O", "frame": 0, "at": start}, {"type": "C", "frame": 0, "at": start + 5}]
        return {"type": "evented", "name": name, "unit": "nanoseconds", "startValue": 0, "endValue": 30, "events": events}  # fmt: skip

    (profile,) = read(evented("node (pid 3, tid 12)", 10), evented("node (pid 3, tid 13)", 20))
    assert profile.samples.time is not None
    assert np.sort(profile.samples.time).tolist() == [10, 20]
    assert profile.threads[1] == Thread(3, 13, "node (pid 3, tid 13)")
    assert profile.provenance.duration_ns == 30


def test_what_measures_differently_stays_apart() -> None:
    names = ("Wall time profile for 3:0:7", "CPU time profile for 3:0:7", "Wall time profile for 3:0:8")
    wall, cpu = read(*(sampled(name, [[0]], [2], "microseconds") for name in names))
    assert (wall.label, wall.total, len(wall.threads)) == ("Wall time", 4, 2)
    assert (cpu.label, cpu.total) == ("CPU time profile for 3:0:7", 2)
    time, space = read(sampled("Thread 1", [[0]], [2]), sampled("Thread 2", [[0]], [2], "bytes"))
    assert (time.total, space.total) == (2, 2)


def test_sentry_gives_threads_an_id_and_frames_other_keys() -> None:
    first = sampled("com.apple.main-thread", [[0], [0, 1]], [10, 20], "nanoseconds") | {"threadID": 259}
    second = sampled("worker", [[1]], [10], "nanoseconds") | {"threadID": 260}
    frames = [{"name": "main", "image": "App"}, {"name": "work", "path": "a/b.swift", "line": 4}]
    (profile,) = read(first, second, frames=frames)
    assert profile.threads == (Thread(None, 259, "com.apple.main-thread"), Thread(None, 260, "worker"))
    assert format_tree(profile) == tree_text("""
        main 30,10
          work (a/b.swift:4) 20,20
        work (a/b.swift:4) 10,10
    """)
    assert "App" in [profile.frames.strings[module] for module in profile.frames.module]


def test_profiles_of_other_names_are_no_threads() -> None:
    assert [profile.label for profile in read(sampled("before", [[0]], [1]), sampled("after", [[0]], [1]))] == ["before", "after"]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "thread"),
    [
        ('Process 3 Thread 12 "work;er"', Thread(3, 12, "work;er")),
        ("Thread (0x7f)", Thread(None, 127, "Thread (0x7f)")),
        ("node tid: 12", Thread(None, 12, "node tid: 12")),
        ("thread 'main'", Thread(None, None, "main")),
        ("Main Thread", Thread(None, None, "Main Thread")),
        ("threading.py", None),
        ("main", None),
        ("", None),
    ],
)
def test_which_names_are_threads(label: str, thread: Thread | None) -> None:
    assert parse_thread(label) == (ThreadLabel(thread) if thread else None)


def test_a_binary_is_a_module() -> None:
    (profile,) = read(
        sampled("x", [[0], [1]], [1, 1]), frames=[{"name": "f", "file": "/lib/libc.so.6"}, {"name": "g", "file": "a.py", "line": 2}]
    )  # fmt: skip
    assert format_tree(profile) == tree_text("""
        f 1,1
        g (a.py:2) 1,1
    """)
    assert "/lib/libc.so.6" in [profile.frames.strings[module] for module in profile.frames.module]
