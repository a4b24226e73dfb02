"""What is unknown, cut off or lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hotspot.analysis.trust import trust
from hotspot.builder import ProfileBuilder
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.report.info import info_report
from hotspot.report.table import plain

from tests.vocabulary import SAMPLES, profile_from_text


def with_losses(profile: Profile, *losses: Loss) -> Profile:
    return replace(profile, provenance=replace(profile.provenance, losses=losses))


@pytest.mark.parametrize(
    "leaf", ["[unknown]", "unknown", "??", "0x7ffe0012", "[libc.so.6]", "[no stack]", "[unknown:heap]"]
)
def test_a_leaf_without_a_name_is_unknown(leaf: str) -> None:
    assert trust(profile_from_text(f"main;{leaf} 3\nmain;work 1")).unknown_share == 0.75


@pytest.mark.parametrize("leaf", ["unknown_function", "0xg", "is_unknown", "[kernel]"])
def test_a_name_that_merely_looks_odd_is_known(leaf: str) -> None:
    assert trust(profile_from_text(f"main;{leaf} 1")).unknown_share == 0


def test_an_unknown_caller_is_not_an_unknown_leaf() -> None:
    assert trust(profile_from_text("[unknown];work 1")).unknown_share == 0


def test_cut_off_stacks_are_a_share_of_the_samples() -> None:
    profile = with_losses(profile_from_text("a;b 8"), Loss(LossKind.TRUNCATED, "2 stacks are cut off", 2))
    assert trust(profile).truncated_share == 0.25


def test_weight_without_any_stack_is_cut_off() -> None:
    builder = ProfileBuilder((SAMPLES,))
    frame = builder.frames.intern("a")
    builder.add_samples(builder.add_stacks([frame], [0, 1, 1]), [3, 1])
    assert trust(builder.build(Provenance())).truncated_share == 0.25


def test_skipped_lines_add_up() -> None:
    losses = [Loss(LossKind.SKIPPED, "x", 2), Loss(LossKind.SKIPPED, "y", 3), Loss(LossKind.PRUNED, "z", 9)]
    assert trust(with_losses(profile_from_text("a 1"), *losses)).skipped_lines == 5


def test_depth_and_duration() -> None:
    builder = ProfileBuilder((SAMPLES,))
    frame = builder.frames.intern("f")
    leaves = builder.add_stacks([frame] * 3, [0, 1, 3])
    builder.add_samples(leaves, [1, 1], time=[10**9, 4 * 10**9])
    profile = builder.build(Provenance())
    assert (trust(profile).max_depth, trust(profile).duration_ns) == (2, 3 * 10**9)
    told = replace(profile, provenance=Provenance(duration_ns=5))
    assert trust(told).duration_ns == 5
    assert trust(profile_from_text("a 1")).duration_ns is None


def test_an_empty_profile() -> None:
    facts = trust(ProfileBuilder((SAMPLES,)).build(Provenance()))
    assert (facts.unknown_share, facts.truncated_share, facts.max_depth, facts.duration_ns) == (0, 0, 0, None)
    assert "nothing is known to be lost" in plain(info_report(facts))


def test_the_json_object_has_the_contracts_keys() -> None:
    profile = with_losses(profile_from_text("a;b 8"), Loss(LossKind.PRUNED, "narrow frames are absent", 1))
    assert list(trust(profile).to_dict()) == [
        "schema", "label", "path", "format", "producer", "value_type", "total", "samples", "stacks", "losses",
        "runs", "value_types", "threads", "frames", "nodes", "max_depth", "duration_ns", "unknown_share",
        "truncated_share", "skipped_lines", "broken_share", "advice",
    ]  # fmt: skip
    assert trust(profile).to_dict()["losses"] == ["narrow frames are absent"]
    assert "  - narrow frames are absent" in plain(info_report(trust(profile)))
