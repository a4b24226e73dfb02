"""Units and names of profiles in speedscope files.

The format has no room for value types, so hotspot writes them into names, and reads its own names back:
``before: cpu/nanoseconds`` in a file that hotspot wrote is the profile ``before`` with the weights of
``cpu/nanoseconds``; the same stacks under several such names are one profile with several value types.
"""

from __future__ import annotations

from hotspot.units import ValueType, canonical_unit

UNITS = frozenset({"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"})
EXPORTER = "hotspot"


def unit_in_file(value_type: ValueType) -> str:
    """Return the unit that the format has for a value type: ``none`` for counts and whatever else it cannot name."""
    return value_type.unit if value_type.unit in UNITS else "none"


def profile_name(label: str, value_type: ValueType) -> str:
    """Name a profile that hotspot writes."""
    return f"{label}: {value_type}" if label else str(value_type)


def parse_name(name: str, unit: str) -> tuple[str, ValueType] | None:
    """Read label and value type from a name that hotspot wrote, or None where it is another name."""
    label, separator, text = name.rpartition(": ")
    kind, slash, measured_in = text.rpartition("/")
    value_type = ValueType(kind, measured_in)
    if not slash or not kind or unit_in_file(value_type) != unit:
        return None
    return (label if separator else ""), value_type


def value_type_of(unit: str, scale: int) -> ValueType:
    """Say what weights of a unit measure where only the unit is known."""
    if unit == "none":
        return ValueType("samples" if scale == 1 else "weights", "count", scale)
    value_type = ValueType("time", canonical_unit(unit), scale)
    if value_type.is_time:
        return value_type
    return ValueType("space" if value_type.is_memory else "weights", value_type.unit, scale)
