"""Profiles and diffs as plotly figures, say for a notebook; `hotspot.report.flamegraph` makes pages of the same graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hotspot.analysis.flame import Flame, flame_of_diff, flame_of_profile
from hotspot.analysis.sandwich import sandwich as sandwich_of
from hotspot.plots.coloring import colorings, of_key
from hotspot.plots.figure import DRAWN, figure
from hotspot.profile import Bool

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from hotspot.analysis.diff import Diff, InApp
    from hotspot.profile import Profile

ColorBy = Literal["module", "in-app", "kind", "difference"]


def flamegraph(
    profile: Profile,
    *,
    color_by: ColorBy | None = None,
    owned: Bool | None = None,
    known: Bool | None = None,
    dark: bool = False,
    flames_up: bool = False,
    n: int = DRAWN,
) -> Figure:
    """Return a profile's flame graph.

    Args:
        profile: in its selected value type.
        color_by: what colours mean; by module where None, or where the profile knows nothing of what is asked for.
        owned: which frames the project owns, bool[frames]; not known where None.
        known: for which frames that is known, bool[frames].
        dark: for a dark page.
        flames_up: the root at the bottom instead of on top.
        n: frames to draw at most, the widest ones.
    """
    return _figure(flame_of_profile(profile, owned, known), color_by, dark, flames_up, n)


def sandwich(
    profile: Profile,
    function: str,
    *,
    color_by: ColorBy | None = None,
    owned: Bool | None = None,
    known: Bool | None = None,
    dark: bool = False,
    n: int = DRAWN,
) -> Figure:
    """Return one function's callers, above it, and callees, below it.

    Args:
        profile: in its selected value type.
        function: its name, or a pattern whose heaviest match is taken.
        color_by: see `flamegraph`, as for the others.
        owned: which frames the project owns.
        known: for which frames that is known.
        dark: for a dark page.
        n: frames to draw at most.

    Raises:
        UsageError: nothing matches.
    """
    return _figure(sandwich_of(flame_of_profile(profile, owned, known), function), color_by, dark, False, n)


def diff_flamegraph(
    diff: Diff,
    *,
    color_by: ColorBy | None = None,
    in_app: InApp | None = None,
    dark: bool = False,
    flames_up: bool = False,
    n: int = DRAWN,
) -> Figure:
    """Return the differential flame graph: red is more, blue is less, grey is what chance may have done.

    Widths are both sides added up, so that what is gone stays visible. See `flamegraph` for the arguments.
    """
    return _figure(flame_of_diff(diff, in_app), color_by, dark, flames_up, n)


def _figure(flame: Flame, color_by: ColorBy | None, dark: bool, flames_up: bool, n: int) -> Figure:
    drawn = flame.pruned(n)
    found = colorings(drawn)
    chosen = of_key(found, color_by) if color_by is not None else None
    return figure(drawn, chosen or found[0], dark=dark, flames_up=flames_up)
