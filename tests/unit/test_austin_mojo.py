"""MOJO files mean what Austin's text of the same samples means."""

from __future__ import annotations

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import austin, austin_mojo, registry
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.profile import Kind, LossKind, Profile
from hypothesis import given
from hypothesis import strategies as st

from tests import mojo_files as m
from tests.mojo_files import Sample, austin_text, event, integer, mojo
from tests.vocabulary import format_tree, tree_text

SAMPLES = [
    Sample(7, "12", (("a.py", "main", 3), ("a.py", "work", 9)), time=100, memory=64),
    Sample(7, "12", (("a.py", "main", 3), ("a.py", "work", 9)), time=50, memory=-16, idle=True),
    Sample(7, "12", (("a.py", "main", 3), ("a.py", "work", 9)), time=5, gc=True),
    Sample(8, "12", (("b.py", "main", 300_000),), time=10**12),
    Sample(8, "13", (), time=1),
]


def read(data: bytes) -> Profile:
    source = bytes_source("given", data)
    assert [i.INFO.name for i in registry.importers() if i.detect(source.head) is Match.YES] == [
        "austin-mojo"
    ]
    (profile,) = austin_mojo.load(source, ImportOptions())
    return profile.check()


def meaning(profile: Profile) -> tuple[list[str], list[tuple[str, list[int]]]]:
    rows = []
    for leaf, weights, thread in zip(
        profile.samples.leaf,
        profile.samples.weight,
        profile.samples.thread,
        strict=True,  # type: ignore[arg-type]
    ):
        frames = [
            (
                profile.frame_name(f),
                profile.frames.strings[profile.frames.file[f]],
                int(profile.frames.line[f]),
            )
            for f in profile.path(int(leaf))
        ]
        owner = profile.threads[thread]
        rows.append((f"{owner.pid} {owner.name} {frames}", weights.tolist()))
    return [str(v) for v in profile.value_types], sorted(rows)


def test_a_file_has_its_tree_threads_and_columns() -> None:
    profile = read(mojo(SAMPLES, "full"))
    totals = {str(v): int(profile.samples.weight[:, i].sum()) for i, v in enumerate(profile.value_types)}
    assert totals == {"wall/microseconds": 10**12 + 156, "cpu/microseconds": 10**12 + 106, "memory/bytes": 48}
    assert format_tree(profile) == tree_text("""
        [no stack] 1,1
        main (a.py:3) 155,0
          work (a.py:9) 155,150
            :GC: 5,5
        main (b.py:300000) 1000000000000,1000000000000
    """)
    assert [(t.pid, t.tid, t.name) for t in profile.threads] == [
        (7, 0x12, "0:12"),
        (8, 0x12, "0:12"),
        (8, 0x13, "0:13"),
    ]
    assert profile.provenance.producer == "austin 4.0.0"


@pytest.mark.parametrize("version", [1, 2, 3, 4])
@pytest.mark.parametrize("mode", ["wall", "cpu", "memory", "full"])
def test_text_and_mojo_mean_the_same(mode: str, version: int) -> None:
    written = austin_text(SAMPLES, mode, interpreter="0:" if version >= 3 else "")
    (expected,) = austin.load(bytes_source("x", written), ImportOptions())
    assert meaning(read(mojo(SAMPLES, mode, version=version))) == meaning(expected.check())


words = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=4)
frames = st.tuples(words.map("{}.py".format), words, st.integers(1, 2**31 - 1))


@given(
    st.lists(
        st.builds(
            Sample,
            pid=st.integers(1, 3),
            thread=st.sampled_from(["1", "a2"]),
            frames=st.lists(frames, max_size=4).map(tuple),
            time=st.integers(0, 2**50),
            memory=st.integers(-(2**50), 2**50),
            idle=st.booleans(),
            gc=st.booleans(),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["wall", "memory", "full"]),
    st.integers(1, 4),
)
def test_any_samples_mean_the_same(samples: list[Sample], mode: str, version: int) -> None:
    written = austin_text(samples, mode, interpreter="0:" if version >= 3 else "")
    (expected,) = austin.load(bytes_source("x", written), ImportOptions())
    (profile,) = austin_mojo.load(bytes_source("x", mojo(samples, mode, version=version)), ImportOptions())
    assert meaning(profile.check()) == meaning(expected)


HEAD = b"MOJ\x04" + event(m.STACK, 7, 0, "1") + event(m.STRING, 5, "a.py") + event(m.STRING, 6, "f")


def test_a_repeated_stack_loses_the_native_frames_on_top_and_gets_new_ones() -> None:
    native = (
        event(m.STRING, 8, "libc.so.6")
        + event(m.FRAME, 2, 8, 6, 0, 0, 0, 0)
        + event(m.FRAME, 3, 8, 5, 0, 0, 0, 0)
    )
    first = (
        HEAD
        + event(m.FRAME, 1, 5, 6, 4, 0, 0, 0)
        + native
        + event(m.REF, 1)
        + event(m.REF, 2)
        + event(m.TIME, 10)
    )
    again = event(m.STACK, 7, 0, "1") + event(m.REPEAT) + event(m.REF, 3) + event(m.TIME, 5)
    assert format_tree(read(first + again)) == tree_text("""
        f (a.py:4) 15,0
          a.py (libc.so.6) 5,5
          f (libc.so.6) 10,10
    """)


def test_suspended_tasks_are_no_samples_and_are_said() -> None:
    frame = event(m.FRAME, 1, 5, 6, 4, 0, 0, 0)
    task = event(m.TASK, 77, 6) + event(m.REF, 1) + event(m.TIME, 999) + event(m.WAITER, 77, 78)
    profile = read(HEAD + frame + event(m.REF, 1) + event(m.TIME, 10) + task)
    assert format_tree(profile) == "f (a.py:4) 10,10"
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.DROPPED, 1)


def test_kernel_and_invalid_frames_and_threads_with_names() -> None:
    data = (
        b"MOJ\x03"
        + event(m.STACK, 7, 0, "MainThread")
        + event(m.INVALID)
        + event(m.KERNEL, "vfs_read")
        + event(m.TIME, 3)
    )
    profile = read(data)
    assert format_tree(profile) == ":INVALID: 3,0\n  vfs_read_[k] 3,3"
    assert Kind.KERNEL in profile.frames.kind
    assert [(t.tid, t.name) for t in profile.threads] == [(None, "0:MainThread")]


@pytest.mark.parametrize(
    ("data", "offset", "reason"),
    [
        (b"MOJ\x05", 3, "version 5"),
        (HEAD + b"\x20", len(HEAD), "unknown event 32"),
        (HEAD + event(m.REF, 9), len(HEAD), "frame 9 was not defined"),
        (HEAD + event(m.FRAME, 1, 50, 6, 4, 0, 0, 0), len(HEAD) + 1, "text 50 was not defined"),
        (b"MOJ\x03" + event(m.TIME, 1), 4, "before the first stack"),
        (HEAD + b"\x09\x80", len(HEAD) + 1, "cut off"),
        (HEAD + b"\x09" + b"\x80" * 40, len(HEAD) + 1, "too long"),
        (HEAD + b"\x0b\x01abc", len(HEAD) + 2, "a text is cut off"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(data: bytes, offset: int, reason: str) -> None:
    with pytest.raises(MalformedProfile, match=reason) as error:
        austin_mojo.load(bytes_source("x", data), ImportOptions())
    assert error.value.offset == offset


def test_a_file_without_a_sample_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        austin_mojo.load(
            bytes_source("x", b"MOJ" + integer(3) + event(m.METADATA, "mode", "wall")), ImportOptions()
        )
