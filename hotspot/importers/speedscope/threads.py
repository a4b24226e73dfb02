"""Several profiles of one file that are threads of one run: read as one profile, so that their time counts together.

speedscope shows one profile at a time, so exporters write one a thread and name it after it. Which are threads can be
told by nothing but that name (only Sentry adds an id): two profiles of other names may as well be two runs, and are never added up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hotspot.builder import FrameTable, ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.importers._js_frames import whole_number
from hotspot.profile import Int32, Int64, Profile, Provenance, Thread
from hotspot.units import ValueType

# Thread 12 "worker" · Process 3 Thread 12 "worker" (py-spy) · Thread (0x7f12) (dotnet-trace) · node tid: 12 ·
# Renderer (pid 3, tid 12) (speedscope itself) · thread 'main'
_THREAD = re.compile(r"\b(?:thread|tid)\b(?:\W{0,3}(?P<tid>0x[0-9a-f]{1,16}|\d{1,18})\b)?", re.IGNORECASE)
_PROCESS = re.compile(r"\b(?:process|pid)\W{0,3}(?P<pid>\d{1,18})\b", re.IGNORECASE)
_NAME = re.compile(r"\"(?P<name>.*)\"|'(?P<single>.+)'", re.DOTALL)
# austin2speedscope writes one a measure and thread: `Wall time profile for 3:0:12` is process, interpreter, thread.
_AUSTIN = re.compile(r"(?P<measure>.+) profile for (?P<pid>\d{1,18}):\d+:(?P<tid>\d{1,18})", re.DOTALL)

_MAX_WEIGHT = 2**63 - 1


@dataclass(frozen=True)
class ThreadLabel:
    """What a profile's name says about its thread: profiles that measure alike add up."""

    thread: Thread
    measure: str = ""


def parse_thread(label: str, thread_id: int | str | None = None) -> ThreadLabel | None:
    """Return the thread that a profile is of, by its id or its name, or None where neither tells."""
    if thread_id is not None:
        return ThreadLabel(Thread(None, whole_number(thread_id), label))
    if austin := _AUSTIN.fullmatch(label):
        pid, tid = int(austin["pid"]), int(austin["tid"])
        return ThreadLabel(Thread(pid, tid, f"thread {tid}"), austin["measure"])
    thread = _THREAD.search(label)
    if thread is None:
        return None
    process, name = _PROCESS.search(label), _NAME.search(label)
    quoted = (name["name"] or name["single"] or "") if name is not None else ""
    unquoted = _NAME.sub("", label).strip()
    pid_, tid_ = process and int(process["pid"]), thread["tid"] and int(thread["tid"], 0)
    return ThreadLabel(Thread(pid_ or None, tid_ or None, quoted or unquoted))


def join_threads(
    profiles: Sequence[Profile], threads: Sequence[Thread], provenance: Provenance, label: str
) -> Profile:
    """Add up profiles of one selected value type; a row of samples keeps which profile it is from.

    Value types that not all have are left out. Times are kept where all have them.

    Raises:
        MalformedProfile: the weights do not fit 63 bits in the scale that all share.
    """
    columns = _with_counts([_columns(profile) for profile in profiles])
    common = [name for name in columns[0] if all(name in column for column in columns)]
    value_types = tuple(
        max((column[name][0] for column in columns), key=lambda value_type: value_type.scale)
        for name in common
    )
    timed = all(profile.samples.time is not None for profile in profiles)
    builder = ProfileBuilder(value_types)
    for number, (profile, column) in enumerate(zip(profiles, columns, strict=True)):
        first = builder.handle_count
        tree = profile.call_tree
        builder.add_nodes(
            np.where(tree.parent < 0, -1, tree.parent + first), _interned(profile, builder.frames)[tree.frame]
        )
        weights = [
            _rescaled(*column[name], united, provenance.path)
            for name, united in zip(common, value_types, strict=True)
        ]
        builder.add_samples(
            profile.samples.leaf + np.int32(first),
            np.stack(weights, axis=1),
            profile.samples.time if timed else None,
            np.full(len(profile.samples), number, dtype=np.int32),
        )
    return builder.build(provenance, label=label, threads=tuple(threads))


_Columns = dict[str, tuple[ValueType, Int64]]


def _columns(profile: Profile) -> _Columns:
    weight = profile.samples.weight
    return {str(t): (t, weight[:, i]) for i, t in enumerate(profile.value_types)}


def _with_counts(columns: list[_Columns]) -> list[_Columns]:
    """Count the samples of a thread that has too few to tell a period, where the other threads tell it."""
    counted = next((column for column in columns if "samples/count" in column), None)
    if counted is None:
        return columns
    (name, (time, weight)), samples = next(iter(counted.items())), counted["samples/count"][0]
    if name == "samples/count":
        return columns
    whole = []
    for column in columns:
        value_type, values = column.get(name, (time, weight[:0]))
        same = all(int(v) * time.scale == int(weight[0]) * value_type.scale for v in np.unique(values))
        if "samples/count" not in column and same:
            column = {**column, "samples/count": (samples, np.ones(len(values), dtype=np.int64))}
        whole.append(column)
    return whole


def _rescaled(value_type: ValueType, weight: Int64, united: ValueType, path: str) -> Int64:
    factor = united.scale // value_type.scale
    if factor > 1 and int(np.abs(weight).max(initial=0)) * factor > _MAX_WEIGHT:
        raise MalformedProfile(path, f"the weights of {value_type} exceed 2^63 in the unit of other threads")
    return weight * factor


def _interned(profile: Profile, table: FrameTable) -> Int32:
    frames, text = profile.frames, profile.frames.strings
    columns = (frames.name, frames.file, frames.line, frames.module)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    ids = (table.intern(text[name], text[file], line, text[module]) for name, file, line, module in rows)
    return np.fromiter(ids, np.int32, len(frames))


def longest(profiles: Sequence[Profile]) -> Provenance:
    """Return the provenance of the profile that covers most time: threads run beside each other."""
    most = max(profiles, key=lambda profile: profile.provenance.duration_ns or 0)
    return replace(most.provenance, losses=())
