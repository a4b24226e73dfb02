"""What Austin's text and its binary MOJO files have in common: value types, threads, metadata."""

from __future__ import annotations

from collections.abc import Mapping

from hotspot.units import ValueType

FULL = (ValueType("wall", "microseconds"), ValueType("cpu", "microseconds"), ValueType("memory", "bytes"))


def value_types(mode: str, *, full: bool) -> tuple[ValueType, ...]:
    """Return what is measured: in full mode wall time, cpu time (samples that are not idle) and memory."""
    if full:
        return FULL
    return (ValueType("memory", "bytes") if mode == "memory" else ValueType(mode, "microseconds"),)


def duration_ns(metadata: Mapping[str, str]) -> int | None:
    """Return the ``duration`` of the metadata, which is in microseconds."""
    duration = metadata.get("duration", "")
    return int(duration) * 1000 if duration.isdecimal() and len(duration) < 18 else None


def producer(metadata: Mapping[str, str]) -> str:
    """Return the program and, where the metadata tells, its version."""
    return f"austin {metadata.get('austin', '')}".strip()
