"""Files that are recognised and not read: one line that says what they are and what to do."""

from __future__ import annotations

import pytest
from hotspot.errors import UnreadableInput
from hotspot.importers import known, registry
from hotspot.importers.base import ImportOptions, bytes_source

# How each begins, as its tool wrote it.
FILES = {
    "a Java heap dump": b"JAVA PROFILE 1.0.2\0\0\0\x08",
    "a .NET trace": b"Nettrace\x14\0\0\0",
    "a Go execution trace": b"go 1.19 trace\0\0\0A\1",
    "a heaptrack recording": b"v 10500 3\nX ./w\n",
    "stackprof's own dump": b"\x04\x08{\x10:\x0cversionf\x081.2",
    "a Python pickle of yappi": b"\x80\x02cyappi\nYFuncStats\nq\0",
    "Valgrind's ms_print": b"-" * 80
    + b"\nCommand:            ./w\nMassif arguments:   x\nms_print arguments: m\n",
    "callgrind_annotate": b"-" * 80 + b"\nProfile data file 'cg.out' (creator: callgrind-3.19.0)\n",
    "`perf stat`": b"# started on Fri\n\n\n Performance counter stats for './w 5':\n\n 1.05 msec task-clock\n",
    "`perf stat`, which": b"1.00,msec,task-clock,1001188,100.00,0.742,CPUs utilized\n",
    "`perf annotate`": b" Percent |\tSource code & Disassembly of w for cpu-clock (19 samples)\n",
    "`pprof -top`": b"File: w\nType: cpu\nTime: Nov 27, 2026 at 4:56am (UTC)\n  180ms 18.95%  main.fib\n",
    "google-pprof": b"Total: 15 samples\n       5  33.3%  33.3%        5  33.3% memcmp\n",
    "the printed report of cProfile": b"         233684 function calls (19433 primitive calls) in 1.203 seconds\n\n   Ordered by\n",
    "the printed report of pyinstrument": b"\n  _     ._   __/__   _ _  _  _ _/_   Recorded: 04:55:06\n",
    "a page of memray": b"<!DOCTYPE html>\n<html><head><title>memray - flamegraph report</title>",
    "statistics of memray": b'{\n  "total_num_allocations": 539542,',
    "a table of memray": b"allocator,num_allocations,size,tid,thread_name,stack_trace\n",
    "`node --prof-process`": b"Statistical profiling result from v8.log, (638 ticks, 364 unaccounted, 0 excluded).\n",
    "the report of stackprof": b"==================================\n  Mode: wall(1000)\n  Samples: 240\n",
    "a V8 heap snapshot": b'{"snapshot":{"meta":{"node_fields":["type"]}}}',
    "the summary of a Flight Recorder file": b"\n Version: 2.1\n Chunks: 1\n",
    "Flight Recorder events as JSON": b'{\n  "recording": {\n    "events": [{',
    "Go's goroutines": b"goroutine 1 [running]:\nmain.main()\n\t/a.go:7 +0x70\n",
    "the report of heaptrack_print": b'reading file "ht.zst" - please wait, this might take some time...\n',
    "a flat profile of gprof": b"Flat profile:\n\nEach sample counts as 0.01 seconds.\n",
    "(gmon.out)": b"gmon\x01\0\0\0",
    "Graphviz": b'digraph "w" {\nnode [style=filled]\n',
}


@pytest.mark.parametrize("what", FILES)
def test_a_known_file_is_told_by_name_with_what_to_do(what: str) -> None:
    with pytest.raises(UnreadableInput, match=r"^x: this is ") as caught:
        registry.read_source(bytes_source("x", FILES[what]), None, ImportOptions())
    assert what in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


def test_no_profile_is_taken_for_one() -> None:
    for data in (b"main;f 12\nmain;g 3\n", b'{"nodes": []}', b"", b"# a comment\nmain;f 1\n"):
        assert known.recognise(bytes_source("x", data).head) is None
