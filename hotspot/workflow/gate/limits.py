"""Limits as people write them: ``10 ms``, ``50 MB``, ``5%``, ``3 of 4``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_TIME = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
# Binary multiples, as hotspot prints sizes and pprof does.
_SIZE = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: its value in seconds or bytes, and as it was written."""

    value: float
    kind: Literal["time", "size"]
    text: str


def limit_of(text: object) -> Limit | None:
    """Return the limit that a text names, or None where it names none."""
    match = (
        re.fullmatch(r"\s*(\d[\d_]*(?:\.\d+)?)\s*([A-Za-zµ]+)\s*", text) if isinstance(text, str) else None
    )
    if match is None:
        return None
    value, unit = float(match[1].replace("_", "")), match[2].lower()
    whole = " ".join(match[0].split())
    if unit in _TIME:
        return Limit(value * _TIME[unit], "time", whole)
    if unit in _SIZE:
        return Limit(value * _SIZE[unit], "size", whole)
    return None


def share_of(text: object) -> float | None:
    """Return the share that a text names (``5%`` is 0.05), or None."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text) if isinstance(text, str) else None
    return None if match is None else float(match[1]) / 100


def quorum_of(text: object) -> tuple[int, int] | None:
    """Return (3, 4) for ``3 of 4``, or None."""
    match = re.fullmatch(r"\s*(\d+)\s+of\s+(\d+)\s*", text) if isinstance(text, str) else None
    if match is None or not 0 < int(match[1]) <= int(match[2]):
        return None
    return int(match[1]), int(match[2])
