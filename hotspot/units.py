"""Value types: what a weight measures, in which unit, and how a person reads it.

A value type is pprof's pair ``type/unit`` (``samples/count``, ``cpu/nanoseconds``, ``alloc_space/bytes``).
Weights are int64. A source with fractions is scaled once, at import, by a power of ten kept here, so that
sums stay exact; whatever leaves hotspot is divided by it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# How many of the base unit one of this unit is. Base units: nanoseconds, bytes.
_TIME = {"nanoseconds": 1, "microseconds": 10**3, "milliseconds": 10**6, "seconds": 10**9}
_MEMORY = {"bytes": 1, "kilobytes": 1 << 10, "megabytes": 1 << 20, "gigabytes": 1 << 30}

_ALIASES = {
    "ns": "nanoseconds", "nsec": "nanoseconds", "nsecs": "nanoseconds", "nanosecond": "nanoseconds",
    "us": "microseconds", "µs": "microseconds", "usec": "microseconds", "usecs": "microseconds",
    "microsecond": "microseconds",
    "ms": "milliseconds", "msec": "milliseconds", "msecs": "milliseconds", "millisecond": "milliseconds",
    "s": "seconds", "sec": "seconds", "secs": "seconds", "second": "seconds",
    "b": "bytes", "byte": "bytes", "kb": "kilobytes", "kib": "kilobytes", "kilobyte": "kilobytes",
    "mb": "megabytes", "mib": "megabytes", "megabyte": "megabytes",
    "gb": "gigabytes", "gib": "gigabytes", "gigabyte": "gigabytes",
    "counts": "count",
}  # fmt: skip


def canonical_unit(unit: str) -> str:
    """Return the spelling hotspot keeps for a unit (``ms`` becomes ``milliseconds``); unknown units are kept."""
    lowered = unit.strip().lower()
    return _ALIASES.get(lowered, lowered)


@dataclass(frozen=True)
class ValueType:
    """What one column of weights measures.

    Attributes:
        type: what is counted: ``samples``, ``cpu``, ``cycles``, ``alloc_space``...
        unit: ``count``, ``nanoseconds``, ``bytes``...
        scale: a power of ten; a stored weight divided by it is a number in ``unit``.
    """

    type: str
    unit: str
    scale: int = 1

    def __str__(self) -> str:
        """Return ``type/unit``, the name ``--value-type`` takes."""
        return f"{self.type}/{self.unit}"

    def to_dict(self) -> dict[str, str]:
        """Return the contract's JSON form."""
        return {"type": self.type, "unit": self.unit}

    @property
    def is_time(self) -> bool:
        """Whether the weights are a duration."""
        return self.unit in _TIME

    @property
    def is_memory(self) -> bool:
        """Whether the weights are a size in memory."""
        return self.unit in _MEMORY

    @property
    def counts_samples(self) -> bool:
        """Whether a weight is a number of samples (and so may feed a test of counts)."""
        return self.unit == "count" and (self.type == "samples" or self.type.endswith("/samples"))

    @property
    def base_units(self) -> int | None:
        """How many nanoseconds or bytes one unit is; None where it is neither a time nor a size."""
        return _TIME.get(self.unit) or _MEMORY.get(self.unit)

    def number(self, weight: int) -> int | float:
        """Return a stored weight in the unit: an int where whole, else the nearest float."""
        quotient, remainder = divmod(int(weight), self.scale)
        return quotient if remainder == 0 else int(weight) / self.scale

    def exact(self, weight: int) -> str:
        """Return a stored weight in the unit as an exact decimal text (``1.250`` prints as ``1.25``)."""
        if self.scale == 1:
            return str(int(weight))
        text = f"{Decimal(int(weight)) / self.scale:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def nanoseconds(self, weight: int) -> int | None:
        """Return a stored weight as nanoseconds, or None where it is not a time."""
        factor = _TIME.get(self.unit)
        return None if factor is None else int(weight) * factor // self.scale

    def human(self, weight: int) -> str:
        """Return a stored weight for a person: ``4.21 s``, ``1.2 MB``, ``4,213``."""
        weight = int(weight)
        if self.unit in _TIME:
            return human_duration(weight * _TIME[self.unit] / self.scale)
        if self.unit in _MEMORY:
            return human_bytes(weight * _MEMORY[self.unit] / self.scale)
        value = self.number(weight)
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
        return text if self.unit == "count" else f"{text} {self.unit}"


def human_duration(nanoseconds: float) -> str:
    """Return a duration with three significant digits and a fitting unit."""
    for factor, symbol in ((10**9, "s"), (10**6, "ms"), (10**3, "us")):
        if abs(nanoseconds) >= factor * 0.9995:
            return f"{_three_digits(nanoseconds / factor)} {symbol}"
    return f"{nanoseconds:.0f} ns"


def human_seconds(seconds: float) -> str:
    """Return a benchmark's time, three significant digits also below a nanosecond."""
    nanoseconds = seconds * 1e9
    return human_duration(nanoseconds) if abs(nanoseconds) >= 999.5 else f"{nanoseconds:.3g} ns"


def human_bytes(size: float) -> str:
    """Return a size in binary multiples, as pprof prints it."""
    for factor, symbol in ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if abs(size) >= factor:
            return f"{_three_digits(size / factor)} {symbol}"
    return f"{size:.0f} B"


def _three_digits(value: float) -> str:
    magnitude = abs(value)
    decimals = 2 if magnitude < 9.995 else 1 if magnitude < 99.95 else 0
    return f"{value:,.{decimals}f}"


def human_share(share: float) -> str:
    """Return a share (0 to 1) as a percentage: ``31.4%``; tiny ones that are not zero read ``<0.1%``."""
    if 0 < abs(share) < 0.0005:
        return "<0.1%"
    return f"{share * 100:.1f}%"
