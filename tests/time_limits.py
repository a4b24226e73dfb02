"""Limits that end what takes too long: generous ones, against work that grows with the square of its input."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail what takes longer by the clock."""
    with _limited(seconds, signal.ITIMER_REAL, signal.SIGALRM):
        yield


@contextmanager
def within_processor_time(seconds: float) -> Iterator[None]:
    """Fail what takes longer of the processor's time, which other work on the machine does not count in."""
    with _limited(seconds, signal.ITIMER_VIRTUAL, signal.SIGVTALRM):
        yield


@contextmanager
def _limited(seconds: float, timer: int, number: signal.Signals) -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError(f"took more than {seconds} s")

    before = signal.signal(number, late)
    signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(number, before)
