"""CPython's sampling profiler: drawn files of the shapes that Lib/profiling/sampling writes."""

from __future__ import annotations

import json
import marshal
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import cpython_sampling, registry
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.profile import LossKind, Profile

from tests.vocabulary import format_tree, tree_text

COLLAPSED = """\
tid:140;app.py:<module>:30;app.py:main:20;parser.py:Lexer.next:7 410
tid:140;app.py:<module>:30;app.py:main:20;parser.py:Lexer.next:9 20
tid:141;threading.py:Thread.run:1;app.py:Work.<locals>.<lambda>:3;<GC> 5
tid:141;<frozen importlib._bootstrap>:_find:9 1
"""


def read(text: str) -> Profile:
    source = bytes_source("given", text.encode())
    assert [i.INFO.name for i in registry.importers() if i.detect(source.head) is Match.YES] == [
        "cpython-sampling"
    ]
    (profile,) = cpython_sampling.load(source, ImportOptions())
    return profile.check()


def test_collapsed_frames_have_file_name_and_line_and_threads_are_threads() -> None:
    profile = read(COLLAPSED)
    assert format_tree(profile) == tree_text("""
        <module> (app.py:30) 430,0
          main (app.py:20) 430,0
            Lexer.next (parser.py:7) 410,410
            Lexer.next (parser.py:9) 20,20
        Thread.run (threading.py:1) 5,0
          Work.<locals>.<lambda> (app.py:3) 5,0
            <GC> 5,5
        _find (<frozen importlib._bootstrap>:9) 1,1
    """)
    assert [thread.tid for thread in profile.threads] == [140, 141]
    assert profile.samples.thread is not None
    assert profile.samples.thread.tolist() == [0, 0, 1, 1]
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.DROPPED]


def test_lines_that_are_no_stacks_are_counted() -> None:
    profile = read(COLLAPSED + "Captured 436 samples\n")
    (loss,) = (loss for loss in profile.provenance.losses if loss.kind is LossKind.SKIPPED)
    assert (loss.amount, loss.text) == (1, "1 lines are no stacks, the first is line 5")
    assert profile.total == 436


STRINGS = ["app.py", "main", "main (app.py:20)", "work", "", "~", "<GC>", "Program Root"]


def node(
    name: int, value: int, *children: dict[str, Any], file: int = 0, line: int = 1, **more: Any
) -> dict[str, Any]:
    return {"name": 2, "value": value, "children": list(children), "filename": file, "lineno": line, "funcname": name, **more}  # fmt: skip


def page(data: Any) -> str:
    return (
        "<!doctype html>\n<html>\n<head>\n<title>Tachyon Profiler - Flamegraph Report</title>\n<script>\n"
        f"const EMBEDDED_DATA = {json.dumps(data)};\nlet stringTable = [];\n</script></html>\n"
    )


def test_a_page_with_several_roots() -> None:
    work = node(3, 1500, node(6, 20, file=5, line=0), line=7)
    root = {"name": 7, "value": 3000, "children": [node(1, 2990, work, line=20)], "strings": STRINGS, "stats": {"duration_sec": 3.5}}  # fmt: skip
    profile = read(page(root))
    assert format_tree(profile) == tree_text("""
        [omitted] 10,10
        main (app.py:20) 2990,1490
          work (app.py:7) 1500,1480
            <GC> 20,20
    """)
    assert profile.provenance.duration_ns == 3_500_000_000
    assert [(loss.kind, loss.amount) for loss in profile.provenance.losses] == [
        (LossKind.DROPPED, None),
        (LossKind.PRUNED, 2),
    ]


def test_a_page_with_one_root_has_it_at_the_top_and_knows_what_is_its_own() -> None:
    root = node(1, 100, node(3, 60, self=60), line=20, self=30, strings=STRINGS, threads=[1])
    assert format_tree(read(page(root))) == tree_text("""
        main (app.py:20) 100,30
          [omitted] 10,10
          work (app.py:1) 60,60
    """)


def test_a_page_of_the_first_alphas_has_texts_in_its_nodes() -> None:
    root = {"name": "Program Root", "value": 4, "children": [
        {"name": "f (a.py:3)", "value": 4, "children": [], "filename": "a.py", "lineno": 3, "funcname": "f"}]}  # fmt: skip
    assert format_tree(read(page(root))) == "f (a.py:3) 4,4"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (page({"value": 2, "children": [node(99, 2)], "strings": STRINGS}), "text 99 is not in the table"),
        (page(node(1, 2, node(1, 3), strings=STRINGS)), "fewer samples than its callees"),
        (page(node(1, -2, strings=STRINGS)), "not a number of samples"),
        (page([1]), "no tree"),
        (page({"children": 3}), "not a list"),
        (page({"value": 1})[:122], "damaged"),
        ("<html><title>Tachyon Profiler - Heatmap</title>", "without a flame graph"),
    ],
)
def test_a_broken_page_is_refused(text: str, reason: str) -> None:
    with pytest.raises(MalformedProfile, match=reason):
        cpython_sampling.load(bytes_source("x", text.encode()), ImportOptions())


def test_nothing_recorded() -> None:
    for text in (page({"name": 0, "value": 0, "children": [], "strings": ["No Data"]}), "x\n"):
        with pytest.raises(EmptyProfile):
            cpython_sampling.load(bytes_source("x", text.encode()), ImportOptions())


# -- the outputs that other importers read --------------------------------------------------------------------


def test_gecko_output_is_read_by_the_gecko_importer() -> None:
    thread = {
        "name": "Thread-1", "isMainThread": True, "pid": "12", "tid": 140, "processType": "default",
        "processStartupTime": 0, "processShutdownTime": None, "registerTime": 0, "unregisterTime": None,
        "pausedRanges": [], "showMarkersInTimeline": True,
        "samples": {"stack": [1, 1, 0], "time": [0, 1, 2], "eventDelay": None, "weight": None, "weightType": "samples", "length": 3},
        "stackTable": {"frame": [0, 1], "category": [1, 1], "subcategory": [0, 0], "prefix": [None, 0], "length": 2},
        "frameTable": {"address": [-1, -1], "inlineDepth": [0, 0], "category": [1, 1], "subcategory": [0, 0], "func": [0, 1],
            "nativeSymbol": [None, None], "innerWindowID": [0, 0], "implementation": [None, None], "line": [20, 7],
            "column": [None, 4], "optimizations": [None, None], "length": 2},
        "funcTable": {"name": [0, 1], "isJS": [True, True], "relevantForJS": [True, True], "resource": [0, 0],
            "fileName": [2, 2], "lineNumber": [20, 5], "columnNumber": [None, None], "length": 2},
        "resourceTable": {"lib": [None], "name": [2], "host": [None], "type": [1], "length": 1},
        "nativeSymbols": {"libIndex": [], "address": [], "name": [], "functionSize": [], "length": 0},
        "markers": {"data": [], "name": [], "startTime": [], "endTime": [], "phase": [], "category": [], "length": 0},
    }  # fmt: skip
    document = {
        "meta": {
            "interval": 1, "startTime": 0, "processType": 0, "stackwalk": 0, "version": 27, "product": "Python",
            "preprocessedProfileVersion": 57, "importedFrom": "Tachyon Sampling Profiler",
            "categories": [{"name": "Other", "color": "grey", "subcategories": ["Other"]}, {"name": "Python", "color": "yellow", "subcategories": ["Other"]}],
        },
        "libs": [], "threads": [thread], "pages": [],
        "shared": {"stringArray": ["main", "work", "app.py"], "sources": {"length": 0, "uuid": [], "filename": []}},
    }  # fmt: skip
    (profile,) = registry.read_source(
        bytes_source("x.json", json.dumps(document).encode()), None, ImportOptions()
    )
    profile = profile.check().select("samples")
    assert profile.provenance.format == "gecko"
    assert format_tree(profile) == "main (app.py:20) 3,1\n  work (app.py:7) 2,2"


@pytest.mark.parametrize("mark_first", [False, True])
def test_pstats_output_is_read_by_the_pstats_importer(mark_first: bool) -> None:
    # main calls work; 5 samples of a millisecond, 3 of them in work.
    main, work = ("app.py", 20, "main"), ("app.py", 5, "work")
    rows = {main: (2, 5, 0.002, 0.005, {}), work: (3, 3, 0.003, 0.003, {main: 3})}
    mark = {("__sampled__",): True}
    data = marshal.dumps({**mark, **rows} if mark_first else {**rows, **mark})
    (profile,) = registry.read_source(bytes_source("x.pstats", data), None, ImportOptions())
    assert profile.check().provenance.format == "pstats"
    assert format_tree(profile) == "main (app.py:20) 5000000,2000000\n  work (app.py:5) 3000000,3000000"
    assert format_tree(profile.select("samples")) == "main (app.py:20) 5,2\n  work (app.py:5) 3,3"
    assert profile.sample_count == 5


def test_pstats_output_without_a_function_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        registry.read_source(
            bytes_source("x", marshal.dumps({("__sampled__",): True})), None, ImportOptions()
        )
