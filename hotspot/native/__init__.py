"""The compiled part: distinct texts and stacks of large text profiles, numbered in C; used through ctypes.

`library()` is None where hotspot was installed without a C compiler; who calls this room has another way then, in numpy,
and tests hold both to the same answers. The C functions take addresses and sizes and never keep them.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

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
