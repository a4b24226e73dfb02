"""V8 CPU profiles: nodes drawn as text in, call trees out."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import cpuprofile
from hotspot.importers.base import Head, ImportOptions, Match, NotThisFormat, bytes_source, file_source
from hotspot.profile import LossKind, Profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vocabulary import folded, format_tree, tree_text

# One node a line: id, name, then file:line:column where it has one; indented below its parent.
APP = """
1 (root)
  2 main file:///srv/app.js:0:0
    3 parse file:///srv/app.js:9:4
    4 emit file:///srv/app.js:19:4
  5 (program)
  6 (idle)
  7 (garbage collector)
"""


# Summed up by a script of its own from the file: nanoseconds of self and total.
GOLDEN: dict[str, Any] = {
    "total": 475_206_000,
    "samples": 419,
    "functions": {
        "isStopWord": (275_578_000, 290_580_000),
        "count": (64_602_000, 371_637_000),
        "makeText": (42_159_000, 74_751_000),
        "(garbage collector)": (76_980_000, 76_980_000),
        "(program)": (1_247_000, 1_247_000),
    },
}


def drawn(text: str) -> list[dict[str, Any]]:
    """Nodes of the current format from a drawing."""
    nodes: list[dict[str, Any]] = []
    path: list[dict[str, Any]] = []
    for line in text.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        number, _, rest = line.strip().partition(" ")
        name, _, place = rest.partition(" ") if not rest.startswith("(") else (rest, "", "")
        url, row, column = place.rsplit(":", 2) if place else ("", "-1", "-1")
        frame = {"functionName": name, "url": url, "lineNumber": int(row), "columnNumber": int(column)}
        node = {"id": int(number), "callFrame": frame, "children": []}
        del path[depth:]
        if path:
            path[-1]["children"].append(node["id"])
        path.append(node)
        nodes.append(node)
    return nodes


def nested(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """The same nodes in the old format."""
    by_id = {node["id"]: node for node in nodes}

    def convert(node: dict[str, Any]) -> dict[str, Any]:
        children = [convert(by_id[child]) for child in node["children"]]
        return {**node["callFrame"], "id": node["id"], "hitCount": 0, "children": children}

    return convert(nodes[0])


def sampled(samples: list[int], deltas: list[float], nodes: str = APP, **more: Any) -> dict[str, Any]:
    return {"nodes": drawn(nodes), "startTime": 0, "samples": samples, "timeDeltas": deltas, **more}


def read(document: Any) -> Profile:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    (profile,) = cpuprofile.load(bytes_source("app.cpuprofile", data), ImportOptions())
    return profile.check()


def failure(document: Any) -> str:
    with pytest.raises(MalformedProfile) as caught:
        read(document)
    return str(caught.value)


def losses(profile: Profile, kind: LossKind) -> list[tuple[str, int | None]]:
    return [(loss.text, loss.amount) for loss in profile.provenance.losses if loss.kind is kind]


def test_a_sample_lasts_until_the_next_one() -> None:
    profile = read(sampled([2, 3, 4, 3], [100, 10, 20, 5]))
    assert format_tree(profile) == tree_text("""
        (garbage collector) 0,0
        (idle) 0,0
        (program) 0,0
        main (/srv/app.js:1) 35000,10000
          emit (/srv/app.js:20) 5000,5000
          parse (/srv/app.js:10) 20000,20000
        """)
    assert str(profile.value_type) == "cpu/nanoseconds"
    assert profile.samples.time is not None
    assert profile.samples.time.tolist() == [100_000, 110_000, 130_000, 135_000]


def test_counts_are_beside_the_time() -> None:
    profile = read(sampled([2, 3, 4, 3], [100, 10, 20, 5])).select("samples/count")
    assert folded(profile) == {
        "main (/srv/app.js:1)": 1,
        "main (/srv/app.js:1);parse (/srv/app.js:10)": 2,
        "main (/srv/app.js:1);emit (/srv/app.js:20)": 1,
    }


def test_samples_out_of_order_are_sorted_by_their_time_and_told() -> None:
    profile = read(sampled([2, 3, 4, 2], [100, 50, -30, 80]))  # at 100, 150, 120, 200
    assert folded(profile) == {
        "main (/srv/app.js:1)": 20_000,
        "main (/srv/app.js:1);emit (/srv/app.js:20)": 30_000,
        "main (/srv/app.js:1);parse (/srv/app.js:10)": 50_000,
    }
    assert [amount for _, amount in losses(profile, LossKind.INCONSISTENT)] == [1]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(2, 7), st.integers(-1000, 5000)), min_size=1, max_size=40))
def test_the_time_of_all_samples_is_from_the_first_to_the_last(pairs: list[tuple[int, int]]) -> None:
    profile = read(sampled([node for node, _ in pairs], [delta for _, delta in pairs]))
    at = 0
    times = [at := at + delta for _, delta in pairs]
    assert profile.select("cpu").total == (max(times) - min(times)) * 1000
    assert profile.select("samples").total == len(pairs)


def test_the_garbage_collector_is_on_top_of_what_it_interrupted() -> None:
    profile = read(sampled([3, 7, 7, 4, 7, 2], [0, 10, 10, 10, 10, 10]))
    assert folded(profile) == {
        "main (/srv/app.js:1);parse (/srv/app.js:10)": 10_000,
        "main (/srv/app.js:1);parse (/srv/app.js:10);(garbage collector)": 20_000,
        "main (/srv/app.js:1);emit (/srv/app.js:20)": 10_000,
        "main (/srv/app.js:1);emit (/srv/app.js:20);(garbage collector)": 10_000,
    }


def test_the_garbage_collector_of_an_idle_program_has_no_caller() -> None:
    profile = read(sampled([7, 3, 6, 7, 5, 7, 2], [0, 10, 10, 10, 10, 10, 10]))
    assert folded(profile) == {
        "(garbage collector)": 20_000,  # the first of all, and the one after (idle)
        "main (/srv/app.js:1);parse (/srv/app.js:10)": 10_000,
        "(idle)": 10_000,
        "(program)": 10_000,
        "(program);(garbage collector)": 10_000,
    }


def test_a_sample_at_the_root_has_no_stack() -> None:
    assert folded(read(sampled([1, 2, 1], [0, 10, 10]))) == {
        "[no stack]": 10_000,
        "main (/srv/app.js:1)": 10_000,
    }


def test_a_root_of_another_name_is_a_frame() -> None:
    profile = read(sampled([2, 2], [0, 5], "1 start\n  2 (root)\n"))
    assert folded(profile) == {"start;(root)": 5000}


def test_parents_may_be_named_instead_of_children() -> None:
    document = sampled([2, 3, 4, 3], [100, 10, 20, 5])
    expected = format_tree(read(document))
    parent = {child: node["id"] for node in document["nodes"] for child in node.pop("children")}
    for node in document["nodes"]:
        if node["id"] in parent:
            node["parent"] = parent[node["id"]]
    assert format_tree(read(document)) == expected


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_nodes_may_stand_in_any_order(order: random.Random) -> None:
    document = sampled([2, 3, 4, 7, 3], [100, 10, 20, 5, 5])
    expected = format_tree(read(document))
    order.shuffle(document["nodes"])
    assert format_tree(read(document)) == expected


@pytest.mark.parametrize(("root_line", "first_line"), [(-1, 0), (0, 1)])
def test_the_old_format_counts_lines_as_its_root_shows(root_line: int, first_line: int) -> None:
    nodes = drawn(APP)
    for node in nodes:
        node["callFrame"]["lineNumber"] += first_line
    assert nodes[0]["callFrame"]["lineNumber"] == root_line
    document = {
        "head": nested(nodes),
        "startTime": 1.5,
        "endTime": 1.5,
        "samples": [2, 3],
        "timestamps": [7, 9],
    }
    profile = read(document)
    assert format_tree(profile).splitlines()[3:] == [
        "main (/srv/app.js:1) 2000,2000",
        "  emit (/srv/app.js:20) 0,0",
        "  parse (/srv/app.js:10) 0,0",
    ]
    assert profile.provenance.duration_ns == 2000  # from the times: start and end are whole seconds there


def test_a_time_behind_the_last_sample_is_left_out() -> None:
    document = {"head": nested(drawn(APP)), "samples": [2, 3], "timestamps": [7, 9, 99]}
    assert read(document).total == 2000


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("file:///srv/my%20app/a.js", "/srv/my app/a.js"),
        ("file:///C:/app/a.js", "C:/app/a.js"),
        ("file:///srv/%ff.js", "file:///srv/%ff.js"),
        ("https://example.org/a.js?v=1", "https://example.org/a.js?v=1"),
        ("node:internal/fs", "node:internal/fs"),
        ("", ""),
    ],
)
def test_a_url_of_a_file_is_that_file(url: str, file: str) -> None:
    document = sampled([2, 2], [0, 1])
    document["nodes"][1]["callFrame"]["url"] = url
    frames = read(document).frames
    assert frames.strings[frames.file[0]] == file


def test_functions_without_a_name_are_told_apart_by_line() -> None:
    nodes = "1 (root)\n  2 \n  3 \n"
    document = sampled([2, 3, 3], [0, 1, 2], nodes)
    for node, (url, line) in zip(document["nodes"][1:], [("http://x/app.js", 11), ("", 3)], strict=True):
        node["callFrame"] |= {"functionName": "", "url": url, "lineNumber": line}
    assert folded(read(document)) == {"(anonymous app.js:12) (http://x/app.js:12)": 1000, "(anonymous)": 2000}


def test_functions_that_only_a_column_tells_apart_are_one_and_that_is_told() -> None:
    profile = read(sampled([2, 3, 3], [0, 1, 2], "1 (root)\n  2 e a.min.js:0:10\n  3 e a.min.js:0:99\n"))
    assert folded(profile) == {"e (a.min.js:1)": 3000}
    ((text, amount),) = losses(profile, LossKind.DROPPED)
    assert "column" in text
    assert amount == 1


def test_lines_that_ran_are_told_to_be_dropped() -> None:
    document = sampled([2, 2], [0, 1])
    assert losses(read(document), LossKind.DROPPED) == []
    document["nodes"][1]["positionTicks"] = [{"line": 3, "ticks": 2}]
    ((text, _),) = losses(read(document), LossKind.DROPPED)
    assert "positionTicks" in text


def test_without_samples_hits_are_counted() -> None:
    document = {"nodes": drawn(APP)}
    for node in document["nodes"]:
        node["hitCount"] = node["id"] * 10 if node["id"] in (2, 3) else 0
    profile = read(document)
    assert [str(value_type) for value_type in profile.value_types] == ["samples/count"]
    assert folded(profile) == {"main (/srv/app.js:1)": 20, "main (/srv/app.js:1);parse (/srv/app.js:10)": 30}


def test_without_times_samples_are_counted() -> None:
    document = sampled([2, 3, 3], [])
    assert folded(read(document)) == {
        "main (/srv/app.js:1)": 1,
        "main (/srv/app.js:1);parse (/srv/app.js:10)": 2,
    }


def test_samples_without_a_time_count_but_do_not_last() -> None:
    profile = read(sampled([2, 3, 4, 4], [1, 5]))
    assert profile.samples.weight.tolist() == [[1, 5000], [1, 0], [1, 0], [1, 0]]
    assert [amount for _, amount in losses(profile, LossKind.INCONSISTENT)] == [2]


def test_one_sample_is_selected_by_count() -> None:
    profile = read(sampled([2], [100]))
    assert str(profile.value_type) == "samples/count"
    assert profile.total == 1


def test_fractions_of_a_microsecond_are_kept_to_the_nanosecond() -> None:
    assert read(sampled([2, 3], [0.5, 1.2345])).total == 1234


def test_provenance() -> None:
    profile = read(sampled([2, 3], [0, 1], endTime=5))
    assert profile.provenance.format == "cpuprofile"
    assert profile.provenance.path == "app.cpuprofile"
    assert profile.provenance.producer == "V8"
    assert profile.provenance.duration_ns == 5000
    node = read(sampled([2, 2], [0, 1], "1 (root)\n  2 run node:internal/main:0:0\n"))
    assert node.provenance.producer == "Node.js"


def test_ten_thousand_nested_calls() -> None:
    depth = 10_000
    nodes = [{"id": 0, "callFrame": {"functionName": "(root)"}, "children": [1]}]
    nodes += [{"id": i, "callFrame": {"functionName": "f"}, "children": [i + 1]} for i in range(1, depth)]
    nodes += [{"id": depth, "callFrame": {"functionName": "leaf"}}]
    profile = read({"nodes": nodes, "startTime": 0, "samples": [depth, depth], "timeDeltas": [0, 3]})
    assert int(profile.call_tree.depth.max()) == depth - 1
    assert profile.total == 3000


def test_the_old_format_nested_too_deeply_is_refused() -> None:
    depth = 100_000
    text = b'{"head":' + b'{"id":1,"children":[' * depth + b"]}" * depth + b"}"
    assert failure(text) == "app.cpuprofile: nested too deeply to read"


def test_names_that_are_not_utf8_stay_visible() -> None:
    data = json.dumps(sampled([2, 2], [0, 1])).encode().replace(b"main", b"ma\xffin")
    assert list(folded(read(data))) == ["ma\\xffin (/srv/app.js:1)"]


def test_a_byte_order_mark_is_passed_over() -> None:
    data = json.dumps(sampled([2, 2], [0, 1])).encode()
    assert read(b"\xef\xbb\xbf" + data).total == 1000
    assert read(data.decode().encode("utf-16")).total == 1000


def test_samples_at_nodes_that_are_missing_are_unknown() -> None:
    profile = read(sampled([2, 99, 2, 2], [0, 1, 2, 3]))
    assert folded(profile)["[unknown]"] == 2000
    (loss,) = [loss for loss in profile.provenance.losses if loss.kind is LossKind.INCONSISTENT]
    assert (loss.amount, loss.text.partition(":")[0]) == (1, "samples at nodes that are not in the file")


def test_converters_write_lines_and_names_of_other_types() -> None:
    document = sampled([2, 2], [0, 1])
    plain = folded(read(document))
    for node in document["nodes"]:
        frame = node["callFrame"]
        node["callFrame"] = frame | {"lineNumber": str(frame["lineNumber"]), "columnNumber": 1.0}
    assert folded(read(document)) == plain
    for node in document["nodes"]:
        node["callFrame"] |= {"functionName": None, "lineNumber": -2.0}
    assert all("anonymous" in stack for stack in folded(read(document)))


@pytest.mark.parametrize("keys", [("profile",), ("result", "profile")])
def test_an_answer_of_the_devtools_protocol_holds_the_profile(keys: tuple[str, ...]) -> None:
    plain = sampled([2, 2], [0, 1])
    for node in plain["nodes"]:
        node["callFrame"]["scriptId"] = "1"
    document: dict[str, Any] = plain
    for key in reversed(keys):
        document = {key: document}
    assert cpuprofile.detect(Head(json.dumps(document).encode(), True)) is Match.YES
    assert folded(read(document)) == folded(read(plain))


def broken(**changes: Any) -> dict[str, Any]:
    document = sampled([2, 3], [0, 1])
    node = document["nodes"][2]
    for key, value in changes.items():
        (node if key in ("id", "children", "parent", "callFrame", "hitCount") else document)[key] = value
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (broken(id=2), "nodes[2].id: 2 is also the id of nodes[1]"),
        (broken(children=[99]), "nodes[2].children: there is no node 99"),
        (broken(parent=99), "nodes[2].parent: there is no node 99"),
        (broken(parent=5), "nodes[2]: node 3 has two parents"),
        (broken(children=[2]), "nodes[1]: node 2 has two parents"),
        (broken(id="x"), "nodes[2].id: expected int, got str"),
        (broken(callFrame=None), "nodes[2].callFrame: expected object, got null"),
        (broken(hitCount=-1), "nodes[2].hitCount: expected int >= 0"),
        (broken(samples=[2, 2**70]), "samples[1]: expected int <= 9007199254740992"),
        (broken(timeDeltas=[0, "1"]), "timeDeltas[1]: expected int | float, got str"),
        (
            broken(timeDeltas=[0, 10**30]),
            "timeDeltas[1]: 1000000000000000000000000000000 is out of range",
        ),
        (
            broken(timeDeltas=[0, 10**400]),
            "timeDeltas[1]: 10000000000000000000... (401 characters) is out of range",
        ),
        (
            broken(timeDeltas=[4 * 10**15, 4 * 10**15]),
            "timeDeltas[1]: the times add up to more than can be kept",
        ),
        (broken(startTime=1e300), "startTime[0]: 1e+300 is out of range"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_place(document: dict[str, Any], message: str) -> None:
    assert failure(document) == f"app.cpuprofile: {message}"


def test_a_node_that_is_its_own_ancestor_is_refused() -> None:
    document = sampled([2, 3], [0, 1], "1 (root)\n2 a\n  3 b\n")
    document["nodes"][2]["children"] = [2]
    assert "is its own ancestor" in failure(document)


def test_text_that_is_not_json_is_refused_with_its_offset() -> None:
    data = json.dumps(sampled([2, 3], [0, 1])).encode()
    assert failure(data[:-20]) == f"app.cpuprofile at byte {len(data) - 20}: the file ends in the middle"
    offset = data.index(b"[0, 1]")
    message = failure(data.replace(b"[0, 1]", b"[NaN, 1]"))
    assert message == f"app.cpuprofile at byte {offset + 1}: not valid JSON: invalid character"


def test_a_profile_without_samples_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        read(sampled([], []))


def test_other_json_is_left_to_other_importers() -> None:
    with pytest.raises(NotThisFormat):
        read({"profiles": []})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (json.dumps(sampled([2], [1])), Match.YES),
        (json.dumps({"head": nested(drawn(APP))}), Match.YES),
        ('{"nodes":[{"id":1,"callFrame":{"function', Match.YES),
        ('{"startTime":1,"endTime":2,"samples":[1,1,1,', Match.MAYBE),
        (
            '{"head":{"callFrame":{"functionName":"(root)"},"selfSize":0,"children":[]}}',
            Match.NO,
        ),  # heap profile
        ('{"nodes":[{"name":"a"}],"links":[]}', Match.NO),
        ('{"traceEvents":[]}', Match.NO),
        ('["nodes"]', Match.NO),
        ("main;parse 3", Match.NO),
    ],
)
def test_detection(text: str, match: Match) -> None:
    complete = text.endswith(("}", "]", "3"))
    assert cpuprofile.detect(Head(text.encode(), complete)) is match


def test_the_shipped_recording(samples: Path) -> None:
    (profile,) = cpuprofile.load(file_source(str(samples / "node/wordfreq.cpuprofile")), ImportOptions())
    profile.check()
    rows = {row.function: row for row in profile.top(n=0).rows}
    assert profile.provenance.producer == "Node.js"
    assert profile.total == GOLDEN["total"]
    assert profile.select("samples").total == GOLDEN["samples"]
    assert {
        name: (rows[name].self_weight, rows[name].total_weight) for name in GOLDEN["functions"]
    } == GOLDEN["functions"]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_what_node_records_now(tmp_path: Path) -> None:
    program = """
    function hot(n) { let s = 0; for (let i = 0; i < n; i++) s += Math.sqrt(i); return s; }
    function caller() { for (let k = 0; k < 60; k++) hot(1e6); }
    caller();
    """
    (tmp_path / "program.js").write_text(program)
    command = ["node", "--cpu-prof", "--cpu-prof-name=p.cpuprofile", "program.js"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    path = tmp_path / "p.cpuprofile"
    source = file_source(str(path))
    assert cpuprofile.detect(source.head) is Match.YES
    (profile,) = cpuprofile.load(source, ImportOptions())
    profile.check()
    document = json.loads(path.read_text())
    assert profile.select("samples").total == len(document["samples"])
    rows = profile.top(n=0).rows
    assert {"hot", "caller"} <= {row.function for row in rows}
    hot = next(row for row in rows if row.function == "hot")
    assert hot.file == str(tmp_path / "program.js")
    assert hot.line == 2
    assert hot.self_weight > profile.total / 3
