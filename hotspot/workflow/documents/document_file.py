"""Documents on disk: UTF-8, with whatever line ends their editor left; inside hotspot a line ends in a line feed."""

from __future__ import annotations

import os
from pathlib import Path

from hotspot.errors import UnreadableInput
from hotspot.files import write_atomically


def read_text(path: Path) -> str | None:
    """Return a document's text, or None where there is none.

    Raises:
        UnreadableInput: it may not be read, or is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise UnreadableInput(os.path.relpath(path), reason) from error


def write_text(path: Path, text: str) -> None:
    """Write a document with the line ends that it has; one that would not change is left alone.

    Raises:
        HotspotError: it cannot be written.
    """
    before = path.read_bytes() if path.exists() else b""
    ends_in_crlf = before.partition(b"\n")[0].endswith(b"\r")
    data = text.replace("\n", "\r\n" if ends_in_crlf else "\n").encode("utf-8", "replace")
    if data != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
