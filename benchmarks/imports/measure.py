"""Measure imports: MB/s, peak memory, and the ratio to grep over the same file in the same run.

    python benchmarks/imports/measure.py FILE...

``LC_ALL=C grep -c '^$' FILE`` reads every byte and does next to nothing with it, so the ratio to it compares machines.
Each import runs in a process of its own, from the file to a complete Profile (threads and times included; the
interpreter's start is not counted). The least of several runs counts, grep's and the import's in turn. CPU time is
that of all threads and processes; memory is the sum of their peaks.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

RUNS = 3

CHILD = """
import json, resource, sys, time
from hotspot.importers.registry import importers, load
importers()
def used():
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
def cpu():
    return sum(use.ru_utime + use.ru_stime for use in used())
began, begin = cpu(), time.perf_counter()
profile = load(sys.argv[1])
seconds = time.perf_counter() - begin
kilobytes = sum(use.ru_maxrss for use in used())
print(json.dumps([seconds, cpu() - began, kilobytes, profile.provenance.format, len(profile.samples), profile.stack_count]))
"""


def grep(path: Path) -> tuple[float, float]:
    """Return seconds and CPU seconds of grep over the file.

    Its exit code 1 means that no line matched and is fine. With standard output at /dev/null it would stop at the
    first match, so a pipe reads the count.
    """
    begin, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["grep", "-c", "^$", str(path)],
        env={**os.environ, "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        check=False,
    )
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begin, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def main() -> None:
    """Print a Markdown table."""
    print("| file | format | size | rows | stacks | MB/s | x grep | CPU x grep's | peak memory |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in sys.argv[1:]:
        path = Path(name)
        megabytes = path.stat().st_size / 1e6
        greps, results = [], []
        for _ in range(RUNS):
            greps.append(grep(path))
            command = [sys.executable, "-c", CHILD, name]
            results.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
        seconds, _, kilobytes, format_name, rows, stacks = min(results)
        cpu = min(result[1] for result in results)
        grep_seconds, grep_cpu = (min(column) for column in zip(*greps, strict=True))
        print(
            f"| `{path.name}` | {format_name} | {megabytes:.0f} MB | {rows:,} | {stacks:,} | {megabytes / seconds:.0f} "
            f"| {seconds / grep_seconds:.1f} | {cpu / grep_cpu:.1f} | {kilobytes / 1024:.0f} MB |",
            flush=True,
        )


main()
