"""V8 logs: code and ticks as lines in, stacks out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import v8log
from hotspot.importers.base import Head, ImportOptions, Match, NotThisFormat, bytes_source, file_source
from hotspot.importers.v8log.code import Code, CodeMap, javascript
from hotspot.profile import Kind, LossKind, Profile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vocabulary import folded

CODE = """\
v8-version,11,3,244,8,-node.38,0
shared-library,/usr/bin/node,0x400000,0xb71000,0
shared-library,/usr/lib/libc.so.6,0x7f000000,0x7f009000,0
code-creation,Builtin,2,100,0x500000,256,ArrayMap
code-creation,JS,10,100,0x1000,100,main /srv/app.js:1:5,0xaa,~
code-creation,JS,10,100,0x2000,100,parse /srv/app.js:10:5,0xbb,~
code-creation,JS,13,100,0x3000,100,parse /srv/app.js:10:5,0xbb,*
"""
MAIN, PARSE, FAST = "main (/srv/app.js:1)", "parse (/srv/app.js:10)", "parse (/srv/app.js:10)_[j]"


def read(text: str) -> Profile:
    (profile,) = v8log.load(bytes_source("isolate-v8.log", text.encode()), ImportOptions())
    return profile.check()


def ticks(*lines: str) -> dict[str, int]:
    """Stacks by samples of ticks ``pc time external top state caller ...``, after the code above."""
    text = "".join(f"tick,{','.join(line.split())}\n" for line in lines)
    return folded(read(CODE + text).select("samples"))


def test_addresses_are_looked_up() -> None:
    assert ticks(
        "0x3010 1000 0 0x0 0 0x1020",
        "0x3020 2000 0 0x0 0 0x1020",
        "0x2010 3000 0 0x0 0 0x1020",
        "0x500010 4000 0 0x0 0 0x2010 0x1020",
        "0x450000 5000 0 0x0 5 0x1020",
        "0xdead0000 6000 0 0x0 5",
    ) == {
        f"{MAIN};{FAST}": 2,
        f"{MAIN};{PARSE}": 1,
        f"{MAIN};{PARSE};Builtin:ArrayMap": 1,
        f"{MAIN};[node]": 1,
        "[unknown]": 1,
    }


def test_a_tick_lasts_until_the_next_one() -> None:
    profile = read(CODE + "tick,0x1000,1000,0,0x0,0\ntick,0x2000,1250,0,0x0,0\ntick,0x1000,3000,0,0x0,0\n")
    assert str(profile.value_type) == "cpu/nanoseconds"
    assert folded(profile) == {MAIN: 250_000, PARSE: 1_750_000}
    assert profile.samples.time is not None
    assert profile.samples.time.tolist() == [1_000_000, 1_250_000, 3_000_000]
    assert profile.provenance.producer == "V8 11.3.244.8"
    assert profile.provenance.format == "v8log"


def test_all_versions_of_a_function_are_one_function() -> None:
    profile = read(CODE + "tick,0x3000,1,0,0x0,0\ntick,0x2000,2,0,0x0,0\ntick,0x3000,3,0,0x0,0\n")
    assert len(profile.functions) == 1
    assert sorted(profile.frames.kind.tolist()) == [Kind.USER, Kind.JIT]


def test_callers_may_be_offsets_from_the_address_before() -> None:
    assert ticks("0x3010 1 0 0x0 0 -0x1000 -0xff0 overflow") == {f"{MAIN};{PARSE};{FAST}": 1}


def test_an_external_callback_stands_for_the_program_counter() -> None:
    assert ticks("0x2000 1 1 0x7f000010 2 0x1020") == {f"{MAIN};[libc.so.6]": 1}


def test_a_caller_without_a_frame_is_on_top_of_the_stack() -> None:
    assert ticks("0x500010 1 0 0x2010 0 0x1020") == {f"{MAIN};{PARSE};Builtin:ArrayMap": 1}
    assert ticks("0x500010 1 0 0x7f000010 0 0x1020") == {f"{MAIN};Builtin:ArrayMap": 1}  # not JavaScript
    # the register that names the function that runs, compiled or not
    assert ticks("0x3010 1 0 0x2001 0 0x1020") == {f"{MAIN};{FAST}": 1}
    assert ticks("0x500010 1 0 0x2001 0 0x2010 0x1020") == {f"{MAIN};{PARSE};Builtin:ArrayMap": 1}


def test_the_garbage_collector_is_on_top_of_the_javascript() -> None:
    assert ticks("0x450000 1 0 0x0 1", "0x450000 2 0 0x0 1 0x2010 0x1020") == {
        "(garbage collector)": 1,
        f"{MAIN};{PARSE};(garbage collector)": 1,
    }


def test_ticks_see_the_code_of_their_moment() -> None:
    tick = "tick,0x2010,{},0,0x0,0\n"
    text = CODE + tick.format(1)
    text += "code-move,0x2000,0x6000\n" + tick.format(2) + "tick,0x6010,3,0,0x0,0\n"
    text += "code-creation,JS,10,4,0x1f80,256,other /srv/b.js:3:1,0xcc,~\n" + tick.format(5)
    text += "code-delete,0x1f80\n" + tick.format(6)
    text += "code-creation,JS,10,4,0x2008,16,late /srv/b.js:9:1,0xdd,~\n" + tick.format(7)
    assert folded(read(text).select("samples")) == {
        PARSE: 2,
        "[unknown]": 2,
        "other (/srv/b.js:3)": 1,
        "late (/srv/b.js:9)": 1,
    }


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("main /srv/app.js:1:5", "~", ("main", "/srv/app.js", 1)),
        ("main file:///srv/my%20app.js:1:5", "~", ("main", "/srv/my app.js", 1)),
        ("main /srv/my app.js:1:5", "~", ("main", "/srv/my app.js", 1)),
        ("get size node:internal/fs:7:5", "^", ("get size", "node:internal/fs", 7)),
        (" /srv/app.js:3:5", "~", ("(anonymous app.js:3)", "/srv/app.js", 3)),
        ("/srv/app.js:3:5", "~", ("(anonymous app.js:3)", "/srv/app.js", 3)),
        ("/srv/app.js", "~", ("(anonymous app.js)", "/srv/app.js", 0)),
        ("startup bootstrap_node.js:12:19", "~", ("startup", "bootstrap_node.js", 12)),
        (" bootstrap_node.js:12:19", "~", ("(anonymous bootstrap_node.js:12)", "bootstrap_node.js", 12)),
        ("old lib.js:12", "~", ("old", "lib.js", 12)),
        ("win C:\\app\\a.js:12:1", "*", ("win", "C:\\app\\a.js", 12)),
        ("native", "", ("native", "", 0)),
        ("", "", ("(anonymous)", "", 0)),
    ],
)
def test_names_of_functions(text: str, mark: str, expected: tuple[str, str, int]) -> None:
    code = javascript(text, mark)
    assert (code.name, code.file, code.line) == expected
    assert (code.kind is Kind.JIT) is (mark in ("^", "*"))


def test_texts_may_be_quoted_or_escaped() -> None:
    text = (
        "v8-version,6,0,287,53,0\n"
        'shared-library,"/usr/bin/a,b",0x10,0x20,0\n'
        'code-creation,LazyCompile,1,100,0x100,16,"say ""hi"" /a.js:1:2",0x1,*\n'
        "code-creation,RegExp,4,100,0x200,16,a\\x2Cb\\n\\\\d\\u00e9\n"
        'code-creation,RegExp,4,100,0x300,16,"x"y\n'
        "code-creation,Stub,4,0x400,16,OldLogsHaveNoTime\n"
    )
    text += "".join(
        f"tick,0x{address}8,{row},0,0x0,0\n" for row, address in enumerate(("1", "10", "20", "30", "40"))
    )
    profile = read(text)
    frames = profile.frames
    assert [profile.frame_name(row) for row in range(len(frames))] == [
        "[unknown]",
        'say "hi"',
        "RegExp:a,b\n\\dé",
        'RegExp:"x"y',
        "Stub:OldLogsHaveNoTime",
    ]
    assert frames.strings[frames.module[0]] == "/usr/bin/a,b"


def preprocessed(*ticks: list[int]) -> bytes:
    """The JSON of a log with ticks ``time, state, code, ...``, leaf to root."""
    code = [
        {"name": "main /srv/app.js:1:5", "type": "JS", "kind": "Unopt", "func": 0},
        {"name": "parse /srv/app.js:10:5", "type": "JS", "kind": "Opt", "func": 1},
        {"name": "/usr/bin/node", "type": "SHARED_LIB"},
        {"name": "write@@GLIBC_2.2.5", "type": "CPP"},
        {"name": "ArrayMap", "type": "CODE", "kind": "Builtin"},
    ]
    rows = [
        {"tm": time, "vm": state, "s": [part for number in stack for part in (number, 64)]}
        for time, state, *stack in ticks
    ]
    return json.dumps({"code": code, "functions": [], "ticks": rows}).encode()


def test_the_json_of_a_log_is_read_like_the_log() -> None:
    source = bytes_source(
        "x.json", preprocessed([1, 0, 1, 0], [3, 0, 3, 1, 0], [4, 0, 4, 0], [5, 1, 2, 0], [7, 6, -1], [9, 6])
    )
    assert v8log.detect(source.head) is Match.YES
    (profile,) = v8log.load(source, ImportOptions())
    assert folded(profile.check().select("samples/count")) == {
        f"{MAIN};{FAST}": 1, f"{MAIN};{FAST};write": 1, f"{MAIN};Builtin:ArrayMap": 1,
        f"{MAIN};(garbage collector)": 1, "[unknown]": 2,
    }  # fmt: skip
    assert folded(profile)["[unknown]"] == 2_000
    with pytest.raises(EmptyProfile, match="it has no tick"):
        v8log.load(bytes_source("x", preprocessed()), ImportOptions())
    with pytest.raises(MalformedProfile, match=r"ticks\[1\]\.s: there is no code 9"):
        v8log.load(bytes_source("x", preprocessed([1, 0, 0], [2, 0, 9])), ImportOptions())


def test_lines_that_cannot_be_read_are_counted() -> None:
    good = "tick,0x1000,1,0,0x0,0\n"
    bad = [
        "tick,0x1000,x,0,0x0,0",
        "tick,0x1000,-5,0,0x0,0",
        "tick,0x1000,99999999999999999999,0,0x0,0",
        "tick,zz,1,0,0x0,0",
        "tick,0x1000,1,0",
        "tick,0x1000,1,0,0x0,0,-0x1,what",
        "code-creation,JS,10,1,0x1000,-5,f a.js:1:1,0x1,~",
        "code-creation,JS,10",
        f"code-creation,JS,10,1,0x{'f' * 30},5,f a.js:1:1,0x1,~",
        "code-move,0x1",
        "shared-library,a",
    ]
    profile = read(CODE + good + "\n".join(bad) + "\nheap-capacity,1,2\n\nunheard-of\n")
    assert profile.select("samples").total == 1
    assert [(loss.kind, loss.amount) for loss in profile.provenance.losses] == [(LossKind.SKIPPED, len(bad))]


def test_a_log_without_ticks_is_empty() -> None:
    with pytest.raises(EmptyProfile):
        read(CODE)


def test_other_text_is_left_to_other_importers() -> None:
    with pytest.raises(NotThisFormat):
        read("main;parse 3\n")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (CODE, Match.YES),
        ('shared-library,"/usr/local/bin/node",0x100003200,0x1008b3cba,0\n', Match.YES),
        ("code-creation,Stub,3,0x3a8437e04000,374,JSEntryStub\n", Match.YES),
        ("tick;main 3\n", Match.NO),
        ("v8-version;a 3\n", Match.NO),
        ('{"code":[],"functions":[],"ticks":[]}', Match.YES),
        ('{"code":{"a":1}}', Match.NO),
    ],
)
def test_detection(text: str, match: Match) -> None:
    assert v8log.detect(Head(text.encode(), True)) is match


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "move", "remove"]),
            st.integers(0, 40),
            st.integers(0, 12),
            st.integers(0, 40),
        ),
        max_size=30,
    )
)
def test_the_code_map_agrees_with_one_entry_an_address(steps: list[tuple[str, int, int, int]]) -> None:
    code_map = CodeMap()
    owner: dict[int, tuple[int, Code]] = {}  # address -> start and code
    size_of: dict[int, int] = {}

    def drop(start: int) -> None:
        size_of.pop(start, None)
        for address in [address for address, (at, _) in owner.items() if at == start]:
            del owner[address]

    def add(start: int, size: int, code: Code) -> None:
        for at in [
            at
            for at, length in size_of.items()
            if at < start + max(size, 1) and max(at + length, at + 1) > start
        ]:
            if size_of[at] or at >= start:
                drop(at)
        size_of[start] = size
        for address in range(start, start + size):
            owner[address] = (start, code)

    for number, (step, start, size, to) in enumerate(steps):
        code = Code(f"f{number}")
        if step == "add":
            code_map.add(start, size, code)
            add(start, size, code)
        elif step == "remove":
            code_map.remove(start)
            drop(start)
        else:
            code_map.move(start, to)
            moved = next((code for at, code in owner.values() if at == start), Code("nothing"))
            if start in size_of:
                length = size_of[start]
                drop(start)
                add(to, length, moved)
        for address in range(60):
            found = code_map.find(address)
            expected = owner.get(address)
            assert (found.name if found else None) == (expected[1].name if expected else None)


PROGRAM = """
function hot(n) { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) % 1000003; return s; }
function caller() { let s = 0; for (let k = 0; k < 60; k++) s += hot(3e5 + k); return s; }
console.log(caller());
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_what_node_records_now_agrees_with_its_own_processor(tmp_path: Path) -> None:
    (tmp_path / "program.js").write_text(PROGRAM)
    subprocess.run(
        ["node", "--prof", "program.js"], cwd=tmp_path, check=True, timeout=60, capture_output=True
    )
    (log,) = tmp_path.glob("isolate*.log")
    source = file_source(str(log))
    assert v8log.detect(source.head) is Match.YES
    (profile,) = v8log.load(source, ImportOptions())
    profile = profile.check().select("samples")
    command = ["node", "--prof-process", log.name]
    text = subprocess.run(
        command, cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True
    ).stdout
    assert f"({profile.total} ticks," in text
    (listed,) = re.findall(r"\[JavaScript\]:\n.*\n((?: +\d+ .*\n)*)", text)
    theirs: Counter[str] = Counter()
    for ticks, name in re.findall(
        r"^ +(\d+) +[\d.]+% +(?:[\d.]+%)? +(?:JS|LazyCompile|Function): [*^~+]?(\w+) /", listed, re.M
    ):
        theirs[name] += int(ticks)
    assert theirs["hot"] > 10
    mine = {row.function: row.self_weight for row in profile.top(n=0).rows}
    assert {name: mine.get(name) for name in theirs} == dict(theirs)
    totals = {row.function: row.total_weight for row in profile.top(n=0).rows}
    assert totals["caller"] >= mine["hot"]
