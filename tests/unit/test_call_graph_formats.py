"""pstats, callgrind and stackprof without raw stacks: call graphs read as estimated trees."""

from __future__ import annotations

import contextlib
import cProfile
import json
import marshal
import pstats as stdlib_pstats
from pathlib import Path

import pytest
from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import callgrind, pstats, stackprof
from hotspot.importers._call_graph import CallGraph, add_call_graph, apportion
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.profile import LossKind, Profile, Provenance
from hypothesis import given
from hypothesis import strategies as st

from tests.vocabulary import SAMPLES, format_tree, tree_text


def read(module, data: bytes) -> Profile:
    source = bytes_source("given", data)
    assert module.detect(source.head) is Match.YES
    (profile,) = module.load(source, ImportOptions())
    return profile.check()


def estimated(own: dict[str, int], edges: dict[str, float]) -> str:
    builder = ProfileBuilder((SAMPLES,))
    names = list(own)
    inclusive = [
        float(own[name]) + sum(w for e, w in edges.items() if e.startswith(name + ">")) for name in names
    ]
    pairs = {tuple(map(names.index, edge.split(">"))): weight for edge, weight in edges.items()}
    add_call_graph(
        builder, CallGraph([builder.frames.intern(n) for n in names], [list(own.values())], inclusive, pairs)
    )
    return format_tree(builder.build(Provenance()).check())


def own_of(drawn: str) -> dict[str, int]:
    """Self weight per function, summed over a drawn tree."""
    own: dict[str, int] = {}
    for line in drawn.splitlines():
        name, weights = line.strip().rsplit(" ", 1)
        own[name] = own.get(name, 0) + int(weights.split(",")[1])
    return own


def test_a_shared_callee_is_split_by_what_it_cost_each_caller() -> None:
    drawn = estimated(
        {"main": 0, "a": 10, "b": 10, "help": 40}, {"main>a": 40, "main>b": 20, "a>help": 30, "b>help": 10}
    )
    assert drawn == tree_text("""
        main 60,0
          a 40,10
            help 30,30
          b 20,10
            help 10,10
    """)


def test_a_cycle_is_cut_where_it_closes_and_keeps_every_self_weight() -> None:
    own = {"main": 1, "ping": 5, "pong": 4}
    assert own_of(estimated(own, {"main>ping": 9, "ping>pong": 4, "pong>ping": 2})) == own


def test_a_cycle_nobody_enters_still_counts() -> None:
    own = {"ping": 5, "pong": 4}
    assert own_of(estimated(own, {"ping>pong": 9, "pong>ping": 9})) == own


@given(st.integers(-(2**62), 2**62), st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_apportioned_parts_add_up(total: int, fractions: list[float]) -> None:
    assert sum(apportion(total, fractions)) == total


def test_pstats_as_the_standard_library_writes_it(tmp_path: Path) -> None:
    def leaf(n: int) -> int:
        return sum(range(n))

    def caller() -> None:
        for _ in range(20):
            leaf(2000)

    profiler = cProfile.Profile()
    profiler.runcall(caller)
    path = tmp_path / "out.prof"
    profiler.dump_stats(path)
    profile = read(pstats, path.read_bytes())
    stats = stdlib_pstats.Stats(str(path))
    own = sum(round(row[2] * 1e9) for row in stats.stats.values())  # type: ignore[attr-defined]  # undocumented table
    assert profile.total == own
    assert [str(v) for v in profile.value_types] == ["wall/nanoseconds", "calls/count"]
    calls = {row.function: row.self_weight for row in profile.select("calls/count").top(n=0).rows}
    assert calls["leaf"] == 20
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.APPROXIMATE]
    assert profile.call_tree.depth.max() >= 2


@pytest.mark.parametrize(
    "table",
    [
        {("f", 1, "g"): (1, 1, 0.5, 0.5)},
        {("f", 1): (1, 1, 0.5, 0.5, {})},
        {("f", 1, "g"): (1, 1, float("inf"), 0.5, {})},
        {("f", 1, "g"): (1, 1, "x", 0.5, {})},
    ],
)
def test_pstats_of_another_shape_is_refused(table: dict) -> None:
    with pytest.raises(MalformedProfile):
        pstats.load(bytes_source("given", marshal.dumps(table)), ImportOptions())


@given(st.binary(max_size=60), st.integers(0, 200))
def test_damaged_pstats_never_crash(noise: bytes, cut: int) -> None:
    good = marshal.dumps({("f.py", 1, "g"): (1, 1, 0.5, 0.5, {("f.py", 2, "h"): (1, 1, 0.1, 0.2)})})
    damaged = good[:cut] + noise + good[cut + len(noise) :]
    with contextlib.suppress(MalformedProfile):
        (profile,) = pstats.load(bytes_source("given", damaged), ImportOptions())
        assert profile.check().total >= 0 or noise


CALLGRIND = b"""
# callgrind format
creator: callgrind-3.19
positions: line
events: Ir Dr

fl=(1) main.c
fn=(1) main
16 20 2
cfn=(2) work
calls=3 20
+1 400 30
cfi=(2) lib.c
cfn=(3) copy
calls=1 5
* 100

fn=(2)
20 400 30

fl=(2)
fn=(3)
5 100
"""


def test_callgrind_with_compressed_names_relative_positions_and_missing_costs() -> None:
    profile = read(callgrind, CALLGRIND)
    assert format_tree(profile) == tree_text("""
        main (main.c) 520,20
          copy (lib.c) 100,100
          work (main.c) 400,400
    """)
    assert format_tree(profile.select("Dr/count")) == tree_text("""
        main (main.c) 32,2
          copy (lib.c) 0,0
          work (main.c) 30,30
    """)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"events: Ir\nfn=(9)\n1 2\n", 2),
        (b"events: Ir\nfn=main\n1 2 3\n", 3),
        (b"events: Ir\nfn=main\n1 two\n", 3),
        (b"events: Ir\nfn=main\ncalls=1 1\n", 3),
        (b"events: Ir\nfn=main\nwhat is this\n", 3),
    ],
)
def test_a_bad_callgrind_line_is_named(text: bytes, line: int) -> None:
    with pytest.raises(MalformedProfile) as error:
        callgrind.load(bytes_source("given", text), ImportOptions())
    assert error.value.line == line


def test_callgrind_without_any_cost_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        callgrind.load(
            bytes_source("given", b"events: Ir\ncreator: callgrind-3\nsummary: 0\n"), ImportOptions()
        )


def test_callgrind_totals_are_the_files_own_summary(corpus: Path) -> None:
    checked = 0
    for path in sorted((corpus / "callgrind").iterdir()):
        data = path.read_bytes()
        summary = next(
            (int(line.split()[1]) for line in data.splitlines() if line.startswith(b"summary:")), 0
        )
        if summary:
            profile = read(callgrind, data)
            assert profile.total == summary, path.name
            checked += 1
    assert checked >= 4


FRAMES = {
    "1": {"name": "main", "file": "a.rb", "line": 1, "total_samples": 5, "samples": 1, "edges": {"2": 4}},
    "2": {"name": "work", "file": "a.rb", "line": 7, "total_samples": 4, "samples": 4},
}
STACKPROF = {
    "version": 1.2,
    "mode": "cpu",
    "interval": 1000,
    "gc_samples": 0,
    "missed_samples": 2,
    "frames": FRAMES,
}


def test_stackprof_raw_stacks() -> None:
    document = {**STACKPROF, "raw": [1, 1, 1, 2, 1, 2, 4]}
    profile = read(stackprof, json.dumps(document).encode())
    assert str(profile.value_type) == "cpu/microseconds"
    assert format_tree(profile.select("samples/count")) == tree_text("""
        main (a.rb:1) 5,1
          work (a.rb:7) 4,4
    """)
    assert profile.total == 5000
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.DROPPED]


def test_stackprof_tells_samples_it_missed_and_a_file_without_any() -> None:
    (loss,) = read(stackprof, json.dumps({**STACKPROF, "raw": [1, 1, 2]}).encode()).provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.DROPPED, 2)  # no stack is cut off
    with pytest.raises(EmptyProfile, match="no sample in this file"):
        read(stackprof, json.dumps({**STACKPROF, "frames": {}}).encode())


def test_stackprof_without_raw_is_a_call_graph() -> None:
    profile = read(stackprof, json.dumps(STACKPROF).encode())
    assert format_tree(profile.select("samples/count")) == tree_text("""
        main (a.rb:1) 5,1
          work (a.rb:7) 4,4
    """)
    assert LossKind.APPROXIMATE in [loss.kind for loss in profile.provenance.losses]


@pytest.mark.parametrize("raw", [[3, 1, 1], [1, 9, 1], [-1, 1], ["x"], [[1], [2]], [1, 2**70, 1]])
def test_bad_stackprof_stacks_are_refused(raw: list) -> None:
    with pytest.raises(MalformedProfile):
        stackprof.load(bytes_source("given", json.dumps({**STACKPROF, "raw": raw}).encode()), ImportOptions())


def test_stackprof_samples_are_the_files_own_number(corpus: Path) -> None:
    for path in sorted((corpus / "stackprof-json").iterdir()):
        data = path.read_bytes()
        profile = read(stackprof, data)
        first = profile.value_types[0]
        assert int(profile.samples.weight[:, 0].sum()) == json.loads(data)["samples"], (path.name, first)


def test_valgrinds_marks_of_recursion_and_callers_are_no_part_of_a_name() -> None:
    text = b"""# callgrind format
events: Ir
fl=(1) w.c
fn=(1) main'(below main)
1 1
cfn=(2) fib'main
calls=1 1
1 30
fn=(2)
2 10
cfn=(3) fib'2'main
calls=4 2
2 20
fn=(3)
2 20
fn=(4) (below main)
1 1
fn=(5) foldl'
1 2
fn=(6) f'x
1 3
"""
    names = own_of(format_tree(read(callgrind, text)))
    assert names == {
        "main (w.c)": 1,
        "fib (w.c)": 30,
        "(below main) (w.c)": 1,
        "foldl' (w.c)": 2,
        "f'x (w.c)": 3,
    }


def test_jumps_are_no_calls_and_may_define_names() -> None:
    text = (
        b"events: Ir\nfl=(1) w.c\nfn=(1) f\n1 5\njfi=(2) x.c\njfn=(2) g\njump=3 7\n9\nfl=(2)\nfn=(2)\n1 2\n"
    )
    assert own_of(format_tree(read(callgrind, text))) == {"f (w.c)": 5, "g (x.c)": 2}


def test_yappi_puts_the_place_into_the_name() -> None:
    text = b"version: 1\ncreator: yappi\nevents: Ticks\nfl=/a b/w.py\nfn=C.fib /a b/w.py:2\n2 5\n"
    assert format_tree(read(callgrind, text)) == "C.fib (/a b/w.py:2) 5,5"
