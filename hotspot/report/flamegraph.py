"""Flame graphs as self-contained HTML: a page of its own, or a section of another page.

A page needs three things, each once: `script` (plotly.js and ours), `style`, and for every graph a `section`, which
carries its columns. Nothing is fetched: `security_policy` forbids what a page might be made to ask for, and allows
exactly the scripts that hotspot put there.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hotspot.analysis.flame import Flame
from hotspot.plots.coloring import Category, Coloring, colorings, of_key
from hotspot.plots.figure import ROW, layout, trace
from hotspot.text import printable, readable, shortened
from hotspot.units import ValueType

CARRIED = 100_000
"""Nodes that travel in a page at most."""

Orientation = Literal["icicle", "flame"]

_LONGEST_NAME = 1_000
_MATCH = Category("matches the search", "#e88bf0", "#8d1fa0")


def page(
    flame: Flame, about: str, *, color_by: str | None = None, orientation: Orientation = "icicle"
) -> bytes:
    """Return a page with one graph.

    Args:
        flame: what to draw, `Flame.pruned` to `CARRIED` nodes.
        about: one line below the title: what was measured.
        color_by: key of the colouring to begin with; the most telling one where None.
        orientation: ``icicle``, the root on top, or ``flame``, the root at the bottom.
    """
    title = escape(shortened(printable(flame.title), 200))
    kind = "Differential flame graph" if flame.is_difference else "Flame graph"
    scripts = script()
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{security_policy(scripts)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{title}</title>\n<style>\n{style()}</style>\n</head>\n<body>\n",
            f'<h1 dir="auto">{kind}: {title}</h1>\n<p class="about" dir="auto">{escape(printable(about))}</p>\n',
            section(flame, color_by=color_by, orientation=orientation),
            *(f"<script>{text}</script>\n" for text in scripts),
            "</body>\n</html>\n",
        ]
    ).encode("utf-8", "backslashreplace")


def section(flame: Flame, *, color_by: str | None = None, orientation: Orientation = "icicle") -> str:
    """Return the HTML of one graph: controls, a place to draw, and its columns."""
    notes = "".join(f"<li>{escape(printable(note))}</li>" for note in flame.notes)
    widths = " Widths are both sides added up." if flame.is_difference else ""
    return f"""<section class="flamegraph" data-orientation="{orientation}">
<div class="controls">
<label>search <input class="search" type="search" placeholder="word or /regex/" spellcheck="false"></label>
<button class="back" type="button" disabled>Back</button>
<button class="reset" type="button" disabled>Reset zoom</button>
<label>colours <select class="colors"></select></label>
<label>root <select class="orientation"><option value="icicle">on top (icicle)</option>\
<option value="flame">at the bottom (flame)</option></select></label>
<span class="matched" role="status"></span>
</div>
<ul class="legend" aria-label="colours"></ul>
<p class="details" aria-live="polite">Point at a frame; click it to zoom.{widths}</p>
<span class="zoomed"></span>
<div class="plot" tabindex="0" role="application" aria-label="flame graph: arrow keys move, Enter zooms"></div>
<p class="drawn" role="status">Drawing&hellip;</p>
<ul class="notes">{notes}</ul>
<p class="keys">Keys in the graph: <kbd>arrows</kbd> move, <kbd>Enter</kbd> zooms, <kbd>Backspace</kbd> goes back, \
<kbd>Esc</kbd> resets, <kbd>/</kbd> searches.</p>
<noscript><p>This graph is drawn by a script, which this browser does not run.</p></noscript>
<script type="text/plain" class="columns">{_packed(flame, color_by)}</script>
</section>
"""


def script() -> tuple[str, ...]:
    """Return the scripts of a page with graphs, in the order they run; they go after the last section."""
    plotly = files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")
    return plotly, _asset("flamegraph.js")


def style() -> str:
    """Return the style sheet of a page with graphs."""
    return _asset("flamegraph.css")


def security_policy(scripts: Sequence[str]) -> str:
    """Return a content security policy: no network at all, and no script but these."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _asset(name: str) -> str:
    return files("hotspot.report").joinpath(f"assets/{name}").read_text(encoding="utf-8")


# -- columns --------------------------------------------------------------------------------------


def _packed(flame: Flame, color_by: str | None) -> str:
    """Return base64 of deflate of: the header's length, the header as JSON, then the columns, each at a multiple of 8."""
    found = list(colorings(flame))
    if color_by is not None and (first := of_key(found, color_by)):
        found.remove(first)
        found.insert(0, first)
    used, label = np.unique(flame.tree.frame, return_inverse=True)
    sides = range(len(flame.whole))
    columns: dict[str, npt.NDArray[Any]] = {
        "depth": _narrow(flame.tree.depth),
        "label": _narrow(label.reshape(-1)),
        **{f"total{side}": _narrow(flame.total[:, side]) for side in sides},
        **{f"self{side}": _narrow(flame.own[:, side]) for side in sides},
        **{coloring.key: coloring.of_node for coloring in found},
    }
    header = _header(flame, used.tolist(), found) | {
        "columns": [
            {"name": name, "type": _TYPES[str(column.dtype)], "length": len(column)}
            for name, column in columns.items()
        ]
    }
    text = json.dumps(header, ensure_ascii=False).encode("utf-8", "backslashreplace")
    data = bytearray(len(text).to_bytes(4, "little") + text)
    for column in columns.values():
        data += bytes(-len(data) % 8) + column.tobytes()
    return base64.b64encode(zlib.compress(bytes(data))).decode("ascii")


_TYPES = {"uint8": "Uint8Array", "uint16": "Uint16Array", "uint32": "Uint32Array", "float64": "Float64Array"}


def _narrow(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return non-negative whole numbers in the narrowest type that JavaScript has an array of."""
    largest = int(column.max(initial=0))
    for kind in (np.uint8, np.uint16, np.uint32):
        if largest <= np.iinfo(kind).max:
            return column.astype(kind)
    return column.astype(np.float64)  # exact up to 2^53


def _header(flame: Flame, used: list[int], found: Sequence[Coloring]) -> dict[str, Any]:
    labels = flame.labels
    return {
        "difference": flame.is_difference,
        "whole": list(flame.whole),
        "sizeFactor": flame.size_factor,
        "callersFrom": flame.callers_from,
        "hasRoot": flame.callers_from is None,
        "unit": _unit(flame.value_type),
        "labels": {
            "names": [_shown(labels.name[i]) for i in used],
            "files": [_shown(labels.file[i]) for i in used],
            "modules": [_shown(labels.module[i]) for i in used],
            "lines": labels.line[used].tolist(),
            "findings": [labels.finding[i] for i in used],
        },
        "colorings": [
            {
                "key": c.key,
                "categories": [
                    asdict(category) | {"name": _shown(category.name)} for category in c.categories
                ],
            }
            for c in found
        ],
        "match": asdict(_MATCH),
        "trace": trace(),
        "layout": layout(),
        "row": ROW,
    }


def _shown(text: str) -> str:
    return shortened(printable(readable(text)), _LONGEST_NAME)


def _unit(value_type: ValueType) -> dict[str, Any]:
    """Return how the script writes weights, as `ValueType.human` does: the steps from the largest unit down."""
    factor = (value_type.base_units or 1) / value_type.scale
    if value_type.is_time:
        steps = [[1e9, "s"], [1e6, "ms"], [1e3, "us"]]
        return {"factor": factor, "steps": steps, "rounding": 0.9995, "smallest": "ns"}
    if value_type.is_memory:
        steps = [[2**40, "TB"], [2**30, "GB"], [2**20, "MB"], [2**10, "kB"]]
        return {"factor": factor, "steps": steps, "rounding": 1, "smallest": "B"}
    unit = "" if value_type.unit == "count" else value_type.unit
    return {"factor": factor, "steps": [], "rounding": 1, "smallest": unit}
