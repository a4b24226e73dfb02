from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.errors import HotspotError
from hotspot.record.interleave import Side, Step, StoppedEarly, full_rounds, interleave

A = Side("a", ("true",), Path("/"))
B = Side("b", ("true",), Path("/"))


def test_sides_take_turns_and_warm_up_first() -> None:
    seen: list[tuple[str, int]] = []

    def run(side: Side, round_: int) -> str:
        seen.append((side.label, round_))
        return f"{side.label}{round_}"

    turns = interleave([A, B], 3, run, warmup=1)
    assert seen == [("a", -1), ("b", -1), ("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert [turn.result for turn in turns] == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert [turn.side for turn in turns] == [0, 1] * 3
    assert sorted(turn.started for turn in turns) == [turn.started for turn in turns]


def test_progress_is_told_before_each_run() -> None:
    steps: list[Step] = []
    interleave([A, B], 1, lambda side, _: side.label, warmup=1, progress=steps.append)
    assert [(s.number, s.of, s.side.label, s.warmup) for s in steps] == [
        (1, 4, "a", True),
        (2, 4, "b", True),
        (3, 4, "a", False),
        (4, 4, "b", False),
    ]


@pytest.mark.parametrize("error", [HotspotError("it broke", hint="mend it"), KeyboardInterrupt()])
def test_what_ran_before_a_failure_is_not_lost(error: BaseException) -> None:
    def run(side: Side, round_: int) -> int:
        if (side, round_) == (A, 2):
            raise error
        return round_

    with pytest.raises(StoppedEarly) as raised:
        interleave([A, B], 5, run)
    assert [(turn.side, turn.result) for turn in raised.value.turns] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert raised.value.__cause__ is error
    assert raised.value.interrupted is isinstance(error, KeyboardInterrupt)
    assert raised.value.hint == getattr(error, "hint", None)


def test_after_a_failure_the_full_rounds_compare() -> None:
    def run(side: Side, round_: int) -> int:
        if (side, round_) == (B, 1):
            raise KeyboardInterrupt
        return round_

    with pytest.raises(StoppedEarly) as raised:
        interleave([A, B], 5, run)
    assert len(raised.value.turns) == 3
    assert [(turn.side, turn.round) for turn in full_rounds(raised.value.turns, 2)] == [(0, 0), (1, 0)]
