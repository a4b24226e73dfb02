"""Draw stacks as async-profiler's flame graph pages, written from the format's description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Stack = tuple[tuple[str, int], ...]
PALETTE = ["b2e1b2", "50e150", "50cccc", "e15a5a", "c8c83c", "e17d00", "cce880"]


@dataclass
class _Node:
    title: str
    type: int
    path: tuple[str, ...]
    own: int = 0
    total: int = 0
    children: dict[tuple[str, int], _Node] = field(default_factory=dict)


def plain(
    stacks: Mapping[Stack, int],
    *,
    heading: str = "CPU profile",
    flag: str = "",
    palette: Sequence[str] = PALETTE,
) -> str:
    """Draw a page of 2.x: ``f(level, left, width, type, 'title')``."""
    calls: list[str] = []

    def draw(node: _Node, level: int, left: int) -> None:
        calls.append(f"f({level},{left},{node.total},{node.type},'{_escaped(node.title)}')")
        for child in node.children.values():
            draw(child, level + 1, left)
            left += child.total

    draw(_tree(stacks), 0, 0)
    head = _head(heading, palette, [f"var reverse = {str(flag == 'reverse').lower()};"])
    function = "\tfunction f(level, left, width, type, title, inln, c1, int) {}\n"
    return f"{head}{function}\n" + "\n".join(calls) + "\n\nsearch();\n</script></body></html>\n"


def pooled(
    stacks: Mapping[Stack, int],
    *,
    heading: str = "CPU profile",
    flag: str = "",
    minimum: int = 0,
    delta: Mapping[tuple[str, ...], int | None] | None = None,
) -> str:
    """Draw a page of 3.x or 4.x: a pool of titles, and calls that leave out what repeats.

    Args:
        stacks: weights of stacks of (title, type).
        heading: of the page.
        flag: ``reverse`` or ``inverted`` where that variable is to be true.
        minimum: frames with less weight are not drawn.
        delta: change of the own weight of the frames at these paths, None for new ones.
    """
    root = _tree(stacks)
    titles = sorted({title for stack in stacks for title, _ in stack})
    order = {title: i + 1 for i, title in enumerate(titles)}
    pool, before = ["'all'"], ""
    for i, title in enumerate(titles):
        shared = 0
        limit = min(len(before), len(title), 90)
        # What is shared is counted in UTF-16 units by JavaScript, so only ASCII counts.
        while i and shared < limit and before[shared] == title[shared] and title[shared] < "\x80":
            shared += 1
        pool.append("'" + _escaped(chr(shared + 32) + title[shared:]) + "'")
        before = title
    lines: list[str] = []
    last = (0, 0, 0)
    changed: int | None = 0

    def draw(node: _Node, level: int, left: int) -> None:
        nonlocal last, changed
        change = (delta or {}).get(node.path, 0)
        if change != changed:
            lines.append(f"d={'U' if change is None else change}")
            changed = change
        numbers = [(order[node.title] if level else 0) << 3 | node.type]
        name = "f"
        if (level, left) == (last[0] + 1, last[1]):
            name = "u"
        elif (level, left) == (last[0], last[1] + last[2]):
            name = "n"
        else:
            numbers += [level, left - last[1]]
        if node.total != last[2]:
            numbers.append(node.total)
        lines.append(f"{name}({','.join(map(str, numbers))})")
        last = (level, left, node.total)
        left += node.own
        for child in node.children.values():
            if child.total >= minimum:
                draw(child, level + 1, left)
            left += child.total

    if root.total:
        draw(root, 0, 0)
    name = "reverse" if flag == "reverse" else "inverted"
    head = _head(
        heading,
        PALETTE,
        [f"let {name} = {str(flag == name).lower()};", f"const maxdiff = {-1 if delta is None else 9};"],
    )
    function = "\tfunction f(key, level, left, width, inln, c1, int) {}\n\n\tfunction u(key, width, inln, c1, int) {\n\t\tf(key, level0 + 1, 0, width)\n\t}\n"
    return (
        f"{head}{function}\nconst cpool = [\n"
        + ",\n".join(pool)
        + "\n];\nunpack(cpool);\n\n"
        + "\n".join(lines)
        + "\n\nsearch();\n</script></body></html>\n"
    )


def _tree(stacks: Mapping[Stack, int]) -> _Node:
    root = _Node("all", 3, ())
    for stack, weight in stacks.items():
        node = root
        node.total += weight
        for key in stack:
            node = node.children.setdefault(key, _Node(*key, (*node.path, key[0])))
            node.total += weight
        node.own += weight
    return root


def _head(heading: str, palette: Sequence[str], variables: Sequence[str]) -> str:
    colours = "".join(f"\t\t[0x{colour}, 20, 20, 20],\n" for colour in palette)
    script = "".join(f"\t{variable}\n" for variable in variables)
    return (
        f"<!DOCTYPE html>\n<html lang='en'>\n<body>\n<h1>{heading}</h1>\n<script>\n{script}"
        f"\tconst palette = [\n{colours}\t];\n\n"
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
