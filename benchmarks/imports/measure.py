"""Measure imports: MB/s, peak memory, and the ratio to grep over the same file in the same run.

    python benchmarks/imports/measure.py FILE...

``LC_ALL=C grep -c '^$' FILE`` reads every byte and does next to nothing with it, so the ratio to it compares machines.
Each import runs in a process of its own, from the file to a complete Profile (threads and times included; the
interpreter's start is not counted, memory is the process's peak). The best of several runs counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

RUNS = 3

CHILD = """
import json, resource, sys, time
from hotspot.importers.registry import importers, load
importers()
begin = time.perf_counter()
profile = load(sys.argv[1])
seconds = time.perf_counter() - begin
kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, kilobytes, profile.provenance.format, len(profile.samples), profile.stack_count]))
"""


def grep_seconds(path: Path) -> float:
    """Return the best time of grep over the file.

    Its exit code 1 means that no line matched and is fine. With standard output at /dev/null it would stop at the
    first match, so a pipe reads the count.
    """
    best = float("inf")
    for _ in range(RUNS):
        begin = time.perf_counter()
        subprocess.run(
            ["grep", "-c", "^$", str(path)],
            env={**os.environ, "LC_ALL": "C"},
            stdout=subprocess.PIPE,
            check=False,
        )
        best = min(best, time.perf_counter() - begin)
    return best


def main() -> None:
    """Print a Markdown table."""
    print("| file | format | size | rows | stacks | MB/s | x grep | peak memory |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name in sys.argv[1:]:
        path = Path(name)
        megabytes = path.stat().st_size / 1e6
        grep = grep_seconds(path)
        results = [
            json.loads(
                subprocess.run([sys.executable, "-c", CHILD, name], capture_output=True, check=True).stdout
            )
            for _ in range(RUNS)
        ]
        seconds, kilobytes, format_name, rows, stacks = min(results)
        print(
            f"| `{path.name}` | {format_name} | {megabytes:.0f} MB | {rows:,} | {stacks:,} | {megabytes / seconds:.0f} "
            f"| {seconds / grep:.1f} | {kilobytes / 1024:.0f} MB |"
        )


main()
