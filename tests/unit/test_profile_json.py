from __future__ import annotations

import json
from typing import Any

import numpy as np
from hotspot.builder import ProfileBuilder
from hotspot.exporters import profile_json
from hotspot.profile import Kind, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType
from hypothesis import given

from tests.strategies import SETTINGS, Recording, recordings


def dumped(profile: Profile) -> Any:
    return json.loads(b"".join(profile_json.write(profile)))


def test_everything_about_a_profile() -> None:
    builder = ProfileBuilder((ValueType("samples", "count"), ValueType("cpu", "seconds", 10)))
    rows = [builder.frames.intern("main"), builder.frames.intern("f", "x.c", 3, "m", Kind.JIT)]
    builder.add_samples(builder.add_stacks([*rows, rows[0]], [0, 2, 3]), [[1, 15], [2, 20]], [7, 8], [0, -1])
    provenance = Provenance("run.x", format="x", losses=(Loss(LossKind.SKIPPED, "2 lines", 2),))
    profile = builder.build(provenance, threads=(Thread(1, None, "t"),), selected=1)
    assert dumped(profile) == {
        "schema": "hotspot.profile/1",
        "profile": {
            "label": "",
            "path": "run.x",
            "format": "x",
            "producer": "",
            "value_type": {"type": "cpu", "unit": "seconds"},
            "total": 3.5,
            "samples": 3,
            "stacks": 2,
            "losses": ["2 lines"],
            "runs": 1,
        },
        "value_types": [{"type": "samples", "unit": "count"}, {"type": "cpu", "unit": "seconds"}],
        "threads": [{"pid": 1, "tid": None, "name": "t"}],
        "losses": [{"kind": "skipped", "text": "2 lines", "amount": 2}],
        "frames": [
            {"function": "main", "file": None, "line": None, "module": None, "kind": "user"},
            {"function": "f", "file": "x.c", "line": 3, "module": "m", "kind": "jit"},
        ],
        "nodes": {"frame": [0, 1], "parent": [-1, 0]},
        "samples": {"node": [1, 0], "weights": [[1, 2], [1.5, 2]], "time_ns": [7, 8], "thread": [0, -1]},
    }


def test_a_profile_without_samples() -> None:
    text = dumped(ProfileBuilder((ValueType("samples", "count"),)).build(Provenance()))
    assert text["samples"] == {"node": [], "weights": [[]], "time_ns": None, "thread": None}


def test_large_profiles_come_in_pieces() -> None:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    rows = [builder.frames.intern(f"f{i}") for i in range(50_000)]
    builder.add_samples(builder.add_stacks(rows, range(50_001)), np.arange(50_000))
    profile = builder.build(Provenance())
    assert max(map(len, profile_json.write(profile))) < 2_000_000
    assert dumped(profile)["samples"]["weights"] == [list(range(50_000))]


@SETTINGS
@given(recordings(min_size=0))
def test_any_profile_is_valid_json(recording: Recording) -> None:
    profile = recording.profile()
    read = dumped(profile)
    assert read["nodes"]["parent"] == profile.call_tree.parent.tolist()
    names = [frame["function"] or "" for frame in read["frames"]]
    assert names == [profile.frame_name(row) for row in range(len(profile.frames))]
