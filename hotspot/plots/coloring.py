"""Colours of a flame graph: by module, in-app, kind or difference, each a legend of a few categories.

Every colour comes as a pair, for light and for dark pages, with one text colour for each of the two; a test computes
that text can be read on all of them (WCAG AA). The differences run from blue (less) over grey to red (more), which the
common forms of colour blindness keep apart; what is gone is hatched besides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hotspot.analysis.flame import AFTER, BEFORE, FOREIGN, NOT_KNOWN, OWNED, Flame
from hotspot.analysis.totals import sum_by_group
from hotspot.profile import Kind, UInt8

TEXT_LIGHT, TEXT_DARK = "#1b1b1f", "#f5f5f7"
PAGE_LIGHT, PAGE_DARK = "#ffffff", "#17181c"


@dataclass(frozen=True)
class Category:
    """One entry of a legend: its colour on a light and on a dark page, and the hatching (plotly's word, or nothing)."""

    name: str
    light: str
    dark: str
    pattern: str = ""


@dataclass(frozen=True, eq=False)
class Coloring:
    """One way to colour the nodes.

    Attributes:
        key: ``module``, ``in-app``, ``kind`` or ``difference``.
        categories: the legend.
        of_node: which category each node has, uint8[nodes].
    """

    key: str
    categories: tuple[Category, ...]
    of_node: UInt8


GREY = ("#d3d5da", "#4a4e57")
HUES = (
    ("#f3b076", "#8a5414"),
    ("#8fbbea", "#2f5f96"),
    ("#9ccb86", "#3f6b2c"),
    ("#c9aee6", "#6a4a91"),
    ("#e8cf6a", "#6e5d10"),
    ("#82cbc2", "#1f6b64"),
    ("#eba5a5", "#8c3f3f"),
    ("#b9c37c", "#59641f"),
    ("#d8ab92", "#7a4d34"),
)

KINDS = {
    Kind.USER: "user code",
    Kind.KERNEL: "kernel",
    Kind.JIT: "JIT-compiled",
    Kind.INLINED: "inlined",
    Kind.PROCESS: "process",
    Kind.THREAD: "thread",
    Kind.WAKER: "waker",
}

IN_APP = (
    Category("in-app: your code", *HUES[0]),
    Category("not in-app", *HUES[1]),
    Category("not known", *GREY),
)

# Points of the baseline's time, from much less to much more; the middle is what nobody can tell from chance.
STEPS = (-0.05, -0.01, -0.0005, 0.0005, 0.01, 0.05)
DIFFERENCES = (
    Category("5+ points less", "#5fa3d3", "#1565b0"),
    Category("1 to 5 points less", "#9ac5e3", "#2f5f8a"),
    Category("up to 1 point less", "#cfe1f0", "#3b4f63"),
    Category("no clear change", "#e6e6ea", "#3d4048"),
    Category("up to 1 point more", "#fbd3c0", "#6b4a44"),
    Category("1 to 5 points more", "#f7a88b", "#8f4030"),
    Category("5+ points more", "#ef7b62", "#b5341f"),
    Category("new", "#f2c230", "#806000"),
    Category("gone", "#b3b9ee", "#54509c", "/"),
)
_NEW, _GONE = 7, 8


def colorings(flame: Flame) -> tuple[Coloring, ...]:
    """Return the ways to colour a graph that tell something, the one to begin with first."""
    found = [_by_difference(flame)] if flame.is_difference else []
    found.append(_by_module(flame))
    in_app = _of_labels(flame, "in-app", IN_APP, {OWNED: 0, FOREIGN: 1, NOT_KNOWN: 2}, flame.labels.in_app)
    if (in_app.of_node < 2).any():
        found.append(in_app)
    kinds = tuple(Category(name, *HUES[i]) for i, name in enumerate(KINDS.values()))
    numbers = {int(kind): i for i, kind in enumerate(KINDS)}
    by_kind = _of_labels(flame, "kind", kinds, numbers, flame.labels.kind)
    if by_kind.of_node.any():
        found.append(by_kind)
    return tuple(found)


def _of_labels(
    flame: Flame,
    key: str,
    categories: tuple[Category, ...],
    number: dict[int, int],
    values: npt.NDArray[np.int8] | UInt8,
) -> Coloring:
    of_label = np.array([number[value] for value in values.tolist()], dtype=np.uint8)
    return Coloring(key, categories, of_label[flame.tree.frame])


def _by_difference(flame: Flame) -> Coloring:
    """Colour by the change that is beyond chance, the callers' too, so that a path leads to where it comes from."""
    change = flame.clear_change
    of_node = np.searchsorted(np.array(STEPS), change, side="right").astype(np.uint8)
    of_node[(change > STEPS[3]) & (flame.total[:, BEFORE] == 0)] = _NEW
    of_node[(change < STEPS[2]) & (flame.total[:, AFTER] == 0)] = _GONE
    return Coloring("difference", DIFFERENCES, of_node)


def _by_module(flame: Flame) -> Coloring:
    """Give the modules with most self weight a colour each, the rest one together."""
    labels = flame.labels
    names = [
        module_of(name, file, module)
        for name, file, module in zip(labels.name, labels.file, labels.module, strict=True)
    ]
    distinct = sorted(set(names) - {""})
    number = {name: i for i, name in enumerate(distinct)} | {"": len(distinct)}
    group = np.array([number[name] for name in names], dtype=np.int32)[flame.tree.frame]
    own = sum_by_group(group, flame.own.sum(axis=1), len(distinct) + 1)
    heaviest = sorted(range(len(distinct)), key=lambda i: -int(own[i]))[: len(HUES)]
    categories = [Category(distinct[i], *HUES[place]) for place, i in enumerate(heaviest)]
    of_group = np.full(len(distinct) + 1, len(categories), dtype=np.uint8)
    of_group[heaviest] = range(len(heaviest))
    return Coloring("module", (*categories, Category("others", *GREY)), of_group[group])


def module_of(name: str, file: str, module: str) -> str:
    """Return what a function belongs to: its module, else its file, else the first part of a qualified name."""
    if path := module or file:
        return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    if found := _QUALIFIED.match(name):
        return found["rust"] or found["go"]
    return ""


# `core::fmt::write`, `<core::fmt::X as Y>::f`; `encoding/json.Marshal`, `runtime.mallocgc`.
_QUALIFIED = re.compile(r"[<&*(]*(?:(?P<rust>[A-Za-z_]\w*)::|(?P<go>[a-z][\w.-]*(?:/[\w.-]+)*)\.[\w(*])")


def text_color(dark: bool) -> str:
    """Return the colour of text on any category's colour."""
    return TEXT_DARK if dark else TEXT_LIGHT


def of_key(found: Sequence[Coloring], key: str) -> Coloring | None:
    """Return the colouring of that key, None where it would tell nothing."""
    return next((coloring for coloring in found if coloring.key == key), None)
