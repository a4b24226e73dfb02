"""Units of speedscope files, and the value types they stand for."""

from __future__ import annotations

from hotspot.units import ValueType, canonical_unit

_UNITS = frozenset({"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"})


def unit_in_file(value_type: ValueType) -> str:
    """Return the unit that the format has for a value type: ``none`` for counts and whatever else it cannot name."""
    return value_type.unit if value_type.unit in _UNITS else "none"


def value_type_of(unit: str, scale: int) -> ValueType:
    """Say what weights of a unit measure where only the unit is known."""
    if unit == "none":
        return ValueType("samples" if scale == 1 else "weights", "count", scale)
    value_type = ValueType("time", canonical_unit(unit), scale)
    if value_type.is_time:
        return value_type
    return ValueType("space" if value_type.is_memory else "weights", value_type.unit, scale)
