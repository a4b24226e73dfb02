"""Firefox Profiler profiles: stacks drawn as text in, in both formats and through their versions."""

from __future__ import annotations

import copy
import gzip
import json
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import gecko
from hotspot.importers.base import Head, ImportOptions, Match, NotThisFormat, bytes_source
from hotspot.profile import Kind, LossKind, Profile, Thread

from tests.vocabulary import folded, format_tree, tree_text

# name -> (file, line of the function, line that ran, index of its library)
FUNCTIONS: dict[str, tuple[str | None, int | None, int | None, int | None]] = {
    "main": ("https://example.org/app.js", 1, 5, None),
    "parse": ("https://example.org/app.js", 10, None, None),
    "malloc": (None, None, None, 0),
    "0x1f00": (None, None, None, 0),
    "0x2f00": (None, None, None, None),
    "(root)": (None, None, None, None),
}
LIBS = [{"name": "libc.so.6", "path": "/usr/lib/libc.so.6", "breakpadId": "0"}, {"name": "xul"}]


class Drawn:
    """Tables of the processed format, made from stacks like ``main;parse``."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.frames: list[str] = []
        self.stacks: list[tuple[int | None, int]] = []

    def text(self, text: str) -> int:
        if text not in self.strings:
            self.strings.append(text)
        return self.strings.index(text)

    def stack(self, names: str) -> int | None:
        prefix: int | None = None
        for name in names.split(";") if names else ():
            if name not in self.frames:
                self.frames.append(name)
            row = (prefix, self.frames.index(name))
            if row not in self.stacks:
                self.stacks.append(row)
            prefix = self.stacks.index(row)
        return prefix

    def tables(self) -> dict[str, Any]:
        facts = [FUNCTIONS.get(name, (None, None, None, None)) for name in self.frames]
        count = len(self.frames)
        return {
            "stackTable": {
                "prefix": [prefix for prefix, _ in self.stacks],
                "frame": [frame for _, frame in self.stacks],
                "length": len(self.stacks),
            },
            "frameTable": {
                "func": list(range(count)),
                "line": [ran for _, _, ran, _ in facts],
                "category": [0] * count,
                "length": count,
            },
            "funcTable": {
                "name": [self.text(name) for name in self.frames],
                "resource": [-1 if lib is None else lib for *_, lib in facts],
                "fileName": [None if file is None else self.text(file) for file, *_ in facts],
                "lineNumber": [line for _, line, *_ in facts],
                "length": count,
            },
            "resourceTable": {"lib": [0, 1], "name": [0, 0], "type": [1, 1], "length": 2},
            "stringArray": self.strings,
        }


def processed(*threads: dict[str, Any], version: int = 48, **meta: Any) -> dict[str, Any]:
    categories = [{"name": "Other", "color": "grey", "subcategories": ["Other"]}]
    about = {
        "version": 27,
        "preprocessedProfileVersion": version,
        "interval": 1,
        "startTime": 0,
        "categories": categories,
    }
    return {"meta": {**about, **meta}, "libs": LIBS, "threads": list(threads)}


def thread(
    stacks: list[str], times: list[float] | None = None, name: str = "main", **samples: Any
) -> dict[str, Any]:
    """One thread; a stack a sample, the times in milliseconds."""
    drawn = Drawn()
    rows = [drawn.stack(names) for names in stacks]
    times = [float(row) for row in range(len(rows))] if times is None else list(times)
    table = {
        "stack": rows,
        "time": times,
        "weight": None,
        "weightType": "samples",
        "length": len(rows),
        **samples,
    }
    return {"name": name, "pid": "12", "tid": 34, **drawn.tables(), "samples": table}


def read(document: Any) -> Profile:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    (profile,) = gecko.load(bytes_source("p.json", data), ImportOptions())
    return profile.check()


def failure(document: Any) -> str:
    with pytest.raises(MalformedProfile) as caught:
        read(document)
    return str(caught.value)


def types(profile: Profile) -> list[str]:
    return [str(value_type) for value_type in profile.value_types]


def told(profile: Profile, kind: LossKind) -> list[int | None]:
    return [loss.amount for loss in profile.provenance.losses if loss.kind is kind]


# -- processed ----------------------------------------------------------------------------------

STACKS = ["main", "main;parse", "main;parse;malloc", "main;parse"]
TIMES = [0.5, 1.5, 3.75, 10]


def test_a_sample_lasts_until_the_next_one() -> None:
    profile = read(processed(thread(STACKS, TIMES)))
    assert types(profile) == ["samples/count", "wall/nanoseconds"]
    assert str(profile.value_type) == "wall/nanoseconds"
    assert format_tree(profile) == tree_text("""
        main (https://example.org/app.js:5) 9500000,1000000
          parse (https://example.org/app.js:10) 8500000,2250000
            malloc 6250000,6250000
        """)
    frames = profile.frames
    assert {frames.strings[module] for module in frames.module} == {"", "/usr/lib/libc.so.6"}
    assert profile.threads == (Thread(12, 34, "main"),)
    assert profile.select("samples").total == 4


def test_times_may_be_deltas_and_out_of_order() -> None:
    deltas = thread(STACKS, TIMES)
    del deltas["samples"]["time"]
    deltas["samples"]["timeDeltas"] = [0.5, 1, 2.25, 6.25]
    expected = folded(read(processed(thread(STACKS, TIMES))))
    assert folded(read(processed(deltas, version=50))) == expected
    mixed = thread([STACKS[row] for row in (2, 0, 3, 1)], [TIMES[row] for row in (2, 0, 3, 1)])
    assert folded(read(processed(mixed))) == expected


def test_all_threads_are_one_profile() -> None:
    one = thread(["main", "main"], [0, 1], name="GeckoMain") | {
        "processName": "Web Content",
        "pid": "7.1",
        "tid": "9",
    }
    two = thread(["parse", "", "parse"], [10, 11, 13], name="Renderer")
    profile = read(processed(one, two, thread([], name="idle")))
    assert profile.threads == (Thread(None, 9, "Web Content/GeckoMain"), Thread(12, 34, "Renderer"))
    assert folded(profile.select("samples")) == {
        "main (https://example.org/app.js:5)": 2,
        "parse (https://example.org/app.js:10)": 2,
        "[no stack]": 1,
    }
    assert profile.total == 1_000_000 + 3_000_000  # no time between threads


@pytest.mark.parametrize(
    ("unit", "value_type", "total"),
    [
        ("ns", "cpu/nanoseconds", 600),
        ("µs", "cpu/nanoseconds", 600_000),
        ("variable CPU cycles", "cpu/cycles", 600),
    ],
)
def test_cpu_time_is_selected_where_it_was_recorded(unit: str, value_type: str, total: int) -> None:
    document = processed(
        thread(STACKS, TIMES, threadCPUDelta=[999, 100, 500, None]),
        sampleUnits={"time": "ms", "threadCPUDelta": unit},
    )
    profile = read(document)
    assert types(profile) == ["samples/count", "wall/nanoseconds", value_type]
    selected = profile.select(value_type)
    assert selected.total == total  # what the first sample says is from before the profile
    assert (
        folded(selected)["main (https://example.org/app.js:5);parse (https://example.org/app.js:10)"]
        == total // 6
    )
    assert (str(profile.value_type) == "cpu/nanoseconds") is (unit != "variable CPU cycles")


def test_cpu_time_without_a_unit_is_told() -> None:
    profile = read(processed(thread(STACKS, TIMES, threadCPUDelta=[0, 1, 2, 3])))
    assert types(profile) == ["samples/count", "wall/nanoseconds"]
    assert told(profile, LossKind.DROPPED) == [None]


def test_weights_count_samples() -> None:
    profile = read(processed(thread(STACKS, TIMES, weight=[1, 5, None, -2]))).select("samples")
    assert profile.weights.tolist() == [1, 5, 1, -2]
    profile = read(processed(thread(STACKS, TIMES, weight=[1.0, 2.5, 1.0, 1.0])))
    assert told(profile, LossKind.ROUNDED) == [1]


def test_traces_have_milliseconds_as_weights() -> None:
    profile = read(processed(thread(STACKS, TIMES, weight=[2, 0.5, 0.25, 3], weightType="tracing-ms")))
    assert types(profile) == ["wall/nanoseconds"]
    assert profile.weights.tolist() == [2_000_000, 500_000, 250_000, 3_000_000]


def test_size_profiles_have_bytes_and_no_times() -> None:
    sizes = thread(STACKS, [0, 10, 20, 30], weight=[10, 20, 30, 40], weightType="bytes")
    profile = read(processed(sizes, sampleUnits={"time": "bytes"}))
    assert types(profile) == ["size/bytes"]
    assert profile.total == 100
    assert profile.samples.time is None


def test_functions_without_a_symbol_are_unknown_in_their_module() -> None:
    profile = read(processed(thread(["main;0x1f00", "0x2f00", "main"], [0, 1, 2])))
    frames = profile.frames
    names = [(profile.frame_name(row), frames.strings[frames.module[row]]) for row in range(len(frames))]
    assert names == [("main", ""), ("[unknown]", "/usr/lib/libc.so.6"), ("[unknown]", "")]
    assert told(profile, LossKind.DROPPED) == [2]


def test_the_root_is_not_a_frame() -> None:
    assert folded(read(processed(thread(["(root);main", "(root)", "main;(root)", ""], [0, 1, 3, 6])))) == {
        "main (https://example.org/app.js:5)": 1_000_000,
        "[no stack]": 2_000_000,
        "main (https://example.org/app.js:5);(root)": 3_000_000,
    }


def test_stacks_no_sample_has_are_left_out() -> None:
    document = processed(thread(["main;parse;malloc", "main"]))
    document["threads"][0]["samples"]["stack"] = [0, 0]  # markers may still have the others
    assert format_tree(read(document)) == "main (https://example.org/app.js:5) 1000000,1000000"


@pytest.mark.parametrize(
    ("table", "column", "value", "kind"),
    [
        ("frameTable", "inlineDepth", 1, Kind.INLINED),
        ("frameTable", "category", 1, Kind.KERNEL),
        ("frameTable", "category", 2, Kind.JIT),
        ("frameTable", "implementation", "ion", Kind.JIT),
        ("frameTable", "implementation", "interpreter", Kind.USER),
        ("frameTable", "flags", 1 | 16, Kind.INLINED),
    ],
)
def test_kinds(table: str, column: str, value: Any, kind: Kind) -> None:
    categories = [
        {"name": "Other"},
        {"name": "Kernel"},
        {"name": "JavaScript", "subcategories": ["Other", "JIT (ion)"]},
    ]
    document = processed(thread(["main", "main"]), categories=categories)
    frames = document["threads"][0][table]
    if column == "implementation":
        document["threads"][0]["stringArray"].append(value)
        value = len(document["threads"][0]["stringArray"]) - 1
    frames[column] = [value]
    frames["subcategory"] = [1 if value == 2 else 0]
    assert read(document).frames.kind.tolist() == [kind]


def test_anonymous_functions_are_told_apart_by_their_line() -> None:
    drawn = thread(["main", "main"])
    drawn["stringArray"][drawn["funcTable"]["name"][0]] = ""
    assert list(folded(read(processed(drawn)))) == ["(anonymous app.js:1) (https://example.org/app.js:5)"]


def test_older_versions_have_their_libs_in_the_thread() -> None:
    old = thread(["malloc", "malloc"]) | {"libs": [{"name": "libold.so"}]}
    document = processed(old, version=40)
    del document["libs"]
    profile = read(document)
    assert profile.frames.strings[profile.frames.module[0]] == "libold.so"


def test_the_oldest_processed_profiles_have_no_version_and_files_in_names() -> None:
    drawn = thread(["main", "0x1f00", "main"], [0, 1, 3])
    drawn["stringArray"][drawn["funcTable"]["name"][0]] = "main (chrome://blargh:34)"
    del drawn["funcTable"]["fileName"], drawn["funcTable"]["lineNumber"]
    drawn["resourceTable"]["lib"] = [0]  # shorter than the table
    document = processed(drawn | {"libs": [{"name": "/tmp/libold.so"}]})
    document["meta"] = {"version": 3, "product": "Firefox", "stackwalk": 1}
    assert gecko.detect(Head(json.dumps(document).encode(), True)) is Match.YES
    assert folded(read(document)) == {"main (chrome://blargh:5)": 1_000_000, "[libold.so]": 2_000_000}


def shared(document: dict[str, Any], *moved: str) -> dict[str, Any]:
    """The same profile with some tables of its only thread shared."""
    document = copy.deepcopy(document)
    (own,) = document["threads"]
    document["shared"] = {name: own.pop(name) for name in moved}
    return document


def test_newer_versions_share_tables_among_threads() -> None:
    document = processed(thread(STACKS, TIMES))
    expected = format_tree(read(document))
    assert format_tree(read(shared(document, "stringArray"))) == expected  # version 56
    everything = ("stringArray", "stackTable", "frameTable", "funcTable", "resourceTable")
    newest = shared(document, *everything)
    assert format_tree(read(newest)) == expected
    newest["threads"] += copy.deepcopy(newest["threads"])
    both = read(newest)
    assert len(both.call_tree) == 3
    assert both.total == 2 * 9_500_000


def test_newest_versions_have_sources_offsets_and_flags() -> None:
    document = processed(thread([*STACKS, "main;0x1f00"], [*TIMES, 11]))
    expected = format_tree(read(document))
    newest = shared(document, "stringArray", "stackTable", "frameTable", "funcTable", "resourceTable")
    tables = newest["shared"]
    stacks, frames, funcs = tables["stackTable"], tables["frameTable"], tables["funcTable"]
    # version 66: a parent is so many rows before
    prefix = stacks.pop("prefix")
    stacks["prefixOffset"] = [0 if above is None else row - above for row, above in enumerate(prefix)]
    # version 58: files are rows of a table of sources
    names = funcs.pop("fileName")
    tables["sources"] = {"filename": sorted({name for name in names if name is not None}), "length": 1}
    funcs["source"] = [0 if name is None else tables["sources"]["filename"].index(name) for name in names]
    # versions 70 and 71: frames have libraries, and flags say what counts
    frames["flags"] = [(16 if line is not None else 0) | 2 for line in frames["line"]]
    frames["line"] = [line or 0 for line in frames["line"]]
    libs = [0 if resource == 0 else -1 for resource in funcs["resource"]]
    frames["lib"] = [0 if lib == 0 else 1 for lib in libs]
    frames["flags"] = [
        flags if lib == 0 else flags & ~2 for flags, lib in zip(frames["flags"], libs, strict=True)
    ]
    funcs["flags"] = [
        (8 if name is not None else 0) | (16 if line is not None else 0)
        for name, line in zip(names, funcs["lineNumber"], strict=True)
    ]
    funcs["lineNumber"] = [line or 0 for line in funcs["lineNumber"]]
    assert format_tree(read(newest)) == expected


def test_allocations_are_told() -> None:
    document = processed(thread(["main", "main"]))
    document["threads"][0]["jsAllocations"] = {"stack": [0, 0, 0], "weight": [1, 1, 1]}
    document["threads"][0]["nativeAllocations"] = {"stack": [None, 0]}
    assert told(read(document), LossKind.DROPPED) == [5]


def test_a_thread_may_have_no_samples_table() -> None:
    document = processed({"name": "markers only"}, thread(["main", "main"]))
    assert [t.name for t in read(document).threads] == ["main"]


def test_gzip_is_transparent_and_the_producer_told() -> None:
    document = processed(
        thread(["main", "main"]),
        importedFrom="samply",
        product="node",
        profilingStartTime=5,
        profilingEndTime=7.5,
    )
    source = bytes_source("profile.json.gz", gzip.compress(json.dumps(document).encode()))
    assert gecko.detect(source.head) is Match.YES
    (profile,) = gecko.load(source, ImportOptions())
    assert profile.provenance.producer == "samply"
    assert profile.provenance.format == "gecko"
    assert profile.provenance.duration_ns == 2_500_000


def processed_with(place: str, value: Any) -> dict[str, Any]:
    """A processed profile with one value changed; the place is keys and indices with points between them."""
    document = processed(thread(STACKS, TIMES, threadCPUDelta=[1, 1, 1, 1]))
    return replaced(document, place, value)


def replaced(document: Any, place: str, value: Any) -> Any:
    *keys, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    at = document
    for key in keys:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return document


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (
            "threads.0.stackTable.prefix.1",
            1,
            "threads[0].stackTable.prefix[1]: its parent 1 does not come before it",
        ),
        (
            "threads.0.stackTable.prefix.0",
            2,
            "threads[0].stackTable.prefix[0]: its parent 2 does not come before it",
        ),
        (
            "threads.0.stackTable.prefix.0",
            9,
            "threads[0].stackTable.prefix[0]: 9 is not a row of a table of 3",
        ),
        (
            "threads.0.stackTable.prefix.0",
            2**80,
            f"threads[0].stackTable.prefix[0]: {2**80} is not a row of a table",
        ),
        (
            "threads.0.stackTable.prefix.0",
            "x",
            "threads[0].stackTable.prefix[0]: expected int | null, got str",
        ),
        ("threads.0.stackTable.prefix", [None], "threads[0].stackTable: frame has 3 rows, prefix has 1"),
        ("threads.0.stackTable.frame.1", 7, "threads[0].stackTable.frame[1]: 7 is not a row of a table of 3"),
        ("threads.0.stackTable.frame.1", -1, "threads[0].stackTable.frame[1]: -1 is not a frame"),
        ("threads.0.stackTable", None, "threads[0].stackTable is missing"),
        ("threads.0.frameTable.func.1", 7, "threads[0].frameTable.func: there is no function 7"),
        ("threads.0.frameTable.func.1", -1, "threads[0].frameTable.func: there is no function -1"),
        ("threads.0.funcTable.name.0", 70, "threads[0].funcTable.name[0]: there is no text 70"),
        ("threads.0.funcTable.fileName.0", 70, "threads[0].funcTable.fileName[0]: there is no text 70"),
        ("threads.0.resourceTable.lib.0", 5, "threads[0].resourceTable.lib: there is no library 5"),
        ("threads.0.samples.stack.3", 3, "threads[0].samples.stack[3]: 3 is not a row of a table of 3"),
        ("threads.0.samples.stack", [0], "threads[0].samples: stack has 1 rows, time has 4"),
        ("threads.0.samples.time.2", 1e300, "threads[0].samples.time[2]: 1e+300 is out of range"),
        ("threads.0.samples.time.2", "x", "threads[0].samples.time[2]: expected int | float, got str"),
        (
            "threads.0.samples.time.2",
            10**400,
            "threads[0].samples.time[2]: 10000000000000000000... (401 characters) is out",
        ),
        ("threads.0.samples.weight", [1, 1, 1, 10**25], "threads[0].samples.weight[3]: 1"),
        (
            "meta.preprocessedProfileVersion",
            "new",
            "meta.preprocessedProfileVersion: expected int | null, got str",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(place: str, value: Any, message: str) -> None:
    assert failure(processed_with(place, value)).startswith(f"p.json: {message}")


def test_offsets_of_parents_that_do_not_exist_are_refused() -> None:
    document = processed(thread(STACKS, TIMES))
    stacks = document["threads"][0]["stackTable"]
    del stacks["prefix"]
    stacks["prefixOffset"] = [0, 1, 3]
    message = "threads[0].stackTable.prefixOffset[2]: 3 rows before there is none"
    assert failure(document) == f"p.json: {message}"


def test_no_samples_at_all_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        read(processed(thread([])))
    with pytest.raises(EmptyProfile):
        read(processed())


def test_other_json_is_left_to_other_importers() -> None:
    for document in (
        {"meta": {}},
        {"threads": []},
        {"meta": {"version": 2}, "threads": []},
        {"profile": {"meta": {}}},
    ):
        with pytest.raises(NotThisFormat):
            read(document)


# -- raw ----------------------------------------------------------------------------------------


def raw(rows: list[tuple[str, float]], **more: Any) -> dict[str, Any]:
    """A process with one thread; locations of a stack are joined by ``|``, times are milliseconds."""
    strings: list[str] = []
    stacks: list[tuple[int | None, int]] = []
    samples = []
    for text, time in rows:
        prefix: int | None = None
        for location in text.split("|") if text else ():
            if location not in strings:
                strings.append(location)
            row = (prefix, strings.index(location))
            if row not in stacks:
                stacks.append(row)
            prefix = stacks.index(row)
        samples.append([prefix, time])
    schema = {"location": 0, "implementation": 1, "optimizations": 2, "line": 3, "category": 4}
    thread = {
        "name": "GeckoMain",
        "processType": "tab",
        "tid": 9,
        "pid": 8,
        "samples": {"schema": {"stack": 0, "time": 1, "responsiveness": 2}, "data": samples},
        "stackTable": {"schema": {"prefix": 0, "frame": 1}, "data": [list(row) for row in stacks]},
        "frameTable": {"schema": schema, "data": [[row] for row in range(len(strings))]},
        "stringTable": strings,
    }
    meta = {"version": 9, "startTime": 1000.0, "product": "Firefox", "misc": "rv:61.0"}
    libs = [{"name": "xul", "start": 0x1000, "end": 0x2000, "breakpadId": "0"}]
    return {"meta": meta, "libs": libs, "threads": [thread], "processes": [], **more}


@pytest.mark.parametrize(
    ("location", "label", "module"),
    [
        ("main (https://example.org/app.js:31)", "main (https://example.org/app.js:31)", ""),
        ("main (https://example.org/app.js:31:7)", "main (https://example.org/app.js:31)", ""),
        ("a/b< (file:///srv/app.js:3)", "a/b< (/srv/app.js:3)", ""),
        ("get x (resource://base.js -> resource://event.js:9)", "get x (resource://event.js:9)", ""),
        ("map (self-hosted:281)", "map (self-hosted:281)", ""),
        ("file:///srv/app.js:30", "(anonymous app.js:30) (/srv/app.js:30)", ""),
        ("nsAppShell::ProcessGeckoEvents", "nsAppShell::ProcessGeckoEvents", ""),
        ("PresShell::DoReflow (Layout)", "PresShell::DoReflow (Layout)", ""),
        ("js::RunScript(JSContext*) (in libxul.so) + 12", "js::RunScript(JSContext*)", "libxul.so"),
        ("0x1abc", "[xul]", "xul"),
        ("0x9abc", "[unknown]", ""),
        ("(root)", "[no stack]", ""),
    ],
)
def test_locations(location: str, label: str, module: str) -> None:
    profile = read(raw([(location, 0), (location, 1)]))
    assert list(folded(profile)) == [label]
    assert profile.frames.strings[profile.frames.module[-1]] == module


def test_raw_samples() -> None:
    main, parse = "main (app:1:1)", "parse (app:9)"
    document = raw([(f"(root)|{main}", 1.0), (f"(root)|{main}|{parse}", 1.5), (f"(root)|{main}", 4), ("", 5)])
    frames = document["threads"][0]["frameTable"]["data"]
    names = document["threads"][0]["stringTable"]
    names.append("ion")
    frames[1] = [1, len(names) - 1, {"sites": []}, 7, 16]  # the line that ran, in compiled code
    frames[2] = [2, None, None, None]
    profile = read(document)
    assert format_tree(profile) == tree_text("""
        [no stack] 0,0
        main (app:7)_[j] 4000000,1500000
          parse (app:9) 2500000,2500000
        """)
    assert profile.threads == (Thread(8, 9, "GeckoMain"),)
    assert profile.provenance.producer == "Firefox 61.0"


def test_child_processes_keep_their_own_clock() -> None:
    child = raw([("b", 1.0), ("b", 3.0)], meta={"version": 9, "startTime": 1500.0})
    profile = read(raw([("a", 0.0), ("a", 2.0)], processes=[child]))
    assert folded(profile) == {"a": 2_000_000, "b": 2_000_000}
    assert profile.samples.time is not None
    assert sorted(profile.samples.time.tolist()) == [0, 2_000_000, 501_000_000, 503_000_000]
    assert len(profile.threads) == 2


def test_raw_cpu_time() -> None:
    document = raw(
        [("a", 0.0), ("b", 2.0), ("a", 3.0)], meta={"version": 24, "sampleUnits": {"threadCPUDelta": "µs"}}
    )
    table = document["threads"][0]["samples"]
    table["schema"] = {"stack": 0, "time": 1, "eventDelay": 2, "threadCPUDelta": 3}
    for row, delta in zip(table["data"], (7, 1500), strict=False):
        row += [0.0, delta]  # rows may end early, as the third does
    profile = read(document)
    assert str(profile.value_type) == "cpu/nanoseconds"
    assert folded(profile) == {"b": 1_500_000}


def test_the_old_devtools_wrap_the_profile() -> None:
    wrapped = {"label": "x", "duration": 4.5, "profile": raw([("a", 0.0), ("a", 2.0)]), "version": 2}
    profile = read(wrapped)
    assert profile.total == 2_000_000
    assert profile.provenance.duration_ns == 4_500_000


@pytest.mark.parametrize("version", [3, 4])
def test_child_processes_were_json_within_the_threads_once(version: int) -> None:
    child = raw([("b", 1.0), ("b", 3.0)], meta={"version": version, "startTime": 1500.0})
    document = raw([("a", 0.0), ("a", 2.0)], meta={"version": version, "startTime": 1000.0})
    document["threads"].append(json.dumps(child))
    profile = read(document)
    assert folded(profile) == {"a": 2_000_000, "b": 2_000_000}
    assert len(profile.threads) == 2
    document["threads"][1] = document["threads"][1].replace("GeckoMain", 'x", "name": 5, "y": "')
    assert failure(document) == "p.json: threads[1].threads[0].name: expected str, got int"


def test_libs_were_json_within_a_text_once() -> None:
    document = raw([("0x1abc", 0), ("0x1abc", 1)], meta={"version": 4})
    document["libs"] = json.dumps(document["libs"])
    assert list(folded(read(document))) == ["[xul]"]
    assert "libs" in failure(document | {"libs": "["})


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (
            "threads.0.stackTable.data.0.0",
            0,
            "threads[0].stackTable.data[0]: its parent 0 does not come before it",
        ),
        (
            "threads.0.stackTable.data.0.0",
            5,
            "threads[0].stackTable.prefix[0]: 5 is not a row of a table of 1",
        ),
        ("threads.0.stackTable.data.0.0", "x", "threads[0].stackTable.data[0].prefix: 'x' is not an index"),
        ("threads.0.stackTable.data.0.0", True, "threads[0].stackTable.data[0].prefix: True is not an index"),
        ("threads.0.stackTable.data.0", [None], "threads[0].stackTable.data[0]: it has no frame"),
        (
            "threads.0.frameTable.data.0.0",
            5,
            "threads[0].frameTable.location[0]: 5 is not a row of a table of 1",
        ),
        ("threads.0.samples.data.1.0", 8, "threads[0].samples.stack[1]: 8 is not a row of a table of 1"),
        ("threads.0.samples.data.1.1", "x", "threads[0].samples.data[1].time: 'x' is not a number"),
        ("threads.0.samples.data.1", [0], "threads[0].samples.data[1].time is missing"),
        ("threads.0.samples.schema", [], "threads[0].samples.schema: expected object, got array"),
        ("threads.0.stringTable", None, "threads[0]: object missing required field stringTable"),
    ],
)
def test_what_is_wrong_with_a_raw_profile_is_refused_with_its_place(
    place: str, value: Any, message: str
) -> None:
    assert failure(replaced(raw([("a", 0.0), ("a", 1.0)]), place, value)).startswith(f"p.json: {message}")
    wrapped = {"profile": replaced(raw([("a", 0.0), ("a", 1.0)]), place, value)}
    assert failure(wrapped).startswith(f"p.json: profile.{message}")


def test_ten_thousand_nested_calls() -> None:
    depth = 10_000
    document = processed(thread(["main", "main"]))
    own = document["threads"][0]
    own["stackTable"] = {"frame": [0] * depth, "prefix": [None, *range(depth - 1)], "length": depth}
    own["samples"]["stack"] = [depth - 1, depth - 1]
    assert int(read(document).call_tree.depth.max()) == depth - 1


def test_processes_nested_too_deeply_are_refused() -> None:
    text = b'{"meta":{"version":9},"threads":[],"processes":['
    assert failure(text * 100_000 + b"]}" * 100_000) == "p.json: nested too deeply to read"


@pytest.mark.parametrize(
    ("document", "match"),
    [
        (processed(thread(["main"])), Match.YES),
        (raw([("a", 0)]), Match.YES),
        ({"label": "x", "profile": raw([("a", 0)])}, Match.YES),
        ({"meta": {"a": 1}, "threads": []}, Match.MAYBE),
        ({"meta": {"a": 1}}, Match.NO),
        ({"threads": []}, Match.NO),
        ({"profile": {"meta": {}}}, Match.NO),
        ({"traceEvents": []}, Match.NO),
    ],
)
def test_detection(document: Any, match: Match) -> None:
    assert gecko.detect(Head(json.dumps(document).encode(), True)) is match


def test_detection_where_libraries_fill_the_head() -> None:
    assert gecko.detect(Head(b'{"libs":[{"name":"a","breakpadId":"0"},', False)) is Match.MAYBE
    assert gecko.detect(Head(b'{"libs":[{"name":"a"}]}', True)) is Match.NO
