"""Texts of others, made fit for one line of Markdown."""

from __future__ import annotations


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
    return joined.strip().removesuffix(";").replace("<!--", "< !--")


def as_code(text: str) -> str:
    """Return a text as code, which Markdown leaves alone."""
    return f"`{text.replace('`', chr(39))}`"
