"""``PERFORMANCE.md``: the status of the work, written down; what a person adds around it stays."""

from __future__ import annotations

import re
from pathlib import Path

from hotspot.workflow.documents.block import Document, new_block, parse_document
from hotspot.workflow.documents.document_file import read_text, write_text

_HEAD = """\
# Performance

`hotspot status --write PERFORMANCE.md` keeps what stands between the marks up to date. Everything else is yours.

"""
_KEY = "STATUS"


FILE = "PERFORMANCE.md"
_TICKED = re.compile(r"^- \[[xX]\] \*\*(.+?):?\*\*")


def write_performance(path: Path, lines: list[str]) -> None:
    """Write or update the document.

    Raises:
        UnreadableInput: it is there and cannot be read.
    """
    document = _read(path) or Document((_HEAD,))
    if document.block(_KEY) is None:
        document = document.with_added("", new_block(_KEY, lines))
    else:
        document = document.updated(_KEY, lines)
    write_text(path, document.text)


def ticked_boxes(path: Path) -> frozenset[str]:
    """Return the labels of the boxes that are ticked in the document; none where there is none.

    Raises:
        UnreadableInput: it cannot be read.
    """
    document = _read(path)
    block = document.block(_KEY) if document is not None else None
    found = (_TICKED.match(line) for line in (block.lines if block is not None else ()))
    return frozenset(re.sub(r"\\(.)", r"\1", one[1]) for one in found if one is not None)


def _read(path: Path) -> Document | None:
    text = read_text(path)
    return parse_document(text) if text is not None else None
