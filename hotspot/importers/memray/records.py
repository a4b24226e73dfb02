"""Run by the memray importer as a program of its own: reads a capture with memray, writes its records as JSON.

memray's reader is native code that trusts its input; a damaged capture can end the process it runs in. So that is
never hotspot's. This file imports nothing of hotspot, which need not be importable where it runs.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any


def records(path: str) -> dict[str, Any]:
    """Return the allocations at the high-water mark as columns; stacks are root first."""
    frames: dict[tuple[str, str, int], int] = {}
    stacks: list[list[int]] = []
    weights: list[tuple[int, int]] = []
    threads: list[tuple[int, str]] = []
    with import_module("memray").FileReader(path) as reader:
        metadata = reader.metadata
        for record in reader.get_high_watermark_allocation_records(merge_threads=False):
            trace = record.hybrid_stack_trace() if metadata.has_native_traces else record.stack_trace()
            stacks.append([frames.setdefault(frame, len(frames)) for frame in reversed(trace)])
            weights.append((record.size, record.n_allocations))
            threads.append((record.tid, record.thread_name))
    return {
        "pid": metadata.pid,
        "seconds": (metadata.end_time - metadata.start_time).total_seconds(),
        "frames": list(frames),  # function, file, line
        "stacks": stacks,
        "weights": weights,  # bytes, allocations
        "threads": threads,  # number, name
    }


if __name__ == "__main__":
    try:
        json.dump(records(sys.argv[1]), sys.stdout)
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(str(error))
