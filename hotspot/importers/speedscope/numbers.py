"""JSON numbers as exact int64 columns: ``[0.5, 12, 0.25]`` is ``[50, 1200, 25]`` with scale 100.

A double is the nearest one to the decimal number that was written, which is therefore found again by rounding, as long
as there are doubles to spare. Else the numbers are read again as decimals, which takes four times as long.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from hotspot.profile import Int64

_FRACTION = re.compile(rb"\.(\d+)")
_ROOM = 2**62  # for the sum of all numbers; half of int64, so that a sum of rounded ones fits too
_MOST_DECIMALS = 18
_SAFE_DOUBLE = 2**51  # see `_from_doubles`
_EXACT = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, eq=False)
class Scaled:
    """A column of numbers.

    Attributes:
        values: numbers times ``scale``, int64[n].
        scale: a power of ten, the smallest that makes all whole.
        rounded: whether a number had more decimals than fit, and was rounded.
    """

    values: Int64
    scale: int
    rounded: bool = False


def read_numbers(text: bytes, decode: Callable[[type], Sequence[Any]]) -> Scaled:
    """Read numbers exactly where int64 can hold them and their sum, rounded to the most decimals it can hold elsewhere.

    Args:
        text: JSON that holds the numbers, and no text with digits after a dot.
        decode: reads them from it as the given type: int, float or Decimal.

    Raises:
        OverflowError: they do not fit even without decimals.
    """
    decimals = max(map(len, _FRACTION.findall(text)), default=0) if b"." in text else 0
    if decimals == 0:
        with contextlib.suppress(
            msgspec.ValidationError
        ):  # 1e5 is no int; what is no number fails again below
            return Scaled(np.array(decode(int), dtype=np.int64), 1)
    exact = _from_doubles(np.array(decode(float), dtype=np.float64), decimals)
    return _smallest(exact, 10**decimals) if exact is not None else _from_decimals(decode(Decimal))


def _from_doubles(numbers: npt.NDArray[np.float64], decimals: int) -> Int64 | None:
    """Find ``n`` again from the double nearest to ``n / 10**decimals``; None where that may fail.

    The double is off by at most a relative 2^-53, and its product with 10**decimals (a double itself up to 10^22) by
    another 2^-53: less than a half for ``n`` below 2^51. A number with an exponent may have more decimals than were
    counted; it does not come back by division, and is read as a decimal.
    """
    if decimals > _MOST_DECIMALS:
        return None
    scaled = numbers * 10.0**decimals
    if float(np.abs(scaled).max(initial=0)) >= _SAFE_DOUBLE or float(np.abs(scaled).sum()) >= _ROOM:
        return None
    whole = np.rint(scaled)
    return whole.astype(np.int64) if (whole / 10.0**decimals == numbers).all() else None


def _from_decimals(numbers: Sequence[Decimal]) -> Scaled:
    if not all(number.is_finite() for number in numbers):
        raise OverflowError("not a number")
    digits = max((number.adjusted() for number in numbers if number), default=0)
    if digits > _MOST_DECIMALS:
        raise OverflowError("number too large")
    wanted = max((-int(n.normalize(_EXACT).as_tuple().exponent) for n in numbers), default=0)
    decimals = min(max(wanted, 0), _MOST_DECIMALS)
    total = sum((abs(number) for number in numbers), Decimal())
    while decimals and total.scaleb(decimals, _EXACT) >= _ROOM:
        decimals -= 1
    if total >= _ROOM:
        raise OverflowError("numbers too large")
    whole = [int(n.scaleb(decimals, _EXACT).to_integral_value(ROUND_HALF_EVEN)) for n in numbers]
    values = np.array(whole, dtype=np.int64)
    return (
        _smallest(values, 10**decimals) if wanted <= decimals else Scaled(values, 10**decimals, rounded=True)
    )


def _smallest(values: Int64, scale: int) -> Scaled:
    while scale > 1 and not (values % 10).any():
        values, scale = values // 10, scale // 10
    return Scaled(values, scale)
