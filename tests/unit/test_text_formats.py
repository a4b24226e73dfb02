"""Austin, DTrace and pyinstrument: drawn input, drawn trees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import austin, dtrace, pyinstrument
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.profile import LossKind, Profile, Thread

from tests.vocabulary import format_tree, tree_text


def read(module, data: bytes) -> Profile:
    source = bytes_source("given", data)
    assert module.detect(source.head) is Match.YES
    (profile,) = module.load(source, ImportOptions())
    return profile.check()


def test_austin_lines_are_summed_per_thread() -> None:
    profile = read(
        austin,
        b"# austin: 3.0.0\n# mode: wall\n\nP1;T0:7;a.py:main:3;a.py:work:9 100\nP1;T0:7;a.py:main:3;a.py:work:9 50\n"
        b"P1;T0:8 30\n# duration: 1000\n",
    )
    assert format_tree(profile) == tree_text("""
        [no stack] 30,30
        main (a.py:3) 150,0
          work (a.py:9) 150,150
    """)
    assert [(t.pid, t.tid) for t in profile.threads] == [(1, 7), (1, 8)]
    assert profile.provenance.duration_ns == 1_000_000
    assert str(profile.value_type) == "wall/microseconds"


def test_austin_full_mode_has_wall_cpu_and_memory() -> None:
    profile = read(
        austin, b"# austin: 3.0.0\n# mode: full\nP1;T7;a.py:f:1 100,0,64\nP1;T7;a.py:f:1 40,1,-16\n"
    )
    totals = {str(v): int(profile.samples.weight[:, i].sum()) for i, v in enumerate(profile.value_types)}
    assert totals == {"wall/microseconds": 140, "cpu/microseconds": 100, "memory/bytes": 48}


def test_austin_on_a_real_file(corpus: Path) -> None:
    (path,) = (corpus / "collapsed").glob("*austin*.out")
    data = path.read_bytes()
    expected = sum(int(line.rsplit(b" ", 1)[1]) for line in data.splitlines() if line.startswith(b"P"))
    assert read(austin, data).total == expected == 725583


def test_austin_without_samples_or_with_mixed_metrics_is_refused() -> None:
    with pytest.raises(EmptyProfile):
        austin.load(bytes_source("given", b"# austin: 3.0.0\n"), ImportOptions())
    with pytest.raises(MalformedProfile) as error:
        austin.load(bytes_source("given", b"P1;T7;a:f:1 1\nP1;T7;a:f:1 1,0,2\n"), ImportOptions())
    assert error.value.line == 2


DTRACE = b"""CPU     ID                    FUNCTION:NAME
  0  64091                        :tick-60s

              genunix`vn_free+0x9a
              unix`sys_syscall+0x17a
                3

              genunix`vn_free+0x10
              unix`sys_syscall+0x17a
                4
"""


def test_dtrace_stacks_without_offsets() -> None:
    profile = read(dtrace, DTRACE)
    assert format_tree(profile) == tree_text("""
        unix`sys_syscall 7,0
          genunix`vn_free 7,7
    """)
    assert profile.provenance.losses == ()


def test_a_dtrace_file_that_ends_early_says_so() -> None:
    profile = read(dtrace, DTRACE + b"\n              genunix`vn_free+0x10\n")
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.TRUNCATED]
    assert profile.total == 7


def test_dtrace_on_a_real_file(corpus: Path) -> None:
    (path,) = (corpus / "dtrace-stacks").iterdir()
    assert read(dtrace, path.read_bytes()).total == 57441


def frame(name: str, time: float, *children: dict) -> dict:
    return {
        "function": name,
        "file_path_short": "a.py",
        "line_no": 2,
        "time": time,
        "children": list(children),
    }


def session(root: dict | None) -> bytes:
    return json.dumps({"start_time": 1.0, "duration": 1.5, "sample_count": 9, "root_frame": root}).encode()


def test_pyinstrument_self_is_time_without_children() -> None:
    profile = read(pyinstrument, session(frame("main", 1.0, frame("work", 0.6), frame("[self]", 0.4))))
    assert format_tree(profile) == tree_text("""
        main (a.py:2) 1000000000,400000000
          work (a.py:2) 600000000,600000000
    """)
    assert profile.provenance.duration_ns == 1_500_000_000


def test_pyinstrument_children_longer_than_their_parent_are_reported() -> None:
    profile = read(pyinstrument, session(frame("main", 1.0, frame("work", 1.5))))
    assert profile.total == 1_500_000_000
    assert LossKind.INCONSISTENT in [loss.kind for loss in profile.provenance.losses]


PAGE = """<!DOCTYPE html>
<html><script>pyinstrumentHTMLRenderer = {"start_time": nothing}; const sessionData = %s;
pyinstrumentHTMLRenderer.render(document.getElementById('app'), sessionData);</script></html>
"""


def test_a_page_of_pyinstrument_holds_the_tree() -> None:
    self = {"identifier": "[self]", "time": 0.4, "attributes": {}, "children": []}
    work = {"identifier": "work\0/srv/a.py\0" + "9", "time": 0.600001, "attributes": {"cLoader": 0.6, "l12": 0.6}, "children": []}  # fmt: skip
    root = {"identifier": "main\0/srv/a.py\0" + "2", "time": 1.0, "attributes": {}, "children": [work, self]}
    data = {"session": {"start_time": 1.5, "duration": 1.25}, "frame_tree": root}
    profile = read(pyinstrument, (PAGE % json.dumps(data)).encode())
    assert format_tree(profile) == tree_text("""
        main (/srv/a.py:2) 1000001000,400000000
          Loader.work (/srv/a.py:9) 600001000,600001000
    """)
    assert profile.provenance.duration_ns == 1_250_000_000
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.DROPPED]
    older = read(pyinstrument, (PAGE % session(frame("main", 1.0)).decode()).encode())
    assert format_tree(older) == "main (a.py:2) 1000000000,1000000000"
    with pytest.raises(MalformedProfile, match="no data of pyinstrument"):
        read(pyinstrument, (PAGE % "{}").encode())


def test_a_session_of_pyinstrument_holds_every_sample() -> None:
    began = ["MainThread\0<thread>\0" + "7", "run\0/lib/run.py\0" + "1\x01l3"]
    main, work = "main\0/srv/a.py\0" + "2\x01l5", "work\0/srv/a.py\0" + "9\x01cLoader\x01l12"
    records = [[[began[0], "run\0/lib/run.py\0" + "1\x01l8", main, work], 0.25], [[*began, main], 0.5],
               [["w\0<thread>\0" + "8", "sleep\0<built-in>\0" + "0"], 0.125]]  # fmt: skip
    document = {"start_time": 1.5, "duration": 2.0, "min_interval": 0.001, "start_call_stack": began, "frame_records": records}  # fmt: skip
    profile = read(pyinstrument, json.dumps(document).encode())
    assert format_tree(profile) == tree_text("""
        main (/srv/a.py:2) 750000000,500000000
          Loader.work (/srv/a.py:9) 250000000,250000000
        sleep 125000000,125000000
    """)
    assert (profile.sample_count, str(profile.value_type)) == (3, "wall/nanoseconds")
    assert profile.threads == (Thread(None, 7, "MainThread"), Thread(None, 8, "w"))
    for broken, reason in (
        ({"frame_records": []}, "no sample in this session"),
        ({"frame_records": [[["f"], "x"]]}, r"frame_records\[0\]\[1\]: expected float, got str"),
        ({"start_call_stack": 3}, "start_call_stack: expected array, got int"),
    ):
        with pytest.raises(MalformedProfile, match=reason):
            read(pyinstrument, json.dumps(document | broken).encode())


@pytest.mark.parametrize(
    "data",
    [
        session(None),
        session(frame("main", -1.0)),
        session({"function": "f", "children": 7}),
        b'{"root_frame": 1',
    ],
)
def test_a_bad_pyinstrument_session_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedProfile):
        pyinstrument.load(bytes_source("given", data), ImportOptions())
