"""Run two or more sides in turn: ABABAB..., never AAABBB.

A machine drifts (other tenants, heat, caches that fill). Runs in sequence put that drift into the difference between the
sides; runs in turn spread it over both. Every measurement of sides against each other goes through here.

The order is one run of each side, in the order of the sides, then the next round: with two sides and three rounds
A1 B1 A2 B2 A3 B3. Warm-up rounds come first in the same order and are not among the results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from hotspot.errors import HotspotError

T = TypeVar("T")


@dataclass(frozen=True)
class Side:
    """What is run on one side.

    Attributes:
        label: short name for people.
        command: argument list, never given to a shell.
        cwd: the folder it runs in.
        env: its whole environment; None for this process's own.
    """

    label: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Turn(Generic[T]):
    """One run of one side.

    Attributes:
        side: index of the side.
        round: 0-based; warm-up rounds are not counted.
        started: when, in UTC.
        result: what running it returned.
    """

    side: int
    round: int
    started: datetime
    result: T


@dataclass(frozen=True)
class Step:
    """What is about to run, for those who show progress.

    Attributes:
        number: 1-based, over all runs, warm-up included.
        of: how many there will be.
        warmup: whether its result is thrown away.
    """

    number: int
    of: int
    side: Side
    warmup: bool


class StoppedEarly(HotspotError):
    """A run failed or the user pressed Ctrl-C before all rounds were done; its cause is ``__cause__``.

    Attributes:
        turns: the runs that ended well, in the order they ran; none of them is lost.
        interrupted: whether it was Ctrl-C.
    """

    def __init__(
        self, turns: Sequence[Turn[Any]], cause: HotspotError | KeyboardInterrupt, side: Side
    ) -> None:
        self.turns = tuple(turns)
        self.interrupted = isinstance(cause, KeyboardInterrupt)
        reason = "interrupted" if self.interrupted else str(cause)
        super().__init__(f"{side.label}: {reason}", hint=getattr(cause, "hint", None))


def interleave(
    sides: Sequence[Side],
    rounds: int,
    run: Callable[[Side, int], T],
    *,
    warmup: int = 0,
    progress: Callable[[Step], None] | None = None,
) -> tuple[Turn[T], ...]:
    """Run each side once a round, in turn.

    Args:
        sides: in the order they take turns.
        rounds: runs of each side that count.
        run: runs one side; is given the round, 0-based (negative while warming up).
        warmup: rounds before these, whose results are thrown away.
        progress: told before each run.

    Raises:
        StoppedEarly: ``run`` raised a HotspotError, or Ctrl-C came. What ran before is in its ``turns``.
    """
    turns: list[Turn[T]] = []
    number, of = 0, (warmup + rounds) * len(sides)
    for this in range(-warmup, rounds):
        for index, side in enumerate(sides):
            number += 1
            try:
                if progress is not None:
                    progress(Step(number, of, side, this < 0))
                started = datetime.now(UTC)
                result = run(side, this)
            except (HotspotError, KeyboardInterrupt) as error:
                raise StoppedEarly(turns, error, side) from error
            if this >= 0:
                turns.append(Turn(index, this, started, result))
    return tuple(turns)


def full_rounds(turns: Sequence[Turn[T]], sides: int) -> tuple[Turn[T], ...]:
    """Return the turns of the rounds in which every side ran: what is comparable after `StoppedEarly`."""
    complete = len(turns) // sides * sides
    return tuple(turns[:complete])
