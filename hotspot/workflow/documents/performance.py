"""``PERFORMANCE.md``: the status of the work, written down; what a person adds around it stays."""

from __future__ import annotations

import os
from pathlib import Path

from hotspot.errors import UnreadableInput
from hotspot.files import write_atomically
from hotspot.workflow.documents.block import Document, new_block, parse_document

_HEAD = """\
# Performance

`hotspot status --write PERFORMANCE.md` keeps what stands between the marks up to date. Everything else is yours.

"""
_KEY = "STATUS"


def write_performance(path: Path, lines: list[str]) -> None:
    """Write or update the document.

    Raises:
        UnreadableInput: it is there and cannot be read.
    """
    try:
        document = parse_document(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        document = Document((_HEAD,))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(
            os.path.relpath(path), getattr(error, "strerror", None) or "it is no UTF-8"
        ) from error
    if document.block(_KEY) is None:
        document = Document((*document.pieces, new_block(_KEY, lines)))
    else:
        document = document.updated(_KEY, lines)
    write_atomically(path, document.text.encode())
