from __future__ import annotations

from decimal import Decimal

import pytest
from hotspot.units import ValueType, canonical_unit, human_bytes, human_duration, human_share
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import SETTINGS


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ms", "milliseconds"),
        ("µs", "microseconds"),
        (" Seconds ", "seconds"),
        ("counts", "count"),
        ("KiB", "kilobytes"),
        ("objects", "objects"),
    ],
)
def test_units_have_one_spelling(written: str, kept: str) -> None:
    assert canonical_unit(written) == kept


@pytest.mark.parametrize(
    ("weight", "scale", "text", "number"),
    [
        (5, 1, "5", 5),
        (-5, 1, "-5", -5),
        (1250, 1000, "1.25", 1.25),
        (2000, 1000, "2", 2),
        (-1, 1000, "-0.001", -0.001),
        (100, 10, "10", 10),
        (0, 1000, "0", 0),
        (2**63 - 1, 1, "9223372036854775807", 2**63 - 1),
        (2**63 - 1, 1000, "9223372036854775.807", 9223372036854775.807),
        (1, 10**18, "0.000000000000000001", 1e-18),
    ],
)
def test_a_scaled_weight_is_written_exactly(weight: int, scale: int, text: str, number: float) -> None:
    value_type = ValueType("samples", "count", scale)
    assert value_type.exact(weight) == text
    assert value_type.number(weight) == number


@SETTINGS
@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 18))
def test_exact_text_is_the_weight_over_the_scale(weight: int, places: int) -> None:
    text = ValueType("samples", "count", 10**places).exact(weight)
    assert Decimal(text).scaleb(places) == weight
    assert "E" not in text.upper()


def test_a_whole_number_in_the_unit_is_an_int() -> None:
    number = ValueType("samples", "count", 10).number(20)
    assert number == 2
    assert isinstance(number, int)


@pytest.mark.parametrize(
    ("value_type", "counts"),
    [
        (ValueType("samples", "count"), True),
        (ValueType("cycles/samples", "count"), True),
        (ValueType("cycles", "count"), False),
        (ValueType("samples", "nanoseconds"), False),
    ],
)
def test_which_weights_are_numbers_of_samples(value_type: ValueType, counts: bool) -> None:
    assert value_type.counts_samples is counts


def test_durations_become_nanoseconds() -> None:
    assert ValueType("cpu", "milliseconds").nanoseconds(3) == 3_000_000
    assert ValueType("cpu", "microseconds", 10).nanoseconds(15) == 1500
    assert ValueType("samples", "count").nanoseconds(3) is None


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1000, "1.00 us"),
        (4.21e9, "4.21 s"),
        (12_345_678, "12.3 ms"),
        (-2e9, "-2.00 s"),
    ],
)
def test_durations_for_people(nanoseconds: float, text: str) -> None:
    assert human_duration(nanoseconds) == text


@pytest.mark.parametrize(("size", "text"), [(10, "10 B"), (1024, "1.00 kB"), (1.2 * (1 << 20), "1.20 MB")])
def test_sizes_for_people(size: float, text: str) -> None:
    assert human_bytes(size) == text


@pytest.mark.parametrize(
    ("weight", "value_type", "text"),
    [
        (4213, ValueType("samples", "count"), "4,213"),
        (15, ValueType("samples", "count", 10), "1.50"),
        (4210, ValueType("cpu", "milliseconds"), "4.21 s"),
        (2048, ValueType("space", "bytes"), "2.00 kB"),
        (7, ValueType("io", "pages"), "7 pages"),
    ],
)
def test_weights_for_people(weight: int, value_type: ValueType, text: str) -> None:
    assert value_type.human(weight) == text


@pytest.mark.parametrize(("share", "text"), [(0, "0.0%"), (0.314, "31.4%"), (0.0001, "<0.1%"), (1, "100.0%")])
def test_shares_for_people(share: float, text: str) -> None:
    assert human_share(share) == text
