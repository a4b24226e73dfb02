"""CPU profiles inside traces: ``Profile`` and ``ProfileChunk`` events of Chrome 67 and later, ``CpuProfile`` before."""

from __future__ import annotations

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.importers._v8_shapes import Node
from hotspot.importers._v8_tree import V8Faults, add_timed_samples, add_tree, fitted_times, flat_nodes
from hotspot.importers._web_columns import MICROSECOND, running, scaled
from hotspot.importers.chrome_trace.scan import ProfilePieces, Scanned, Threads
from hotspot.profile import Int64, Loss


def add_profiles(builder: ProfileBuilder, path: str, scanned: Scanned, threads: Threads) -> list[Loss]:
    """Add the samples of every CPU profile, each on its thread, and return what was lost.

    Raises:
        MalformedProfile: a tree of nodes contradicts itself.
    """
    faults = V8Faults(orphans=scanned.orphans)
    for pieces in scanned.profiles:
        _add_profile(builder, path, pieces, threads, faults)
    return faults.losses()


def _add_profile(
    builder: ProfileBuilder, path: str, pieces: ProfilePieces, threads: Threads, faults: V8Faults
) -> None:
    nodes: list[Node] = []
    samples: list[Int64] = []
    deltas: list[Int64] = []
    start: int | float = pieces.start
    for _, at, part in pieces.chunks:
        profile = part.cpu_profile
        given = part.time_deltas
        if profile is not None:
            nodes += profile.nodes or ()
            samples.append(np.array(profile.samples or (), dtype=np.int64))
            given = profile.time_deltas if given is None else given
            start = start or profile.start_time or 0
        deltas.append(scaled(path, given or (), MICROSECOND, f"{at}.timeDeltas"))
    ids = np.concatenate(samples) if samples else np.zeros(0, dtype=np.int64)
    if not len(ids):
        return
    at = f"{pieces.at}.cpuProfile.nodes" if len(pieces.chunks) == 1 else f"{pieces.at}, nodes of its chunks"
    rows = flat_nodes(path, nodes, at, complete=False)
    faults.add_nodes(rows)
    tree = add_tree(builder, path, rows, at)
    begin = int(scaled(path, [start], MICROSECOND, f"{pieces.at}.startTime")[0])
    times = running(path, begin, np.concatenate(deltas), f"{pieces.at}, timeDeltas")
    of_sample = tree.rows(ids)
    faults.lost += int(np.count_nonzero(of_sample < 0))
    thread = threads.row(pieces.pid, pieces.tid)
    add_timed_samples(builder, tree, of_sample, fitted_times(times, len(ids), begin, faults), thread)
