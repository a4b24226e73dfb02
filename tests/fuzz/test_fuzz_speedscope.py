"""Damaged speedscope files: whatever the bytes are, a profile comes out or one HotspotError."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hotspot.errors import HotspotError
from hotspot.importers import speedscope
from hotspot.importers.base import Head, ImportOptions, bytes_source
from hotspot.profile import Profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import SETTINGS

DOCUMENT = {
    "$schema": "https://www.speedscope.app/file-format-schema.json",
    "shared": {"frames": [{"name": "a", "file": "a.py", "line": 1, "col": 2}, {"name": "b"}]},
    "profiles": [
        {
            "type": "sampled", "name": "p", "unit": "seconds", "startValue": 0, "endValue": 1.5,
            "samples": [[0, 1], [0], []], "weights": [0.5, 0.25, 1e-3],
            "hotspot": {"label": "p", "type": "cpu", "unit": "seconds"},
        },
        {
            "type": "evented", "name": "q", "unit": "none", "startValue": 0, "endValue": 9,
            "events": [
                {"type": "O", "frame": 0, "at": 0}, {"type": "O", "frame": 1, "at": 2},
                {"type": "C", "frame": 1, "at": 3}, {"type": "C", "frame": 0, "at": 9},
            ],
        },
    ],
    "exporter": "x@1",
}  # fmt: skip
ODD: list[Any] = [
    None, True, "", "O", "C", "x", -1, 0, 1, 2, 0.5, 1e-9, 1e300, -1e300, 2**31, 2**63, 2**64, 10**400, [], [[]], {},
    [0], [[0]], [{}], "NaN", "\ud800",
]  # fmt: skip


def survives(data: bytes) -> None:
    speedscope.detect(Head(data, True))
    message = None
    profiles: Sequence[Profile] = ()
    try:
        profiles = speedscope.load(bytes_source("x.json", data), ImportOptions())
    except HotspotError as error:
        message = str(error)
    if message is not None:
        assert len(message.splitlines()) == 1
        assert message.startswith("x.json")
    for profile in profiles:
        profile.check()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a document."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path, *(place for key in keys for place in places(value[key], (*path, key)))]


def replaced(document: Any, place: tuple[Any, ...], new: Any) -> Any:
    """Return the document with one value replaced, or removed where ``new`` is Ellipsis."""
    if not place:
        return new if new is not ... else None
    copy = dict(document) if isinstance(document, dict) else list(document)
    if new is ... and len(place) == 1:
        del copy[place[0]]
    else:
        copy[place[0]] = replaced(document[place[0]], place[1:], new)
    return copy


def test_every_value_replaced_by_an_odd_one_and_removed() -> None:
    for place in places(DOCUMENT):
        for new in (*ODD, ...):
            survives(json.dumps(replaced(DOCUMENT, place, new)).encode())


@settings(SETTINGS, max_examples=300)
@given(st.data())
def test_several_odd_values(data: st.DataObject) -> None:
    document: Any = DOCUMENT
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(places(document)))
        document = replaced(document, place, data.draw(st.sampled_from(ODD)))
        if not isinstance(document, dict):
            break
    survives(json.dumps(document).encode())


@settings(SETTINGS, max_examples=300)
@given(
    st.integers(0, 10_000),
    st.sampled_from(b'"[]{},:0-.eO\\ \x00\xff\xe9'),
    st.sampled_from(["set", "insert", "cut"]),
)
def test_a_damaged_byte(place: int, byte: int, kind: str) -> None:
    data = bytearray(json.dumps(DOCUMENT).encode())
    place %= len(data)
    if kind == "set":
        data[place] = byte
    elif kind == "insert":
        data[place:place] = bytes([byte])
    else:
        del data[place:]
    survives(bytes(data))


@SETTINGS
@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survives(data)
    survives(b"{" + data)


def test_nesting_costs_no_stack() -> None:
    for field in ("profiles", "shared", "hotspot", "samples", "other"):
        survives(b'{"' + field.encode() + b'":' + b"[" * 100_000)
        survives(b'{"' + field.encode() + b'":' + b'{"a":' * 100_000)
