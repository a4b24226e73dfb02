"""A whole profile as one JSON object: everything hotspot knows of it, column by column.

    {"schema": "hotspot.profile/1",
     "profile": {"label", "path", "format", ...},              as in every other JSON
     "value_types": [{"type", "unit"}],
     "threads": [{"pid", "tid", "name"}],
     "losses": [{"kind", "text", "amount"}],
     "frames": [{"function", "file", "line", "module", "kind"}],
     "nodes": {"frame": [...], "parent": [...]},               depth-first; parent -1 for a root
     "samples": {"node": [...], "weights": [[...], ...],       one list of weights a value type
                 "time_ns": [...] | null, "thread": [...] | null}}

Weights are numbers in the unit of their value type, integers where whole. What is not known is null; a sample's
thread is then -1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from hotspot.profile import Kind, Profile
from hotspot.units import ValueType

SCHEMA = "hotspot.profile/1"
_PIECE = 1 << 14


def write(profile: Profile) -> Iterator[bytes]:
    """Yield the JSON text, some ten thousand values at a time."""
    samples, tree = profile.samples, profile.call_tree
    head = {
        "schema": SCHEMA,
        "profile": profile.to_dict(),
        "value_types": [value_type.to_dict() for value_type in profile.value_types],
        "threads": [{"pid": t.pid, "tid": t.tid, "name": t.name} for t in profile.threads],
        "losses": [
            {"kind": str(loss.kind), "text": loss.text, "amount": loss.amount}
            for loss in profile.provenance.losses
        ],
    }
    yield _text(head)[:-1].encode()
    yield b', "frames": '
    yield from _array(_frames(profile))
    yield b', "nodes": {"frame": '
    yield from _array(tree.frame.tolist())
    yield b', "parent": '
    yield from _array(tree.parent.tolist())
    yield b'}, "samples": {"node": '
    yield from _array(samples.leaf.tolist())
    for column, value_type in enumerate(profile.value_types):
        yield b', "weights": [' if column == 0 else b", "
        yield from _array(_numbers(samples.weight[:, column].tolist(), value_type))
    yield b'], "time_ns": '
    yield from [b"null"] if samples.time is None else _array(samples.time.tolist())
    yield b', "thread": '
    yield from [b"null"] if samples.thread is None else _array(samples.thread.tolist())
    yield b"}}\n"


def _frames(profile: Profile) -> Iterator[dict[str, Any]]:
    frames, text = profile.frames, profile.frames.strings
    columns = (frames.name, frames.file, frames.line, frames.module, frames.kind)
    for name, file, line, module, kind in zip(*(column.tolist() for column in columns), strict=True):
        yield {
            "function": text[name] or None,
            "file": text[file] or None,
            "line": line or None,
            "module": text[module] or None,
            "kind": Kind(kind).name.lower(),
        }


def _numbers(weights: list[int], value_type: ValueType) -> Iterable[int | float]:
    return weights if value_type.scale == 1 else map(value_type.number, weights)


def _array(values: Iterable[Any]) -> Iterator[bytes]:
    """Yield a JSON array in pieces."""
    yield b"["
    piece: list[Any] = []
    separator = b""
    for value in values:
        piece.append(value)
        if len(piece) == _PIECE:
            yield separator + _text(piece)[1:-1].encode()
            piece, separator = [], b", "
    if piece:
        yield separator + _text(piece)[1:-1].encode()
    yield b"]"


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
