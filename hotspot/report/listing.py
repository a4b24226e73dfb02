"""Source listings for people."""

from __future__ import annotations

from hotspot.report.rank import headline
from hotspot.report.table import Cell, Column, Report, Table, clean
from hotspot.source.listing import Listing, Listings
from hotspot.units import human_share

_COLUMNS = (
    Column("self", "right"),
    Column("total", "right"),
    Column("total%", "right", bar=True),
    Column("line", "right"),
    Column("source", grow=True),
)

_MOST = 8  # definitions that are named


def listing_report(listings: Listings) -> Report:
    """Return a header and a table for each function."""
    profile = listings.profile
    parts: list[str | Cell | Table] = [Cell(headline(profile), tone="strong")]
    for listing in listings.listings:
        function = listing.function
        own = human_share(profile.share(function.self_weight))
        total = human_share(profile.share(function.total_weight))
        defined = f"{listing.definition.file}:{listing.definition.line}" if listing.definition else None
        place = defined or listing.source or function.file or function.module or "place unknown"
        parts += [
            "",
            Cell(f"{clean(function.function)}  {clean(place)}  self {own}, total {total}", tone="strong"),
        ]
        if listing.definition:
            parts.append("the profile has neither file nor line of this function; found here by its name")
        elif not any(line.line for line in listing.lines):
            parts.append("the profile has no line numbers for this function")
        elif listing.source is None:
            parts.append(
                "source not found, or too short for these lines: run inside the project as profiled, or set path_map"
            )
        if listing.others:
            others = clean(", ".join(listing.others))
            parts.append(f"{clean(function.file or '')} can also mean {others}; path_map decides")
        if listing.candidates:
            shown = [f"{d.file}:{d.line}" for d in listing.candidates[:_MOST]]
            more = len(listing.candidates) - len(shown)
            parts.append(
                f"defined more than once: {clean(', '.join(shown))}{f' and {more} more' if more else ''}"
            )
        parts.append(_table(listing, listings))
    return Report(tuple(parts))


def _table(listing: Listing, listings: Listings) -> Table:
    profile = listings.profile
    human = profile.value_type.human
    rows: list[tuple[Cell, ...]] = []
    for line in listing.lines:
        weight = line.weight
        share = profile.share(weight.total_weight) if weight else 0.0
        rows.append(
            (
                Cell(human(weight.self_weight) if weight and weight.self_weight else ""),
                Cell(human(weight.total_weight) if weight else ""),
                Cell(human_share(share) if weight else "", share=share),
                Cell(str(line.line) if line.line else "?"),
                Cell(clean((line.text or "").expandtabs(4)), tone=None if weight else "quiet"),
            )
        )
    return Table(_COLUMNS, tuple(rows))
