"""Stacks whose callers are lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hotspot.analysis.broken_stacks import broken_stacks
from hotspot.analysis.trust import trust
from hotspot.builder import ProfileBuilder
from hotspot.profile import Kind, Profile, Provenance

from tests.vocabulary import SAMPLES, profile_from_text


def of_perf(*stacks: tuple[str, int]) -> Profile:
    """Build what perf's importer gives: ``comm;function@module;... ``, leaf last."""
    builder = ProfileBuilder((SAMPLES,))
    for stack, weight in stacks:
        comm, *functions = stack.split(";")
        frames = [builder.frames.intern(comm, kind=Kind.PROCESS)]
        for function in functions:
            name, _, module = function.partition("@")
            frames.append(builder.frames.intern(name, module=module))
        builder.add_samples(builder.add_stacks(frames, [0, len(frames)]), [weight])
    return builder.build(Provenance(format="perf-script")).check()


def test_a_frame_without_a_name_cuts_off_what_is_above() -> None:
    found = broken_stacks(of_perf(("app;_start;main;parse", 3), ("app;[unknown];parse", 1)))
    assert (found.nameless_share, found.midway_share) == (0.25, 0)


@pytest.mark.parametrize(
    "entry", ["_start", "main", "start_thread", "__libc_start_main@@GLIBC_2.34", "clone3"]
)
def test_nothing_is_above_where_programs_and_threads_begin(entry: str) -> None:
    assert broken_stacks(of_perf((f"app;[unknown];{entry};parse", 1))).share == 0
    assert broken_stacks(of_perf((f"app;{entry};parse", 1), ("app;_start;parse", 1))).share == 0


def test_a_stack_that_begins_in_a_library_is_broken_where_others_begin_properly() -> None:
    found = broken_stacks(
        of_perf(
            ("app;_start@app;main@app;qsort@libx.so.1;compare@app", 5),
            ("app;sort_part@libx.so.1;compare@app", 3),
            ("app;copy@libx.so.1", 2),
        )
    )
    assert found.midway_share == 0.5
    assert found.first == ("sort_part", "copy")


def test_without_a_stack_that_begins_properly_a_library_may_be_the_beginning() -> None:
    assert broken_stacks(of_perf(("app;run@libruntime.so;work@app", 1))).share == 0
    # of another process
    other = of_perf(("app;run@libruntime.so;work@app", 1), ("sh;_start;main", 1))
    assert broken_stacks(other).share == 0


def test_no_stack_begins_in_the_c_library_but_at_its_entries() -> None:
    found = broken_stacks(
        of_perf(
            ("app;msort_with_tmp@/usr/lib/x86_64-linux-gnu/libc.so.6;compare@app", 3),
            ("app;__libc_start_call_main@/usr/lib/x86_64-linux-gnu/libc.so.6;main@app", 1),
        )
    )
    assert (found.midway_share, found.first) == (0.75, ("msort_with_tmp",))
    assert broken_stacks(of_perf(("app;run@/opt/libc_tools.so", 1))).share == 0


def test_a_function_of_the_program_is_the_middle_where_it_is_called_elsewhere() -> None:
    found = broken_stacks(of_perf(("app;_start;main;walk;walk;leaf", 1), ("app;walk;walk;leaf", 3)))
    assert found.midway_share == 0.75
    # a coroutine: nothing but itself ever calls it
    assert broken_stacks(of_perf(("app;_start;main;loop", 1), ("app;task;task;leaf", 3))).share == 0


def test_kernel_threads_have_no_caller() -> None:
    builder = ProfileBuilder((SAMPLES,))
    for names, kind in ((("_start", "work"), Kind.USER), (("kswapd", "shrink"), Kind.KERNEL)):
        comm = builder.frames.intern("app", kind=Kind.PROCESS)
        frames = [comm, *(builder.frames.intern(name, kind=kind) for name in names)]
        builder.add_samples(builder.add_stacks(frames, [0, 3]), [1])
    assert broken_stacks(builder.build(Provenance())).share == 0


def test_folded_stacks_do_not_mark_the_process() -> None:
    found = broken_stacks(profile_from_text("app;_start;main;walk;leaf 1\napp;walk;leaf 1"))
    assert (found.midway_share, found.first) == (0.5, ("walk",))


def test_languages_whose_stacks_begin_anywhere_are_left_alone() -> None:
    text = (
        "main;work 3\nwork 1\n_bootstrap;run;work 2\n<module>;work 1\nruntime.goexit;main.main 2\nmain.main 1"
    )
    assert broken_stacks(profile_from_text(text)).share == 0


def test_the_warning_is_one_sentence_with_what_to_do() -> None:
    broken = of_perf(("app;_start;main;walk", 1), ("app;walk", 2), ("app;[unknown];walk", 1))
    warning = broken_stacks(broken).warning
    assert warning is not None
    assert warning.startswith(
        "75.0% of the weight has lost its callers, whose totals are too small: 25.0% below a frame without a name, "
        "50.0% in stacks that begin in the middle of the program (at walk); build with -fno-omit-frame-pointer"
    )
    assert "--call-graph dwarf,32768" in warning
    assert warning.count(". ") == 0
    assert trust(broken).broken_share == 0.75
    assert warning in trust(broken).advice
    elsewhere = replace(broken, provenance=Provenance(format="callgrind"))
    assert "perf record" not in str(broken_stacks(elsewhere).warning)


def test_a_few_broken_stacks_are_not_worth_a_word() -> None:
    assert broken_stacks(of_perf(("app;_start;main;walk", 96), ("app;walk", 4))).warning is None


def test_an_empty_profile_has_no_stacks() -> None:
    assert broken_stacks(ProfileBuilder((SAMPLES,)).build(Provenance())).share == 0
