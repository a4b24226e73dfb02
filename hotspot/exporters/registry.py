"""Which formats hotspot writes, and which one a file name means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from hotspot.errors import UsageError
from hotspot.profile import Profile


@dataclass(frozen=True)
class Exporter:
    """A format that can be written; ``module`` has ``function(profile) -> bytes`` and is imported when needed."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    function: str = "render"

    def render(self, profile: Profile) -> bytes:
        """Return the profile in this format."""
        write: Callable[[Profile], bytes] = getattr(import_module(self.module), self.function)
        return write(profile)


EXPORTERS = (
    Exporter("folded", "Folded (collapsed) stacks", (".folded", ".collapsed"), "hotspot.exporters.folded"),
    Exporter("svg", "Flame graph SVG", (".svg",), "hotspot.exporters.svg"),
    Exporter(
        "json", "Rows of hotspot's own ranking, JSON", (".json",), "hotspot.exporters.rows", "render_json"
    ),
    Exporter("csv", "Rows of the ranking, CSV", (".csv",), "hotspot.exporters.rows", "render_csv"),
    Exporter(
        "markdown",
        "Rows of the ranking, Markdown",
        (".md", ".markdown"),
        "hotspot.exporters.rows",
        "render_markdown",
    ),
)


def exporter_named(name: str) -> Exporter:
    """Return the exporter of that name.

    Raises:
        UsageError: there is none.
    """
    for exporter in EXPORTERS:
        if exporter.name == name:
            return exporter
    known = ", ".join(exporter.name for exporter in EXPORTERS)
    raise UsageError(f"unknown output format {name!r} (known: {known})")


def exporter_for(path: str) -> Exporter:
    """Return the exporter whose suffix a path has, the longest suffix first.

    Raises:
        UsageError: no format has that suffix.
    """
    suffixes = [(suffix, exporter) for exporter in EXPORTERS for suffix in exporter.suffixes]
    for suffix, exporter in sorted(suffixes, key=lambda pair: -len(pair[0])):
        if path.lower().endswith(suffix):
            return exporter
    raise UsageError(f"{path}: the suffix tells no format", hint="name one with --to, see `hotspot formats`")
