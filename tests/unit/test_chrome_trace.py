"""Trace events: drawn as one word line an event, stacks and self times out (microseconds in, nanoseconds out)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, HotspotError, MalformedProfile
from hotspot.importers import chrome_trace
from hotspot.importers.base import Head, ImportOptions, Match, bytes_source
from hotspot.profile import LossKind, Profile, Thread
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vocabulary import folded


def events(text: str) -> list[dict[str, Any]]:
    """Events from lines ``B name time`` or ``X name time length``; `name{3}` has 3 as its arguments, `-` no name."""
    drawn = []
    for line in text.replace(",", "\n").strip().splitlines():
        phase, name, time, *length = line.split()
        event: dict[str, Any] = {"ph": phase, "pid": 1, "tid": 1, "ts": int(time)}
        name, _, args = name.rstrip("}").partition("{")
        if name != "-":
            event["name"] = name
        if args:
            event["args"] = {"x": args}
        if length:
            event["dur"] = int(length[0])
        drawn.append(event)
    return drawn


def read(document: Any) -> Profile:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    (profile,) = chrome_trace.load(bytes_source("app.json", data), ImportOptions())
    return profile.check()


def microseconds(profile: Profile) -> dict[str, float]:
    return {stack: weight / 1000 for stack, weight in folded(profile).items()}


def failure(document: Any) -> str:
    with pytest.raises(MalformedProfile) as caught:
        read(document)
    return str(caught.value)


def told(profile: Profile, kind: LossKind) -> list[int | None]:
    return [loss.amount for loss in profile.provenance.losses if loss.kind is kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B a 0, B b 1, E b 3, E a 4", {"a": 2, "a;b": 2}),
        ("X a 0 10, X b 1 2, X b 5 1", {"a": 7, "a;b": 3}),
        ("X a 0 1, X a 5 1", {"a": 2}),  # nothing was open in between
        # X events that begin together: the longer is outside; equally long ones nest as they are written
        ("X b 0 2, X a 0 10", {"a": 8, "a;b": 2}),
        ("X a 0 10, X b 1 1, X c 1 1, X c 5 1, X b 5 1", {"a": 8, "a;b;c": 1, "a;c;b": 1}),
        ("X a 0 20, X b 1 1, X c 1 2", {"a": 18, "a;c": 1, "a;c;b": 1}),
        ("X a 0 20, X b 1 2, X c 2 1", {"a": 18, "a;b": 1, "a;b;c": 1}),
        # in any order in the file
        ("B b 1, E b 9, B a 0, E a 10, B c 2, E c 8", {"a": 2, "a;b": 2, "a;b;c": 6}),
        # begin and end events at one time keep the order of the file
        ("B a 0, B b 0, B c 0, E c 1, E b 2, E a 3", {"a": 1, "a;b": 1, "a;b;c": 1}),
        ("B a 4, B b 5, B c 6, E c 7, E b 7, E a 7, B x 7, E x 10", {"a": 1, "a;b": 1, "a;b;c": 1, "x": 3}),
        # B and X together
        ("B a 0, E a 2, X b 0 2", {"a;b": 2}),
        ("X c 10 2, B d 10, E d 12", {"d;c": 2}),
        ("X e 20 1, B f 20, E f 22", {"f;e": 1, "f": 1}),
        ("B g 30, E g 32, X h 30 1", {"g;h": 1, "g": 1}),
        ("X i 41 1, B j 40, E j 42", {"j": 1, "j;i": 1}),
        # ends at one time close what is open, whatever their order
        ("X a 0 10, B b 1, B c 1, E b 2, E c 2", {"a": 9, "a;b;c": 1}),
        # no length at all
        ("B a 0, B b 1, E b 1, X d 3 0, E a 10", {"a": 10}),
        ("B a 0, E c 2, B c 2, E a 10", {"a": 10}),
        ("B a 0, B c{1} 2, E c 2, E a 10", {"a": 10}),  # an end has no arguments in most traces
        ("X a 0 0, X b 0 5", {"b": 5}),  # where another begins, or ends
        ("X b 0 5, X a 0 2, X c 2 0, X d 2 2, X c 5 0", {"b": 1, "b;a": 2, "b;d": 2}),
        ("B p 0, B a 0, E a 0, E p 5", {"p": 5}),
        ("B p 0, B q 0, E q 0, B r 0, E r 0, B s 0, E s 3, E p 5", {"p": 2, "p;s": 3}),
        # the same name ends and begins: one after another, told by their arguments or not
        ("B a 0, B f{1} 1, E f{1} 4, B f{2} 4, E f{2} 9, E a 10", {"a": 2, "a;f": 8}),
        ("B f 0, E f 5, B f 5, B g 6, E g 7, E f 9", {"f": 8, "f;g": 1}),
        # an end without a name, as the format allows
        ("B a 0, B b 1, E - 3, E - 4", {"a": 2, "a;b": 2}),
        ("X - 0 4", {"(unnamed)": 4}),
    ],
)
def test_nesting(text: str, expected: dict[str, int]) -> None:
    profile = read(events(text))
    assert microseconds(profile) == expected
    assert profile.provenance.losses == ()
    assert [str(value_type) for value_type in profile.value_types] == ["wall/nanoseconds"]


@pytest.mark.parametrize(
    ("text", "expected", "amounts"),
    [
        ("B a 0, B b 1, E b 13, E a 14, E c 5, E d 5", {"a": 2, "a;b": 12}, [2]),  # ends of nothing
        ("E a 0, B b 1, E b 2", {"b": 1}, [1]),
        ("E a 0, B b 0, E b 2", {"b": 2}, [1]),
        ("X a 0 5, X b 1 -1", {"a": 5}, [1]),  # shorter than nothing
        ("B a 0, E b 1", {"a": 1}, [1, 1]),  # unmatched, and never ended
        ("B a 0, B a 1, X a 10 1", {"a": 1, "a;a": 9, "a;a;a": 1}, [2]),  # begun twice, never ended
        ("B a 0, B b 1, B c 2", {"a": 1, "a;b": 1}, [3]),
        ("B a 0, B b 1, E a 9, E b 10", {"a": 1, "a;b": 9}, [1]),  # the wrong way round
        ("X a 0 10, X b 5 10", {"a": 5, "a;b": 10}, [1]),
        ("B a 0, B b 1, E a 10, X z 10 1", {"a": 1, "a;b": 9, "a;b;z": 1}, [1, 1]),
        # what overlaps does not last for ever: a ends with b, and c is by itself again
        ("X a 0 10, X b 5 10, X c 20 5", {"a": 5, "a;b": 10, "c": 5}, [1]),
        ("X a 0 10, X b 2 10, X c 4 10, X d 20 1", {"a": 2, "a;b": 2, "a;b;c": 10, "d": 1}, [2]),
    ],
)
def test_events_that_contradict_each_other(text: str, expected: dict[str, int], amounts: list[int]) -> None:
    profile = read(events(text))
    assert microseconds(profile) == expected
    assert told(profile, LossKind.INCONSISTENT) == amounts


@st.composite
def nested_spans(draw: st.DrawFn) -> list[tuple[tuple[str, ...], int, int]]:
    """Spans (stack, begin, end) that nest properly, no two edges at the same time."""
    spans = []

    def fill(stack: tuple[str, ...], at: int, depth: int) -> int:
        for _ in range(draw(st.integers(0, 3 if depth else 4))):
            begin = at + draw(st.integers(1, 9))
            name = (*stack, draw(st.sampled_from("abc")))
            end = (fill(name, begin, depth + 1) if depth < 4 else begin) + draw(st.integers(1, 9))
            spans.append((name, begin, end))
            at = end
        return at

    fill((), 0, 0)
    return spans


@settings(deadline=None)
@given(nested_spans(), st.randoms(use_true_random=False), st.booleans())
def test_events_in_any_order_give_back_the_spans_they_were_made_of(spans, order, complete) -> None:
    document: list[dict[str, Any]] = []
    self_time: dict[str, int] = {}
    for stack, begin, end in spans:
        name = stack[-1]
        if complete:
            document += events(f"X {name} {begin} {end - begin}")
        else:
            document += events(f"B {name} {begin}, E {name} {end}")
        self_time[";".join(stack)] = self_time.get(";".join(stack), 0) + end - begin
        if len(stack) > 1:
            above = ";".join(stack[:-1])
            self_time[above] = self_time.get(above, 0) - (end - begin)
    order.shuffle(document)
    if not document:
        return
    profile = read(document)
    assert microseconds(profile) == {stack: time for stack, time in self_time.items() if time}
    assert profile.provenance.losses == ()


def test_rows_are_stretches_of_time() -> None:
    profile = read(events("X a 0 10, X b 2 3"))
    assert profile.samples.time is not None
    assert profile.samples.time.tolist() == [0, 2000, 5000]
    assert profile.weights.tolist() == [2000, 3000, 5000]
    assert profile.provenance.duration_ns == 10_000


def test_many_ends_at_one_time_take_no_longer_than_others() -> None:
    count = 30_000
    text = [f"B f{i} {i}" for i in range(count)] + [f"E f{i} {count}" for i in range(count)]
    profile = read(events("\n".join(text)))
    assert profile.total == count * 1000
    assert profile.provenance.losses == ()
    mismatched = [f"E g{i} {count}" for i in range(count)]
    assert told(read(events("\n".join(["B f 0", *mismatched]))), LossKind.INCONSISTENT) == [count, 1]


def test_each_thread_nests_for_itself_and_has_its_name() -> None:
    document = [
        {"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "Renderer"}},
        {"ph": "M", "name": "thread_name", "pid": 1, "tid": 5, "args": {"name": "main"}},
        {"ph": "X", "name": "a", "pid": 1, "tid": 5, "ts": 0, "dur": 10},
        {"ph": "X", "name": "b", "pid": 1, "tid": 6, "ts": 1, "dur": 10},
        {"ph": "X", "name": "c", "pid": "2", "tid": "5", "ts": 2, "dur": 3},
        {"ph": "X", "name": "d", "pid": 2, "tid": 5, "ts": 3, "dur": 1},
        {"ph": "X", "name": "e", "pid": 2, "tid": "worker", "ts": 3, "dur": 1},
    ]
    profile = read({"traceEvents": document})
    assert profile.threads == (
        Thread(1, 5, "Renderer/main"),
        Thread(1, 6, "Renderer"),
        Thread(2, 5, ""),
        Thread(2, None, "worker"),
    )
    assert microseconds(profile) == {"a": 10, "b": 10, "c": 2, "c;d": 1, "e": 1}
    assert profile.samples.thread is not None
    by_thread = [int(profile.weights[profile.samples.thread == row].sum()) for row in range(4)]
    assert by_thread == [10_000, 10_000, 3000, 1000]


@pytest.mark.parametrize(
    ("begin", "length", "nanoseconds"),
    [
        (0.5, 1.2345, 1234),
        ("10", "5", 5000),
        ("0.25", "0.5", 500),
        (52_949_295_182_123, 1, 1000),
        (-5, 3, 3000),
    ],
)
def test_times_may_be_fractions_or_texts(begin: Any, length: Any, nanoseconds: int) -> None:
    assert read([{"ph": "X", "name": "a", "ts": begin, "dur": length}]).total == nanoseconds


def test_thread_time_stands_in_for_a_length_that_is_missing() -> None:
    assert read([{"ph": "X", "name": "a", "ts": 0, "tdur": 4}]).total == 4000


def test_hermes_says_where_a_function_is() -> None:
    args = {"name": "f", "url": "/app/index.js", "line": 54, "column": 12, "allocatedCategory": "JavaScript"}
    other = {**args, "line": "7"}
    root = {"name": "[root]", "url": None, "line": None, "allocatedCategory": "root"}
    document = [
        {"ph": "B", "name": "[root]", "ts": 0, "args": root},
        {"ph": "B", "name": "f", "ts": 1, "args": args},
        {"ph": "E", "name": "f", "ts": 2, "args": args},
        {"ph": "B", "name": "f", "ts": 3, "args": other},
        {"ph": "E", "name": "f", "ts": 5, "args": other},
        {"ph": "E", "name": "[root]", "ts": 6, "args": root},
    ]
    assert microseconds(read(document)) == {
        "[root]": 3,
        "[root];f (/app/index.js:54)": 1,
        "[root];f (/app/index.js:7)": 2,
    }


def test_py_spy_and_viztracer_say_where_a_function_is() -> None:
    document = [
        {"ph": "B", "name": "f", "ts": 0, "args": {"filename": "/a.py", "line": 3}},
        {"ph": "X", "name": "g (/b c.py:7)", "ts": 1, "dur": 2},
        {"ph": "X", "name": "h (2)", "ts": 3, "dur": 1},
        {"ph": "E", "name": "f", "ts": 5, "args": {"filename": "/a.py", "line": 3}},
        {"ph": "X", "name": "thread (1)", "ts": 6, "dur": 1, "args": {"filename": "", "line": 0}},
    ]
    assert microseconds(read(document)) == {
        "f (/a.py:3)": 2,
        "f (/a.py:3);g (/b c.py:7)": 2,
        "f (/a.py:3);h (2)": 1,
        "thread (1)": 1,
    }


def test_other_writers_say_where_a_function_is_in_their_own_way() -> None:
    document = [
        {"ph": "B", "name": "serve", "ts": 0, ".file": "src/main.rs", ".line": 12},  # Rust's tracing-chrome
        {"ph": "E", "name": "serve", "ts": 1},
        {"ph": "X", "name": "torch/nn/module.py(1194): _call", "ts": 2, "dur": 1},
        {"ph": "X", "name": "$profiler.py:91 start", "ts": 4, "dur": 1},  # JAX
        {"ph": "X", "name": "checkSourceFile", "ts": 6, "dur": 1, "args": {"path": "/a/b.tsx"}},  # TypeScript
        {"ph": "X", "name": "GET", "ts": 8, "dur": 1, "args": {"path": "/login"}},
        {"ph": "X", "name": "read", "ts": 10, "dur": 1, "args": {"filename": 7, "line": "x"}},
        {"ph": "X", "name": "load", "ts": 12, "dur": 1, "args": {"filename": "/a.bin", "line": -4}},
        {"ph": "X", "name": "f", "ts": 14, "dur": 1, "args": {"detail": "not clang's"}},
    ]
    assert microseconds(read(document)) == {
        "serve (src/main.rs:12)": 1, "_call (torch/nn/module.py:1194)": 1, "start (profiler.py:91)": 1,
        "checkSourceFile (/a/b.tsx)": 1, "GET": 1, "read": 1, "load (/a.bin)": 1, "f": 1,
    }  # fmt: skip


def test_clang_says_what_it_worked_on_and_its_sums_do_not_count_twice() -> None:
    document = {
        "traceEvents": [
            {"ph": "X", "tid": 1, "name": "Source", "ts": 0, "dur": 9, "args": {"detail": "/usr/include/vector"}},
            {"ph": "X", "tid": 1, "name": "ParseClass", "ts": 2, "dur": 4, "args": {"detail": "std::vector"}},
            {"ph": "X", "tid": 1, "name": "OptModule", "ts": 9, "dur": 1, "args": {"detail": ""}},
            {"ph": "X", "tid": 2, "name": "Total Source", "ts": 0, "dur": 9, "args": {"count": 1, "avg ms": 9}},
        ],
        "beginningOfTime": 1,
    }  # fmt: skip
    profile = read(document)
    assert microseconds(profile) == {
        "Source (/usr/include/vector)": 5,
        "Source (/usr/include/vector);ParseClass std::vector": 4,
        "OptModule": 1,
    }
    assert (profile.provenance.producer, told(profile, LossKind.DROPPED)) == ("clang", [1])


def test_other_sums_do_not_count_twice_either() -> None:
    document = events("X a 0 5")
    document += [
        {"ph": "X", "tid": 0, "cat": "critical path component", "name": "action", "ts": 0, "dur": 5},
        {"ph": "X", "tid": "p", "cat": "Trace", "name": "PyTorch Profiler (0)", "ts": 0, "dur": 5},
        {"ph": "X", "pid": 1, "tid": 1, "cat": ["odd"], "name": "Total time", "ts": 5, "dur": 1},
    ]
    profile = read(document)
    assert microseconds(profile) == {"a": 5, "Total time": 1}
    assert told(profile, LossKind.DROPPED) == [2]


def test_asynchronous_events_are_told_and_others_passed_over() -> None:
    document = events("X a 0 5")
    document += [{"ph": phase, "name": "n", "ts": 1, "id": 1} for phase in "bneSTFsftiICPNDOv"]
    profile = read(document)
    assert microseconds(profile) == {"a": 5}
    assert told(profile, LossKind.DROPPED) == [2]  # b and S begin one each


# -- CPU profiles inside ------------------------------------------------------------------------


def chunk(ts: int, data: dict[str, Any], name: str = "ProfileChunk", **more: Any) -> dict[str, Any]:
    return {
        "ph": "P",
        "name": name,
        "pid": 1,
        "tid": 9,
        "id": "0x1",
        "ts": ts,
        "args": {"data": data},
        **more,
    }


def node(number: int, name: str, parent: int | None = None) -> dict[str, Any]:
    frame = {"functionName": name, "url": "app.js", "lineNumber": number, "scriptId": 3}
    return {"id": number, "callFrame": frame} | ({} if parent is None else {"parent": parent})


START = chunk(0, {"startTime": 1000}, "Profile", tid=7)
FIRST = {
    "cpuProfile": {"nodes": [node(1, "(root)"), node(2, "a", 1)], "samples": [2, 2]},
    "timeDeltas": [5, 10],
}
SECOND = {"cpuProfile": {"nodes": [node(3, "b", 2)], "samples": [3, 2]}, "timeDeltas": [20, 40]}


def test_chunks_are_joined_in_order_of_time() -> None:
    metadata = {"ph": "M", "name": "thread_name", "pid": 1, "tid": 7, "args": {"name": "CrRendererMain"}}
    profile = read([chunk(20, SECOND), chunk(10, FIRST), START, metadata, *events("X task 0 99")])
    assert microseconds(profile) == {"a (app.js:3)": 10 + 20, "a (app.js:3);b (app.js:4)": 40}
    assert profile.samples.time is not None
    assert profile.samples.time.tolist() == [1_005_000, 1_015_000, 1_035_000, 1_075_000]
    assert profile.threads == (Thread(1, 7, "CrRendererMain"),)  # of Profile, not of the sampler's thread
    assert profile.select("samples").total == 4
    assert told(profile, LossKind.DROPPED) == [1]  # the duration event


def test_the_profiles_of_all_isolates_are_threads_of_one() -> None:
    worker = [{**event, "id": "0x2", "tid": 8} for event in (START, chunk(10, FIRST))]
    other_process = [{**event, "pid": 2} for event in (START, chunk(10, FIRST))]
    profile = read([START, chunk(10, FIRST), chunk(20, SECOND), *worker, *other_process])
    assert [(thread.pid, thread.tid) for thread in profile.threads] == [(1, 7), (1, 8), (2, 7)]
    assert microseconds(profile) == {"a (app.js:3)": 30 + 10 + 10, "a (app.js:3);b (app.js:4)": 40}


def test_the_older_event_holds_a_whole_profile() -> None:
    nodes = [node(1, "(root)") | {"children": [2]}, node(2, "a")]
    whole = {"nodes": nodes, "samples": [2, 2], "timeDeltas": [5, 10], "startTime": 1000, "endTime": 2000}
    event = chunk(10, {"cpuProfile": whole}, "CpuProfile")
    del event["id"]
    profile = read([event, {**event, "tid": 10}])
    assert microseconds(profile) == {"a (app.js:3)": 20}
    assert [thread.tid for thread in profile.threads] == [9, 10]


def test_lost_chunks_leave_unknown_frames() -> None:
    profile = read(
        [START, chunk(20, SECOND), chunk(30, {"cpuProfile": {"samples": [3, 77]}, "timeDeltas": [1, 1]})]
    )
    # node 2, the parent of 3, is not in the file; nor is 77
    assert microseconds(profile) == {"[unknown];b (app.js:4)": 40 + 1, "[unknown]": 1}
    assert told(profile, LossKind.INCONSISTENT) == [2]  # of four samples


def test_chunks_without_their_profile_are_told() -> None:
    profile = read([chunk(10, FIRST), *events("X a 0 5")])
    assert microseconds(profile) == {"a": 5}
    assert told(profile, LossKind.DROPPED) == [1]
    profile = read([START, chunk(10, FIRST), chunk(20, SECOND, id="0x5")])
    assert told(profile, LossKind.DROPPED) == [1]


def test_a_profile_without_data_or_samples_is_passed_over() -> None:
    nothing = {"ph": "P", "name": "ProfileChunk", "pid": 1, "tid": 1, "id": "0x3", "ts": 5}
    empty = [{**nothing, "args": {}}, {**nothing, "args": {"data": None}}, nothing, chunk(5, {})]
    assert microseconds(read([START, chunk(10, FIRST), *empty])) == {"a (app.js:3)": 10}
    assert microseconds(read([START, *empty, *events("X a 0 5")])) == {"a": 5}


# -- sampled stacks -----------------------------------------------------------------------------

HERMES = {
    "traceEvents": events("X js 0 0"),
    "stackFrames": {
        "1": {"name": "[root]"},
        "2": {"name": "f(http://localhost:8081/index.bundle?dev=false:12:3)", "parent": 1},
        "3": {"name": "[GC Young Gen]", "parent": "1"},
    },
    "samples": [
        {"pid": 1, "tid": "1", "ts": "100", "sf": 2, "weight": "1"},
        {"pid": 1, "tid": "2", "ts": "105", "sf": 1, "weight": "1"},
        {"pid": 1, "tid": "1", "ts": "150", "sf": 3, "weight": "1"},
        {"pid": 1, "tid": "1", "ts": "120", "sf": 2, "weight": "1"},
        {"pid": 1, "tid": "2", "ts": "135", "weight": "1"},
    ],
}


def test_sampled_stacks_last_until_the_next_of_their_thread() -> None:
    profile = read(HERMES)
    assert str(profile.value_type) == "wall/nanoseconds"
    function = "f (http://localhost:8081/index.bundle?dev=false:12)"
    assert microseconds(profile) == {f"[root];{function}": 20 + 30, "[root]": 30}
    assert folded(profile.select("samples")) == {
        f"[root];{function}": 2,
        "[root]": 1,
        "[root];[GC Young Gen]": 1,
        "[no stack]": 1,
    }


def changed(**changes: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(HERMES))
    for place, value in changes.items():
        table, key, name = place.split("__")
        document[table][int(key) if table == "samples" else key][name] = value
    return document


def test_weights_other_than_one_are_told() -> None:
    assert told(read(changed(samples__1__weight=7)), LossKind.DROPPED) == [1, 1]


# -- the file -----------------------------------------------------------------------------------


def test_a_file_may_lack_its_end() -> None:
    whole = json.dumps(events("X a 0 10, X b 1 2"))
    for text in (
        whole,
        whole[:-1],
        whole[:-1] + ",",
        whole[:-1] + " ,\n",
        whole[:-1] + ",\n]\n",
        f'{{"traceEvents": {whole}}}',
    ):
        assert microseconds(read(text.encode())) == {"a": 8, "a;b": 2}, text
    for end in ("", ",", "]", '],"metadata":{"a":', '],"metadata":'):
        assert microseconds(read(f'{{"traceEvents": {whole[:-1]}{end}'.encode())) == {"a": 8, "a;b": 2}


@pytest.mark.parametrize("before", ["", '{"displayTimeUnit": "ms", "traceEvents": '])
def test_a_file_that_ends_anywhere_keeps_all_whole_events(before: str) -> None:
    document = events("X a 0 10, X b 1 2, X c 5 1")
    document[1]["args"] = {
        "text": 'quotes " and ] } brackets \\',
        "list": [1.5, True, {"deep": None}],
        "é": "ü",
    }
    whole = before + json.dumps(document, indent=1, ensure_ascii=False)
    data = whole.encode()
    ends = [whole[: whole.index(f'"name": "{name}"')].rindex("{") for name in "bc"]
    one, two = (len(whole[:end].encode()) for end in ends)  # where the second and the third event begin
    for cut in range(data.index(b'"ph"'), len(data)):
        complete = 1 + (cut >= data.rindex(b"}", 0, two) + 1) + (cut >= data.rindex(b"}") + 1)
        if cut < data.rindex(b"}", 0, one) + 1:
            assert isinstance(failure(data[:cut]), str)
            continue
        profile = read(data[:cut])
        assert profile.total == 10_000
        frames = {profile.frame_name(frame) for frame in range(len(profile.frames))}
        assert frames == set("abc"[:complete]), cut


def test_a_file_that_ends_within_an_event_says_so() -> None:
    text = json.dumps(events("X a 0 10, X b 1 2"))
    assert told(read(text[:-9].encode()), LossKind.INCONSISTENT) == [1]


@pytest.mark.parametrize(
    "text",
    [
        '{"traceEvents": [%s, %s,], "metadata": {},}',
        '{"traceEvents": [%s, %s], "best": NaN, "worst": -Infinity, "most":Infinity}',
        '[%s, %s, {"ph": "M", "args": {"x": [1, NaN, ], "text": "1, ] NaN"}}]',
        '[%s, %s, {"ph": "M", "args": {"x": "C:\\Users\\x", "y": "a\nb"}}]',
        '[%s, %s, {"ph": "M", "args": {"x": NaN}},',
    ],
)
def test_what_writers_get_wrong_of_json_is_no_loss(text: str) -> None:
    profile = read((text % tuple(json.dumps(event) for event in events("X a 0 10, X b 1 2"))).encode())
    assert microseconds(profile) == {"a": 8, "a;b": 2}
    assert profile.provenance.losses == ()


def test_names_keep_their_backslashes_where_json_is_mended() -> None:
    text = r'[{"ph": "X", "name": "C:\Users\\a\"\u00e9", "ts": 0, "dur": 1, "args": {"x": NaN}}]'
    assert microseconds(read(text.encode())) == {'C:\\Users\\a"é': 1}


def test_names_that_are_not_utf8_stay_visible() -> None:
    data = json.dumps(events("X caf 0 1")).encode().replace(b"caf", b"caf\xe9")
    assert microseconds(read(data)) == {"caf\\xe9": 1}
    assert microseconds(read(data[:-1])) == {"caf\\xe9": 1}
    data = json.dumps(HERMES).encode().replace(b"[root]", b"[r\xfft]")
    assert "[r\\xfft]" in microseconds(read(data))


def test_the_producer_is_the_browser() -> None:
    document = {
        "traceEvents": events("X a 0 1"),
        "metadata": {"product-version": "Chrome/116.0", "clock-domain": "x"},
    }
    assert read(document).provenance.producer == "Chrome/116.0"
    assert read(document).provenance.format == "chrome-trace"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([*events("X a 0 1"), {"ph": "B", "name": "b"}], "[1].ts: is missing"),
        ({"traceEvents": [{"ph": "X", "ts": "soon"}]}, "traceEvents[0].ts: 'soon' is not a number"),
        ([{"ph": "X", "ts": 1e300}], "[0].ts: 1e+300 is out of range"),
        ([{"ph": "X", "ts": 10**40}], "[0].ts: 10000000000000000000... (41 characters) is out of range"),
        ([{"ph": "X", "ts": []}], "[0].ts: expected int | float | str | null, got array"),
        ([{"ph": 3}], "[0].ph: expected str, got int"),
        ([3], "[0]: expected object, got int"),
        ([START | {"args": 3}, chunk(1, FIRST)], "[0].args: expected object, got int"),
        (
            [chunk(1, {"startTime": "x"}, "Profile")],
            "[0].args.data.startTime: expected int | float | null, got str",
        ),
        (
            [START, chunk(1, {"timeDeltas": [None]})],
            "[1].args.data.timeDeltas[0]: expected int | float, got null",
        ),
        (
            [START, chunk(1, {"cpuProfile": {"nodes": [{}]}})],
            "[1].args.data.cpuProfile.nodes[0]: object missing",
        ),
        (changed(samples__2__sf=9), "samples[2].sf: there is no stack frame 9"),
        (changed(samples__2__ts=None), "samples[2].ts: is missing"),
        (changed(stackFrames__3__parent=9), "stackFrames.3.parent: there is no stack frame 9"),
        (changed(stackFrames__1__parent=3), "stackFrames.1: it is its own ancestor"),
        (changed(stackFrames__2__name=5), "stackFrames[].name: expected str, got int"),
        ({"traceEvents": {}}, "traceEvents: expected array | null, got object"),
        ({"otherData": 1}, "no traceEvents, which a trace has"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(document: Any, message: str) -> None:
    assert failure(document).startswith(f"app.json: {message}")


def test_syntax_errors_have_an_offset() -> None:
    data = json.dumps(events("X a 0 1, X b 0 1, X c 0 1")).encode()
    place = data.index(b'"b"')
    message = failure(data[:place] + b"oops" + data[place:])
    assert message.startswith(f"app.json at byte {place}: not valid JSON: ")
    rest = data.replace(b"[", b'{"traceEvents":[')
    assert failure(rest + b',"metadata":{"a":oops, "b": 1}}').startswith(
        f"app.json at byte {len(rest) + 17}: "
    )
    assert failure(b"[" * 200_000) == "app.json: nested too deeply to read"


@pytest.mark.parametrize("document", [[], {"traceEvents": []}, [{}], [{"ph": "M", "name": "x", "args": {}}]])
def test_a_trace_without_anything_to_weigh_is_empty(document: Any) -> None:
    with pytest.raises(EmptyProfile):
        read(document)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('[{"ph":"X","ts":0,', Match.YES),
        ('[\n {"name":"a","cat":"b","args":{"ph":1},"ph":"B"', Match.YES),
        ('{"traceEvents":[', Match.YES),
        ('{"displayTimeUnit":"ns","otherData":{"a":[1]},"traceEvents":[]}', Match.YES),
        ('{"metadata":{"dataOrigin":"x","source', Match.MAYBE),
        ('{"metadata":{}}', Match.NO),
        ('[{"name":"a","args":{"ph":"X"}}]', Match.NO),
        ('[{"benchmark":"a","mode":"thrpt"}]', Match.NO),
        ('{"version":"0.0.1","$schema":"https://www.speedscope.app/file-format-schema.json"}', Match.NO),
        ('{"nodes":[{"callFrame":{}}]}', Match.NO),
        ("[unknown];main 3", Match.NO),
        ("", Match.NO),
    ],
)
def test_detection(text: str, match: Match) -> None:
    assert chrome_trace.detect(Head(text.encode(), text.endswith(("}", "]", "3")))) is match


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("BEX"), st.sampled_from("ab"), st.integers(0, 6), st.integers(0, 4)),
        max_size=14,
    )
)
def test_any_events_at_all_give_a_sound_profile(rows: list[tuple[str, str, int, int]]) -> None:
    text = "\n".join(f"{phase} {name} {time} {length}" for phase, name, time, length in rows)
    try:
        profile = read(events(text))
    except HotspotError:
        assert not rows
        return
    times = [time for _, _, time, _ in rows] + [t + length for phase, _, t, length in rows if phase == "X"]
    assert 0 <= profile.total <= (max(times) - min(times)) * 1000
