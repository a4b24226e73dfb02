"""How the browser formats name a JavaScript function and its file."""

from __future__ import annotations

import re
from urllib.parse import unquote

_DRIVE = re.compile(r"^/[A-Za-z]:/")


def file_of_url(url: str) -> str:
    """Return the file that a script's URL names; other URLs are files by themselves.

    ``file:///srv/app/my%20file.js`` is ``/srv/app/my file.js``, ``file:///C:/app.js`` is ``C:/app.js``.
    """
    if not url.startswith("file://"):
        return url
    path = unquote(url[len("file://") :], errors="surrogateescape")
    if not path.isprintable():  # bytes that are no UTF-8: better the URL than a name that cannot be printed
        return url
    return path[1:] if _DRIVE.match(path) else path


def function_name(name: str, file: str, line: int) -> str:
    """Return the name of a function; one without is told from the others of its file by its line.

    Functions are grouped by name and file, so two callbacks of a file must not both be ``(anonymous)``.
    speedscope names them the same way.
    """
    if name:
        return name
    base = file.rsplit("/", 1)[-1]
    if not base:
        return "(anonymous)"
    return f"(anonymous {base}:{line})" if line else f"(anonymous {base})"


def thread_name(process: str, thread: str) -> str:
    """Return one name for a thread of a named process: ``Renderer/CrRendererMain``."""
    return f"{process}/{thread}" if process and thread and process != thread else thread or process


def whole_number(value: int | str | None) -> int | None:
    """Return a process or thread id as a number, where it is one."""
    if isinstance(value, int):
        return value
    return int(value) if value and len(value) < 20 and value.removeprefix("-").isdecimal() else None
