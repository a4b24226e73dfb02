"""A report as GitHub Markdown, short enough for a pull request: verdict and changes at once, the rest folded away."""

from __future__ import annotations

from hotspot.report.page import Folded, Page, Picture, Section
from hotspot.report.table import Report, clean_sentence, markdown


def page_markdown(page: Page) -> str:
    """Return the document; pictures and whole issues stay behind."""
    verdict = page.verdict.text if page.verdict is not None else "Profile"
    wanted = "changes" if page.verdict is not None else "top"
    blocks = [f"### {verdict}: {_line(page.title)}\n", _line(clean_sentence(page.sentence)) + "\n"]
    for section in page.sections:
        text = _text(section)
        if not text.strip():
            continue
        if section.name == wanted:
            blocks.append(f"**{section.heading}**\n\n{text}")
        else:
            blocks.append(f"<details><summary>{section.heading}</summary>\n\n{text}\n</details>\n")
    return "\n".join(blocks)


def _text(section: Section) -> str:
    parts = section.parts if section.brief is None else section.brief
    return markdown(Report(tuple(part for part in parts if not isinstance(part, Picture | Folded))))


def _line(text: str) -> str:
    return markdown(Report((text,))).strip()
