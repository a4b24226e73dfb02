"""Runs of different value types, scales, events and rates: compared with a word, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hotspot.analysis.diff import diff
from hotspot.analysis.reconcile import reconcile, recorded_in_sequence, sample_periods
from hotspot.builder import ProfileBuilder
from hotspot.errors import UsageError
from hotspot.profile import Profile, Provenance
from hotspot.units import ValueType

from tests.diff_vocabulary import PROGRAM, runs
from tests.vocabulary import profile_from_text

SAMPLES = ValueType("samples", "count")
CYCLES, USER_CYCLES = ValueType("cycles", "count"), ValueType("cycles:u", "count")
FAULTS = ValueType("page-faults", "count")
CPU = ValueType("cpu", "nanoseconds")
SPACE = ValueType("alloc_space", "bytes")


def measured(
    *value_types: ValueType, selected: int = 0, weights: Sequence[int] = (), label: str = "p"
) -> Profile:
    builder = ProfileBuilder(value_types)
    handle = builder.add_nodes([-1], [builder.frames.intern("main")])
    builder.add_samples(handle, np.array([weights or [100] * len(value_types)], dtype=np.int64))
    return replace(builder.build(Provenance()), selected=selected, label=label).check()


def compared(*profiles: Profile) -> tuple[set[str], tuple[str, ...]]:
    chosen, notes = reconcile(profiles)
    return {str(run.value_type) for run in chosen}, notes


def test_alike_needs_no_word() -> None:
    assert compared(measured(SAMPLES), measured(SAMPLES, CPU)) == ({"samples/count"}, ())
    assert compared(measured(SPACE), measured(SPACE)) == ({"alloc_space/bytes"}, ())


def test_scales_are_brought_together() -> None:
    fine = measured(ValueType("cpu", "seconds", 1000), weights=[2500])
    coarse = measured(ValueType("cpu", "seconds"), weights=[2])
    (first, second), notes = reconcile([fine, coarse])
    assert (first.total, second.total) == (2500, 2000)
    assert notes == ()
    huge = measured(ValueType("cpu", "seconds"), weights=[2**62])
    with pytest.raises(UsageError, match="too large"):
        reconcile([fine, huge])


def test_samples_stand_for_times_that_one_side_lacks() -> None:
    types, notes = compared(measured(CPU, SAMPLES), measured(SAMPLES))
    assert types == {"samples/count"}
    assert notes == (
        "the profiles prefer different value types (cpu/nanoseconds, samples/count): comparing samples/count",
    )


def test_a_type_that_all_have_wins_over_what_each_prefers() -> None:
    types, notes = compared(measured(SPACE, CPU), measured(CPU))
    assert types == {"cpu/nanoseconds"}
    assert len(notes) == 1


def test_user_cycles_and_cycles_are_compared_with_a_word() -> None:
    types, notes = compared(measured(CYCLES), measured(USER_CYCLES))
    assert types == {"cycles/count", "cycles:u/count"}
    assert notes[0].startswith("comparing cycles/count with cycles:u/count by share")
    assert "kernel functions are missing" in notes[1]
    types, notes = compared(measured(CYCLES, SAMPLES), measured(USER_CYCLES, SAMPLES))
    assert types == {"samples/count"}
    assert "kernel functions are missing" in notes[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([CYCLES, SAMPLES], [FAULTS, SAMPLES]),
        ([FAULTS, SAMPLES], [ValueType("cache-misses", "count"), SAMPLES]),
        ([SPACE], [CPU]),
        ([SPACE], [SAMPLES]),
    ],
)
def test_what_does_not_measure_the_same_is_refused(one: list[ValueType], other: list[ValueType]) -> None:
    with pytest.raises(UsageError, match="do not measure the same thing") as caught:
        reconcile([measured(*one), measured(*other)])
    assert "--value-type" in (caught.value.hint or "")


def test_hybrid_events_are_their_event() -> None:
    core, atom = ValueType("cpu_core/cycles/", "count"), ValueType("cpu_atom/cycles/", "count")
    assert len(compared(measured(core), measured(atom))[1]) == 1


def timed(rate: float, k: int, seed: int) -> list[Profile]:
    """Runs of one program with a time for each sample, at a rate in Hz."""
    result = []
    for run in runs(PROGRAM, k, seed=seed, work=rate / 1000):
        weight = np.stack([run.weights, run.weights * int(1e9 / rate)], axis=1)
        types = (SAMPLES, ValueType("cpu-clock", "nanoseconds"))
        result.append(replace(run, samples=replace(run.samples, weight=weight), value_types=types))
    return result


def test_different_rates_are_weighed_where_work_is_known() -> None:
    before, after = timed(1000, 5, 1), timed(250, 5, 2)
    assert sample_periods(before + after) == pytest.approx([1e6] * 5 + [4e6] * 5)
    for work in (None, (1, 1)):
        found = diff(before, after, work=work)
        assert found.verdict == "unchanged"
        assert found.size_factor == pytest.approx(0.25, rel=0.03)
        assert any("different rates (250 to 1,000 Hz)" in note for note in found.notes)


def test_rates_are_unknown_without_times() -> None:
    assert sample_periods(runs(PROGRAM, 2)) is None
    assert sample_periods([*timed(1000, 1, 1), *runs(PROGRAM, 1)]) is None


def at(*times: int) -> Profile:
    profile = profile_from_text("main 1")
    leaf = np.zeros(len(times), dtype=np.int32)
    samples = replace(
        profile.samples,
        leaf=leaf,
        weight=np.ones((len(times), 1), dtype=np.int64),
        time=np.array(times, dtype=np.int64),
    )
    return replace(profile, samples=samples)


def test_order_of_recording() -> None:
    assert recorded_in_sequence([at(0, 9), at(10, 19)], [at(20, 29), at(30, 39)]) is True
    assert recorded_in_sequence([at(20, 29), at(30, 39)], [at(0, 9), at(10, 19)]) is True
    assert recorded_in_sequence([at(0, 9), at(20, 29)], [at(10, 19), at(30, 39)]) is False
    # Each recording counts from its own start, or one has no clock: nobody knows.
    assert recorded_in_sequence([at(0, 9)], [at(0, 9)]) is None
    assert recorded_in_sequence([at(0, 9)], [profile_from_text("main 1")]) is None


def clocked(profiles: list[Profile], starts: list[int]) -> list[Profile]:
    """Give every run a clock, a thousand ticks long."""
    result = []
    for run, start in zip(profiles, starts, strict=True):
        row = np.repeat(np.arange(len(run.samples)), run.weights)
        times = start + np.arange(len(row), dtype=np.int64) % 1000
        ones = np.ones((len(row), 1), dtype=np.int64)
        result.append(
            replace(run, samples=replace(run.samples, leaf=run.samples.leaf[row], weight=ones, time=times))
        )
    return result


def test_sides_recorded_one_after_the_other_are_doubted() -> None:
    slower = {**PROGRAM, "main;group;find": 560.0}
    before, after = runs(PROGRAM, seed=1), runs(slower, seed=2)
    in_turn = diff(
        clocked(before, [0, 2000, 4000, 6000, 8000]), clocked(after, [1000, 3000, 5000, 7000, 9000])
    )
    one_by_one = diff(
        clocked(before, [0, 1000, 2000, 3000, 4000]), clocked(after, [5000, 6000, 7000, 8000, 9000])
    )
    assert in_turn.verdict == "regressed"
    assert not any("recorded" in note for note in in_turn.notes)
    assert one_by_one.verdict != "regressed"
    assert any("recorded after the other" in note for note in one_by_one.notes)
    assert any("do not tell" in note for note in diff(before, after).notes)
