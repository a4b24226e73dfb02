"""The ``samples`` and ``stackFrames`` of a trace: sampled stacks, as the Hermes profiler of React Native writes them.

A sample lasts until the next one of its thread, as in speedscope; the last one, which has no next, gets no time.
"""

from __future__ import annotations

import re
from array import array

import msgspec
import numpy as np

from hotspot.builder import FrameTable, ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.importers._js_frames import file_of_url, function_name
from hotspot.importers._web_columns import until_next
from hotspot.importers._web_json import decode_row, malformed
from hotspot.importers.chrome_trace.file import Trace
from hotspot.importers.chrome_trace.scan import BadNumber, Threads, nanoseconds
from hotspot.importers.chrome_trace.shapes import Sample, StackFrame
from hotspot.profile import Loss, LossKind

# Hermes packs where a function is into its name.
_LOCATED = re.compile(r"(.*)\((.+):(\d{1,9}):\d{1,9}\)", re.DOTALL)


def add_samples(builder: ProfileBuilder, path: str, trace: Trace, threads: Threads) -> list[Loss]:
    """Add all samples, each with its count and how long it lasts, and return what was lost.

    Raises:
        MalformedProfile: naming the sample or the stack frame that is wrong.
    """
    handle_of = _add_stacks(builder, path, trace.stack_frames)
    no_stack = -1
    handles, times, of_thread = array("q"), array("q"), array("q")
    weighed = 0
    decoder = msgspec.json.Decoder(Sample)
    for index, raw in enumerate(trace.samples):
        try:
            sample = decode_row(decoder, raw)
            times.append(nanoseconds(sample.ts))
        except BadNumber as error:
            raise MalformedProfile(path, f"samples[{index}].ts: {error}") from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise malformed(path, error, 0, f"samples[{index}]") from error
        if sample.sf is None:
            if no_stack < 0:
                no_stack = int(builder.add_stacks([], [0, 0])[0])
            handle = no_stack
        else:
            found = handle_of.get(str(sample.sf))
            if found is None:
                raise MalformedProfile(path, f"samples[{index}].sf: there is no stack frame {sample.sf}")
            handle = found
        handles.append(handle)
        of_thread.append(threads.row(sample.pid, sample.tid))
        weighed += sample.weight not in (None, 1, "1")
    _add_by_thread(builder, handles, times, of_thread)
    if not weighed:
        return []
    return [
        Loss(LossKind.DROPPED, f"samples with a weight other than 1: {weighed:,}; it is not kept", weighed)
    ]


def _add_by_thread(
    builder: ProfileBuilder, handles: array[int], times: array[int], threads: array[int]
) -> None:
    time, thread = np.frombuffer(times, dtype=np.int64), np.frombuffer(threads, dtype=np.int64)
    order = np.lexsort((time, thread))
    time, thread = time[order], thread[order]
    lasts = until_next(time)
    lasts[np.flatnonzero(np.diff(thread))] = 0  # the last one of each thread
    weight = np.stack([np.ones(len(time), dtype=np.int64), lasts], axis=1)
    builder.add_samples(np.frombuffer(handles, dtype=np.int64)[order], weight, time, thread)


def _add_stacks(builder: ProfileBuilder, path: str, stack_frames: dict[str, StackFrame]) -> dict[str, int]:
    """Add every stack frame as a node, each after its parent, and return their handles."""
    nodes: dict[str, int] = {}
    parents: list[int] = []
    frames: list[int] = []
    first = builder.handle_count
    for start in stack_frames:
        chain: list[str] = []
        on_chain: set[str] = set()
        id: str | None = start
        while id is not None and id not in nodes:
            if id in on_chain:
                raise MalformedProfile(path, f"stackFrames.{id}: it is its own ancestor")
            frame = stack_frames.get(id)
            if frame is None:
                raise MalformedProfile(path, f"stackFrames.{chain[-1]}.parent: there is no stack frame {id}")
            chain.append(id)
            on_chain.add(id)
            id = None if frame.parent is None else str(frame.parent)
        for id in reversed(chain):
            parent = stack_frames[id].parent
            nodes[id] = first + len(parents)
            parents.append(-1 if parent is None else nodes[str(parent)])
            frames.append(_intern(builder.frames, stack_frames[id].name))
    builder.add_nodes(np.array(parents, dtype=np.int32), np.array(frames, dtype=np.int32))
    return nodes


def _intern(frames: FrameTable, name: str) -> int:
    located = _LOCATED.fullmatch(name)
    if located is None:
        return frames.intern(name or "(unnamed)")
    file, line = file_of_url(located[2]), int(located[3])
    return frames.intern(function_name(located[1], file, line), file, line)
