"""HTML of reports: the templates of `assets/`, in which every text is escaped, and tables for notebooks."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from hotspot.report.page import Folded, Part, Picture
from hotspot.report.table import Report, Table

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment() -> Environment:
    """Return jinja2's environment, made when it is first needed."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["kind_of"] = kind_of
    return made


def kind_of(part: Part) -> str:
    """Return how a part is written down; a table whose first column has no title is a list of facts."""
    if isinstance(part, Table):
        return "table" if part.columns[0].title else "facts"
    if isinstance(part, Picture):
        return "picture"
    return "folded" if isinstance(part, Folded) else "line"


def fragment(report: Report) -> str:
    """Return a report as a piece of HTML for somebody else's page, such as a notebook's output."""
    return environment().get_template("fragment.html.jinja").render(parts=report.parts)


def asset(name: str) -> str:
    """Return the text of one of the files in `assets/`."""
    return files("hotspot.report").joinpath(f"assets/{name}").read_text(encoding="utf-8")
