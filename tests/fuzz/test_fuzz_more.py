"""Damaged files of the smaller formats: a sound profile, or one HotspotError that names the file, and nothing else."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from types import ModuleType

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import (
    android_trace,
    async_profiler,
    austin_mojo,
    bpftrace,
    cpython_sampling,
    d3_flamegraph,
    dhat,
    flamebearer,
    heapprofile,
    jfr_text,
    macos_sample,
    massif,
    memray,
    perf_json,
    pmcstat,
    pprof_legacy,
    registry,
    rprof,
    scalene,
    sentry,
    v8log,
    webkit,
    xhprof,
)
from hotspot.importers.base import ImportOptions, Match, bytes_source, file_source

from tests.android_traces import method_trace
from tests.async_profiler_pages import plain, pooled
from tests.mojo_files import Sample, mojo

STACKS = {
    (("[main tid=7]", 3), ("java/lang/Thread.run", 0), ("App.work:12", 1)): 5,
    (("[main tid=7]", 3), ("java/lang/Thread.run", 0), ("App.work:12", 1), ("vfs_read", 5)): 12,
    (("[GC tid=8]", 3), ("start_thread", 3), ("G1::'collect", 4)): 30,
}  # fmt: skip
NODE = {
    "value": 9,
    "funcname": 1,
    "filename": 0,
    "lineno": 3,
    "self": 2,
    "children": [{"value": 6, "funcname": 1}],
}
PAGE = (
    "<html><title>Tachyon Profiler</title>\nconst EMBEDDED_DATA = "
    + json.dumps({"value": 10, "children": [NODE], "strings": ["a.py", "f"], "stats": {"duration_sec": 2}})
    + ";\n</html>"
)
COLLAPSED = "tid:140;app.py:<module>:30;app.py:main:20 410\ntid:141;app.py:f:1;<GC> 5\n" * 3
SAMPLES = [
    Sample(7, "12", (("a.py", "main", 3), ("a.py", "work", 9)), time=100, memory=64),
    Sample(7, "12", (("a.py", "main", 3), ("a.py", "work", 9)), time=50, memory=-16, idle=True, gc=True),
    Sample(8, "main", (), time=1),
]
CPU = b"".join(
    struct.pack("<Q", word)
    for word in (0, 3, 0, 10_000, 0, 3, 2, 0x400010, 0x400021, 2, 1, 0x400030, 0, 1, 0)
)
MAP = "build=/opt\n00400000-00500000 r-xp 00001000 08:01 12   $build/server\n"
HEAP = "heap profile: 1: 1024 [3: 3072] @ heap/1024\n1: 1024 [3: 3072] @ 0x4010 0x5011\n#\t0x400f\tmain.f+0x1\t/a.go:1\n"
JEMALLOC = "heap_v2/512\n  t*: 5: 50 [6: 60]\n@ 0x10 0x20\n  t*: 3: 30 [0: 0]\n  t1: 2: 20 [0: 0]\n@ 0x30\n  t*: 2: 20 [0: 0]\n"
DELAYS = "--- contention:\ncycles/second = 2000\nsampling period = 100\n  30 2 @ 0x10 0x21\n  31 2 @ 0x10\n"
THREADS = "--- threadz 1 ---\n--- Thread 7f10 (name: main/25) stack: ---\n PC: 0x400010\n 0x21\n--- Thread 7f20 (name: w/26) stack: ---\n [same as previous thread]\n"
SYMBOLS = b"--- symbol\nbinary=/a\n0x400010 leaf\n0x400020 main--inlined\n---\n--- profile\n"
SAMPLE = """\
Analysis of sampling app (pid 12) every 1 millisecond
Call graph:
    10 Thread_1: Main Thread   DispatchQueue_1: com.apple.main-thread  (serial)
    + 10 start  (in dyld) + 6992  [0x1]
    +   6 main  (in app) + 8  [0x2]  main.c:12
    +   ! 4 work  (in app) + 8  [0x3]
    +   3 other  (in libx.dylib) + 8  [0x4]
    1 Thread_3
      1 thread_start  (in libsystem_pthread.dylib) + 8  [0x5]

Total number in stack (recursive counted multiple, when >=5):
"""
BPFTRACE = "Attaching 1 probe...\n@a[\n    vfs_read+156\n    ksys_read+95\n,\n    main+7\n, bash, 12]: 12\n@b[sh, \n    f+1\n]: 3\n"
PMCSTAT = "@ inst_retired.any [9 samples]\n\n77.78%  [7]   f @ /boot/zfs.ko\n 100.0%  [7]    g\n  50.00%  [3]     h @ /boot/kernel\n\n22.22%  [2]   f @ a\n"
RPROF = 'memory profiling: line profiling: sample.interval=5000\n#File 1: w.R\n:27:97:25:7:"strsplit" 1#2 "parse_it" 1#3 "run" \n"<GC>" "run" \n'
JFR = (
    'jdk.ExecutionSample {\n  startTime = 04:58:13.489\n  sampledThread = "main" (javaThreadId = 1)\n  stackTrace = [\n    A.merge(Object) line: 13\n    App.main() line: 3\n    ...\n  ]\n}\n\n'
    * 2
)
_HEAP_FRAME = {"functionName": "f", "url": "file:///a.js", "lineNumber": 3, "columnNumber": 4}
HEAP_PROFILE = {
    "head": {
        "callFrame": _HEAP_FRAME,
        "selfSize": 8,
        "children": [{"callFrame": _HEAP_FRAME, "selfSize": 9, "children": []}],
    }
}
PERF_JSON = {
    "linux-perf-json-version": 1,
    "samples": [
        {"timestamp": 5, "pid": 7, "tid": 8, "comm": "w", "callchain": [{"ip": "0x1", "symbol": "f", "dso": "w"}, {"ip": "0x2"}]}
    ] * 2,
}  # fmt: skip
D3 = {
    "name": "root",
    "value": 12.5,
    "children": [{"name": "main (a.py:3)", "value": 10, "children": [{"name": "f", "value": 4}]}],
}
D3_PAGE = '<!DOCTYPE html><link href="d3-flamegraph.css"><script>var stacks = [{"n": "root", "v": 3, "c": [{"n": "f", "v": 3, "c": []}]}]'
DHAT = {
    "dhatFileVersion": 2, "mode": "heap", "verb": "Allocated", "bklt": True, "bkacc": True,
    "pps": [{"tb": 25, "tbk": 5, "gb": 20, "gbk": 2, "eb": 0, "ebk": 0, "rb": 3, "wb": 7, "acc": [-5, 2], "fs": [1, 2]}],
    "ftbl": ["[root]", "0x1: malloc (in /usr/lib/libc.so.6)", "0x2: main (w.c:5)"],
}  # fmt: skip
MASSIF = "desc: (none)\ncmd: ./w\ntime_unit: i\n#-----------\nsnapshot=0\n#-----------\ntime=1\nmem_heap_B=30\nmem_heap_extra_B=8\nmem_stacks_B=0\nheap_tree=peak\nn2: 30 (heap allocation functions) malloc\n n1: 20 0x1: leaf (w.c:3)\n  n0: 20 0x2: main (w.c:5)\n n0: 10 in 3 places, all below massif's threshold (1.00%)\n"
SENTRY = {
    "version": "1", "platform": "node", "profile": {
        "samples": [{"stack_id": 0, "thread_id": "7", "elapsed_since_start_ns": "10"}, {"stack_id": 1, "thread_id": "7", "elapsed_since_start_ns": 30}],
        "stacks": [[1, 0], [0]], "frames": [{"function": "main", "abs_path": "/a.js", "lineno": 3}, {"function": "f"}],
        "thread_metadata": {"7": {"name": "main"}},
    },
}  # fmt: skip
FLAMEBEARER = {
    "flamebearer": {"names": ["total", "main", "f"], "levels": [[0, 10, 0, 0], [0, 10, 4, 1], [4, 6, 6, 2]], "numTicks": 10},
    "metadata": {"format": "single", "units": "samples", "sampleRate": 100},
}  # fmt: skip
SCALENE = {
    "alloc_samples": 0, "args": ["w.py"], "elapsed_time_sec": 1.5, "files": {"w.py": {"functions": [], "lines": [{"lineno": 3, "n_cpu_percent_python": 50.0}]}},
    "stacks": [[["w.py main:3;"], {"count": 3, "cpu_samples": 0.5}], [["w.py f:4;"], [3, 0.1, 0.1, 0.2]]],
}  # fmt: skip
WEBKIT = {
    "version": 1, "recording": {"displayName": "x", "startTime": 4.5, "endTime": 6, "records": [{"type": "timeline-record-type-cpu"}],
        "sampleStackTraces": [{"timestamp": 4.5, "stackFrames": [{"name": "f", "url": "a.js", "line": 2}]}, {"timestamp": 5, "stackFrames": []}],
        "sampleDurations": [0.5, 0.001]},
}  # fmt: skip
V8_TICKS = {
    "code": [{"name": "main /a.js:1:5", "type": "JS", "kind": "Opt", "func": 0}, {"name": "/usr/bin/node", "type": "SHARED_LIB"}],
    "functions": [{"name": "main /a.js:1:5", "codes": [0]}],
    "ticks": [{"tm": 9, "vm": 0, "s": [1, 12, 0, 4]}, {"tm": 30, "vm": 1, "s": [-1, 7, 0, 4]}, {"tm": 31, "vm": 6, "s": []}],
}  # fmt: skip
XHPROF = {
    "main()": {"ct": 1, "wt": 90, "cpu": 80, "mu": 5},
    "main()==>f": {"ct": 2, "wt": 60, "cpu": 70, "mu": -5},
    "f==>f@1": {"ct": 1, "wt": 20},
}
PHP = (
    'a:2:{s:10:"main()==>f";a:2:{s:2:"ct";i:1;s:2:"wt";i:9;}s:6:"main()";a:2:{s:2:"ct";i:1;s:2:"wt";d:12.5;}}'
)
DOCUMENTS: list[tuple[ModuleType, bytes]] = [
    (async_profiler, plain(STACKS).encode()),
    (async_profiler, pooled(STACKS, flag="inverted", delta={("[main tid=7]",): 3}).encode()),
    (cpython_sampling, PAGE.encode()),
    (cpython_sampling, COLLAPSED.encode()),
    (austin_mojo, mojo(SAMPLES, "full")),
    (austin_mojo, mojo(SAMPLES, "wall", version=4)),
    (pprof_legacy, CPU + MAP.encode()),
    (pprof_legacy, SYMBOLS + CPU),
    (pprof_legacy, CPU[:16] + struct.pack("<Q", 1) + CPU[24:] + b" 0x400010 a.B.c (B.java:7)\n"),
    *((pprof_legacy, text.encode()) for text in (HEAP + MAP, JEMALLOC, DELAYS, THREADS)),
    (macos_sample, SAMPLE.encode()),
    (bpftrace, BPFTRACE.encode()),
    (pmcstat, PMCSTAT.encode()),
    (rprof, RPROF.encode()),
    (jfr_text, JFR.encode()),
    *((importer, json.dumps(document).encode()) for importer, document in ((heapprofile, HEAP_PROFILE), (perf_json, PERF_JSON), (d3_flamegraph, D3), (dhat, DHAT), (sentry, SENTRY), (flamebearer, FLAMEBEARER), (scalene, SCALENE), (webkit, WEBKIT), (v8log, V8_TICKS), (xhprof, XHPROF))),
    (massif, MASSIF.encode()),
    (android_trace, method_trace([(1, 4, 0, 0, 0), (1, 8, 0, 2, 3), (1, 8, 1, 5, 9), (1, 4, 2, 6, 12)])),
    (xhprof, PHP.encode()),
]  # fmt: skip
PIECES = [
    b"\0", b"\xff\xff\xff\xff", b"9" * 20, b"-", b"-1", b"0", b"\n", b"\r\n", b"'", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b";",
    b" ", b"(", b")", b"null", b"1e400", b"true", b"f(1,0,1)", b"u(1)", b"n(1,5)", b"d=U\n", b"0x", b"@", b": ", b"---\n", b"#", b"=",
    b"\x80", b"\x02", b"\x05", b"\x0d", b"\x0e\x01\x01", b"t*: 1: 1 [1: 1]", b"MAPPED_LIBRARIES:\n", b"    + ! ", b"Thread_9", b"\xc3\x28",
]  # fmt: skip
ROUNDS = 250


def damaged(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice([0, 1, 1, 2, 8, 40]))
        kind = chance.randrange(5)
        if kind == 0:
            data = data[:at] + chance.choice(PIECES) + data[at:]
        elif kind == 1:
            data = data[:at] + chance.choice(PIECES) + data[to:]
        elif kind == 2:
            data = data[:at] + data[to:]
        elif kind == 3:
            data = data[:to] + data[at:]
        else:
            data = data[:at]
    return data


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_damage_ends_in_a_profile_or_in_an_error_with_the_files_name(number: int) -> None:
    importer, document = DOCUMENTS[number]
    chance = random.Random(number)
    for _ in range(ROUNDS):
        source = bytes_source("x.file", damaged(document, chance))
        importer.detect(source.head)
        try:
            profiles = importer.load(source, ImportOptions())
        except HotspotError as error:
            assert str(error).startswith("x.file")  # noqa: PT017  (the error is one of two right answers)
        else:
            for profile in profiles:
                profile.check()


def test_damaged_pages_of_trees_too() -> None:
    chance = random.Random(7)
    for _ in range(ROUNDS):
        try:
            d3_flamegraph.load(bytes_source("x.html", damaged(D3_PAGE.encode(), chance)), ImportOptions())
        except HotspotError as error:
            assert str(error).startswith("x.html")  # noqa: PT017  (the error is one of two right answers)


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_a_document_is_of_one_format_only(number: int) -> None:
    importer, document = DOCUMENTS[number]
    head = bytes_source("x", document).head
    assert [i for i in registry.importers() if i.detect(head) is Match.YES] == [importer]


def test_no_file_of_another_format_is_taken(corpus: Path) -> None:
    new = {importer.INFO.name for importer, _ in DOCUMENTS} - {v8log.INFO.name} | {memray.INFO.name}
    for path in sorted(corpus.glob("*/*")):
        if path.parent.name in ("pprof-legacy", "pmcstat", "expected", "html-flamegraph"):
            continue  # a page may hold a tree anywhere: it is looked through, see the tests of d3-flamegraph
        head = file_source(str(path)).head
        taken = {i.INFO.name for i in registry.importers() if i.detect(head) is not Match.NO}
        assert not taken & new, path.name
