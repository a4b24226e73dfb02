"""What a recording says of itself beside its ranking."""

from __future__ import annotations

from hotspot.workflow.recording.keep import lost_callers

from tests.vocabulary import profile_from_text

WHOLE = "app;_start;main;walk 100"
BROKEN = "app;_start;main;walk 50\napp;walk 50"
WORSE = "app;_start;main;walk 25\napp;walk 75"


def test_nothing_is_said_of_whole_stacks() -> None:
    assert lost_callers([profile_from_text(WHOLE)]) == ()


def test_lost_callers_are_said_in_one_sentence() -> None:
    (said,) = lost_callers([profile_from_text(BROKEN)])
    assert said.startswith("50.0% of the weight has lost its callers")


def test_of_several_runs_the_worst_is_told_of() -> None:
    (said,) = lost_callers([profile_from_text(text) for text in (BROKEN, WORSE, WHOLE)])
    assert said.startswith("of the worst run: 75.0% of the weight")
