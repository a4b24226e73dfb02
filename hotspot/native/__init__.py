"""The compiled part: distinct texts and stacks of large text profiles, numbered in C; used through ctypes.

`library()` is None where hotspot was installed without a C compiler; who calls this room has another way then, in numpy,
and tests hold both to the same answers. The C functions take addresses and sizes and never keep them.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Any

Declared = dict[str, tuple[Any, list[Any]]]
"""Name of a C function -> what it returns and what it takes, as types of ctypes."""

_PATH = Path(__file__).with_name("_native.so")


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled library, None where there is none; `HOTSPOT_NATIVE=0` does without."""
    if os.environ.get("HOTSPOT_NATIVE") == "0" or not _PATH.exists():
        return None
    try:
        found = ctypes.CDLL(str(_PATH))
    except OSError:  # of another machine
        return None
    return found


def library_with(declared: Declared) -> ctypes.CDLL | None:
    """Return the compiled library with functions declared, None where there is none or it lacks one of them."""
    native = library()
    if native is None:
        return None
    for name, (result, arguments) in declared.items():
        if not hasattr(native, name):  # built from sources of another day
            return None
        function = getattr(native, name)
        function.restype, function.argtypes = result, arguments
    return native
