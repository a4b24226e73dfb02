"""Files of well-known tools that hold no stacks, or that only their own tool can read: what they are, and what to do.

Asked once no importer is certain. A row is worth having where people have such files and would otherwise be told only
that nothing recognises them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.importers.base import Head


@dataclass(frozen=True)
class Known:
    """A kind of file that is recognised and not read.

    Attributes:
        what: the file, to follow "this is".
        looks: how it begins; `re.search` on its first bytes.
        instead: what to do, in one sentence.
    """

    what: str
    looks: re.Pattern[bytes]
    instead: str


def _starts(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:" + pattern + rb")", re.DOTALL)


_KNOWN = (
    # Binary recordings
    Known("a Java heap dump (hprof), which has objects and no profile", _starts(rb"JAVA PROFILE 1\.0\.\d\0"), "record with async-profiler or Flight Recorder"),
    Known("a .NET trace (nettrace)", _starts(rb"Nettrace"), "run `dotnet-trace convert --format Speedscope FILE`"),
    Known("a Go execution trace", _starts(rb"go 1\.\d+ trace\0"), "run `go tool trace -pprof=sched FILE > sched.pb.gz` (or net, sync, syscall), or record a CPU profile"),
    Known("a heaptrack recording", _starts(rb"v [0-9a-f]+ [0-9a-f]+\nX "), "run `heaptrack_print -f FILE -F heap.folded`"),
    Known("stackprof's own dump", _starts(rb"\x04\x08\{.{0,4}:\x0cversion"), "run `stackprof --json FILE > profile.json`"),
    Known("a Python pickle of yappi", _starts(rb"\x80[\x02-\x05].{0,20}yappi"), 'save it with `stats.save(FILE, type="pstat")` or `type="callgrind"`'),
    # Valgrind
    Known("the output of Valgrind's ms_print", _starts(rb"-{60,}\nCommand: .*?ms_print arguments"), "give hotspot the massif.out file itself"),
    Known("the report of callgrind_annotate or cg_annotate", _starts(rb"-{60,}\n(?:Profile data file|I1 cache|-- Metadata)"), "give hotspot the callgrind.out file itself"),
    # Reports of profilers, with stacks lost
    Known("the output of `perf stat`, which counts and has no stacks", re.compile(rb"Performance counter stats for|\A(?:# started on [^\n]*\n\s*)?(?:\{\"(?:interval|counter-value)\" : |[\d.]+,\w*,[\w:/.-]+,\d+,\d+\.\d+,)"), "record with `perf record -g`"),
    Known("the output of `perf annotate`", re.compile(rb"\A\s*Percent\s*\|\s+Source code"), "run `perf script -i perf.data > profile.perf.txt`"),
    Known("the raw dump of `perf script -D`", re.compile(rb"\A\s*0x[0-9a-f]+(?:@\S+)? \[0x[0-9a-f]+\]: event: \d+"), "run `perf script` without -D"),
    Known("a report of `pprof -top`, `-peek` or the like", _starts(rb"(?:File: [^\n]*\n)?(?:Build ID: [^\n]*\n)?Type: \w+\n"), "give hotspot the profile itself, or the output of `pprof -raw`"),
    Known("a report of google-pprof", _starts(rb"Total: [\d.]+ (?:samples|MB|objects)\n\s+[\d.]+\s+[\d.]+%"), "give hotspot the profile itself, or the output of `google-pprof --raw`"),
    Known("the printed report of cProfile", _starts(rb"(?:[^\n]*\n\s*)?\d+ function calls (?:\(\d+ primitive calls\) )?in [\d.]+"), "save the profile with `python -m cProfile -o profile.pstats`"),
    Known("the printed report of pyinstrument", re.compile(rb"\A\s*_\s+\._\s+__/__"), "run `pyinstrument -r speedscope -o profile.speedscope.json`"),
    Known("a page of memray", re.compile(rb"\A\s*<!doctype html.{0,20000}<title>memray", re.DOTALL | re.IGNORECASE), "give hotspot memray's .bin capture"),
    Known("statistics of memray", _starts(rb'\{\s*"total_num_allocations"'), "give hotspot memray's .bin capture"),
    Known("a table of memray", _starts(rb"allocator,num_allocations,size,tid"), "give hotspot memray's .bin capture"),
    Known("a page of VizTracer", re.compile(rb"\A\s*<!doctype html.{0,60000}(?:viztracer|trace_viewer)", re.DOTALL | re.IGNORECASE), "run `viztracer -o result.json`"),
    Known("the report of `node --prof-process`", _starts(rb"Statistical profiling result from "), "give hotspot the v8.log itself"),
    Known("the output of `node --prof-process --preprocess`", _starts(rb'\{\s*"code": ?\['), "give hotspot the v8.log itself"),
    Known("the report of stackprof", _starts(rb"={20,}\n\s+Mode: \w+\("), "run `stackprof --json FILE.dump > profile.json`"),
    Known("stackprof's data for its flame graph page", _starts(rb"flamegraph\(\[\n?\{\"x\""), "run `stackprof --json FILE.dump > profile.json`"),
    Known("a V8 heap snapshot, which has objects and no stacks", _starts(rb'\{"snapshot":\{"meta"'), "take an allocation sampling profile (.heapprofile)"),
    Known("the summary of a Flight Recorder file", re.compile(rb"\A\s*Version: \d+\.\d+\s+Chunks: \d+"), "give hotspot the .jfr file itself"),
    Known("Flight Recorder events as JSON", _starts(rb'\{\s*"recording": ?\{\s*"events"'), "give hotspot the .jfr file itself, or `jfr print` without --json"),
    Known("the report of heaptrack_print", _starts(rb"reading file \"[^\n]*please wait"), "run `heaptrack_print -f FILE -F heap.folded`"),
    Known("the binary data of gprof (gmon.out)", _starts(rb"gmon[\x00-\x02]"), "run `gprof PROGRAM gmon.out > gprof.txt` and give hotspot that"),
    Known("a picture of a call graph (Graphviz)", _starts(rb"digraph\s"), "give hotspot the profile that it was drawn from"),
    Known("an Instruments trace table", re.compile(rb"\A\s*<\?xml.{0,200}<trace-(?:query-result|toc)", re.DOTALL), "convert it with an `xctrace` exporter to speedscope, or record with `sample PID`"),
)  # fmt: skip  # a table reads best a row a line


def recognise(head: Head) -> Known | None:
    """Return what kind of unreadable file this is, or None where it is none that is known."""
    return next((known for known in _KNOWN if known.looks.search(head.data)), None)
