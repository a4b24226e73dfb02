"""Scan an async-profiler flame graph page: one call of a JavaScript function a frame, in depth-first order.

Two syntaxes. Pages of 2.x have ``f(level, left, width, type, 'title')``. Pages since 3.0 have a pool of titles, in
which the first character of each says how much of the one before it shares (less 32), and three functions that leave
out what repeats::

    f(key, level, left, width)    left is relative to the frame before; key is title * 8 + type
    u(key, width)                 one level above the frame before, at the same left
    n(key, width)                 right of the frame before, on the same level

A width that is left out is that of the frame before. Three more numbers may follow: how much of the width was
inlined, compiled by C1 and interpreted. In a differential page ``d=12`` or ``d=U`` says by how much the own weight
of the frames that follow changed; U is new. Source: async-profiler's src/res/flame.html and
src/converter/one/convert/FlameGraph.java.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hotspot.errors import MalformedProfile
from hotspot.profile import Kind

_POOLED = re.compile(r"([fun])\((\d{1,18}(?:,\d{1,18}){0,6})\)")
_PLAIN = re.compile(
    r"f\((\d{1,18}),(\d{1,18}),(\d{1,18}),(\d{1,18}),'((?:[^'\\]|\\.)*)'((?:,\d{1,18}){0,3})\)"
)
_DELTA = re.compile(r"d=(U|-?\d{1,18})")
_POOL_LINE = re.compile(r"'((?:[^'\\]|\\.)*)',?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_COLOUR = re.compile(r"^\s*\[0x([0-9a-f]{6}),", re.MULTILINE)
_FLAG = re.compile(r"\b(?:let|var) (reverse|inverted) = (true|false)")
_DIFFERENTIAL = re.compile(r"\bmaxdiff = (-?\d+)")

# Types are places in the page's palette, which has changed between versions; its colours have not.
_KIND_OF_COLOUR = {
    "b2e1b2": Kind.USER,  # interpreted
    "50e150": Kind.JIT,  # compiled
    "cce880": Kind.JIT,  # compiled by C1
    "50cccc": Kind.INLINED,
    "50bebe": Kind.INLINED,
    "e15a5a": Kind.USER,  # native
    "c8c83c": Kind.USER,  # C++
    "e17d00": Kind.KERNEL,
}


@dataclass
class Page:
    """What a page says; the columns have one entry a frame, depth-first, the root first.

    Attributes:
        heading: the page's heading, such as ``CPU profile``.
        flag: ``reverse`` or ``inverted`` where the page sets that one, else empty.
        kinds: kind of each frame type.
        differential: whether ``delta`` means anything.
        titles: texts that ``title`` refers to.
        level: 0 for the root.
        left: where a frame begins, in the unit of the weights.
        width: weight of a frame and all above it.
        type: place in ``kinds``.
        delta: change of a frame's own weight against the base; None where the base has no such frame.
        line: 1-based line in the page.
        own_weight_first: whether a frame's own weight lies left of its first child, and nowhere else.
        has_details: whether some frame says how much of it was inlined, interpreted or compiled by C1.
    """

    heading: str
    flag: str
    kinds: list[Kind]
    differential: bool
    titles: list[str] = field(default_factory=list)
    level: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    width: list[int] = field(default_factory=list)
    type: list[int] = field(default_factory=list)
    title: list[int] = field(default_factory=list)
    delta: list[int | None] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    own_weight_first: bool = False
    has_details: bool = False


def scan(text: str, path: str) -> Page:
    """Scan a page.

    Raises:
        MalformedProfile: a call or the pool cannot be read, or the page ends early.
    """
    heading = _HEADING.search(text)
    flag = _FLAG.search(text)
    differential = _DIFFERENTIAL.search(text)
    colours: list[str] = _COLOUR.findall(text)
    page = Page(
        heading=heading[1].strip() if heading else "",
        flag=flag[1] if flag and flag[2] == "true" else "",
        kinds=[_KIND_OF_COLOUR.get(colour, Kind.USER) for colour in colours],
        differential=bool(differential) and int(differential[1]) >= 0 if differential else False,
    )
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.startswith("const cpool = [")), -1)
    if start >= 0:
        page.own_weight_first = True
        end = _scan_pool(lines, start + 1, page, path)
        _scan_pooled(lines, end, page, path)
    else:
        _scan_plain(lines, page, path)
    if page.level and not any("</script>" in line for line in lines[page.line[-1] :]):
        raise MalformedProfile(path, "the page ends early: its script is not closed", line=len(lines))
    return page


def _scan_pool(lines: list[str], start: int, page: Page, path: str) -> int:
    before = ""
    for i in range(start, len(lines)):
        line = lines[i].rstrip("\r")
        if line.startswith("]"):
            return i + 1
        found = _POOL_LINE.fullmatch(line)
        if found is None:
            if not line.strip():
                continue
            raise MalformedProfile(path, f"not a title of the pool: {line:.40}", line=i + 1)
        packed = _ESCAPED.sub(r"\1", found[1])
        if page.titles:
            shared = ord(packed[0]) - 32 if packed else -1
            if not 0 <= shared <= len(before):
                raise MalformedProfile(path, "a title shares more than the one before it has", line=i + 1)
            packed = before[:shared] + packed[1:]
        page.titles.append(before := packed)
    raise MalformedProfile(path, "the page ends in its pool of titles", line=len(lines))


def _scan_pooled(lines: list[str], start: int, page: Page, path: str) -> None:
    level, left, width = 0, 0, 0
    delta: int | None = 0
    for i in range(start, len(lines)):
        line = lines[i].rstrip("\r")
        if line.startswith(("search(", "render(", "</script>")):
            break
        if changed := _DELTA.fullmatch(line):
            delta = None if changed[1] == "U" else int(changed[1])
            continue
        found = _POOLED.fullmatch(line)
        if found is None:
            if line.strip() in ("", "unpack(cpool);"):
                continue
            raise MalformedProfile(path, f"not a frame: {line:.40}", line=i + 1)
        numbers = [int(number) for number in found[2].split(",")]
        rest = numbers[1:]
        if found[1] == "f":
            if len(rest) < 2:
                raise MalformedProfile(path, "a frame without a level or a left", line=i + 1)
            level, left, rest = rest[0], left + rest[1], rest[2:]
        elif found[1] == "u":
            level += 1
        else:
            left += width
        width = (rest[0] if rest else 0) or width
        if numbers[0] >> 3 >= len(page.titles):
            raise MalformedProfile(path, f"title {numbers[0] >> 3} is not in the pool", line=i + 1)
        page.has_details |= any(rest[1:])
        _add(page, level, left, width, numbers[0] & 7, numbers[0] >> 3, delta, i + 1)


def _scan_plain(lines: list[str], page: Page, path: str) -> None:
    ids: dict[str, int] = {}
    for i, raw in enumerate(lines):
        if not raw.startswith("f("):
            continue
        found = _PLAIN.fullmatch(raw.rstrip("\r"))
        if found is None:
            raise MalformedProfile(path, f"not a frame: {raw:.40}", line=i + 1)
        title = _ESCAPED.sub(r"\1", found[5])
        page.has_details |= any(found[6].replace(",", "").replace("0", ""))
        level, left, width, type_ = (int(found[group]) for group in (1, 2, 3, 4))
        _add(page, level, left, width, type_, ids.setdefault(title, len(ids)), 0, i + 1)
    page.titles = list(ids)


def _add(
    page: Page, level: int, left: int, width: int, type_: int, title: int, delta: int | None, line: int
) -> None:
    page.level.append(level)
    page.left.append(left)
    page.width.append(width)
    page.type.append(type_)
    page.title.append(title)
    page.delta.append(delta)
    page.line.append(line)
