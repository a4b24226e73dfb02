"""A report as one HTML file: it opens from disk, asks for nothing, and shows every name as it is spelled."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from hotspot.report import flamegraph
from hotspot.report.flame_svg import still
from hotspot.report.page import Folded, Page, Picture
from hotspot.report.table import Table


def page_html(page: Page, *, static: bool = False) -> bytes:
    """Return the file.

    Args:
        page: what it says.
        static: draw still pictures, which need no plotly: a small file, with nothing to zoom.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    drawings = 0

    def picture(drawn: Picture) -> str:
        nonlocal drawings
        drawings += 1
        if static:
            return Markup(still(drawn.flame, drawings))
        return Markup(flamegraph.section(drawn.flame.pruned(flamegraph.CARRIED)))

    scripts = (_asset("report.js"), *(() if static else flamegraph.script()))
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(_asset("report.html.jinja"))
    text = template.render(
        page=page,
        kind_of=_kind_of,
        picture=picture,
        policy=flamegraph.security_policy(scripts),
        style=Markup(flamegraph.style() + _asset("report.css")),
        scripts=[Markup(script) for script in scripts],
    )
    return text.encode("utf-8", "backslashreplace")


def _kind_of(part: Any) -> str:
    if isinstance(part, Table):
        return "table" if any(column.title for column in part.columns[:1]) else "facts"
    if isinstance(part, Picture):
        return "picture"
    return "folded" if isinstance(part, Folded) else "line"


def _asset(name: str) -> str:
    return files("hotspot.report").joinpath(f"assets/{name}").read_text(encoding="utf-8")
