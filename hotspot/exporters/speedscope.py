"""speedscope's JSON: to look at a profile on https://www.speedscope.app or in an editor.

One sampled profile a value type, the selected one first, all with the same stacks; threads are drawn together.
Stacks come in order of time where the samples have one, else in the order of the call tree.

A frame there is a name, a file and a line. Its module and kind are not written, and names stay as they are. The
value type stands in the profile's name for people, and under the key ``hotspot``, which the schema allows, for
`hotspot.importers.speedscope`. Weights are exact decimal numbers (``0.01``), never rounded to a double; a viewer may
do that.

Source: ``file-format-schema.json`` of the npm package ``speedscope``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from hotspot import __version__
from hotspot.errors import UsageError
from hotspot.exporters.stack_paths import written_stacks
from hotspot.importers.speedscope.value_types import unit_in_file
from hotspot.profile import Int64, Profile
from hotspot.units import ValueType

_BYTES = {"kilobytes": 1 << 10, "megabytes": 1 << 20, "gigabytes": 1 << 30}


def write(profile: Profile) -> Iterator[bytes]:
    """Yield the file, a value type at a time.

    Raises:
        UsageError: a weight is negative (the profile is a difference), which the format does not allow; or they are
            too large for the unit that it has. Nothing was yielded then.
    """
    samples = profile.samples
    others = [column for column in range(len(profile.value_types)) if column != profile.selected]
    columns = [_column(profile, number) for number in (profile.selected, *others)]
    order = np.argsort(samples.leaf if samples.time is None else samples.time, kind="stable")
    frames, stack_of = _stacks(profile)
    stacks = b"[" + b"],[".join([stack_of[leaf] for leaf in samples.leaf[order].tolist()]) + b"]"
    head = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": f"hotspot@{__version__}",
        "name": _text(profile.label or profile.provenance.path or "profile"),
        "activeProfileIndex": 0,
    }
    yield msgspec.json.encode(head)[:-1]
    for number, column in enumerate(columns):
        yield b"," if number else b',"profiles":['
        yield _sampled(profile.label, column, b"[" + (stacks if len(order) else b"") + b"]", order)
    yield b'],"shared":{"frames":' + msgspec.json.encode(frames) + b"}}\n"


@dataclass(frozen=True, eq=False)
class _Column:
    """The weights of one value type.

    Attributes:
        value_type: in a unit that the format has.
        factor: what weights are to be multiplied with for it.
        weights: int64[rows].
        total: their sum, multiplied.
    """

    value_type: ValueType
    factor: int
    weights: Int64
    total: int


def _column(profile: Profile, number: int) -> _Column:
    value_type, weights = profile.value_types[number], profile.samples.weight[:, number]
    if int(weights.min(initial=0)) < 0:
        raise UsageError(
            f"speedscope has no negative weights, and {value_type} has some",
            hint="folded and pprof files hold differences",
        )
    factor = _BYTES.get(value_type.unit, 1)
    total = sum(weights.tolist()) * factor
    if total >= 2**63:
        raise UsageError(f"the weights of {value_type} are too large for speedscope in bytes")
    written = replace(value_type, unit="bytes") if factor > 1 else value_type
    return _Column(written, factor, weights, total)


def _sampled(label: str, column: _Column, stacks: bytes, order: Int64) -> bytes:
    value_type = column.value_type
    distinct, which = np.unique(column.weights[order], return_inverse=True)
    texts = [value_type.exact(weight * column.factor).encode() for weight in distinct.tolist()]
    return msgspec.json.encode(
        {
            "type": "sampled",
            "name": _text(f"{label}: {value_type}" if label else str(value_type)),
            "unit": unit_in_file(value_type),
            "startValue": 0,
            "endValue": msgspec.Raw(value_type.exact(column.total).encode()),
            "samples": msgspec.Raw(stacks),
            "weights": msgspec.Raw(b"[" + b",".join([texts[i] for i in which.reshape(-1).tolist()]) + b"]"),
            "hotspot": {
                "label": _text(label),
                "type": _text(value_type.type),
                "unit": _text(value_type.unit),
            },
        }
    )


def _stacks(profile: Profile) -> tuple[list[dict[str, str | int]], dict[int, bytes]]:
    """Return the file's frames, and for every node with samples its stack: frame numbers, root first."""
    tree = profile.call_tree
    number_of: dict[tuple[str, str, int], int] = {}
    used = np.unique(tree.frame).tolist()
    keys = {frame: _key(profile, frame) for frame in used}
    number = np.zeros(len(profile.frames), dtype=np.int32)
    for frame, key in keys.items():
        number[frame] = number_of.setdefault(key, len(number_of))
    leaf = np.unique(profile.samples.leaf)
    tokens = [b"%d," % i for i in range(len(number_of))]
    stacks = written_stacks(leaf, tree.parent, tree.depth + 1, number[tree.frame], tokens, root_first=True)
    stack_of = {node: stack[:-1] for node, stack in zip(leaf.tolist(), stacks, strict=True)}
    return [_frame(*key) for key in number_of], stack_of


def _key(profile: Profile, frame: int) -> tuple[str, str, int]:
    frames = profile.frames
    name, file = frames.strings[frames.name[frame]], frames.strings[frames.file[frame]]
    return _text(name), _text(file), int(frames.line[frame])


def _text(text: str) -> str:
    r"""Return a text that UTF-8 can hold: half a surrogate pair is written as ``\ud800``."""
    return text.encode("utf-8", "backslashreplace").decode()


def _frame(name: str, file: str, line: int) -> dict[str, str | int]:
    written: dict[str, str | int] = {"name": name}
    if file:
        written["file"] = file
    if line:
        written["line"] = line
    return written
