"""Damaged pprof files: whatever the bytes are, a profile comes out or one HotspotError."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import pprof
from hotspot.importers.base import Head, ImportOptions, bytes_source
from hotspot.profile import Profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pprof_messages import Drawn
from tests.strategies import SETTINGS

HEAP = Path(__file__).parents[2] / "sample-profiles" / "go" / "heap.pb.gz"


def drawn() -> bytes:
    """A small file that has some of everything."""
    file = Drawn("samples/count", "cpu/nanoseconds", packed=False)
    file.sample(
        "app!main@m.c:1;app!f@m.c:2+g@g.c:3", 1, 2, labels=[("tid", 3), ("thread", "x"), ("bytes", 8)]
    )
    file.sample("app!main@m.c:1;libc.so!", 3, -4).sample("", 5, 6)
    file.message.drop_frames = file.text("g|h(")
    file.message.comment.append(file.text("made by hand"))
    file.message.default_sample_type = file.text("samples")
    return file.data


SEEDS = (drawn(), gzip.decompress(HEAP.read_bytes()))
edits = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "delete", "repeat", "cut"]),
        st.floats(0, 1, exclude_max=True),
        st.one_of(st.integers(0, 255), st.sampled_from([0x00, 0x7F, 0x80, 0xFF])),
    ),
    min_size=1,
    max_size=4,
)


def mutated(seed: bytes, changes: list[tuple[str, float, int]]) -> bytes:
    data = bytearray(seed)
    for kind, where, value in changes:
        place = int(where * len(data))
        if kind == "set" and data:
            data[place] = value
        elif kind == "insert":
            data[place:place] = bytes([value])
        elif kind == "delete":
            del data[place : place + value % 8 + 1]
        elif kind == "repeat":
            data[place:place] = data[place : place + value]
        else:
            del data[place:]
    return bytes(data)


def outcome(data: bytes) -> str:
    """Read the bytes: ``read`` where sound profiles come out, ``refused`` where one line names the file."""
    pprof.detect(Head(data, True))
    pprof.detect(Head(data, False))
    profiles: Sequence[Profile] = ()
    try:
        profiles = pprof.load(bytes_source("x.pb", data), ImportOptions())
    except HotspotError as error:
        message = str(error)
        return "refused" if message.startswith("x.pb") and len(message.splitlines()) == 1 else message
    for profile in profiles:
        profile.check()
    return "read"


OUTCOMES = ("read", "refused")


@settings(SETTINGS, max_examples=400)
@given(st.sampled_from(SEEDS), edits)
def test_a_damaged_file(seed: bytes, changes: list[tuple[str, float, int]]) -> None:
    assert outcome(mutated(seed, changes)) in OUTCOMES


@SETTINGS
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert outcome(data) in OUTCOMES


def test_every_byte_flipped_and_every_prefix() -> None:
    seed = SEEDS[0]
    for place in range(len(seed)):
        assert outcome(seed[:place]) in OUTCOMES
        for flip in (0x01, 0x80, 0xFF):
            assert outcome(seed[:place] + bytes([seed[place] ^ flip]) + seed[place + 1 :]) in OUTCOMES


def test_nesting_costs_no_stack() -> None:
    inner = b""
    for _ in range(20_000):
        inner = b"\x0a" + _length(len(inner)) + inner
        if len(inner) > 60_000:
            break
    assert len(inner) > 10 * sys.getrecursionlimit()
    assert outcome(inner) == "refused"


def _length(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


@pytest.mark.parametrize("size", [2**31, 2**63, 2**64 - 1])
def test_lengths_that_no_file_has(size: int) -> None:
    assert outcome(SEEDS[0] + b"\x12" + _length(size) + b"\x00") == "refused"
    assert outcome(SEEDS[0] + b"\x12\x0b\x0a" + _length(size)[:9] + b"\x01") == "refused"
