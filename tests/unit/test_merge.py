from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hotspot.analysis.merge import merge
from hotspot.builder import ProfileBuilder
from hotspot.errors import MalformedProfile, UsageError
from hotspot.profile import Loss, LossKind, ModuleStyle, Profile, Provenance, Thread
from hotspot.units import ValueType

from tests.vocabulary import folded, format_tree, profile_from_text, tree_text

COUNT = ValueType("samples", "count")
CPU = ValueType("cpu", "nanoseconds")


def profile(
    stacks: str,
    value_types: tuple[ValueType, ...] = (COUNT,),
    times: list[int] | None = None,
    threads: list[int] | None = None,
    provenance: Provenance | None = None,
) -> Profile:
    """Build a profile from lines ``stack weight...``, the samples not added up."""
    builder = ProfileBuilder(value_types)
    leaves: list[int] = []
    weights: list[list[int]] = []
    for line in stacks.split("\n"):
        stack, *numbers = line.split()
        frames = [builder.frames.intern(name) for name in stack.split(";")]
        leaves += builder.add_stacks(frames, [0, len(frames)]).tolist()
        weights.append([int(number) for number in numbers])
    builder.add_samples(leaves, weights, times, threads)
    known = tuple(Thread(1, tid, f"t{tid}") for tid in range(2))
    return builder.build(provenance or Provenance(), threads=known if threads else ()).check()


def test_trees_are_united_and_weights_added_up() -> None:
    merged = merge([profile_from_text("a;b 1\na;c 2"), profile_from_text("a;c 4\nd 8\na 16")]).check()
    assert format_tree(merged) == tree_text("""
        a 23,16
          b 1,1
          c 6,6
        d 8,8
    """)
    assert merged.provenance.runs == 2
    assert len(merged.samples) == 4


def test_one_profile_stays_as_it_is() -> None:
    only = profile_from_text("a 1")
    assert merge([only]) is only


def test_nothing_to_merge() -> None:
    with pytest.raises(UsageError, match="no profile to merge"):
        merge([])


def test_the_operands_do_not_change() -> None:
    first, second = profile_from_text("a;b 1"), profile_from_text("a;c 2")
    merge([first, second])
    assert (folded(first), folded(second)) == ({"a;b": 1}, {"a;c": 2})


def test_value_types_are_united_and_missing_ones_weigh_nothing() -> None:
    merged = merge([profile("a 1 10\nb 2 20", (COUNT, CPU)), profile("a 4", (COUNT,))]).check()
    assert merged.value_types == (COUNT, CPU)
    assert folded(merged) == {"a": 5, "b": 2}
    assert folded(merged.select("cpu")) == {"a": 10, "b": 20}


def test_the_selection_of_the_first_is_kept_by_name() -> None:
    first = profile("a 1 10", (COUNT, CPU)).select("cpu")
    second = profile("a 20 2", (CPU, COUNT)).select("samples")
    assert folded(merge([first, second])) == {"a": 30}
    assert folded(merge([second, first])) == {"a": 3}


def test_scales_are_brought_to_the_larger() -> None:
    merged = merge([profile("a 5"), profile("a 25\nb 1", (replace(COUNT, scale=10),))]).check()
    assert merged.value_type == ValueType("samples", "count", 10)
    assert folded(merged) == {"a": 75, "b": 1}
    assert merged.value_type.exact(merged.total) == "7.6"


def test_weights_that_do_not_fit_the_larger_scale_are_refused() -> None:
    large = profile(f"a {2**62}")
    with pytest.raises(UsageError, match=r"the weights of samples/count exceed 2\^63"):
        merge([large, profile("a 1", (replace(COUNT, scale=10),))])
    with pytest.raises(UsageError, match=r"exceed 2\^63"):
        merge([profile(f"a -{2**62}"), profile("a 1", (replace(COUNT, scale=10),))])


def test_a_sum_past_2_63_is_refused() -> None:
    with pytest.raises(MalformedProfile, match=r"add up to more than 2\^63"):
        merge([profile(f"a {2**62}")] * 2)


def test_units_that_cannot_be_added_up_are_named() -> None:
    first = profile("a 1", (CPU,), provenance=Provenance(path="one.svg"))
    second = replace(profile("a 1", (ValueType("space", "bytes"),)), label="two")
    with pytest.raises(
        UsageError, match=r"^nothing to add up: one\.svg has cpu/nanoseconds, two has space/bytes$"
    ):
        merge([first, second])


def test_a_value_type_must_be_common_to_all() -> None:
    both = profile("a 1 2", (COUNT, CPU))
    with pytest.raises(UsageError, match=r"has samples/count, a profile has cpu/nanoseconds"):
        merge([profile("a 1", (COUNT,)), both, profile("a 1", (CPU,))])


def test_threads_stay_apart() -> None:
    first = profile("a 1\nb 2", threads=[1, -1])
    second = profile("a 4")
    third = profile("a 8\na 16", threads=[0, 1])
    merged = merge([first, second, third]).check()
    assert len(merged.threads) == 4
    assert merged.samples.thread is not None
    assert merged.samples.thread.tolist() == [1, -1, -1, 2, 3]
    assert folded(merged) == {"a": 29, "b": 2}


def test_times_are_kept_where_all_have_them() -> None:
    merged = merge([profile("a 1\nb 2", times=[7, 3]), profile("a 4", times=[5])]).check()
    assert merged.samples.time is not None
    assert merged.samples.time.tolist() == [7, 3, 5]
    assert merged.provenance.losses == ()


def test_times_that_not_all_have_are_dropped_and_said() -> None:
    merged = merge([profile("a 1\na 2", times=[7, 3]), profile("a 4")]).check()
    assert merged.samples.time is None
    assert len(merged.samples) == 1
    (loss,) = merged.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.DROPPED, 2)
    assert "2 samples" in loss.text


def test_losses_are_united() -> None:
    pruned, skipped = Loss(LossKind.PRUNED, "narrow frames", 3), Loss(LossKind.SKIPPED, "1 line", 1)
    sources = [Provenance(losses=(pruned, skipped)), Provenance(losses=(pruned,)), Provenance()]
    merged = merge([profile("a 1", provenance=source) for source in sources])
    assert merged.provenance.losses == (
        Loss(LossKind.PRUNED, "narrow frames (said by 2 of the merged profiles)", 6),
        skipped,
    )


def test_what_all_sources_agree_on_is_kept() -> None:
    one = Provenance(path="x", checksum="1", format="folded", producer="perf", duration_ns=5, runs=2)
    two = Provenance(path="y", checksum="2", format="folded", producer="py-spy", duration_ns=6)
    merged = merge([profile("a 1", provenance=one), profile("a 1", provenance=two)]).provenance
    assert merged == Provenance(format="folded", duration_ns=11, runs=3)
    unknown = merge([profile("a 1", provenance=one), profile("a 1")]).provenance
    assert unknown == Provenance(runs=3)


@pytest.mark.parametrize(
    ("styles", "kept"),
    [
        ([ModuleStyle.BACKTICK, ModuleStyle.BACKTICK], ModuleStyle.BACKTICK),
        ([ModuleStyle.BACKTICK, ModuleStyle.PARENTHESES], ModuleStyle.NONE),
    ],
)
def test_a_module_style_is_kept_where_equal(styles: list[ModuleStyle], kept: ModuleStyle) -> None:
    profiles = []
    for style in styles:
        builder = ProfileBuilder((COUNT,))
        leaf = builder.add_stacks([builder.frames.intern("f", module="m")], [0, 1])
        builder.add_samples(leaf, [1])
        profiles.append(builder.build(Provenance(module_style=style)))
    assert merge(profiles).provenance.module_style is kept
    without = profile_from_text("a 1")  # no module, so no say in how they are spelled
    assert merge([*profiles, without]).provenance.module_style is kept


def test_frames_differ_in_every_column() -> None:
    builders = [ProfileBuilder((COUNT,)) for _ in range(2)]
    rows = [("f",), ("f", "x.c"), ("f", "x.c", 3), ("f", "x.c", 3, "m"), ("f", "x.c", 3, "m", 2)]
    profiles = []
    for builder, order in zip(builders, (rows, rows[::-1]), strict=True):
        frames = [builder.frames.intern(*row) for row in order]
        builder.add_samples(builder.add_stacks(frames, np.arange(6)), [1] * 5)
        profiles.append(builder.build(Provenance()).check())
    merged = merge(profiles).check()
    assert len(merged.frames) == 5
    assert merged.node_self.tolist() == [2] * 5
