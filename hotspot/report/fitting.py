"""Names and places in less room than they need: what tells one from another stays, what is alike everywhere goes.

A C++, Rust or Java name says least where it begins (namespaces, packages) and where it ends (arguments, a hash), so
cutting it off at the right end leaves the wrong half.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from hotspot.report.table import Cell, clean
from hotspot.text import printable, readable

LONGEST_LEAD = 60  # columns before a name where nothing else bounds them
_SHORTEST = 12  # columns that a name or a place beside something else is worth
_MORE = "\N{HORIZONTAL ELLIPSIS}"
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")
_ARGUMENTS = re.compile(r"(?<=[\w<>\]~=*+/-])\([^()]*(?:\([^()]*\)[^()]*)*\)(?= const$|$)")
_JVM_DESCRIPTOR = re.compile(r"(?<=[\w>$])\([BCDFIJSZL\[)][\w/;$\[]*\)?[\w/;$\[]*$")  # (Ljava/lang/String;I)V
_PATH = re.compile(r"(?:\w+::)+(?=\w)")
_OPERATOR = re.compile(r"operator\s*[<>=-]+|->")
_SEPARATOR = re.compile(r"::|\.\.|[./;]")


def name_cell(name: str, tone: str | None = None, *, after: str = "") -> Cell:
    """Return the cell of a function's name; ``after`` is a remark that goes first where there is no room for both."""
    return Cell(clean(name) + after, tone=tone, fit=partial(_fit_remark, printable(readable(name)), after))


def _fit_remark(name: str, after: str, width: int) -> str:
    left = width - len(after)
    return fit_name(name, left) + after if left >= _SHORTEST else fit_name(name, width)


def path_cell(path: str, tone: str | None = None) -> Cell:
    """Return the cell of a file, a ``file:line`` or a module."""
    return Cell(clean(path), tone=tone, fit=partial(fit_place, printable(path)))


def place_cell(place: str) -> Cell:
    """Return the cell that says where a function is, beside its name."""
    return path_cell(place, tone="quiet")


def name_and_place_cell(
    name: str, place: str = "", *, before: str | Callable[[int], str] = "", tone: str | None = None
) -> Cell:
    """Return the cell of a name with its place behind it.

    Args:
        name: of a function.
        place: where it is; empty where nobody knows.
        before: what stands before the name, or what writes that in at most so many columns.
        tone: of the cell.
    """
    lead = (lambda _: before) if isinstance(before, str) else before
    text = lead(LONGEST_LEAD) + clean(name) + (f"  {clean(place)}" if place else "")
    return Cell(text, tone=tone, fit=partial(_fit_both, lead, printable(name), printable(place)))


def _fit_both(lead: Callable[[int], str], name: str, place: str, width: int) -> str:
    """What stands before the name has at most half of the room, and the place what the name leaves."""
    before = lead(width // 2)
    name = fit_name(name, width - len(before))
    left = width - len(before) - len(name) - 2
    return before + name + (f"  {fit_place(place, left)}" if place and left >= _SHORTEST else "")


def fit_name(name: str, width: int) -> str:
    """Return a name in ``width`` characters: without its hash, arguments, template arguments, then outer scopes.

    >>> fit_name("void std::sort<It, Less<int> >(It, It, Less<int>)", 32)
    'void std::sort<It, Less<…> >(…)'
    """
    if len(name) <= width:
        return name
    for shorter in (_without_hash, _without_arguments, _without_inner_paths, _without_inner, _without_outer):
        name = shorter(name)
        if len(name) <= width:
            return name
    return _last_parts(name, width)


def fit_place(place: str, width: int) -> str:
    """Return a place in ``width`` characters: without the outer folders, then without the beginning of the file's name."""
    if len(place) <= width:
        return place
    for slash in re.finditer("/", place):
        if len(place) - slash.start() < width:
            return _MORE + place[slash.start() :]
    if "/" in place or re.search(r":\d+$", place):
        return _MORE + place[len(place) - width + 1 :]
    return place[: width - 1] + _MORE


def _without_hash(name: str) -> str:
    return _RUST_HASH.sub("", name)


def _without_arguments(name: str) -> str:
    arguments = _JVM_DESCRIPTOR if "/" in name.partition("(")[0] else _ARGUMENTS
    return arguments.sub(f"({_MORE})", name)


def _without_inner_paths(name: str) -> str:
    """``Map<core::ops::Range, a::F>`` becomes ``Map<Range, F>``."""
    return "".join(_PATH.sub("", text) if depth else text for text, depth in _by_depth(name))


def _without_inner(name: str) -> str:
    return _without_brackets(name, 2)


def _without_outer(name: str) -> str:
    return _without_brackets(name, 1)


def _without_brackets(name: str, deepest: int) -> str:
    """Leave out what stands in angle brackets that are nested as deep as this."""
    out: list[str] = []
    for text, depth in _by_depth(name):
        if depth < deepest:
            out.append(text)
        elif out and not out[-1].endswith(_MORE):
            out.append(_MORE)
    return "".join(out)


def _by_depth(name: str) -> list[tuple[str, int]]:
    """Cut a name at its angle brackets, which stay with the text outside; all of it is outside where they do not pair."""
    plain = _OPERATOR.sub(lambda found: "_" * len(found[0]), name)
    parts: list[tuple[str, int]] = []
    begin = depth = 0
    for at, character in enumerate(plain):
        if character == "<":
            parts.append((name[begin : at + 1], depth))
            begin, depth = at + 1, depth + 1
        elif character == ">":
            parts.append((name[begin:at], depth))
            begin, depth = at, depth - 1
            if depth < 0:
                return [(name, 0)]
    return [(name, 0)] if depth else [*parts, (name[begin:], 0)]


def _last_parts(name: str, width: int) -> str:
    """Return the end of a name from a separator on, or from anywhere where that would leave much room unused."""
    rest = next((len(name) - s.end() for s in _SEPARATOR.finditer(name) if len(name) - s.end() < width), 0)
    if rest == 0:  # one word is all there is, or longer than the room
        tail = width // 3
        return name[: width - tail - 1] + _MORE + name[len(name) - tail :]
    return _MORE + name[-(rest if rest > 0.7 * width else width - 1) :]
