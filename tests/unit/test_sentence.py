"""The one sentence: verdict, whole program, culprit, and what would settle it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hotspot.analysis.diff import diff
from hotspot.analysis.sentence import interval_text, points

from tests.diff_vocabulary import PROGRAM, edited, runs

NUMBER = r"[+-]\d+\.\d"
INTERVAL = rf"\({NUMBER} to {NUMBER}\)"


def test_points() -> None:
    assert points(0.0234) == "+2.3"
    assert points(-0.5) == "-50.0"
    assert interval_text((-0.01, 0.02)) == "-1.0 to +2.0"


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ({}, rf"Unchanged: .* the whole program moved by {NUMBER}% {INTERVAL}\."),
        (
            {"main;sort": 550},
            rf"Slower: sort got slower, {NUMBER} points {INTERVAL}; the whole program moved by {NUMBER}% {INTERVAL}\.",
        ),
        ({"main;sort": 100}, r"Faster: sort got faster, .*"),
        ({"main;load;hash": 500}, r"Slower: load calls hash more, .*"),
        ({"main;group;hash": 100}, r"Faster: group calls hash less, .*"),
        ({"main;sort;less": 1000}, r"Slower: less got slower or is called more, .*"),
        (
            {"main;sort": 600, "main;group;find": 250},
            r"Mixed: sort got slower, .*; find got faster or is called less, .*",
        ),
    ],
)
def test_verdicts(edits: dict[str, float], says: str) -> None:
    found = diff(runs(PROGRAM, seed=1), runs(edited(PROGRAM, edits), seed=2))
    assert re.fullmatch(says, found.sentence), found.sentence


def test_low_confidence_says_why() -> None:
    found = diff(runs(PROGRAM, 3, seed=1), runs(PROGRAM, 4, seed=2))
    assert "Low confidence: 3 runs before, 4 after, 5 are wanted." in found.sentence


def test_what_would_settle_it() -> None:
    few = {stack: mean / 20 for stack, mean in PROGRAM.items()}
    found = diff(runs(few, seed=1), runs(few, seed=2))
    assert found.verdict == "inconclusive"
    assert found.samples_needed is not None
    assert f"About {found.samples_needed:,} samples a side would settle the rest." in found.sentence
    noisy = diff(runs(PROGRAM, seed=1, spread=0.3), runs(PROGRAM, seed=5, spread=0.3))
    assert noisy.verdict == "inconclusive"
    assert noisy.runs_needed is not None
    assert f"About {noisy.runs_needed} runs a side" in noisy.sentence


def test_screenings() -> None:
    same = diff(runs(PROGRAM, 1, seed=1), runs(PROGRAM, 1, seed=2))
    assert "Nothing stands out, assuming runs vary by 5%" in same.sentence
    assert "A screening (one run a side) is no proof: record 5 runs of each in turn" in same.sentence
    slower = diff(
        runs(PROGRAM, 2, seed=1), runs(edited(PROGRAM, {"main;sort": 900, "main;report": 20}), 2, seed=2)
    )
    assert re.match(
        rf"sort is likely slower: {NUMBER} points of the baseline's time {INTERVAL}", slower.sentence
    )
    assert "and 1 more likely faster" in slower.sentence
    assert "(2 runs a side)" in slower.sentence


def test_a_side_compared_with_itself() -> None:
    (run,) = runs(PROGRAM, 1, seed=1)
    read = replace(run, provenance=replace(run.provenance, checksum="a" * 64))
    other = replace(run, provenance=replace(run.provenance, checksum="b" * 64))
    assert diff([read], [read]).sentence.startswith(
        "Both sides are the same recording, so nothing can differ"
    )
    assert diff([read, other], [other, read]).sentence.startswith("Both sides are the same recordings")
    assert "A screening" in diff([read], [other]).sentence
    assert "A screening" in diff([run], [run]).sentence  # not read from a file
    # the same samples for more work are a change
    assert "A screening" in diff([read], [read], work=[[1], [2]]).sentence
