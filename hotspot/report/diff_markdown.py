"""A comparison as a comment on a pull request: the verdict, the sentence, what moved; the rest folded away."""

from __future__ import annotations

from hotspot.analysis.diff import Diff
from hotspot.report.diff import explanations, matches_parts, rows_table, side_headline
from hotspot.report.table import Cell, Report, Table, clean_sentence, markdown

_HEADLINES = {
    "regressed": "Slower",
    "improved": "Faster",
    "mixed": "Slower here, faster there",
    "unchanged": "Unchanged",
    "inconclusive": "Inconclusive",
    "suspect": "Likely changed, not proven",
}


def diff_markdown(diff: Diff, n: int = 20, *, explain_matches: bool = False) -> str:
    """Return GitHub Markdown: rows that moved at once, up to ``n`` others (all where 0) and the method below."""
    moved = [row for row in diff.rows if row.significant or row.culprit or row.status == "cost_shift"]
    kept = {id(row) for row in moved}
    others = [row for row in diff.rows if id(row) not in kept]
    shown = others[:n] if n else others
    blocks = [
        f"### {_HEADLINES[diff.verdict]}\n",
        _text(clean_sentence(diff.sentence)),
        _text(rows_table(moved)) if moved else "",
        _details(
            f"{len(shown)} of {len(others)} functions that did not change beyond doubt", rows_table(shown)
        )
        if shown
        else "",
        _details(
            "How this was measured",
            f"before: {side_headline(diff.before)}",
            f"after: {side_headline(diff.after)}",
            *explanations(diff),
        ),
        _details("Which functions were matched, and why", *matches_parts(diff.matches))
        if explain_matches
        else "",
    ]
    return "\n".join(block for block in blocks if block)


def _text(*parts: str | Cell | Table) -> str:
    return markdown(Report(parts))


def _details(summary: str, *parts: str | Cell | Table) -> str:
    return f"<details><summary>{summary}</summary>\n\n{_text(*parts)}\n</details>\n"
