"""Android method traces: entries and exits drawn as rows, trees out."""

from __future__ import annotations

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import registry
from hotspot.importers.base import ImportOptions, bytes_source
from hotspot.profile import Profile, Thread

from tests.android_traces import method_trace
from tests.vocabulary import folded, format_tree, tree_text

RUN, WORK, READ = 4, 8, 12
ENTER, EXIT, UNWIND = 0, 1, 2
ROWS = [
    (1, RUN, ENTER, 0, 0), (1, WORK, ENTER, 2, 5), (2, READ, ENTER, 0, 6), (1, READ, ENTER, 3, 7), (1, READ, UNWIND, 4, 20),
    (1, WORK, EXIT, 9, 26), (2, READ, EXIT, 1, 27), (1, WORK, ENTER, 9, 28), (1, WORK, EXIT, 10, 30), (1, RUN, EXIT, 12, 40),
]  # fmt: skip


def read(data: bytes) -> Profile:
    (profile,) = registry.read_source(bytes_source("app.trace", data), None, ImportOptions())
    return profile.check()


def test_time_is_spent_in_the_method_that_is_open() -> None:
    profile = read(method_trace(ROWS))
    assert format_tree(profile) == tree_text("""
        com.app.Main.run (Main.java) 40,17
          com.app.Main.work (Main.java) 23,10
            native_read 13,13
        native_read 21,21
    """)
    assert folded(profile.select("cpu/microseconds")) == {
        "com.app.Main.run (Main.java)": 4,
        "com.app.Main.run (Main.java);com.app.Main.work (Main.java)": 7,
        "com.app.Main.run (Main.java);com.app.Main.work (Main.java);native_read": 1,
        "native_read": 1,
    }
    assert str(profile.value_type) == "wall/microseconds"
    assert profile.threads == (Thread(None, 1, "main"), Thread(None, 2, "Render Thread"))
    assert (profile.provenance.producer, profile.provenance.duration_ns) == ("Android art", 40_000)
    assert profile.provenance.losses == ()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_older_records_have_one_clock(version: int) -> None:
    wall = read(method_trace(ROWS, "wall", version))
    assert [str(each) for each in wall.value_types] == ["wall/microseconds"]
    assert folded(wall) == folded(read(method_trace(ROWS)))
    cpu = read(method_trace(ROWS, "thread-cpu", version))
    assert [str(each) for each in cpu.value_types] == ["cpu/microseconds"]


def test_what_does_not_pair_is_told() -> None:
    rows = [
        (1, READ, EXIT, 0, 0), (1, RUN, ENTER, 0, 1), (1, WORK, ENTER, 0, 3), (1, RUN, EXIT, 0, 6), (1, 0x70, ENTER, 0, 7),
        (1, 0x70, ENTER, 0, 5), (1, RUN, ENTER, 0, 9),
    ]  # fmt: skip
    profile = read(method_trace(rows, overflow="true"))
    assert folded(profile) == {
        "com.app.Main.run (Main.java)": 2,
        "com.app.Main.run (Main.java);com.app.Main.work (Main.java)": 3,
        "[unknown];[unknown]": 4,
    }
    full, unmatched, unclosed = profile.provenance.losses
    assert "buffer of the trace was full" in full.text
    assert (unmatched.amount, unclosed.amount) == (1, 4)


def test_what_is_no_method_trace() -> None:
    whole = method_trace(ROWS)
    for data, reason in (
        (whole[: whole.index(b"*end")], "the head does not end"),
        (whole[: whole.index(b"SLOW")], "no records after the head"),
        (whole.replace(b"SLOW\3", b"SLOW\4"), "records of version 4, 14 bytes each, are not known"),
        (
            whole.replace(b"\x06\0\x0e\0", b"\x06\0\x0f\0", 1),
            "records of version 3, 15 bytes each, are not known",
        ),
        (whole.replace(b"0x8\t", b"0xz\t"), "'0xz' is no number of one"),
        (whole.replace(b"\n2\tR", b"\nx\tR"), "'x' is no number of one"),
    ):
        with pytest.raises(MalformedProfile, match=reason):
            read(data)
    with pytest.raises(EmptyProfile, match="no time passed"):
        read(method_trace([]))
    # the last record is cut off: what came before is whole
    assert read(whole[:-3]).total < read(whole).total
