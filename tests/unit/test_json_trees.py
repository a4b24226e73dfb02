"""The smaller JSON formats: V8 heap profiles, `perf data convert --to-json`, d3-flame-graph."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile, UnknownFormat
from hotspot.importers import cpuprofile, d3_flamegraph, heapprofile, perf_json, registry
from hotspot.importers.base import Head, ImportOptions, Match, NotThisFormat, bytes_source
from hotspot.profile import Kind, LossKind, Profile, Thread

from tests.vocabulary import folded, format_tree, tree_text


def read(importer: ModuleType, data: Any) -> Profile:
    text = data if isinstance(data, str) else json.dumps(data)
    (profile,) = importer.load(bytes_source("x.json", text.encode()), ImportOptions())
    checked: Profile = profile.check()
    return checked


def heap(name: str, size: int, *children: dict[str, Any], line: int = -1) -> dict[str, Any]:
    frame = {
        "functionName": name,
        "scriptId": "1",
        "url": "file:///srv/a.js",
        "lineNumber": line,
        "columnNumber": 0,
    }
    return {"callFrame": frame, "selfSize": size, "id": 1, "children": list(children)}


HEAP = {"head": heap("(root)", 8, heap("main", 0, heap("parse", 100, line=4), heap("", 20, line=6), line=0)), "samples": []}  # fmt: skip


def test_a_heap_profile_is_a_tree_of_sizes() -> None:
    profile = read(heapprofile, HEAP)
    assert format_tree(profile) == tree_text("""
        [no stack] 8,8
        main (/srv/a.js:1) 120,0
          (anonymous a.js:7) (/srv/a.js:7) 20,20
          parse (/srv/a.js:5) 100,100
    """)
    assert str(profile.value_type) == "inuse_space/bytes"
    head = Head(json.dumps(HEAP).encode(), True)
    assert (heapprofile.detect(head), cpuprofile.detect(head)) == (Match.YES, Match.NO)


def test_what_is_no_heap_profile() -> None:
    with pytest.raises(EmptyProfile, match="nothing in it was allocated"):
        read(heapprofile, {"head": heap("(root)", 0)})
    with pytest.raises(MalformedProfile, match=r"head\.selfSize: expected int, got str"):
        read(heapprofile, '{"head": {"callFrame": {"functionName": "f"}, "selfSize": "12"}}')
    with pytest.raises(NotThisFormat):
        read(heapprofile, {})


def sample(*chain: tuple[str, str], **more: Any) -> dict[str, Any]:
    calls = [{"ip": "0x1", "symbol": symbol, "dso": dso} for symbol, dso in chain]
    return {"timestamp": 5, "pid": 7, "tid": 8, "comm": "w", "callchain": calls, **more}


def converted(*samples: dict[str, Any]) -> dict[str, Any]:
    return {"linux-perf-json-version": 1, "headers": {"perf-version": "6.1"}, "samples": samples}


def test_perf_converted_to_json() -> None:
    document = converted(
        sample(("read", "[kernel.kallsyms]"), ("main", "w")), sample(("main", "w"), timestamp=9), sample(("", "w"), tid=9)
    )  # fmt: skip
    profile = read(perf_json, document)
    assert format_tree(profile) == tree_text("""
        w 3,0
          [w] 1,1
          main 2,1
            read_[k] 1,1
    """)
    assert profile.threads == (Thread(7, 8, "w"), Thread(7, 9, "w"))
    assert profile.samples.time is not None
    assert profile.provenance.duration_ns == 4
    assert Kind.PROCESS in profile.frames.kind
    assert perf_json.detect(Head(json.dumps(document).encode(), True)) is Match.YES
    with pytest.raises(EmptyProfile, match="no sample in this file"):
        read(perf_json, converted())


TREE = {
    "name": "root", "value": 12,
    "children": [
        {"name": "main (a.py:3)", "value": 10, "children": [{"name": "f", "value": 4, "children": []}]},
        {"name": "g", "children": [{"name": "h", "value": 1}]},
    ],
}  # fmt: skip


def test_a_value_is_a_total_and_the_outermost_is_no_frame() -> None:
    profile = read(d3_flamegraph, TREE)
    assert format_tree(profile) == tree_text("""
        [no stack] 1,1
        g 1,0
          h 1,1
        main (a.py:3) 10,6
          f 4,4
    """)


def test_short_keys_of_perf_in_a_page() -> None:
    tree = {"n": "root", "l": "", "v": 3, "c": [{"n": "w (7)", "l": "", "v": 3, "c": [{"n": "read", "l": "kernel", "v": 3, "c": []}]}]}  # fmt: skip
    page = f'<!DOCTYPE html><link href="d3-flamegraph.css"><script>var options = {{"name": "x"}};\nvar stacks = [{json.dumps(tree)}];</script>'
    assert d3_flamegraph.detect(Head(page.encode(), True)) is Match.MAYBE
    assert format_tree(read(d3_flamegraph, page)) == tree_text("""
        w (7) 3,0
          read_[k] 3,3
    """)


def test_fractions_and_contradictions() -> None:
    profile = read(d3_flamegraph, {"name": "all", "value": 1.5, "children": [{"name": "a", "value": 1.5, "children": [{"name": "b", "value": 2}]}]})  # fmt: skip
    assert (profile.total, profile.value_type.scale) == (2_000_000, 1_000_000)
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.INCONSISTENT, 2)


@pytest.mark.parametrize(
    "document",
    [
        {"name": "all", "children": [{"name": "a", "children": [{"name": "b", "value": 4}]}]},  # at leaves only
        [{"name": "all", "value": 4, "children": [{"name": "a", "value": 4, "children": [{"name": "b", "value": 4}]}]}],
        [{"name": "a", "value": 4, "children": [{"name": "b", "value": 4}]}, {"name": "c", "value": 0}],
        {"format": "x", "stacks": {"name": "all", "value": 4, "children": [{"name": "a", "value": 4, "children": [{"name": "b", "value": 4}]}]}},
        {"name": "all", "value": "4", "children": {"a": {"name": "a", "value": "4.0", "children": {"b": {"name": "b", "value": 4}}}}},
        {"children": [{"children": [{"name": "b", "total": 4}], "name": "a", "total": 4}], "name": "all", "total": 4},
    ],
)  # fmt: skip
def test_trees_of_other_writers(document: Any) -> None:
    profile = read(d3_flamegraph, document)
    assert folded(profile)["a;b"] == profile.total != 0
    detected = d3_flamegraph.detect(Head(json.dumps(document).encode(), True))
    assert detected is not Match.NO or "total" in json.dumps(document)


def test_node_says_where_a_function_is() -> None:
    names = ("~work /srv/app.js:12:8 [INIT]", "*(anonymous) node:internal/main:3:1", "file:///srv/b.mjs:4:2", "main",
             "write@@GLIBC_2.2.5 [CPP]", "/usr/lib/libc.so.6 [SHARED_LIB]")  # fmt: skip
    tree = {"id": 0, "name": "all stacks", "value": 12, "top": 0, "children": [{"id": 1, "name": name, "value": 2, "top": 2} for name in names]}  # fmt: skip
    assert format_tree(read(d3_flamegraph, tree)) == tree_text("""
        (anonymous b.mjs:4) (/srv/b.mjs:4) 2,2
        (anonymous main:3) (node:internal/main:3) 2,2
        [libc.so.6] 2,2
        main 2,2
        work (/srv/app.js:12) 2,2
        write 2,2
    """)


def test_the_page_of_0x_names_its_library_late() -> None:
    styles = "<html><head><style>" + "a{b:c}" * 12_000 + "</style><script>flamegraph.search()</script>"
    page = (
        styles
        + 'visualizer({"merged":{"name":"all stacks","value":3,"top":0,"children":[{"name":"f /a.js:1:2","value":3,"top":3}]}})'
    )
    (profile,) = registry.read_source(bytes_source("x.html", page.encode()), None, ImportOptions())
    assert format_tree(profile) == "f (/a.js:1) 3,3"
    with pytest.raises(UnknownFormat, match="a page without a flame graph"):
        registry.read_source(
            bytes_source("x.html", page.replace("flamegraph", "chart").encode()), None, ImportOptions()
        )


def test_stackprof_puts_the_place_into_the_name() -> None:
    tree = {"name": "<root>", "value": 2, "children": [{"name": "A#b : /srv/a.rb : 12", "value": 2}]}
    assert format_tree(read(d3_flamegraph, tree)) == "A#b (/srv/a.rb:12) 2,2"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('{"name": "a", "value": 0, "children": []}', EmptyProfile, "nothing in it has a value"),
        (
            '{"name": "a", "value": "x", "children": []}',
            MalformedProfile,
            "node 'a': not a value, or not children",
        ),
        (
            '{"name": "a", "value": -1, "children": []}',
            MalformedProfile,
            "node 'a': its value is out of range",
        ),
        ('{"name": "a", "value": 1, "children": [3]}', MalformedProfile, "a node is no object"),
        ('{"name": "a", "value": 1, "children": [', MalformedProfile, "not valid JSON"),
        ('{"name": "a"}', NotThisFormat, "no tree of names and values"),
    ],
)
def test_what_is_no_tree(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read(d3_flamegraph, text)
