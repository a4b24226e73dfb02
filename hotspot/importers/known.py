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
    return re.compile(rb"\A(?:\xef\xbb\xbf)?\s*+(?:" + pattern + rb")", re.DOTALL)


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
    Known("the output of `perf report`, which has no samples", re.compile(rb"\A\s*(?:Samples|Available samples)\b[^\n]*\n|\A\s*Overhead\s+(?:Command|Samples|Shared)|\A\s*Children\s+Self\s"), "run `perf script -i perf.data > profile.perf.txt` where it was recorded"),
    Known("the output of `perf sched`, which has delays and no stacks", re.compile(rb"\A\s*(?:time\s+cpu\s+task name|-{40,}\s+Task\s+\|\s+Runtime ms)", re.DOTALL), "run `perf script -i perf.data > profile.perf.txt`, or record with `perf record -g`"),
    Known("the output of `perf trace`, which has system calls and no stacks", re.compile(rb"\A\s*+(?:[^\n]*+\n){0,3}?[ \t]*+\d+\.\d{3} \([ \t]*+(?:\d+\.\d{3} ms)?[ \t]*+\): "), "record with `perf record -g`"),
    Known("the output of `perf c2c`, which has cache lines and no stacks", re.compile(rb"\A\s*={20,}\s+Trace Event Information"), "record with `perf record -g`"),
    Known("the output of `perf mem` or `perf diff`", re.compile(rb"\A(?:#[^\n]*\n)*#\s*Baseline\s+Delta"), "run `hotspot diff BEFORE AFTER` on two profiles"),
    Known("the output of `perf annotate`", re.compile(rb"\A\s*Percent\s*\|\s+Source code"), "run `perf script -i perf.data > profile.perf.txt`"),
    Known("the raw dump of `perf script -D`", re.compile(rb"\A\s*0x[0-9a-f]+(?:@\S+)? \[0x[0-9a-f]+\]: event: \d+"), "run `perf script` without -D"),
    Known("a report of `pprof -top`, `-peek` or the like", _starts(rb"(?:File: [^\n]*\n)?(?:Build ID: [^\n]*\n)?Type: \w+\n"), "give hotspot the profile itself, or the output of `pprof -raw`"),
    Known("a report of google-pprof", _starts(rb"Total: [\d.]+ (?:samples|MB|objects)\n\s+[\d.]+\s+[\d.]+%"), "give hotspot the profile itself, or the output of `google-pprof --raw`"),
    Known("the printed report of cProfile", _starts(rb"(?:[^\n]*+\n\s*+)?\d+ function calls (?:\(\d+ primitive calls\) )?in [\d.]+"), "save the profile with `python -m cProfile -o profile.pstats`"),
    Known("the printed report of pyinstrument", re.compile(rb"\A\s*_\s+\._\s+__/__"), "run `pyinstrument -r speedscope -o profile.speedscope.json`"),
    Known("a page of memray", re.compile(rb"\A\s*<!doctype html.{0,20000}<title>memray", re.DOTALL | re.IGNORECASE), "give hotspot memray's .bin capture"),
    Known("statistics of memray", _starts(rb'\{\s*"total_num_allocations"'), "give hotspot memray's .bin capture"),
    Known("a table of memray", _starts(rb"allocator,num_allocations,size,tid"), "give hotspot memray's .bin capture"),
    Known("a page of VizTracer", re.compile(rb"\A\s*<!doctype html.{0,60000}(?:viztracer|trace_viewer)", re.DOTALL | re.IGNORECASE), "run `viztracer -o result.json`"),
    Known("the report of `node --prof-process`", _starts(rb"Statistical profiling result from "), "give hotspot the v8.log itself"),
    Known("the report of stackprof", _starts(rb"={20,}\n\s+Mode: \w+\("), "run `stackprof --json FILE.dump > profile.json`"),
    Known("stackprof's data for its flame graph page", _starts(rb"flamegraph\(\[\n?\{\"x\""), "run `stackprof --json FILE.dump > profile.json`"),
    Known("a V8 heap snapshot, which has objects and no stacks", _starts(rb'\{\s*"snapshot"\s*:\s*\{\s*"meta"'), "take an allocation sampling profile (.heapprofile)"),
    Known("the summary of a Flight Recorder file", re.compile(rb"\A\s*Version: \d+\.\d+\s+Chunks: \d+"), "give hotspot the .jfr file itself"),
    Known("Flight Recorder events as JSON", _starts(rb'\{\s*"recording": ?\{\s*"events"'), "give hotspot the .jfr file itself, or `jfr print` without --json"),
    Known("the report of heaptrack_print", _starts(rb"reading file \"[^\n]*please wait"), "run `heaptrack_print -f FILE -F heap.folded`"),
    Known("the binary data of gprof (gmon.out)", _starts(rb"gmon[\x00-\x02]"), "run `gprof PROGRAM gmon.out > gprof.txt` and give hotspot that"),
    Known("a trace of the kernel's functions (ftrace)", re.compile(rb"\A\s*# tracer: "), "record with `perf record -g`, or `perf ftrace` data as trace events"),
    Known("a report of OProfile", re.compile(rb"\A(?:Using [^\n]*\n)*(?:CPU: [^\n]*\n)?Counted \w+ events"), "record with `perf record -g`"),
    Known("a report of line_profiler, which measures lines and has no call stacks to rank", re.compile(rb"\A\s*+(?:[^\n]*+\n){0,3}?Timer unit: [\d.e+-]+ s\s*\n"), "see the report itself; for stacks record with py-spy or `hotspot record`"),
    Known("a report of memory_profiler, which measures lines and has no call stacks to rank", re.compile(rb"\A\s*Filename: [^\n]*\n\s*Line #\s+Mem usage"), "run memray, whose captures have stacks"),
    Known("a summary of rbspy", re.compile(rb"\A\s*% self\s+% total\s+name"), "run `rbspy record -f speedscope`, or `rbspy report -f collapsed -i FILE.raw.gz`"),
    Known("a report of simpleperf", re.compile(rb"\A(?:[^\n]*\n){0,2}Cmdline: [^\n]*simpleperf[^\n]*\n"), "run `simpleperf report-sample --show-callchain -i perf.data`"),
    Known("a trace of PHP's Xdebug for people", re.compile(rb"\A\s*TRACE START \["), "set xdebug.trace_format=1 and trace again, or xdebug.mode=profile"),
    Known("a report of LuaJIT's profiler", re.compile(rb"\A\s*\d{1,3}%  \S[^\n]*\n(?:\s*(?:--|<-|->)?\s*\d{1,3}%  )"), "run `luajit -jp=G SCRIPT`, which prints stacks"),
    Known("a profile of Perl's NYTProf", _starts(rb"NYTProf \d+ \d+\n"), "run `nytprofcalls FILE > profile.folded`, or `nytprofcg` for callgrind"),
    Known("a report of ruby-prof", _starts(rb"(?:Measure Mode: |Thread ID: )\S"), "print it with RubyProf::CallTreePrinter (callgrind)"),
    Known("the summary of async-profiler, which has no stacks", re.compile(rb"\A(?:Started [^\n]*\n)?--- Execution profile ---[^\n]*\nTotal samples"), "write `-o collapsed`, `-o traces` or a flame graph"),
    Known("the tree of async-profiler", re.compile(rb"\A\s*<!doctype html.{0,400}<title>Tree view", re.DOTALL | re.IGNORECASE), "write a flame graph or `-o collapsed`"),
    Known("the trace of D's -profile", re.compile(rb"\A-{18}\n\t *\d+\t\S"), "record with `perf record -g`"),
    Known("a picture of a call graph (Graphviz)", re.compile(rb"\A\s*<\?xml.{0,600}<!-- Generated by graphviz", re.DOTALL), "give hotspot the profile that it was drawn from"),
    Known("a picture of a call graph (Graphviz)", _starts(rb"digraph\s"), "give hotspot the profile that it was drawn from"),
    Known("an Instruments table without stacks", re.compile(rb"\A\s*<\?xml.{0,200}<trace-(?:query-result|toc)", re.DOTALL), "export the table of stacks: `xctrace export --input FILE --xpath '/trace-toc/run/data/table[@schema=\"time-profile\"]'`"),
    # Other tools of browsers, phones and services
    Known("a recording of React's DevTools, which times renders and has no call stacks", _starts(rb'\{\s*"version"\s*:\s*\d+\s*,\s*"dataForRoots"'), "record a CPU profile in the browser's Performance panel"),
    Known("a report of Lighthouse", re.compile(rb'\A\s*\{\s*(?:"[\w-]+"\s*:\s*"[^"]*",\s*){0,8}"lighthouseVersion"'), "run lighthouse with --save-assets and give hotspot the .trace.json"),
    Known("a log of network requests (HAR)", _starts(rb'\{\s*"log"\s*:\s*\{\s*"version"\s*:\s*"1\.\d"'), "record a CPU profile in the browser's Performance panel"),
    Known("a profile of Firefox's first profiler (Cleopatra)", _starts(rb'\{\s*"format"\s*:\s*"profileJSON'), "open it at profiler.firefox.com and save it again"),
    Known("spans of OpenTelemetry, which are requests and no call stacks", _starts(rb'\{\s*"resourceSpans"\s*:'), "record a profile of the service that is slow, with its language's profiler"),
    Known("traces of Jaeger, which are requests and no call stacks", _starts(rb'\{\s*"data"\s*:\s*\[\s*\{\s*"traceID"'), "record a profile of the service that is slow, with its language's profiler"),
    Known("a profile in OpenTelemetry's JSON", _starts(rb'\{\s*"resourceProfiles"\s*:'), "let the collector or profiler write pprof"),
    Known("a profile of Blackfire", _starts(rb"file-format: BlackfireProbe"), "profile with Xdebug, Excimer or XHProf"),
    Known("a method trace of Android's runtime, written while it was recorded", _starts(rb"SLOW[\x01-\x0f\xf0-\xff]\x00"), "trace with a buffer instead of streaming, or sample: `simpleperf record -g`, `simpleperf report-sample --show-callchain`"),
    Known("samples of simpleperf in its own binary form", _starts(rb"SIMPLEPERF"), "run `simpleperf report-sample --show-callchain -i perf.data`"),
    Known("a page of ruby-prof", re.compile(rb"\A\s*<!doctype html.{0,2000}<title>ruby-prof", re.DOTALL | re.IGNORECASE), "print it with RubyProf::CallTreePrinter (callgrind)"),
    Known("a recording of trace-cmd (trace.dat)", _starts(rb"\x17\x08\x44tracing"), "record with `perf record -g`"),
    Known("an SQLite database, as nsys and other tools export", _starts(rb"SQLite format 3\0"), "export a profile from the tool that wrote it: speedscope JSON, pprof or folded stacks"),
    # Containers
    Known("a zip archive", _starts(rb"PK\x03\x04"), "unpack it and give hotspot the profile in it"),
    Known("a tar archive", re.compile(rb"\A.{257}ustar", re.DOTALL), "unpack it and give hotspot the profile in it"),
)  # fmt: skip  # a table reads best a row a line


def recognise(head: Head) -> Known | None:
    """Return what kind of unreadable file this is, or None where it is none that is known."""
    return next((known for known in _KNOWN if known.looks.search(head.data)), None)
