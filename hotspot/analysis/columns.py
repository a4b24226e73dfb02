"""A profile as columns for a data frame: functions, call-tree nodes or samples."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from hotspot.profile import Int64, Kind, Profile

Rows = Literal["functions", "nodes", "samples"]


def columns(profile: Profile, rows: Rows = "functions") -> dict[str, Any]:
    """Return named columns of equal length, ready for ``pandas.DataFrame`` or ``polars.DataFrame``.

    | rows          | columns |
    |---------------|---------|
    | ``functions`` | function, file, line, module, self, self_share, total, total_share; hottest first |
    | ``nodes``     | node, parent (-1 root), depth, function, file, line, module, kind, self, total |
    | ``samples``   | leaf (a node), one column a value type, time (ns from the first sample), pid, tid, thread |

    Weights are in the unit of their value type: int64 where the scale is 1, else float64. What is not known is None
    in text columns and -1 in numbers (line 0).

    Raises:
        ValueError: ``rows`` is none of the three.
    """
    if rows == "functions":
        return _functions(profile)
    if rows == "nodes":
        return _nodes(profile)
    if rows == "samples":
        return _samples(profile)
    raise ValueError(f"rows must be functions, nodes or samples, not {rows!r}")


def _functions(profile: Profile) -> dict[str, Any]:
    from hotspot.analysis.rank import rank

    ranked = rank(profile, n=0).rows
    number = profile.value_type.number
    return {
        "function": [row.function for row in ranked],
        "file": [row.file for row in ranked],
        "line": np.array([row.line or 0 for row in ranked], dtype=np.int64),
        "module": [row.module for row in ranked],
        "self": np.array([number(row.self_weight) for row in ranked]),
        "self_share": np.array([row.self_share for row in ranked], dtype=np.float64),
        "total": np.array([number(row.total_weight) for row in ranked]),
        "total_share": np.array([row.total_share for row in ranked], dtype=np.float64),
    }


def _nodes(profile: Profile) -> dict[str, Any]:
    tree, frames = profile.call_tree, profile.frames
    texts = np.array([text or None for text in frames.strings], dtype=object)
    kinds = np.array([kind.name.lower() for kind in Kind], dtype=object)
    return {
        "node": np.arange(len(tree), dtype=np.int64),
        "parent": tree.parent.astype(np.int64),
        "depth": tree.depth.astype(np.int64),
        "function": texts[frames.name[tree.frame]].tolist(),
        "file": texts[frames.file[tree.frame]].tolist(),
        "line": frames.line[tree.frame].astype(np.int64),
        "module": texts[frames.module[tree.frame]].tolist(),
        "kind": kinds[frames.kind[tree.frame]].tolist(),
        "self": _in_unit(profile.node_self, profile.value_type.scale),
        "total": _in_unit(profile.node_total, profile.value_type.scale),
    }


def _samples(profile: Profile) -> dict[str, Any]:
    samples = profile.samples
    out: dict[str, Any] = {"leaf": samples.leaf.astype(np.int64)}
    for i, value_type in enumerate(profile.value_types):
        out[str(value_type)] = _in_unit(samples.weight[:, i], value_type.scale)
    if samples.time is not None:
        out["time"] = samples.time - samples.time.min(initial=2**63 - 1)
    if samples.thread is not None:
        known = [*profile.threads, None]
        out["pid"] = np.array([-1 if t is None or t.pid is None else t.pid for t in known])[samples.thread]
        out["tid"] = np.array([-1 if t is None or t.tid is None else t.tid for t in known])[samples.thread]
        out["thread"] = np.array([t.name if t else None for t in known], dtype=object)[
            samples.thread
        ].tolist()
    return out


def _in_unit(weight: Int64, scale: int) -> Any:
    return weight.copy() if scale == 1 else weight / scale
