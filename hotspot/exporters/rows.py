"""All functions of a profile as rows: JSON (the object of ``hotspot top -n 0 -f json``), CSV and Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hotspot.analysis.rank import rank
from hotspot.profile import Profile
from hotspot.tabular import csv_text, markdown_row


def write_json(profile: Profile) -> Iterator[bytes]:
    """Yield the contract's ``hotspot.top/1`` object with every function."""
    document = rank(profile, n=0).to_dict()
    yield (json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def write_csv(profile: Profile) -> Iterator[bytes]:
    """Yield the rows as CSV with the JSON's keys as header."""
    yield csv_text(rank(profile, n=0).to_dict()["rows"]).encode("utf-8", "backslashreplace")


def write_markdown(profile: Profile) -> Iterator[bytes]:
    """Yield the rows as a GitHub Markdown table."""
    rows = rank(profile, n=0).to_dict()["rows"]
    header = ("rank", "function", "file", "line", "module", "self", "self_share", "total", "total_share")
    lines = [markdown_row(header), "|" + "---|" * len(header)]
    lines += [markdown_row(["" if row[key] is None else str(row[key]) for key in header]) for row in rows]
    yield ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
