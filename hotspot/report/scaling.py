"""How time grows with size, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hotspot.benchmarks.medians import median_interval
from hotspot.benchmarks.model import Benchmark
from hotspot.benchmarks.scaling import Growth
from hotspot.report.table import Cell, Column, Report, Table
from hotspot.units import human_bytes, human_seconds, human_share


def scaling_document(
    sizes: Sequence[int], measured: Sequence[Benchmark], growth: Growth, at_most: float | None
) -> dict[str, Any]:
    """Return the JSON object; times in seconds."""
    rows = []
    for size, one in zip(sizes, measured, strict=True):
        interval = median_interval(one.seconds)
        rows.append(
            {
                "size": size,
                "median": one.median,
                "interval": None if interval is None else list(interval),
                "fitted": growth.seconds(size),
                "peak_bytes": one.median_peak_bytes,
                "runs": int(one.seconds.size),
            }
        )
    return {
        "schema": "hotspot.bench-scaling/1",
        **growth.to_dict(),
        "at_most": at_most,
        "holds": None if at_most is None else growth.at_most(at_most),
        "rows": rows,
    }


def scaling_report(
    sizes: Sequence[int], measured: Sequence[Benchmark], growth: Growth, at_most: float | None
) -> Report:
    """Return the sentence, then a line a size."""
    columns = (
        Column("size", "right"),
        Column("median", "right"),
        Column("fitted", "right"),
        Column("off by", "right"),
        Column("peak memory", "right"),
        Column("runs", "right"),
    )
    rows = tuple(
        (
            Cell(f"{size:,}"),
            Cell(human_seconds(one.median)),
            Cell(human_seconds(growth.seconds(size))),
            Cell(f"{(one.median / growth.seconds(size) - 1) * 100:+.1f}%"),
            Cell("" if one.median_peak_bytes is None else human_bytes(one.median_peak_bytes)),
            Cell(str(one.seconds.size)),
        )
        for size, one in zip(sizes, measured, strict=True)
    )
    share = growth.startup / growth.seconds(max(sizes))
    sentence = (
        f"time grows as n^{growth.exponent:.2f} (95% interval {growth.low:.2f} to {growth.high:.2f}), after a start-up "
        f"of {human_seconds(growth.startup)} ({human_share(share)} of the time at the largest size)"
    )
    parts: list[str | Cell | Table] = [Cell(sentence, tone="strong")]
    if at_most is not None:
        holds = growth.at_most(at_most)
        answer = {True: "holds", False: "does not hold", None: "cannot be told from these runs"}[holds]
        parts.append(
            Cell(
                f"at most n^{at_most:g}: {answer}",
                tone=None if holds is None else "better" if holds else "worse",
            )
        )
    if growth.high - growth.low > 0.5:
        parts.append(
            Cell("the interval is wide: larger sizes or a wider range of them would narrow it", tone="quiet")
        )
    return Report((*parts, "", Table(columns, rows)))
