"""A report as one HTML file: it opens from disk, asks for nothing, and shows every name as it is spelled."""

from __future__ import annotations

from hotspot.report import flamegraph
from hotspot.report.flame_svg import still
from hotspot.report.html import asset, environment
from hotspot.report.page import Page, Picture


def page_html(page: Page, *, static: bool = False) -> bytes:
    """Return the file.

    Args:
        page: what it says.
        static: draw still pictures, which need no plotly: a small file, with nothing to zoom.
    """
    drawings = 0

    def picture(drawn: Picture) -> str:
        nonlocal drawings
        drawings += 1
        if static:
            return still(drawn.flame, drawings)
        return flamegraph.section(drawn.flame.pruned(flamegraph.CARRIED))

    scripts = (asset("report.js"), *(() if static else flamegraph.script()))
    text = (
        environment()
        .get_template("report.html.jinja")
        .render(
            page=page,
            picture=picture,
            policy=flamegraph.security_policy(scripts),
            style=flamegraph.style() + asset("report.css"),
            scripts=scripts,
        )
    )
    return text.encode("utf-8", "backslashreplace")
