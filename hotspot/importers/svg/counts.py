r"""Reading names and counts out of frame labels such as ``main (1,234 samples, 56.78%)``.

What tools write after the name, all in one pair of parentheses at the end::

    12 samples, 3.40%                      the usual form; the unit is free text (flamegraph.pl --countname)
    12 samples                             smaller tools; without a share only samples are taken for a count
    12 samples, 3.40%; +1.20%              differential: the change of this stack as a share of all samples
    -39 sample weight, 45 samples, 14.71%  differential of 2011: the change as a count
    all (2,893 samples, 100%)              the row below the roots, a device of the drawing and not a frame

Counts keep every digit: a decimal fraction becomes an integer through a power of ten (`ValueType.scale`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hotspot.errors import MalformedProfile
from hotspot.importers.svg.scan import unescape
from hotspot.units import ValueType, canonical_unit

SYNTHETIC = frozenset({"all", "all samples"})

# The count is looked for in the end of a label only, so a label of any length costs the same.
_TAIL = 400
_NUMBER = r"\d(?:[\d.,'’ \u00a0\u202f\u2009]*\d)?(?:[eE][+-]?\d{1,3})?"
_COUNT = re.compile(
    rf"(?P<head>.*)\((?:(?P<weight>[+-]?\d+) sample weight, )?"
    rf"(?P<count>{_NUMBER})(?:\s|\\xa0)*(?:(?P<bare>samples?)|(?P<unit>(?:[^\d\s,%].*?)?), "
    r"<?(?P<share>\d+(?:[.,]\d+)?)\s?%(?:; (?P<delta>[+-]?\d+(?:\.\d+)?)\s?%)?)\)\s*",
    re.DOTALL,
)
_SHARE_ONLY = re.compile(r"\(?\d+(?:\.\d+)?\s?%\)?\s*$")
_PLAIN = re.compile(r"\d+|\d{1,3}(?:,\d{3})+")
_SPACES = re.compile(r"['’ \u00a0\u202f\u2009]")
_MAX_TOTAL = 2**62


@dataclass(frozen=True)
class Label:
    """A label taken apart; texts as written, None where the label has no such part."""

    name: str
    count: str | None = None
    unit: str = ""
    share: str = ""
    delta_share: str | None = None
    weight: str | None = None


@dataclass(frozen=True)
class Counts:
    """Counts of one drawing as integers.

    Attributes:
        count: of each distinct label, in units of ``value_type`` divided by its scale; None where the label has none.
        value_type: what they measure.
        unit_text: the unit as the drawing spells it.
        rounded: whether digits had to be dropped for the sum to fit.
    """

    count: list[int | None]
    value_type: ValueType
    unit_text: str
    rounded: bool = False


def parse_label(text: str) -> Label:
    """Take a label apart; without a count it is a name as a whole."""
    text = unescape(text)
    if text[:1] in ("\n", "\r"):
        text = text.strip()  # laid out by a tool that saved the file again
    cut = max(0, len(text) - _TAIL)
    found = _COUNT.fullmatch(text, cut)
    if found is None:
        return Label(text.strip())
    name = text[:cut] + found["head"]
    return Label(
        name.removesuffix(" "),
        found["count"],
        found["bare"] or found["unit"].strip(),
        found["share"] or "",
        found["delta"],
        found["weight"],
    )


def has_share_only(text: str) -> bool:
    """Whether a label tells a share and no count (``main 12.5%``)."""
    return _SHARE_ONLY.search(unescape(text)[-_TAIL:]) is not None


def read_counts(labels: Sequence[Label], path: str) -> Counts:
    """Turn the counts of all labels, of which at least one has a count, into integers of one value type.

    Raises:
        MalformedProfile: labels measure different things.
    """
    unit, factors = _one_unit({label.unit for label in labels if label.count is not None}, path)
    kind = value_type(unit)
    texts = [label.count for label in labels if label.count is not None]
    if set(factors.values()) == {1} and all(map(_PLAIN.fullmatch, texts)):
        whole = [None if label.count is None else int(label.count.replace(",", "")) for label in labels]
        return Counts(whole, kind, unit)
    integral = kind.counts_samples or kind.unit == "bytes"
    mark = _decimal_mark([_SPACES.sub("", text) for text in texts], integral)
    numbers = [
        None if label.count is None else _decimal(label.count, mark) * factors[label.unit] for label in labels
    ]
    return _scaled(numbers, kind, unit)


def value_type(unit: str) -> ValueType:
    """Return the value type that a drawing's unit stands for."""
    lowered = unit.lower().replace("\u03bc", "\u00b5")  # Greek mu, the micro sign's twin
    if lowered in ("sample", "samples"):
        return ValueType("samples", "count")
    known = ValueType("time", canonical_unit(lowered))
    if known.is_time:
        return known
    if known.is_memory:
        return ValueType("space", known.unit)
    return ValueType(lowered or "count", "count")


def exact_deltas(labels: Sequence[Label], total: int) -> list[int] | None:
    """Return the differences behind the percentages of a differential drawing, or None where they are not exact.

    A percentage with two decimals stands for one whole number only while a sample is at least 0.01% of the total.
    That the differences are whole is verified: each percentage must be the rounding of one.
    """
    if not 0 < total < 10_000:
        return None
    deltas: list[int] = []
    for label in labels:
        share = Decimal(label.delta_share or "0.00")
        delta = round(share * total / 100)
        if share.as_tuple().exponent != -2 or abs(share * total - 100 * delta) * 200 > total:
            return None
        deltas.append(delta)
    return deltas


def _one_unit(units: set[str], path: str) -> tuple[str, dict[str, int]]:
    """Return the unit to keep and how many of it one of each unit is."""
    if len(units) == 1:
        only = next(iter(units))
        return only, {only: 1}
    kinds = {unit: value_type(unit) for unit in units}
    if all(kind.is_time for kind in kinds.values()):  # 1.2 s beside 300 ms
        size = {unit: kind.nanoseconds(1) or 1 for unit, kind in kinds.items()}
        finest = min(units, key=lambda unit: (size[unit], unit))
        return finest, {unit: size[unit] // size[finest] for unit in units}
    if len({unit.lower().removesuffix("s") for unit in units}) == 1:  # 1 sample beside 2 samples
        return max(units, key=lambda unit: (len(unit), unit)), dict.fromkeys(units, 1)
    names = ", ".join(repr(unit) for unit in sorted(units)[:4])
    raise MalformedProfile(path, f"frames of one drawing are counted in different units: {names}")


def _decimal_mark(texts: list[str], integral: bool) -> str:
    """Say which of ``.`` and ``,`` begins the decimals in these numbers; empty where neither does."""
    dots, commas = any("." in t for t in texts), any("," in t for t in texts)
    if dots and commas:
        both = next((t for t in texts if "." in t and "," in t), "1,000.0")
        return "." if both.rindex(".") > both.rindex(",") else ","
    if not dots and not commas:
        return ""
    mark = "." if dots else ","
    marked = [t for t in texts if mark in t]
    grouped = re.compile(rf"[1-9]\d{{0,2}}(?:\{mark}\d{{3}})+")
    if not all(map(grouped.fullmatch, marked)):
        return mark
    # Every number fits both readings. A comma separates thousands, as flamegraph.pl writes it; so does a dot
    # in counts of whole things, or where it comes twice in a number, or where only small numbers have none.
    if mark == "," or integral or any(t.count(mark) > 1 for t in marked):
        return ""
    plain = [t for t in texts if mark not in t]
    return "" if plain and all(len(t) <= 3 for t in plain) else mark


def _decimal(text: str, mark: str) -> Decimal:
    text = _SPACES.sub("", text)
    for other in ".,":
        if other != mark:
            text = text.replace(other, "")
    return Decimal(text.replace(",", "."))


def _scaled(numbers: Iterable[Decimal | None], kind: ValueType, unit: str) -> Counts:
    numbers = list(numbers)
    known = [n for n in numbers if n is not None]
    digits = max((-int(n.as_tuple().exponent) for n in known), default=0)
    digits = max(digits, 0)
    bound = int(max(known)) + 1
    rounded = False
    while digits and bound * 10**digits > _MAX_TOTAL:
        digits -= 1
        rounded = True
    scale = 10**digits
    counts = [None if n is None else round(n * scale) for n in numbers]
    return Counts(counts, ValueType(kind.type, kind.unit, scale), unit, rounded)
