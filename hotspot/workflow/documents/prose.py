"""Texts of others, made fit for one line of Markdown: names of benchmarks and commits may hold anything."""

from __future__ import annotations

from hotspot.tabular import markdown_row
from hotspot.text import printable


def flat(text: str) -> str:
    """Return a text of several lines, or a list, as one line; comment marks made harmless."""
    items: list[str] = []
    for line in text.splitlines():
        if line.startswith("- ") or not items:
            items.append(line.removeprefix("- ").strip())
        else:
            items[-1] += f" {line.strip()}"
    kept = [item.strip() for item in items if item.strip()]
    joined = "".join(f"{item} " if item.endswith((":", ".")) else f"{item}; " for item in kept)
    return printable(joined.strip().removesuffix(";").replace("<!--", "< !--"))


def as_code(text: str) -> str:
    """Return a text as code, which Markdown leaves alone."""
    return f"`{printable(text).replace('`', chr(39))}`"


def table_row(*cells: str) -> str:
    """Return a line of a Markdown table."""
    return markdown_row([printable(cell) for cell in cells])
