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
    "Valgrind's DHAT": b'{"dhatFileVersion":2\n,"mode":"heap"\n',
    "callgrind_annotate": b"-" * 80 + b"\nProfile data file 'cg.out' (creator: callgrind-3.19.0)\n",
    "`perf stat`": b"# started on Fri\n\n\n Performance counter stats for './w 5':\n\n 1.05 msec task-clock\n",
    "`perf stat`, which": b"1.00,msec,task-clock,1001188,100.00,0.742,CPUs utilized\n",
    "`perf report`": b"Samples: 10K of event 'cycles:u', Event count (approx.): 8283427234\n  Children  Self  Command\n",
    "`perf sched`": b"           time    cpu  task name                       wait time  sch delay\n",
    "`perf sched`, which": b"\n " + b"-" * 90 + b"\n  Task                  |   Runtime ms  |  Count\n",
    "`perf trace`": b"     0.000 ( 0.008 ms): ls/1234 brk()                        = 0x55d0c1b7e000\n",
    "`perf c2c`": b"=" * 49 + b"\n            Trace Event Information\n" + b"=" * 49 + b"\n",
    "`perf mem` or `perf diff`": b"# Event 'cycles'\n#\n# Baseline  Delta Abs  Shared Object\n",
    "(ftrace)": b"# tracer: function_graph\n#\n# CPU  DURATION                  FUNCTION CALLS\n",
    "OProfile": b"CPU: Core 2, speed 2400 MHz (estimated)\nCounted CPU_CLK_UNHALTED events (Clock cycles)\n",
    "Xdebug for people": b"TRACE START [2021-10-11 08:14:52.123456]\n    0.0001     393752   -> {main}() /app/a.php:0\n",
    "LuaJIT's profiler": b"45%  fib\n  -- 80%  fib\n  -- 20%  main\n",
    "Perl's NYTProf": b"NYTProf 5 0\n:basetime=1\n",
    "ruby-prof": b"Measure Mode: wall_time\nThread ID: 70234\n",
    "the tree of async-profiler": b'<!DOCTYPE html>\n<html lang="en">\n<head>\n\t<title>Tree view</title>\n',
    "D's -profile": b"------------------\n\t    1\t_Dmain\nfoo\t1\t12\t12\n",
    "an Instruments table without stacks": b'<?xml version="1.0"?>\n<trace-toc><run number="1">',
    "`perf annotate`": b" Percent |\tSource code & Disassembly of w for cpu-clock (19 samples)\n",
    "`pprof -top`": b"File: w\nType: cpu\nTime: Nov 27, 2026 at 4:56am (UTC)\n  180ms 18.95%  main.fib\n",
    "google-pprof": b"Total: 15 samples\n       5  33.3%  33.3%        5  33.3% memcmp\n",
    "the printed report of cProfile": b"         233684 function calls (19433 primitive calls) in 1.203 seconds\n\n   Ordered by\n",
    "the printed report of pyinstrument": b"\n  _     ._   __/__   _ _  _  _ _/_   Recorded: 04:55:06\n",
    "a page of pyinstrument": b"<!DOCTYPE html>\n<html><script>var pyinstrumentHTMLRenderer=function(){}</script>",
    "a saved session of pyinstrument": b'{"start_time": 1.5, "duration": 1.2, "min_interval": 0.001}',
    "a page of memray": b"<!DOCTYPE html>\n<html><head><title>memray - flamegraph report</title>",
    "statistics of memray": b'{\n  "total_num_allocations": 539542,',
    "a table of memray": b"allocator,num_allocations,size,tid,thread_name,stack_trace\n",
    "a profile of Scalene": b'{\n    "alloc_samples": 0,\n    "args": []}',
    "`node --prof-process`": b"Statistical profiling result from v8.log, (638 ticks, 364 unaccounted, 0 excluded).\n",
    "the report of stackprof": b"==================================\n  Mode: wall(1000)\n  Samples: 240\n",
    "a V8 heap snapshot": b'{"snapshot":{"meta":{"node_fields":["type"]}}}',
    "the summary of a Flight Recorder file": b"\n Version: 2.1\n Chunks: 1\n",
    "Flight Recorder events as JSON": b'{\n  "recording": {\n    "events": [{',
    "the report of heaptrack_print": b'reading file "ht.zst" - please wait, this might take some time...\n',
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
