"""What a report holds: sections of prose, tables, pictures and texts; `page_html` and `page_markdown` write it down."""

from __future__ import annotations

from dataclasses import dataclass

from hotspot.analysis.flame import Flame
from hotspot.report.table import Cell, Table


@dataclass(frozen=True)
class Picture:
    """A graph, which only a page can show."""

    flame: Flame


@dataclass(frozen=True)
class Folded:
    """A long text behind its heading, which only a page has room for."""

    heading: str
    text: str


Part = str | Cell | Table | Picture | Folded


@dataclass(frozen=True)
class Section:
    """Some parts under a heading.

    Attributes:
        name: one word, for links.
        brief: parts to show instead where room is short, in a comment on a pull request.
    """

    name: str
    heading: str
    parts: tuple[Part, ...]
    brief: tuple[str | Cell | Table, ...] | None = None


@dataclass(frozen=True)
class Page:
    """A whole report.

    Attributes:
        title: what was measured.
        verdict: a word or two, and its tone; None for one profile, of which there is nothing to judge.
        sentence: the one to read if no other.
        sections: in reading order.
    """

    title: str
    verdict: Cell | None
    sentence: str
    sections: tuple[Section, ...]
