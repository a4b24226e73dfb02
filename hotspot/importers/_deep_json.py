"""JSON that is nested deeper than Python's limit, as the call trees of deep recursions are.

A JSON decoder calls itself for every level, so Python's limit of 1,000 calls stops it a few hundred frames deep.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_LIMIT = 100_000  # calls; a level of a call tree takes two or three
_STACK = 256 << 20  # bytes, ten times what so many calls were seen to take; only what is used is allocated


def decoded(decode: Callable[[], T]) -> T:
    """Return what a JSON decoder returns, at any depth that files have.

    Where the usual limit stops it, it is called again in a thread with a large stack, as the main thread's cannot grow.
    Python 3.12 and later have a limit of their own for such calls: about 10,000, in early releases of 3.12 1,500.

    Raises:
        RecursionError: it is deeper still.
    """
    try:
        return decode()
    except RecursionError:
        limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK)
    sys.setrecursionlimit(_LIMIT)
    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(decode).result()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
