"""Tables, and the four ways a report leaves hotspot: terminal, plain text, Markdown, CSV.

A `Report` is lines of text and tables in reading order. Cells hold finished text; shares carry their number
as well, so that a terminal can draw bars.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from hotspot.tabular import markdown_row, markdown_text
from hotspot.text import printable, readable

_MAX_CELL = 200


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        title: its heading.
        align: of its cells.
        grow: whether it takes up or gives up width.
        bar: whether its cells are shares that get a bar.
        spare: 0, or which columns a terminal does without that is too narrow for all; the largest number goes first.
    """

    title: str
    align: Literal["left", "right"] = "left"
    grow: bool = False
    bar: bool = False
    spare: int = 0


@dataclass(frozen=True)
class Cell:
    """Text, with what a medium may make of it.

    Attributes:
        share: 0 to 1, for a bar.
        tone: for a colour: ``worse``, ``better``, ``quiet``, ``strong``.
        number: what a page sorts the cell by, where the text does not sort as it reads.
        fit: writes the text in that many columns of a terminal; by default it is cut at its end.
    """

    text: str
    share: float | None = None
    tone: str | None = None
    number: float | None = None
    fit: Callable[[int], str] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Heading(Cell):
    """A line that begins a section; ``level`` is Markdown's, and deeper ones are underlined with dashes."""

    level: int = 2

    @property
    def underline(self) -> str:
        """What plain text sets below it."""
        return ("=" if self.level <= 2 else "-") * _width(self.text)


@dataclass(frozen=True)
class Item(Cell):
    """An item of a list: its label, what there is to say of it, and the box before it.

    Attributes:
        detail: behind the label, may be empty.
        box: ``x`` ticked, a space not, ``?`` for a person to tick; None for an item without.
    """

    detail: str = ""
    box: Literal["x", " ", "?"] | None = None

    @property
    def line(self) -> str:
        """The item as plain text."""
        mark = "-" if self.box is None else f"[{self.box}]"
        return f"{mark} {self.text}: {self.detail}" if self.detail else f"{mark} {self.text}"

    @property
    def markdown(self) -> str:
        """The item as Markdown, which knows two kinds of boxes."""
        mark = "-" if self.box is None else "- [x]" if self.box == "x" else "- [ ]"
        detail = f" {markdown_text(self.detail)}" if self.detail else ""
        return f"{mark} **{markdown_text(self.text)}{':' if detail else ''}**{detail}"


@dataclass(frozen=True)
class Table:
    """Columns and rows of cells."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Report:
    """What a command says, in order: a str is a line of prose, a `Cell` one with a tone."""

    parts: tuple[str | Cell | Table, ...]


def clean(text: str) -> str:
    """Return text that cannot disturb a terminal: control and direction characters are escaped, length is bounded.

    Names come from profiles and may hold anything; those of Rust's legacy symbols are made readable.
    """
    text = printable(readable(text))
    if len(text) > _MAX_CELL:
        text = f"{text[: _MAX_CELL - 40]}...{text[-37:]}"
    return text


def clean_sentence(text: str) -> str:
    """Clean word by word: a sentence may be long, a name in it may not."""
    return " ".join(clean(word) for word in text.split(" "))


def plain(report: Report) -> str:
    """Render for pipes and files: aligned columns, no colours, no cutting."""
    out: list[str] = []
    for part in report.parts:
        if isinstance(part, Table):
            out.extend(_plain_table(part))
        elif isinstance(part, Heading):
            out += [part.text, part.underline]
        elif isinstance(part, Item):
            out.append(part.line)
        else:
            out.append(part.text if isinstance(part, Cell) else part)
    return "\n".join(line.rstrip() for line in out) + "\n"


def _plain_table(table: Table) -> list[str]:
    texts = [[column.title for column in table.columns]]
    texts += [[cell.text for cell in row] for row in table.rows]
    widths = _cell_widths(table)
    return [
        "  ".join(
            _padded(text, width, column.align)
            for text, width, column in zip(row, widths, table.columns, strict=True)
        )
        for row in texts
    ]


def _padded(text: str, width: int, align: str) -> str:
    space = " " * (width - _width(text))
    return space + text if align == "right" else text + space


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def markdown(report: Report) -> str:
    """Render as GitHub Markdown."""
    out: list[str] = []
    for part in report.parts:
        if isinstance(part, Table):
            out += [
                "",
                markdown_row([column.title for column in part.columns]),
                "|" + "|".join("---:" if c.align == "right" else "---" for c in part.columns) + "|",
            ]
            out += [markdown_row([cell.text for cell in row]) for row in part.rows]
            out.append("")
        elif isinstance(part, Heading):
            out += ["", f"{'#' * part.level} {markdown_text(part.text)}", ""]
        elif isinstance(part, Item):
            out.append(part.markdown)
        else:
            text = part.text if isinstance(part, Cell) else part
            out.append(markdown_text(text.strip()) + "  " if text.strip() else "")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip("\n") + "\n"


def terminal(report: Report, *, color: bool, width: int | None = None) -> str:
    """Render for a terminal: fits its width, bars for shares, colours where wanted."""
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console(
        file=io.StringIO(),
        force_terminal=color,
        no_color=not color,
        color_system="auto" if not color else "256",
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in report.parts:
        if not isinstance(part, Table):
            cell = part if isinstance(part, Cell) else Cell(part)
            text = cell.line if isinstance(cell, Item) else cell.text
            console.print(Text(text, style=_STYLES[cell.tone]), soft_wrap=False)
            if isinstance(cell, Heading):
                console.print(Text(cell.underline, style="dim"))
            continue
        part, left_out = _that_fits(part, console.width)
        table = RichTable(
            box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", expand=False
        )
        widths, bar = _fitting_widths(part, console.width)
        for column, column_width in zip(part.columns, widths, strict=True):
            table.add_column(
                column.title, justify=column.align, no_wrap=True, overflow="ellipsis", width=column_width
            )
            if column.bar:
                table.add_column("", no_wrap=True, width=bar)
        for row in part.rows:
            cells: list[Text] = []
            for column, column_width, cell in zip(part.columns, widths, row, strict=True):
                cells.append(Text(_fitted(cell, column_width), style=_STYLES[cell.tone]))
                if column.bar:
                    cells.append(Text(_bar(cell.share or 0.0, bar), style="red"))
            table.add_row(*cells)
        console.print(table)
        if left_out:
            text = f"no room for {', '.join(left_out)}: the terminal is narrow"
            console.print(Text(text, style=_STYLES["quiet"]))
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


_BAR, _SHORT_BAR = 12, 6
_GAP = 2
_NARROWEST, _NARROWEST_NAME = 12, 20  # what a growing column keeps, and the first of them


def _that_fits(table: Table, available: int) -> tuple[Table, list[str]]:
    """Return a table without the columns that a terminal has no room for, and the titles of these."""
    left_out: list[str] = []
    while any(column.spare for column in table.columns) and _least_width(table) > available:
        most = max(column.spare for column in table.columns)
        left_out += [column.title for column in table.columns if column.spare == most]
        kept = [i for i, column in enumerate(table.columns) if column.spare != most]
        table = Table(
            tuple(table.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in table.rows)
        )
    return table, left_out


def _least_width(table: Table) -> int:
    widths = _cell_widths(table)
    growing = [i for i, column in enumerate(table.columns) if column.grow]
    for i in growing:
        widths[i] = min(widths[i], _NARROWEST_NAME if i == growing[0] else _NARROWEST)
    bars = sum(column.bar for column in table.columns)
    return sum(widths) + (len(widths) - 1) * _GAP + bars * (_SHORT_BAR + _GAP)


def _cell_widths(table: Table) -> list[int]:
    texts = [[column.title for column in table.columns]]
    texts += [[cell.text for cell in row] for row in table.rows]
    return [max(_width(row[i]) for row in texts) for i in range(len(table.columns))]


def _fitting_widths(table: Table, available: int) -> tuple[list[int], int]:
    """Return the columns' widths and that of the bars.

    Columns are as wide as their cells; where a terminal is too narrow for that, bars become short and growing columns
    share what is left, the first of them, the name, getting twice as much as another. rich's own way takes the same from
    every column, whatever stands in it, and crops the line in the end.
    """
    widths = _cell_widths(table)
    bars = sum(column.bar for column in table.columns)
    for bar in (_BAR, _SHORT_BAR):
        left = available - bars * (bar + _GAP) - (len(widths) - 1) * _GAP
        left -= sum(width for width, column in zip(widths, table.columns, strict=True) if not column.grow)
        growing = [i for i, column in enumerate(table.columns) if column.grow]
        if sum(widths[i] for i in growing) <= left:
            return widths, bar
    parts = {i: 2 if i == growing[0] else 1 for i in growing}
    for i in sorted(growing, key=lambda i: widths[i] / parts[i]):
        widths[i] = min(widths[i], max(left * parts[i] // sum(parts.values()), _NARROWEST))
        left -= widths[i]
        del parts[i]
    return widths, bar


def _fitted(cell: Cell, width: int) -> str:
    return cell.text if cell.fit is None or _width(cell.text) <= width else cell.fit(width)


_STYLES = {
    None: "",
    "worse": "bold red",
    "better": "bold blue",
    "quiet": "dim",
    "strong": "bold",
}


def _bar(share: float, width: int) -> str:
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + ("" if rest == 0 else " ▏▎▍▌▋▊▉"[rest])
