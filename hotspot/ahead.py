"""Work a few items ahead of the consumer, in threads.

numpy lets go of the interpreter lock inside its loops, so array work on the next chunks of a file runs beside the
Python work on this one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_DEPTH = 4


def ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield the function's results in the order of the items, at most a few items ahead."""
    source = iter(items)
    first = list(islice(source, 2))
    if len(first) < 2:  # nothing to overlap; spares small files the threads
        yield from map(function, first)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        pending: deque[Future[Result]] = deque(pool.submit(function, item) for item in first)
        for item in source:
            pending.append(pool.submit(function, item))
            if len(pending) > _DEPTH:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
