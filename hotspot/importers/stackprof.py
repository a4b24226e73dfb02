"""stackprof (Ruby) raw JSON: ``frames`` by address and ``raw``, an array of ``length, frame..., count``.

Source: stackprof's README ("raw") and lib/stackprof/report.rb. Without ``raw`` (``stackprof`` run with ``raw: false``)
the file holds a call graph: ``samples`` and ``edges`` of each frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._call_graph import APPROXIMATE, CallGraph, add_call_graph
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Int64, Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("stackprof", "stackprof (Ruby) JSON", (".stackprof.json",))

# mode -> what `interval` and deltas are
_TIMES = {"cpu": "cpu", "wall": "wall"}


def detect(head: Head) -> Match:
    """A JSON object with stackprof's own keys."""
    text = head.text.lstrip()
    if text.startswith("{") and '"gc_samples"' in text and '"mode"' in text:
        return Match.YES
    return Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read samples; in cpu and wall mode also time."""
    import msgspec

    try:
        document: Any = msgspec.json.decode(source.read())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedProfile(source.path, f"not valid JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("frames"), dict):
        raise MalformedProfile(source.path, "no table of frames")
    if not document["frames"]:
        raise EmptyProfile(source.path, "no sample in this file")
    mode = str(document.get("mode", ""))
    types = [ValueType("samples", "count")]
    if mode in _TIMES:
        types.append(ValueType(_TIMES[mode], "microseconds"))
    elif mode == "object":
        types = [ValueType("allocations", "count")]
    builder = ProfileBuilder(tuple(types))
    ids = {address: _frame(builder, address, row, source.path) for address, row in document["frames"].items()}
    losses = []
    missed = document.get("missed_samples")
    if isinstance(missed, int) and missed > 0:
        losses.append(Loss(LossKind.DROPPED, f"stackprof missed {missed:,} samples", missed))
    if document.get("raw"):
        _add_raw(builder, document, ids, source.path)
    else:
        _add_graph(builder, document, ids, source.path)
        losses.append(Loss(LossKind.APPROXIMATE, APPROXIMATE))
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format=INFO.name,
        producer=f"stackprof {document.get('version', '')}".strip(),
        losses=tuple(losses),
    )
    return [builder.build(provenance, selected=len(types) - 1)]


def _frame(builder: ProfileBuilder, address: str, row: Any, path: str) -> int:
    if not isinstance(row, dict):
        raise MalformedProfile(path, f"frames.{address} is not an object")
    name, file, line = row.get("name"), row.get("file"), row.get("line")
    return builder.frames.intern(
        str(name) if name else "[unknown]",
        str(file) if file else "",
        line if isinstance(line, int) and line > 0 else 0,
    )


def _add_raw(builder: ProfileBuilder, document: dict[str, Any], ids: dict[str, int], path: str) -> None:
    try:
        raw = np.array(document["raw"], dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedProfile(path, "raw is not an array of whole numbers") from error
    if raw.ndim != 1:
        raise MalformedProfile(path, "raw is not a flat array")
    known = {int(address): frame for address, frame in ids.items() if address.lstrip("-").isdecimal()}
    flat: list[int] = []
    offsets, counts = [0], []
    at, values = 0, raw.tolist()
    while at < len(values):
        length = values[at]
        end = at + 1 + length
        if length < 0 or end >= len(values):
            raise MalformedProfile(path, f"raw[{at}]: a stack of {length} frames does not fit")
        for address in values[at + 1 : end]:
            if address not in known:
                raise MalformedProfile(path, f"raw: frame {address} is not in the table")
            flat.append(known[address])
        offsets.append(len(flat))
        counts.append(values[end])
        at = end + 1
    weight = np.array(counts, dtype=np.int64).reshape(-1, 1)
    if len(builder.value_types) == 2:
        weight = np.concatenate([weight, _times(document, weight[:, 0], path).reshape(-1, 1)], axis=1)
    builder.add_samples(builder.add_stacks(flat, offsets), weight)


def _times(document: dict[str, Any], counts: Int64, path: str) -> Int64:
    """Microseconds of each raw entry, which stands for ``count`` samples in a row.

    The deltas are wall-clock time between samples; in cpu mode a sample stands for the interval.
    """
    deltas = document.get("raw_timestamp_deltas")
    if not deltas or document.get("mode") != "wall":
        return counts * _interval(document, path)
    try:
        each = np.array(deltas, dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedProfile(path, "raw_timestamp_deltas is not an array of whole numbers") from error
    if each.ndim != 1 or len(each) != int(counts.sum()) or (counts <= 0).any():
        raise MalformedProfile(path, f"{each.size} time deltas for {int(counts.sum())} samples")
    starts = np.cumsum(counts) - counts
    return np.add.reduceat(each, starts).astype(np.int64)


def _interval(document: dict[str, Any], path: str) -> int:
    interval = document.get("interval")
    if not isinstance(interval, int) or not 0 < interval < 2**31:
        raise MalformedProfile(path, f"interval {interval!r} is not a number of microseconds")
    return interval


def _add_graph(builder: ProfileBuilder, document: dict[str, Any], ids: dict[str, int], path: str) -> None:
    addresses = list(ids)
    index = {address: i for i, address in enumerate(addresses)}
    rows = [document["frames"][address] for address in addresses]
    own = [_count(row, "samples", path) for row in rows]
    inclusive = [float(_count(row, "total_samples", path)) for row in rows]
    edges = {
        (index[address], index[callee]): float(weight)
        for address, row in zip(addresses, rows, strict=True)
        for callee, weight in (row.get("edges") or {}).items()
        if callee in index and isinstance(weight, int | float)
    }
    columns = [own]
    if len(builder.value_types) == 2:
        interval = _interval(document, path)
        columns.append([count * interval for count in own])
    add_call_graph(builder, CallGraph([ids[a] for a in addresses], columns, inclusive, edges))


def _count(row: dict[str, Any], key: str, path: str) -> int:
    value = row.get(key, 0)
    if not isinstance(value, int) or not 0 <= value < 2**53:
        raise MalformedProfile(path, f"{key} {value!r} is not a number of samples")
    return value
