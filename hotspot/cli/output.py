"""Where results go: a table for people, JSON, CSV or Markdown, to standard output or a file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.cli.messages import say
from hotspot.errors import UsageError
from hotspot.files import write_atomically
from hotspot.report.table import Report, markdown, plain, terminal
from hotspot.tabular import csv_text

FORMATS = ("table", "json", "csv", "markdown")


@dataclass(frozen=True)
class Output:
    """One destination and format."""

    format: str
    path: Path | None
    color: str

    @property
    def for_people(self) -> bool:
        """Whether a person reads it on a terminal or in a file, rather than a program."""
        return self.format in ("table", "markdown")

    def write(self, document: Mapping[str, Any], report: Report, rows: str | None = "rows") -> None:
        """Write a result.

        Args:
            document: the contract's JSON object.
            report: the same for people.
            rows: the key of ``document`` whose list of objects CSV prints; None where CSV makes no sense.
        """
        self.write_text(self._rendered(document, report, rows))

    def write_text(self, text: str) -> None:
        """Write finished text."""
        if self.path is not None:
            write_atomically(self.path, text.encode("utf-8", "backslashreplace"))
            return
        stream = sys.stdout
        try:
            stream.write(text)
        except UnicodeEncodeError:  # a terminal that is not UTF-8 still gets every character, escaped
            stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))

    def _rendered(self, document: Mapping[str, Any], report: Report, rows: str | None) -> str:
        if self.format == "json":
            # Where UTF-8 cannot be written, JSON has escapes of its own, as it has for file names that are no text.
            ascii_only = self.path is None and sys.stdout.encoding.lower().replace("-", "") != "utf8"
            text = json.dumps(document, ensure_ascii=ascii_only, allow_nan=False, indent=2) + "\n"
            return text.encode("utf-8", "backslashreplace").decode("utf-8")
        if self.format == "csv":
            if rows is None:
                raise UsageError("this command has no rows to print as CSV; use -f json")
            records: Sequence[Mapping[str, Any]] = document[rows]
            return csv_text(records)
        if self.format == "markdown":
            return markdown(report)
        return (
            terminal(report, color=self._colored())
            if self._on_terminal() or self._colored()
            else plain(report)
        )

    def _on_terminal(self) -> bool:
        return self.path is None and sys.stdout.isatty()

    def _colored(self) -> bool:
        if self.color == "always":
            return True
        return self.color == "auto" and self._on_terminal() and not os.environ.get("NO_COLOR")


def note(message: str) -> None:
    """Say something to the person at the terminal that is not part of the result."""
    say(message)
