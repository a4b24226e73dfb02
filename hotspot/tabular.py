"""Rows as CSV and as Markdown table lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Render rows with their keys as header; None is empty, lists are joined by spaces, nested objects are JSON."""
    buffer = io.StringIO()
    if rows:
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(rows[0].keys())
        for row in rows:
            writer.writerow([_csv_value(value) for value in row.values()])
    return buffer.getvalue()


def _csv_value(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple) and any(isinstance(v, dict) for v in value):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return " ".join(str(v) for v in value)
    return value


def markdown_row(cells: Sequence[str]) -> str:
    """Return one table line."""
    return "| " + " | ".join(markdown_text(cell) for cell in cells) + " |"


def markdown_text(text: str) -> str:
    """Escape what Markdown or HTML would interpret; line ends become spaces."""
    for character in "\\`*_{}[]<>|#~&":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.splitlines())
