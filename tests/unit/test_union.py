"""Which functions are one, and runs united into one tree."""

from __future__ import annotations

import numpy as np
from hotspot.analysis.diff import diff
from hotspot.analysis.matching import MatchedFunction, Symbols
from hotspot.analysis.transform import Filters, apply_filters
from hotspot.analysis.union import Union, unite
from hotspot.builder import ProfileBuilder
from hotspot.profile import Kind, Profile, Provenance

from tests.vocabulary import SAMPLES, profile_from_text


def united(before: str, after: str, symbols: Symbols = "canonical") -> Union:
    return unite([profile_from_text(before)], [profile_from_text(after)], symbols)


def placed(*frames: tuple[str, str, str], kinds: tuple[int, ...] = ()) -> Profile:
    """One sample of each (name, file, module), each a root of its own."""
    builder = ProfileBuilder((SAMPLES,))
    ids = [
        builder.frames.intern(name, file, 0, module, kinds[i] if kinds else Kind.USER)
        for i, (name, file, module) in enumerate(frames)
    ]
    builder.add_samples(builder.add_nodes([-1] * len(ids), ids), [1] * len(ids))
    return builder.build(Provenance()).check()


def identities(before: list[Profile], after: list[Profile]) -> list[tuple[str, str, str | None]]:
    return sorted((f.name, f.file, f.matched_by) for f in unite(before, after).functions)


def named(union: Union, name: str) -> MatchedFunction:
    (found,) = (f for f in union.functions if f.name == name)
    return found


def drawing(union: Union) -> dict[str, list[int]]:
    """Stack -> weight in each run."""
    tree, found = union.tree, {}
    path: list[str] = []
    for node in range(len(tree)):
        del path[tree.depth[node] :]
        path.append(union.functions[tree.frame[node]].name)
        if union.weight[node].any():
            found[";".join(path)] = union.weight[node].tolist()
    return found


def test_runs_share_a_tree() -> None:
    union = unite(
        [profile_from_text("main;a 3\nmain;b 1"), profile_from_text("main;b 2")],
        [profile_from_text("main;c;a 4\nmain 1")],
    )
    assert drawing(union) == {
        "main": [0, 0, 1],
        "main;a": [3, 0, 0],
        "main;b": [1, 2, 0],
        "main;c;a": [0, 0, 4],
    }
    assert union.is_after.tolist() == [False, False, True]
    assert (union.count == union.weight).all()
    assert union.counted
    assert union.whole.tolist() == [4, 2, 5]
    assert union.total_before == 6
    present = {f.name: union.present[i].tolist() for i, f in enumerate(union.functions)}
    assert present == {"main": [True, True], "a": [True, True], "b": [True, False], "c": [False, True]}


def test_shares_stay_relative_to_the_whole_under_filters() -> None:
    profile = profile_from_text("main;a 30\nmain;b 10")
    union = unite([apply_filters(profile, Filters(focus="b"))], [profile])
    assert union.whole.tolist() == [40, 40]


def test_rules_of_identity() -> None:
    union = united("run;lex::next::h0123456789abcdef 1", "run;lex::next::hfedcba9876543210 1")
    function = named(union, "lex::next")
    assert function.matched_by == "rust-hash"
    assert function.spellings == (("lex::next::h0123456789abcdef",), ("lex::next::hfedcba9876543210",))
    assert named(union, "run").matched_by == "exact"
    exact = united("run;f.isra.0 1", "run;f.isra.1 1", "exact")
    assert {f.name for f in exact.functions} == {"run", "f.isra.0", "f.isra.1"}


def test_a_name_that_both_sides_spell_alike_is_shown_as_it_is() -> None:
    function = named(united("f.isra.0 1", "f.isra.0 2"), "f.isra.0")
    assert function.matched_by == "exact"


def test_several_spellings_of_one_side_are_one_function() -> None:
    union = united("main;f 1\nmain;f.cold 2", "main;f 3")
    assert drawing(union) == {"main;f": [3, 3]}
    assert named(union, "f").matched_by == "compiler-suffix"


def test_addresses_are_one_bucket_a_module() -> None:
    before = placed(("0x7f01", "", "/lib/libc.so.6"), ("0x7f02", "", "/lib/libc.so.6"), ("0x55a1", "", "app"))
    after = placed(("0x7f01", "", "/lib/libc.so.6"), ("0x55a1", "", "app"))
    union = unite([before], [after])
    assert [(f.name, f.is_code) for f in union.functions] == [
        ("[unknown:libc.so.6]", False),
        ("[unknown:app]", False),
    ]


def test_file_separates_where_both_sides_know_it_and_a_run_has_several() -> None:
    several = placed(("init", "a.c", ""), ("init", "b.c", ""))
    assert identities([several], [several]) == [("init", "a.c", "exact"), ("init", "b.c", "exact")]
    # One side has but one of them: the other is gone.
    assert identities([several], [placed(("init", "b.c", ""))]) == [
        ("init", "a.c", None),
        ("init", "b.c", "exact"),
    ]
    # A side that does not know files cannot tell which.
    assert identities([several], [placed(("init", "", ""))]) == [("init", "a.c", "exact")]
    # One each: a function that moved to another file.
    assert identities([placed(("init", "a.c", ""))], [placed(("init", "b.c", ""))]) == [
        ("init", "b.c", "exact")
    ]


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    before = placed(("init", "/tmp/1/net/util.c", ""), ("init", "/tmp/1/disk/util.c", ""))
    after = placed(("init", "/tmp/2/net/util.c", ""), ("init", "/tmp/2/disk/util.c", ""))
    assert [m for _, _, m in identities([before], [after])] == ["exact", "exact"]


def test_builds_in_folders_of_their_own_are_not_several_files() -> None:
    before = [placed(("init", f"/tmp/{i}/util.c", "")) for i in range(3)]
    after = [placed(("init", f"/tmp/{i}/util.c", "")) for i in range(3, 6)]
    assert len(unite(before, after).functions) == 1


def test_module_separates_like_file() -> None:
    several = placed(("init", "", "/lib/liba.so.1"), ("init", "", "/lib/libb.so.1"))
    assert len(unite([several], [several]).functions) == 2
    assert len(unite([placed(("init", "", "liba.so.1"))], [placed(("init", "", "liba.so.2"))]).functions) == 1


def test_a_process_is_not_the_function_of_its_name() -> None:
    profile = placed(("main", "", ""), ("main", "", ""), kinds=(Kind.PROCESS, Kind.USER))
    union = unite([profile], [profile])
    assert [(f.name, f.is_code) for f in union.functions] == [("main", False), ("main", True)]


def test_what_is_no_code() -> None:
    union = united("[no stack] 1\n0x55d0 1\n[unknown] 1\nf 1", "f 1")
    assert {f.name: f.is_code for f in union.functions} == {
        "[no stack]": False,
        "[unknown]": False,
        "f": True,
    }


def test_template_arguments_are_a_second_key() -> None:
    union = united("main;push<int> 3\nmain;get 1", "main;push<long> 4\nmain;get 1")
    function = named(union, "push<long>")
    assert function.matched_by == "template-arguments"
    assert function.spellings == (("push<int>",), ("push<long>",))
    assert drawing(union)["main;push<long>"] == [3, 4]


def test_template_arguments_do_not_join_what_has_a_partner_or_is_not_unique() -> None:
    both = united("push<int> 3", "push<int> 3\npush<long> 4")
    assert {f.name: f.matched_by for f in both.functions} == {"push<int>": "exact", "push<long>": None}
    several = united("push<int> 3\npush<char> 1", "push<long> 4")
    assert {f.matched_by for f in several.functions} == {None}
    assert {f.matched_by for f in united("push<int> 3", "push<long> 3", "exact").functions} == {None}


def test_nodes_without_weight_do_not_make_a_function_present() -> None:
    union = united("main;f 0\nmain;never 0\nmain 1", "main;f 2")
    assert union.present[[f.name for f in union.functions].index("f")].tolist() == [False, True]
    assert union.present[[f.name for f in union.functions].index("never")].tolist() == [False, False]
    assert {
        row.function
        for row in diff(profile_from_text("main;never 0\nmain 9"), profile_from_text("main 9")).rows
    } == {"main"}


def test_functions_dissolve_into_their_callers() -> None:
    union = united("main;f;h 5\nmain;f 2\nother;f 1\nf 9", "main;h 4")
    names = [f.name for f in union.functions]
    dissolves = union.tree.frame == names.index("f")
    renamed = np.arange(len(names), dtype=np.int32)
    renamed[names.index("f")] = names.index("main")
    level = union.rearranged(renamed, dissolves)
    # At a root there is no caller to go into: it goes by the other name.
    assert drawing(level) == {"main": [11, 0], "main;h": [5, 4], "other": [1, 0]}
    assert level.count.sum() == union.count.sum()
