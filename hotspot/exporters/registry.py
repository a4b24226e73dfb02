"""Which exporters there are, and which one an output file gets.

An exporter is a module with one function, ``write(profile) -> Iterator[bytes]``: the file in pieces, so that a large
one need not fit in memory. To add one, write the module and add a row.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from hotspot.errors import UsageError
from hotspot.profile import Profile


@dataclass(frozen=True)
class Exporter:
    """One output format.

    Attributes:
        name: what ``--to`` takes.
        title: for `hotspot formats`.
        suffixes: of file names that get this format; the longest that fits wins.
        module: where the function is; imported when it is used.
        function: its name, for a module that writes several formats.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    function: str = "write"

    def write(self, profile: Profile) -> Iterator[bytes]:
        """Yield the profile in this format, piece by piece."""
        return cast(Iterator[bytes], getattr(import_module(self.module), self.function)(profile))


EXPORTERS = (
    Exporter("folded", "Folded (collapsed) stacks", (".folded", ".collapsed"), "hotspot.exporters.folded"),
    Exporter(
        "speedscope", "speedscope JSON", (".speedscope.json", ".speedscope"), "hotspot.exporters.speedscope"
    ),
    Exporter(
        "pprof", "pprof (gzipped protocol buffers)", (".pb.gz", ".pprof", ".pb"), "hotspot.exporters.pprof"
    ),
    Exporter("svg", "Flame graph SVG", (".svg",), "hotspot.exporters.svg"),
    Exporter("rows", "One row a function, JSON", (".rows.json",), "hotspot.exporters.rows", "write_json"),
    Exporter("csv", "One row a function, CSV", (".csv",), "hotspot.exporters.rows", "write_csv"),
    Exporter(
        "markdown",
        "One row a function, Markdown",
        (".md", ".markdown"),
        "hotspot.exporters.rows",
        "write_markdown",
    ),
    Exporter("json", "Everything about a profile, as JSON", (".json",), "hotspot.exporters.profile_json"),
)


def exporter_for(path: str, name: str | None = None) -> Exporter:
    """Return the exporter of that name, or without one, the exporter for a file name.

    Args:
        path: where the profile is to be written; ``-`` for standard output.
        name: of an exporter, instead of looking at the file name.

    Raises:
        UsageError: there is no such exporter, or the file name tells of none.
    """
    if name is not None:
        for exporter in EXPORTERS:
            if exporter.name == name:
                return exporter
        raise UsageError(f"unknown output format {name!r} (known: {_known()})")
    file = os.path.basename(path).lower()
    fitting = [(suffix, e) for e in EXPORTERS for suffix in e.suffixes if file.endswith(suffix)]
    if not fitting:
        raise UsageError(
            f"{path}: the file name does not tell the format", hint=f"name one with --to ({_known()})"
        )
    return max(fitting, key=lambda found: len(found[0]))[1]


def _known() -> str:
    return ", ".join(exporter.name for exporter in EXPORTERS)
