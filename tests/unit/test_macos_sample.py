"""Reports of macOS's sample, drawn in the shapes that published ones have."""

from __future__ import annotations

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import macos_sample, registry
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.profile import Profile

from tests.vocabulary import format_tree, tree_text

HEADER = "Analysis of sampling Some App (pid 34421) every 1 millisecond\nProcess:         Some App [34421]\n\nCall graph:\n"
TAIL = "\nTotal number in stack (recursive counted multiple, when >=5):\n        99999 not a node\n\nBinary Images:\n"
GRAPH = """\
    12 Thread_38913179: Main Thread   DispatchQueue_1: com.apple.main-thread  (serial)
    + 10 start  (in dyld) + 6992  [0x1045eb2dc]
    + ! 6 middle(std::vector<int> const&)  (in Some App) + 368,520  [0x193be313c,0x2]  ops.cpp:28
    + ! : 4 -[NSAlert runModal]  (in AppKit) + 72  [0x1947855bc]
    + ! : 2 ???  (in libx.dylib)  load address 0x1000 + 0x24  [0x18f6c1fc0]
    + ! 3 closure in Tests.`draws it`()  (in Some App) + 688  [0x1947858b0]
    1 Thread_0x3e DispatchQueue_2: com.apple.libdispatch-manager
      1 start_wqthread  (in libsystem_pthread.dylib) + 8  [0x18f700c10]
        1 kevent_id
"""


def read(text: str) -> Profile:
    source = bytes_source("given", text.encode())
    assert [i.INFO.name for i in registry.importers() if i.detect(source.head) is Match.YES] == [
        "macos-sample"
    ]
    (profile,) = macos_sample.load(source, ImportOptions())
    return profile.check()


def test_numbers_are_totals_and_threads_are_threads() -> None:
    profile = read(HEADER + GRAPH + TAIL)
    assert format_tree(profile) == tree_text("""
        [no stack] 2,2
        start 10,1
          closure in Tests.`draws it`() 3,3
          middle(std::vector<int> const&) (ops.cpp:28) 6,0
            -[NSAlert runModal] 4,4
            [libx.dylib] 2,2
        start_wqthread 1,0
          kevent_id 1,1
    """)
    assert [(t.pid, t.tid, t.name) for t in profile.threads] == [
        (34421, 38913179, "Main Thread DispatchQueue_1: com.apple.main-thread (serial)"),
        (34421, 0x3E, "DispatchQueue_2: com.apple.libdispatch-manager"),
    ]
    modules = {profile.frames.strings[i] for i in profile.frames.module}
    assert modules == {"", "dyld", "Some App", "AppKit", "libx.dylib", "libsystem_pthread.dylib"}
    assert profile.samples.thread is not None
    assert profile.total == 13


def test_a_report_pasted_without_its_header_is_read() -> None:
    assert read("Call graph:\n" + GRAPH).total == 13


@pytest.mark.parametrize(
    ("graph", "line", "reason"),
    [
        ("    2 Thread_1\n    + 2 a\n    +   3 b\n", 7, "more samples than their caller"),
        ("    2 Thread_1\n    + 3 a\n", 6, "more samples than their caller"),
        ("    2 Thread_1\n    +   2 a\n", 6, "stands under none"),
        ("    2 Thread_1\n     2 a\n", 6, "stands under none"),
        ("    2 main\n", 5, "not a thread"),
        ("    2 Thread_1\n    + oops\n", 6, "not a frame"),
    ],
)
def test_a_graph_that_contradicts_itself_is_refused_with_its_line(graph: str, line: int, reason: str) -> None:
    with pytest.raises(MalformedProfile, match=reason) as error:
        macos_sample.load(bytes_source("x", (HEADER + graph).encode()), ImportOptions())
    assert error.value.line == line


def test_a_graph_without_a_thread_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        macos_sample.load(bytes_source("x", (HEADER + TAIL).encode()), ImportOptions())
